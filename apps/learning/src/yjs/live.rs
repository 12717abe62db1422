//! A Yjs document in memory: what is asked of it stands in line, is worked on, stored, and told.
//!
//! ```text
//! session ──ask──▶ line ──▶ driver ──▶ workshop (guarded) ──▶ committer ──▶ room, author, who waits
//! ```
//! One task at a time drives a document: it takes what is first in line, has a thread of the workshop do it,
//! and hands what changed to the committer without waiting for that.
//!
//! **Invariants.** Nobody hears of a version that is not stored, neither as an update nor in an answer. The
//! order of commits is that of versions. After a commit that failed nothing more is stored until none is on
//! its way; then everything in memory is forgotten and everybody in the document is sent away to come back,
//! which makes their clients send what was lost.
//!
//! **Bounds**: [`LINE_MAX`] asks and [`LINE_BYTES_MAX`] bytes wait in line, and [`IN_FLIGHT_MAX`] updates are being
//! stored; past that a document is busy. [`TIME_MAX`] for one piece of work.

mod driving;
mod presence;
mod storing;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hub::{Hub, RoomId};
use model::{ConnectionId, Monotonic};
use storage::{CommitError, Refused, Store};
use tokio::runtime::Handle;

use super::awareness::Awareness;
use super::replica::{Fault, Recipe, Replica};
use super::suspects::Suspects;
use super::workshop::Workshop;
use crate::collaboration::Document;

/// Asks in line.
const LINE_MAX: usize = 1024;
/// Bytes of updates in line.
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Updates that are being stored.
const IN_FLIGHT_MAX: usize = 1024;
/// How long work on a document may take once it has begun.
pub(super) const TIME_MAX: Duration = Duration::from_secs(2);

/// What live documents work with.
pub(super) struct Tools {
    pub(super) store: Store,
    pub(super) hub: Arc<Hub>,
    pub(super) runtime: Handle,
    pub(super) workshop: Workshop,
    /// Whose updates are not worked on.
    pub(super) suspects: Suspects,
    /// Bytes of the encoded documents in memory.
    pub(super) bytes: AtomicUsize,
    /// What one piece of work may take: [`TIME_MAX`].
    pub(super) time_max: Duration,
    pub(super) counters: Counters,
}

/// What became of updates since the start.
#[derive(Default)]
pub(super) struct Counters {
    /// They said something new, and are stored.
    pub(super) stored: AtomicU64,
    /// They cannot be taken.
    pub(super) refused: AtomicU64,
    /// Work on them took too long.
    pub(super) given_up: AtomicU64,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What was sent cannot be taken.
    Refused(Fault),
    /// Too much waits, or what was sent could not be stored; come back.
    Busy,
    /// A fault of the server's.
    Failed,
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy | Refused::StorageFull => Self::Busy,
            Refused::Failed | Refused::Closed => Self::Failed,
        }
    }
}

impl From<&CommitError> for Trouble {
    fn from(error: &CommitError) -> Self {
        match error {
            CommitError::Failed | CommitError::Closed => Self::Failed,
            CommitError::Busy
            | CommitError::StorageFull
            | CommitError::Rejected(_)
            | CommitError::Misbehaved => Self::Busy,
        }
    }
}

/// Who hears what became of what they asked; called once and not under a lock.
pub(super) type Told<T> = Box<dyn FnOnce(Result<T, Trouble>) + Send>;

/// The answer to who asked what they lack.
#[derive(Debug)]
pub(super) struct Missing {
    /// All of it, as an update.
    pub(super) update: Vec<u8>,
    /// How much is known here, as a state vector.
    pub(super) known: Vec<u8>,
    /// The version it reaches, which is stored.
    pub(super) version: u64,
}

/// What became of an update.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Whether it said something new, which is stored.
    pub(super) is_change: bool,
    /// Where a part of it was not taken, for it stands on something else: how much is known here.
    pub(super) lacking: Option<Vec<u8>>,
}

/// Who wrote something.
#[derive(Clone, Debug)]
pub(super) struct Author {
    pub(super) connection: ConnectionId,
    pub(super) user: Arc<str>,
}

/// What is asked of a document.
enum Ask {
    /// What does somebody lack who knows this much?
    Missing(Bytes, Told<Missing>),
    /// Somebody wrote this.
    Update(Bytes, Author, Told<Taken>),
}

impl Ask {
    fn bytes(&self) -> usize {
        match self {
            Self::Missing(bytes, _) | Self::Update(bytes, _, _) => bytes.len(),
        }
    }

    fn refuse(self, trouble: Trouble) {
        match self {
            Self::Missing(_, told) => told(Err(trouble)),
            Self::Update(_, _, told) => told(Err(trouble)),
        }
    }
}

/// A document.
pub(super) struct Live {
    id: Arc<str>,
    place: i64,
    room: RoomId,
    tools: Arc<Tools>,
    line: Mutex<Line>,
    state: Mutex<State>,
}

#[derive(Default)]
struct Line {
    asks: VecDeque<Ask>,
    bytes: usize,
    /// Whether somebody drives the document; then `content` is with them.
    is_driven: bool,
    content: Option<Content>,
}

struct State {
    /// Counts how often everything in memory was forgotten.
    generation: u64,
    /// The newest version that is stored.
    stored: u64,
    /// Updates that are being stored.
    in_flight: usize,
    /// A commit failed.
    is_failing: bool,
    /// Who waits for a version to be stored.
    waiting: Vec<(u64, Told<()>)>,
    awareness: Awareness,
    /// When the others heard last where people are.
    told_at: Option<Monotonic>,
    /// Whether they will hear again by themselves.
    is_telling: bool,
    /// When somebody left it last.
    used_at: Monotonic,
}

/// The content of a document, with all updates that were handed to the committer.
struct Content {
    tools: Arc<Tools>,
    generation: u64,
    version: u64,
    /// `None` where it broke; the recipe makes it anew.
    replica: Option<Replica>,
    recipe: Recipe,
    /// How much of [`Tools::bytes`] it accounts for.
    counted: usize,
}

impl Content {
    fn new(tools: &Arc<Tools>, generation: u64, version: u64, recipe: Recipe) -> Self {
        let tools = Arc::clone(tools);
        let mut content = Self { tools, generation, version, replica: None, recipe, counted: 0 };
        content.count();
        content
    }

    fn count(&mut self) {
        let bytes = self.recipe.base.len() + self.recipe.change_bytes();
        self.tools.bytes.fetch_add(bytes, Relaxed);
        self.tools.bytes.fetch_sub(self.counted, Relaxed);
        self.counted = bytes;
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.tools.bytes.fetch_sub(self.counted, Relaxed);
    }
}

impl Live {
    /// The document, of whose content nothing is read yet.
    pub(super) fn new(document: &Document, tools: &Arc<Tools>) -> Arc<Self> {
        let state = State {
            generation: 0,
            stored: 0,
            in_flight: 0,
            is_failing: false,
            waiting: Vec::new(),
            awareness: Awareness::default(),
            told_at: None,
            is_telling: false,
            used_at: tools.hub.clock().monotonic(),
        };
        Arc::new(Self {
            id: Arc::clone(document.id()),
            place: document.place(),
            room: document.room().clone(),
            tools: Arc::clone(tools),
            line: Mutex::default(),
            state: Mutex::new(state),
        })
    }

    /// The hub's room of the connections in it.
    pub(super) fn room(&self) -> &RoomId {
        &self.room
    }

    /// When somebody left it last.
    pub(super) fn used_at(&self) -> Monotonic {
        self.state().used_at
    }

    /// Finds out what somebody lacks who knows this much; `told` hears it once all of it is stored. Never
    /// blocks.
    pub(super) fn ask(
        self: &Arc<Self>,
        known: Bytes,
        told: impl FnOnce(Result<Missing, Trouble>) + Send + 'static,
    ) {
        self.put(Ask::Missing(known, Box::new(told)));
    }

    /// Takes what somebody wrote; `told` hears of it once it is stored, right behind the others in the room.
    /// Never blocks.
    pub(super) fn take(
        self: &Arc<Self>,
        update: Bytes,
        author: Author,
        told: impl FnOnce(Result<Taken, Trouble>) + Send + 'static,
    ) {
        self.put(Ask::Update(update, author, Box::new(told)));
    }

    fn put(self: &Arc<Self>, ask: Ask) {
        let mut line = self.line();
        if line.asks.len() >= LINE_MAX || line.bytes + ask.bytes() > LINE_BYTES_MAX {
            drop(line);
            return ask.refuse(Trouble::Busy);
        }
        line.bytes += ask.bytes();
        line.asks.push_back(ask);
        let is_idle = !std::mem::replace(&mut line.is_driven, true);
        drop(line);
        if is_idle {
            drop(self.tools.runtime.spawn(Arc::clone(self).drive()));
        }
    }

    /// Whether everything in line was worked on.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        !self.line().is_driven
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
