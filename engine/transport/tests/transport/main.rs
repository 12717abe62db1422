//! The transport over real sockets: what a client sees of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod engineio;
mod house;
mod limits;
mod marks;
mod messages;
mod rooms;
mod tls;
