//! The documents of a person.

use storage::rusqlite::{Connection, Result, params};

use super::{COLUMNS, Facts, facts};

/// Which documents are listed.
pub(crate) struct Listed {
    /// Whose: those they made or took part in.
    pub(crate) user: Box<str>,
    /// Only these, where a token opens no others.
    pub(crate) open: Option<Vec<String>>,
    /// Only those made before the one of this place.
    pub(crate) before: Option<i64>,
    /// At most so many.
    pub(crate) count_max: usize,
}

/// Documents that have not ended, the newest first.
pub(crate) fn list(db: &Connection, listed: &Listed) -> Result<Vec<Facts>> {
    let open =
        listed.open.as_ref().map(|open| serde_json::Value::from(open.as_slice()).to_string());
    let sql = format!(
        "SELECT {COLUMNS} FROM document_people p JOIN documents d ON d.place = p.document
         WHERE p.user_id = ?1 AND p.document < ?2 AND d.is_closed = 0
             AND (?3 IS NULL OR d.id IN (SELECT value FROM json_each(?3)))
         ORDER BY p.document DESC LIMIT ?4"
    );
    let before = listed.before.unwrap_or(i64::MAX);
    let values = params![listed.user, before, open, listed.count_max];
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_map(values, facts)?.collect()
}
