//! How connections are set up.
//!
//! **Invariant.** No connection checkpoints on its own: not when it closes (after a failed sync
//! that would be the retry that must not be) and not when the log grows (the committer would pay).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use model::{Clock, Monotonic};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Prepared statements kept by each connection.
const STATEMENTS_MAX: usize = 256;
/// Steps of SQLite's machine between two looks at the clock, some ten microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 4096;
/// Once the log starts over, its file is cut to this.
const WAL_FILE_BYTES: i64 = 64 * 1024 * 1024;

/// A connection that may write to the existing database in `file`.
pub(crate) fn open_writer(file: &Path, busy_time_max: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    set_up(&conn, busy_time_max)?;
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "the file system cannot hold a write-ahead log");
    }
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    conn.pragma_update_and_check(None, "journal_size_limit", WAL_FILE_BYTES, |_| Ok(()))?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    Ok(conn)
}

/// A connection that can only read.
pub(crate) fn open_reader(file: &Path, busy_time_max: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    set_up(&conn, busy_time_max)?;
    Ok(conn)
}

fn set_up(conn: &Connection, busy_time_max: Duration) -> rusqlite::Result<()> {
    conn.busy_timeout(busy_time_max)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Or a statement with a parameter in its conditions is planned anew each time it is used.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(())
}

/// Ends what a connection does once a time has passed.
pub(crate) struct Deadline {
    clock: Arc<dyn Clock>,
    at: Arc<AtomicU64>,
}

impl Deadline {
    /// Watches `conn`; nothing is ended before the first [`Deadline::set`].
    pub(crate) fn watch(conn: &mut Connection, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let at = Arc::new(AtomicU64::new(u64::MAX));
        let (watched, looked_at) = (Arc::clone(&at), Arc::clone(&clock));
        let is_past = move || looked_at.monotonic() >= Monotonic(watched.load(Relaxed));
        conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(is_past))?;
        Ok(Self { clock, at })
    }

    pub(crate) fn set(&self, span: Duration) {
        self.at.store(self.clock.monotonic().after(span).0, Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.at.store(u64::MAX, Relaxed);
    }
}
