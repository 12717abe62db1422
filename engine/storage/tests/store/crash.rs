//! kill -9 in the middle of writing: what was told is there afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::sync_channel;

use storage::Lane;

use crate::support::{append, child, child_dir, dense_offsets, look, open};

const PRODUCERS: usize = 4;
const IN_FLIGHT: usize = 32;
const KILLS: usize = 6;

#[test]
fn every_row_that_was_told_survives_kill_9() {
    if let Some(dir) = child_dir() {
        write_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeMap<String, i64> = BTreeMap::new();
    for kill in 0..KILLS {
        read_then_kill(dir.path(), 50 + 137 * kill, &mut acknowledged);
        let store = open(dir.path());
        let stored = dense_offsets(&look(dir.path()));
        for (key, offset) in &acknowledged {
            assert!(stored[key] >= *offset, "{key} lost rows after kill {kill}");
        }
        store.close();
    }
    assert_eq!(acknowledged.len(), PRODUCERS);
}

/// Kills the child after so many acknowledgements; those it still managed to print count too.
fn read_then_kill(dir: &Path, rows: usize, acknowledged: &mut BTreeMap<String, i64>) {
    let test = "crash::every_row_that_was_told_survives_kill_9";
    let mut writer = child(&[], test, dir).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut seen = 0;
    for line in lines {
        let line = line.unwrap();
        let Some((key, offset)) = line.strip_prefix("told ").and_then(|told| told.split_once(' '))
        else {
            continue;
        };
        // The last line may be cut, but not so as to name a higher offset.
        if let Ok(offset) = offset.parse::<i64>() {
            let last = acknowledged.entry(key.to_owned()).or_default();
            *last = offset.max(*last);
        }
        seen += 1;
        if seen == rows {
            writer.kill().unwrap();
        }
    }
    writer.wait().unwrap();
    assert!(seen >= rows, "the child ended by itself after {seen} rows");
}

fn write_until_killed(dir: &Path) -> ! {
    let store = open(dir);
    std::thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let store = &store;
            scope.spawn(move || {
                let key = format!("producer-{producer}");
                let (enter, leave) = sync_channel(IN_FLIGHT);
                let leave = std::sync::Arc::new(std::sync::Mutex::new(leave));
                loop {
                    enter.send(()).unwrap();
                    let (leave, told) = (leave.clone(), key.clone());
                    let place = store.reserve(Lane::Interactive).unwrap();
                    place.write(append(&key, vec![6; 300]), move |outcome| {
                        let offset: i64 = outcome.unwrap();
                        writeln!(std::io::stdout().lock(), "told {told} {offset}").unwrap();
                        leave.lock().unwrap().recv().unwrap();
                    });
                }
            });
        }
    });
    unreachable!("producers never end");
}
