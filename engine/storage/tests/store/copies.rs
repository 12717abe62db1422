//! Backups beside a running server, and what a restore does with them.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use storage::{Existing, StorageError, backup_offline, restore};

use crate::support::{append, commit, count, dense_offsets, look, open};

#[test]
fn a_backup_taken_while_rows_are_written_is_a_prefix_of_them() {
    let place = tempfile::tempdir().unwrap();
    let (dir, copy) = (place.path().join("data"), place.path().join("copy.db"));
    let store = open(&dir);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                commit(&store, append("room", vec![1; 2000])).unwrap();
            }
        });
        for round in 0..6 {
            let before = count(&look(&dir));
            if round % 2 == 0 {
                store.backup(&copy).unwrap();
            } else {
                backup_offline(&dir, &copy).unwrap();
            }
            let restored = place.path().join(format!("restored-{round}"));
            restore(&restored, &copy, Existing::Keep).unwrap();
            let stored = dense_offsets(&look(&restored)).get("room").copied().unwrap_or(0);
            assert!((before..=count(&look(&dir))).contains(&stored));
        }
        done.store(true, SeqCst);
    });
    assert!(!place.path().join("copy.db.partial").exists());
}

#[test]
fn a_restore_gives_a_new_epoch_and_replaces_only_when_told() {
    let place = tempfile::tempdir().unwrap();
    let (dir, copy) = (place.path().join("data"), place.path().join("copy.db"));
    let store = open(&dir);
    commit(&store, append("room", vec![])).unwrap();
    store.backup(&copy).unwrap();
    commit(&store, append("room", vec![])).unwrap();
    let epoch = store.epoch().to_owned();
    let in_use = restore(&dir, &copy, Existing::Replace);
    assert!(matches!(in_use, Err(StorageError::InUse(_))));
    store.close();
    assert!(matches!(restore(&dir, &copy, Existing::Keep), Err(StorageError::Exists(_))));
    restore(&dir, &copy, Existing::Replace).unwrap();
    let restored = open(&dir);
    assert_ne!(restored.epoch(), epoch);
    assert_eq!(commit(&restored, append("room", vec![])).unwrap(), 2);
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_the_directory_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let (dir, copy) = (place.path().join("data"), place.path().join("copy.db"));
    let store = open(&dir);
    for _ in 0..50 {
        commit(&store, append("room", vec![2; 2000])).unwrap();
    }
    store.backup(&copy).unwrap();
    store.close();
    let whole = std::fs::read(&copy).unwrap();
    std::fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(restore(&dir, &copy, Existing::Replace), Err(StorageError::Corrupt { .. })));
    std::fs::write(&copy, "not a database, though long enough to be one ".repeat(50)).unwrap();
    assert!(matches!(restore(&dir, &copy, Existing::Replace), Err(StorageError::Foreign(_))));
    let missing = restore(&dir, &place.path().join("nothing"), Existing::Replace);
    assert!(matches!(missing, Err(StorageError::Missing(_))));
    assert_eq!(commit(&open(&dir), append("room", vec![])).unwrap(), 51);
}

#[test]
fn an_interrupted_restore_is_told_and_mended_by_another() {
    let place = tempfile::tempdir().unwrap();
    let (dir, copy) = (place.path().join("data"), place.path().join("copy.db"));
    let store = open(&dir);
    store.backup(&copy).unwrap();
    store.close();
    std::fs::write(dir.join("quintet.restoring"), "").unwrap();
    let opened = storage::Store::open(
        &dir,
        crate::support::MIGRATIONS,
        &storage::Options::default(),
        std::sync::Arc::new(model::SystemClock::new()),
    );
    assert!(matches!(opened, Err(StorageError::RestoreInterrupted(_))));
    let copied = backup_offline(&dir, &place.path().join("other.db"));
    assert!(matches!(copied, Err(StorageError::RestoreInterrupted(_))));
    restore(&dir, &copy, Existing::Keep).unwrap();
    assert_eq!(commit(&open(&dir), append("room", vec![])).unwrap(), 1);
}
