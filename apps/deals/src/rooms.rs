//! Rooms: which ones a connection is in, and who may join one.
//!
//! **Invariants.** A connection is in a room from its successful join until it leaves, ends, or its user is
//! removed. Where rooms are by invitation, whoever is removed is in the room no more once the removal is
//! told; a join takes its place before it looks whether its user may, so that no removal falls between.
//!
//! **Bounds.** [`ROOMS_MAX`] rooms for each connection. **Lock order**: seats → the hub's rooms.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations::{RoomRef, Side};
use hub::{Announce, Hub, Member, Membership};
use model::ConnectionId;
use storage::rusqlite::Transaction;
use storage::{CommitError, Lane, ReadError};

use crate::service::{Deals, RoomPolicy};
use crate::store::rooms::{self, Standing};

/// Rooms one connection may be in at once.
pub(crate) const ROOMS_MAX: usize = 1000;

/// The room of this name.
pub(crate) fn room_ref(name: &Arc<str>) -> RoomRef {
    RoomRef::new(Side::Room, Arc::clone(name))
}

/// The rooms that one connection is in. It asks nothing while it joins one, so that a room it is about to be
/// in counts as well.
#[derive(Default)]
pub(crate) struct Seats {
    rooms: Mutex<HashMap<Arc<str>, Membership>>,
}

/// There is no place for another room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyRooms;

impl Seats {
    /// Makes the connection a member that is told nothing yet, also where it was one before.
    pub(crate) fn prepare(
        &self,
        (hub, announce): (&Arc<Hub>, &Arc<dyn Announce>),
        room: &Arc<str>,
        member: Member,
    ) -> Result<(), TooManyRooms> {
        let mut rooms = self.lock();
        let count = rooms.len();
        match rooms.entry(Arc::clone(room)) {
            Entry::Occupied(seat) => seat.get().fall_behind(),
            Entry::Vacant(_) if count >= ROOMS_MAX => return Err(TooManyRooms),
            Entry::Vacant(seat) => {
                let joined = hub.join(&room_ref(room).room_id(), announce, member, true);
                seat.insert(joined.membership);
            }
        }
        Ok(())
    }

    /// What `look` sees of the membership; nothing where there is none.
    pub(crate) fn with<T>(&self, room: &str, look: impl FnOnce(&Membership) -> T) -> Option<T> {
        self.lock().get(room).map(look)
    }

    /// Leaves the room; the others see it at once.
    pub(crate) fn leave(&self, room: &str) {
        let seat = self.lock().remove(room);
        if let Some(seat) = seat {
            seat.leave();
        }
    }

    /// Whether the connection is in the room.
    pub(crate) fn has(&self, room: &str) -> bool {
        self.lock().contains_key(room)
    }

    /// Leaves all rooms as whoever lost the connection does.
    pub(crate) fn drop_all(&self) {
        let seats = std::mem::take(&mut *self.lock());
        drop(seats);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Membership>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seats of all open connections, where somebody may be removed from a room.
#[derive(Default)]
pub(crate) struct Seated {
    connections: Mutex<HashMap<ConnectionId, Arc<Seats>>>,
}

impl Seated {
    pub(crate) fn opened(&self, connection: ConnectionId, seats: &Arc<Seats>) {
        self.lock().insert(connection, Arc::clone(seats));
    }

    pub(crate) fn closed(&self, connection: ConnectionId) {
        self.lock().remove(&connection);
    }

    /// Takes all connections of `user` out of the room.
    pub(crate) fn remove(&self, hub: &Hub, room: &str, user: &str) {
        let theirs = |connection: &hub::Connection| {
            connection.identity().is_some_and(|identity| &*identity.user_id == user)
        };
        for connection in hub.connections().select(theirs) {
            let seats = self.lock().get(&connection.id).cloned();
            if let Some(seats) = seats {
                seats.leave(room);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Seats>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it is not known whether somebody may join.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntryError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// That the room is theirs could not be stored.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Deals {
    /// Takes all connections of `user` out of a room that is by invitation; where rooms are open to all,
    /// they stay.
    pub(crate) fn remove_from_room(&self, room: &str, user: &str) {
        if self.rooms == RoomPolicy::Invited {
            self.seated.remove(&self.hub, room, user);
        }
    }

    /// Whether `user` may join the room. One that has neither members nor messages is theirs from now on.
    pub(crate) async fn may_join(
        &self,
        room: &Arc<str>,
        user: &Arc<str>,
    ) -> Result<bool, EntryError> {
        if self.rooms == RoomPolicy::Open {
            return Ok(true);
        }
        let (name, id) = (Arc::clone(room), Arc::clone(user));
        match self.store.read(move |db| rooms::standing(db, &name, &id)).await? {
            Standing::Member => Ok(true),
            Standing::Unclaimed if self.is_silent(room).await? => {
                let (name, id) = (Arc::clone(room), Arc::clone(user));
                let claim = move |tx: &Transaction<'_>| rooms::claim(tx, &name, &id);
                Ok(self.store.commit(Lane::Interactive, claim).await?)
            }
            Standing::Stranger | Standing::Unclaimed => Ok(false),
        }
    }

    /// Whether nothing was ever said in the room.
    async fn is_silent(&self, room: &Arc<str>) -> Result<bool, ReadError> {
        let summaries = self.conversations.summaries(vec![room_ref(room)]).await?;
        Ok(summaries.iter().all(|summary| summary.last_seq == 0))
    }
}
