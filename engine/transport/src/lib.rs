//! WebSockets: the accept loop, the handshake, the frames, the timers and the gate that writes.
//!
//! [`Server::start`] runs one thread a shard. Each thread accepts, reads and writes connections of
//! its own; nothing but the [`Gate`]'s inboxes is shared. Every HTTP request goes to a [`Door`],
//! which answers it or admits it as a WebSocket with a [`hub::Session`].
//!
//! ```text
//! socket → hyper → Door → Admission → Shard: Decoder → Session → Effects ┐
//! socket ← one write for all that waits ← Shard ← Inbox (Gate) ← rooms ←─┘
//! ```
//!
//! **Invariants.** A connection is read and written by its shard's thread alone. Frames of a room
//! are made once for all its members. Everything that is written passed the inbox, so that replies,
//! events and closes keep one order. A message's size is judged by its header.
//!
//! **Bounds.** [`Settings::connections_max`] sockets; [`HEADER_BYTES_MAX`] and [`HEADERS_MAX`] of a
//! request, [`HEADER_WITHIN`] to send them; the [`Policy`] of an admission for everything after.

mod accept;
mod connection;
pub mod decoder;
pub mod deflate;
mod door;
pub mod engineio;
pub mod frame;
mod gate;
mod handshake;
mod outbox;
mod policy;
mod server;
mod shard;
mod stats;
mod stream;
mod tls;
mod wheel;

pub use accept::{HEADER_BYTES_MAX, HEADER_WITHIN, HEADERS_MAX};
pub use door::{Admission, Answer, Body, BoxError, Continue, Door, Peer, full};
pub use gate::Gate;
pub use handshake::is_upgrade;
pub use policy::{Heartbeat, Policy};
pub use server::{Server, ServerError, Settings};
pub use stats::{Count, Stats};
pub use tls::Tls;
