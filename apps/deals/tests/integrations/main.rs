//! Routes that are handled elsewhere, with handlers on real sockets, good and hostile.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crowds;
mod events;
mod failures;
mod handshakes;
mod setup;
mod support;
