//! Documents: what they are, their log of edits, and snapshots of their texts.
//!
//! **Invariants.** A document has a row for each of its versions behind its *oldest*, without a gap: an edit is
//! appended behind the version it was made for, or not at all. The oldest is 0 (the empty text, where no
//! snapshot says otherwise) until old edits are forgotten, and has a snapshot from then on. Every other
//! snapshot is of a stored version, and derived: without it a text is rebuilt from an older one. A document's
//! place is its own for ever, and so is its id.
//!
//! **Retention.** Edits stay as long as their document, or until they are [`forget`]ten. Of snapshots the newest
//! [`SNAPSHOTS_DENSE`] versions' and the oldest stay, of others each [`SNAPSHOT_SPARSE`]th version's.

mod list;
mod old;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

pub(crate) use list::{Listed, list};
pub(crate) use old::{delete, forget, outlived, stale};
pub(crate) use text::{
    ClientId, FINGERPRINT_BYTES, Loaded, Logged, Rebuilt, Repeated, add_snapshot, append, edits,
    load, repeated, text_at,
};

use crate::collaboration::{Change, Kind, Role};

/// Versions whose snapshots are all kept.
const SNAPSHOTS_DENSE: u64 = 10_000;
/// Of older snapshots those of the versions that this divides are kept.
const SNAPSHOT_SPARSE: u64 = 10_000;

/// Documents, their edits, snapshots, people and roles.
pub(crate) const DOCUMENTS: Migration = Migration {
    name: "learning.documents.0001",
    sql: "
CREATE TABLE documents(
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    title TEXT,
    is_locked INTEGER NOT NULL DEFAULT 0,
    is_closed INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE document_people(
    user_id TEXT NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (user_id, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE document_roles(
    document INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (document, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE document_edits(
    document INTEGER NOT NULL,
    version INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT,
    body BLOB,
    position INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    content TEXT NOT NULL,
    edited_at INTEGER NOT NULL,
    PRIMARY KEY (document, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX document_edits_by_client_id ON document_edits(document, user_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE TABLE document_snapshots(
    document INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (document, version)
) STRICT;
",
};

/// The oldest version of a document that can be asked for.
pub(crate) const OLDEST: Migration = Migration {
    name: "learning.documents.0002",
    sql: "ALTER TABLE documents ADD COLUMN oldest INTEGER NOT NULL DEFAULT 0;",
};

/// What a document is, besides its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Where it stands in the store.
    pub(crate) place: i64,
    /// Its name.
    pub(crate) id: Arc<str>,
    /// How it is edited.
    pub(crate) kind: Kind,
    /// The user who made it.
    pub(crate) creator: Arc<str>,
    /// What people call it.
    pub(crate) title: Option<Arc<str>>,
    /// Whether nobody may edit it.
    pub(crate) is_locked: bool,
    /// Whether it has ended.
    pub(crate) is_closed: bool,
    /// How many edits it has had.
    pub(crate) version: u64,
    /// The oldest version whose text is kept, and behind which every edit is.
    pub(crate) oldest: u64,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it, or a rule of it, was changed last.
    pub(crate) updated_at: Timestamp,
}

/// A document to be made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Its name.
    pub(crate) id: Arc<str>,
    /// How it is edited.
    pub(crate) kind: Kind,
    /// Who makes it.
    pub(crate) creator: Arc<str>,
    /// What people call it.
    pub(crate) title: Option<Arc<str>>,
    /// When.
    pub(crate) at: Timestamp,
}

/// What [`facts`] reads.
const COLUMNS: &str = "d.place, d.id, d.kind, d.creator_id, d.title, d.is_locked, d.is_closed, \
                       d.version, d.created_at, d.updated_at, d.oldest";

fn facts(row: &Row<'_>) -> Result<Facts> {
    Ok(Facts {
        place: row.get(0)?,
        id: row.get(1)?,
        kind: named(row, 2, Kind::named)?,
        creator: row.get(3)?,
        title: row.get(4)?,
        is_locked: row.get(5)?,
        is_closed: row.get(6)?,
        version: row.get(7)?,
        created_at: Timestamp::from_millis(row.get(8)?),
        updated_at: Timestamp::from_millis(row.get(9)?),
        oldest: row.get(10)?,
    })
}

/// The value whose name stands in a column.
fn named<T>(row: &Row<'_>, column: usize, value: impl Fn(&str) -> Option<T>) -> Result<T> {
    let name: String = row.get(column)?;
    value(&name).ok_or_else(|| {
        Error::FromSqlConversionFailure(column, Type::Text, format!("unknown: {name:?}").into())
    })
}

/// The document of this id.
pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<Facts>> {
    let sql = format!("SELECT {COLUMNS} FROM documents d WHERE d.id = ?1");
    db.prepare_cached(&sql)?.query_row([id], facts).optional()
}

/// Makes a document, whose creator takes part in it; `None` where the id is taken.
pub(crate) fn make(db: &Connection, draft: &Draft) -> Result<Option<Facts>> {
    let sql = "INSERT INTO documents(id, kind, creator_id, title, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO NOTHING";
    let Draft { id, kind, creator, title, at } = draft;
    let values = params![id, kind.as_str(), creator, title, at.as_millis()];
    if db.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(None);
    }
    let place = db.last_insert_rowid();
    note_person(db, place, creator)?;
    Ok(Some(Facts {
        place,
        id: Arc::clone(id),
        kind: *kind,
        creator: Arc::clone(creator),
        title: title.clone(),
        is_locked: false,
        is_closed: false,
        version: 0,
        oldest: 0,
        created_at: *at,
        updated_at: *at,
    }))
}

/// Somebody takes part in a document.
pub(crate) fn note_person(db: &Connection, place: i64, user: &str) -> Result<()> {
    let sql = "INSERT INTO document_people(user_id, document) VALUES (?1, ?2)
               ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![user, place]).map(drop)
}

/// The roles that were granted in a document.
pub(crate) fn roles(db: &Connection, place: i64) -> Result<HashMap<Arc<str>, Role>> {
    let sql = "SELECT user_id, role FROM document_roles WHERE document = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let roles =
        statement.query_map([place], |row| Ok((row.get(0)?, named(row, 1, Role::named)?)))?;
    roles.collect()
}

/// Changes a rule of a document.
pub(crate) fn change(db: &Connection, place: i64, change: &Change, at: Timestamp) -> Result<()> {
    match change {
        Change::Role { user, role } => {
            let sql = "INSERT INTO document_roles(document, user_id, role) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET role = excluded.role";
            db.prepare_cached(sql)?.execute(params![place, user, role.as_str()])?;
        }
        Change::Lock(is_locked) => {
            let sql = "UPDATE documents SET is_locked = ?2 WHERE place = ?1";
            db.prepare_cached(sql)?.execute(params![place, is_locked])?;
        }
        Change::Close => {
            let sql = "UPDATE documents SET is_closed = 1 WHERE place = ?1";
            db.prepare_cached(sql)?.execute([place])?;
        }
    }
    let sql = "UPDATE documents SET updated_at = max(updated_at, ?2) WHERE place = ?1";
    db.prepare_cached(sql)?.execute(params![place, at.as_millis()]).map(drop)
}
