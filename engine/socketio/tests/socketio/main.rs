//! Connections over real sockets: what a client sees, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../examples/socketio_echo/echo.rs"]
mod echo;
mod endings;
mod events;
mod house;
