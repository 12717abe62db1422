//! Notifications: what somebody is to know, until they say that they do.
//!
//! **Invariants.** A notification has a position of its user's mailbox, but waits here: it comes again
//! on each connect until it is acknowledged, which happens once.

use model::Timestamp;
use serde_json::value::RawValue;
use storage::Migration;
use storage::rusqlite::types::Type;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use super::mail;
use crate::protocol::{Notification, NotificationStatus};

pub(crate) const NOTIFICATIONS: Migration = Migration {
    name: "deals.notifications.0001",
    sql: "
CREATE TABLE deals_notifications(
    rowid INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT,
    created_at INTEGER NOT NULL,
    read_at INTEGER,
    UNIQUE (user_id, position)
) STRICT;
CREATE INDEX deals_notifications_unread ON deals_notifications(user_id, position)
    WHERE read_at IS NULL;
CREATE INDEX deals_notifications_read ON deals_notifications(user_id, position)
    WHERE read_at IS NOT NULL;
CREATE INDEX deals_notifications_old ON deals_notifications(read_at) WHERE read_at IS NOT NULL;
",
};

/// A stored notification.
#[derive(Clone, Debug)]
pub(crate) struct NotificationRow {
    /// Its id, unique among all.
    pub(crate) id: String,
    /// Its position in its user's mailbox; 0 before it is stored.
    pub(crate) position: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) kind: String,
    /// What its producer added: an object.
    pub(crate) data: Option<Box<RawValue>>,
    pub(crate) created_at: Timestamp,
    /// Whether it was acknowledged.
    pub(crate) is_read: bool,
}

impl NotificationRow {
    /// The notification as it is pushed.
    pub(crate) fn event(&self) -> Notification<'_> {
        Notification {
            notification_id: &self.id,
            title: &self.title,
            body: &self.body,
            kind: &self.kind,
            data: self.data.as_deref(),
            created_at: self.created_at.as_secs(),
            status: self.status(),
        }
    }

    /// Whether it was acknowledged, as it is shown.
    pub(crate) const fn status(&self) -> NotificationStatus {
        if self.is_read { NotificationStatus::Read } else { NotificationStatus::Unread }
    }

    /// Bytes of its texts.
    pub(crate) fn bytes(&self) -> usize {
        let data = self.data.as_deref().map_or(0, |data| data.get().len());
        self.title.len() + self.body.len() + data
    }
}

/// Stores a notification for `user` behind all others of their mailbox; its position there.
pub(crate) fn insert(db: &Connection, user: &str, new: &NotificationRow) -> Result<u64> {
    let position = mail::pass(db, user)?;
    let sql = "INSERT INTO deals_notifications(id, user_id, position, title, body, kind, data,
                   created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    db.prepare_cached(sql)?.execute(params![
        new.id,
        user,
        position,
        new.title,
        new.body,
        new.kind,
        new.data.as_deref().map(RawValue::get),
        new.created_at.as_millis(),
    ])?;
    Ok(position)
}

/// What became of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// The notification is read, now or before.
    Read,
    /// It is somebody else's.
    NotTheirs,
    /// There is no such notification.
    Unknown,
}

/// `user` acknowledges the notification `id`.
pub(crate) fn acknowledge(
    db: &Connection,
    user: &str,
    id: &str,
    now: Timestamp,
) -> Result<Acknowledged> {
    let sql = "UPDATE deals_notifications SET read_at = ?3
               WHERE id = ?1 AND user_id = ?2 AND read_at IS NULL";
    if db.prepare_cached(sql)?.execute(params![id, user, now.as_millis()])? > 0 {
        return Ok(Acknowledged::Read);
    }
    let sql = "SELECT user_id FROM deals_notifications WHERE id = ?1";
    let owner: Option<String> =
        db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(match owner {
        None => Acknowledged::Unknown,
        Some(owner) if owner == user => Acknowledged::Read,
        Some(_) => Acknowledged::NotTheirs,
    })
}

const COLUMNS: &str = "id, position, title, body, kind, data, created_at, read_at IS NOT NULL";

/// A row of [`COLUMNS`].
pub(crate) fn notification(row: &Row<'_>) -> Result<NotificationRow> {
    let data: Option<String> = row.get(5)?;
    let invalid = |error| Error::FromSqlConversionFailure(5, Type::Text, Box::new(error));
    Ok(NotificationRow {
        id: row.get(0)?,
        position: row.get(1)?,
        title: row.get(2)?,
        body: row.get(3)?,
        kind: row.get(4)?,
        data: data.map(RawValue::from_string).transpose().map_err(invalid)?,
        created_at: Timestamp::from_millis(row.get(6)?),
        is_read: row.get(7)?,
    })
}

/// Notifications of `user`, newest first, before the position `before`.
pub(crate) fn of_user(
    db: &Connection,
    user: &str,
    status: Option<NotificationStatus>,
    before: Option<u64>,
    count_max: usize,
) -> Result<Vec<NotificationRow>> {
    let wanted = match status {
        None => "",
        Some(NotificationStatus::Unread) => "AND read_at IS NULL",
        Some(NotificationStatus::Read) => "AND read_at IS NOT NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM deals_notifications
         WHERE user_id = ?1 AND position < ?2 {wanted} ORDER BY position DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    statement.query_map(params![user, before, count_max], notification)?.collect()
}

/// What [`notification`] reads of the unread notifications of user `?1` after position `?2` up to
/// `?3`, in order.
pub(crate) fn unread_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM deals_notifications
         WHERE user_id = ?1 AND position > ?2 AND position <= ?3 AND read_at IS NULL
         ORDER BY position"
    )
}

/// Deletes at most `count_max` notifications that were read before `before`; how many.
pub(crate) fn sweep(db: &Connection, before: Timestamp, count_max: usize) -> Result<usize> {
    let sql = "DELETE FROM deals_notifications WHERE rowid IN
                   (SELECT rowid FROM deals_notifications
                    WHERE read_at IS NOT NULL AND read_at < ?1 ORDER BY read_at LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![before.as_millis(), count_max])
}
