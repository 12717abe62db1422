//! How often one source of passing events is told of: at most ten times a second.

use std::time::Duration;

use model::Monotonic;

/// Events told of one source in [`SECOND`]; of further ones the latest.
const EVENTS_MAX: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
/// How often those look who have something waiting.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What was told of one source in the second that is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    began: Monotonic,
    told: u32,
}

impl Pace {
    /// Nothing was told yet.
    pub(crate) const fn new(now: Monotonic) -> Self {
        Self { began: now, told: 0 }
    }

    /// Whether one more event may be told; counts it if so.
    pub(crate) fn may_tell(&mut self, now: Monotonic) -> bool {
        if self.is_over(now) {
            *self = Self::new(now);
        }
        let may = self.told < EVENTS_MAX;
        self.told += u32::from(may);
        may
    }

    /// Whether the second is over: a source of which nothing waits may be forgotten then.
    pub(crate) fn is_over(self, now: Monotonic) -> bool {
        now.since(self.began) >= SECOND
    }
}
