//! What is measured: the metrics that every context has, and those that events or the operator declare.
//!
//! A metric's value at a time is that of the whole seconds of its window: of 300 seconds the one that runs
//! and the 299 before it.

use std::fmt;
use std::sync::Arc;

use model::{Name, Timestamp};

/// People who did something in the last five minutes.
pub const ENGAGEMENT: &str = "engagement";
/// What was done in the last minute.
pub const ACTIVITY: &str = "activity";
/// The mean of the values of events named [`PERFORMANCE`] or [`SCORE`] in the last 15 minutes.
pub const PERFORMANCE: &str = "performance";
/// People who are connected.
pub const ONLINE: &str = "online";
/// The other name of events that [`PERFORMANCE`] is of; a metric of its own as well.
pub const SCORE: &str = "score";

/// Seconds of the window of [`ENGAGEMENT`].
pub const ENGAGEMENT_SECS: u32 = 300;
/// Seconds of the window of [`ACTIVITY`].
pub const ACTIVITY_SECS: u32 = 60;
/// Seconds of the window of [`PERFORMANCE`].
pub const PERFORMANCE_SECS: u32 = 900;
/// Seconds of a window that nobody chose.
pub const WINDOW_SECS_DEFAULT: u32 = 300;
/// Seconds of the longest window.
pub const WINDOW_SECS_MAX: u32 = 3600;

/// The metrics that every context has.
pub const EVERYWHERE: [&str; 4] = [ENGAGEMENT, ACTIVITY, PERFORMANCE, ONLINE];

/// What is made of the events in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// How many there were.
    Count,
    /// The mean of their values; none without an event.
    Mean,
    /// The sum of their values.
    Sum,
    /// The value that 95 of 100 do not exceed, within 1 %; none without an event.
    P95,
}

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Count, Self::Mean, Self::Sum, Self::P95];

    /// Its name, on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::P95 => "p95",
        }
    }

    /// The aggregate of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.as_str() == name)
    }

    /// Whether it is made of the events' values.
    #[must_use]
    pub const fn needs_values(self) -> bool {
        !matches!(self, Self::Count)
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A metric that an operator declares for all contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, which is that of the events it is of.
    pub name: Name,
    /// What is made of them.
    pub aggregate: Aggregate,
    /// Seconds of its window, 1 to [`WINDOW_SECS_MAX`].
    pub window: u32,
}

/// What a metric is at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Its value; `None` where it has none.
    pub value: Option<f64>,
    /// When.
    pub at: Timestamp,
    /// Seconds of its window; 0 for what is no window ([`ONLINE`]).
    pub window: u32,
}

/// A metric by name with what it is now.
pub type Named = (Arc<str>, Reading);

/// What is left of twelve digits: sums of the same values in another order are the same value.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0; // Without the sign that zero may have.
    }
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_leaves_twelve_digits() {
        assert_eq!(rounded(0.1 + 0.2).to_bits(), 0.3_f64.to_bits());
        assert_eq!(rounded(-0.0).to_bits(), 0.0_f64.to_bits());
        for same in [1.0, -72.5, 1e15, 123_456_789_012.0, 1e-9] {
            assert_eq!(rounded(same).to_bits(), f64::to_bits(same));
        }
    }

    #[test]
    fn aggregates_go_by_their_names() {
        for aggregate in Aggregate::ALL {
            assert_eq!(Aggregate::parse(aggregate.as_str()), Some(aggregate));
        }
        assert_eq!(Aggregate::parse("median"), None);
    }
}
