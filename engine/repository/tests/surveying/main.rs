//! Real repositories, made with git, read into facts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod repository;
mod samples;
mod small;
