//! Rooms as logs, who is in them, and the port through which deliveries leave.
//!
//! An application publishes a [`Delivery`] into a [`Room`]; the room puts it, once, into the inbox
//! of every shard that has a member. The transport owns the shards and implements [`Outlet`]; it
//! calls the application's [`Session`] for what a connection sends. Neither knows the other.
//!
//! **Invariants**
//! - Everything that leaves for a shard enters its inbox through [`Outlet::push`], in the room's
//!   order, under the room's lock. Nothing else writes to sockets.
//! - Stored deliveries are published in the order of their offsets, without a gap, and only after
//!   their commit.
//! - Publishing never waits and never fails.
//!
//! **Lock order**: the map of rooms → a room → a shard's inbox. The queue of absences and the
//! registry of connections are taken alone. No lock is held across an await.

mod connections;
mod delivery;
mod hub;
mod log;
mod outlet;
mod presence;
mod room;
mod session;

pub use connections::{Connection, Connections};
pub use delivery::{Delivery, Except, PassingKey};
pub use hub::{Announce, Hub, Joined, Member, Membership, Person, RoomId};
pub use log::{Log, TooOld};
pub use outlet::{Item, Outlet, Run};
pub use presence::DROP_GRACE;
pub use room::{Room, RoomKey};
pub use session::{Context, Effect, Fault, Session, Ticket};
