//! Counts of what was asked of a model: atomics inside, a plain snapshot outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::{Clock, Monotonic};

/// What was asked of a model since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStats {
    /// Calls that ended, in whatever way.
    pub calls: u64,
    /// Calls that ended with an error.
    pub failures: u64,
    /// Calls that were dropped by who asked.
    pub cancelled: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Milliseconds all ended calls took, waiting and retries included.
    pub millis: u64,
    /// Calls that run or wait now.
    pub open: u64,
}

/// The counters behind [`TextStats`].
#[derive(Debug, Default)]
pub(crate) struct Meters {
    calls: AtomicU64,
    failures: AtomicU64,
    cancelled: AtomicU64,
    retries: AtomicU64,
    millis: AtomicU64,
    open: AtomicU64,
}

impl Meters {
    pub(crate) fn begin(&self, clock: Arc<dyn Clock>) -> Call<'_> {
        self.open.fetch_add(1, Relaxed);
        Call { meters: self, started: clock.monotonic(), clock, has_ended: false }
    }

    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> TextStats {
        TextStats {
            calls: self.calls.load(Relaxed),
            failures: self.failures.load(Relaxed),
            cancelled: self.cancelled.load(Relaxed),
            retries: self.retries.load(Relaxed),
            millis: self.millis.load(Relaxed),
            open: self.open.load(Relaxed),
        }
    }
}

/// A call that is counted when it ends, also by being dropped.
pub(crate) struct Call<'a> {
    meters: &'a Meters,
    clock: Arc<dyn Clock>,
    started: Monotonic,
    has_ended: bool,
}

impl Call<'_> {
    pub(crate) fn end(mut self, is_failure: bool) {
        self.has_ended = true;
        self.meters.failures.fetch_add(u64::from(is_failure), Relaxed);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let took = self.clock.monotonic().since(self.started).as_millis();
        self.meters.millis.fetch_add(u64::try_from(took).unwrap_or(u64::MAX), Relaxed);
        self.meters.calls.fetch_add(1, Relaxed);
        self.meters.open.fetch_sub(1, Relaxed);
        self.meters.cancelled.fetch_add(u64::from(!self.has_ended), Relaxed);
    }
}
