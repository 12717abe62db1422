//! What tests are made of: the server as a process, clients that keep what they saw, and an
//! application's stage without sockets.
//!
//! - [`Recorder`] and [`Stage`] for unit tests of applications: the hub's outlet, and the part of
//!   a shard that calls sessions, without a socket.
//! - [`TestServer`] runs the real binary; [`Dial`] opens a [`TestClient`] to it, [`Http`] asks its
//!   routes, [`RawClient`] sends what no library would. [`SocketIo`] is a client of Socket.IO.
//! - [`Token`] makes the tokens that server takes, [`Signer`] signs requests to its management API.
//!
//! Nothing here asserts how long something takes; [`PATIENCE`] only bounds how long a test that
//! has failed already goes on waiting.
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod client;
mod dial;
pub mod fixture;
mod http;
mod raw;
mod recorder;
mod server;
mod signature;
mod socketio;
mod stage;
mod stream;
mod token;

pub use client::TestClient;
pub use dial::Dial;
pub use http::{Http, Response};
pub use raw::{RawClient, RawFrame};
pub use recorder::{PATIENCE, Recorder, describe};
pub use server::TestServer;
pub use signature::Signer;
pub use socketio::{Happened, SocketIo, binary, bytes_of};
pub use stage::Stage;
pub use stream::Stream;
pub use token::{SECRET, Token, now_in_seconds, token};
