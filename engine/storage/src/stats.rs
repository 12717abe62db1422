//! Counts of what the store did: atomics inside, a plain snapshot outside.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the batch size buckets, in rows.
const BATCH_ROWS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Upper bounds of the commit time buckets, in milliseconds.
const COMMIT_MILLIS: [u64; 12] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

/// What the store did since it was opened, and what waits in it.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Transactions committed.
    pub commits: u64,
    /// Rows committed.
    pub rows: u64,
    /// Rows that were written but not acknowledged, for whatever reason.
    pub rows_failed: u64,
    /// Batches that were repeated row by row.
    pub batches_repeated: u64,
    /// Rows in each committed batch.
    pub batch_rows: Histogram,
    /// Milliseconds from BEGIN to the return of COMMIT.
    pub commit_millis: Histogram,
    /// Rows and reserved places in the interactive lane.
    pub interactive_depth: usize,
    /// Rows and reserved places in the bulk lane.
    pub bulk_depth: usize,
    /// Reads that wait for a thread.
    pub reads_depth: usize,
    /// Places refused because the lane was at its bound.
    pub refused_busy: u64,
    /// Places refused because the disk was full.
    pub refused_storage_full: u64,
    /// Places refused because the store had failed.
    pub refused_failed: u64,
    /// Reads refused because their queue was at its bound.
    pub refused_reads: u64,
    /// Reads that answered.
    pub reads: u64,
    /// Reads ended for taking too long.
    pub reads_timed_out: u64,
    /// Checkpoints that ran to their end.
    pub checkpoints: u64,
    /// Bytes in the write-ahead log that no finished checkpoint covers yet.
    pub wal_bytes: u64,
}

/// How often a value fell into which bucket.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Upper bounds, inclusive, ascending.
    pub bounds: &'static [u64],
    /// One count per bound, not cumulative, and a last one for what lies above all of them.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Meters {
    pub(crate) commits: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) rows_failed: AtomicU64,
    pub(crate) batches_repeated: AtomicU64,
    batch_rows: Buckets<11>,
    commit_millis: Buckets<13>,
    pub(crate) refused_busy: AtomicU64,
    pub(crate) refused_storage_full: AtomicU64,
    pub(crate) refused_failed: AtomicU64,
    pub(crate) refused_reads: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) reads_timed_out: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
}

impl Meters {
    pub(crate) fn committed(&self, rows: u64, took: Duration) {
        self.commits.fetch_add(1, Relaxed);
        self.rows.fetch_add(rows, Relaxed);
        self.batch_rows.count(&BATCH_ROWS, rows);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.commit_millis.count(&COMMIT_MILLIS, millis);
    }

    pub(crate) fn snapshot(&self, depths: [usize; 2], reads: usize, wal_bytes: u64) -> Stats {
        Stats {
            commits: self.commits.load(Relaxed),
            rows: self.rows.load(Relaxed),
            rows_failed: self.rows_failed.load(Relaxed),
            batches_repeated: self.batches_repeated.load(Relaxed),
            batch_rows: self.batch_rows.snapshot(&BATCH_ROWS),
            commit_millis: self.commit_millis.snapshot(&COMMIT_MILLIS),
            interactive_depth: depths[0],
            bulk_depth: depths[1],
            reads_depth: reads,
            refused_busy: self.refused_busy.load(Relaxed),
            refused_storage_full: self.refused_storage_full.load(Relaxed),
            refused_failed: self.refused_failed.load(Relaxed),
            refused_reads: self.refused_reads.load(Relaxed),
            reads: self.reads.load(Relaxed),
            reads_timed_out: self.reads_timed_out.load(Relaxed),
            checkpoints: self.checkpoints.load(Relaxed),
            wal_bytes,
        }
    }
}

/// `N` is one more than the bounds it is used with.
struct Buckets<const N: usize> {
    counts: [AtomicU64; N],
    sum: AtomicU64,
}

impl<const N: usize> Default for Buckets<N> {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU64::new(0)), sum: AtomicU64::new(0) }
    }
}

impl<const N: usize> Buckets<N> {
    fn count(&self, bounds: &[u64], value: u64) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    fn snapshot(&self, bounds: &'static [u64]) -> Histogram {
        let counts = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        Histogram { bounds, counts, sum: self.sum.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_holds_it() {
        let meters = Meters::default();
        for rows in [1, 3, 4, 512, 513] {
            meters.committed(rows, Duration::from_millis(rows));
        }
        let stats = meters.snapshot([0, 0], 0, 0);
        assert_eq!(stats.batch_rows.counts, [1, 0, 2, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(stats.batch_rows.sum, 1033);
        assert_eq!((stats.commits, stats.rows), (5, 1033));
        assert_eq!(stats.commit_millis.counts.len(), stats.commit_millis.bounds.len() + 1);
        assert_eq!(stats.commit_millis.counts.iter().sum::<u64>(), 5);
    }
}
