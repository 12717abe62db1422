//! The service: what all of its parts share.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hub::Hub;
use storage::{ReadError, Store};

use crate::bridges::Bound;
use crate::recent::Recent;
use crate::{Form, RoomRef, Side, bridges};

/// All conversations of this server.
pub struct Conversations {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) recent: Mutex<Recent>,
    bound: Mutex<Bound>,
    forms: [OnceLock<Arc<dyn Form>>; Side::ALL.len()],
}

impl Conversations {
    /// The conversations in `store`, published through `hub`. Blocks on one short read.
    ///
    /// # Errors
    /// What hindered reading which rooms are bridged.
    pub fn open(store: Store, hub: Arc<Hub>) -> Result<Arc<Self>, ReadError> {
        let bound = Mutex::new(bridges::load(&store)?);
        let (recent, forms) = (Mutex::default(), Default::default());
        Ok(Arc::new(Self { store, hub, recent, bound, forms }))
    }

    /// Rooms of `side` show messages in this form. The first form of a side stays.
    pub fn set_form(&self, side: Side, form: Arc<dyn Form>) {
        if self.forms[side as usize].set(form).is_err() {
            tracing::error!(side = side.kind(), "a second form for the same rooms was ignored");
        }
    }

    /// Names the history that every `seq` and message id belongs to.
    #[must_use]
    pub fn epoch(&self) -> &str {
        self.store.epoch()
    }

    pub(crate) fn form(&self, room: &RoomRef) -> Option<&Arc<dyn Form>> {
        self.forms[room.side as usize].get()
    }

    pub(crate) fn bound(&self) -> MutexGuard<'_, Bound> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
