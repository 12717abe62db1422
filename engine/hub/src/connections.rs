//! Every open connection of the process, for administration and for reaching a user's sockets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{ConnectionId, Identity, Timestamp};

use crate::RoomId;

const MAP_SHARDS: usize = 16;

/// What is known of an open connection.
#[derive(Debug)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The application it speaks to, such as `sessions`.
    pub application: &'static str,
    /// When it opened.
    pub connected_at: Timestamp,
    /// The client's address behind trusted proxies.
    pub source_ip: IpAddr,
    /// The `User-Agent` header, at most 256 bytes of it.
    pub user_agent: Option<Box<str>>,
    last_active_at: AtomicI64,
    state: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    identity: Option<Arc<Identity>>,
    rooms: Vec<RoomId>,
}

impl Connection {
    /// A connection that opened at `connected_at`.
    #[must_use]
    pub fn new(
        id: ConnectionId,
        application: &'static str,
        connected_at: Timestamp,
        source_ip: IpAddr,
        user_agent: Option<Box<str>>,
    ) -> Self {
        let last_active_at = AtomicI64::new(connected_at.as_millis());
        let state = Mutex::default();
        Self { id, application, connected_at, source_ip, user_agent, last_active_at, state }
    }

    /// When the client last sent a message.
    #[must_use]
    pub fn last_active_at(&self) -> Timestamp {
        Timestamp::from_millis(self.last_active_at.load(Ordering::Relaxed))
    }

    /// The client sent a message.
    pub fn touch(&self, at: Timestamp) {
        self.last_active_at.store(at.as_millis(), Ordering::Relaxed);
    }

    /// Whose it is, once that is known.
    #[must_use]
    pub fn identity(&self) -> Option<Arc<Identity>> {
        self.lock().identity.clone()
    }

    /// It belongs to `identity` now.
    pub fn identify(&self, identity: Arc<Identity>) {
        self.lock().identity = Some(identity);
    }

    /// The rooms it is in.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomId> {
        self.lock().rooms.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All open connections; the transport bounds how many there are.
#[derive(Debug)]
pub struct Connections {
    maps: Vec<Mutex<HashMap<ConnectionId, Arc<Connection>>>>,
}

impl Default for Connections {
    fn default() -> Self {
        Self { maps: (0..MAP_SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Connections {
    /// A connection opened.
    pub fn insert(&self, connection: Arc<Connection>) {
        self.map(connection.id).insert(connection.id, connection);
    }

    /// A connection ended.
    pub fn remove(&self, id: ConnectionId) {
        self.map(id).remove(&id);
    }

    /// The open connection `id`.
    #[must_use]
    pub fn get(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.map(id).get(&id).cloned()
    }

    /// All open connections that `wanted` holds for, in no order.
    pub fn select(&self, wanted: impl Fn(&Connection) -> bool) -> Vec<Arc<Connection>> {
        let maps = self.maps.iter();
        maps.flat_map(|map| {
            let map = map.lock().unwrap_or_else(PoisonError::into_inner);
            map.values().filter(|connection| wanted(connection)).cloned().collect::<Vec<_>>()
        })
        .collect()
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.maps.iter().map(|map| map.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    pub(crate) fn entered(&self, id: ConnectionId, room: &RoomId) {
        if let Some(connection) = self.get(id) {
            connection.lock().rooms.push(room.clone());
        }
    }

    pub(crate) fn left(&self, id: ConnectionId, room: &RoomId) {
        if let Some(connection) = self.get(id) {
            let mut known = connection.lock();
            if let Some(at) = known.rooms.iter().position(|entered| entered == room) {
                known.rooms.swap_remove(at);
            }
        }
    }

    fn map(&self, id: ConnectionId) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Connection>>> {
        self.maps[id.slot() as usize % MAP_SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
