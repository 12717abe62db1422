//! Old edits of documents: which have outlived their time, and how they go.
//!
//! They go in this order, each step in a transaction: the text of a version gets a snapshot and becomes the
//! document's oldest; then the edits up to it are deleted, the first first. Whatever lies between, every version
//! from the oldest on can be rebuilt.

use model::Timestamp;
use storage::rusqlite::{Connection, OptionalExtension, Result, params};

use super::add_snapshot;
use super::text::text_at;
use crate::collaboration::Text;

/// Versions that are looked at in one go.
const VERSIONS_MAX: u64 = 10_000;

/// Documents with old edits, and where to look on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stale {
    /// Their places.
    pub(crate) places: Vec<i64>,
    /// The last place that was looked at, where there may be more behind it.
    pub(crate) last: Option<i64>,
}

/// Of the documents behind the place `after`, so many are looked at for edits from before `before`, and for
/// edits that were to be deleted.
pub(crate) fn stale(
    db: &Connection,
    after: i64,
    before: Timestamp,
    count_max: usize,
) -> Result<Stale> {
    let sql = "SELECT d.place, EXISTS (
                   SELECT 1 FROM (SELECT version, edited_at FROM document_edits e
                                  WHERE e.document = d.place ORDER BY version LIMIT 1)
                   WHERE edited_at < ?2 OR version <= d.oldest)
               FROM documents d WHERE d.place > ?1 ORDER BY d.place LIMIT ?3";
    let values = params![after, before.as_millis(), count_max];
    let mut statement = db.prepare_cached(sql)?;
    let looked = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let looked: Vec<(i64, bool)> = looked.collect::<Result<_>>()?;
    let last = looked.last().filter(|_| looked.len() == count_max).map(|(place, _)| *place);
    let places = looked.into_iter().filter(|(_, is_stale)| *is_stale).map(|(place, _)| place);
    Ok(Stale { places: places.collect(), last })
}

/// The newest version that only edits from before `before` have made, with its text, where the document's
/// oldest is another; of many versions not all at once.
pub(crate) fn outlived(
    db: &Connection,
    place: i64,
    before: Timestamp,
) -> Result<Option<(u64, Text)>> {
    let sql = "SELECT version, oldest FROM documents WHERE place = ?1";
    let numbers = |row: &storage::rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (newest, oldest): (u64, u64) = db.prepare_cached(sql)?.query_row([place], numbers)?;
    let last = newest.min(oldest + VERSIONS_MAX);
    let sql = "SELECT version FROM document_edits
               WHERE document = ?1 AND version > ?2 AND version <= ?3 AND edited_at >= ?4
               ORDER BY version LIMIT 1";
    let values = params![place, oldest, last, before.as_millis()];
    let first_kept: Option<u64> =
        db.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    let version = first_kept.map_or(last, |version| version - 1);
    if version == oldest {
        return Ok(None);
    }
    Ok(Some((version, text_at(db, place, version)?.text)))
}

/// Makes `version`, whose text is `compressed`, the document's oldest. What is older is forgotten, though its
/// edits have yet to be [`delete`]d.
pub(crate) fn forget(db: &Connection, place: i64, version: u64, compressed: &[u8]) -> Result<()> {
    add_snapshot(db, place, version, compressed)?;
    let sql = "UPDATE documents SET oldest = max(oldest, ?2) WHERE place = ?1";
    db.prepare_cached(sql)?.execute(params![place, version])?;
    let sql = "DELETE FROM document_snapshots WHERE document = ?1 AND version < ?2";
    db.prepare_cached(sql)?.execute(params![place, version]).map(drop)
}

/// Deletes the first edits of a document as far as they are forgotten, at most so many; how many.
pub(crate) fn delete(db: &Connection, place: i64, count_max: usize) -> Result<usize> {
    let sql = "DELETE FROM document_edits WHERE document = ?1 AND version <= (
                   SELECT max(version) FROM (
                       SELECT version FROM document_edits
                       WHERE document = ?1
                           AND version <= (SELECT oldest FROM documents WHERE place = ?1)
                       ORDER BY version LIMIT ?2))";
    db.prepare_cached(sql)?.execute(params![place, count_max])
}
