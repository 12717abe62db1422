//! Saying something: stored, then told to everybody; a repeat is answered to its sender alone, and
//! takes no place among the messages a context may have in a minute.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Author, PostError, Posted, Posting, RoomRef, Side};
use hub::{Context, Room, Ticket};
use model::{ConnectionId, Identity, Monotonic};

use super::{Chat, form, reply};
use crate::protocol::{Code, Refusal, Said};

/// When a client may try again that the store had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Chat {
    /// Stores what was said. Where the context had too much of it in the last minute, only a
    /// repeat is answered.
    pub(super) fn say(
        &self,
        said: Said,
        identity: &Identity,
        room: &Room,
        id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let taken = self.take_broadcast(&room.id.name, context.now);
        if let (Err(wait), None) = (taken, id) {
            return self.refuse_broadcast(wait, id, context);
        }
        let posting = Posting {
            may_store: taken.is_ok(),
            ..posting(said, identity, room, id, context.connection)
        };
        let (ticket, id) = (context.begin(), posting.request_id.clone());
        let (learning, name, at) =
            (Arc::clone(&self.learning), Arc::clone(&room.id.name), context.now);
        // What comes back keeps the operation open until the rooms were told: the sender's own copy
        // of the event is the answer, and replies after it are not to overtake it.
        self.learning.conversations.post(posting, move |outcome| {
            if taken.is_ok() && !matches!(outcome, Ok(Posted { is_repeat: false, .. })) {
                learning.broadcasts.give_back(&name, at);
            }
            answer(ticket, id, outcome, taken.err())
        });
    }

    /// Counts a message that is to be stored, if the context takes one more; else how long until
    /// it does.
    fn take_broadcast(&self, name: &Arc<str>, now: Monotonic) -> Result<(), Duration> {
        match self.learning.limits.broadcasts_per_minute {
            Some(limit) => self.learning.broadcasts.check(Arc::clone(name), limit, now),
            None => Ok(()),
        }
    }

    fn refuse_broadcast(&self, wait: Duration, id: Option<&str>, context: &mut Context<'_>) {
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages in this context");
        reply(&refusal.retry_after(wait), id, context);
        self.note_refusal("broadcasts_per_minute", context);
    }
}

fn posting(
    said: Said,
    identity: &Identity,
    room: &Room,
    id: Option<&str>,
    sender: ConnectionId,
) -> Posting {
    let author =
        Author::User { id: Arc::clone(&identity.user_id), name: Arc::clone(&identity.username) };
    let room = RoomRef::new(Side::Chat, Arc::clone(&room.id.name));
    Posting {
        message_type: said.message_type,
        client_id: id.map(Into::into),
        request_id: id.map(Into::into),
        sender: Some(sender),
        ..Posting::new(room, author, said.content)
    }
}

/// Answers the sender; `full_for` says for how long the context takes nothing new, if so.
fn answer(
    ticket: Ticket,
    id: Option<Box<str>>,
    outcome: Result<Posted, PostError>,
    full_for: Option<Duration>,
) -> Option<Ticket> {
    match outcome {
        Ok(Posted { is_repeat: false, .. }) => return Some(ticket),
        Ok(Posted { message, is_repeat: true }) => {
            ticket.reply(form::event(&message, id.as_deref()));
        }
        Err(error) => ticket.resume(move |chat: &mut Chat, context| match (error, full_for) {
            (PostError::Withheld, Some(wait)) => {
                chat.refuse_broadcast(wait, id.as_deref(), context);
            }
            _ => reply(&refusal(error), id.as_deref(), context),
        }),
    }
    None
}

fn refusal(error: PostError) -> Refusal {
    match error {
        PostError::Conflict => Refusal::invalid("id", "was used for another message of yours"),
        PostError::Busy => {
            let refusal = Refusal::new(Code::Unavailable, "The server is busy; try again");
            refusal.retry_after(RETRY_AFTER)
        }
        PostError::StorageFull => {
            let refusal = Refusal::new(Code::Unavailable, "The server's disk is full; try later");
            refusal.retry_after(RETRY_AFTER)
        }
        PostError::Withheld | PostError::Failed => {
            Refusal::new(Code::InternalError, "The message could not be stored")
        }
    }
}
