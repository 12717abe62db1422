//! The sessions that began by polling, by their sids.
//!
//! **Bound**: each counts as an open socket, so there are at most `connections_max`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::new_sid;
use super::pipe::Pipe;

/// All of them.
#[derive(Default)]
pub(crate) struct Registry(Mutex<HashMap<Box<str>, Arc<Pipe>>>);

/// A session's place; dropped, its sid is unknown.
pub(crate) struct Registration {
    registry: Arc<Registry>,
    /// The sid.
    pub(crate) sid: Box<str>,
}

impl Registry {
    /// Gives a session a sid.
    pub(crate) fn register(self: &Arc<Self>, pipe: Arc<Pipe>) -> Registration {
        let sid: Box<str> = new_sid().into();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sid.clone(), pipe);
        Registration { registry: Arc::clone(self), sid }
    }

    /// The session of a sid.
    pub(crate) fn find(&self, sid: &str) -> Option<Arc<Pipe>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sid).cloned()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.sid);
    }
}
