//! Protocol C: a class talks, over `/api/chat/ws`.
//!
//! A *context* is a room of the class: its name is the `contextId`, its members are the connections
//! that named it, and what is said in it is stored as the conversation of that chat room.
//!
//! **Invariants**
//! - Who somebody is comes from the token, never from a message.
//! - A message is stored before anybody hears of it, its sender included; the sender's own copy
//!   stands in the same place of the order as everybody else's.
//! - A connection whose token stood in the handshake is sent nothing that it did not ask for before
//!   its first message, but an error that says why it is in no context.
//!
//! **Bounds** stand in the files: text of a message in `protocol`, people of a list in `chat.rs`,
//! people typing in `chat/typing.rs`.

pub mod analytics;
mod announce;
mod chat;
pub mod collaboration;
mod entrance;
mod http;
mod pace;
pub mod protocol;
mod service;
mod store;
mod yjs;

pub use service::{Learning, Limits, Parts, Stats};
pub use store::MIGRATIONS;
pub use yjs::Stats as YjsStats;
