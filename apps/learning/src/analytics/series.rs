//! What metrics were: points of a second, a minute or an hour, kept in the store.
//!
//! **Invariants.** Every event is in one point of each step. What was reported before a series is asked
//! for is in the answer. What cannot be written waits, and is tried again.
//!
//! **Bounds.** Seconds are kept an hour, minutes seven days, hours 400 days ([`Step::kept_secs`]). Events
//! are written [`super::WRITTEN_EVERY`]: what a crash loses is at most what came since, and one commit. A
//! row of the committer's holds [`SERIES_AT_ONCE`] series.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use model::{Name, Timestamp};
use storage::rusqlite::Connection;
use storage::{CommitError, Lane, ReadError};
use tokio::sync::{OwnedMutexGuard, oneshot};
use tokio::time::MissedTickBehavior;

use super::context::{Context, Past, Series};
use super::ingest::seconds;
use super::metric::ENGAGEMENT;
use super::online::online;
use super::{ACTIVITY, Analytics, Cell, WRITTEN_EVERY};
use crate::store::analytics as rows;

/// Series in one row of the committer's.
const SERIES_AT_ONCE: usize = 128;
/// Rows that one step of a sweep deletes.
const SWEPT_AT_ONCE: usize = 512;
/// Times that series are written between two sweeps.
const WRITTEN_BETWEEN_SWEEPS: u32 = 12;

/// How long a point of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    /// Its name, as in a query.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "1s",
            Self::Minute => "1m",
            Self::Hour => "1h",
        }
    }

    /// The step of this length, written as durations are: `1m`, `1min`, `60s` or a bare `60`.
    #[must_use]
    pub fn parse(length: &str) -> Option<Self> {
        let digits = length.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = length.split_at(digits);
        let unit = match unit {
            "" | "s" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            _ => return None,
        };
        let secs = number.parse::<u32>().ok()?.checked_mul(unit)?;
        Self::ALL.into_iter().find(|step| step.secs() == secs)
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn secs(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }

    /// Seconds that its points are kept.
    #[must_use]
    pub const fn kept_secs(self) -> u32 {
        match self {
            Self::Second => 60 * 60,
            Self::Minute => 7 * 24 * 60 * 60,
            Self::Hour => 400 * 24 * 60 * 60,
        }
    }
}

/// Which points are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// How long they are.
    pub step: Step,
    /// Points that begin at this time or later.
    pub from: Timestamp,
    /// Points that begin before this time.
    pub to: Timestamp,
    /// At most so many, the oldest.
    pub count_max: usize,
}

/// A metric over one step, where it had events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When the step began.
    pub at: Timestamp,
    /// What the metric is of the step's events alone.
    pub value: Option<f64>,
    /// How many events there were.
    pub count: u64,
    /// The sum of their values.
    pub sum: f64,
}

/// A part of a context's series on its way to the store.
pub(crate) struct Change {
    pub(crate) context: Arc<Context>,
    pub(crate) series: Series,
}

/// Writes series, and sweeps them, until the analytics are dropped.
pub(crate) async fn keep_writing(analytics: Weak<Analytics>) {
    let mut ticks = tokio::time::interval(WRITTEN_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut written = 0_u32;
    loop {
        ticks.tick().await;
        let Some(analytics) = analytics.upgrade() else { return };
        analytics.write().await;
        written = written.wrapping_add(1);
        if written.is_multiple_of(WRITTEN_BETWEEN_SWEEPS)
            && let Err(error) = analytics.sweep().await
        {
            tracing::debug!(%error, "old figures were not swept");
        }
    }
}

impl Analytics {
    /// Points of a metric, oldest first; everything that was reported before counts in them. What one
    /// point says is of its own step: `activity` the events in it, `engagement` the people.
    ///
    /// # Errors
    /// The store is busy or closed, or the read took too long.
    pub async fn series(
        self: &Arc<Self>,
        context: &Name,
        metric: &Name,
        range: Range,
    ) -> Result<Vec<Point>, ReadError> {
        if self.contexts.find(context.as_str()).is_some() {
            self.settle(context.as_str()).await;
        }
        let (context, metric) = (context.clone(), metric.clone());
        self.store.read(move |db| points(db, context.as_str(), metric.as_str(), range)).await
    }

    /// Writes what waits; to be called before the store is closed, so that nothing is lost.
    pub async fn write(self: &Arc<Self>) {
        let contexts = self.contexts.all();
        let mut rest = contexts.iter();
        loop {
            let guard = Arc::clone(&self.writing).lock_owned().await;
            let mut changes = Vec::new();
            for context in rest.by_ref() {
                self.look_after(context);
                changes.extend(self.take_unwritten(context));
                if changes.len() >= SERIES_AT_ONCE {
                    break;
                }
            }
            if changes.is_empty() || !self.commit(changes, guard).await {
                break; // Nothing is left, or the store takes nothing: the next time will do.
            }
        }
        drop(contexts);
        self.contexts.tidy_up(self.clock().monotonic());
    }

    /// Writes what waits of one context.
    async fn settle(self: &Arc<Self>, context: &str) {
        let Ok(context) = self.opened(context).await else { return };
        let guard = Arc::clone(&self.writing).lock_owned().await;
        let changes = self.take_unwritten(&context);
        if !changes.is_empty() {
            self.commit(changes, guard).await;
        }
    }

    /// Reads a context's past where that failed before, and looks who is online.
    pub(super) fn look_after(self: &Arc<Self>, context: &Arc<Context>) {
        let (is_unread, is_due) = {
            let state = context.lock();
            let now = seconds(self.clock().wall());
            (matches!(state.past, Past::Unread), state.is_online_due(now))
        };
        if is_unread {
            self.read_past(context, None);
        }
        if is_due {
            let count = online(&self.hub, &context.name);
            context.lock().note_online(count, seconds(self.clock().wall()));
        }
    }

    fn take_unwritten(&self, context: &Arc<Context>) -> Vec<Change> {
        let mut state = context.lock();
        if !matches!(state.past, Past::Read) {
            return Vec::new();
        }
        self.counters.lost.fetch_add(std::mem::take(&mut state.lost), Relaxed);
        let taken = state.take_unwritten().into_iter();
        taken.map(|series| Change { context: Arc::clone(context), series }).collect()
    }

    /// Writes changes; whether they were. They are given back where they were not. `guard` is that of
    /// [`Analytics`]' `writing`.
    async fn commit(self: &Arc<Self>, changes: Vec<Change>, guard: OwnedMutexGuard<()>) -> bool {
        let Ok(place) = self.store.reserve(Lane::Bulk) else {
            give_back(&changes);
            return false;
        };
        let changes = Arc::new(changes);
        let (applied, analytics) = (Arc::clone(&changes), Arc::clone(self));
        let (told, written) = oneshot::channel();
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            applied.iter().try_for_each(|it| rows::write(tx, &it.context.name, &it.series))
        };
        let done = move |outcome: Result<(), CommitError>| {
            let is_written = analytics.end_writing(&changes, outcome);
            drop(guard);
            let _gone = told.send(is_written);
        };
        place.write(apply, done);
        written.await.unwrap_or(false)
    }

    fn end_writing(&self, changes: &[Change], outcome: Result<(), CommitError>) -> bool {
        let seconds = changes.iter().map(|change| change.series.cells.len() as u64).sum();
        match outcome {
            Ok(()) => {
                self.counters.written.fetch_add(seconds, Relaxed);
                true
            }
            // The row itself does not fit: again and again it would not.
            Err(error @ (CommitError::Rejected(_) | CommitError::Misbehaved)) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, seconds, "figures were not written");
                self.counters.lost.fetch_add(seconds, Relaxed);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "figures wait to be written");
                give_back(changes);
                false
            }
        }
    }

    /// Deletes the points that are over; how many rows changed.
    pub(crate) async fn sweep(&self) -> Result<usize, CommitError> {
        let now = seconds(self.clock().wall());
        let mut swept = 0;
        for sweep in rows::SWEEPS {
            loop {
                let step =
                    move |tx: &storage::rusqlite::Transaction<'_>| sweep(tx, now, SWEPT_AT_ONCE);
                let rows = self.store.commit(Lane::Bulk, step).await?;
                swept += rows;
                if rows < SWEPT_AT_ONCE {
                    break;
                }
            }
        }
        Ok(swept)
    }
}

fn give_back(changes: &[Change]) {
    for Change { context, series } in changes {
        context.lock().give_back(series);
    }
}

/// The points of a metric in the store.
fn points(
    db: &Connection,
    context: &str,
    metric: &str,
    range: Range,
) -> storage::rusqlite::Result<Vec<Point>> {
    let Range { step, from, to, count_max } = range;
    let stored = if metric == ENGAGEMENT { ACTIVITY } else { metric };
    let Some((id, aggregate)) = rows::find(db, context, stored)? else { return Ok(Vec::new()) };
    let (from, to) = (seconds_up(from), seconds_up(to));
    if step == Step::Second {
        let cells = rows::seconds(db, id, from, to)?;
        let point = |(at, cell): (u32, Cell)| {
            let value = match metric {
                ENGAGEMENT => Some(cell.people_count()),
                _ => cell.value(aggregate),
            };
            Point { at: Timestamp::from_secs(at.into()), value, count: cell.count, sum: cell.total }
        };
        return Ok(cells.into_iter().take(count_max).map(point).collect());
    }
    let mut points = rows::points(db, id, step, from, to, count_max)?;
    if metric == ACTIVITY {
        points.iter_mut().for_each(|point| point.value = Some(point.count as f64));
    }
    Ok(points)
}

/// The first whole second at a time or after it.
fn seconds_up(at: Timestamp) -> u32 {
    seconds(at.plus_millis(999))
}
