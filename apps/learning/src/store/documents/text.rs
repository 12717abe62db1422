//! The text of a document: its log of edits, and the snapshots it is rebuilt from.

use std::collections::HashMap;
use std::sync::Arc;

use model::Timestamp;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use super::{Facts, SNAPSHOT_SPARSE, SNAPSHOTS_DENSE, find, roles};
use crate::collaboration::{Content, Role, Splice, Text};

/// Bytes of a fingerprint.
pub(crate) const FINGERPRINT_BYTES: usize = 16;

/// The id that a client gave its edit, with a fingerprint of what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientId {
    /// The id; its user's own, within the document.
    pub(crate) id: Arc<str>,
    /// What came under that id.
    pub(crate) body: [u8; FINGERPRINT_BYTES],
}

/// One edit of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    /// The version it made.
    pub(crate) version: u64,
    /// Whose it is.
    pub(crate) user: Arc<str>,
    /// The id its client gave it.
    pub(crate) client_id: Option<ClientId>,
    /// The edit, as it was applied to the version before.
    pub(crate) splice: Splice,
    /// When.
    pub(crate) at: Timestamp,
}

/// What was stored under a client's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated {
    /// What came under it.
    pub(crate) body: [u8; FINGERPRINT_BYTES],
    /// What became of it.
    pub(crate) version: u64,
    /// Where.
    pub(crate) position: u32,
    /// How much.
    pub(crate) length: u32,
}

/// A text that was rebuilt from a snapshot and edits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rebuilt {
    /// The text.
    pub(crate) text: Text,
    /// How many edits that took.
    pub(crate) edits: u64,
    /// Bytes of their contents.
    pub(crate) edits_bytes: usize,
}

/// A document with its text.
pub(crate) struct Loaded {
    /// What it is.
    pub(crate) facts: Facts,
    /// The roles that were granted in it.
    pub(crate) roles: HashMap<Arc<str>, Role>,
    /// Its text; empty for a kind that has none.
    pub(crate) text: Rebuilt,
    /// Whether a client gave an id to one of its edits.
    pub(crate) has_client_ids: bool,
}

impl Loaded {
    /// A document that was just made.
    pub(crate) fn fresh(facts: Facts) -> Self {
        let (roles, text) = Default::default();
        Self { facts, roles, text, has_client_ids: false }
    }
}

/// Appends an edit.
///
/// # Errors
/// Where its version does not follow the document's.
pub(crate) fn append(db: &Connection, place: i64, edit: &Logged) -> Result<()> {
    let sql = "UPDATE documents SET version = ?2, updated_at = max(updated_at, ?3)
               WHERE place = ?1 AND version = ?2 - 1";
    let values = params![place, edit.version, edit.at.as_millis()];
    if db.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(Error::StatementChangedRows(0));
    }
    let sql = "INSERT INTO document_edits(document, version, user_id, client_id, body, position,
                   deleted, content, edited_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let client_id = edit.client_id.as_ref();
    db.prepare_cached(sql)?.execute(params![
        place,
        edit.version,
        edit.user,
        client_id.map(|client| &*client.id),
        client_id.map(|client| &client.body[..]),
        edit.splice.position,
        edit.splice.deleted,
        edit.splice.content.as_str(),
        edit.at.as_millis(),
    ])?;
    Ok(())
}

/// What `user` stored in the document under this id.
pub(crate) fn repeated(
    db: &Connection,
    place: i64,
    user: &str,
    id: &str,
) -> Result<Option<Repeated>> {
    let sql = "SELECT body, version, position, deleted, content FROM document_edits
               WHERE document = ?1 AND user_id = ?2 AND client_id = ?3";
    let repeated = |row: &Row<'_>| {
        let splice = splice(row, 2)?;
        let (position, length) = (splice.position, splice.length());
        Ok(Repeated { body: row.get(0)?, version: row.get(1)?, position, length })
    };
    db.prepare_cached(sql)?.query_row(params![place, user, id], repeated).optional()
}

/// The edits past version `after`, oldest first, at most so many.
pub(crate) fn edits(
    db: &Connection,
    place: i64,
    after: u64,
    count_max: usize,
) -> Result<Vec<Logged>> {
    let sql = "SELECT version, user_id, edited_at, position, deleted, content, client_id, body
               FROM document_edits WHERE document = ?1 AND version > ?2 ORDER BY version LIMIT ?3";
    let logged = |row: &Row<'_>| {
        let at = Timestamp::from_millis(row.get(2)?);
        let (id, body): (Option<Arc<str>>, Option<_>) = (row.get(6)?, row.get(7)?);
        let client_id = id.zip(body).map(|(id, body)| ClientId { id, body });
        let splice = splice(row, 3)?;
        Ok(Logged { version: row.get(0)?, user: row.get(1)?, client_id, splice, at })
    };
    db.prepare_cached(sql)?.query_map(params![place, after, count_max], logged)?.collect()
}

/// Position, length and content, from column `first` on.
fn splice(row: &Row<'_>, first: usize) -> Result<Splice> {
    let content = row.get_ref(first + 2)?.as_str()?;
    let content = Content::from(content);
    Ok(Splice { position: row.get(first)?, deleted: row.get(first + 1)?, content })
}

/// Keeps the text of a version, compressed, and thins out old ones. The oldest version's stays.
pub(crate) fn add_snapshot(
    db: &Connection,
    place: i64,
    version: u64,
    compressed: &[u8],
) -> Result<()> {
    let sql = "INSERT INTO document_snapshots(document, version, content) VALUES (?1, ?2, ?3)
               ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![place, version, compressed])?;
    let sql = "DELETE FROM document_snapshots
               WHERE document = ?1 AND version < ?2 AND version % ?3 <> 0
                   AND version IS NOT (SELECT oldest FROM documents WHERE place = ?1)";
    let dense_from = version.saturating_sub(SNAPSHOTS_DENSE);
    db.prepare_cached(sql)?.execute(params![place, dense_from, SNAPSHOT_SPARSE]).map(drop)
}

/// The text of a version, which the document has had, and which is not older than its oldest.
pub(crate) fn text_at(db: &Connection, place: i64, version: u64) -> Result<Rebuilt> {
    let sql = "SELECT version, content FROM document_snapshots
               WHERE document = ?1 AND version <= ?2 ORDER BY version DESC LIMIT 1";
    let snapshot = |row: &Row<'_>| {
        let text = Text::inflated(row.get_ref(1)?.as_blob()?);
        Ok((text.ok_or_else(|| broken("a snapshot is no text"))?, row.get(0)?))
    };
    let found = db.prepare_cached(sql)?.query_row(params![place, version], snapshot).optional()?;
    let (text, from): (Text, u64) = found.unwrap_or_default();
    let mut rebuilt = Rebuilt { text, ..Rebuilt::default() };
    let sql = "SELECT position, deleted, content FROM document_edits
               WHERE document = ?1 AND version > ?2 AND version <= ?3 ORDER BY version";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![place, from, version])?;
    while let Some(row) = rows.next()? {
        let edit = splice(row, 0)?;
        if !rebuilt.text.apply(&edit) {
            return Err(broken("an edit lies outside its text"));
        }
        rebuilt.edits += 1;
        rebuilt.edits_bytes += edit.content.as_str().len();
    }
    Ok(rebuilt)
}

/// The document of this id, with its text.
pub(crate) fn load(db: &Connection, id: &str) -> Result<Option<Loaded>> {
    let Some(facts) = find(db, id)? else { return Ok(None) };
    let roles = roles(db, facts.place)?;
    let text = text_at(db, facts.place, facts.version)?;
    let sql = "SELECT EXISTS (SELECT 1 FROM document_edits
               WHERE document = ?1 AND client_id IS NOT NULL)";
    let has_client_ids = db.prepare_cached(sql)?.query_row([facts.place], |row| row.get(0))?;
    Ok(Some(Loaded { facts, roles, text, has_client_ids }))
}

fn broken(what: &'static str) -> Error {
    Error::FromSqlConversionFailure(0, Type::Blob, what.into())
}
