//! Counts of what was heard: atomics inside, a plain snapshot outside.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What was heard since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeechStats {
    /// Utterances that ended with a text, also an empty one.
    pub texts: u64,
    /// Utterances that ended with an error.
    pub failures: u64,
    /// Utterances nobody waited for to the end.
    pub given_up: u64,
    /// Times a provider was asked again.
    pub retries: u64,
    /// Times the next provider was asked.
    pub fallbacks: u64,
    /// Partial texts that were told.
    pub partials: u64,
    /// Samples that were not heard, because their utterance was too long.
    pub samples_dropped: u64,
    /// Milliseconds from the end of what was said to its text, summed over `texts`.
    pub millis: u64,
    /// Utterances that go on now.
    pub open: u64,
    /// Processes that were started, over all providers.
    pub starts: u64,
    /// Processes that could not be started, or died.
    pub crashes: u64,
    /// Processes that run now.
    pub workers: u64,
}

/// The counters behind [`SpeechStats`].
#[derive(Debug, Default)]
pub(super) struct Meters {
    texts: AtomicU64,
    failures: AtomicU64,
    given_up: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) fallbacks: AtomicU64,
    pub(super) partials: AtomicU64,
    pub(super) samples_dropped: AtomicU64,
    millis: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) starts: AtomicU64,
    pub(super) crashes: AtomicU64,
}

/// How an utterance ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Text(Duration),
    Failure,
    GivenUp,
}

impl Meters {
    pub(super) fn ended(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Text(after) => {
                add(&self.millis, u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                &self.texts
            }
            Outcome::Failure => &self.failures,
            Outcome::GivenUp => &self.given_up,
        };
        add(counter, 1);
        self.open.fetch_sub(1, Relaxed);
    }

    pub(super) fn snapshot(&self) -> SpeechStats {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        SpeechStats {
            texts: of(&self.texts),
            failures: of(&self.failures),
            given_up: of(&self.given_up),
            retries: of(&self.retries),
            fallbacks: of(&self.fallbacks),
            partials: of(&self.partials),
            samples_dropped: of(&self.samples_dropped),
            millis: of(&self.millis),
            open: of(&self.open),
            starts: of(&self.starts),
            crashes: of(&self.crashes),
            workers: 0,
        }
    }
}

pub(super) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Relaxed);
}
