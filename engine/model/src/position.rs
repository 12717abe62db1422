//! Where a reader stands in a room's log.

use std::fmt;
use std::sync::Arc;

/// Names one uninterrupted history of a room. A restored backup, or another log under the same
/// name, has another epoch, so that offsets of the old one are not mistaken for the new one's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// The epoch with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, as clients see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a room's log: after the `offset`th stored event of `epoch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The history the offset belongs to.
    pub epoch: Epoch,
    /// How many stored events lie before; offsets of events start at 1 and have no gap.
    pub offset: u64,
}
