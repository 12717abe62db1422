//! All live rooms, and how connections come and go.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use model::{Clock, ConnectionId, Monotonic};

use crate::presence::{DROP_GRACE, Departed};
use crate::room::{LOG_BYTES_MAX, LOG_ENTRIES_MAX, State};
use crate::{Connections, Delivery, Except, Item, Outlet, Room, RoomKey};

const MAP_SHARDS: u64 = 64;

/// A room's name: which kind of room, and which one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomId {
    /// The kind, such as `chat` or `session`; rooms of two kinds never meet.
    pub kind: &'static str,
    /// The name within its kind.
    pub name: Arc<str>,
}

impl RoomId {
    /// The room `name` of `kind`.
    #[must_use]
    pub fn new(kind: &'static str, name: &str) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

/// Somebody who came or went.
pub struct Person<'a> {
    /// The user id.
    pub user_id: &'a str,
    /// The display name.
    pub username: &'a str,
    /// How many people are in the room now.
    pub online: usize,
}

/// How a kind of room tells its members of comings and goings.
pub trait Announce: Send + Sync + 'static {
    /// The message for the others when somebody came.
    fn joined(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes>;
    /// The message for the others when somebody left.
    fn left(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes>;

    /// The message for the others when somebody dropped and did not come back, where it is another one.
    fn dropped(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        self.left(room, person)
    }

    /// How much a room of this kind keeps for members that fall behind: stored events, and their bytes.
    /// A member that is further behind is closed, and comes back.
    fn log_bounds(&self) -> (usize, usize) {
        (LOG_ENTRIES_MAX, LOG_BYTES_MAX)
    }
}

/// A connection that joins.
pub struct Member {
    /// The connection.
    pub connection: ConnectionId,
    /// Whose it is.
    pub user_id: Arc<str>,
    /// Their display name.
    pub username: Arc<str>,
}

/// What a join gave.
pub struct Joined {
    /// Holds the place in the room.
    pub membership: Membership,
    /// How many people are in the room, the new one included.
    pub online: usize,
}

struct Absence {
    due: Monotonic,
    room: Arc<Room>,
    user_id: Arc<str>,
    number: u64,
}

type RoomMap = HashMap<RoomId, Arc<Room>>;

/// All live rooms. A room lives while it has a member or somebody who dropped out of it less than
/// [`DROP_GRACE`] ago; the number of rooms is thereby bounded by that of connections.
pub struct Hub {
    maps: Vec<Mutex<RoomMap>>,
    hasher: RandomState,
    next_key: AtomicU64,
    absences: Mutex<VecDeque<Absence>>,
    outlet: Arc<dyn Outlet>,
    clock: Arc<dyn Clock>,
    connections: Connections,
}

impl Hub {
    /// A hub without rooms, whose deliveries leave through `outlet`.
    #[must_use]
    pub fn new(outlet: Arc<dyn Outlet>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            maps: (0..MAP_SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            next_key: AtomicU64::new(1),
            absences: Mutex::default(),
            outlet,
            clock,
            connections: Connections::default(),
        })
    }

    /// Where deliveries leave.
    #[must_use]
    pub fn outlet(&self) -> &Arc<dyn Outlet> {
        &self.outlet
    }

    /// Every open connection.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The live room `id`, if it is live.
    #[must_use]
    pub fn room(&self, id: &RoomId) -> Option<Arc<Room>> {
        self.map(id).get(id).cloned()
    }

    /// How many rooms are live.
    #[must_use]
    pub fn room_count(&self) -> usize {
        self.maps.iter().map(|map| lock(map).len()).sum()
    }

    /// Publishes to the room if it is live; nobody would hear it otherwise.
    pub fn publish(&self, id: &RoomId, delivery: &Arc<Delivery>) {
        if let Some(room) = self.room(id) {
            room.publish(delivery);
        }
    }

    /// Makes `member` a member of room `id`; `announce` tells the others if the person is new.
    /// With `behind`, the member gets nothing until [`Membership::catch_up`].
    pub fn join(
        self: &Arc<Self>,
        id: &RoomId,
        announce: &Arc<dyn Announce>,
        member: Member,
        behind: bool,
    ) -> Joined {
        let mut map = self.map(id);
        let room = map.entry(id.clone()).or_insert_with(|| self.new_room(id, announce));
        let room = Arc::clone(room);
        let mut state = room.lock();
        drop(map);
        let Member { connection, user_id, username } = member;
        let shard = usize::from(connection.shard());
        if state.members.len() <= shard {
            state.members.resize(shard + 1, 0);
        }
        if state.presence.arrive(&user_id, &username) {
            let person =
                Person { user_id: &user_id, username: &username, online: state.presence.count() };
            let text = room.announce.joined(id, &person);
            tell(&room, &mut state, text, &user_id);
        }
        state.members[shard] += 1;
        let online = state.presence.count();
        self.outlet
            .push(connection.shard(), Item::Join { connection, room: Arc::clone(&room), behind });
        drop(state);
        self.connections.entered(connection, id);
        let membership =
            Membership { hub: Arc::clone(self), room, connection, user_id, present: true };
        Joined { membership, online }
    }

    /// Tells the others of everybody whose absence is due; to be called about four times a second.
    pub fn expire_absences(&self) {
        let now = self.clock.monotonic();
        loop {
            let mut absences = lock(&self.absences);
            if absences.front().is_none_or(|absence| absence.due > now) {
                return;
            }
            let Some(absence) = absences.pop_front() else { return };
            drop(absences);
            let Absence { room, user_id, number, .. } = absence;
            let mut state = room.lock();
            if let Some(username) = state.presence.expire(&user_id, number) {
                let online = state.presence.count();
                let person = Person { user_id: &user_id, username: &username, online };
                let text = room.announce.dropped(&room.id, &person);
                tell(&room, &mut state, text, &user_id);
            }
            drop(state);
            self.retire(&room);
        }
    }

    fn new_room(&self, id: &RoomId, announce: &Arc<dyn Announce>) -> Arc<Room> {
        let key = RoomKey(self.next_key.fetch_add(1, Ordering::Relaxed));
        Arc::new(Room::new(id.clone(), key, Arc::clone(announce), Arc::clone(&self.outlet)))
    }

    fn leave(&self, membership: &Membership, dropped: bool) {
        let Membership { room, connection, user_id, .. } = membership;
        let connection = *connection;
        let mut state = room.lock();
        if let Some(members) = state.members.get_mut(usize::from(connection.shard())) {
            *members = members.saturating_sub(1);
        }
        self.outlet.push(connection.shard(), Item::Leave { connection, room: room.key });
        let departed = state.presence.depart(user_id, dropped);
        if let Departed::Left(username) = &departed {
            tell_left(room, &mut state, user_id, username);
        }
        drop(state);
        self.connections.left(connection, &room.id);
        if let Departed::Absent(number) = departed {
            let due = self.clock.monotonic().after(DROP_GRACE);
            let user_id = Arc::clone(user_id);
            let absence = Absence { due, room: Arc::clone(room), user_id, number };
            lock(&self.absences).push_back(absence);
        } else {
            self.retire(room);
        }
    }

    /// Takes a room that nobody is in out of the map.
    fn retire(&self, room: &Arc<Room>) {
        let mut map = self.map(&room.id);
        let mut state = room.lock();
        let is_empty = state.presence.count() == 0 && state.members.iter().all(|count| *count == 0);
        if is_empty && !state.closed {
            state.closed = true;
            map.remove(&room.id);
        }
    }

    fn map(&self, id: &RoomId) -> MutexGuard<'_, RoomMap> {
        let shard = self.hasher.hash_one(id) % MAP_SHARDS;
        lock(&self.maps[usize::try_from(shard).unwrap_or_default()])
    }
}

fn tell(room: &Room, state: &mut State, text: Option<Bytes>, about: &Arc<str>) {
    if let Some(text) = text {
        let delivery = Delivery::passing(text).except(Except::User(Arc::clone(about)));
        room.publish_locked(state, &Arc::new(delivery));
    }
}

fn tell_left(room: &Room, state: &mut State, user_id: &Arc<str>, username: &str) {
    let person = Person { user_id, username, online: state.presence.count() };
    let text = room.announce.left(&room.id, &person);
    tell(room, state, text, user_id);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection's place in a room. Dropped, it counts as a drop: the others are told after
/// [`DROP_GRACE`]; [`Membership::leave`] tells them at once.
pub struct Membership {
    hub: Arc<Hub>,
    room: Arc<Room>,
    connection: ConnectionId,
    user_id: Arc<str>,
    present: bool,
}

impl Membership {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// The snapshot for this member reached `after`: what came since is sent, then everything.
    pub fn catch_up(&self, after: u64) {
        let (connection, room) = (self.connection, self.room.key);
        self.room.outlet.push(connection.shard(), Item::CatchUp { connection, room, after });
    }

    /// The same; gives back who is in the room at this very point, `(user id, name)`, by user id: of
    /// whoever comes or goes later the member is told, of nobody before.
    #[must_use]
    pub fn catch_up_among(&self, after: u64) -> Vec<(Arc<str>, Arc<str>)> {
        // Comings and goings are told under this lock.
        let state = self.room.lock();
        self.catch_up(after);
        state.presence.list()
    }

    /// The member asks for a snapshot once more: it is sent passing events alone until the next
    /// [`Membership::catch_up`], for no snapshot holds those. To the others nothing changes.
    pub fn fall_behind(&self) {
        let (connection, room) = (self.connection, self.room.key);
        self.room.outlet.push(connection.shard(), Item::FallBehind { connection, room });
    }

    /// Leaves on purpose: the others are told at once.
    pub fn leave(mut self) {
        self.present = false;
        Arc::clone(&self.hub).leave(&self, false);
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if self.present {
            self.present = false;
            Arc::clone(&self.hub).leave(self, true);
        }
    }
}
