//! How a session tells its people of comings and goings.

use std::sync::Arc;

use bytes::Bytes;
use hub::{Announce, Person, RoomId};
use model::Clock;

use crate::protocol::{UserJoined, UserLeft, encode};

/// The messages `user_joined` and `user_left`.
pub(crate) struct Comings {
    clock: Arc<dyn Clock>,
}

impl Comings {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Announce for Comings {
    fn joined(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        let Person { user_id, username, online } = *person;
        let event = UserJoined { user_id, username, connected_users: online };
        Some(encode(&event, &room.name, self.clock.wall(), None))
    }

    fn left(&self, room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        let Person { user_id, username, online } = *person;
        let event = UserLeft { user_id, username, connected_users: online };
        Some(encode(&event, &room.name, self.clock.wall(), None))
    }
}
