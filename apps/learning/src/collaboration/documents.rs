//! All documents: made, found, in memory while somebody has to do with them, and out of it again.
//!
//! A document is loaded once, whoever asks for it meanwhile; [`Seat`] is a connection's place in one. Kinds
//! share all of it but the content: that of a text is kept here, that of a Yjs document in `yjs`.
//!
//! **Invariants.** A document that is in memory is there once. It stays as long as somebody holds a
//! [`Seat`] in it or a change of it is being stored, and for [`IDLE_MAX`] after the last of both.
//!
//! **Bounds**: [`LOADED_MAX`] documents and [`BYTES_MAX`] bytes of their texts in memory; past either what
//! nobody is in goes at once, and where that is not enough, who comes, and who puts text in, is told that the
//! server is busy.
//! **Lock order**: the map of documents → a document's gate → its state. None is held while anybody is told.

mod enter;
mod retention;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hub::{Hub, RoomId};
use model::{ConnectionId, Identity, Name};
use storage::Store;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

pub(crate) use enter::Visitor;

use super::document::{Document, Told};
use super::{Change, Denied};

/// Documents in memory.
const LOADED_MAX: usize = 20_000;
/// Bytes of the texts in memory.
const BYTES_MAX: usize = 512 * 1024 * 1024;
/// How long a document stays in memory after the last person left it and the last edit.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How often idle documents are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// Snapshots that are compressed at once.
const SNAPSHOTS_AT_ONCE: usize = 2;

/// How a document is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// By edits of its text, over `/api/collaboration/ws`.
    Text,
    /// By Yjs.
    Yjs,
}

impl Kind {
    /// Its name in HTTP and in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Yjs => "yjs",
        }
    }

    /// The kind of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Text, Self::Yjs].into_iter().find(|kind| kind.as_str() == name)
    }

    /// The hub's room of the connections in a document of this kind.
    pub(crate) fn room(self, id: &Arc<str>) -> RoomId {
        let kind = match self {
            Self::Text => "document",
            Self::Yjs => "yjs",
        };
        RoomId { kind, name: Arc::clone(id) }
    }
}

/// How much may be in memory.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    loaded: usize,
    bytes: usize,
}

/// What documents work with.
pub(super) struct Tools {
    bounds: Bounds,
    pub(super) store: Store,
    pub(super) hub: Arc<Hub>,
    pub(super) runtime: Handle,
    /// Bytes of the texts in memory.
    bytes: AtomicUsize,
    /// Edits that were stored.
    pub(super) edits: AtomicU64,
    pub(super) snapshots: Semaphore,
}

impl Tools {
    /// Whether there is no room for more text in memory.
    pub(super) fn texts_are_full(&self) -> bool {
        self.bytes.load(Relaxed) >= self.bounds.bytes
    }

    /// A text in memory has another length.
    pub(super) fn text_changed(&self, bytes_before: usize, bytes_now: usize) {
        // In this order, so that the sum never falls below zero.
        self.bytes.fetch_add(bytes_now, Relaxed);
        self.bytes.fetch_sub(bytes_before, Relaxed);
    }
}

/// All documents.
pub(crate) struct Documents {
    tools: Arc<Tools>,
    slots: Mutex<HashMap<Arc<str>, Slot>>,
}

/// A document's place in memory.
enum Slot {
    /// It is being read or made; these wait for it.
    Loading(Vec<enter::Waiting>),
    /// It is there.
    Ready(Arc<Document>),
}

/// How much is in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DocumentsStats {
    /// Documents.
    pub(crate) loaded: usize,
    /// Bytes of their texts.
    pub(crate) bytes: usize,
}

impl Documents {
    /// The documents of the store, none of them in memory yet.
    pub(crate) fn start(store: Store, hub: Arc<Hub>, runtime: Handle) -> Arc<Self> {
        Self::bounded(store, hub, runtime, Bounds { loaded: LOADED_MAX, bytes: BYTES_MAX })
    }

    fn bounded(store: Store, hub: Arc<Hub>, runtime: Handle, bounds: Bounds) -> Arc<Self> {
        let (bytes, edits) = Default::default();
        let snapshots = Semaphore::new(SNAPSHOTS_AT_ONCE);
        let tools = Arc::new(Tools { bounds, store, hub, runtime, bytes, edits, snapshots });
        let documents = Arc::new(Self { tools, slots: Mutex::default() });
        let watch = Self::watch(Arc::downgrade(&documents));
        drop(documents.tools.runtime.spawn(watch));
        documents
    }

    /// Changes a rule of the document `id`, as its creator may. Never blocks. Where `told` hears that it
    /// was stored, everybody in the document but `connection` hears of it right behind.
    pub(crate) fn change(
        self: &Arc<Self>,
        id: &Name,
        by: &Arc<Identity>,
        connection: Option<ConnectionId>,
        change: Change,
        told: impl FnOnce(Result<(), Denied>) + Send + 'static,
    ) {
        let (by, told): (_, Told<()>) = (Arc::clone(by), Box::new(told));
        if !by.may_enter(id.as_str()) {
            return told(Err(Denied::NotOpened));
        }
        self.with(&id.as_str().into(), None, move |document| match document {
            Ok(document) => document.change(&by, connection, change, told),
            Err(denied) => told(Err(denied)),
        });
    }

    /// The document `id`, if it is in memory.
    pub(crate) fn loaded(&self, id: &str) -> Option<Arc<Document>> {
        match self.slots().get(id) {
            Some(Slot::Ready(document)) => Some(Arc::clone(document)),
            Some(Slot::Loading(_)) | None => None,
        }
    }

    /// Where HTTP reads and writes.
    pub(crate) fn store(&self) -> &Store {
        &self.tools.store
    }

    /// What time it is there.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.tools.hub
    }

    /// Where long work is done.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.tools.runtime
    }

    /// How much is in memory.
    pub(crate) fn stats(&self) -> DocumentsStats {
        let loaded = self.slots().len();
        DocumentsStats { loaded, bytes: self.tools.bytes.load(Relaxed) }
    }

    /// Edits of texts that were stored since the start.
    pub(crate) fn edits_stored(&self) -> u64 {
        self.tools.edits.load(Relaxed)
    }

    /// Takes documents out of memory that nobody has had to do with for [`IDLE_MAX`].
    pub(crate) fn sweep(&self) {
        let now = self.tools.hub.clock().monotonic();
        self.unload(|document| now.since(document.used_at()) >= IDLE_MAX);
    }

    /// Takes documents out of memory that nobody holds and that `may_go`.
    fn unload(&self, may_go: impl Fn(&Document) -> bool) {
        let mut gone = Vec::new();
        self.slots().retain(|_, slot| match slot {
            // One is the map's own; another one can be made from it or under its lock alone.
            Slot::Ready(document) if Arc::strong_count(document) == 1 && may_go(document) => {
                gone.push(Arc::clone(document));
                false
            }
            Slot::Ready(_) | Slot::Loading(_) => true,
        });
    }

    /// Whether one more document may come into memory.
    fn has_room(&self) -> bool {
        let is_full =
            || self.slots().len() >= self.tools.bounds.loaded || self.tools.texts_are_full();
        if is_full() {
            self.unload(|_| true);
        }
        !is_full()
    }

    async fn watch(documents: Weak<Self>) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            let Some(documents) = documents.upgrade() else { return };
            documents.sweep();
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Arc<str>, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
