//! Who is to be worked on next, by the threads that decode.
//!
//! **Invariants.** First come, first served; whoever has more to do stands at the end again.
//!
//! **Bounds.** Whoever puts something in sees to it that each speaker stands here at most once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue that threads wait at.
pub(super) struct Ready<T> {
    state: Mutex<State<T>>,
    woken: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

impl<T> Ready<T> {
    pub(super) fn new() -> Self {
        let state = State { waiting: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), woken: Condvar::new() }
    }

    /// Puts one at the end; nothing once it is closed.
    pub(super) fn push(&self, one: T) {
        let mut state = self.lock();
        if !state.is_closed {
            state.waiting.push_back(one);
            self.woken.notify_one();
        }
    }

    /// The next one; waits for it. `None` once it is closed.
    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(next) = state.waiting.pop_front() {
                return Some(next);
            }
            state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets all threads go; what waits is forgotten.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
        self.woken.notify_all();
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_take_turns_and_go_once_it_is_closed() {
        let ready = Ready::new();
        (0..3).for_each(|number| ready.push(number));
        assert_eq!((ready.take(), ready.take(), ready.len()), (Some(0), Some(1), 1));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let mut taken = Vec::new();
                while let Some(number) = ready.take() {
                    taken.push(number);
                    if number == 7 {
                        ready.close();
                    }
                }
                taken
            });
            ready.push(7);
            assert_eq!(waiting.join().unwrap(), [2, 7]);
        });
        ready.push(8);
        assert_eq!((ready.take(), ready.len()), (None, 0));
    }
}
