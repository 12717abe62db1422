//! How much audio one socket may send.

use std::collections::VecDeque;
use std::time::Duration;

use model::Monotonic;

/// Chunks in any second.
pub(super) const CHUNKS_PER_SECOND: usize = 100;
const SECOND: Duration = Duration::from_secs(1);

/// When the last chunks came that were taken, at most [`CHUNKS_PER_SECOND`].
#[derive(Debug, Default)]
pub(super) struct AudioRate {
    taken: VecDeque<Monotonic>,
}

impl AudioRate {
    /// Whether one more may be taken now; then it counts.
    pub(super) fn count(&mut self, now: Monotonic) -> bool {
        while self.taken.front().is_some_and(|at| now.since(*at) >= SECOND) {
            self.taken.pop_front();
        }
        let is_taken = self.taken.len() < CHUNKS_PER_SECOND;
        if is_taken {
            self.taken.push_back(now);
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_second_has_more_than_the_limit_and_none_less_without_need(
            steps in prop::collection::vec(0_u64..25, 1..600),
        ) {
            let (mut rate, mut now, mut taken) = (AudioRate::default(), 0, Vec::<u64>::new());
            for step in steps {
                now += step;
                let recent = taken.iter().filter(|at| now - **at < 1000).count();
                let passes = rate.count(Monotonic(now));
                prop_assert_eq!(passes, recent < CHUNKS_PER_SECOND);
                taken.extend(passes.then_some(now));
            }
        }
    }
}
