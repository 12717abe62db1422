//! Copies of a database: made beside a running server, put back only where none runs.
//!
//! **Invariants.** A copy gets its name only when it is whole, checked and synced. A restored
//! database has an epoch nobody has seen, so that clients learn that history may have changed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, ffi};

use crate::connection::open_reader;
use crate::directory::{
    self, Directory, DirectoryLock, beside, check_header, check_pages, create_private, remove, sync,
};
use crate::{StorageError, wal};

/// How long a copy waits for another process that holds the database.
const BUSY_TIME_MAX: Duration = Duration::from_secs(5);

/// What a restore does with a database that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Keep,
    /// Lose it.
    Replace,
}

/// Copies the database in `dir` into `file`, whether or not a server has `dir` open. Blocks. As
/// [`crate::Store::backup`] otherwise.
///
/// # Errors
/// [`StorageError::Missing`] without a database, [`StorageError::Foreign`] and
/// [`StorageError::Corrupt`] when it or the copy cannot be trusted,
/// [`StorageError::RestoreInterrupted`], [`StorageError::Io`], [`StorageError::Database`].
pub fn backup_offline(dir: &Path, file: &Path) -> Result<(), StorageError> {
    let directory = Directory::at(dir);
    let database = directory.database();
    check_header(&database)?;
    // With the lock nobody recovers the log but this copy, so nobody else has checked it. Without,
    // a server did when it opened.
    let _lock = match DirectoryLock::take(&directory) {
        Ok(lock) if directory.restoring().exists() => {
            drop(lock);
            return Err(StorageError::RestoreInterrupted(dir.to_owned()));
        }
        Ok(lock) => {
            wal::check(&database)?;
            Some(lock)
        }
        Err(StorageError::InUse(_)) => None,
        Err(error) => return Err(error),
    };
    copy_checked(&database, file)
}

/// Puts the backup in `file` into `dir`, which is made if need be, under a new epoch. Blocks.
///
/// # Errors
/// [`StorageError::InUse`], [`StorageError::Exists`] (with [`Existing::Keep`]),
/// [`StorageError::Missing`], [`StorageError::Foreign`], [`StorageError::Corrupt`] for a file that
/// is no sound backup; in all these `dir` is as it was. [`StorageError::Io`] and
/// [`StorageError::Database`]; after these too, unless a later open says
/// [`StorageError::RestoreInterrupted`].
pub fn restore(dir: &Path, file: &Path, existing: Existing) -> Result<(), StorageError> {
    let directory = Directory::create(dir)?;
    let _lock = DirectoryLock::take(&directory)?;
    let database = directory.database();
    let interrupted = directory.restoring().exists();
    if existing == Existing::Keep && !interrupted {
        if database.exists() {
            return Err(StorageError::Exists(dir.to_owned()));
        }
        wal::check_orphan(&database)?;
    }
    check_header(file)?;
    let unfinished = directory.unfinished();
    create_private(&unfinished)?;
    copy(file, &unfinished)?;
    let conn = open_copy(&unfinished)?;
    check_pages(&conn, file, "integrity_check")?;
    directory::write_new_epoch(&conn).map_err(StorageError::database("renew its epoch", file))?;
    close(conn, &unfinished)?;
    sync(&unfinished)?;
    replace(&directory)
}

/// Renames the unfinished database into place. The old log must never meet the new database, so
/// from its removal to the rename a marker says that the directory is not whole.
fn replace(directory: &Directory) -> Result<(), StorageError> {
    let (database, marker) = (directory.database(), directory.restoring());
    create_private(&marker)?;
    directory.sync()?;
    remove(&beside(&database, "-wal"))?;
    remove(&beside(&database, "-shm"))?;
    fs::rename(directory.unfinished(), &database)
        .map_err(StorageError::io("replace", &database))?;
    directory.sync()?;
    remove(&marker)?;
    directory.sync()
}

/// Copies `from` under another name, checks, syncs, and renames to `file`.
pub(crate) fn copy_checked(from: &Path, file: &Path) -> Result<(), StorageError> {
    let unfinished = beside(file, ".partial");
    create_private(&unfinished)?;
    let copied = copy(from, &unfinished)
        .and_then(|()| {
            let conn = open_copy(&unfinished)?;
            check_pages(&conn, &unfinished, "quick_check")?;
            close(conn, &unfinished)
        })
        .and_then(|()| sync(&unfinished));
    if let Err(error) = copied {
        // The first error is the one to tell.
        let _ = remove(&unfinished);
        return Err(error);
    }
    fs::rename(&unfinished, file).map_err(StorageError::io("replace", file))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or(Path::new(".")))
}

/// Copies page by page within one snapshot.
fn copy(from: &Path, to: &Path) -> Result<(), StorageError> {
    let source = open_reader(from, BUSY_TIME_MAX).map_err(StorageError::database("open", from))?;
    let mut target = open_copy(to)?;
    let backup =
        Backup::new(&source, &mut target).map_err(StorageError::database("begin a copy", from))?;
    let step = backup.step(-1).map_err(StorageError::database("copy", from))?;
    drop(backup);
    if step != StepResult::Done {
        let busy = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None);
        return Err(StorageError::Database { doing: "copy", source: busy });
    }
    // One file, readable where no log can be made.
    target
        .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(StorageError::database("finish the copy", to))?;
    close(target, to)
}

fn open_copy(file: &Path) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(file, flags).map_err(StorageError::database("open", file))
}

fn close(conn: Connection, file: &Path) -> Result<(), StorageError> {
    conn.close().map_err(|(_, error)| StorageError::database("close", file)(error))
}
