//! One session in memory: who is in it, and what they are told.
//!
//! **Invariants.** After its end a room lets nobody in. What is published leaves in one order for all. A room
//! in the hub has exactly one of these for as long as it lives.
//!
//! **Bounds.** [`CONNECTIONS_MAX`] connections.

mod audio;
mod beginning;
mod ending;
mod speaking;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::{Announce, Delivery, Except, Hub, Item, Member, Membership, RoomId};
use model::{ConnectionId, Identity, Monotonic, Timestamp};

use crate::announce::Comings;
use beginning::Beginning;
use speaking::Speaking;

use crate::protocol::{self, Event, Family, NAMESPACE, Refusal, Stats, Status, StatusUpdated};
use crate::store::SessionRow;
use crate::suggesting::Seats;
use crate::transcript::Chain;

/// Connections that one session may have at once.
pub const CONNECTIONS_MAX: usize = 10_000;
/// Bytes of headers that somebody who joins is sent at most; those of further speakers are left out.
pub(crate) const HEADERS_BYTES_MAX: usize = 512 * 1024;
/// The kind of the hub's rooms that sessions are.
pub(crate) const KIND: &str = "voice";

/// A session that somebody is in, or was a moment ago.
pub struct Room {
    id: Arc<str>,
    owner_id: Arc<str>,
    started: Timestamp,
    hub: Arc<Hub>,
    hub_id: RoomId,
    comings: Arc<Comings>,
    announce: Arc<dyn Announce>,
    /// When this came into memory.
    loaded: Monotonic,
    /// The session's clock at that moment, in milliseconds since its start.
    loaded_millis: u64,
    /// When anybody in it last did something: a [`Monotonic`].
    active: AtomicU64,
    /// Whose turn it is to be told suggestions.
    seats: Seats,
    /// The order of what is said in it.
    pub(crate) chain: Chain,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    has_ended: bool,
    /// Speakers of whom anything may still be told.
    speakers: usize,
    status: Status,
    places: HashMap<ConnectionId, Place>,
    /// The connections of each user, at least one.
    users: HashMap<Arc<str>, Vec<ConnectionId>>,
}

/// A connection in the session.
struct Place {
    membership: Membership,
    user_id: Arc<str>,
    /// What it sends of audio, once it did.
    speaking: Option<Speaking>,
    /// How that began; of containers.
    beginning: Option<Beginning>,
}

/// Why somebody did not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The session has ended.
    Ended,
    /// It has as many connections as one may have.
    Full,
}

impl Room {
    pub(crate) fn new(row: &SessionRow, hub: &Arc<Hub>) -> Self {
        let clock = hub.clock();
        let (now, wall) = (clock.monotonic(), clock.wall());
        let comings = Arc::new(Comings::new(Arc::clone(clock)));
        let since = wall.as_millis().saturating_sub(row.created_at.as_millis());
        Self {
            id: row.id.as_str().into(),
            owner_id: row.owner_id.as_str().into(),
            started: row.created_at,
            hub: Arc::clone(hub),
            hub_id: RoomId::new(KIND, &row.id),
            announce: Arc::clone(&comings) as Arc<dyn Announce>,
            comings,
            loaded: now,
            loaded_millis: u64::try_from(since).unwrap_or_default(),
            active: AtomicU64::new(now.0),
            seats: Seats::default(),
            chain: Chain::default(),
            state: Mutex::new(State { status: row.status, ..State::default() }),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Who made it.
    #[must_use]
    pub fn owner_id(&self) -> &Arc<str> {
        &self.owner_id
    }

    /// When it was made.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The session's clock at that moment: milliseconds since its start. It never goes back while the
    /// session is in memory.
    #[must_use]
    pub fn milliseconds(&self, at: Monotonic) -> u64 {
        let after = at.0.saturating_sub(self.loaded.0);
        let before = self.loaded.0.saturating_sub(at.0);
        self.loaded_millis.saturating_add(after).saturating_sub(before)
    }

    /// The ids of the users who are connected to it now, by id.
    #[must_use]
    pub fn users(&self) -> Vec<Arc<str>> {
        let mut users: Vec<_> = self.lock().users.keys().cloned().collect();
        users.sort_unstable();
        users
    }

    /// How many users are connected to it now.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.lock().users.len()
    }

    /// How many connections are in it now.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.lock().places.len()
    }

    /// Whether a connection of `user` is in it now.
    #[must_use]
    pub fn has_user(&self, user: &str) -> bool {
        self.lock().users.contains_key(user)
    }

    /// Whether it is over; nobody does anything in it then, but the last words are told.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.lock().has_ended
    }

    /// Tells everybody in it, save whom `except` passes over.
    pub fn tell<E: Event>(&self, event: &E, except: Except) {
        self.publish(self.delivery(event).except(except));
    }

    /// Tells every connection of one user in it.
    pub fn tell_user<E: Event>(&self, user: &str, event: &E) {
        let delivery = Arc::new(self.delivery(event));
        // Under the lock, so that who hears of it is in the session.
        let state = self.lock();
        for connection in state.users.get(user).into_iter().flatten() {
            self.push(*connection, &delivery);
        }
    }

    /// Tells one connection, if it is in the session.
    pub fn tell_connection<E: Event>(&self, connection: ConnectionId, event: &E) {
        let delivery = Arc::new(self.delivery(event));
        let state = self.lock();
        if state.places.contains_key(&connection) {
            self.push(connection, &delivery);
        }
    }

    /// The session's clock when it came into memory, in milliseconds since its start.
    pub(crate) fn loaded_at(&self) -> u64 {
        self.loaded_millis
    }

    /// Whose turn it is to be told suggestions.
    pub(crate) fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Tells one connection, if it is in the session, why something was not done.
    pub(crate) fn refuse(&self, connection: ConnectionId, family: Family, refusal: &Refusal) {
        let json = protocol::encode_refusal(refusal, self.hub.clock().wall());
        let delivery = Delivery::passing(socketio::event(NAMESPACE, family.error(), &json));
        let delivery = Arc::new(delivery);
        let state = self.lock();
        if state.places.contains_key(&connection) {
            self.push(connection, &delivery);
        }
    }

    /// Somebody in it did something.
    pub(crate) fn touch(&self, now: Monotonic) {
        self.active.fetch_max(now.0, Relaxed);
    }

    /// When anybody in it last did something.
    pub(crate) fn last_active(&self) -> Timestamp {
        let clock = self.hub.clock();
        let idle = clock.monotonic().since(Monotonic(self.active.load(Relaxed)));
        let idle = i64::try_from(idle.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(clock.wall().as_millis().saturating_sub(idle))
    }

    /// What it is doing.
    pub(crate) fn status(&self) -> Status {
        self.lock().status
    }

    /// How it stands.
    pub(crate) fn stats(&self) -> Stats {
        let people = self.hub.room(&self.hub_id).map_or(0, |room| room.online());
        Stats {
            connected_users: people,
            created_at: self.started.to_string(),
            last_activity: self.last_active().to_string(),
            status: self.lock().status,
            owner_id: self.owner_id.to_string(),
        }
    }

    /// Lets a connection in; one that is in already stays.
    pub(crate) fn enter(
        &self,
        connection: ConnectionId,
        identity: &Identity,
    ) -> Result<(), Closed> {
        let mut state = self.lock();
        if state.has_ended {
            return Err(Closed::Ended);
        }
        if state.places.contains_key(&connection) {
            return Ok(());
        }
        if state.places.len() >= CONNECTIONS_MAX {
            return Err(Closed::Full);
        }
        let Identity { user_id, username, .. } = identity;
        let member =
            Member { connection, user_id: Arc::clone(user_id), username: Arc::clone(username) };
        let joined = self.hub.join(&self.hub_id, &self.announce, member, false);
        let place = Place {
            membership: joined.membership,
            user_id: Arc::clone(user_id),
            speaking: None,
            beginning: None,
        };
        state.places.insert(connection, place);
        state.users.entry(Arc::clone(user_id)).or_default().push(connection);
        Ok(())
    }

    /// A connection goes: on purpose, or because it dropped. Whether it was there.
    pub(crate) fn leave(&self, connection: ConnectionId, has_dropped: bool) -> bool {
        let mut state = self.lock();
        let Some(Place { membership, user_id, .. }) = state.places.remove(&connection) else {
            return false;
        };
        if let Some(connections) = state.users.get_mut(&user_id) {
            connections.retain(|one| *one != connection);
            if connections.is_empty() {
                state.users.remove(&user_id);
            }
        }
        if has_dropped {
            drop(membership);
        } else {
            membership.leave();
        }
        true
    }

    /// The session does something else now, as `user` says; all are told.
    pub(crate) fn set_status(&self, user_id: &str, status: Status, message: Option<&str>) {
        let mut state = self.lock();
        if state.has_ended {
            return;
        }
        state.status = status;
        self.tell(&StatusUpdated { user_id: Some(user_id), status, message }, Except::Nobody);
    }

    /// Whether nobody is in it, nor dropped out of it a moment ago.
    pub(crate) fn is_deserted(&self) -> bool {
        self.lock().places.is_empty() && self.hub.room(&self.hub_id).is_none()
    }

    pub(crate) fn publish(&self, delivery: Delivery) {
        self.hub.publish(&self.hub_id, &Arc::new(delivery));
    }

    fn delivery<E: Event>(&self, event: &E) -> Delivery {
        let json = protocol::encode(event, self.hub.clock().wall());
        let text = socketio::event(NAMESPACE, E::NAME, &json);
        let delivery = Delivery::passing(text);
        match event.replaces() {
            Some(of) => delivery.replaced_by_newer(E::NAME, &of.into()),
            None => delivery,
        }
    }

    fn push(&self, connection: ConnectionId, delivery: &Arc<Delivery>) {
        let tell = Item::Tell { connection, delivery: Arc::clone(delivery) };
        self.hub.outlet().push(connection.shard(), tell);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
