//! Time in nanoseconds, for latencies; `model::Clock` counts milliseconds, which is too coarse here.

use std::time::{Duration, Instant};

/// Nanoseconds since the stopwatch was started; copies share the start.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    /// A stopwatch that starts now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that reads the clock"
    )]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub fn nanos(&self) -> u64 {
        nanos(self.started.elapsed())
    }
}

/// A span in whole nanoseconds, at most `u64::MAX` (584 years).
#[must_use]
pub fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds as seconds.
#[must_use]
pub fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}
