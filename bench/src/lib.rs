//! Measures Quintet: a load generator, a bare server to compare with, and the experiments.
//!
//! The load is one thread with one epoll; the server under test is a child process on a core of its own. What
//! counts is the server's CPU time, not its rate, so that other work on the machine matters little.
//! Every experiment also checks what it delivers: each message at each member, once and in order; figures of
//! a run that was not sound mean nothing. `docs/benchmarks.md` explains the figures.
//!
//! **Invariants:** only loopback addresses are connected to; every run is bounded in connections, messages
//! and time; servers are children that end with the run.

pub mod bare;
pub mod crowd;
pub mod error;
pub mod experiment;
pub mod histogram;
pub mod ledger;
pub mod poller;
pub mod process;
pub mod report;
pub mod school;
pub mod stage;
pub mod stopwatch;
pub mod target;
pub mod token;
pub mod traffic;
pub mod websocket;
