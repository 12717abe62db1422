//! Order, density, silence before the commit, and rows that fail alone.

use std::sync::mpsc::channel;

use proptest::prelude::*;
use storage::rusqlite::Connection;
use storage::{CommitError, Lane, Options, Refused};

use crate::support::{
    Gate, all, append, commit, count, dense_offsets, look, open, open_timeless, open_with, write,
};

#[test]
fn rows_that_queued_up_are_committed_together_and_told_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _clock) = open_timeless(dir.path());
    let (told, hears) = channel();
    let gate = Gate::shut(&store);
    let before = store.stats().commits;
    for number in 0..600 {
        write(&store, Lane::Interactive, number, &told, append("room", vec![1]));
    }
    drop(gate);
    let heard: Vec<_> = all(&hears, 600).into_iter().map(|(n, o)| (n, o.unwrap())).collect();
    let expected: Vec<_> = (0..600).map(|n| (n, i64::try_from(n).unwrap() + 1)).collect();
    assert_eq!(heard, expected);
    assert_eq!(store.stats().commits - before, 2, "512 rows, then 88");
}

#[test]
fn nobody_is_told_before_another_connection_can_read_the_row() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (told, hears) = channel();
    for _ in 0..20 {
        let (while_applied, when_told) = (dir.path().to_owned(), dir.path().to_owned());
        let mut apply = append("room", vec![2]);
        let told = told.clone();
        store.reserve(Lane::Interactive).unwrap().write(
            move |tx| Ok((apply(tx)?, count(&look(&while_applied)))),
            move |outcome: Result<(i64, i64), _>| {
                let (offset, seen_before) = outcome.unwrap();
                told.send((offset, seen_before, count(&look(&when_told)))).unwrap();
            },
        );
    }
    for (offset, seen_before, seen_when_told) in all(&hears, 20) {
        assert!(seen_before < offset, "row {offset} was visible while applied");
        assert!(seen_when_told >= offset, "row {offset} was told before it was visible");
    }
}

#[test]
fn a_failing_row_leaves_nothing_behind_and_fails_no_neighbour() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _clock) = open_timeless(dir.path());
    let (told, hears) = channel();
    let gate = Gate::shut(&store);
    for number in 0..12 {
        let mut apply = append("room", vec![3]);
        write(&store, Lane::Interactive, number, &told, move |tx| {
            let offset = apply(tx)?;
            match number {
                3 => tx.execute("INSERT INTO entries SELECT * FROM entries", []).map(|_| 0),
                5 => panic!("a defect in an application"),
                7 => tx.execute_batch("COMMIT").map(|()| 0),
                9 => tx.execute("INSERT INTO children(parent) VALUES (404)", []).map(|_| offset),
                _ => Ok(offset),
            }
        });
    }
    drop(gate);
    let mut next_offset = 1;
    for (number, outcome) in all(&hears, 12) {
        match (number, outcome) {
            (3 | 7 | 9, Err(CommitError::Rejected(_))) | (5, Err(CommitError::Misbehaved)) => {}
            (_, Ok(offset)) => {
                assert_eq!(offset, next_offset);
                next_offset += 1;
            }
            (number, outcome) => panic!("row {number}: {outcome:?}"),
        }
    }
    assert_eq!(next_offset, 9);
    assert_eq!(dense_offsets(&look(dir.path()))["room"], 8);
    assert_eq!(store.stats().batches_repeated, 1);
}

#[test]
fn a_panic_in_done_harms_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.reserve(Lane::Bulk).unwrap().write(append("room", vec![]), |_| panic!("a defect"));
    assert_eq!(commit(&store, |_| Ok(7)).unwrap(), 7);
    assert_eq!(commit(&store, append("other", vec![])).unwrap(), 1);
}

#[test]
fn a_full_queue_refuses_and_takes_rows_again_once_it_is_shorter() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { interactive_rows_max: 3, bulk_rows_max: 2, ..Options::default() };
    let store = open_with(dir.path(), &options);
    let (told, hears) = channel();
    let gate = Gate::shut(&store);
    for number in 0..3 {
        write(&store, Lane::Interactive, number, &told, append("room", vec![]));
    }
    assert_eq!(store.reserve(Lane::Interactive).err(), Some(Refused::Busy));
    assert!(store.reserve(Lane::Bulk).is_ok());
    assert_eq!(store.stats().refused_busy, 1);
    assert_eq!(store.stats().interactive_depth, 3);
    drop(gate);
    all(&hears, 3);
    assert!(store.reserve(Lane::Interactive).is_ok());
}

#[tokio::test]
async fn a_commit_whose_future_is_dropped_is_stored_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.commit(Lane::Interactive, append("room", vec![])).await.unwrap(), 1);
    let gate = Gate::shut(&store);
    {
        let commit = store.commit(Lane::Interactive, append("room", vec![]));
        tokio::pin!(commit);
        tokio::select! {
            biased;
            _ = &mut commit => unreachable!("the gate is shut"),
            () = std::future::ready(()) => {}
        }
    }
    drop(gate);
    assert_eq!(store.commit(Lane::Interactive, append("room", vec![])).await.unwrap(), 3);
}

#[test]
fn closing_finishes_what_is_queued_and_refuses_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (told, hears) = channel();
    let gate = Gate::shut(&store);
    for number in 0..100 {
        let lane = if number % 2 == 0 { Lane::Interactive } else { Lane::Bulk };
        write(&store, lane, number, &told, append("room", vec![]));
    }
    let late = store.reserve(Lane::Interactive).unwrap();
    drop(gate);
    store.close();
    assert!(all(&hears, 100).into_iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(store.reserve(Lane::Bulk).err(), Some(Refused::Closed));
    let (told, hears) = channel();
    late.write(append("room", vec![]), move |outcome| told.send(outcome).unwrap());
    assert!(matches!(hears.recv().unwrap(), Err(CommitError::Closed)));
    assert_eq!(std::fs::metadata(dir.path().join("quintet.db-wal")).map_or(0, |log| log.len()), 0);
    assert_eq!(count(&look(dir.path())), 100);
    let again = open(dir.path());
    assert_eq!(commit(&again, append("room", vec![])).unwrap(), 101);
}

#[test]
fn the_last_clone_may_go_on_the_committers_own_thread() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (told, hears) = channel();
    let gate = Gate::shut(&store);
    let place = store.reserve(Lane::Interactive).unwrap();
    place.write(append("room", vec![]), move |outcome| {
        drop(store);
        told.send(outcome).unwrap();
    });
    drop(gate);
    assert_eq!(hears.recv().unwrap().unwrap(), 1);
}

#[test]
fn bulk_rows_wait_while_the_log_is_too_long() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { wal_bytes_max: 64 * 1024, ..Options::default() };
    let store = open_with(dir.path(), &options);
    commit(&store, append("room", vec![])).unwrap();
    let reader = look(dir.path());
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 1);
    while store.stats().wal_bytes <= options.wal_bytes_max {
        commit(&store, append("room", vec![4; 20_000])).unwrap();
    }
    let (told, hears) = channel();
    write(&store, Lane::Bulk, 0, &told, append("bulk", vec![]));
    for _ in 0..20 {
        commit(&store, append("room", vec![])).unwrap();
    }
    assert!(hears.try_recv().is_err(), "the bulk row did not wait");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(hears.recv().unwrap().1.unwrap(), 1);
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Good,
    Duplicate,
    Panics,
    Orphan,
}

fn kinds() -> impl Strategy<Value = Vec<Vec<Kind>>> {
    let kind = prop_oneof![
        6 => Just(Kind::Good),
        1 => Just(Kind::Duplicate),
        1 => Just(Kind::Panics),
        1 => Just(Kind::Orphan),
    ];
    prop::collection::vec(prop::collection::vec(kind, 0..40), 1..6)
}

fn misbehave(tx: &Connection, kind: Kind) -> storage::rusqlite::Result<()> {
    match kind {
        Kind::Good => Ok(()),
        Kind::Duplicate => tx.execute_batch("INSERT INTO once VALUES (1), (1)"),
        Kind::Panics => panic!("a defect in an application"),
        Kind::Orphan => tx.execute_batch("INSERT INTO children VALUES (404)"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_producers_rows_stay_in_order_and_dense_whatever_fails_between(producers in kinds()) {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        std::thread::scope(|scope| {
            for (producer, rows) in producers.iter().enumerate() {
                let store = store.clone();
                scope.spawn(move || {
                    let lane = if producer % 2 == 0 { Lane::Interactive } else { Lane::Bulk };
                    let (told, hears) = channel();
                    for (number, kind) in rows.iter().copied().enumerate() {
                        let mut apply = append(&producer.to_string(), vec![5]);
                        write(&store, lane, number, &told, move |tx| {
                            let offset = apply(tx)?;
                            misbehave(tx, kind)?;
                            Ok(offset)
                        });
                    }
                    let mut last = 0;
                    for (expected, (number, outcome)) in all(&hears, rows.len()).into_iter().enumerate() {
                        assert_eq!(number, expected);
                        match (rows[number], outcome) {
                            (Kind::Good, Ok(offset)) => {
                                assert_eq!(offset, last + 1);
                                last = offset;
                            }
                            (Kind::Good, Err(error)) => panic!("a good row failed: {error:?}"),
                            (kind, outcome) => assert!(outcome.is_err(), "{kind:?} passed"),
                        }
                    }
                });
            }
        });
        let stored = dense_offsets(&look(dir.path()));
        for (producer, rows) in producers.iter().enumerate() {
            let good = rows.iter().filter(|kind| matches!(kind, Kind::Good)).count();
            let stored = stored.get(&producer.to_string()).copied().unwrap_or(0);
            prop_assert_eq!(stored, i64::try_from(good).unwrap());
        }
    }
}
