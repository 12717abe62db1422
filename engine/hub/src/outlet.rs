//! Where deliveries leave: the port between rooms and whatever writes to connections.

use std::sync::Arc;

use bytes::Bytes;
use model::{CloseReason, ConnectionId};

use crate::{Context, Delivery, Fault, Room, RoomKey, Session};

/// One thing for a shard to do, in the order in which it was pushed.
pub enum Item {
    /// The connection becomes a member of the room. With `behind` it is sent nothing from the room
    /// until a [`Item::CatchUp`].
    Join {
        /// The new member.
        connection: ConnectionId,
        /// The room, for its log.
        room: Arc<Room>,
        /// Whether its snapshot is still being read.
        behind: bool,
    },
    /// The member's snapshot is read anew: of the room's events it is sent passing ones alone until a
    /// [`Item::CatchUp`].
    FallBehind {
        /// The member.
        connection: ConnectionId,
        /// The room.
        room: RoomKey,
    },
    /// The member's snapshot reached `after`: it is sent what the room's log has past that, and
    /// from then on everything.
    CatchUp {
        /// The member.
        connection: ConnectionId,
        /// The room.
        room: RoomKey,
        /// The offset its snapshot reached.
        after: u64,
    },
    /// The connection is no longer a member.
    Leave {
        /// The former member.
        connection: ConnectionId,
        /// The room.
        room: RoomKey,
    },
    /// An event for all members of a room that the shard has.
    Deliver {
        /// The room.
        room: RoomKey,
        /// The event.
        delivery: Arc<Delivery>,
    },
    /// A passing event for one connection alone. What it replaces in a full outbox is its key's.
    Tell {
        /// The connection.
        connection: ConnectionId,
        /// The event.
        delivery: Arc<Delivery>,
    },
    /// A text for one connection that answers nothing.
    Send {
        /// The connection.
        connection: ConnectionId,
        /// The text.
        text: Bytes,
    },
    /// Bytes for one connection, as a binary message.
    SendBinary {
        /// The connection.
        connection: ConnectionId,
        /// The bytes.
        bytes: Bytes,
    },
    /// A text for one connection and the binary messages that belong to it, as one piece.
    SendWith {
        /// The connection.
        connection: ConnectionId,
        /// The text.
        text: Bytes,
        /// What follows it.
        attachments: Vec<Bytes>,
    },
    /// An operation that a session began has ended.
    Finish {
        /// The connection.
        connection: ConnectionId,
        /// The operation's number.
        operation: u32,
        /// What is left to do with the session; its replies take the operation's place.
        run: Option<Run>,
    },
    /// The connection ends: the session is told of the fault (it may have a last word), then the
    /// close is sent.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// What the session is told.
        fault: Option<Fault>,
        /// Code and reason.
        reason: CloseReason,
    },
    /// A ping now; without a sign of life within two seconds the connection ends.
    Probe {
        /// The connection.
        connection: ConnectionId,
    },
}

/// What an ended operation does with the session it belongs to.
pub type Run = Box<dyn FnOnce(&mut dyn Session, &mut Context<'_>) + Send>;

/// Where deliveries leave. Implemented by the transport's gate and by testkit's recorder.
pub trait Outlet: Send + Sync + 'static {
    /// Puts an item into a shard's inbox. Never waits; a shard that is gone takes and drops it.
    /// Items for a connection that is gone are dropped.
    fn push(&self, shard: u8, item: Item);

    /// How many items wait for the shard. Whoever tells much at once, and can wait, waits while they are
    /// many: past a bound passing events are dropped.
    fn waiting(&self, _shard: u8) -> usize {
        0
    }
}
