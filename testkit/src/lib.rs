//! What tests are made of: the server as a process, clients that keep what they saw, and an
//! application's stage without sockets.
//!
//! - [`Recorder`] and [`Stage`] for unit tests of applications: the hub's outlet, and the part of
//!   a shard that calls sessions, without a socket.
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod recorder;
mod stage;

pub use recorder::{PATIENCE, Recorder, describe};
pub use stage::Stage;
