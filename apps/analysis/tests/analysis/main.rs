//! The application on a stage: real repositories, real store, real hub, real rules, no sockets; a
//! model is a small server of ours that refuses or is silent.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod files;
mod http;
mod pipeline;
mod restart;
mod support;
mod telling;
