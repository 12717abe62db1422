//! From a directory to a running store: what is checked, in which order, and which threads start.
//!
//! Order matters: the log is checked before SQLite recovers from it, and folded into the database
//! before the database is checked.

use std::fs;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use model::Clock;
use rusqlite::Connection;

use crate::checkpoint::{self, Backlog};
use crate::committer::{Committer, Queue, Writer};
use crate::connection::{Deadline, open_reader, open_writer};
use crate::directory::{self, Directory, DirectoryLock, beside};
use crate::health::Gauge;
use crate::migration::migrate;
use crate::readers::{Reader, Readers};
use crate::stats::Meters;
use crate::store::{Open, Shared};
use crate::{Migration, Options, StorageError, wal};

/// Opens, checks, migrates and starts.
pub(crate) fn open(
    dir: &Path,
    migrations: &[Migration],
    options: &Options,
    clock: Arc<dyn Clock>,
) -> Result<Shared, StorageError> {
    let directory = Directory::create(dir)?;
    let lock = Arc::new(DirectoryLock::take(&directory)?);
    let file = find_or_create(&directory)?;
    let mut conn = open_checked(&file, options)?;
    migrate(&mut conn, &file, migrations, clock.wall())?;
    start(directory, lock, conn, options, clock)
}

/// The database's file, made when the directory has none.
fn find_or_create(directory: &Directory) -> Result<std::path::PathBuf, StorageError> {
    if directory.restoring().exists() {
        return Err(StorageError::RestoreInterrupted(directory.path().to_owned()));
    }
    let unfinished = directory.unfinished();
    directory::remove(&beside(&unfinished, "-journal"))?;
    directory::remove(&unfinished)?;
    let file = directory.database();
    if !file.exists() {
        wal::check_orphan(&file)?;
        directory::create_database(directory)?;
    }
    Ok(file)
}

fn open_checked(file: &Path, options: &Options) -> Result<Connection, StorageError> {
    directory::check_header(file)?;
    wal::check(file)?;
    let conn =
        open_writer(file, options.busy_time_max).map_err(StorageError::database("open", file))?;
    // On a full disk the log stays: the store starts, refuses, and recovers as it does later.
    if checkpoint::truncate(&conn).map_err(StorageError::database("fold its log", file))? {
        directory::check_length(&conn, file)?;
    }
    let bytes = fs::metadata(file).map_err(StorageError::io("read", file))?.len();
    if bytes <= options.checked_bytes_max {
        directory::check_pages(&conn, file, "quick_check")?;
    }
    Ok(conn)
}

fn start(
    directory: Directory,
    lock: Arc<DirectoryLock>,
    mut conn: Connection,
    options: &Options,
    clock: Arc<dyn Clock>,
) -> Result<Shared, StorageError> {
    let file = directory.database();
    let doing = |doing| StorageError::database(doing, &file);
    let page_bytes: i64 = conn
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(doing("read its page size"))?;
    let meters = Arc::new(Meters::default());
    let backlog =
        Backlog::new(options.wal_bytes_max, page_bytes.unsigned_abs(), Arc::clone(&meters));
    backlog.watch(&mut conn).map_err(doing("watch its log"))?;
    let shared = Shared {
        epoch: directory::read_epoch(&conn).map_err(doing("read its epoch"))?,
        directory,
        busy_time_max: options.busy_time_max,
        queue: Queue::new(options.interactive_rows_max, options.bulk_rows_max),
        readers: Readers::new(options.reads_max, Arc::clone(&meters)),
        health: Arc::new(Gauge::new()),
        meters,
        backlog,
        open: Mutex::new(None),
    };
    // Filled as threads start, so that a start that stops half way ends those it made.
    let mut open = Open { committers: Vec::new(), readers: Vec::new(), lock };
    let started = start_readers(&shared, options, &clock, &mut open)
        .and_then(|()| start_committer(&shared, conn, options, clock, &mut open));
    *shared.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(open);
    started.map(|()| shared)
}

fn start_readers(
    shared: &Shared,
    options: &Options,
    clock: &Arc<dyn Clock>,
    open: &mut Open,
) -> Result<(), StorageError> {
    let file = shared.directory.database();
    let doing = || StorageError::database("open for reading", &file);
    for number in 0..options.readers.max(1) {
        let mut conn = open_reader(&file, options.busy_time_max).map_err(doing())?;
        let deadline = Deadline::watch(&mut conn, Arc::clone(clock)).map_err(doing())?;
        let reader = Reader {
            conn,
            deadline,
            read_time_max: options.read_time_max,
            meters: Arc::clone(&shared.meters),
        };
        let readers = Arc::clone(&shared.readers);
        let work = move || readers.run(&reader);
        open.readers.push(spawn(shared, &format!("store-read-{number}"), work)?);
    }
    Ok(())
}

/// The committer and the checkpointer, which ends when the committer has.
fn start_committer(
    shared: &Shared,
    conn: Connection,
    options: &Options,
    clock: Arc<dyn Clock>,
    open: &mut Open,
) -> Result<(), StorageError> {
    let file = shared.directory.database();
    let beside_committer = open_writer(&file, options.busy_time_max)
        .map_err(StorageError::database("open for checkpoints", &file))?;
    let (nudge, requests) = sync_channel(1);
    let (backlog, health) = (Arc::clone(&shared.backlog), Arc::clone(&shared.health));
    let work = move || backlog.run(&beside_committer, &requests, &health);
    open.committers.push(spawn(shared, "store-checkpoint", work)?);
    let committer = Committer {
        writer: Writer::new(conn).map_err(StorageError::database("guard its rows", &file))?,
        queue: Arc::clone(&shared.queue),
        health: Arc::clone(&shared.health),
        meters: Arc::clone(&shared.meters),
        backlog: Arc::clone(&shared.backlog),
        nudge,
        clock,
        probe_every: options.probe_every,
        lock: Arc::clone(&open.lock),
    };
    open.committers.push(spawn(shared, "store-commit", move || committer.run())?);
    Ok(())
}

fn spawn(
    shared: &Shared,
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StorageError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map_err(StorageError::io("start a thread for", shared.directory.path()))
}
