//! What one connection sends of audio: how much, and what it was told of that.

use std::time::Duration;

use model::Monotonic;

use crate::protocol::Chunk;

/// Over how long the rate of a sender is taken.
const WINDOW: Duration = Duration::from_secs(2);
/// After so long without a chunk somebody does not speak any more.
const SILENT_AFTER: Duration = Duration::from_secs(5);
/// How often one sender is advised.
const ADVISED_EVERY: Duration = Duration::from_secs(5);
/// Bits a second below which nobody is advised to go: Opus is still understood there.
const BITRATE_MIN: u32 = 16_000;
/// Samples a second that are enough to be understood.
const SAMPLE_RATE: u32 = 16_000;

/// One sender's audio.
#[derive(Debug)]
pub(super) struct Speaking {
    /// When the window began, and what came in it.
    since: Monotonic,
    bytes: u64,
    /// Bits a second over the last whole window.
    bitrate: u32,
    sample_rate: u32,
    last: Monotonic,
    advised: Option<Monotonic>,
}

/// What would do, of a sender's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// Bits a second.
    pub(super) bitrate: u32,
    /// Samples a second.
    pub(super) sample_rate: u32,
}

impl Speaking {
    /// Somebody begins to send at `now`.
    pub(super) fn new(now: Monotonic) -> Self {
        let (bytes, bitrate, sample_rate, advised) = (0, 0, SAMPLE_RATE, None);
        Self { since: now, bytes, bitrate, sample_rate, last: now, advised }
    }

    /// A chunk came.
    pub(super) fn note(&mut self, chunk: &Chunk, now: Monotonic) {
        let passed = now.since(self.since);
        if passed >= WINDOW {
            self.bitrate = bits_a_second(self.bytes, passed);
            (self.since, self.bytes) = (now, 0);
        }
        self.bytes += chunk.bytes.len() as u64;
        self.sample_rate = chunk.sample_rate;
        self.last = now;
    }

    /// What is to be advised now, to half of what comes; `None` where nothing comes, or it was advised a
    /// moment ago.
    pub(super) fn advise(&mut self, now: Monotonic) -> Option<Advice> {
        let is_silent = now.since(self.last) > SILENT_AFTER;
        if is_silent || self.advised.is_some_and(|at| now.since(at) < ADVISED_EVERY) {
            return None;
        }
        self.advised = Some(now);
        let passed = now.since(self.since);
        let so_far = if passed >= WINDOW { bits_a_second(self.bytes, passed) } else { 0 };
        let bitrate = self.bitrate.max(so_far);
        let bitrate = (bitrate / 2).max(BITRATE_MIN);
        Some(Advice { bitrate, sample_rate: self.sample_rate.min(SAMPLE_RATE) })
    }
}

fn bits_a_second(bytes: u64, span: Duration) -> u32 {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
    u32::try_from(bytes.saturating_mul(8000) / millis).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::{Format, Sent};

    fn chunk(bytes: usize, sample_rate: u32) -> Chunk {
        let bytes = Bytes::from(vec![0; bytes]);
        let (channels, timestamp) = (None, None);
        Chunk { format: Format::Pcm16, sample_rate, channels, bytes, sent: Sent::Binary, timestamp }
    }

    #[test]
    fn a_sender_is_advised_to_half_of_what_it_sends_and_not_at_every_turn() {
        let mut speaking = Speaking::new(Monotonic(0));
        // 1,000 bytes each 100 ms: 80 kbit/s.
        (0..50).for_each(|turn| speaking.note(&chunk(1000, 48_000), Monotonic(turn * 100)));
        let advice = speaking.advise(Monotonic(5000)).unwrap();
        assert_eq!(advice, Advice { bitrate: 40_000, sample_rate: 16_000 });
        assert_eq!(speaking.advise(Monotonic(9999)), None);
        speaking.note(&chunk(10, 8000), Monotonic(10_000));
        let advice = speaking.advise(Monotonic(10_000)).unwrap();
        assert_eq!(advice, Advice { bitrate: 16_000, sample_rate: 8000 });
    }

    #[test]
    fn whoever_sends_nothing_is_not_advised() {
        let mut speaking = Speaking::new(Monotonic(0));
        speaking.note(&chunk(1000, 16_000), Monotonic(0));
        assert_eq!(speaking.advise(Monotonic(5001)), None);
    }
}
