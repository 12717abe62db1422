//! Bridges as rows.

use model::{Name, Timestamp};
use storage::rusqlite::{self, Connection, OptionalExtension, Result, params};

use crate::bridges::{BRIDGES_MAX, Bridge, Sides};
use crate::{RoomRef, Side};

/// A bridge and the conversation its rooms show.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) bridge: Bridge,
    pub(crate) conversation: i64,
}

const COLUMNS: &str = "id, chat, room, session, created_at, conversation";

pub(crate) fn insert(db: &Connection, row: &Row) -> Result<()> {
    let sql = "INSERT INTO conversation_bridges(id, chat, room, session, created_at, conversation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Bridge { id, sides, created_at } = &row.bridge;
    let [chat, room, session] =
        [&sides.chat, &sides.room, &sides.session].map(|name| name.as_ref().map(Name::as_str));
    let values = params![id, chat, room, session, created_at.as_millis(), row.conversation];
    db.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(crate) fn delete(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM conversation_bridges WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM conversation_bridges WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], bridge).optional()
}

pub(crate) fn count(db: &Connection) -> Result<usize> {
    let sql = "SELECT count(*) FROM conversation_bridges";
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Whether the room is in a bridge.
pub(crate) fn is_taken(db: &Connection, room: &RoomRef) -> Result<bool> {
    let sql = match room.side {
        Side::Chat => "SELECT 1 FROM conversation_bridges WHERE chat = ?1",
        Side::Room => "SELECT 1 FROM conversation_bridges WHERE room = ?1",
        Side::Session => "SELECT 1 FROM conversation_bridges WHERE session = ?1",
        Side::Direct => return Ok(false),
    };
    db.prepare_cached(sql)?.exists([&room.name])
}

/// All bridges.
pub(crate) fn all(db: &Connection) -> Result<Vec<Row>> {
    after(db, "", BRIDGES_MAX)
}

/// Bridges past the one of this id, oldest first.
pub(crate) fn after(db: &Connection, id: &str, count_max: usize) -> Result<Vec<Row>> {
    let sql =
        format!("SELECT {COLUMNS} FROM conversation_bridges WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_map(params![id, count_max], bridge)?.collect()
}

/// A conversation that continues `parent` behind `base`.
pub(crate) fn continue_from(db: &Connection, parent: i64, base: u64) -> Result<i64> {
    let sql = "INSERT INTO conversations(parent, base) VALUES (?1, ?2)";
    let parent = Some(parent).filter(|_| base > 0);
    db.prepare_cached(sql)?.execute(params![parent, base])?;
    Ok(db.last_insert_rowid())
}

/// Removes a conversation that never had a message.
pub(crate) fn forget_empty(db: &Connection, conversation: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM conversations WHERE id = ?1")?.execute([conversation])?;
    Ok(())
}

fn bridge(row: &rusqlite::Row<'_>) -> Result<Row> {
    // What stands here was checked when it came in; a name that no longer passes is left out.
    let name = |column| -> Result<Option<Name>> {
        let name: Option<String> = row.get(column)?;
        Ok(name.and_then(|name| Name::new(&name).ok()))
    };
    let sides = Sides { chat: name(1)?, room: name(2)?, session: name(3)? };
    let created_at = Timestamp::from_millis(row.get(4)?);
    Ok(Row { bridge: Bridge { id: row.get(0)?, sides, created_at }, conversation: row.get(5)? })
}
