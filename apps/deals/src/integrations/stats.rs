//! Counts of calls: atomics inside, a plain snapshot outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

use super::{Failure, LEAVING_MAX};

/// The ways a call ends, as they are named in metrics.
const OUTCOMES: [&str; 8] =
    ["ok", "busy", "unreachable", "timeout", "status", "broke_off", "too_large", "not_text"];

/// What was called since the server started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Calls by how they ended, each with its name: `ok`, `busy`, `unreachable`, `timeout`, `status`,
    /// `broke_off`, `too_large`, `not_text`.
    pub outcomes: [(&'static str, u64); OUTCOMES.len()],
    /// Calls made again, for no connection could be made.
    pub retries: u64,
    /// Calls that run now.
    pub in_flight: u64,
    /// Ends of connections that are not told yet, those whose calls run included.
    pub leaving: u64,
}

impl Stats {
    /// How many calls ended in the way of this name.
    #[must_use]
    pub fn ended(&self, outcome: &str) -> u64 {
        let found = self.outcomes.iter().find(|(name, _)| *name == outcome);
        found.map_or(0, |(_, count)| *count)
    }
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Meters {
    outcomes: [AtomicU64; OUTCOMES.len()],
    retries: AtomicU64,
    open: watch::Sender<Open>,
}

/// What has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Open {
    in_flight: usize,
    /// At most [`LEAVING_MAX`].
    leaving: usize,
}

impl Meters {
    /// A call begins.
    pub(super) fn begin(self: &Arc<Self>) -> Counted {
        self.open.send_modify(|open| open.in_flight += 1);
        Counted(Arc::clone(self))
    }

    /// The end of a connection is to be told; not where too many are.
    pub(super) fn leave(self: &Arc<Self>) -> Option<Leaving> {
        let has_room = self.open.send_if_modified(|open| {
            let has_room = open.leaving < LEAVING_MAX;
            open.leaving += usize::from(has_room);
            has_room
        });
        has_room.then(|| Leaving(Arc::clone(self)))
    }

    /// A call ended, or did not begin.
    pub(super) fn count(&self, failure: Option<Failure>) {
        self.outcomes[index_of(failure)].fetch_add(1, Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(super) async fn wait_until_idle(&self) {
        // The sender is `self`: it is there.
        let _ = self.open.subscribe().wait_for(|open| *open == Open::default()).await;
    }

    pub(super) fn snapshot(&self) -> Stats {
        let Open { in_flight, leaving } = *self.open.borrow();
        let mut outcomes = OUTCOMES.map(|name| (name, 0));
        for ((_, count), counted) in outcomes.iter_mut().zip(&self.outcomes) {
            *count = counted.load(Relaxed);
        }
        Stats {
            outcomes,
            retries: self.retries.load(Relaxed),
            in_flight: u64::try_from(in_flight).unwrap_or(u64::MAX),
            leaving: u64::try_from(leaving).unwrap_or(u64::MAX),
        }
    }
}

/// A call in flight; no longer when dropped.
pub(super) struct Counted(Arc<Meters>);

impl Counted {
    /// It ended so.
    pub(super) fn end(&self, failure: Option<Failure>) {
        self.0.count(failure);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| open.in_flight -= 1);
    }
}

/// The end of a connection that is being told; no longer when dropped.
pub(super) struct Leaving(Arc<Meters>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| open.leaving -= 1);
    }
}

/// Where in [`OUTCOMES`] a call is counted.
const fn index_of(failure: Option<Failure>) -> usize {
    match failure {
        None => 0,
        Some(Failure::Busy) => 1,
        Some(Failure::Unreachable) => 2,
        Some(Failure::Timeout) => 3,
        Some(Failure::Status(_)) => 4,
        Some(Failure::BrokeOff) => 5,
        Some(Failure::TooLarge) => 6,
        Some(Failure::NotText) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_end_is_counted_under_its_own_name() {
        let ways = [
            ("ok", None),
            ("busy", Some(Failure::Busy)),
            ("unreachable", Some(Failure::Unreachable)),
            ("timeout", Some(Failure::Timeout)),
            ("status", Some(Failure::Status(500))),
            ("broke_off", Some(Failure::BrokeOff)),
            ("too_large", Some(Failure::TooLarge)),
            ("not_text", Some(Failure::NotText)),
        ];
        assert_eq!(ways.len(), OUTCOMES.len());
        for (name, failure) in ways {
            let meters = Arc::new(Meters::default());
            let counted = meters.begin();
            assert_eq!(meters.snapshot().in_flight, 1);
            counted.end(failure);
            drop(counted);
            let stats = meters.snapshot();
            assert_eq!((stats.ended(name), stats.in_flight), (1, 0), "{name}");
            assert_eq!(stats.outcomes.iter().map(|(_, count)| count).sum::<u64>(), 1);
        }
    }
}
