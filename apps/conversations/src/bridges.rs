//! Bridges: rooms of several protocols that show one conversation.
//!
//! Bridged, the sides show the log of the one that has messages; the others' logs are empty, or
//! the beginning of that log. Separated, each side keeps what it showed, under the same `seq`, and
//! goes on alone: the first side with the conversation itself, each other one with a conversation
//! that continues it. So a room's log never changes behind a reader, in either step.
//!
//! **Bounds**: [`BRIDGES_MAX`] bridges; a log continues others at most [`PARTS_MAX`] deep.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};

use model::{Name, Timestamp};
use storage::rusqlite::{Result, Transaction};
use storage::{CommitError, Lane, ReadError, Store};
use tokio::sync::oneshot;

use crate::store::bridges::{self, Row};
use crate::store::lineage::{self, Lineage};
use crate::store::rooms::{self, Place};
use crate::{Conversations, RoomRef, Side};

/// Bridges at once.
pub(crate) const BRIDGES_MAX: usize = 10_000;
/// Conversations that one log may consist of; a log gains one when it is separated.
const PARTS_MAX: usize = 64;

/// The rooms of each conversation that several show.
pub(crate) type Bound = HashMap<i64, Arc<[RoomRef]>>;

/// The rooms a bridge joins: at least two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// The chat context.
    pub chat: Option<Name>,
    /// The room.
    pub room: Option<Name>,
    /// The session.
    pub session: Option<Name>,
}

/// A bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// Its id.
    pub id: String,
    /// The rooms it joins.
    pub sides: Sides,
    /// Since when.
    pub created_at: Timestamp,
}

/// Why nothing was bridged or separated.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// Fewer than two sides.
    #[error("a bridge joins at least two rooms")]
    TooFewSides,
    /// There is no such room.
    #[error("there is no {} of that name", .0.kind())]
    UnknownRoom(Side),
    /// A room is in a bridge already.
    #[error("the {} is bridged already", .0.kind())]
    Taken(Side),
    /// Several sides have messages that the others have not.
    #[error("more than one side has messages already")]
    BothHaveMessages,
    /// As many bridges as there may be, or a room that was bridged and separated too often.
    #[error("there are too many bridges")]
    TooMany,
    /// There is no such bridge.
    #[error("there is no such bridge")]
    NotFound,
    /// It was not committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// It was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Sides {
    /// The rooms, in the order of the protocols.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomRef> {
        let sides =
            [(Side::Chat, &self.chat), (Side::Room, &self.room), (Side::Session, &self.session)];
        let named = sides.into_iter().filter_map(|(side, name)| Some((side, name.as_ref()?)));
        named.map(|(side, name)| RoomRef::new(side, name.as_str())).collect()
    }
}

/// Which rooms are bridged. Blocks on one read.
pub(crate) fn load(store: &Store) -> std::result::Result<Bound, ReadError> {
    let (told, answer) = mpsc::sync_channel(1);
    store.read_then(bridges::all, move |rows| {
        let _gone = told.send(rows);
    })?;
    let rows = answer.recv().map_err(|_| ReadError::Panicked)??;
    Ok(rows.iter().map(|row| (row.conversation, row.bridge.sides.rooms().into())).collect())
}

impl Conversations {
    /// Joins rooms: from now on they show one conversation.
    ///
    /// # Errors
    /// Everything in [`BridgeError`] but `NotFound`; then nothing changed.
    pub async fn bridge(
        self: &Arc<Self>,
        sides: Sides,
    ) -> std::result::Result<Bridge, BridgeError> {
        if sides.rooms().len() < 2 {
            return Err(BridgeError::TooFewSides);
        }
        let bridge = Bridge { id: model::message_id(), sides, created_at: self.hub.clock().wall() };
        let service = Arc::clone(self);
        let row = self
            .change(
                move |tx| service.apply_bridge(tx, &bridge),
                |service, row: &Row| {
                    let rooms: Arc<[RoomRef]> = row.bridge.sides.rooms().into();
                    service.recent().forget(&rooms);
                    service.bound().insert(row.conversation, rooms);
                },
            )
            .await?;
        Ok(row.bridge)
    }

    /// Separates the rooms of a bridge; each keeps the messages it showed.
    ///
    /// # Errors
    /// [`BridgeError::NotFound`], or what hindered the commit.
    pub async fn separate(self: &Arc<Self>, id: &str) -> std::result::Result<(), BridgeError> {
        let id = id.to_owned();
        self.change(
            move |tx| apply_separation(tx, &id),
            |service, row: &Row| {
                service.recent().forget(&row.bridge.sides.rooms());
                service.bound().remove(&row.conversation);
            },
        )
        .await?;
        Ok(())
    }

    /// Bridges past the one of this id, oldest first.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn bridges(
        &self,
        after: &str,
        count_max: usize,
    ) -> std::result::Result<Vec<Bridge>, ReadError> {
        let after = after.to_owned();
        let rows = self.store.read(move |db| bridges::after(db, &after, count_max)).await?;
        Ok(rows.into_iter().map(|row| row.bridge).collect())
    }

    /// The rooms of this side that are bridged.
    #[must_use]
    pub fn bridged(&self, side: Side) -> Vec<Arc<str>> {
        let bound = self.bound();
        let rooms = bound.values().flat_map(|rooms| rooms.iter());
        rooms.filter(|room| room.side == side).map(|room| Arc::clone(&room.name)).collect()
    }

    /// Commits `apply`; on the committer's thread, in the order of the messages, `told` follows.
    async fn change(
        self: &Arc<Self>,
        apply: impl FnMut(&Transaction<'_>) -> Result<std::result::Result<Row, BridgeError>>
        + Send
        + 'static,
        told: impl FnOnce(&Self, &Row) + Send + 'static,
    ) -> std::result::Result<Row, BridgeError> {
        let place = self.store.reserve(Lane::Interactive).map_err(CommitError::from)?;
        let (tell, outcome) = oneshot::channel();
        let service = Arc::clone(self);
        place.write(apply, move |committed| {
            if let Ok(Ok(row)) = &committed {
                told(&service, row);
            }
            let _gone = tell.send(committed);
        });
        outcome.await.unwrap_or(Err(CommitError::Failed))?
    }

    /// Everything is checked before anything is written, so that a refusal leaves nothing behind.
    fn apply_bridge(
        &self,
        tx: &Transaction<'_>,
        bridge: &Bridge,
    ) -> Result<std::result::Result<Row, BridgeError>> {
        let rooms = bridge.sides.rooms();
        if bridges::count(tx)? >= BRIDGES_MAX {
            return Ok(Err(BridgeError::TooMany));
        }
        for room in &rooms {
            let is_known = match self.form(room) {
                Some(form) => form.is_known(tx, &room.name)?,
                None => true,
            };
            if !is_known {
                return Ok(Err(BridgeError::UnknownRoom(room.side)));
            }
            if bridges::is_taken(tx, room)? {
                return Ok(Err(BridgeError::Taken(room.side)));
            }
        }
        let shown = match longest(tx, &rooms)? {
            Ok(shown) => shown,
            Err(error) => return Ok(Err(error)),
        };
        let conversation = match shown {
            Some(conversation) => conversation,
            None => rooms::place(tx, &rooms[0])?.conversation,
        };
        for room in &rooms {
            let place = rooms::place(tx, room)?;
            rooms::show(tx, room, conversation)?;
            if place.last_seq == 0 && place.conversation != conversation {
                bridges::forget_empty(tx, place.conversation)?;
            }
        }
        let row = Row { bridge: bridge.clone(), conversation };
        bridges::insert(tx, &row)?;
        Ok(Ok(row))
    }
}

/// The conversation whose log begins with the logs of all these rooms; `None` where all are empty.
fn longest(
    tx: &Transaction<'_>,
    rooms: &[RoomRef],
) -> Result<std::result::Result<Option<i64>, BridgeError>> {
    let mut logs: Vec<(Place, Lineage)> = Vec::with_capacity(rooms.len());
    for room in rooms {
        if let Some(place) = rooms::find(tx, room)?.filter(|place| place.last_seq > 0) {
            logs.push((place, lineage::of(tx, place.conversation)?));
        }
    }
    let Some((place, longest)) = logs.iter().max_by_key(|(place, _)| place.last_seq) else {
        return Ok(Ok(None));
    };
    let is_beginning = |(place, log): &(Place, Lineage)| {
        let last = log.holder(place.last_seq);
        last.is_some_and(|part| longest.has(part.conversation, place.last_seq))
    };
    if !logs.iter().all(is_beginning) {
        return Ok(Err(BridgeError::BothHaveMessages));
    }
    if longest.parts.len() >= PARTS_MAX {
        return Ok(Err(BridgeError::TooMany));
    }
    Ok(Ok(Some(place.conversation)))
}

fn apply_separation(
    tx: &Transaction<'_>,
    id: &str,
) -> Result<std::result::Result<Row, BridgeError>> {
    let Some(row) = bridges::find(tx, id)? else { return Ok(Err(BridgeError::NotFound)) };
    bridges::delete(tx, id)?;
    for room in row.bridge.sides.rooms().iter().skip(1) {
        let last_seq = rooms::place(tx, room)?.last_seq;
        let conversation = bridges::continue_from(tx, row.conversation, last_seq)?;
        rooms::show(tx, room, conversation)?;
    }
    Ok(Ok(row))
}
