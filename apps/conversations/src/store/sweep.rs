//! Deleting what is older than it is to be kept, from the beginning of each conversation.

use model::Timestamp;
use storage::rusqlite::{Connection, OptionalExtension, Result, params};

/// Conversations past `after` whose oldest message is from before `cutoff`, by number, and the
/// last one looked at, of at most `looked_max`; `None` at the end.
pub(crate) fn stale(
    db: &Connection,
    after: i64,
    cutoff: Timestamp,
    looked_max: usize,
) -> Result<(Vec<i64>, Option<i64>)> {
    let sql = "SELECT c.id, (SELECT created_at FROM conversation_messages
                             WHERE conversation = c.id ORDER BY seq LIMIT 1)
               FROM conversations c WHERE c.id > ?1 ORDER BY c.id LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![after, looked_max])?;
    let (mut stale, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        last = Some(id);
        let oldest: Option<i64> = row.get(1)?;
        if oldest.is_some_and(|oldest| oldest < cutoff.as_millis()) {
            stale.push(id);
        }
    }
    Ok((stale, last))
}

/// Deletes the messages of `conversation` from before `cutoff` up to the first that is not, at most
/// `rows_max`; how many.
pub(crate) fn delete(
    db: &Connection,
    conversation: i64,
    cutoff: Timestamp,
    rows_max: usize,
) -> Result<usize> {
    let sql = "SELECT max(seq) FROM (
                   SELECT seq, max(created_at) OVER (ORDER BY seq) AS latest
                   FROM (SELECT seq, created_at FROM conversation_messages
                         WHERE conversation = ?1 ORDER BY seq LIMIT ?2)
               ) WHERE latest < ?3";
    let mut statement = db.prepare_cached(sql)?;
    let key = params![conversation, rows_max, cutoff.as_millis()];
    let upto: Option<u64> = statement.query_row(key, |row| row.get(0)).optional()?.flatten();
    let Some(upto) = upto else { return Ok(0) };
    let sql = "UPDATE conversations SET dropped = max(dropped, ?2) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![conversation, upto])?;
    let sql = "DELETE FROM conversation_messages WHERE conversation = ?1 AND seq <= ?2";
    db.prepare_cached(sql)?.execute(params![conversation, upto])
}
