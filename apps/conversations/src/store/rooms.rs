//! Rooms: which conversation each shows, and who wrote in them.

use model::Timestamp;
use storage::rusqlite::{Connection, OptionalExtension, Result, params};

use super::lineage;
use crate::{RoomRef, RoomSummary, Side};

/// Where a room's next message goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) room: i64,
    pub(crate) conversation: i64,
    /// The newest `seq`, or 0.
    pub(crate) last_seq: u64,
    /// When the newest message of the conversation's own was stored.
    pub(crate) last_at: Option<Timestamp>,
}

/// Where the room's next message goes; a room that has had none is made.
pub(crate) fn place(db: &Connection, room: &RoomRef) -> Result<Place> {
    if let Some(place) = find(db, room)? {
        return Ok(place);
    }
    db.prepare_cached("INSERT INTO conversations DEFAULT VALUES")?.execute([])?;
    let conversation = db.last_insert_rowid();
    let sql = "INSERT INTO conversation_rooms(side, name, conversation) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![room.side.kind(), &*room.name, conversation])?;
    Ok(Place { room: db.last_insert_rowid(), conversation, last_seq: 0, last_at: None })
}

/// Where the room's next message goes, where it has had one or was bridged.
pub(crate) fn find(db: &Connection, room: &RoomRef) -> Result<Option<Place>> {
    let sql = "SELECT r.id, r.conversation, coalesce(m.seq, max(c.base, c.dropped)), m.created_at
               FROM conversation_rooms r JOIN conversations c ON c.id = r.conversation
               LEFT JOIN conversation_messages m ON m.conversation = c.id AND m.seq =
                   (SELECT max(seq) FROM conversation_messages WHERE conversation = c.id)
               WHERE r.side = ?1 AND r.name = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let place = statement.query_row([room.side.kind(), &room.name], |row| {
        Ok(Place {
            room: row.get(0)?,
            conversation: row.get(1)?,
            last_seq: row.get(2)?,
            last_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
        })
    });
    place.optional()
}

/// The room shows that conversation from now on.
pub(crate) fn show(db: &Connection, room: &RoomRef, conversation: i64) -> Result<()> {
    let sql = "UPDATE conversation_rooms SET conversation = ?3 WHERE side = ?1 AND name = ?2";
    db.prepare_cached(sql)?.execute(params![room.side.kind(), &*room.name, conversation])?;
    Ok(())
}

/// `user` wrote in the room.
pub(crate) fn note_author(db: &Connection, user: &str, room: i64) -> Result<()> {
    let sql = "INSERT INTO conversation_authors(user_id, room) VALUES (?1, ?2)
               ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![user, room])?;
    Ok(())
}

/// Names of the rooms of `side` that `user` wrote in, by name; at most `count_max` are looked at.
pub(crate) fn written_in(
    db: &Connection,
    side: Side,
    user: &str,
    count_max: usize,
) -> Result<Vec<String>> {
    let sql = "SELECT r.name FROM conversation_authors a JOIN conversation_rooms r ON r.id = a.room
               WHERE a.user_id = ?2 AND r.side = ?1 LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    let names = statement.query_map(params![side.kind(), user, count_max], |row| row.get(0))?;
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Names of the rooms of `side` past `after`, by name.
pub(crate) fn named_after(
    db: &Connection,
    side: Side,
    after: &str,
    count_max: usize,
) -> Result<Vec<String>> {
    let sql = "SELECT name FROM conversation_rooms WHERE side = ?1 AND name > ?2
               ORDER BY name LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![side.kind(), after, count_max], |row| row.get(0))?.collect()
}

/// What a list shows of a room.
pub(crate) fn summary(db: &Connection, room: RoomRef) -> Result<RoomSummary> {
    let Some(place) = find(db, &room)? else {
        return Ok(RoomSummary { room, last_seq: 0, last_message_at: None });
    };
    let last = lineage::of(db, place.conversation)?.created_at(db, place.last_seq)?;
    Ok(RoomSummary { room, last_seq: place.last_seq, last_message_at: last })
}

/// When the message at `seq` of the conversation's own was stored.
pub(crate) fn created_at(
    db: &Connection,
    conversation: i64,
    seq: u64,
) -> Result<Option<Timestamp>> {
    let sql = "SELECT created_at FROM conversation_messages WHERE conversation = ?1 AND seq = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(params![conversation, seq], |row| row.get(0)).optional()?;
    Ok(found.map(Timestamp::from_millis))
}
