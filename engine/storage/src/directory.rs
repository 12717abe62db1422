//! The data directory: its files, its lock, and a new database in it.
//!
//! **Invariants.** `quintet.db` appears by a rename, whole and synced, so an empty one is always
//! damage. While `quintet.restoring` exists the directory is half way through a restore. The lock
//! belongs to the process, so a killed one leaves none behind.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::StorageError;

/// Stands in each database's header, so that no stranger's file is taken for ours: "Qntt".
pub(crate) const APPLICATION_ID: u32 = 0x516e_7474;
/// Bytes of SQLite's own header.
const HEADER_BYTES: usize = 100;

/// The names in a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Makes the directory, mode 0700, unless it exists.
    pub(crate) fn create(path: &Path) -> Result<Self, StorageError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(StorageError::io("create", path))?;
        Ok(Self::at(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("quintet.db")
    }

    /// Where a database is made before it is renamed into place.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.0.join("quintet.db.new")
    }

    /// Exists while a restore replaces the database.
    pub(crate) fn restoring(&self) -> PathBuf {
        self.0.join("quintet.restoring")
    }

    /// Makes names created, renamed and removed in the directory last.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        sync(&self.0)
    }
}

/// `file` with `suffix` appended to its name.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}

/// Syncs a file or a directory.
pub(crate) fn sync(path: &Path) -> Result<(), StorageError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(StorageError::io("sync", path))
}

/// Removes a file that need not exist.
pub(crate) fn remove(file: &Path) -> Result<(), StorageError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StorageError::io("remove", file)(error))
        }
        _ => Ok(()),
    }
}

/// An empty file that only the owner reads; whatever had the name is gone.
pub(crate) fn create_private(file: &Path) -> Result<(), StorageError> {
    remove(&beside(file, "-journal"))?;
    remove(file)?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map(drop).map_err(StorageError::io("create", file))
}

/// The right to use a directory; given up when dropped or when the process ends.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Does not wait: a directory in use is [`StorageError::InUse`].
    pub(crate) fn take(directory: &Directory) -> Result<Self, StorageError> {
        let path = directory.path().join("quintet.lock");
        let opened =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(StorageError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse(directory.path().to_owned())),
            Err(TryLockError::Error(error)) => Err(StorageError::io("lock", &path)(error)),
        }
    }
}

/// Makes a database that holds nothing but its epoch.
pub(crate) fn create_database(directory: &Directory) -> Result<(), StorageError> {
    let file = directory.unfinished();
    create_private(&file)?;
    write_beginnings(&file).map_err(StorageError::database("create its first tables", &file))?;
    sync(&file)?;
    let place = directory.database();
    fs::rename(&file, &place).map_err(StorageError::io("create", &place))?;
    directory.sync()
}

fn write_beginnings(file: &Path) -> rusqlite::Result<()> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.execute_batch(
        "BEGIN;
         CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
         CREATE TABLE migrations(
             name TEXT PRIMARY KEY, sql TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
         CREATE TABLE probe(id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
         COMMIT;",
    )?;
    write_new_epoch(&conn)
}

/// Gives the database an epoch nobody has seen.
pub(crate) fn write_new_epoch(conn: &Connection) -> rusqlite::Result<()> {
    let epoch: String =
        model::random_bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
    conn.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('epoch', ?1)", [epoch])?;
    Ok(())
}

pub(crate) fn read_epoch(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))
}

/// Refuses a file that is not one of our databases, or is cut before its first page ends.
pub(crate) fn check_header(file: &Path) -> Result<(), StorageError> {
    let mut opened = File::open(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => StorageError::Missing(file.to_owned()),
        _ => StorageError::io("open", file)(error),
    })?;
    let mut header = [0; HEADER_BYTES];
    let bytes = opened.metadata().map_err(StorageError::io("read", file))?.len();
    if bytes < 512 {
        return Err(corrupt(file, format!("{bytes} bytes are no database")));
    }
    opened.read_exact(&mut header).map_err(StorageError::io("read", file))?;
    let is_ours =
        header.starts_with(b"SQLite format 3\0") && header[68..72] == APPLICATION_ID.to_be_bytes();
    if is_ours { Ok(()) } else { Err(StorageError::Foreign(file.to_owned())) }
}

/// Refuses a database shorter than it says it is.
pub(crate) fn check_length(conn: &Connection, file: &Path) -> Result<(), StorageError> {
    let length = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let said: i64 = conn
        .query_row(length, [], |row| row.get(0))
        .map_err(StorageError::database("read its length", file))?;
    let is = fs::metadata(file).map_err(StorageError::io("read", file))?.len();
    if is < u64::try_from(said).unwrap_or(0) {
        return Err(corrupt(file, format!("it has {is} bytes and says it has {said}")));
    }
    Ok(())
}

/// Runs `pragma` (`quick_check` or `integrity_check`) and refuses what it finds.
pub(crate) fn check_pages(
    conn: &Connection,
    file: &Path,
    pragma: &'static str,
) -> Result<(), StorageError> {
    let found: String = conn
        .query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0))
        .map_err(StorageError::database("check itself", file))?;
    if found == "ok" { Ok(()) } else { Err(corrupt(file, found)) }
}

pub(crate) fn corrupt(file: &Path, found: String) -> StorageError {
    StorageError::Corrupt { file: file.to_owned(), found }
}
