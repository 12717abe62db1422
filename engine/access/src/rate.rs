//! Rates: never more than so many in any 60 s.
//!
//! The first ones may come all at once. Time is counted in [`CELLS`] cells, the current one and as
//! many full ones as 60 s need, so that what is counted covers at least the last 60 s, and at most
//! [`CELL_MILLIS`] more: where a cell's width matters, it refuses.

mod limiter;
mod refused;

use std::num::NonZeroU32;
use std::time::Duration;

use model::Monotonic;

pub use limiter::RateLimiter;
pub use refused::RefusedTokens;

/// Cells of a window.
const CELLS: usize = 60;
/// Milliseconds of a cell: 59 full ones last 60 s.
const CELL_MILLIS: u64 = 1017;

/// The last minute of one key; 136 bytes.
#[derive(Clone, Debug)]
struct Window {
    /// How many in each cell, by its number modulo [`CELLS`].
    cells: [u16; CELLS],
    /// The number of the newest cell.
    newest: u64,
    /// The sum of `cells`.
    total: u32,
}

impl Window {
    fn new(now: Monotonic) -> Self {
        Self { cells: [0; CELLS], newest: now.0 / CELL_MILLIS, total: 0 }
    }

    /// Forgets what lies too far back; a `now` before the newest cell changes nothing.
    fn advance(&mut self, now: Monotonic) {
        let current = now.0 / CELL_MILLIS;
        let passed = current.saturating_sub(self.newest);
        for number in (self.newest + 1..=current).take(CELLS) {
            let cell = &mut self.cells[slot(number)];
            self.total -= u32::from(*cell);
            *cell = 0;
        }
        self.newest += passed;
    }

    /// Counts one more; at 65,535 a cell counts no further, and is full.
    fn add(&mut self) {
        let cell = &mut self.cells[slot(self.newest)];
        if *cell < u16::MAX {
            *cell += 1;
            self.total += 1;
        }
    }

    /// Counts one less, of those counted at `at`, if that is not forgotten yet.
    fn take_back(&mut self, at: Monotonic) {
        let number = at.0 / CELL_MILLIS;
        if number > self.newest || self.newest - number >= CELLS as u64 {
            return;
        }
        let cell = &mut self.cells[slot(number)];
        if *cell > 0 {
            *cell -= 1;
            self.total -= 1;
        }
    }

    fn is_full(&self, limit: NonZeroU32) -> bool {
        self.total >= limit.get() || self.cells[slot(self.newest)] == u16::MAX
    }

    /// How long until there is room below `limit`, if nothing more comes.
    fn room_after(&self, limit: NonZeroU32, now: Monotonic) -> Duration {
        let mut left = self.total;
        let mut free_from = self.newest + 1;
        let oldest = (self.newest + 1).saturating_sub(CELLS as u64);
        for number in oldest..=self.newest {
            if left < limit.get() {
                break;
            }
            left -= u32::from(self.cells[slot(number)]);
            free_from = free_from.max(number + CELLS as u64);
        }
        Monotonic(free_from.saturating_mul(CELL_MILLIS)).since(now).max(Duration::from_millis(1))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder below 60")]
const fn slot(number: u64) -> usize {
    (number % CELLS as u64) as usize
}

/// What is to be done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is within the limit.
    Pass,
    /// It is over the limit.
    Refused {
        /// When the next would pass, if none comes before.
        retry_after: Duration,
    },
    /// It is over twice the limit.
    Abusive,
}

/// How often one connection sends; refused messages count too. The cells are made with the first
/// message.
#[derive(Debug)]
pub struct MessageRate {
    limit: Option<NonZeroU32>,
    window: Option<Box<Window>>,
}

impl MessageRate {
    /// Lets so many pass in any minute; `None` lets all.
    #[must_use]
    pub const fn new(limit: Option<NonZeroU32>) -> Self {
        Self { limit, window: None }
    }

    /// Counts a message.
    pub fn count(&mut self, now: Monotonic) -> Verdict {
        let Some(limit) = self.limit else { return Verdict::Pass };
        let window = self.window.get_or_insert_with(|| Box::new(Window::new(now)));
        window.advance(now);
        let was_full = window.is_full(limit);
        window.add();
        if !was_full {
            return Verdict::Pass;
        }
        if window.total > limit.get().saturating_mul(2) {
            return Verdict::Abusive;
        }
        Verdict::Refused { retry_after: window.room_after(limit, now) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(limit: u32) -> NonZeroU32 {
        NonZeroU32::new(limit).unwrap()
    }

    #[test]
    fn the_first_may_come_at_once_and_the_next_is_told_when_to_come() {
        let mut rate = MessageRate::new(Some(limit(3)));
        let now = Monotonic(500);
        assert!((0..3).all(|_| rate.count(now) == Verdict::Pass));
        let Verdict::Refused { retry_after } = rate.count(now) else { panic!() };
        assert!(retry_after >= Duration::from_secs(60), "{retry_after:?}");
        assert!(retry_after <= Duration::from_millis(61_020), "{retry_after:?}");
        assert_eq!(rate.count(now.after(retry_after)), Verdict::Pass);
    }

    #[test]
    fn whoever_goes_on_at_twice_the_limit_is_abusive() {
        let mut rate = MessageRate::new(Some(limit(10)));
        let verdicts: Vec<Verdict> = (0..21).map(|_| rate.count(Monotonic(0))).collect();
        assert!(verdicts[..10].iter().all(|it| *it == Verdict::Pass));
        assert!(verdicts[10..20].iter().all(|it| matches!(it, Verdict::Refused { .. })));
        assert_eq!(verdicts[20], Verdict::Abusive);
    }

    #[test]
    fn no_limit_counts_nothing() {
        let mut rate = MessageRate::new(None);
        assert!((0..100_000).all(|_| rate.count(Monotonic(0)) == Verdict::Pass));
        assert!(rate.window.is_none());
    }

    #[test]
    fn a_cell_that_can_count_no_further_refuses() {
        let mut rate = MessageRate::new(Some(limit(1_000_000)));
        assert!((0..65_535).all(|_| rate.count(Monotonic(0)) == Verdict::Pass));
        let Verdict::Refused { retry_after } = rate.count(Monotonic(0)) else { panic!() };
        assert_eq!(rate.count(Monotonic(0).after(retry_after)), Verdict::Pass);
    }

    proptest! {
        /// Against a recount of the times themselves.
        #[test]
        fn a_minute_never_has_more_than_the_limit_and_never_less_without_need(
            gaps in prop::collection::vec(prop_oneof![
                4 => 0_u64..50, 3 => 0_u64..2_500, 2 => 0_u64..30_000, 1 => 0_u64..200_000,
            ], 1..400),
            most in 1_u32..30,
        ) {
            let mut rate = MessageRate::new(Some(limit(most)));
            let (mut now, mut passed, mut all) = (7_u64, Vec::new(), Vec::new());
            for gap in gaps {
                now += gap;
                let within = |times: &[u64], span: u64| {
                    times.iter().filter(|at| now - **at < span).count()
                };
                let verdict = rate.count(Monotonic(now));
                if verdict == Verdict::Pass {
                    prop_assert!(within(&passed, 60_000) < most as usize);
                    passed.push(now);
                } else {
                    prop_assert!(within(&all, 60_000 + CELL_MILLIS) >= most as usize);
                }
                all.push(now);
            }
        }

        #[test]
        fn whoever_waits_as_told_passes(
            gaps in prop::collection::vec(0_u64..5_000, 1..100), most in 1_u32..20,
        ) {
            let mut rate = MessageRate::new(Some(limit(most)));
            let mut now = Monotonic(0);
            for gap in gaps {
                now = now.after(Duration::from_millis(gap));
                if let Verdict::Refused { retry_after } = rate.count(now) {
                    now = now.after(retry_after);
                    prop_assert_eq!(rate.count(now), Verdict::Pass);
                }
            }
        }
    }
}
