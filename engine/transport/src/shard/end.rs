//! How a connection ends: the last word, the close frame, the peer's end, the removal.
//!
//! **Invariants.** A session hears `on_close` exactly once, and is dropped then. After the close
//! frame nothing is written. A socket is dropped only after the peer ended its side, or after
//! [`LINGER`], so that no reset eats the close frame.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hub::{Effect, Fault, Session};
use model::{CloseReason, ConnectionId};

use super::Shard;
use crate::connection::{BLOCKED_MAX, Phase};
use crate::frame::close_frame;

impl Shard {
    /// Tells the session of the fault, lists its last word and the close frame.
    pub(super) fn begin_close(
        self: &Rc<Self>,
        id: ConnectionId,
        fault: Option<Fault>,
        reason: &CloseReason,
    ) {
        let last_words = match fault {
            Some(fault) => self.call(id, |session, context| session.on_fault(fault, context)),
            None => None,
        };
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        if matches!(connection.phase, Phase::Closing { .. }) {
            return;
        }
        connection.times.close_by = Some(self.now().after(BLOCKED_MAX));
        if let Some(outbox) = &mut connection.outbox {
            outbox.drop_events();
        }
        drop(state);
        for effect in last_words.into_iter().flatten() {
            match effect {
                Effect::Reply(text) => self.queue_text(id, &text),
                Effect::ReplyWith(text, attachments) => self.queue_with(id, &text, &attachments),
                _ => {}
            }
        }
        self.queue_frame(id, close_frame(reason));
        self.finish_session(id, reason);
        self.reschedule(id);
    }

    /// Takes the connection out of its rooms and ends its session.
    fn finish_session(&self, id: ConnectionId, reason: &CloseReason) {
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        connection.phase = Phase::Closing { discarded: 0, is_shut: false };
        connection.rest = Vec::new();
        let session = connection.session.take();
        let known = Arc::clone(&connection.known);
        let rooms = std::mem::take(&mut connection.rooms);
        connection.lease = None;
        connection.wake_reader();
        for (room, place) in rooms {
            state.remove_member(room, place);
        }
        drop(state);
        self.note_end(&known, reason);
        tell_close(session, reason);
        // What lingers is no open connection any more: whoever was told of the end finds it gone.
        self.hub.connections().remove(id);
    }

    /// Forgets the connection and drops its socket.
    pub(super) fn remove(&self, id: ConnectionId, reason: &CloseReason) {
        let mut state = self.state.borrow_mut();
        let Some(mut connection) = state.connections.remove(id) else { return };
        state.in_flight -= connection.operations.open();
        for (room, place) in std::mem::take(&mut connection.rooms) {
            state.remove_member(room, place);
        }
        drop(state);
        connection.wake_reader();
        self.hub.connections().remove(id);
        if let Some(session) = connection.session.take() {
            self.note_end(&connection.known, reason);
            tell_close(Some(session), reason);
        }
    }

    /// Counts and logs the end, while the connection's rooms are still known.
    fn note_end(&self, known: &hub::Connection, reason: &CloseReason) {
        self.gate.stats().closed(known.application, reason);
        if tracing::enabled!(tracing::Level::DEBUG) {
            let user = known.identity().map(|identity| identity.user_id.to_string());
            let rooms: Vec<String> = known.rooms().iter().map(ToString::to_string).collect();
            let hub::Connection { id, application, .. } = known;
            tracing::debug!(
                connection = %id, application, user, ?rooms, code = reason.code, "connection closed"
            );
        }
    }

    /// Closes every connection, spread over a time.
    pub(super) fn close_all(
        self: &Rc<Self>,
        fault: Option<Fault>,
        reason: &CloseReason,
        spread: Duration,
    ) {
        let mut state = self.state.borrow_mut();
        let count = u32::try_from(state.connections.count()).unwrap_or(u32::MAX).max(1);
        let (now, what) = (self.now(), Rc::new((fault, reason.clone())));
        state.closing = Some(Rc::clone(&what));
        let mut ids = Vec::with_capacity(count as usize);
        for (nth, connection) in (0..).zip(state.connections.iter_mut()) {
            let at = now.after(spread * nth / count);
            connection.times.drain_at = Some((at, Rc::clone(&what)));
            ids.push(connection.id);
        }
        drop(state);
        for id in ids {
            self.look_after(id);
        }
    }
}

fn tell_close(session: Option<Box<dyn Session>>, reason: &CloseReason) {
    let Some(mut session) = session else { return };
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        session.on_close(reason);
    }));
    if told.is_err() {
        tracing::error!("a session panicked while it was closed");
    }
}
