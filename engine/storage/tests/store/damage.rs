//! Flipped bits and cut files: refused, never a silently shorter history.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::SystemClock;
use storage::{Options, StorageError, Store};

use crate::support::{MIGRATIONS, append, commit, count, look, open};

const ROWS: i64 = 40;
const PLACES: usize = 60;

/// The files a killed process leaves: a database, a log with all rows, and the log's index.
fn crashed(place: &Path) {
    let dir = place.join("living");
    let store = open(&dir);
    for _ in 0..ROWS {
        commit(&store, append("room", vec![3; 900])).unwrap();
    }
    copy(&dir, &place.join("crashed"));
    store.close();
    copy(&dir, &place.join("closed"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("quintet.db{suffix}");
        match fs::read(from.join(&name)) {
            Ok(bytes) => fs::write(to.join(&name), bytes).unwrap(),
            Err(_) => {
                let _absent = fs::remove_file(to.join(&name));
            }
        }
    }
}

fn try_open(dir: &Path) -> Result<i64, StorageError> {
    let store = Store::open(dir, MIGRATIONS, &Options::default(), Arc::new(SystemClock::new()))?;
    store.close();
    Ok(count(&look(dir)))
}

/// Opens a copy of `from` in which `change` worked on one file.
fn open_changed(
    from: &Path,
    name: &str,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<i64, StorageError> {
    let place = tempfile::tempdir().unwrap();
    copy(from, place.path());
    let mut bytes = fs::read(place.path().join(name)).unwrap();
    change(&mut bytes);
    fs::write(place.path().join(name), bytes).unwrap();
    try_open(place.path())
}

fn places(length: usize) -> impl Iterator<Item = usize> {
    (0..PLACES).map(move |n| n * length / PLACES)
}

#[test]
fn a_crash_image_opens_with_every_row() {
    let place = tempfile::tempdir().unwrap();
    crashed(place.path());
    assert_eq!(
        open_changed(&place.path().join("crashed"), "quintet.db-wal", |_| {}).unwrap(),
        ROWS
    );
    assert_eq!(open_changed(&place.path().join("closed"), "quintet.db", |_| {}).unwrap(), ROWS);
}

#[test]
fn a_log_that_was_flipped_or_cut_is_refused() {
    let place = tempfile::tempdir().unwrap();
    crashed(place.path());
    let image = place.path().join("crashed");
    let length = fs::read(image.join("quintet.db-wal")).unwrap().len();
    for at in places(length) {
        let flipped = open_changed(&image, "quintet.db-wal", |log| log[at] ^= 0x10);
        assert!(matches!(flipped, Err(StorageError::Corrupt { .. })), "flip at {at}: {flipped:?}");
        if at >= 32 {
            let cut = open_changed(&image, "quintet.db-wal", |log| log.truncate(at));
            assert!(matches!(cut, Err(StorageError::Corrupt { .. })), "cut at {at}: {cut:?}");
        }
    }
}

#[test]
fn a_flip_is_found_without_the_index_too_but_a_torn_end_is_taken_as_the_end() {
    let place = tempfile::tempdir().unwrap();
    crashed(place.path());
    let image = place.path().join("crashed");
    fs::remove_file(image.join("quintet.db-shm")).unwrap();
    let length = fs::read(image.join("quintet.db-wal")).unwrap().len();
    for at in places(length - 8 * 4120) {
        let flipped = open_changed(&image, "quintet.db-wal", |log| log[at] ^= 0x01);
        assert!(matches!(flipped, Err(StorageError::Corrupt { .. })), "flip at {at}: {flipped:?}");
    }
    let torn = open_changed(&image, "quintet.db-wal", |log| log.truncate(length - 100));
    assert_eq!(torn.unwrap(), ROWS - 1);
}

#[test]
fn a_database_that_was_flipped_or_cut_never_has_fewer_rows() {
    let place = tempfile::tempdir().unwrap();
    crashed(place.path());
    let image = place.path().join("closed");
    let length = fs::read(image.join("quintet.db")).unwrap().len();
    for at in places(length) {
        let cut = open_changed(&image, "quintet.db", |database| database.truncate(at));
        assert!(matches!(cut, Err(StorageError::Corrupt { .. })), "cut at {at}: {cut:?}");
    }
    for at in places(length).chain(0..120) {
        for bit in [0x01, 0x40] {
            match open_changed(&image, "quintet.db", |database| database[at] ^= bit) {
                Ok(rows) => assert_eq!(rows, ROWS, "flip at {at}"),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
