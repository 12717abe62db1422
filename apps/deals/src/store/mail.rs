//! What waits for people: their mailboxes, and the entries that none of their connections has taken.
//!
//! **Invariants.** Positions of a mailbox are dense from 1 and given once, in the order of commits. Of
//! one kind and key at most one entry waits: a newer one is stored behind all others and the older one
//! goes.
//!
//! **Bounds.** [`WAITING_MAX`] entries wait for a person; past that the oldest goes and is counted.

use model::Timestamp;
use serde_json::value::RawValue;
use storage::Migration;
use storage::rusqlite::{Connection, OptionalExtension, Result, params};

pub(crate) const MAIL: Migration = Migration {
    name: "deals.mail.0001",
    sql: "
CREATE TABLE deals_mailboxes(
    user_id TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_mailboxes_dropped ON deals_mailboxes(dropped) WHERE dropped > 0;
CREATE TABLE deals_mail(
    id INTEGER NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (user_id, position),
    UNIQUE (user_id, kind, key)
) STRICT;
",
};

/// When entries were stored. Those of before are as old as the table of times, so that none goes early.
pub(crate) const TIMES: Migration = Migration {
    name: "deals.mail.0002",
    sql: "
ALTER TABLE deals_mail ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
UPDATE deals_mail SET stored_at = unixepoch() * 1000;
CREATE INDEX deals_mail_old ON deals_mail(stored_at) WHERE kind = 'message';
",
};

/// Entries that wait for one person.
pub(crate) const WAITING_MAX: u64 = 1000;

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message from somebody; its key is the message's id.
    Message,
    /// A price alert that was met; its key is the deal's id.
    Alert,
    /// The status of a task; its key is the task's id.
    Task,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Message, Self::Alert, Self::Task];

    /// Its name in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Alert => "alert",
            Self::Task => "task",
        }
    }

    /// The kind of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Something to be put into a person's mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// Whose mailbox.
    pub(crate) user: &'a str,
    /// What it tells.
    pub(crate) kind: Kind,
    /// What a newer entry of the same kind replaces it by, while it waits.
    pub(crate) key: &'a str,
    /// The push's `data`.
    pub(crate) data: &'a RawValue,
    /// When what it tells was stored.
    pub(crate) stored_at: Timestamp,
}

/// Stores an entry behind all others of its user's mailbox, where it waits until it is taken. Its
/// position; once committed it has to be told, as [`crate::mail::Mail::tell`] says.
pub(crate) fn put(db: &Connection, entry: &Entry<'_>) -> Result<u64> {
    let Entry { user, kind, key, data, stored_at } = entry;
    let position = pass(db, user)?;
    let sql = "DELETE FROM deals_mail WHERE user_id = ?1 AND kind = ?2 AND key = ?3";
    db.prepare_cached(sql)?.execute([user, kind.as_str(), key])?;
    let sql = "INSERT INTO deals_mail(user_id, position, kind, key, data, stored_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![user, position, kind.as_str(), key, data.get(), stored_at.as_millis()];
    db.prepare_cached(sql)?.execute(values)?;
    drop_oldest(db, user, position)?;
    Ok(position)
}

/// Takes a position of the user's mailbox for something that waits elsewhere, or not at all. Once
/// committed it has to be told, too.
pub(crate) fn pass(db: &Connection, user: &str) -> Result<u64> {
    let sql = "INSERT INTO deals_mailboxes(user_id, last) VALUES (?1, 1)
               ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last";
    db.prepare_cached(sql)?.query_row([user], |row| row.get(0))
}

/// Where more wait than may once `last` was put, the oldest ones go.
fn drop_oldest(db: &Connection, user: &str, last: u64) -> Result<()> {
    let sql = "SELECT min(position) FROM deals_mail WHERE user_id = ?1";
    let oldest: Option<u64> = db.prepare_cached(sql)?.query_row([user], |row| row.get(0))?;
    // Positions are dense, so that only a long mailbox has to be counted.
    if oldest.is_none_or(|oldest| last - oldest < WAITING_MAX) {
        return Ok(());
    }
    let sql = "SELECT position FROM deals_mail WHERE user_id = ?1
               ORDER BY position DESC LIMIT 1 OFFSET ?2";
    let mut statement = db.prepare_cached(sql)?;
    let newest_to_go: Option<u64> =
        statement.query_row(params![user, WAITING_MAX], |row| row.get(0)).optional()?;
    let Some(newest_to_go) = newest_to_go else { return Ok(()) };
    let dropped = take(db, user, newest_to_go)?;
    let sql = "UPDATE deals_mailboxes SET dropped = dropped + ?2 WHERE user_id = ?1";
    db.prepare_cached(sql)?.execute(params![user, dropped])?;
    Ok(())
}

/// A connection of the user has everything up to `position`: none of it waits any more. How many did.
pub(crate) fn take(db: &Connection, user: &str, position: u64) -> Result<usize> {
    let sql = "DELETE FROM deals_mail WHERE user_id = ?1 AND position <= ?2";
    db.prepare_cached(sql)?.execute(params![user, position])
}

/// Deletes at most `count_max` copies of messages that were stored before `before` and wait still; how
/// many.
pub(crate) fn sweep_messages(
    db: &Connection,
    before: Timestamp,
    count_max: usize,
) -> Result<usize> {
    let sql = "DELETE FROM deals_mail WHERE id IN (
                   SELECT id FROM deals_mail WHERE kind = 'message' AND stored_at < ?1
                   ORDER BY stored_at LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![before.as_millis(), count_max])
}

/// The newest position of the user's mailbox; 0 where it never had one.
pub(crate) fn last(db: &Connection, user: &str) -> Result<u64> {
    let sql = "SELECT last FROM deals_mailboxes WHERE user_id = ?1";
    let last = db.prepare_cached(sql)?.query_row([user], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0))
}

/// Position, kind and data of what waits for user `?1` after position `?2` up to `?3`, in order.
pub(crate) const WAITING_SQL: &str = "SELECT position, kind, data FROM deals_mail
    WHERE user_id = ?1 AND position > ?2 AND position <= ?3 ORDER BY position";

/// Entries that went, untaken, because more waited than may, since the store was made.
pub(crate) fn dropped(db: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(sum(dropped), 0) FROM deals_mailboxes WHERE dropped > 0";
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}
