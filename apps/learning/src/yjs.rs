//! Documents of Yjs, for the clients of y-websocket: `/api/collaboration/yjs/{sessionId}`.
//!
//! A document is made by whoever comes first, as of kind `yjs`; creator, roles, lock, closing and the token's
//! contexts are those of all documents (`collaboration`). Here is what differs: the content is Yjs's, clients
//! speak y-websocket's messages ([`message`]), and what they send is worked on behind a guard ([`replica`],
//! [`workshop`]).
//!
//! **What clients see.** A document of another kind, one that was closed, or one that their token does not open:
//! the reason as a message, then close 1008 with `Not a Yjs document`, `Not found` or `Forbidden`. An update that
//! they may not make (an observer's, or while it is locked) is answered with the reason and changes nothing.
//! One that cannot be taken: the reason, then close 1003 `Invalid update`, or 1009 where the document would be
//! too large. A busy server: 1013. Whatever is lost in a close, a client sends again when it comes back.
//!
//! **Figures.** A connection that names a context (`contextId` in its query) counts what it writes there, an update
//! as one event; without one it counts nowhere. A name that is none, or that the token does not open: the reason,
//! then close 1008 `Invalid contextId` or `Forbidden`.
//!
//! **Invariants.** What others are sent was stored, and encoded by this server. What one client sends breaks
//! nothing for another.
//!
//! **Bounds**: [`LIVE_MAX`] documents and [`BYTES_MAX`] bytes of them, encoded, in memory (yrs takes several times as
//! much); past either, those nobody is in go at once, and where that is not enough, who comes is told that the
//! server is busy. Others stand in the files.

mod awareness;
mod encoding;
mod live;
mod message;
mod outline;
mod replica;
mod session;
mod suspects;
mod workshop;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hub::Hub;
use storage::Store;
use tokio::runtime::Handle;

use crate::collaboration::Document;
use live::{Live, TIME_MAX, Tools};
use workshop::Workshop;

pub(crate) use session::Writing;

/// Documents in memory.
const LIVE_MAX: usize = 20_000;
/// Bytes of their encoded states and logs.
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// How long a document stays in memory after the last one left.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How often signs of life are given, and idle documents looked for. Clients wait for 30 s.
const WATCH_EVERY: Duration = Duration::from_secs(10);

/// What a connection is held to, by minute; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Updates.
    pub(crate) edits: Option<NonZeroU32>,
    /// Everything else but awareness, of which the latest wins.
    pub(crate) messages: Option<NonZeroU32>,
}

/// What is in memory, and what became of updates since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Documents in memory.
    pub documents: usize,
    /// Bytes of them, encoded.
    pub bytes: usize,
    /// Updates that said something new, and are stored.
    pub stored: u64,
    /// Updates that cannot be taken.
    pub refused: u64,
    /// Updates on which work took too long.
    pub given_up: u64,
}

/// All Yjs documents that are in memory.
pub(crate) struct Yjs {
    tools: Arc<Tools>,
    pace: Pace,
    /// By their places in the store.
    lives: Mutex<HashMap<i64, Arc<Live>>>,
}

impl Yjs {
    /// None of them in memory yet.
    pub(crate) fn start(store: Store, hub: Arc<Hub>, runtime: Handle, pace: Pace) -> Arc<Self> {
        Self::with(store, hub, runtime, pace, TIME_MAX)
    }

    fn with(
        store: Store,
        hub: Arc<Hub>,
        runtime: Handle,
        pace: Pace,
        time_max: Duration,
    ) -> Arc<Self> {
        let (workshop, bytes) = (Workshop::new(), AtomicUsize::new(0));
        let (suspects, counters) = Default::default();
        let tools = Tools { store, hub, runtime, workshop, suspects, bytes, time_max, counters };
        let tools = Arc::new(tools);
        let yjs = Arc::new(Self { tools, pace, lives: Mutex::default() });
        drop(yjs.tools.runtime.spawn(Self::watch(Arc::downgrade(&yjs))));
        yjs
    }

    /// What is in memory, and what became of updates.
    pub(crate) fn stats(&self) -> Stats {
        let (documents, bytes) = (self.lives().len(), self.tools.bytes.load(Relaxed));
        let counters = &self.tools.counters;
        Stats {
            documents,
            bytes,
            stored: counters.stored.load(Relaxed),
            refused: counters.refused.load(Relaxed),
            given_up: counters.given_up.load(Relaxed),
        }
    }

    /// The content of `document`; `None` where there is no room for it.
    fn live(&self, document: &Document) -> Option<Arc<Live>> {
        let mut lives = self.lives();
        if let Some(live) = lives.get(&document.place()) {
            return Some(Arc::clone(live));
        }
        if self.is_full(&lives) {
            lives.retain(|_, live| Arc::strong_count(live) > 1);
            if self.is_full(&lives) {
                return None;
            }
        }
        let live = Live::new(document, &self.tools);
        lives.insert(document.place(), Arc::clone(&live));
        Some(live)
    }

    fn is_full(&self, lives: &HashMap<i64, Arc<Live>>) -> bool {
        lives.len() >= LIVE_MAX || self.tools.bytes.load(Relaxed) >= BYTES_MAX
    }

    /// Gives signs of life, and takes out of memory what nobody has been in for [`IDLE_MAX`].
    fn look(&self) {
        let now = self.tools.hub.clock().monotonic();
        let mut lives = self.lives();
        lives.retain(|_, live| {
            // One is the map's own; whoever is in it, works on it or stores of it has another.
            Arc::strong_count(live) > 1 || now.since(live.used_at()) < IDLE_MAX
        });
        let lives: Vec<_> = lives.values().cloned().collect();
        for live in lives {
            live.show_life();
        }
    }

    async fn watch(yjs: Weak<Self>) {
        loop {
            tokio::time::sleep(WATCH_EVERY).await;
            let Some(yjs) = yjs.upgrade() else { return };
            yjs.look();
        }
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<i64, Arc<Live>>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
