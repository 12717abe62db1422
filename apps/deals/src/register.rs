//! The tables of open connections and of their subscriptions, for whoever looks into the store.
//!
//! They are written behind: nothing waits for them, and nothing here reads them. At the start they are
//! emptied of the former process's; a row that outlived its connection goes once its `ttl` is over.
//!
//! **Invariants.** Changes are written in their order, one slice of them at a time.
//!
//! **Bounds.** [`WAITING_MAX`] changes wait; past that they are lost and counted.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, ConnectionId};
use storage::{CommitError, Lane, Store};
use tokio::runtime::Handle;

use crate::Topic;
use crate::store::register::{self, Change};

/// Changes that wait to be written.
const WAITING_MAX: usize = 65_536;
/// Changes in one row of the committer's, and rows deleted in one.
const SLICE_ROWS: usize = 512;
/// Seconds a row is kept: 24 hours.
const TTL_SECS: i64 = 24 * 60 * 60;
/// How often rows that are over are deleted.
const SWEPT_EVERY: Duration = Duration::from_secs(60);

/// What became of changes since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegisterStats {
    /// They were written.
    pub written: u64,
    /// They were not, and never will be.
    pub lost: u64,
    /// They wait.
    pub waiting: usize,
}

/// Who writes the two tables.
pub(crate) struct Register {
    store: Store,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    written: AtomicU64,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Change>,
    is_writing: bool,
}

impl Register {
    /// Empties the tables, and sweeps them each minute until the register is dropped.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>, runtime: &Handle) -> Arc<Self> {
        let (written, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        let register = Arc::new(Self { store, clock, state: Mutex::default(), written, lost });
        register.note(Change::Began);
        let weak = Arc::downgrade(&register);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(SWEPT_EVERY).await;
                let Some(register) = weak.upgrade() else { return };
                register.go_on();
                if let Err(error) = register.sweep().await {
                    tracing::debug!(%error, "the tables of connections were not swept");
                }
            }
        });
        register
    }

    /// A connection of `user` opened.
    pub(crate) fn opened(self: &Arc<Self>, connection: ConnectionId, user: &str) {
        let (created_at, ttl) = self.times();
        let connection = connection.to_string().into();
        self.note(Change::Opened { connection, user: user.into(), created_at, ttl });
    }

    /// A connection ended, and its subscriptions with it.
    pub(crate) fn closed(self: &Arc<Self>, connection: ConnectionId) {
        self.note(Change::Closed { connection: connection.to_string().into() });
    }

    /// A connection of `user` has the subscription `id` from now on; `filters` is JSON.
    pub(crate) fn subscribed(
        self: &Arc<Self>,
        id: &str,
        connection: ConnectionId,
        user: &str,
        topic: Topic,
        filters: &str,
    ) {
        let (created_at, ttl) = self.times();
        self.note(Change::Subscribed {
            id: id.into(),
            connection: connection.to_string().into(),
            user: user.into(),
            topic: topic.as_str(),
            filters: filters.into(),
            created_at,
            ttl,
        });
    }

    /// A connection ended its subscription `id`.
    pub(crate) fn unsubscribed(self: &Arc<Self>, id: &str, connection: ConnectionId) {
        let connection = connection.to_string().into();
        self.note(Change::Unsubscribed { id: id.into(), connection });
    }

    /// What became of changes since the start.
    pub(crate) fn stats(&self) -> RegisterStats {
        RegisterStats {
            written: self.written.load(Relaxed),
            lost: self.lost.load(Relaxed),
            waiting: self.lock().waiting.len(),
        }
    }

    /// When a row of now was made, in milliseconds, and when it is over, in seconds.
    fn times(&self) -> (i64, i64) {
        let now = self.clock.wall();
        (now.as_millis(), now.as_secs().saturating_add(TTL_SECS))
    }

    fn note(self: &Arc<Self>, change: Change) {
        let mut state = self.lock();
        if state.waiting.len() >= WAITING_MAX {
            self.lost.fetch_add(1, Relaxed);
        } else {
            state.waiting.push_back(change);
        }
        drop(state);
        self.go_on();
    }

    /// Begins to write what waits, unless that is being done.
    fn go_on(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.is_writing || state.waiting.is_empty() {
            return;
        }
        state.is_writing = true;
        drop(state);
        self.write();
    }

    /// Writes slices of what waits, until nothing does or the store takes nothing.
    fn write(self: &Arc<Self>) {
        let Ok(place) = self.store.reserve(Lane::Bulk) else {
            self.lock().is_writing = false; // The next change, or the next minute, tries again.
            return;
        };
        let mut state = self.lock();
        let count = state.waiting.len().min(SLICE_ROWS);
        let slice: Vec<Change> = state.waiting.drain(..count).collect();
        state.is_writing = !slice.is_empty();
        drop(state);
        if slice.is_empty() {
            return;
        }
        let register = Arc::clone(self);
        place.write(
            move |tx| slice.iter().try_for_each(|change| register::write(tx, change)),
            move |outcome| register.note_written(count, outcome),
        );
    }

    fn note_written(self: &Arc<Self>, count: usize, outcome: Result<(), CommitError>) {
        let counter = if outcome.is_ok() { &self.written } else { &self.lost };
        counter.fetch_add(count as u64, Relaxed);
        if let Err(error) = outcome {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, count, "changes of connections were not written down");
        }
        self.write();
    }

    /// Deletes the rows that are over; how many.
    async fn sweep(&self) -> Result<usize, CommitError> {
        let now = self.clock.wall().as_secs();
        let mut deleted = 0;
        loop {
            let delete =
                move |tx: &storage::rusqlite::Transaction<'_>| register::sweep(tx, now, SLICE_ROWS);
            let slice = self.store.commit(Lane::Bulk, delete).await?;
            if slice == 0 {
                return Ok(deleted);
            }
            deleted += slice;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
