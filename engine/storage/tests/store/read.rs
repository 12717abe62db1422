//! Reads: one snapshot each, bounded in time and number, and only reads.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use model::{ManualClock, Timestamp};
use storage::{Lane, Options, ReadError, Refused, Store};

use crate::support::{MIGRATIONS, append, commit, count, open, open_timeless};

#[test]
fn a_read_is_ended_after_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let (store, clock) = open_timeless(dir.path());
    let (begun, begins) = channel();
    let (told, hears) = channel();
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let read = move |conn: &storage::rusqlite::Connection| {
        begun.send(()).unwrap();
        conn.query_row(endless, [], |row| row.get::<_, i64>(0))
    };
    store.read_then(read, move |answer| told.send(answer).unwrap()).unwrap();
    begins.recv().unwrap();
    clock.advance(Duration::from_millis(1001));
    assert!(matches!(hears.recv().unwrap(), Err(ReadError::Timeout)));
    assert_eq!(store.stats().reads_timed_out, 1);
}

#[tokio::test]
async fn a_read_sees_one_snapshot_and_the_next_sees_what_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let writer = store.clone();
    let seen = store
        .read(move |conn| {
            let before = count(conn);
            commit(&writer, append("room", vec![])).unwrap();
            Ok((before, count(conn)))
        })
        .await;
    assert_eq!(seen.unwrap(), (0, 0));
    assert_eq!(store.read(|conn| Ok(count(conn))).await.unwrap(), 1);
}

#[tokio::test]
async fn a_read_cannot_write_and_its_panic_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let written = store.read(|conn| conn.execute("DELETE FROM entries", [])).await;
    assert!(matches!(written, Err(ReadError::Database(_))));
    let panicked = store.read(|_| -> storage::rusqlite::Result<()> { panic!("a defect") }).await;
    assert!(matches!(panicked, Err(ReadError::Panicked)));
    assert_eq!(store.read(|conn| Ok(count(conn))).await.unwrap(), 0);
    assert!(store.reserve(Lane::Interactive).is_ok());
}

#[test]
fn reads_past_the_bound_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { readers: 1, reads_max: 2, ..Options::default() };
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let store = Store::open(dir.path(), MIGRATIONS, &options, clock).unwrap();
    let (begun, begins) = channel();
    let (release, released) = channel::<()>();
    let blocking = move |_: &storage::rusqlite::Connection| {
        begun.send(()).unwrap();
        released.recv().unwrap();
        Ok(())
    };
    store.read_then(blocking, |_| {}).unwrap();
    begins.recv().unwrap();
    let (told, hears) = channel();
    for _ in 0..2 {
        let told = told.clone();
        store.read_then(|conn| Ok(count(conn)), move |n| told.send(n).unwrap()).unwrap();
    }
    assert_eq!(store.read_then(|_| Ok(()), |_| {}).err(), Some(Refused::Busy));
    release.send(()).unwrap();
    assert_eq!(hears.recv().unwrap().unwrap() + hears.recv().unwrap().unwrap(), 0);
    store.close();
    assert_eq!(store.read_then(|_| Ok(()), |_| {}).err(), Some(Refused::Closed));
}
