//! Keeps the write-ahead log short, beside the committer.
//!
//! A thread of its own copies the log into the database every few MiB. While rows keep coming it
//! never quite catches up, and only a log that is copied to its end starts over; so past 32 MiB the
//! committer, right after the thread caught up, copies the small rest between two batches.
//!
//! **Invariant.** After a checkpoint failed to write or sync, the store has failed: trying again
//! could succeed over pages the kernel dropped, and then the log that still has them is reused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender};

use rusqlite::Connection;

use crate::health::{Fault, Gauge, Health};
use crate::stats::Meters;

/// Asks the checkpointer for a round; one waiting request is enough.
pub(crate) type Nudge = SyncSender<()>;

/// The checkpointer is asked for a round each time the log grew by this much.
const ROUND_BYTES: u64 = 4 * 1024 * 1024;
/// Past this the committer finishes what the checkpointer left.
const FINISH_BYTES: u64 = 32 * 1024 * 1024;
/// A frame's header in the log, beside its page.
const FRAME_HEADER_BYTES: u64 = 24;

/// How long the log is, and who does something about it.
pub(crate) struct Backlog {
    bytes: AtomicU64,
    nudged_at: AtomicU64,
    caught_up: AtomicBool,
    bytes_max: u64,
    page_bytes: u64,
    meters: Arc<Meters>,
}

impl Backlog {
    pub(crate) fn new(bytes_max: u64, page_bytes: u64, meters: Arc<Meters>) -> Arc<Self> {
        Arc::new(Self {
            bytes: AtomicU64::new(0),
            nudged_at: AtomicU64::new(0),
            caught_up: AtomicBool::new(false),
            bytes_max,
            page_bytes,
            meters,
        })
    }

    /// Has `conn`, the committer's, report the log's length with each commit. This also takes the
    /// place of SQLite's automatic checkpoint.
    pub(crate) fn watch(self: &Arc<Self>, conn: &mut Connection) -> Result<(), rusqlite::Error> {
        let backlog = Arc::clone(self);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames| {
            backlog.bytes.store(backlog.length(frames), Relaxed);
            Ok(())
        }))
    }

    /// Bytes of the log that no finished checkpoint covers.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Whether the bulk lane has to wait.
    pub(crate) fn is_too_long(&self) -> bool {
        self.bytes() > self.bytes_max
    }

    fn length(&self, frames: i32) -> u64 {
        u64::try_from(frames).unwrap_or(0) * (self.page_bytes + FRAME_HEADER_BYTES)
    }

    /// After each batch: asks the checkpointer, or finishes its work on `conn`.
    pub(crate) fn tend(&self, conn: &Connection, nudge: &Nudge, health: &Gauge) {
        let bytes = self.bytes();
        if bytes >= FINISH_BYTES.min(self.bytes_max) && self.caught_up.swap(false, Relaxed) {
            self.checkpoint(conn, health);
        }
        let nudged_at = self.nudged_at.load(Relaxed);
        if bytes < nudged_at {
            self.nudged_at.store(0, Relaxed);
        } else if bytes >= nudged_at + ROUND_BYTES && nudge.try_send(()).is_ok() {
            self.nudged_at.store(bytes, Relaxed);
        }
    }

    /// Copies what readers allow into the database; waits for nobody.
    pub(crate) fn checkpoint(&self, conn: &Connection, health: &Gauge) {
        if health.now() == Health::Failed {
            return;
        }
        match passive(conn) {
            Ok((frames, copied)) if frames >= 0 => {
                self.meters.checkpoints.fetch_add(1, Relaxed);
                if frames == copied {
                    // Unless a commit made it longer since, the log now starts over.
                    let _ = self.bytes.compare_exchange(self.length(frames), 0, Relaxed, Relaxed);
                }
            }
            Ok(_) => {}
            Err(error) => match Fault::of(error) {
                Fault::Broken(error) => health.fail(&error),
                fault => tracing::warn!(?fault, "checkpoint did not finish; tried again later"),
            },
        }
    }

    /// The checkpointer's thread: a round for each request, until the committer is gone.
    pub(crate) fn run(&self, conn: &Connection, requests: &Receiver<()>, health: &Gauge) {
        while requests.recv().is_ok() {
            self.checkpoint(conn, health);
            self.caught_up.store(true, Relaxed);
        }
    }
}

/// Frames in the log and how many of them are copied; -1 when another checkpoint runs.
fn passive(conn: &Connection) -> rusqlite::Result<(i32, i32)> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))
}

/// Copies the whole log and empties it; waits for readers up to the busy timeout. Whether it could:
/// not when somebody reads, or the disk is full.
pub(crate) fn truncate(conn: &Connection) -> rusqlite::Result<bool> {
    let busy: rusqlite::Result<i32> =
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    match busy.map_err(Fault::of) {
        Ok(busy) => Ok(busy == 0),
        Err(Fault::Broken(error)) => Err(error),
        Err(Fault::Full | Fault::Busy | Fault::Row(_)) => Ok(false),
    }
}
