//! The sessions in memory: those that somebody is in, or was a moment ago.
//!
//! **Invariants.** There is at most one [`Room`] of an id. A room that is in use by anything is not
//! forgotten, so that what is on its way is told in it.
//!
//! **Bounds.** [`ROOMS_MAX`]; past that no further session comes into memory until one went.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::Hub;
use model::Timestamp;
use tokio::runtime::Handle;

use crate::room::Room;
use crate::store::SessionRow;

/// Sessions in memory.
pub(crate) const ROOMS_MAX: usize = 65_536;

/// The sessions in memory.
pub(crate) struct Rooms {
    hub: Arc<Hub>,
    map: Mutex<HashMap<Arc<str>, Arc<Room>>>,
}

impl Rooms {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, map: Mutex::default() }
    }

    /// The session, if it is in memory.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Room>> {
        self.lock().get(id).cloned()
    }

    /// The session in memory; `None` where there is no place for it.
    pub(crate) fn open(&self, row: &SessionRow) -> Option<Arc<Room>> {
        let mut map = self.lock();
        if let Some(room) = map.get(row.id.as_str()) {
            return Some(Arc::clone(room));
        }
        if map.len() >= ROOMS_MAX {
            return None;
        }
        let room = Arc::new(Room::new(row, &self.hub));
        map.insert(Arc::clone(room.id()), Arc::clone(&room));
        Some(room)
    }

    /// The session is over.
    pub(crate) fn end(
        &self,
        id: &str,
        user_id: Option<&str>,
        message: Option<&str>,
        runtime: &Handle,
    ) {
        // Taken out first, and the map let go: telling is the room's.
        let room = self.lock().remove(id);
        if let Some(room) = room {
            room.end(user_id, message, runtime);
        }
    }

    /// Forgets a session that nobody is in and nothing uses; if it did, which one, and when anybody in it
    /// last did something.
    pub(crate) fn forget(&self, room: Arc<Room>) -> Option<(Arc<str>, Timestamp)> {
        let id = Arc::clone(room.id());
        drop(room);
        let mut map = self.lock();
        let last_active = map.get(&id).filter(|room| is_unused(room))?.last_active();
        map.remove(&id);
        Some((id, last_active))
    }

    /// Forgets all that nobody is in and nothing uses.
    pub(crate) fn forget_deserted(&self) {
        self.lock().retain(|_, room| !is_unused(room));
    }

    /// All that are in memory.
    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        self.lock().values().cloned().collect()
    }

    /// How many are in memory.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Room>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the map alone has it, and nobody is in it. To be asked under the map's lock: nobody else can
/// begin to use it then.
fn is_unused(room: &Arc<Room>) -> bool {
    Arc::strong_count(room) == 1 && room.is_deserted()
}
