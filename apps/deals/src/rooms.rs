//! Rooms: which ones a connection is in, and who may join one.
//!
//! **Invariants.** A connection is in a room from its successful join until it leaves, ends, or its user is
//! removed. A person is in a room where a connection of theirs is. Where rooms are by invitation, whoever is
//! removed is in the room no more once the removal is told; a join takes a seat before it looks whether its
//! user may, so that no removal falls between. Who has but a seat is not in the room: nobody sees or counts
//! them.
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

/// The rooms that one connection is in, and the one that it is about to be in.
#[derive(Default)]
pub(crate) struct Seats {
    /// `None` is a seat kept for a join that is judged; it may be taken away meanwhile.
    rooms: Mutex<HashMap<Arc<str>, Option<Membership>>>,
}

/// There is no place for another room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyRooms;

impl Seats {
    /// Keeps a seat in the room. Where the connection was a member before, it is told nothing for now.
    pub(crate) fn prepare(&self, room: &Arc<str>) -> Result<(), TooManyRooms> {
        let mut rooms = self.lock();
        let count = rooms.len();
        match rooms.entry(Arc::clone(room)) {
            Entry::Occupied(seat) => {
                seat.get().as_ref().map(Membership::fall_behind);
            }
            Entry::Vacant(_) if count >= ROOMS_MAX => return Err(TooManyRooms),
            Entry::Vacant(seat) => {
                seat.insert(None);
            }
        }
        Ok(())
    }

    /// Makes the connection a member that is told nothing yet, unless its seat was taken away; whether it
    /// is one.
    pub(crate) fn enter(
        &self,
        (hub, announce): (&Arc<Hub>, &Arc<dyn Announce>),
        room: &Arc<str>,
        member: Member,
    ) -> bool {
        let mut rooms = self.lock();
        let Some(seat) = rooms.get_mut(room) else { return false };
        seat.get_or_insert_with(|| {
            hub.join(&room_ref(room).room_id(), announce, member, true).membership
        });
        true
    }

    /// What `look` sees of the membership; nothing where there is none.
    pub(crate) fn with<T>(&self, room: &str, look: impl FnOnce(&Membership) -> T) -> Option<T> {
        self.lock().get(room)?.as_ref().map(look)
    }

    /// Leaves the room; the others see it at once.
    pub(crate) fn leave(&self, room: &str) {
        let seat = self.lock().remove(room);
        if let Some(membership) = seat.flatten() {
            membership.leave();
        }
    }

    /// Whether the connection was admitted to the room.
    pub(crate) fn has(&self, room: &str) -> bool {
        self.lock().get(room).is_some_and(Option::is_some)
    }

    /// Leaves all rooms as whoever lost the connection does.
    pub(crate) fn drop_all(&self) {
        let seats = std::mem::take(&mut *self.lock());
        drop(seats);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Option<Membership>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seats of all open connections, by whose they are.
#[derive(Default)]
pub(crate) struct Seated {
    people: Mutex<HashMap<Arc<str>, Connections>>,
}

/// Those of one person.
type Connections = HashMap<ConnectionId, Arc<Seats>>;

impl Seated {
    pub(crate) fn opened(&self, user: &Arc<str>, connection: ConnectionId, seats: &Arc<Seats>) {
        let mut people = self.lock();
        people.entry(Arc::clone(user)).or_default().insert(connection, Arc::clone(seats));
    }

    pub(crate) fn closed(&self, user: &str, connection: ConnectionId) {
        let mut people = self.lock();
        let Some(connections) = people.get_mut(user) else { return };
        connections.remove(&connection);
        if connections.is_empty() {
            people.remove(user);
        }
    }

    /// Whether some connection of `user` was admitted to the room.
    pub(crate) fn has(&self, user: &str, room: &str) -> bool {
        self.of(user).iter().any(|seats| seats.has(room))
    }

    /// Takes all connections of `user` out of the room.
    pub(crate) fn remove(&self, room: &str, user: &str) {
        for seats in self.of(user) {
            seats.leave(room);
        }
    }

    /// The seats of `user`, to be looked at without the lock.
    fn of(&self, user: &str) -> Vec<Arc<Seats>> {
        self.lock().get(user).map_or_else(Vec::new, |theirs| theirs.values().cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Connections>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.seated.remove(room, user);
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
