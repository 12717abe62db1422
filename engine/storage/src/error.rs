//! What can go wrong, by who hears of it: the operator ([`StorageError`]), the writer of a row
//! ([`Refused`] before it queued, [`CommitError`] after), the reader ([`ReadError`]).

use std::path::{Path, PathBuf};

/// The store could not be opened, copied or restored.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A file or directory could not be used.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done, such as "create".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// SQLite refused while `doing`.
    #[error("the database failed to {doing}")]
    Database {
        /// What was being done, such as "read its epoch".
        doing: &'static str,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// Another process, or another store of this one, has the directory open.
    #[error("the data directory {} is in use by another server", .0.display())]
    InUse(PathBuf),
    /// A restore would overwrite a database and was not told to.
    #[error("{} holds a database already; say that it is to be replaced", .0.display())]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A restore stopped half way; only running it again makes the directory whole.
    #[error("a restore into {} was interrupted; run it again", .0.display())]
    RestoreInterrupted(PathBuf),
    /// The file is damaged; restore a backup.
    #[error("{} is damaged: {found}", file.display())]
    Corrupt {
        /// The damaged file.
        file: PathBuf,
        /// What shows the damage.
        found: String,
    },
    /// The file is a database of another program, or none at all.
    #[error("{} is not a database of this server", .0.display())]
    Foreign(PathBuf),
    /// The database was written by a newer binary, or one with other applications.
    #[error("the database holds migration {0:?}, which this binary does not know")]
    MigrationUnknown(String),
    /// A migration's SQL is no longer what ran.
    #[error("migration {0:?} was changed after it ran on this database")]
    MigrationChanged(String),
    /// Two migrations share a name.
    #[error("migration {0:?} is listed twice")]
    MigrationTwice(String),
    /// A migration's SQL failed; nothing of it was kept.
    #[error("migration {name:?} failed")]
    Migration {
        /// Which.
        name: String,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
}

impl StorageError {
    /// For `map_err` of file operations.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// For `map_err` of SQLite calls on `file`: damage and strangers get names of their own.
    pub(crate) fn database(
        doing: &'static str,
        file: &Path,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt { file: file.to_owned(), found: source.to_string() }
            }
            Some(rusqlite::ErrorCode::NotADatabase) => Self::Foreign(file.to_owned()),
            _ => Self::Database { doing, source },
        }
    }
}

/// No place in a queue: nothing was stored, nothing will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The queue is at its bound; try again later.
    #[error("the store's queue is full")]
    Busy,
    /// The disk is full; the store recovers by itself once there is space.
    #[error("the store's disk is full")]
    StorageFull,
    /// The store failed for good; the process has to restart.
    #[error("the store failed")]
    Failed,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
}

/// A row was not acknowledged.
///
/// It is not stored, save that after [`CommitError::Failed`] a restart may find it stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The queue is at its bound, or another process held the database too long; try again later.
    #[error("the store is busy")]
    Busy,
    /// The disk is full; the store recovers by itself once there is space.
    #[error("the store's disk is full")]
    StorageFull,
    /// The store failed for good; whether the row is on the disk is unknown.
    #[error("the store failed")]
    Failed,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
    /// This row's own `apply` failed, or the commit of it alone (a deferred constraint).
    #[error("the row was rejected")]
    Rejected(#[source] rusqlite::Error),
    /// The row's `apply` panicked or ended the transaction it was lent; logged where it happened.
    #[error("the row's code misbehaved")]
    Misbehaved,
}

impl From<Refused> for CommitError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::Busy,
            Refused::StorageFull => Self::StorageFull,
            Refused::Failed => Self::Failed,
            Refused::Closed => Self::Closed,
        }
    }
}

/// A read gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It was not begun.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It ran past `Options::read_time_max` and was ended.
    #[error("the read took too long")]
    Timeout,
    /// SQLite refused, or the closure did.
    #[error("the read failed")]
    Database(#[source] rusqlite::Error),
    /// The closure panicked; logged where it happened.
    #[error("the read's code panicked")]
    Panicked,
}
