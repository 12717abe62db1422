//! Where rows wait for the committer: two bounded lanes.
//!
//! **Invariants.** A row enters only through a [`Place`] reserved before, so writing never fails
//! for want of room. Closures run outside the lock. Once `ended`, nothing is queued any more.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;

use crate::CommitError;

/// Rows of the bulk lane in one batch.
const BULK_SLICE_ROWS: usize = 128;
/// Batches in a row that interactive rows may fill before the bulk lane goes first once.
const BATCHES_WITHOUT_BULK_MAX: u32 = 8;

/// How urgent a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody waits for it: taken first.
    Interactive,
    /// Much at once (imports, sweeps, counters): taken in slices of 128 after the interactive
    /// rows, ahead of them after eight batches without its turn; waits while the log is too long.
    Bulk,
}

/// A row that waits: what it writes, and who is told.
pub(crate) trait Row: Send {
    fn apply(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()>;
    fn tell(self: Box<Self>, outcome: Result<(), CommitError>);
}

struct Write<T, A, D> {
    apply: A,
    done: D,
    value: Option<T>,
}

impl<T, A, D> Row for Write<T, A, D>
where
    T: Send,
    A: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send,
    D: FnOnce(Result<T, CommitError>) + Send,
{
    fn apply(&mut self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        self.value = None;
        self.value = Some((self.apply)(tx)?);
        Ok(())
    }

    fn tell(self: Box<Self>, outcome: Result<(), CommitError>) {
        let Self { done, value, .. } = *self;
        done(outcome.map(|()| value.expect("a committed row was applied")));
    }
}

/// Tells a row its outcome; a panicking `done` is logged and harms nobody else.
pub(crate) fn tell(row: Box<dyn Row>, outcome: Result<(), CommitError>) {
    if catch_unwind(AssertUnwindSafe(|| row.tell(outcome))).is_err() {
        tracing::error!("a row's done panicked; the row's outcome stands");
    }
}

/// The lanes and what the committer waits on.
pub(crate) struct Queue {
    lanes: Mutex<Lanes>,
    woken: Condvar,
    interactive_rows_max: usize,
    bulk_rows_max: usize,
}

#[derive(Default)]
struct Lanes {
    interactive: Waiting,
    bulk: Waiting,
    closing: bool,
    ended: bool,
}

#[derive(Default)]
struct Waiting {
    rows: VecDeque<Box<dyn Row>>,
    reserved: usize,
}

impl Waiting {
    fn depth(&self) -> usize {
        self.rows.len() + self.reserved
    }
}

impl Lanes {
    fn lane(&mut self, lane: Lane) -> &mut Waiting {
        match lane {
            Lane::Interactive => &mut self.interactive,
            Lane::Bulk => &mut self.bulk,
        }
    }

    fn is_empty(&self) -> bool {
        self.interactive.rows.is_empty() && self.bulk.rows.is_empty()
    }
}

/// Why [`Queue::wait`] returned.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// A row can be taken.
    Row,
    /// The time passed and no row can be taken.
    Idle,
    /// The queue is closed, empty, and stays so.
    Ended,
}

/// No place: the lane is full, or the queue closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    Full,
    Closed,
}

impl Queue {
    pub(crate) fn new(interactive_rows_max: usize, bulk_rows_max: usize) -> Arc<Self> {
        Arc::new(Self {
            lanes: Mutex::default(),
            woken: Condvar::new(),
            interactive_rows_max,
            bulk_rows_max,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reserve(self: &Arc<Self>, lane: Lane) -> Result<Place, NoPlace> {
        let rows_max = match lane {
            Lane::Interactive => self.interactive_rows_max,
            Lane::Bulk => self.bulk_rows_max,
        };
        let mut lanes = self.lock();
        if lanes.closing {
            return Err(NoPlace::Closed);
        }
        let waiting = lanes.lane(lane);
        if waiting.depth() >= rows_max {
            return Err(NoPlace::Full);
        }
        waiting.reserved += 1;
        Ok(Place { queue: Arc::clone(self), lane, used: false })
    }

    /// Turns a reservation into a row; gives the row back when the queue has ended.
    fn push(&self, lane: Lane, row: Box<dyn Row>) -> Option<Box<dyn Row>> {
        let mut lanes = self.lock();
        if lanes.ended {
            lanes.lane(lane).reserved -= 1;
            return Some(row);
        }
        let waiting = lanes.lane(lane);
        waiting.reserved -= 1;
        waiting.rows.push_back(row);
        drop(lanes);
        self.woken.notify_one();
        None
    }

    fn release(&self, lane: Lane) {
        self.lock().lane(lane).reserved -= 1;
    }

    /// Waits until a row can be taken, for at most `patience` when there is one. Rows of the bulk
    /// lane do not count while `bulk_rests`, unless the queue is closing.
    pub(crate) fn wait(&self, patience: Option<Duration>, bulk_rests: bool) -> Woken {
        let mut lanes = self.lock();
        loop {
            let bulk = !lanes.bulk.rows.is_empty() && (!bulk_rests || lanes.closing);
            if bulk || !lanes.interactive.rows.is_empty() {
                return Woken::Row;
            }
            if lanes.closing && lanes.is_empty() {
                lanes.ended = true;
                return Woken::Ended;
            }
            let Some(patience) = patience else {
                lanes = self.woken.wait(lanes).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.woken.wait_timeout(lanes, patience);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return Woken::Idle;
            }
            lanes = guard;
        }
    }

    /// The next row of the batch that `turn` is about, if it has one.
    pub(crate) fn take(&self, turn: &mut Turn) -> Option<Box<dyn Row>> {
        let mut lanes = self.lock();
        let bulk_open = turn.bulk_left > 0 && (!turn.bulk_rests || lanes.closing);
        if turn.bulk_first && bulk_open && !lanes.bulk.rows.is_empty() {
            turn.bulk_left -= 1;
            return lanes.bulk.rows.pop_front();
        }
        if let Some(row) = lanes.interactive.rows.pop_front() {
            return Some(row);
        }
        if !bulk_open {
            return None;
        }
        let row = lanes.bulk.rows.pop_front()?;
        turn.bulk_left -= 1;
        Some(row)
    }

    /// Everything that waits, in order, interactive first.
    pub(crate) fn drain(&self) -> Vec<Box<dyn Row>> {
        let mut lanes = self.lock();
        let mut rows: Vec<_> = lanes.interactive.rows.drain(..).collect();
        rows.extend(lanes.bulk.rows.drain(..));
        rows
    }

    pub(crate) fn has_bulk(&self) -> bool {
        !self.lock().bulk.rows.is_empty()
    }

    /// Rows and places of the interactive lane, then of the bulk lane.
    pub(crate) fn depths(&self) -> [usize; 2] {
        let lanes = self.lock();
        [lanes.interactive.depth(), lanes.bulk.depth()]
    }

    /// Refuses new places; what is queued is still taken, then [`Woken::Ended`].
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.woken.notify_all();
    }
}

/// How the lanes share one batch.
pub(crate) struct Turn {
    bulk_first: bool,
    bulk_rests: bool,
    bulk_left: usize,
}

/// Sees to it that interactive rows without end do not starve the bulk lane.
#[derive(Default)]
pub(crate) struct Fairness {
    batches_without_bulk: u32,
}

impl Fairness {
    pub(crate) fn turn(&self, bulk_rests: bool) -> Turn {
        let bulk_first = self.batches_without_bulk >= BATCHES_WITHOUT_BULK_MAX;
        Turn { bulk_first, bulk_rests, bulk_left: BULK_SLICE_ROWS }
    }

    pub(crate) fn note(&mut self, turn: &Turn, bulk_waits: bool) {
        let had_bulk = turn.bulk_left < BULK_SLICE_ROWS;
        let passed_over = bulk_waits && !had_bulk;
        self.batches_without_bulk = if passed_over { self.batches_without_bulk + 1 } else { 0 };
    }
}

/// Room for one row in a lane; dropping it unused gives the room back.
#[must_use = "an unused place keeps others out"]
pub struct Place {
    queue: Arc<Queue>,
    lane: Lane,
    used: bool,
}

impl Place {
    /// Queues a row; never blocks, never refuses.
    ///
    /// `apply` writes it. It may run up to three times (a batch that fails is repeated row by row),
    /// each time on a state without its earlier attempts, so it must be a function of what it
    /// captured; it must not begin, commit or roll back. `done` is called exactly once, on the
    /// committer thread, after COMMIT returned or when the row is given up, in the order of the
    /// rows; it must not block. Only when the store was closed since the place was reserved, `done`
    /// is called at once, on this thread, with [`CommitError::Closed`].
    pub fn write<T, A, D>(mut self, apply: A, done: D)
    where
        T: Send + 'static,
        A: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
        D: FnOnce(Result<T, CommitError>) + Send + 'static,
    {
        let row = Box::new(Write { apply, done, value: None });
        self.used = true;
        if let Some(row) = self.queue.push(self.lane, row) {
            tell(row, Err(CommitError::Closed));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.used {
            self.queue.release(self.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn fill(queue: &Arc<Queue>, lane: Lane, rows: usize) {
        for _ in 0..rows {
            queue.reserve(lane).unwrap().write(|_| Ok(()), |_| {});
        }
    }

    fn batch(queue: &Queue, fairness: &mut Fairness, rows_max: usize) -> [usize; 2] {
        let mut turn = fairness.turn(false);
        let before = queue.depths();
        let _rows: Vec<_> = (0..rows_max).map_while(|_| queue.take(&mut turn)).collect();
        fairness.note(&turn, queue.has_bulk());
        let after = queue.depths();
        [before[0] - after[0], before[1] - after[1]]
    }

    #[test]
    fn a_lane_refuses_at_its_bound_and_a_dropped_place_makes_room() {
        let queue = Queue::new(2, 1);
        let first = queue.reserve(Lane::Interactive).unwrap();
        let second = queue.reserve(Lane::Interactive).unwrap();
        assert_eq!(queue.reserve(Lane::Interactive).err(), Some(NoPlace::Full));
        let _bulk = queue.reserve(Lane::Bulk).unwrap();
        assert_eq!(queue.reserve(Lane::Bulk).err(), Some(NoPlace::Full));
        drop(second);
        let third = queue.reserve(Lane::Interactive).unwrap();
        first.write(|_| Ok(()), |_| {});
        assert_eq!(queue.reserve(Lane::Interactive).err(), Some(NoPlace::Full));
        drop(third);
        assert_eq!(queue.depths(), [1, 1]);
    }

    #[test]
    fn interactive_rows_go_first_and_bulk_in_slices() {
        let queue = Queue::new(1000, 1000);
        fill(&queue, Lane::Bulk, 300);
        fill(&queue, Lane::Interactive, 10);
        let mut fairness = Fairness::default();
        assert_eq!(batch(&queue, &mut fairness, 512), [10, 128]);
        assert_eq!(batch(&queue, &mut fairness, 512), [0, 128]);
        assert_eq!(batch(&queue, &mut fairness, 512), [0, 44]);
    }

    #[test]
    fn bulk_gets_a_turn_among_interactive_rows_without_end() {
        let queue = Queue::new(1000, 1000);
        fill(&queue, Lane::Interactive, 100);
        fill(&queue, Lane::Bulk, 100);
        let mut fairness = Fairness::default();
        for _ in 0..BATCHES_WITHOUT_BULK_MAX {
            assert_eq!(batch(&queue, &mut fairness, 5), [5, 0]);
        }
        assert_eq!(batch(&queue, &mut fairness, 5), [0, 5]);
        assert_eq!(batch(&queue, &mut fairness, 5), [5, 0]);
    }

    #[test]
    fn resting_bulk_rows_are_not_taken_until_the_queue_closes() {
        let queue = Queue::new(10, 10);
        fill(&queue, Lane::Bulk, 1);
        let fairness = Fairness::default();
        assert_eq!(queue.wait(Some(Duration::ZERO), true), Woken::Idle);
        assert!(queue.take(&mut fairness.turn(true)).is_none());
        queue.close();
        assert_eq!(queue.wait(None, true), Woken::Row);
        assert!(queue.take(&mut fairness.turn(true)).is_some());
        assert_eq!(queue.wait(None, true), Woken::Ended);
    }

    #[test]
    fn a_place_used_after_the_end_is_told_so() {
        let queue = Queue::new(1, 1);
        let place = queue.reserve(Lane::Interactive).unwrap();
        queue.close();
        assert_eq!(queue.reserve(Lane::Bulk).err(), Some(NoPlace::Closed));
        assert_eq!(queue.wait(None, false), Woken::Ended);
        let (told, hears) = mpsc::channel();
        place.write(|_| Ok(()), move |outcome| told.send(outcome).unwrap());
        assert!(matches!(hears.recv().unwrap(), Err(CommitError::Closed)));
    }
}
