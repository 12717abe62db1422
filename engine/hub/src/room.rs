//! One room: its log, its members by shard, and the people behind them.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use crate::hub::{Announce, RoomId};
use crate::log::{Log, TooOld};
use crate::presence::Presence;
use crate::{Delivery, Item, Outlet};

/// Stored deliveries a room keeps for members that fall behind, unless its kind says otherwise.
pub(crate) const LOG_ENTRIES_MAX: usize = 256;
/// Their bytes; a member that is further behind reconnects.
pub(crate) const LOG_BYTES_MAX: usize = 512 * 1024;

/// A room's number in this process; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoomKey(pub u64);

/// A live room: somebody is in it, or left a moment ago.
pub struct Room {
    /// Its name.
    pub id: RoomId,
    /// Its number.
    pub key: RoomKey,
    pub(crate) announce: Arc<dyn Announce>,
    pub(crate) outlet: Arc<dyn Outlet>,
    state: Mutex<State>,
}

pub(crate) struct State {
    /// Members in each shard, by the shard's number.
    pub(crate) members: SmallVec<[u32; 4]>,
    pub(crate) presence: Presence,
    log: Log<Arc<Delivery>>,
    /// Taken out of the map: nobody may join any more.
    pub(crate) closed: bool,
}

impl Room {
    pub(crate) fn new(
        id: RoomId,
        key: RoomKey,
        announce: Arc<dyn Announce>,
        outlet: Arc<dyn Outlet>,
    ) -> Self {
        let (entries_max, bytes_max) = announce.log_bounds();
        let state = State {
            members: SmallVec::new(),
            presence: Presence::default(),
            log: Log::new(entries_max, bytes_max),
            closed: false,
        };
        Self { id, key, announce, outlet, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes an event to all members. Stored ones come in the order of their offsets.
    pub fn publish(&self, delivery: &Arc<Delivery>) {
        self.publish_locked(&mut self.lock(), delivery);
    }

    pub(crate) fn publish_locked(&self, state: &mut State, delivery: &Arc<Delivery>) {
        if let Some(offset) = delivery.offset {
            state.log.append(offset, delivery.size(), Arc::clone(delivery));
        }
        for (shard, members) in (0..).zip(&state.members) {
            if *members > 0 {
                let delivery = Arc::clone(delivery);
                self.outlet.push(shard, Item::Deliver { room: self.key, delivery });
            }
        }
    }

    /// The stored deliveries after `offset`: all of them.
    ///
    /// # Errors
    /// [`TooOld`] where the room does not keep them all.
    pub fn missed(&self, offset: u64) -> Result<Vec<Arc<Delivery>>, TooOld> {
        self.lock().log.since(offset)
    }

    /// The offsets of the stored deliveries that the room keeps; `None` while it keeps none.
    #[must_use]
    pub fn kept(&self) -> Option<RangeInclusive<u64>> {
        let state = self.lock();
        Some(state.log.first_offset()?..=state.log.last_offset()?)
    }

    /// How many people are in the room.
    #[must_use]
    pub fn online(&self) -> usize {
        self.lock().presence.count()
    }

    /// The people in the room, `(user id, name)`, by user id.
    #[must_use]
    pub fn people(&self) -> Vec<(Arc<str>, Arc<str>)> {
        self.lock().presence.list()
    }

    /// Whether `user` is one of the people in the room, also where they dropped out a moment ago.
    #[must_use]
    pub fn is_present(&self, user: &str) -> bool {
        self.lock().presence.is_present(user)
    }

    /// How many people are in the room, and the ids of some of them, at most `most`, by id. However many
    /// there are, it looks at no more than that.
    #[must_use]
    pub fn some_people(&self, most: usize) -> (usize, Vec<Arc<str>>) {
        let state = self.lock();
        (state.presence.count(), state.presence.some(most))
    }

    /// Whether a connection of `user` is in the room at this moment.
    #[must_use]
    pub fn is_connected(&self, user: &str) -> bool {
        self.lock().presence.is_connected(user)
    }
}
