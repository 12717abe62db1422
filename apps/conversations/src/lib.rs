//! The stored rooms of messages that several applications share.
//!
//! A *conversation* is a log of messages whose `seq` starts at 1 and has no gap. A *room* is what an
//! application's people are in: a chat context, a room, a session. Each room shows one
//! conversation: its own, or, where rooms are bridged, one they share. A message posted in one room
//! reaches the members of every room that shows its conversation, each in the form of its own
//! protocol ([`Form`]), in one order.
//!
//! **Invariants**
//! - Stored events are published on the committer's thread only, after their commit, in the order
//!   of `seq`. The author hears first, then the rooms.
//! - The key of a repeat is room, author and client id: it is stored once, kept as long as the
//!   message, and answered to its sender alone.
//! - A room's log is only ever continued, never rewritten: bridging and separating keep every
//!   message a room has shown under its `seq`, so that whoever comes back is told what they missed.
//! - A page never hides a gap: `recovered` is true only where it continues from what was asked.
//!
//! **Bounds** stand in the files: content of a page in [`page`](HistoryPage), messages kept in
//! memory in `recent.rs`, bridges and separations in `bridges.rs`, slices of a sweep in
//! `retention.rs`.

mod bridges;
mod conversations;
mod form;
mod http;
mod message;
mod page;
mod posting;
mod recent;
mod retention;
mod room;
mod rooms;
mod store;

pub use bridges::{Bridge, BridgeError, Sides};
pub use conversations::Conversations;
pub use form::Form;
pub use message::{Author, Message, MessageType};
pub use page::{Anchor, HistoryPage, PageAsk};
pub use posting::{Extra, PostError, Posted, Posting};
pub use retention::SweepError;
pub use room::{RoomRef, Side};
pub use rooms::RoomSummary;
pub use storage::{ReadError, Refused};
pub use store::MIGRATIONS;
