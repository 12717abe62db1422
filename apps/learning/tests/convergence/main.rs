//! Concurrent edits of a document: the rule for pairs, the server's order, the client's replica, and
//! all of them together in random schedules.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission;
mod fixtures;
mod pairs;
mod random;
mod replica;
mod schedules;
mod told;
mod world;
