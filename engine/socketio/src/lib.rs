//! Socket.IO, protocol version 5, as a [`hub::Session`].
//!
//! An application says which [`Namespaces`] there are and what a [`Socket`] in each of them does; a
//! [`Client`] is one connection with its sockets. What a room is sent is made once, by [`event`] or
//! [`binary_event`].
//!
//! ```text
//! transport: Engine.IO → Client: packet → Socket: Event → SocketContext: emit, acknowledge → transport
//! ```
//!
//! **Invariants.** A socket hears of nothing before its namespace's CONNECT was answered, and of nothing
//! after it heard `on_disconnect`, which it does exactly once. What a packet has attached leaves in one
//! piece with it, and is handed on only when all of it is there.
//!
//! **Pitfall:** texts come here without Engine.IO's packet type and leave with it (`4`, a message):
//! what leaves is made once for many connections, and the transport looks at no text.
//!
//! **Bounds.** [`Limits`] of a packet; [`ARGUMENTS_MAX`] of an event, [`DEPTH_MAX`] of each;
//! [`NAMESPACES_MAX`] of a connection, [`NAMESPACE_BYTES_MAX`] of a name, [`REFUSED_MAX`] namespaces that
//! do not exist. A packet whose attachments do not come in the policy's `fragments_within` ends the
//! connection, as does one that cannot be read, a second CONNECT to the same namespace, and whatever
//! stands before a CONNECT.

mod client;
mod context;
mod encode;
mod event;
mod packet;

pub use client::{Client, Limits, NAMESPACES_MAX, Namespaces, REFUSED_MAX, Socket};
pub use context::{SocketContext, SocketKey};
pub use encode::{binary_event, event, placeholder};
pub use event::{ARGUMENTS_MAX, DEPTH_MAX, Event, Problem};
pub use packet::{Kind, Malformed, NAMESPACE_BYTES_MAX, Packet, read};
