//! Which rooms somebody took part in.

use model::Timestamp;
use storage::ReadError;

use crate::store::rooms;
use crate::{Conversations, RoomRef, Side};

/// Rooms of one person that are looked at for a list.
const ROOMS_MAX: usize = 10_000;

/// What a list shows of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// Which room.
    pub room: RoomRef,
    /// The newest `seq` of its conversation, or 0.
    pub last_seq: u64,
    /// When that message was stored, where it is kept.
    pub last_message_at: Option<Timestamp>,
}

impl Conversations {
    /// Names of the rooms of `side` that `user` wrote in, sorted; at most 10,000.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn rooms_written_in(&self, side: Side, user: &str) -> Result<Vec<String>, ReadError> {
        let user = user.to_owned();
        self.store.read(move |db| rooms::written_in(db, side, &user, ROOMS_MAX)).await
    }

    /// Names of all rooms of `side` that ever had a message, past `after`, sorted.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn rooms_after(
        &self,
        side: Side,
        after: &str,
        count_max: usize,
    ) -> Result<Vec<String>, ReadError> {
        let after = after.to_owned();
        self.store.read(move |db| rooms::named_after(db, side, &after, count_max)).await
    }

    /// What a list shows of these rooms, in their order.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn summaries(&self, rooms: Vec<RoomRef>) -> Result<Vec<RoomSummary>, ReadError> {
        let read = |db: &_| rooms.into_iter().map(|room| rooms::summary(db, room)).collect();
        self.store.read(read).await
    }
}
