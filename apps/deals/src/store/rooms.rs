//! Who was invited to which room.

use storage::Migration;
use storage::rusqlite::{Connection, Result, params};

/// The members of rooms.
pub(crate) const ROOMS: Migration = Migration {
    name: "deals.rooms.0001",
    sql: "
CREATE TABLE deals_room_members(
    room_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
",
};

/// Members one room may have.
pub(crate) const MEMBERS_MAX: usize = 1000;

/// How somebody stands to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// They are a member.
    Member,
    /// They are none, and others are.
    Stranger,
    /// Nobody is a member.
    Unclaimed,
}

/// Whether somebody was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// They are new.
    New,
    /// They were there already.
    Already,
    /// There is no room for more.
    Full,
}

pub(crate) fn standing(db: &Connection, room: &str, user: &str) -> Result<Standing> {
    if is_member(db, room, user)? {
        return Ok(Standing::Member);
    }
    let sql = "SELECT 1 FROM deals_room_members WHERE room_id = ?1 LIMIT 1";
    let has_members = db.prepare_cached(sql)?.exists([room])?;
    Ok(if has_members { Standing::Stranger } else { Standing::Unclaimed })
}

pub(crate) fn is_member(db: &Connection, room: &str, user: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM deals_room_members WHERE room_id = ?1 AND user_id = ?2";
    db.prepare_cached(sql)?.exists([room, user])
}

/// Makes `user` the first member, unless there is another one; whether they are a member now.
pub(crate) fn claim(db: &Connection, room: &str, user: &str) -> Result<bool> {
    match standing(db, room, user)? {
        Standing::Member => Ok(true),
        Standing::Stranger => Ok(false),
        Standing::Unclaimed => insert(db, room, user),
    }
}

pub(crate) fn add(db: &Connection, room: &str, user: &str) -> Result<Added> {
    if is_member(db, room, user)? {
        return Ok(Added::Already);
    }
    let sql = "SELECT count(*) FROM deals_room_members WHERE room_id = ?1";
    let count: usize = db.prepare_cached(sql)?.query_row([room], |row| row.get(0))?;
    if count >= MEMBERS_MAX {
        return Ok(Added::Full);
    }
    insert(db, room, user)?;
    Ok(Added::New)
}

/// Whether `user` was a member until now.
pub(crate) fn remove(db: &Connection, room: &str, user: &str) -> Result<bool> {
    let sql = "DELETE FROM deals_room_members WHERE room_id = ?1 AND user_id = ?2";
    Ok(db.prepare_cached(sql)?.execute([room, user])? > 0)
}

/// The members past `after`, by their ids; at most `count_max`.
pub(crate) fn members(
    db: &Connection,
    room: &str,
    after: &str,
    count_max: usize,
) -> Result<Vec<String>> {
    let sql = "SELECT user_id FROM deals_room_members WHERE room_id = ?1 AND user_id > ?2
               ORDER BY user_id LIMIT ?3";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![room, after, count_max], |row| row.get(0))?.collect()
}

fn insert(db: &Connection, room: &str, user: &str) -> Result<bool> {
    let sql = "INSERT INTO deals_room_members(room_id, user_id) VALUES (?1, ?2)
               ON CONFLICT DO NOTHING";
    Ok(db.prepare_cached(sql)?.execute([room, user])? > 0)
}
