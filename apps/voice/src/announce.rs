//! How a session tells its people of comings and goings.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use hub::{Announce, Person, RoomId};
use model::Clock;

use crate::protocol::{Event, NAMESPACE, UserDisconnected, UserJoined, UserLeft, encode};

/// The events `user:joined`, `user:left` and `user:disconnected`, until the session has ended.
pub(crate) struct Comings {
    clock: Arc<dyn Clock>,
    has_ended: AtomicBool,
}

impl Comings {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, has_ended: AtomicBool::new(false) }
    }

    /// Nothing is told from now on: everybody goes.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Relaxed);
    }

    fn text<E: Event>(&self, event: &E) -> Option<Bytes> {
        let is_open = !self.has_ended.load(Relaxed);
        is_open.then(|| socketio::event(NAMESPACE, E::NAME, &encode(event, self.clock.wall())))
    }
}

impl Announce for Comings {
    fn joined(&self, _room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        self.text(&UserJoined { user_id: person.user_id, user_name: person.username })
    }

    fn left(&self, _room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        self.text(&UserLeft { user_id: person.user_id })
    }

    fn dropped(&self, _room: &RoomId, person: &Person<'_>) -> Option<Bytes> {
        self.text(&UserDisconnected { user_id: person.user_id })
    }
}
