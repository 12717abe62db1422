//! The places of a shard's connections: taken when a WebSocket is asked for, filled when it opens.
//!
//! **Invariants.** An id is never given twice by a process, nor, but by a chance of one in four billion,
//! by two processes that follow each other: whoever keeps an id over a restart finds the connection gone,
//! not somebody else's.

use model::ConnectionId;
use slab::Slab;

use crate::connection::Connection;

/// The places.
pub(super) struct Slots {
    shard: u8,
    places: Slab<Option<Box<Connection>>>,
    use_count: u32,
    filled: usize,
}

impl Slots {
    pub(super) fn new(shard: u8) -> Self {
        let use_count = u32::from_ne_bytes(model::random_bytes());
        Self { shard, places: Slab::new(), use_count, filled: 0 }
    }

    /// An id whose place nobody else gets; `None` where the shard has no more.
    pub(super) fn reserve(&mut self) -> Option<ConnectionId> {
        let entry = self.places.vacant_entry();
        let slot =
            u32::try_from(entry.key()).ok().filter(|slot| *slot < ConnectionId::SLOTS_MAX)?;
        self.use_count = self.use_count.wrapping_add(1);
        entry.insert(None);
        Some(ConnectionId::new(self.shard, slot, self.use_count))
    }

    /// Gives a reserved place free that was not filled.
    pub(super) fn release(&mut self, id: ConnectionId) {
        if matches!(self.places.get(id.slot() as usize), Some(None)) {
            self.places.remove(id.slot() as usize);
        }
    }

    /// Fills the place that was reserved for the connection.
    pub(super) fn fill(&mut self, connection: Box<Connection>) {
        if let Some(place @ None) = self.places.get_mut(connection.id.slot() as usize) {
            *place = Some(connection);
            self.filled += 1;
        }
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.at_mut(id.slot()).filter(|connection| connection.id == id)
    }

    /// The connection in a slot that is known to be its own.
    pub(super) fn at_mut(&mut self, slot: u32) -> Option<&mut Connection> {
        self.places.get_mut(slot as usize)?.as_deref_mut()
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Box<Connection>> {
        self.get_mut(id)?;
        self.filled -= 1;
        self.places.remove(id.slot() as usize)
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.filled
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.places.iter().filter_map(|(_, place)| place.as_deref())
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.places.iter_mut().filter_map(|(_, place)| place.as_deref_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_given_free_gets_another_id() {
        let mut slots = Slots::new(3);
        let first = slots.reserve().unwrap();
        let second = slots.reserve().unwrap();
        assert_ne!(first.slot(), second.slot());
        slots.release(first);
        let third = slots.reserve().unwrap();
        assert_eq!((third.slot(), third.shard()), (first.slot(), 3));
        assert_ne!(third, first);
        assert!(slots.get_mut(third).is_none() && slots.remove(third).is_none());
        assert_eq!((slots.count(), slots.iter().count()), (0, 0));
    }

    #[test]
    fn two_processes_count_from_different_numbers() {
        let ids = [Slots::new(0).reserve(), Slots::new(0).reserve()];
        assert_ne!(ids[0], ids[1]);
    }
}
