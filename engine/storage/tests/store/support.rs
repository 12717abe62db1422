//! What the tests share: a log of entries per key, with dense offsets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use model::{ManualClock, SystemClock, Timestamp};
use storage::rusqlite::{Connection, OpenFlags, Result, Transaction};
use storage::{CommitError, Lane, Migration, Options, Store};

pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "log.0001",
    sql: "CREATE TABLE entries(key TEXT, offset INTEGER, body BLOB, PRIMARY KEY(key, offset));
          CREATE TABLE once(id INTEGER PRIMARY KEY);
          CREATE TABLE parents(id INTEGER PRIMARY KEY);
          CREATE TABLE children(parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED);",
}];

pub type Outcome = std::result::Result<i64, CommitError>;

pub fn open(dir: &Path) -> Store {
    open_with(dir, &Options::default())
}

pub fn open_with(dir: &Path, options: &Options) -> Store {
    Store::open(dir, MIGRATIONS, options, Arc::new(SystemClock::new())).unwrap()
}

/// A store for which no time passes, so that only their number closes a batch.
pub fn open_timeless(dir: &Path) -> (Store, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let store = Store::open(dir, MIGRATIONS, &Options::default(), clock.clone()).unwrap();
    (store, clock)
}

/// Another look at the database, as another process would have it.
pub fn look(dir: &Path) -> Connection {
    Connection::open_with_flags(dir.join("quintet.db"), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
}

pub fn count(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap()
}

pub fn append(
    key: &str,
    body: Vec<u8>,
) -> impl FnMut(&Transaction<'_>) -> Result<i64> + Send + 'static {
    let key = key.to_owned();
    move |tx| {
        tx.prepare_cached(
            "INSERT INTO entries(key, offset, body)
             SELECT ?1, coalesce(max(offset), 0) + 1, ?2 FROM entries WHERE key = ?1
             RETURNING offset",
        )?
        .query_row((&key, &body), |row| row.get(0))
    }
}

/// Commits one row and waits for the outcome.
pub fn commit(
    store: &Store,
    apply: impl FnMut(&Transaction<'_>) -> Result<i64> + Send + 'static,
) -> Outcome {
    let (told, outcome) = channel();
    store.reserve(Lane::Interactive)?.write(apply, move |outcome| told.send(outcome).unwrap());
    outcome.recv().unwrap()
}

/// Writes one row whose outcome goes to `told` with its number.
pub fn write(
    store: &Store,
    lane: Lane,
    number: usize,
    told: &Sender<(usize, Outcome)>,
    apply: impl FnMut(&Transaction<'_>) -> Result<i64> + Send + 'static,
) {
    let told = told.clone();
    store.reserve(lane).unwrap().write(apply, move |outcome| told.send((number, outcome)).unwrap());
}

/// Keeps the committer busy, so that rows queue up behind it, until opened or dropped.
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Returns once the committer waits.
    pub fn shut(store: &Store) -> Self {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (entered, enters) = channel();
        let behind = Arc::clone(&gate);
        store.reserve(Lane::Interactive).unwrap().write(
            |_| Ok(()),
            move |_| {
                entered.send(()).unwrap();
                let opened = behind.0.lock().unwrap();
                let _opened = behind.1.wait_while(opened, |opened| !*opened).unwrap();
            },
        );
        enters.recv().unwrap();
        Self(gate)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

pub fn all<T>(receiver: &Receiver<T>, expected: usize) -> Vec<T> {
    (0..expected).map(|_| receiver.recv().unwrap()).collect()
}

/// The offsets of each key, checked to be 1, 2, 3 …
pub fn dense_offsets(conn: &Connection) -> BTreeMap<String, i64> {
    let sql = "SELECT key, count(*), min(offset), max(offset) FROM entries GROUP BY key";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])))
        .unwrap();
    rows.map(|row| {
        let (key, [entries, first, last]): (String, [i64; 3]) = row.unwrap();
        assert_eq!((first, last), (1, entries), "offsets of {key}");
        (key, entries)
    })
    .collect()
}

/// The directory the child is to work in, when this process is one.
pub fn child_dir() -> Option<PathBuf> {
    std::env::var_os("STORAGE_CHILD_DIR").map(PathBuf::from)
}

/// This test again, as a process of its own, through `wrapper` if there is one.
pub fn child(wrapper: &[&str], test: &str, dir: &Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    };
    command.args(["--exact", test, "--nocapture"]).env("STORAGE_CHILD_DIR", dir);
    command.stdin(Stdio::null());
    command
}
