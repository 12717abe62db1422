//! How fast a connection may send.

use std::num::NonZeroU32;
use std::time::Duration;

use access::{MessageRate, Verdict};
use model::Monotonic;

/// Between two typing notices that are told: ten a second. What comes between says the same.
const TYPING_EVERY: Duration = Duration::from_millis(100);

/// When a message may be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Now.
    Now,
    /// Not before that long.
    After(Duration),
    /// Not before that long, and the client goes on at twice its limit.
    Never(Duration),
}

/// One connection's counts.
pub(super) struct Pace {
    messages: MessageRate,
    typing_told: Option<Monotonic>,
}

impl Pace {
    pub(super) fn new(messages_per_minute: Option<NonZeroU32>) -> Self {
        Self { messages: MessageRate::new(messages_per_minute), typing_told: None }
    }

    /// Counts a message.
    pub(super) fn message(&mut self, now: Monotonic) -> Turn {
        match self.messages.count(now) {
            Verdict::Pass => Turn::Now,
            Verdict::Refused { retry_after } => Turn::After(retry_after),
            Verdict::Abusive => Turn::Never(Duration::from_secs(60)),
        }
    }

    /// Whether a typing notice is to be told.
    pub(super) fn typing(&mut self, now: Monotonic) -> bool {
        let is_due = self.typing_told.is_none_or(|told| now.since(told) >= TYPING_EVERY);
        if is_due {
            self.typing_told = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_is_told_at_most_ten_times_a_second() {
        let mut pace = Pace::new(None);
        let told = (0..1000).filter(|millis| pace.typing(Monotonic(*millis))).count();
        assert_eq!(told, 10);
    }
}
