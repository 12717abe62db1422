//! Sessions that ended long ago, and how they go: what was said in them, who was in, and they themselves.
//!
//! What people noted for them is their own and stays.

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, params};

pub(crate) const BY_END: Migration = Migration {
    name: "voice.0003",
    sql: "CREATE INDEX voice_sessions_ended ON voice_sessions(ended_at) WHERE ended_at IS NOT NULL;",
};

/// What a session has of rows, each with the column that tells them apart; those that name people last.
const PARTS: [(&str, &str); 3] =
    [("voice_transcript", "place"), ("voice_members", "user_id"), ("voice_attendees", "user_id")];

/// Deletes the sessions that ended before that time with all they have, the oldest first, at most `rows_max`
/// rows; how many.
pub(crate) fn delete(db: &Connection, before: Timestamp, rows_max: usize) -> Result<usize> {
    let sql = "SELECT id FROM voice_sessions WHERE ended_at < ?1 ORDER BY ended_at LIMIT 1";
    let mut deleted = 0;
    while deleted < rows_max {
        let oldest = db.prepare_cached(sql)?.query_row([before.as_millis()], |row| row.get(0));
        let Some(id): Option<String> = oldest.optional()? else { break };
        for part in PARTS {
            deleted += delete_part(db, part, &id, rows_max - deleted)?;
        }
        // It goes with the last of its rows.
        if deleted < rows_max {
            deleted +=
                db.prepare_cached("DELETE FROM voice_sessions WHERE id = ?1")?.execute([&id])?;
        }
    }
    Ok(deleted)
}

fn delete_part(
    db: &Connection,
    (table, column): (&str, &str),
    session: &str,
    rows_max: usize,
) -> Result<usize> {
    let sql = format!(
        "DELETE FROM {table} WHERE session_id = ?1 AND {column} IN
             (SELECT {column} FROM {table} WHERE session_id = ?1 LIMIT ?2)"
    );
    db.prepare_cached(&sql)?.execute(params![session, rows_max])
}
