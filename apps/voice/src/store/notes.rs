//! What people noted for a session, for themselves.
//!
//! **Invariants.** Notes are their author's alone: no function reads them without saying whose.
//!
//! **Bounds.** [`NOTES_MAX`] sessions of one author have notes; further ones are refused.

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, Row, params};

pub(crate) const NOTES: Migration = Migration {
    name: "voice.notes.0001",
    sql: "
CREATE TABLE voice_notes(
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    format TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, session_id)
) STRICT;
",
};

/// Sessions for which one author may have notes.
pub(crate) const NOTES_MAX: usize = 200;

/// Somebody's notes for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotesRow {
    /// `markdown` or `plain`.
    pub(crate) format: String,
    pub(crate) text: String,
    pub(crate) updated_at: Timestamp,
}

/// What putting notes did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// There were none.
    Created,
    /// They stand in the place of the older.
    Replaced,
    /// The author has notes for as many sessions as one may.
    TooMany,
}

/// Stores notes, in the place of older ones.
pub(crate) fn put(db: &Connection, session: &str, user: &str, notes: &NotesRow) -> Result<Put> {
    let is_new = find(db, session, user)?.is_none();
    if is_new && count(db, user)? >= NOTES_MAX {
        return Ok(Put::TooMany);
    }
    let sql = "INSERT INTO voice_notes(user_id, session_id, format, text, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO UPDATE SET format = excluded.format, text = excluded.text,
                   updated_at = excluded.updated_at";
    let NotesRow { format, text, updated_at } = notes;
    let values = params![user, session, format, text, updated_at.as_millis()];
    db.prepare_cached(sql)?.execute(values)?;
    Ok(if is_new { Put::Created } else { Put::Replaced })
}

/// The notes of `user` for a session.
pub(crate) fn find(db: &Connection, session: &str, user: &str) -> Result<Option<NotesRow>> {
    let sql = "SELECT format, text, updated_at FROM voice_notes
               WHERE user_id = ?1 AND session_id = ?2";
    db.prepare_cached(sql)?.query_row([user, session], notes).optional()
}

/// Deletes them; whether there were any.
pub(crate) fn delete(db: &Connection, session: &str, user: &str) -> Result<bool> {
    let sql = "DELETE FROM voice_notes WHERE user_id = ?1 AND session_id = ?2";
    Ok(db.prepare_cached(sql)?.execute([user, session])? > 0)
}

fn count(db: &Connection, user: &str) -> Result<usize> {
    let sql = "SELECT count(*) FROM voice_notes WHERE user_id = ?1";
    db.prepare_cached(sql)?.query_row([user], |row| row.get(0))
}

fn notes(row: &Row<'_>) -> Result<NotesRow> {
    Ok(NotesRow {
        format: row.get(0)?,
        text: row.get(1)?,
        updated_at: Timestamp::from_millis(row.get(2)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(NOTES.sql).unwrap();
        db
    }

    fn row(text: &str) -> NotesRow {
        let updated_at = Timestamp::from_millis(5);
        NotesRow { format: "plain".to_owned(), text: text.to_owned(), updated_at }
    }

    #[test]
    fn notes_are_their_authors_and_their_sessions() {
        let db = database();
        assert_eq!(put(&db, "s", "ann", &row("one")).unwrap(), Put::Created);
        assert_eq!(put(&db, "s", "ann", &row("two")).unwrap(), Put::Replaced);
        assert_eq!(put(&db, "s", "ben", &row("three")).unwrap(), Put::Created);
        assert_eq!(find(&db, "s", "ann").unwrap(), Some(row("two")));
        assert_eq!(find(&db, "t", "ann").unwrap(), None);
        assert!(delete(&db, "s", "ann").unwrap() && !delete(&db, "s", "ann").unwrap());
        assert_eq!(find(&db, "s", "ben").unwrap(), Some(row("three")));
    }

    #[test]
    fn an_author_has_notes_for_so_many_sessions_and_may_change_those() {
        let db = database();
        for number in 0..NOTES_MAX {
            put(&db, &number.to_string(), "ann", &row("x")).unwrap();
        }
        assert_eq!(put(&db, "late", "ann", &row("x")).unwrap(), Put::TooMany);
        assert_eq!(put(&db, "7", "ann", &row("y")).unwrap(), Put::Replaced);
        assert_eq!(put(&db, "late", "ben", &row("x")).unwrap(), Put::Created);
    }
}
