//! About how long an analysis takes, learned from those that were carried out.

use std::time::Duration;

/// What is said before anything was learned.
const FIRST_SECONDS: u64 = 30;
/// How many analyses weigh as much as the newest one.
const WEIGHT: u32 = 4;

/// How long one analysis takes with a worker of its own.
pub(super) struct Estimate(Duration);

impl Default for Estimate {
    fn default() -> Self {
        Self(Duration::from_secs(FIRST_SECONDS))
    }
}

impl Estimate {
    /// One took so long.
    pub(super) fn learn(&mut self, took: Duration) {
        self.0 = (self.0 * (WEIGHT - 1) + took) / WEIGHT;
    }

    /// Seconds until one is done that comes after `ahead` others that so many workers share; at
    /// least one.
    pub(super) fn seconds(&self, ahead: usize, workers: usize) -> u64 {
        let rounds = 1 + u64::try_from(ahead / workers.max(1)).unwrap_or(u64::MAX / 2);
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        millis.saturating_mul(rounds).div_ceil(1000).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_follows_what_happens_and_counts_who_is_ahead() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.seconds(0, 2), FIRST_SECONDS);
        assert_eq!(estimate.seconds(3, 2), 2 * FIRST_SECONDS);
        for _ in 0..50 {
            estimate.learn(Duration::from_millis(200));
        }
        assert_eq!((estimate.seconds(0, 2), estimate.seconds(20, 2)), (1, 3));
    }
}
