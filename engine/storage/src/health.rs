//! Whether the store acknowledges anything, and which errors change that.
//!
//! **Invariant.** `Failed` is for ever: no later success leads back from it. An fsync that failed
//! may have dropped the pages it was to write, so that the next one succeeds over a hole.

use rusqlite::{ErrorCode, ffi};
use tokio::sync::watch;

use crate::CommitError;

/// What the store can do at this moment. Reads are served in every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Rows are committed.
    Ready,
    /// The disk is full: rows are refused, and a probe each second looks for space.
    StorageFull,
    /// Writing failed for good: nothing is acknowledged until the process restarts.
    Failed,
}

/// The one place that holds the store's health; cheap to read, can be waited on.
pub(crate) struct Gauge(watch::Sender<Health>);

impl Gauge {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Health::Ready))
    }

    pub(crate) fn now(&self) -> Health {
        *self.0.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    pub(crate) fn fail(&self, cause: &dyn std::fmt::Display) {
        if self.become_(Health::Failed) {
            tracing::error!(%cause, "store failed: nothing is acknowledged until a restart");
        }
    }

    pub(crate) fn fill(&self) {
        if self.become_(Health::StorageFull) {
            tracing::error!("disk is full: writes are refused until there is space");
        }
    }

    pub(crate) fn recover(&self) {
        if self.become_(Health::Ready) {
            tracing::info!("disk has space again: writes are accepted");
        }
    }

    /// Whether that changed anything.
    fn become_(&self, next: Health) -> bool {
        self.0.send_if_modified(|now| {
            let changes = *now != Health::Failed && *now != next;
            if changes {
                *now = next;
            }
            changes
        })
    }
}

/// Why a transaction did not commit, by what has to follow.
#[derive(Debug)]
pub(crate) enum Fault {
    /// One row's own fault: the others can be repeated without it.
    Row(CommitError),
    /// Another process held the write lock past the busy timeout.
    Busy,
    /// No space on the disk.
    Full,
    /// What was written may not be on the disk, or what is there is damaged.
    Broken(rusqlite::Error),
}

impl Fault {
    /// Sorts SQLite's error codes.
    pub(crate) fn of(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error() else {
            return Self::Row(CommitError::Rejected(error));
        };
        // The index in shared memory is a file too, and cannot grow on a full disk.
        if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE {
            return Self::Full;
        }
        match code.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::FileLockingProtocolFailed => Self::Broken(error),
            _ => Self::Row(CommitError::Rejected(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(extended: i32) -> Fault {
        Fault::of(rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None))
    }

    #[test]
    fn a_failed_sync_or_write_breaks_the_store() {
        for code in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_DIR_FSYNC,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHORT_READ,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CANTOPEN,
        ] {
            assert!(matches!(fault(code), Fault::Broken(_)), "code {code}");
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        assert!(matches!(fault(ffi::SQLITE_FULL), Fault::Full));
        assert!(matches!(fault(ffi::SQLITE_IOERR_SHMSIZE), Fault::Full));
    }

    #[test]
    fn a_constraint_is_the_rows_own_fault() {
        for code in [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_ERROR, ffi::SQLITE_TOOBIG] {
            assert!(matches!(fault(code), Fault::Row(CommitError::Rejected(_))), "code {code}");
        }
        assert!(matches!(
            Fault::of(rusqlite::Error::QueryReturnedNoRows),
            Fault::Row(CommitError::Rejected(_))
        ));
    }

    #[test]
    fn nothing_leads_back_from_failed() {
        let gauge = Gauge::new();
        gauge.fill();
        assert_eq!(gauge.now(), Health::StorageFull);
        gauge.recover();
        assert_eq!(gauge.now(), Health::Ready);
        gauge.fail(&"fsync");
        gauge.recover();
        gauge.fill();
        assert_eq!(gauge.now(), Health::Failed);
    }
}
