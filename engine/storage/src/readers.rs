//! Threads that read, each on a connection of its own.
//!
//! **Invariants.** A read sees one snapshot from its first statement to its last. It ends after
//! `Options::read_time_max`, so that it cannot keep the write-ahead log from starting over. The
//! time is looked at while SQLite works: a closure that loops without asking SQLite is not ended.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::connection::Deadline;
use crate::stats::Meters;
use crate::{ReadError, Refused};

type Read = Box<dyn FnOnce(&Reader) + Send>;

/// Reads that wait for a thread, bounded.
pub(crate) struct Readers {
    waiting: Mutex<Waiting>,
    woken: Condvar,
    reads_max: usize,
    meters: Arc<Meters>,
}

#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    closing: bool,
}

/// What a reader's thread owns.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    pub(crate) deadline: Deadline,
    pub(crate) read_time_max: Duration,
    pub(crate) meters: Arc<Meters>,
}

impl Readers {
    pub(crate) fn new(reads_max: usize, meters: Arc<Meters>) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), woken: Condvar::new(), reads_max, meters })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read_then<T, F, D>(&self, read: F, done: D) -> Result<(), Refused>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        D: FnOnce(Result<T, ReadError>) + Send + 'static,
    {
        let mut waiting = self.lock();
        if waiting.closing {
            return Err(Refused::Closed);
        }
        if waiting.reads.len() >= self.reads_max {
            self.meters.refused_reads.fetch_add(1, Relaxed);
            return Err(Refused::Busy);
        }
        waiting.reads.push_back(Box::new(move |reader| done(reader.read(read))));
        drop(waiting);
        self.woken.notify_one();
        Ok(())
    }

    pub(crate) fn depth(&self) -> usize {
        self.lock().reads.len()
    }

    /// Refuses new reads; those queued are still answered.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.woken.notify_all();
    }

    fn next(&self) -> Option<Read> {
        let mut waiting = self.lock();
        loop {
            if let Some(read) = waiting.reads.pop_front() {
                return Some(read);
            }
            if waiting.closing {
                return None;
            }
            waiting = self.woken.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A reader's thread: one read after the other until the pool closes.
    pub(crate) fn run(&self, reader: &Reader) {
        while let Some(read) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| read(reader))).is_err() {
                tracing::error!("a read's done panicked");
            }
        }
    }
}

impl Reader {
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ReadError> {
        let snapshot = Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred)
            .map_err(ReadError::Database)?;
        self.deadline.set(self.read_time_max);
        let answer = catch_unwind(AssertUnwindSafe(|| read(&snapshot)));
        self.deadline.clear();
        match answer {
            Ok(Ok(value)) => {
                self.meters.reads.fetch_add(1, Relaxed);
                Ok(value)
            }
            Ok(Err(error))
                if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) =>
            {
                self.meters.reads_timed_out.fetch_add(1, Relaxed);
                Err(ReadError::Timeout)
            }
            Ok(Err(error)) => Err(ReadError::Database(error)),
            Err(_) => {
                tracing::error!("a read's code panicked");
                Err(ReadError::Panicked)
            }
        }
    }
}
