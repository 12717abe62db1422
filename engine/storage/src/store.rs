//! The store as a whole: opening, handing out work, closing.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use model::Clock;
use rusqlite::{Connection, Transaction};
use tokio::sync::{oneshot, watch};

use crate::checkpoint::{self, Backlog};
use crate::committer::{NoPlace, Queue};
use crate::connection::open_writer;
use crate::directory::{Directory, DirectoryLock};
use crate::health::Gauge;
use crate::readers::Readers;
use crate::stats::Meters;
use crate::{
    CommitError, Health, Lane, Migration, Place, ReadError, Refused, Stats, StorageError, backup,
};

/// Bounds and times of a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rows and reserved places in the interactive lane; 8,192.
    pub interactive_rows_max: usize,
    /// Rows and reserved places in the bulk lane; 8,192.
    pub bulk_rows_max: usize,
    /// Threads that read; as many as there are processors, at least 2.
    pub readers: usize,
    /// Reads that wait for a thread; 1,024.
    pub reads_max: usize,
    /// A read is ended after this; 1 s.
    pub read_time_max: Duration,
    /// Past this length of the write-ahead log the bulk lane waits; 256 MiB.
    pub wal_bytes_max: u64,
    /// How often a full disk is probed for space; 1 s.
    pub probe_every: Duration,
    /// How long a transaction waits for another process that writes; 5 s.
    pub busy_time_max: Duration,
    /// Every page of a database up to this size is checked at open (some 0.2 s at the default of
    /// 64 MiB); of a larger one the header, the length and the write-ahead log are.
    pub checked_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interactive_rows_max: 8192,
            bulk_rows_max: 8192,
            readers: thread::available_parallelism().map_or(2, usize::from).max(2),
            reads_max: 1024,
            read_time_max: Duration::from_secs(1),
            wal_bytes_max: 256 * 1024 * 1024,
            probe_every: Duration::from_secs(1),
            busy_time_max: Duration::from_secs(5),
            checked_bytes_max: 64 * 1024 * 1024,
        }
    }
}

/// An open store; clones share it, and the last one to go closes it as [`Store::close`] does.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

/// What all clones of a store share.
pub(crate) struct Shared {
    pub(crate) directory: Directory,
    pub(crate) epoch: String,
    pub(crate) busy_time_max: Duration,
    pub(crate) queue: Arc<Queue>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) health: Arc<Gauge>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) backlog: Arc<Backlog>,
    /// Emptied by whoever closes first.
    pub(crate) open: Mutex<Option<Open>>,
}

/// What ends with the store.
pub(crate) struct Open {
    pub(crate) committers: Vec<JoinHandle<()>>,
    pub(crate) readers: Vec<JoinHandle<()>>,
    pub(crate) lock: Arc<DirectoryLock>,
}

impl Store {
    /// Opens the database in `dir`, making both if need be, and runs the migrations it lacks.
    /// Blocks; folds a log left by a crash into the database.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when somebody has it open, [`StorageError::Corrupt`] and
    /// [`StorageError::Foreign`] for a file that cannot be trusted,
    /// [`StorageError::RestoreInterrupted`], one of the `Migration` errors when database and binary
    /// do not fit, [`StorageError::Io`] and [`StorageError::Database`] for the rest.
    pub fn open(
        dir: &Path,
        migrations: &[Migration],
        options: &Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StorageError> {
        crate::opening::open(dir, migrations, options, clock).map(|shared| Self(Arc::new(shared)))
    }

    /// Random text that names this database's history; a restored backup has another.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// Room for one row; take it before the work whose result is to be stored.
    ///
    /// # Errors
    /// See [`Refused`]; nothing waits.
    pub fn reserve(&self, lane: Lane) -> Result<Place, Refused> {
        let meters = &self.0.meters;
        let refuse = |counter: &AtomicU64, refused| {
            counter.fetch_add(1, Relaxed);
            Err(refused)
        };
        match self.0.health.now() {
            Health::Failed => return refuse(&meters.refused_failed, Refused::Failed),
            Health::StorageFull => {
                return refuse(&meters.refused_storage_full, Refused::StorageFull);
            }
            Health::Ready => {}
        }
        match self.0.queue.reserve(lane) {
            Ok(place) => Ok(place),
            Err(NoPlace::Full) => refuse(&meters.refused_busy, Refused::Busy),
            Err(NoPlace::Closed) => Err(Refused::Closed),
        }
    }

    /// Writes one row and waits for its commit. `apply` as for [`Place::write`]. A future dropped
    /// early does not take the row back.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub async fn commit<T, A>(&self, lane: Lane, apply: A) -> Result<T, CommitError>
    where
        T: Send + 'static,
        A: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (told, outcome) = oneshot::channel();
        self.reserve(lane)?.write(apply, move |outcome| {
            let _gone = told.send(outcome);
        });
        outcome.await.unwrap_or(Err(CommitError::Failed))
    }

    /// Reads one snapshot on a reader's thread, then calls `done` there; `done` must not block.
    /// `read` ends with [`ReadError::Timeout`] after [`Options::read_time_max`].
    ///
    /// # Errors
    /// [`Refused::Busy`] when [`Options::reads_max`] reads wait, [`Refused::Closed`]; then `done`
    /// is not called.
    pub fn read_then<T, F, D>(&self, read: F, done: D) -> Result<(), Refused>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        D: FnOnce(Result<T, ReadError>) + Send + 'static,
    {
        self.0.readers.read_then(read, done)
    }

    /// Reads one snapshot on a reader's thread and waits for the answer.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read<T, F>(&self, read: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (told, answer) = oneshot::channel();
        self.read_then(read, move |outcome| {
            let _gone = told.send(outcome);
        })?;
        answer.await.unwrap_or(Err(ReadError::Panicked))
    }

    /// What the store can do at this moment.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health.now()
    }

    /// Tells of each change of [`Store::health`].
    #[must_use]
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.0.health.watch()
    }

    /// Ready once the store has failed for good, which is when the process should drain and exit.
    pub fn failed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut health = self.0.health.watch();
        async move {
            if health.wait_for(|health| *health == Health::Failed).await.is_err() {
                std::future::pending::<()>().await; // Closed in good health: it never will.
            }
        }
    }

    /// What the store did so far and what waits in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.0;
        shared.meters.snapshot(
            shared.queue.depths(),
            shared.readers.depth(),
            shared.backlog.bytes(),
        )
    }

    /// Copies the database, as it is at one moment, into `file`, which it replaces once the copy is
    /// checked and synced. Blocks; writers go on, but the write-ahead log grows meanwhile.
    ///
    /// # Errors
    /// [`StorageError::Io`], [`StorageError::Database`], or [`StorageError::Corrupt`] when the copy
    /// does not check; then `file` is as it was.
    pub fn backup(&self, file: &Path) -> Result<(), StorageError> {
        backup::copy_checked(&self.0.directory.database(), file)
    }

    /// Refuses new work, finishes what is queued, folds the log into the database and gives the
    /// directory free. Blocks for as long as that takes; called again, or on one of the store's own
    /// threads, it only refuses new work.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Shared {
    fn close(&self) {
        self.queue.close();
        let Some(open) = self.open.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let own = thread::current().id();
        let threads = || open.committers.iter().chain(&open.readers);
        if threads().any(|handle| handle.thread().id() == own) {
            // These cannot wait for themselves; each thread ends once its queue is empty.
            self.readers.close();
            return;
        }
        // Readers last: whoever is told of a commit may still read.
        join(open.committers);
        self.readers.close();
        join(open.readers);
        if self.health.now() != Health::Failed {
            self.fold_log();
        }
        drop(open.lock);
    }

    fn fold_log(&self) {
        let file = self.directory.database();
        let folded =
            open_writer(&file, self.busy_time_max).and_then(|conn| checkpoint::truncate(&conn));
        if !matches!(folded, Ok(true)) {
            tracing::warn!(?folded, "log was not folded at close; the next start does it");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread of the store panicked");
        }
    }
}
