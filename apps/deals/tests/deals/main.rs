//! The application on a stage: real store, real hub, real index, real calls to handlers, no sockets of
//! clients.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

mod direct;
mod faults;
mod invitations;
mod notifications;
mod repeats;
mod rooms;
mod routes;
mod subscriptions;
mod support;
mod tokens;
