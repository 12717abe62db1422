//! Figures about a context that move while things happen in it.
//!
//! Events come from what people do ([`Analytics::note`]) and from whoever reports them
//! ([`Analytics::ingest`]). Each counts in its second: in the windows that its context has in memory, and
//! in the series that are kept in the store. Whoever watches a metric is told of it at most once a second,
//! when it changed.
//!
//! **Invariants.**
//! - A metric is what a recount of the same events would say; estimates within the error their files state.
//! - An event counts in the second it names, up to five minutes back; one that is ahead counts as of now.
//! - What a window shows survives a restart, save what was not written yet: events of the last
//!   [`WRITTEN_EVERY`] and of one commit.
//! - A context in memory that nobody uses goes; it comes back as it was, read from the store.
//!
//! **Lock order.** The table of contexts, then a context, then rooms of the hub. None is held while
//! something waits.
//!
//! **Bounds.** [`CONTEXTS_MAX`] contexts and [`BYTES_MAX`] in memory: past either those go that were not
//! used for the longest time and that nobody watches; where none can, events are refused and what people do
//! is not noted, and counted. Metrics of a context: [`CUSTOM_MAX`] besides those that all have.

mod cell;
mod context;
mod distinct;
mod hyperloglog;
mod ingest;
mod metric;
mod online;
mod push;
mod quantiles;
mod rooms;
mod series;
mod session;
mod table;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use hub::Hub;
use model::{Clock, Name, Timestamp};
use storage::{ReadError, Refused as NoPlace, Store};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub use context::CUSTOM_MAX;
pub use ingest::{AHEAD_MILLIS_MAX, Event, LATE_MILLIS_MAX, Problem, Refused, VALUE_MAX};
pub use metric::{
    ACTIVITY, Aggregate, ENGAGEMENT, EVERYWHERE, Metric, Named, ONLINE, PERFORMANCE, Reading,
    SCORE, WINDOW_SECS_DEFAULT, WINDOW_SECS_MAX,
};
pub use series::{Point, Range, Step};

pub(crate) use cell::{Cell, Sketch, decode as decode_cells, encode as encode_cells};
pub(crate) use context::Series;
pub(crate) use metric::ENGAGEMENT_SECS;
pub(crate) use session::Dashboard;

use context::{Context, Opened, Past, State};
use distinct::Hasher;
use ingest::{Declared, second_of, seconds};
use table::Table;

/// Contexts in memory.
pub const CONTEXTS_MAX: usize = 10_000;
/// Bytes of all contexts in memory, about.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// How often series are written.
pub const WRITTEN_EVERY: Duration = Duration::from_secs(5);
/// Events that are taken while others wait for the context.
const EVENTS_AT_ONCE: usize = 64;

/// What analytics need.
pub struct Parts {
    /// The store, opened with this crate's migrations.
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The metrics an operator declared.
    pub metrics: Vec<Metric>,
    /// Where watchers are told, and series are written.
    pub runtime: Handle,
}

/// A context cannot be used now; it may work later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many contexts are in use, or they take too much memory.
    #[error("too many contexts are in use")]
    Full,
    /// Its past could not be read: the store is busy, or closed.
    #[error("the store is busy")]
    Busy,
}

/// What became of events since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that counted, reported ones and what people did.
    pub events: u64,
    /// Reported events that were refused.
    pub refused: u64,
    /// What people did that was not noted, for want of room.
    pub missed: u64,
    /// Updates that were told to the watchers of a metric.
    pub told: u64,
    /// Seconds of series that were written.
    pub written: u64,
    /// Seconds of series that were lost: nothing could be written for too long.
    pub lost: u64,
    /// Contexts in memory.
    pub contexts: usize,
    /// About how many bytes they take; worked out every few seconds.
    pub bytes: usize,
}

#[derive(Default)]
struct Counters {
    events: AtomicU64,
    refused: AtomicU64,
    missed: AtomicU64,
    told: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
}

/// The figures of all contexts.
pub struct Analytics {
    store: Store,
    hub: Arc<Hub>,
    declared: Declared,
    hasher: Hasher,
    contexts: Table,
    counters: Counters,
    /// Held from taking what waits to be written until it was.
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl Analytics {
    /// Begins to tell watchers and to write series, until it is dropped. Blocks for one read.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn start(parts: Parts) -> Result<Arc<Self>, ReadError> {
        let Parts { store, hub, metrics, runtime } = parts;
        let (told, answer) = sync_channel(1);
        store.read_then(crate::store::analytics::secret, move |outcome| {
            let _gone = told.send(outcome);
        })?;
        let secret = answer.recv().unwrap_or(Err(ReadError::Panicked))?;
        let analytics = Arc::new(Self {
            store,
            hub,
            declared: Declared::new(metrics),
            hasher: Hasher::new(&secret),
            contexts: Table::default(),
            counters: Counters::default(),
            writing: Arc::default(),
        });
        runtime.spawn(push::keep_telling(Arc::downgrade(&analytics)));
        runtime.spawn(series::keep_writing(Arc::downgrade(&analytics)));
        Ok(analytics)
    }

    /// `user` did something in a context: said something, typed, or edited. Never waits.
    pub fn note(self: &Arc<Self>, context: &str, user: &str) {
        let Some(context) = self.context(context).ok().filter(|_| !self.contexts.is_full()) else {
            self.counters.missed.fetch_add(1, Relaxed);
            return;
        };
        let (hash, now) = (self.hasher.hash(user), seconds(self.clock().wall()));
        context.lock().note(hash, now, now);
        self.counters.events.fetch_add(1, Relaxed);
    }

    /// Takes reported events; gives back which of them do not count.
    ///
    /// # Errors
    /// [`Unavailable`]; then none of them counts.
    pub async fn ingest(
        self: &Arc<Self>,
        context: &Name,
        events: &[Event],
    ) -> Result<Vec<Refused>, Unavailable> {
        if self.contexts.is_full() {
            return Err(Unavailable::Full);
        }
        let context = self.opened(context.as_str()).await?;
        let now = self.clock().wall();
        let mut refused = Vec::new();
        for (index, some) in events.chunks(EVENTS_AT_ONCE).enumerate() {
            let users: Vec<u64> = some.iter().map(|event| self.hasher.hash(&event.user)).collect();
            let mut state = context.lock();
            for (offset, (event, user)) in some.iter().zip(users).enumerate() {
                if let Err(problem) = self.take(&mut state, event, user, now) {
                    refused.push(Refused { index: index * EVENTS_AT_ONCE + offset, problem });
                }
            }
        }
        self.counters.events.fetch_add((events.len() - refused.len()) as u64, Relaxed);
        self.counters.refused.fetch_add(refused.len() as u64, Relaxed);
        Ok(refused)
    }

    fn take(
        &self,
        state: &mut State,
        event: &Event,
        user: u64,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let at = second_of(event, now)?;
        state.take(event, &self.declared, user, at, seconds(now))
    }

    /// Calls `opened` once the context's past was read: at once, or later on a reader's thread. Only then
    /// [`Analytics::current`] and [`Analytics::watch`] know it. Never waits.
    pub fn open(
        self: &Arc<Self>,
        context: &str,
        opened: impl FnOnce(Result<(), Unavailable>) + Send + 'static,
    ) {
        match self.context(context) {
            Ok(context) => self.read_past(&context, Some(Box::new(opened))),
            Err(unavailable) => opened(Err(unavailable)),
        }
    }

    /// What a metric is now. Never waits.
    ///
    /// # Errors
    /// [`Unavailable::Full`].
    pub fn current(self: &Arc<Self>, context: &str, metric: &Name) -> Result<Reading, Unavailable> {
        let context = self.context(context)?;
        let mut state = context.lock();
        Ok(self.reading(&context, &mut state, metric.as_str()))
    }

    /// Every metric of a context as it is now: those that all have, then its own by name.
    ///
    /// # Errors
    /// See [`Unavailable`].
    pub async fn metrics(self: &Arc<Self>, context: &Name) -> Result<Vec<Named>, Unavailable> {
        let context = self.opened(context.as_str()).await?;
        let mut state = context.lock();
        let own: Vec<Arc<str>> = state.custom().map(|name| name.as_str().into()).collect();
        let all = EVERYWHERE.map(Arc::from).into_iter().chain(own);
        Ok(all
            .map(|name| {
                let reading = self.reading(&context, &mut state, &name);
                (name, reading)
            })
            .collect())
    }

    /// What became of events since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        let Counters { events, refused, missed, told, written, lost } = &self.counters;
        Stats {
            events: count(events),
            refused: count(refused),
            missed: count(missed),
            told: count(told),
            written: count(written),
            lost: count(lost),
            contexts: self.contexts.len(),
            bytes: self.contexts.bytes(),
        }
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.hub.clock()
    }

    /// What a metric is now; `state` is the context's.
    fn reading(&self, context: &Context, state: &mut State, metric: &str) -> Reading {
        let at = self.clock().wall();
        if metric == ONLINE {
            let online = online::online(&self.hub, &context.name);
            return Reading { value: Some(online as f64), at, window: 0 };
        }
        let declared = Name::new(metric).ok().and_then(|name| self.declared.get(&name));
        let (value, window) = state.value(metric, declared.map(|(_, secs)| secs), seconds(at));
        Reading { value, at, window: window.unwrap_or(WINDOW_SECS_DEFAULT) }
    }

    /// The context of this name, in memory; its past may not have been read yet.
    fn context(self: &Arc<Self>, name: &str) -> Result<Arc<Context>, Unavailable> {
        let (context, is_new) = self.contexts.get(name, self.clock().monotonic())?;
        if is_new {
            self.read_past(&context, None);
        }
        Ok(context)
    }

    /// The context of this name, its past read.
    async fn opened(self: &Arc<Self>, name: &str) -> Result<Arc<Context>, Unavailable> {
        let context = self.context(name)?;
        let (told, opened) = oneshot::channel();
        let tell = move |outcome| {
            let _gone = told.send(outcome);
        };
        self.read_past(&context, Some(Box::new(tell)));
        opened.await.unwrap_or(Err(Unavailable::Busy))?;
        Ok(context)
    }

    /// Reads a context's past, unless it was or is being read; then calls `opened`.
    fn read_past(self: &Arc<Self>, context: &Arc<Context>, opened: Option<Opened>) {
        let mut state = context.lock();
        match &mut state.past {
            Past::Read => {
                drop(state);
                if let Some(opened) = opened {
                    opened(Ok(()));
                }
                return;
            }
            Past::Reading(waiting) => return waiting.extend(opened),
            Past::Unread => state.past = Past::Reading(opened.into_iter().collect()),
        }
        drop(state);
        let now = seconds(self.clock().wall());
        let (name, analytics) = (Arc::clone(&context.name), Arc::clone(self));
        let (read, left) = (Arc::clone(context), Arc::clone(context));
        let read_all =
            move |db: &storage::rusqlite::Connection| crate::store::analytics::past(db, &name, now);
        let done = move |past| analytics.end_reading(&read, past);
        let refused: Result<(), NoPlace> = self.store.read_then(read_all, done);
        if let Err(refused) = refused {
            self.end_reading(&left, Err(refused.into()));
        }
    }

    /// A context's past was read, or was not.
    fn end_reading(&self, context: &Context, past: Result<Vec<Series>, ReadError>) {
        let mut state = context.lock();
        let outcome = match past {
            Ok(past) => {
                let now = seconds(self.clock().wall());
                past.iter().for_each(|series| state.restore(series, &self.declared, now));
                Ok(())
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, context = %context.name, "a context's figures were not read");
                Err(Unavailable::Busy)
            }
        };
        let past = if outcome.is_ok() { Past::Read } else { Past::Unread };
        let before = std::mem::replace(&mut state.past, past);
        drop(state);
        if let Past::Reading(waiting) = before {
            waiting.into_iter().for_each(|opened| opened(outcome));
        }
    }
}
