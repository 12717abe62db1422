//! Where people are, told at most ten times a second, the latest.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub::Delivery;
use model::ConnectionId;

use super::{Author, Live};
use crate::yjs::awareness::Speaker;
use crate::yjs::encoding::Malformed;
use crate::yjs::message;

/// How often the others hear where people are, at most.
const TOLD_EVERY: Duration = Duration::from_millis(100);

impl Live {
    /// A connection says where it is, which the others hear soon; what it is to be told itself, if anything.
    ///
    /// # Errors
    /// As [`crate::yjs::awareness::Awareness::say`].
    pub(in crate::yjs) fn say(
        self: &Arc<Self>,
        author: &Author,
        states: &[u8],
    ) -> Result<Option<Bytes>, Malformed> {
        let speaker = Speaker { connection: author.connection, user: &author.user };
        let said = self.state().awareness.say(speaker, states);
        self.tell_soon();
        Ok(said?.map(|states| message::awareness(&states)))
    }

    /// Where everybody is, as messages.
    pub(in crate::yjs) fn everybody(&self) -> Vec<Bytes> {
        self.state().awareness.all().iter().map(|states| message::awareness(states)).collect()
    }

    /// A connection is gone.
    pub(in crate::yjs) fn leave(self: &Arc<Self>, connection: ConnectionId) {
        let now = self.tools.hub.clock().monotonic();
        let mut state = self.state();
        state.awareness.leave(connection);
        state.used_at = now;
        drop(state);
        self.tell_soon();
    }

    /// Shows everybody that their connection lives.
    pub(in crate::yjs) fn show_life(&self) {
        if let Some(room) = self.tools.hub.room(&self.room) {
            let delivery = Delivery::passing(message::sign_of_life()).binary();
            room.publish(&delivery.replaced_by_newer("life", &self.id).into());
        }
    }

    /// Tells the others what changed: now, or when it is time again.
    fn tell_soon(self: &Arc<Self>) {
        let now = self.tools.hub.clock().monotonic();
        let mut state = self.state();
        if state.is_telling || !state.awareness.has_changes() {
            return;
        }
        if state.told_at.is_none_or(|at| now.since(at) >= TOLD_EVERY) {
            drop(state);
            return self.tell_changes();
        }
        state.is_telling = true;
        drop(state);
        let live = Arc::clone(self);
        drop(self.tools.runtime.spawn(async move {
            tokio::time::sleep(TOLD_EVERY).await;
            live.state().is_telling = false;
            live.tell_changes();
        }));
    }

    fn tell_changes(&self) {
        let now = self.tools.hub.clock().monotonic();
        let mut state = self.state();
        state.told_at = Some(now);
        let changes = state.awareness.take_changes();
        drop(state);
        let Some(room) = self.tools.hub.room(&self.room) else { return };
        for states in changes {
            room.publish(&Delivery::passing(message::awareness(&states)).binary().into());
        }
    }
}
