//! What the rules say of repositories: scores, observations, the report about how it works.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drawn;
mod figures;
mod published;
mod small;
