//! Measures Quintet: a load generator, a bare server to compare with, and the experiments.
//!
//! The load is one thread with one epoll; the server under test is a child process on a core of its own. What
//! counts is the server's CPU time, not its rate, so that other work on the machine matters little.
//! Every experiment also checks what it delivers: each message at each member, once and in order; figures of
//! a run that was not sound mean nothing. `docs/benchmarks.md` explains the figures.
//!
//! **Invariants:** only loopback addresses are connected to; every run is bounded in connections, messages
//! and time; servers are children that end with the run.

/// The bare server.
pub mod bare;
/// Many WebSocket connections on one thread.
pub mod crowd;
/// What stops a measurement.
pub mod error;
/// The experiments.
pub mod experiment;
/// Latencies in buckets.
pub mod histogram;
/// Who has received which message.
pub mod ledger;
/// Readiness of many sockets.
pub mod poller;
/// Processes: their cores, CPU time and memory.
pub mod process;
/// What an experiment tells.
pub mod report;
/// A server with its members.
pub mod stage;
/// Time in nanoseconds.
pub mod stopwatch;
/// The servers that are measured.
pub mod target;
/// The load's tokens.
pub mod token;
/// Publishing, and the books of what comes back.
pub mod traffic;
/// Frames.
pub mod websocket;
