//! Rooms by name, whatever protocol speaks of them.

use std::fmt;
use std::sync::Arc;

use hub::RoomId;

/// Which application's room it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// A chat context.
    Chat,
    /// A room of the deals application.
    Room,
    /// A session with an agent.
    Session,
    /// What two people say to each other. No connection is in such a room, and none is bridged.
    Direct,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Room, Self::Session, Self::Direct];

    /// The hub's kind of such rooms, which is also their name in the store.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Room => "room",
            Self::Session => "session",
            Self::Direct => "direct",
        }
    }
}

/// One room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomRef {
    /// Whose room it is.
    pub side: Side,
    /// Its name within that side.
    pub name: Arc<str>,
}

impl RoomRef {
    /// The room `name` of `side`.
    #[must_use]
    pub fn new(side: Side, name: impl Into<Arc<str>>) -> Self {
        Self { side, name: name.into() }
    }

    /// The hub's room whose members see it.
    #[must_use]
    pub fn room_id(&self) -> RoomId {
        RoomId { kind: self.side.kind(), name: Arc::clone(&self.name) }
    }
}

impl fmt::Display for RoomRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.side.kind(), self.name)
    }
}
