//! What was said of one utterance, kept until its text is known.
//!
//! **Invariants.** Samples are only added, and none after the end: whoever reads from the start
//! again reads the same.
//!
//! **Bounds.** [`SAMPLES_MAX`]; what is said past it is not heard.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Samples a second.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of an utterance that are kept: 31 s, a second more than an utterance should last.
pub const SAMPLES_MAX: usize = 31 * SAMPLE_RATE as usize;

/// The audio of one utterance.
#[derive(Debug)]
pub(super) struct Audio {
    samples: Mutex<Vec<i16>>,
    mark: watch::Sender<Mark>,
}

/// How far it got.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    len: usize,
    /// How it ended, and when it first did.
    end: Option<(End, Instant)>,
}

/// How an utterance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All was said.
    Finished,
    /// Nobody wants to know any more.
    GivenUp,
}

impl Audio {
    pub(super) fn new() -> Self {
        Self { samples: Mutex::default(), mark: watch::Sender::default() }
    }

    /// Adds what was said; gives how many samples there was no room for.
    pub(super) fn push(&self, samples: &[i16]) -> usize {
        if self.end().is_some() {
            return samples.len();
        }
        let mut kept = self.samples();
        let taken = &samples[..samples.len().min(SAMPLES_MAX - kept.len())];
        kept.extend_from_slice(taken);
        let len = kept.len();
        drop(kept);
        self.mark.send_modify(|mark| mark.len = len);
        samples.len() - taken.len()
    }

    /// Ends it. Of two ends the first counts, but that giving up always does.
    pub(super) fn finish(&self, end: End) {
        self.mark.send_modify(|mark| match &mut mark.end {
            None => mark.end = Some((end, Instant::now())),
            Some((first, _)) if end == End::GivenUp => *first = end,
            Some(_) => {}
        });
    }

    /// How it ended, if it did.
    pub(super) fn end(&self) -> Option<End> {
        self.mark.borrow().end.map(|(end, _)| end)
    }

    /// How many samples there are.
    pub(super) fn len(&self) -> usize {
        self.mark.borrow().len
    }

    /// Puts the samples from `at` on, at most `count` of them, in little endian behind what `out`
    /// holds; gives how many.
    pub(super) fn copy(&self, at: usize, count: usize, out: &mut Vec<u8>) -> usize {
        let samples = self.samples();
        let rest = samples.get(at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(count)];
        out.extend(rest.iter().flat_map(|sample| sample.to_le_bytes()));
        rest.len()
    }

    /// Waits until there are more than `at` samples, or it has ended.
    pub(super) async fn more_than(&self, at: usize) {
        self.until(|mark| mark.len > at || mark.end.is_some()).await;
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&self) -> End {
        self.until(|mark| mark.end.is_some()).await;
        self.end().unwrap_or(End::GivenUp)
    }

    /// Waits until somebody gave it up.
    pub(super) async fn given_up(&self) {
        self.until(|mark| matches!(mark.end, Some((End::GivenUp, _)))).await;
    }

    /// Waits until `limit` has passed since its end, or since `begun` if that is later.
    pub(super) async fn expired(&self, begun: Instant, limit: Duration) {
        self.until(|mark| mark.end.is_some()).await;
        let ended = self.mark.borrow().end.map_or(begun, |(_, ended)| ended);
        tokio::time::sleep_until(ended.max(begun) + limit).await;
    }

    /// How long it is over; nothing before its end.
    pub(super) fn since_end(&self, now: Instant) -> Duration {
        let ended = self.mark.borrow().end;
        ended.map_or(Duration::ZERO, |(_, ended)| now.saturating_duration_since(ended))
    }

    async fn until(&self, is_so: impl FnMut(&Mark) -> bool) {
        // The sender lives as long as this does.
        let _ = self.mark.subscribe().wait_for(is_so).await;
    }

    fn samples(&self) -> MutexGuard<'_, Vec<i16>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_bound_or_behind_the_end_is_not_kept() {
        let audio = Audio::new();
        assert_eq!(audio.push(&vec![1; SAMPLES_MAX - 1]), 0);
        assert_eq!((audio.push(&[2, 3, 4]), audio.len()), (2, SAMPLES_MAX));
        let mut out = Vec::new();
        assert_eq!(audio.copy(SAMPLES_MAX - 2, 9, &mut out), 2);
        assert_eq!(out, [1, 0, 2, 0]);
        assert_eq!(audio.copy(SAMPLES_MAX + 1, 9, &mut out), 0);

        let audio = Audio::new();
        audio.finish(End::Finished);
        assert_eq!((audio.push(&[1]), audio.len()), (1, 0));
        audio.finish(End::GivenUp);
        audio.finish(End::Finished);
        assert_eq!(audio.end(), Some(End::GivenUp));
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_are_woken_and_time_counts_from_the_end() {
        let audio = Audio::new();
        let begun = Instant::now();
        let limit = Duration::from_secs(3);
        let say = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            audio.push(&[1]);
            tokio::time::sleep(Duration::from_secs(1)).await;
            audio.finish(End::Finished);
        };
        let more = async {
            audio.more_than(0).await;
            begun.elapsed().as_secs()
        };
        let ended = async {
            audio.ended().await;
            begun.elapsed().as_secs()
        };
        let expired = async {
            audio.expired(begun, limit).await;
            begun.elapsed().as_secs()
        };
        assert_eq!(tokio::join!(say, more, ended, expired), ((), 1, 2, 5));
    }
}
