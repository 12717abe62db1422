//! What was listened to.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use intelligence::speech::SpeechStats;

/// What was listened to since the start, and what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListeningStats {
    /// Users of sessions who are listened to now.
    pub speakers: usize,
    /// Bytes of audio that wait to be decoded.
    pub waiting_bytes: usize,
    /// Bytes of audio that were left out, for too much waited.
    pub dropped_bytes: u64,
    /// Utterances that were found.
    pub utterances: u64,
    /// Partial results that were told.
    pub partials: u64,
    /// Final results that were stored and told.
    pub finals: u64,
    /// Errors that were told: of audio, of whoever transcribes, of the store.
    pub failures: u64,
    /// Milliseconds that threads decoded. Right over much audio: the clock counts milliseconds.
    pub decoding_millis: u64,
    /// Of whoever transcribes.
    pub speech: SpeechStats,
}

/// What is counted.
#[derive(Default)]
pub(super) struct Counts {
    dropped_bytes: AtomicU64,
    utterances: AtomicU64,
    partials: AtomicU64,
    finals: AtomicU64,
    failures: AtomicU64,
    decoding_millis: AtomicU64,
}

impl Counts {
    pub(super) fn dropped(&self, bytes: usize) {
        self.dropped_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn utterances(&self) {
        self.utterances.fetch_add(1, Relaxed);
    }

    pub(super) fn partials(&self) {
        self.partials.fetch_add(1, Relaxed);
    }

    pub(super) fn finals(&self) {
        self.finals.fetch_add(1, Relaxed);
    }

    pub(super) fn failures(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    pub(super) fn decoded(&self, millis: u64) {
        self.decoding_millis.fetch_add(millis, Relaxed);
    }

    pub(super) fn read(&self) -> ListeningStats {
        ListeningStats {
            dropped_bytes: self.dropped_bytes.load(Relaxed),
            utterances: self.utterances.load(Relaxed),
            partials: self.partials.load(Relaxed),
            finals: self.finals.load(Relaxed),
            failures: self.failures.load(Relaxed),
            decoding_millis: self.decoding_millis.load(Relaxed),
            ..ListeningStats::default()
        }
    }
}
