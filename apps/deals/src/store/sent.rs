//! Which direct messages waited for their recipient, so that a repeat is answered as the first was.

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, Result, params};

/// The messages whose recipient was away, by their ids.
pub(crate) const SENT: Migration = Migration {
    name: "deals.sent.0001",
    sql: "
CREATE TABLE deals_queued_messages(
    message_id TEXT NOT NULL PRIMARY KEY,
    stored_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_queued_messages_by_time ON deals_queued_messages(stored_at);
",
};

/// The message's recipient was away when it was stored.
pub(crate) fn note_queued(db: &Connection, message_id: &str, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO deals_queued_messages(message_id, stored_at) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![message_id, at.as_millis()]).map(drop)
}

/// Whether the message's recipient was away when it was stored.
pub(crate) fn was_queued(db: &Connection, message_id: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM deals_queued_messages WHERE message_id = ?1";
    db.prepare_cached(sql)?.exists([message_id])
}

/// Forgets messages stored before `before`, at most `count_max`; how many.
pub(crate) fn forget(db: &Connection, before: Timestamp, count_max: usize) -> Result<usize> {
    let sql = "DELETE FROM deals_queued_messages WHERE message_id IN (
                   SELECT message_id FROM deals_queued_messages WHERE stored_at < ?1
                   ORDER BY stored_at LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![before.as_millis(), count_max])
}
