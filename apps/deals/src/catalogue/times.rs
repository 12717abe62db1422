//! When changes are said to have been made.
//!
//! **Invariant.** Times never go back, whatever the clock does, and no two commits share one. Rows of
//! one commit may: they come to be seen together.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use model::{Clock, Timestamp};
use storage::rusqlite::{Connection, Result};

use crate::store::deals;

/// Gives changes their times; used on the committer's thread alone.
pub(crate) struct Times {
    clock: Arc<dyn Clock>,
    /// The last time, in milliseconds, that a commit is known to hold.
    committed: AtomicI64,
}

/// Nothing is known of any commit yet.
const UNKNOWN: i64 = i64::MIN;

impl Times {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, committed: AtomicI64::new(UNKNOWN) }
    }

    /// The time of a change that is being written in the transaction `db` is in.
    pub(crate) fn next(&self, db: &Connection) -> Result<Timestamp> {
        let last = deals::last_change(db)?.map_or(UNKNOWN, Timestamp::as_millis);
        let committed = match self.committed.load(Relaxed) {
            // The first since the start: what is there was committed before.
            UNKNOWN => {
                self.committed.store(last, Relaxed);
                last
            }
            committed => committed,
        };
        let now = self.clock.wall().as_millis();
        Ok(Timestamp::from_millis(now.max(last).max(committed.saturating_add(1))))
    }

    /// A change with this time was committed.
    pub(crate) fn told(&self, at: Timestamp) {
        self.committed.fetch_max(at.as_millis(), Relaxed);
    }
}
