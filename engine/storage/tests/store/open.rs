//! What an open accepts and what it refuses.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use model::SystemClock;
use storage::{Migration, Options, StorageError, Store};

use crate::support::{MIGRATIONS, append, commit, look, open};

fn open_at(dir: &std::path::Path, migrations: &[Migration]) -> Result<Store, StorageError> {
    Store::open(dir, migrations, &Options::default(), Arc::new(SystemClock::new()))
}

#[test]
fn a_new_store_is_private_and_keeps_its_epoch() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("some/data");
    let store = open(&dir);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.clone()), 0o700);
    assert_eq!(mode(dir.join("quintet.db")), 0o600);
    assert_eq!(mode(dir.join("quintet.db-wal")), 0o600);
    let epoch = store.epoch().to_owned();
    store.close();
    assert_eq!(open(&dir).epoch(), epoch);
}

#[test]
fn a_directory_in_use_is_refused_until_it_is_given_free() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let second = open_at(dir.path(), MIGRATIONS).err().unwrap();
    assert!(matches!(second, StorageError::InUse(_)));
    assert!(second.to_string().contains("in use"));
    drop(store);
    assert!(open_at(dir.path(), MIGRATIONS).is_ok());
}

#[test]
fn migrations_run_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let first = Migration { name: "a.0001", sql: "CREATE TABLE a(x)" };
    let second = Migration { name: "a.0002", sql: "INSERT INTO a VALUES (1)" };
    drop(open_at(dir.path(), &[first]).unwrap());
    drop(open_at(dir.path(), &[first, second]).unwrap());
    drop(open_at(dir.path(), &[first, second]).unwrap());
    let rows: i64 =
        look(dir.path()).query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);

    let unknown = open_at(dir.path(), &[first]).err().unwrap();
    assert!(matches!(unknown, StorageError::MigrationUnknown(name) if name == "a.0002"));
    let other = Migration { name: "a.0001", sql: "CREATE TABLE a(y)" };
    let changed = open_at(dir.path(), &[other, second]).err().unwrap();
    assert!(matches!(changed, StorageError::MigrationChanged(name) if name == "a.0001"));
    let twice = open_at(dir.path(), &[first, second, second]).err().unwrap();
    assert!(matches!(twice, StorageError::MigrationTwice(_)));
}

#[test]
fn a_failing_migration_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let bad =
        Migration { name: "b.0001", sql: "CREATE TABLE b(x); INSERT INTO nowhere VALUES (1)" };
    let failed = open_at(dir.path(), &[bad]).err().unwrap();
    assert!(matches!(failed, StorageError::Migration { name, .. } if name == "b.0001"));
    let mended = Migration { name: "b.0001", sql: "CREATE TABLE b(x)" };
    drop(open_at(dir.path(), &[mended]).unwrap());
}

#[test]
fn strangers_and_remains_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("quintet.db");
    let stranger = storage::rusqlite::Connection::open(&file).unwrap();
    stranger.execute_batch("CREATE TABLE theirs(x)").unwrap();
    drop(stranger);
    assert!(matches!(open_at(dir.path(), MIGRATIONS), Err(StorageError::Foreign(_))));
    std::fs::write(&file, "").unwrap();
    assert!(matches!(open_at(dir.path(), MIGRATIONS), Err(StorageError::Corrupt { .. })));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(dir.path().join("quintet.db-wal"), "left alone").unwrap();
    assert!(matches!(open_at(dir.path(), MIGRATIONS), Err(StorageError::Corrupt { .. })));
}

#[test]
fn a_store_keeps_working_past_its_first_checkpoints() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    while store.stats().checkpoints < 2 {
        commit(&store, append("room", vec![9; 500_000])).unwrap();
    }
    assert_eq!(store.health(), storage::Health::Ready);
}
