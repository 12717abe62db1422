//! Threads on which documents of others' making are worked on, so that what they break or hold up is a thread
//! of these.
//!
//! **Invariants.** Work that panics ends alone. Work that takes longer than it may is given up by whoever
//! waits for it; it goes on by itself, for a thread cannot be stopped, and another thread takes its place.
//!
//! **Bounds**: [`THREADS`] threads work; where some of them go on with what was given up, up to [`STUCK_MAX`] others
//! take their places. What waits is bounded by who gives the work: one piece a document.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::replica::STACK_BYTES;

/// Threads that work.
const THREADS: usize = 2;
/// Threads that take the place of those that go on with what was given up.
const STUCK_MAX: usize = 4;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// It panicked.
    Panicked,
    /// It took too long and was given up.
    GivenUp,
    /// No thread came to it in time, or there is none.
    NotBegun,
}

/// The threads, which end with it.
pub(super) struct Workshop {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when there is work, and at the end.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Piece>>,
    /// Threads that work or wait for work.
    threads: usize,
    /// Threads that go on with what was given up.
    stuck: usize,
    is_closed: bool,
}

/// A piece of work.
struct Piece {
    work: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    is_begun: AtomicBool,
    is_given_up: AtomicBool,
}

impl Workshop {
    pub(super) fn new() -> Self {
        Self { shared: Arc::default() }
    }

    /// Does `work`, which may take `within` once it has begun, and may wait as long before.
    ///
    /// # Errors
    /// [`Unfinished`] says why there is no result; what `work` holds is gone then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished> {
        let (told, mut outcome) = oneshot::channel();
        let piece = Arc::new(Piece {
            work: Mutex::new(Some(Box::new(move || {
                let outcome = catch_unwind(AssertUnwindSafe(work));
                let _gone = told.send(outcome.map_err(|_| Unfinished::Panicked));
            }))),
            is_begun: AtomicBool::new(false),
            is_given_up: AtomicBool::new(false),
        });
        self.shared.put(Arc::clone(&piece));
        loop {
            let was_begun = piece.is_begun.load(Ordering::SeqCst);
            match tokio::time::timeout(within, &mut outcome).await {
                Ok(outcome) => return outcome.unwrap_or(Err(Unfinished::Panicked)),
                // It began in the meantime: it has its own time yet.
                Err(_) if !was_begun && piece.is_begun.load(Ordering::SeqCst) => {}
                Err(_) => return Err(self.shared.give_up(&piece)),
            }
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn put(self: &Arc<Self>, piece: Arc<Piece>) {
        let mut state = self.lock();
        state.waiting.push_back(piece);
        self.hire(&mut state);
        drop(state);
        self.changed.notify_one();
    }

    /// Whoever waited for the piece does so no more.
    fn give_up(self: &Arc<Self>, piece: &Arc<Piece>) -> Unfinished {
        let mut state = self.lock();
        if piece.take().is_some() {
            state.waiting.retain(|waiting| !Arc::ptr_eq(waiting, piece));
            return Unfinished::NotBegun;
        }
        if !piece.is_given_up.swap(true, Ordering::SeqCst) {
            state.threads -= 1;
            state.stuck += 1;
            self.hire(&mut state);
        }
        Unfinished::GivenUp
    }

    /// Starts a thread where one is missing.
    fn hire(self: &Arc<Self>, state: &mut State) {
        let is_needed = state.threads < THREADS && !state.waiting.is_empty();
        let is_full = state.threads + state.stuck >= THREADS + STUCK_MAX;
        if !is_needed || is_full || state.is_closed {
            return;
        }
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("yjs".into()).stack_size(STACK_BYTES);
        match thread.spawn(move || shared.work()) {
            Ok(_) => state.threads += 1,
            Err(error) => {
                tracing::error!(%error, "no thread for documents of Yjs could be started")
            }
        }
    }

    /// What a thread does until the end.
    fn work(self: &Arc<Self>) {
        while let Some(piece) = self.next() {
            if let Some(work) = piece.take() {
                work();
            }
            let mut state = self.lock();
            if piece.is_given_up.swap(true, Ordering::SeqCst) {
                // Another thread took its place.
                state.stuck -= 1;
                self.hire(&mut state);
                return;
            }
        }
    }

    fn next(&self) -> Option<Arc<Piece>> {
        let mut state = self.lock();
        loop {
            if let Some(piece) = state.waiting.pop_front() {
                piece.is_begun.store(true, Ordering::SeqCst);
                return Some(piece);
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Piece {
    /// The work, for the first who asks.
    fn take(&self) -> Option<Box<dyn FnOnce() + Send>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn work_that_panics_ends_alone() {
        let workshop = Workshop::new();
        let broken = workshop.run(LONG, || -> u8 { panic!("as intended") }).await;
        assert_eq!(broken, Err(Unfinished::Panicked));
        assert_eq!(workshop.run(LONG, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_given_up_and_others_go_on() {
        let workshop = Workshop::new();
        let mut ends = Vec::new();
        for _ in 0..THREADS + STUCK_MAX {
            assert_eq!(workshop.run(LONG, || 7).await, Ok(7));
            let (end, ended) = mpsc::channel::<()>();
            ends.push(end);
            let stuck = workshop.run(SHORT, move || ended.recv().is_err()).await;
            assert_eq!(stuck, Err(Unfinished::GivenUp));
        }
        // Now every thread is held up.
        assert_eq!(workshop.run(SHORT, || 7).await, Err(Unfinished::NotBegun));
        assert!(workshop.shared.lock().waiting.is_empty());
        drop(ends);
        assert_eq!(workshop.run(LONG, || 7).await, Ok(7));
    }
}
