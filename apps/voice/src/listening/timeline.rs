//! Where a stream's samples stand on the session's clock.
//!
//! The first chunk ended when it came. From then on samples count, so that the network's jitter moves
//! nothing; only where a sender paused (what came next came later than its samples say) the time that
//! passed is added. A sender that is faster than time, as with a file, runs ahead of the clock.
//!
//! **Bounds.** The last [`STEPS_MAX`] pauses are kept: an utterance is never that far back.

use std::collections::VecDeque;

/// Milliseconds by which audio may be late before that is a pause: as much as an utterance's silence.
const SLACK: u64 = 500;
/// Pauses that are remembered.
const STEPS_MAX: usize = 16;
/// Samples of a millisecond.
const SAMPLES: u64 = (audio::RATE / 1000) as u64;

/// Where a stream's samples stand on the session's clock.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// From which sample on, what is to be added to the stream's own milliseconds.
    steps: VecDeque<(u64, u64)>,
}

impl Timeline {
    /// The samples from `begin` to `end` came at `now`, in milliseconds of the session.
    pub(super) fn arrived(&mut self, begin: u64, end: u64, now: u64) {
        let Some((_, offset)) = self.steps.back().copied() else {
            let offset = now.saturating_sub(end / SAMPLES);
            self.steps.push_back((0, offset));
            return;
        };
        let late = now.saturating_sub(offset + end / SAMPLES);
        if late <= SLACK || end == begin {
            return;
        }
        if self.steps.len() == STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back((begin, offset + late));
    }

    /// When the sample was said, in milliseconds of the session.
    pub(super) fn time_of(&self, sample: u64) -> u64 {
        let is_before = |step: &&(u64, u64)| step.0 <= sample;
        let step = self.steps.iter().rev().find(is_before).or(self.steps.front());
        step.map_or(0, |(_, offset)| *offset) + sample / SAMPLES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells of chunks of 100 ms at these times.
    fn arrivals(times: &[u64]) -> Timeline {
        let mut timeline = Timeline::default();
        for (index, now) in (0..).zip(times) {
            timeline.arrived(index * 1600, (index + 1) * 1600, *now);
        }
        timeline
    }

    #[test]
    fn the_first_chunk_ended_when_it_came() {
        let timeline = arrivals(&[5100, 5200]);
        assert_eq!((timeline.time_of(0), timeline.time_of(1600)), (5000, 5100));
        assert_eq!(arrivals(&[30]).time_of(1600), 100, "before the session nobody spoke");
    }

    #[test]
    fn jitter_moves_nothing_and_a_pause_moves_what_comes_behind_it() {
        let timeline = arrivals(&[1100, 1690, 1695, 1700]);
        assert_eq!(timeline.time_of(4800), 1300);
        let timeline = arrivals(&[1100, 1200, 4300, 4400]);
        assert_eq!(timeline.time_of(3199), 1199, "what was said before stays where it was");
        assert_eq!(timeline.time_of(3200), 4200);
        assert_eq!(timeline.time_of(6400), 4400);
    }

    #[test]
    fn a_sender_faster_than_time_runs_ahead() {
        assert_eq!(arrivals(&[1000, 1001, 1002, 1003]).time_of(6400), 1300);
    }

    #[test]
    fn many_pauses_keep_a_bound_and_time_never_goes_back() {
        let times: Vec<u64> = (1..200).map(|index| index * 2000).collect();
        let timeline = arrivals(&times);
        assert!(timeline.steps.len() <= STEPS_MAX);
        let shown: Vec<u64> = (0..200).map(|index| timeline.time_of(index * 1600)).collect();
        assert!(shown.is_sorted());
        assert_eq!(timeline.time_of(198 * 1600), 199 * 2000 - 100);
    }
}
