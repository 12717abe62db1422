//! The class on a stage: real store, real tokens, sessions without sockets.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod analytics;
mod auth;
mod bridged;
mod chat;
mod collaboration;
mod contexts;
mod figures;
mod support;
