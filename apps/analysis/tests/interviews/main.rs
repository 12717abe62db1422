//! Connections and interviews on a stage: real store, real tokens, sessions without sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod course;
mod evaluating;
mod http;
mod identity;
mod limits;
mod listing;
mod losing;
mod random;
mod repeats;
mod restart;
mod subscribing;
mod support;
