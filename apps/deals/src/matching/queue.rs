//! What waits for the matcher's thread: commands of connections, and changes of deals.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::ConnectionId;
use storage::Lane;

use super::Subscription;
use crate::Change;

/// Changes that wait, or for which a place is taken.
pub const CHANGES_MAX: usize = 16_384;
/// The same, where one more of a bulk is to come: an eighth is left for what people wait for.
pub const BULK_CHANGES_MAX: usize = CHANGES_MAX / 8 * 7;
/// Commands carried out between two turns of changes.
const COMMANDS_A_TURN: usize = 256;
/// Changes told between two turns of commands.
const CHANGES_A_TURN: usize = 16;

/// What a connection wants.
pub(super) enum Command {
    Subscribe(Subscription, Box<dyn FnOnce() + Send>),
    Unsubscribe(ConnectionId, Arc<str>, Box<dyn FnOnce(bool) + Send>),
    Forget(ConnectionId),
}

/// Room for one change, kept from before its commit; given back when dropped.
#[must_use = "dropped, it gives its room back"]
pub struct Place {
    queue: Arc<Queue>,
}

impl Place {
    /// Hands the change over, after its commit. Never waits.
    pub fn publish(self, change: Change) {
        let mut lanes = self.queue.lock();
        // The place itself gives its room back when it is dropped, after the lock.
        if !lanes.has_ended {
            lanes.changes.push_back(change);
            drop(lanes);
            self.queue.woken.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.lock().reserved -= 1;
    }
}

/// Two lanes and what the thread waits on. Its lock is not held while anything is carried out.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    woken: Condvar,
    ended: Condvar,
}

#[derive(Default)]
struct Lanes {
    /// Bounded by the operations that connections may have in flight, and one for each that closes.
    commands: VecDeque<Command>,
    /// With those reserved at most [`CHANGES_MAX`].
    changes: VecDeque<Change>,
    reserved: usize,
    /// Nothing is taken any more, and nothing waits.
    has_ended: bool,
}

/// What is done in one turn: the commands first.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) commands: Vec<Command>,
    pub(super) changes: Vec<Change>,
}

impl Queue {
    pub(super) fn reserve(queue: &Arc<Self>, lane: Lane) -> Option<Place> {
        let changes_max = match lane {
            Lane::Interactive => CHANGES_MAX,
            Lane::Bulk => BULK_CHANGES_MAX,
        };
        let mut lanes = queue.lock();
        if lanes.has_ended || lanes.changes.len() + lanes.reserved >= changes_max {
            return None;
        }
        lanes.reserved += 1;
        drop(lanes);
        Some(Place { queue: Arc::clone(queue) })
    }

    pub(super) fn command(&self, command: Command) {
        let mut lanes = self.lock();
        if !lanes.has_ended {
            lanes.commands.push_back(command);
            drop(lanes);
            self.woken.notify_one();
        }
    }

    /// Changes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().changes.len()
    }

    /// Waits for something to do; `None` when all has ended.
    pub(super) fn take(&self) -> Option<Turn> {
        let nothing_waits = |lanes: &mut Lanes| {
            lanes.commands.is_empty() && lanes.changes.is_empty() && !lanes.has_ended
        };
        let lanes = self.woken.wait_while(self.lock(), nothing_waits);
        let mut lanes = lanes.unwrap_or_else(PoisonError::into_inner);
        let (commands, changes) = (lanes.commands.len(), lanes.changes.len());
        let turn = Turn {
            commands: lanes.commands.drain(..commands.min(COMMANDS_A_TURN)).collect(),
            changes: lanes.changes.drain(..changes.min(CHANGES_A_TURN)).collect(),
        };
        (!lanes.has_ended).then_some(turn)
    }

    /// Lets `span` pass, or less when all ends meanwhile; whether it goes on.
    pub(super) fn rest(&self, span: Duration) -> bool {
        let rested = self.ended.wait_timeout_while(self.lock(), span, |lanes| !lanes.has_ended);
        rested.is_ok_and(|(lanes, _)| !lanes.has_ended)
    }

    /// Ends all; what waits is dropped.
    pub(super) fn end(&self) {
        let mut lanes = self.lock();
        lanes.has_ended = true;
        // Dropped after the lock: commands may hold what has a lock of its own.
        let waiting = (std::mem::take(&mut lanes.commands), std::mem::take(&mut lanes.changes));
        drop(lanes);
        drop(waiting);
        self.woken.notify_all();
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
