//! How a session ends: all are told at once, hear the last words, and go.
//!
//! **Invariants.** What was said before the end and is understood behind it is told to those who were there
//! then, before they are told that they left. Each of them is told that once.
//!
//! **Bounds.** [`LAST_WORDS_WITHIN`] from the end on nobody waits for last words any more: they are in the
//! transcript alone.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use hub::Except;
use tokio::runtime::Handle;

use super::{Room, State};
use crate::protocol::{SessionLeft, Status, StatusUpdated};

/// How long those who were in a session that ended wait for what was said last: a provider's longest
/// deadline is two minutes, most answer in seconds.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(60);

impl Room {
    /// The session is over: all are told, and go once nothing more is told of what they said.
    pub(crate) fn end(
        self: &Arc<Self>,
        user_id: Option<&str>,
        message: Option<&str>,
        runtime: &Handle,
    ) {
        let mut state = self.lock();
        if state.has_ended {
            return;
        }
        state.has_ended = true;
        state.status = Status::Ended;
        self.comings.end();
        self.tell(&StatusUpdated { user_id, status: Status::Ended, message }, Except::Nobody);
        if state.speakers == 0 {
            return self.close(state);
        }
        let room = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(LAST_WORDS_WITHIN).await;
            if let Some(room) = room.upgrade() {
                room.close(room.lock());
            }
        });
    }

    /// A speaker begins, of whom something may be told.
    pub(crate) fn begin_speaker(&self) {
        self.lock().speakers += 1;
    }

    /// Nothing more is told of a speaker.
    pub(crate) fn end_speaker(&self) {
        let mut state = self.lock();
        state.speakers = state.speakers.saturating_sub(1);
        if state.has_ended && state.speakers == 0 {
            self.close(state);
        }
    }

    /// Those who are still in it go.
    fn close(&self, mut state: MutexGuard<'_, State>) {
        if state.places.is_empty() {
            return;
        }
        self.tell(&SessionLeft { session_id: &self.id }, Except::Nobody);
        state.users.clear();
        state.places.drain().for_each(|(_, place)| place.membership.leave());
    }
}
