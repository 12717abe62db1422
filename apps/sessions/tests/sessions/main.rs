//! The application on a stage: real store, real hub, real agents, no sockets; a model is a small
//! server of ours that says what a test wants.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod agents;
mod http;
mod isolation;
mod join;
mod limits;
mod message;
mod restart;
mod support;
