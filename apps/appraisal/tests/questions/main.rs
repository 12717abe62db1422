//! Questions about real repositories: what they cite exists, what they ask about is there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod published;
mod samples;
mod small;
