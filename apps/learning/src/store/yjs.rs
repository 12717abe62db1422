//! Yjs documents: their log of updates, and the state it is merged into.
//!
//! **Invariants.** An update is appended behind the version it was made for, or not at all: the versions of a
//! document are dense, and `documents.version` is the newest. A document has at most one state, and its log
//! begins behind that.

use std::sync::Arc;

use bytes::Bytes;
use model::Timestamp;
use storage::Migration;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

/// Updates and states.
pub(crate) const UPDATES: Migration = Migration {
    name: "learning.yjs.0001",
    sql: "
CREATE TABLE yjs_updates(
    document INTEGER NOT NULL,
    version INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    content BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (document, version)
) STRICT;
CREATE TABLE yjs_states(
    document INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
",
};

/// An update to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// The version it makes.
    pub(crate) version: u64,
    /// Whose it is.
    pub(crate) user: Arc<str>,
    /// The update.
    pub(crate) content: Bytes,
    /// When.
    pub(crate) at: Timestamp,
}

/// A document's content as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The newest version.
    pub(crate) version: u64,
    /// The merged state, if there is one.
    pub(crate) state: Option<Bytes>,
    /// The updates behind it, in order.
    pub(crate) updates: Vec<Bytes>,
}

/// Appends an update to the document at `place`.
///
/// # Errors
/// Where its version does not follow the document's.
pub(crate) fn append(db: &Connection, place: i64, update: &Logged) -> Result<()> {
    let sql = "UPDATE documents SET version = ?2, updated_at = max(updated_at, ?3)
               WHERE place = ?1 AND version = ?2 - 1";
    let Logged { version, user, content, at } = update;
    let at = at.as_millis();
    if db.prepare_cached(sql)?.execute(params![place, version, at])? == 0 {
        return Err(Error::StatementChangedRows(0));
    }
    let sql = "INSERT INTO yjs_updates(document, version, user_id, content, stored_at)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?.execute(params![place, version, user, &content[..], at]).map(drop)
}

/// Merges the log up to `version`, which is stored, into `state`.
pub(crate) fn merge(db: &Connection, place: i64, version: u64, state: &[u8]) -> Result<()> {
    let sql = "INSERT INTO yjs_states(document, version, content) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET version = excluded.version, content = excluded.content";
    db.prepare_cached(sql)?.execute(params![place, version, state])?;
    let sql = "DELETE FROM yjs_updates WHERE document = ?1 AND version <= ?2";
    db.prepare_cached(sql)?.execute(params![place, version]).map(drop)
}

/// The content of the document at `place`.
///
/// # Errors
/// Where the document is not there, or its log has a gap.
pub(crate) fn load(db: &Connection, place: i64) -> Result<Stored> {
    let sql = "SELECT version FROM documents WHERE place = ?1";
    let version: u64 = db.prepare_cached(sql)?.query_row([place], |row| row.get(0))?;
    let sql = "SELECT version, content FROM yjs_states WHERE document = ?1";
    let state = db.prepare_cached(sql)?.query_row([place], content).optional()?;
    let (mut reached, state) = state.map_or((0, None), |(version, state)| (version, Some(state)));
    let sql = "SELECT version, content FROM yjs_updates
               WHERE document = ?1 AND version > ?2 ORDER BY version";
    let mut updates = Vec::new();
    for update in db.prepare_cached(sql)?.query_map(params![place, reached], content)? {
        let (version, update) = update?;
        if version != reached + 1 {
            return Err(gap());
        }
        reached = version;
        updates.push(update);
    }
    if reached == version { Ok(Stored { version, state, updates }) } else { Err(gap()) }
}

fn content(row: &Row<'_>) -> Result<(u64, Bytes)> {
    Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?.into()))
}

fn gap() -> Error {
    Error::FromSqlConversionFailure(0, Type::Blob, "the log of updates has a gap".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::documents::DOCUMENTS;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(DOCUMENTS.sql).unwrap();
        db.execute_batch(UPDATES.sql).unwrap();
        db.execute_batch(
            "INSERT INTO documents(place, id, kind, creator_id, created_at, updated_at)
             VALUES (7, 'plan', 'yjs', 'ann', 0, 0), (8, 'other', 'yjs', 'ann', 0, 0)",
        )
        .unwrap();
        db
    }

    fn update(version: u64) -> Logged {
        let [low, ..] = version.to_le_bytes();
        let content = Bytes::from(vec![low]);
        Logged { version, user: "ann".into(), content, at: Timestamp::from_millis(5) }
    }

    #[test]
    fn what_was_appended_is_loaded_and_what_was_merged_is_a_state() {
        let db = database();
        assert_eq!(load(&db, 7), Ok(Stored::default()));
        for version in 1..=3 {
            append(&db, 7, &update(version)).unwrap();
        }
        append(&db, 8, &update(1)).unwrap();
        let loaded = load(&db, 7).unwrap();
        assert_eq!((loaded.version, loaded.state), (3, None));
        assert_eq!(loaded.updates, [&[1][..], &[2], &[3]]);
        merge(&db, 7, 2, b"merged").unwrap();
        let loaded = load(&db, 7).unwrap();
        assert_eq!((loaded.version, loaded.state.as_deref()), (3, Some(&b"merged"[..])));
        assert_eq!(loaded.updates, [&[3][..]]);
        merge(&db, 7, 3, b"again").unwrap();
        assert_eq!(load(&db, 7).unwrap().updates, Vec::<Bytes>::new());
        assert_eq!(load(&db, 8).unwrap().updates.len(), 1);
    }

    #[test]
    fn an_update_that_does_not_follow_is_refused_and_a_gap_is_found() {
        let db = database();
        assert!(append(&db, 7, &update(2)).is_err());
        append(&db, 7, &update(1)).unwrap();
        assert!(append(&db, 7, &update(1)).is_err());
        append(&db, 7, &update(2)).unwrap();
        append(&db, 7, &update(3)).unwrap();
        db.execute("DELETE FROM yjs_updates WHERE version = 2", []).unwrap();
        assert!(load(&db, 7).is_err());
        db.execute("DELETE FROM yjs_updates WHERE version = 3", []).unwrap();
        assert!(load(&db, 7).is_err());
        assert!(load(&db, 9).is_err());
    }
}
