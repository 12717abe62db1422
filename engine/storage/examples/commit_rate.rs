//! Prints how many rows a second the store commits, by how many are in flight.
//!
//! `cargo run --release -p storage --example commit_rate -- DIR [SECONDS]`: the store is made in a
//! new folder of `DIR`, which should be on the disk in question, and removed afterwards.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use model::{Clock, Monotonic, SystemClock};
use storage::{Lane, Migration, Options, Store};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "rate.0001",
    sql: "CREATE TABLE messages(room INTEGER, offset INTEGER, id TEXT UNIQUE, body TEXT,
              PRIMARY KEY(room, offset)) WITHOUT ROWID",
}];
const ROOMS: u64 = 100;
const BODY_BYTES: usize = 250;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let place = arguments.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
    let seconds = arguments.next().and_then(|text| text.to_str()?.parse().ok()).unwrap_or(5);
    println!("in flight    rows/s  rows/commit    p50 ms    p99 ms");
    for in_flight in [1, 64, 1024] {
        let dir = place.join(format!("commit-rate-{}-{in_flight}", std::process::id()));
        let measured = measure(&dir, in_flight, Duration::from_secs(seconds));
        std::fs::remove_dir_all(&dir)?;
        println!("{in_flight:9} {}", measured?);
    }
    Ok(())
}

fn measure(dir: &Path, in_flight: usize, span: Duration) -> Result<String, Box<dyn Error>> {
    let clock = Arc::new(SystemClock::new());
    let store = Store::open(dir, MIGRATIONS, &Options::default(), clock.clone())?;
    let (free, waits) = sync_channel::<Option<u64>>(in_flight);
    for _ in 0..in_flight {
        free.send(None)?;
    }
    let (started, mut latencies, mut number) = (clock.monotonic(), Vec::new(), 0);
    while clock.monotonic().since(started) < span {
        latencies.extend(waits.recv()?);
        number += 1;
        write(&store, number, clock.clone(), free.clone())?;
    }
    let took = clock.monotonic().since(started);
    store.close();
    let stats = store.stats();
    latencies.sort_unstable();
    let percentile = |part: usize| latencies.get(latencies.len() * part / 100).copied();
    Ok(format!(
        "{:9} {:12} {:9} {:9}",
        latencies.len() as u128 * 1000 / took.as_millis().max(1),
        stats.rows / stats.commits.max(1),
        percentile(50).unwrap_or(0),
        percentile(99).unwrap_or(0),
    ))
}

/// One message in one of the rooms; its time from write to acknowledgement goes to `free`.
fn write(
    store: &Store,
    number: u64,
    clock: Arc<SystemClock>,
    free: std::sync::mpsc::SyncSender<Option<u64>>,
) -> Result<(), Box<dyn Error>> {
    let (id, body) = (model::message_id(), "x".repeat(BODY_BYTES));
    let room = i64::try_from(number % ROOMS)?;
    let began: Monotonic = clock.monotonic();
    store.reserve(Lane::Interactive)?.write(
        move |tx| {
            tx.prepare_cached(
                "INSERT INTO messages(room, offset, id, body)
                 SELECT ?1, coalesce(max(offset), 0) + 1, ?2, ?3 FROM messages WHERE room = ?1",
            )?
            .execute((room, &id, &body))
        },
        move |outcome| {
            if outcome.is_ok() {
                let waited = clock.monotonic().since(began).as_millis();
                // The measurement may be over.
                let _ = free.try_send(u64::try_from(waited).ok());
            }
        },
    );
    Ok(())
}
