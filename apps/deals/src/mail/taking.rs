//! What one connection has taken, on its way to the store.
//!
//! **Invariants.** At most one write of a connection is in flight; what the connection takes meanwhile
//! is one further write. A position that is not past all it has taken writes nothing, however often it
//! comes. What the store refuses goes with the next mark, which covers it; if none comes
//! it waits on, and comes again on the next connect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::{CommitError, Lane, Store};

use crate::store::mail;

/// What one connection of a user has taken.
pub(crate) struct Taking {
    store: Store,
    user: Arc<str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The highest position that was ever noted.
    highest: u64,
    /// Everything up to here was taken and is not on its way yet.
    taken: Option<u64>,
    is_writing: bool,
}

impl Taking {
    pub(crate) fn new(store: Store, user: Arc<str>) -> Arc<Self> {
        Arc::new(Self { store, user, state: Mutex::default() })
    }

    /// The connection has everything up to `position`. Never blocks.
    pub(crate) fn note(self: &Arc<Self>, position: u64) {
        let mut state = self.lock();
        if position <= state.highest {
            return;
        }
        (state.highest, state.taken) = (position, Some(position));
        if state.is_writing {
            return;
        }
        state.is_writing = true;
        drop(state);
        self.write();
    }

    /// Writes what was taken, until nothing is left or the store takes nothing.
    fn write(self: &Arc<Self>) {
        let mut state = self.lock();
        let Some(position) = state.taken.take() else {
            state.is_writing = false;
            return;
        };
        drop(state);
        let place = match self.store.reserve(Lane::Bulk) {
            Ok(place) => place,
            Err(refused) => return self.give_up(&refused.into()),
        };
        let (taking, user) = (Arc::clone(self), Arc::clone(&self.user));
        place.write(
            move |tx| mail::take(tx, &user, position),
            move |outcome| match outcome {
                Ok(_) => taking.write(),
                Err(error) => taking.give_up(&error),
            },
        );
    }

    fn give_up(&self, error: &CommitError) {
        let error: &dyn std::error::Error = error;
        tracing::debug!(error, "what a connection took still waits");
        self.lock().is_writing = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
