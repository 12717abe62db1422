//! What changed is stored, and then told; or it is not, and everything begins anew.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use hub::{Delivery, Except, Item};
use model::CloseReason;
use storage::rusqlite::Transaction;
use storage::{CommitError, Place};

use super::{Author, IN_FLIGHT_MAX, Live, Trouble};
use crate::store::yjs::{self as stored, Logged};
use crate::yjs::message;

impl Live {
    /// Counts one more update that is being stored; whether it may be.
    pub(super) fn begin_storing(&self, generation: u64) -> bool {
        let mut state = self.state();
        let may =
            !state.is_failing && state.generation == generation && state.in_flight < IN_FLIGHT_MAX;
        state.in_flight += usize::from(may);
        may
    }

    /// Hands an update to the committer, with the state that it completes.
    pub(super) fn store(
        self: &Arc<Self>,
        row: Place,
        version: u64,
        update: Bytes,
        merged: Option<Bytes>,
        author: Author,
        told: impl FnOnce(Result<(), Trouble>) + Send + 'static,
    ) {
        let (live, place) = (Arc::clone(self), self.place);
        let at = self.tools.hub.clock().wall();
        let user = Arc::clone(&author.user);
        let logged = Logged { version, user, content: update.clone(), at };
        let apply = move |tx: &Transaction<'_>| {
            stored::append(tx, place, &logged)?;
            merged.as_ref().map_or(Ok(()), |state| stored::merge(tx, place, version, state))
        };
        row.write(apply, move |outcome| match outcome {
            Ok(()) => {
                live.tools.counters.stored.fetch_add(1, Relaxed);
                live.tell(version, &update, &author);
                told(Ok(()));
                live.stored(version);
            }
            Err(error) => {
                let trouble = Trouble::from(&error);
                live.not_stored(&error);
                told(Err(trouble));
            }
        });
    }

    /// Calls `told` once `version` is stored.
    pub(super) fn when_stored(
        &self,
        version: u64,
        generation: u64,
        told: impl FnOnce(Result<(), Trouble>) + Send + 'static,
    ) {
        let mut state = self.state();
        let outcome = if state.is_failing || state.generation != generation {
            Err(Trouble::Busy)
        } else if state.stored >= version {
            Ok(())
        } else {
            return state.waiting.push((version, Box::new(told)));
        };
        drop(state);
        told(outcome);
    }

    fn tell(&self, version: u64, update: &[u8], author: &Author) {
        if let Some(room) = self.tools.hub.room(&self.room) {
            let delivery = Delivery::stored(version, message::update(update)).binary();
            room.publish(&delivery.except(Except::Connection(author.connection)).into());
        }
    }

    fn stored(&self, version: u64) {
        let mut state = self.state();
        state.in_flight -= 1;
        state.stored = version;
        let done: Vec<_> = state.waiting.extract_if(.., |(of, _)| *of <= version).collect();
        let is_over = state.is_failing && state.in_flight == 0;
        drop(state);
        for (_, told) in done {
            told(Ok(()));
        }
        if is_over {
            self.begin_anew();
        }
    }

    fn not_stored(&self, error: &CommitError) {
        let mut state = self.state();
        let is_first = !std::mem::replace(&mut state.is_failing, true);
        state.in_flight -= 1;
        let is_over = state.in_flight == 0;
        drop(state);
        if is_first {
            let error = error as &dyn std::error::Error;
            tracing::error!(error, document = %self.id, "an update of Yjs was not stored");
        }
        if is_over {
            self.begin_anew();
        }
    }

    /// Nothing is on its way any more, and what is in memory is ahead of what is stored: it is forgotten, and
    /// everybody is sent away to come back.
    fn begin_anew(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.is_failing = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for (_, told) in waiting {
            told(Err(Trouble::Busy));
        }
        let is_in = |connection: &hub::Connection| connection.rooms().contains(&self.room);
        for connection in self.tools.hub.connections().select(is_in) {
            let reason = CloseReason::OVERLOADED;
            let close = Item::Close { connection: connection.id, fault: None, reason };
            self.tools.hub.outlet().push(connection.id.shard(), close);
        }
    }
}
