//! Disks that fill up and disks that fail.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use storage::{CommitError, Health, Lane, Options, Refused, Store};

use crate::support::{
    append, child, child_dir, commit, count, dense_offsets, look, open, open_with,
};

/// Writes until the store says that it is full; the number of acknowledged rows.
fn fill(store: &Store) -> i64 {
    loop {
        match commit(store, append("room", vec![7; 8000])) {
            Ok(_) => {}
            Err(CommitError::StorageFull) => break,
            Err(error) => panic!("expected a full disk: {error:?}"),
        }
    }
    stored_rows(store)
}

fn stored_rows(store: &Store) -> i64 {
    let (told, hears) = std::sync::mpsc::channel();
    let read = |conn: &storage::rusqlite::Connection| Ok(count(conn));
    store.read_then(read, move |answer| told.send(answer).unwrap()).unwrap();
    hears.recv().unwrap().unwrap()
}

async fn until_ready(store: &Store) {
    store.watch_health().wait_for(|health| *health == Health::Ready).await.unwrap();
}

fn options() -> Options {
    Options { probe_every: Duration::from_millis(20), ..Options::default() }
}

#[tokio::test]
async fn a_full_database_refuses_at_once_and_recovers_when_there_is_space() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_with(dir.path(), &options());
    let limit = "PRAGMA max_page_count = 200";
    commit(&store, move |tx| tx.query_row(limit, [], |row| row.get(0))).unwrap();
    let stored = fill(&store);
    assert_eq!(store.health(), Health::StorageFull);
    assert_eq!(store.reserve(Lane::Interactive).err(), Some(Refused::StorageFull));
    assert!(store.stats().refused_storage_full > 0);
    assert_eq!(dense_offsets(&look(dir.path()))["room"], stored);

    look(dir.path()).execute("DELETE FROM entries WHERE offset > 2", []).unwrap();
    until_ready(&store).await;
    assert_eq!(commit(&store, append("room", vec![])).unwrap(), 3);
}

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_at_once_and_recovers_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else {
        let why = "skipped: mounting a small file system needs privileges this run lacks";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    };
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 4 << 20]).unwrap();
    let dir = disk.0.path().join("data");
    let store = open_with(&dir, &options());
    let stored = fill(&store);
    assert_eq!(store.reserve(Lane::Bulk).err(), Some(Refused::StorageFull));

    std::fs::remove_file(&ballast).unwrap();
    until_ready(&store).await;
    assert_eq!(commit(&store, append("room", vec![])).unwrap(), stored + 1);
    store.close();
    assert_eq!(dense_offsets(&look(&dir))["room"], stored + 1);
}

/// What a store does whose next write or sync fails, and then would succeed again.
fn acknowledge_nothing_after(
    store: &Store,
    fail: impl FnOnce() -> CommitError,
    heal: impl FnOnce(),
) {
    assert!(matches!(fail(), CommitError::Failed));
    heal();
    assert_eq!(store.health(), Health::Failed);
    assert_eq!(store.reserve(Lane::Interactive).err(), Some(Refused::Failed));
    let stored = stored_rows(store);
    assert!(stored >= 1, "reads go on");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.failed());
    store.close();
    assert_eq!(store.health(), Health::Failed);
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
    let test = "disk::after_a_failed_sync_nothing_is_acknowledged_any_more";
    if let Some(dir) = child_dir() {
        let trigger = dir.with_extension("trigger");
        let store = open(&dir);
        commit(&store, append("room", vec![])).unwrap();
        let early = store.reserve(Lane::Interactive).unwrap();
        let fail = || {
            std::fs::write(&trigger, "").unwrap();
            commit(&store, append("room", vec![])).unwrap_err()
        };
        acknowledge_nothing_after(&store, fail, || std::fs::remove_file(&trigger).unwrap());
        let (told, hears) = std::sync::mpsc::channel();
        early.write(append("room", vec![]), move |outcome| told.send(outcome).unwrap());
        assert!(hears.recv().unwrap().is_err());
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let shim = place.path().join("failing_sync.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/failing_sync.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(source).status();
    assert!(compiled.unwrap().success(), "the C compiler that built SQLite builds this too");
    let dir = place.path().join("data");
    let status = child(&[], test, &dir)
        .env("LD_PRELOAD", &shim)
        .env("STORAGE_FAIL_SYNC", dir.with_extension("trigger"))
        .status();
    assert!(status.unwrap().success());
    let rows = stored_rows(&open(&dir));
    assert!((1..=2).contains(&rows), "{rows} rows: the acknowledged one, perhaps the failed one");
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged_any_more() {
    let test = "disk::after_a_failed_write_nothing_is_acknowledged_any_more";
    if let Some(dir) = child_dir() {
        let store = open(&dir);
        let fail = || loop {
            if let Err(error) = commit(&store, append("room", vec![8; 8000])) {
                break error;
            }
        };
        acknowledge_nothing_after(&store, fail, || {});
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data");
    // A limit on file sizes makes writes fail with EFBIG, which is not a full disk.
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "sh"];
    assert!(child(&limited, test, &dir).status().unwrap().success());
    assert!(stored_rows(&open(&dir)) >= 1);
}
