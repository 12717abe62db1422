//! The thread that owns the only writing connection.
//!
//! **Invariants.** A row's `done` is called after the COMMIT that holds it returned, in the order
//! rows were applied. Once the store failed the connection is not touched again. The thread ends
//! only when the queue is closed and everybody in it was told.

mod batch;
mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use model::Clock;

pub(crate) use batch::Writer;
use queue::{Fairness, Row, Woken, tell};
pub use queue::{Lane, Place};
pub(crate) use queue::{NoPlace, Queue};

use crate::CommitError;
use crate::checkpoint::{Backlog, Nudge};
use crate::directory::DirectoryLock;
use crate::health::{Fault, Gauge, Health};
use crate::stats::Meters;

/// How often a checkpoint is tried while the bulk lane rests and nothing else happens.
const REST: Duration = Duration::from_millis(50);

/// Bytes that must fit for a full disk to count as having space again.
const PROBE_BYTES: i32 = 64 * 1024;

/// Everything the committer thread works with.
pub(crate) struct Committer {
    pub(crate) writer: Writer,
    pub(crate) queue: Arc<Queue>,
    pub(crate) health: Arc<Gauge>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) nudge: Nudge,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) probe_every: Duration,
    /// Held so that nobody else opens the directory while this thread still writes.
    pub(crate) lock: Arc<DirectoryLock>,
}

impl Committer {
    /// Works until the queue has ended.
    pub(crate) fn run(mut self) {
        let mut fairness = Fairness::default();
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work(&mut fairness))) {
            drop(panic);
            // A defect of this crate: what it was doing is unknown, so nothing is promised again.
            self.health.fail(&"the committer panicked");
        }
        drop(self.writer);
        drop(self.lock);
    }

    fn work(&mut self, fairness: &mut Fairness) {
        loop {
            let ended = match self.health.now() {
                Health::Ready => self.commit_waiting(fairness),
                Health::StorageFull => self.refuse_until_space(),
                Health::Failed => self.refuse(None, || CommitError::Failed) == Woken::Ended,
            };
            if ended {
                return;
            }
        }
    }

    /// One batch, or one look at the log while only resting bulk rows wait. Whether all has ended.
    fn commit_waiting(&mut self, fairness: &mut Fairness) -> bool {
        let bulk_rests = self.backlog.is_too_long();
        match self.queue.wait(bulk_rests.then_some(REST), bulk_rests) {
            Woken::Row => self.commit_batch(fairness, bulk_rests),
            Woken::Idle => self.backlog.checkpoint(&self.writer.conn, &self.health),
            Woken::Ended => return true,
        }
        self.backlog.tend(&self.writer.conn, &self.nudge, &self.health);
        false
    }

    fn commit_batch(&mut self, fairness: &mut Fairness, bulk_rests: bool) {
        let mut turn = fairness.turn(bulk_rests);
        let mut rows = Vec::new();
        let started = self.clock.monotonic();
        let mut next = || self.queue.take(&mut turn);
        let committed = batch::commit_together(&self.writer, &*self.clock, &mut rows, &mut next);
        let outcomes = match committed {
            // The checkpointer may have seen the disk fail meanwhile.
            Ok(()) if self.health.now() == Health::Failed => {
                rows.iter().map(|_| Err(CommitError::Failed)).collect()
            }
            Ok(()) => rows.iter().map(|_| Ok(())).collect(),
            Err(fault) => {
                if matches!(fault, Fault::Row(_)) {
                    self.meters.batches_repeated.fetch_add(1, Relaxed);
                }
                let clock = &*self.clock;
                batch::commit_apart(&self.writer, clock, &mut rows, next, fault, &self.health)
            }
        };
        fairness.note(&turn, self.queue.has_bulk());
        let took = self.clock.monotonic().since(started);
        self.count(&outcomes, took);
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            tell(row, outcome);
        }
    }

    fn count(&self, outcomes: &[batch::Outcome], took: Duration) {
        let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        if committed > 0 {
            self.meters.committed(committed as u64, took);
        }
        self.meters.rows_failed.fetch_add((outcomes.len() - committed) as u64, Relaxed);
    }

    /// Tells all that wait the same, then waits for more.
    fn refuse(&self, patience: Option<Duration>, error: impl Fn() -> CommitError) -> Woken {
        let rows: Vec<Box<dyn Row>> = self.queue.drain();
        self.meters.rows_failed.fetch_add(rows.len() as u64, Relaxed);
        for row in rows {
            tell(row, Err(error()));
        }
        self.queue.wait(patience, false)
    }

    /// Refuses for one probe's time, then probes. Whether all has ended.
    ///
    /// The places reserved before the disk was full, a bounded number, can put the probe off.
    fn refuse_until_space(&self) -> bool {
        match self.refuse(Some(self.probe_every), || CommitError::StorageFull) {
            Woken::Ended => true,
            Woken::Row => false,
            Woken::Idle => {
                self.look_for_space();
                false
            }
        }
    }

    fn look_for_space(&self) {
        // A finished checkpoint lets the log start over in the space it has.
        self.backlog.checkpoint(&self.writer.conn, &self.health);
        match self.probe() {
            Ok(()) => self.health.recover(),
            Err(Fault::Broken(error)) => self.health.fail(&error),
            Err(Fault::Full | Fault::Busy | Fault::Row(_)) => {}
        }
    }

    /// Writes as much as a busy batch does, and takes it back.
    fn probe(&self) -> Result<(), Fault> {
        let fill = "INSERT OR REPLACE INTO probe(id, filler) VALUES (1, randomblob(?1))";
        self.writer.conn.execute(fill, [PROBE_BYTES]).map_err(Fault::of)?;
        self.writer.conn.execute("DELETE FROM probe", []).map_err(Fault::of)?;
        Ok(())
    }
}
