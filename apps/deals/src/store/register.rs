//! The tables of open connections and of their subscriptions.
//!
//! Nothing reads them here: they are for whoever looks into the store. `ttl` is when a row is over, in
//! seconds since 1970, as such tables have it.

use storage::Migration;
use storage::rusqlite::{Connection, Result, params};

pub(crate) const REGISTER: Migration = Migration {
    name: "deals.register.0001",
    sql: "
CREATE TABLE deals_connections(
    connection_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ttl INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_connections_by_ttl ON deals_connections(ttl);
CREATE TABLE deals_subscriptions(
    subscription_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    filters TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ttl INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, connection_id)
) STRICT;
CREATE INDEX deals_subscriptions_by_connection ON deals_subscriptions(connection_id);
CREATE INDEX deals_subscriptions_by_ttl ON deals_subscriptions(ttl);
",
};

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It opened.
    Opened {
        connection: Box<str>,
        user: Box<str>,
        /// Milliseconds since 1970.
        created_at: i64,
        /// Seconds since 1970.
        ttl: i64,
    },
    /// It ended, and its subscriptions with it.
    Closed { connection: Box<str> },
    /// It subscribed to something.
    Subscribed {
        id: Box<str>,
        connection: Box<str>,
        user: Box<str>,
        topic: &'static str,
        filters: Box<str>,
        /// Milliseconds since 1970.
        created_at: i64,
        /// Seconds since 1970.
        ttl: i64,
    },
    /// It ended a subscription.
    Unsubscribed { id: Box<str>, connection: Box<str> },
    /// The process began: no row is of a connection of its own.
    Began,
}

/// Writes one change down.
pub(crate) fn write(db: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::Opened { connection, user, created_at, ttl } => {
            let sql =
                "INSERT OR REPLACE INTO deals_connections(connection_id, user_id, created_at, ttl)
                       VALUES (?1, ?2, ?3, ?4)";
            db.prepare_cached(sql)?.execute(params![connection, user, created_at, ttl])?;
        }
        Change::Closed { connection } => {
            let sql = "DELETE FROM deals_connections WHERE connection_id = ?1";
            db.prepare_cached(sql)?.execute([connection])?;
            let sql = "DELETE FROM deals_subscriptions WHERE connection_id = ?1";
            db.prepare_cached(sql)?.execute([connection])?;
        }
        Change::Subscribed { id, connection, user, topic, filters, created_at, ttl } => {
            let sql = "INSERT OR REPLACE INTO deals_subscriptions(subscription_id, connection_id,
                           user_id, topic, filters, created_at, ttl)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let values = params![id, connection, user, topic, filters, created_at, ttl];
            db.prepare_cached(sql)?.execute(values)?;
        }
        Change::Unsubscribed { id, connection } => {
            let sql = "DELETE FROM deals_subscriptions
                       WHERE subscription_id = ?1 AND connection_id = ?2";
            db.prepare_cached(sql)?.execute([id, connection])?;
        }
        Change::Began => {
            db.execute_batch("DELETE FROM deals_connections; DELETE FROM deals_subscriptions")?;
        }
    }
    Ok(())
}

/// Deletes at most `count_max` rows of each table that are over at `now`, in seconds since 1970; how
/// many.
pub(crate) fn sweep(db: &Connection, now: i64, count_max: usize) -> Result<usize> {
    let sql = "DELETE FROM deals_connections WHERE connection_id IN
                   (SELECT connection_id FROM deals_connections WHERE ttl <= ?1 LIMIT ?2)";
    let connections = db.prepare_cached(sql)?.execute(params![now, count_max])?;
    let sql = "DELETE FROM deals_subscriptions WHERE rowid IN
                   (SELECT rowid FROM deals_subscriptions WHERE ttl <= ?1 LIMIT ?2)";
    let subscriptions = db.prepare_cached(sql)?.execute(params![now, count_max])?;
    Ok(connections + subscriptions)
}
