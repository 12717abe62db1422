//! Saying something: stored, then told to everybody; a repeat is answered to its sender alone.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Author, PostError, Posted, Posting, RoomRef, Side};
use hub::{Context, Room, Ticket};
use model::Identity;

use super::{Chat, form, reply};
use crate::protocol::{Code, Refusal, Said};

/// When a client may try again that the store had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Chat {
    /// Stores what was said, unless the context had too much of it in the last minute.
    pub(super) fn say(
        &self,
        said: Said,
        identity: &Identity,
        room: &Room,
        id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let name = &room.id.name;
        if let Err(wait) = self.take_broadcast(name, context) {
            let refusal =
                Refusal::new(Code::RateLimitExceeded, "Too many messages in this context");
            reply(&refusal.retry_after(wait), id, context);
            return self.note_refusal("broadcasts_per_minute", context);
        }
        let author = Author::User {
            id: Arc::clone(&identity.user_id),
            name: Arc::clone(&identity.username),
        };
        let room = RoomRef::new(Side::Chat, Arc::clone(name));
        let posting = Posting {
            message_type: said.message_type,
            client_id: id.map(Into::into),
            request_id: id.map(Into::into),
            sender: Some(context.connection),
            ..Posting::new(room, author, said.content)
        };
        let (ticket, id) = (context.begin(), posting.request_id.clone());
        // What comes back keeps the operation open until the rooms were told: the sender's own copy
        // of the event is the answer, and replies after it are not to overtake it.
        self.learning.conversations.post(posting, move |outcome| answer(ticket, id, outcome));
    }

    fn take_broadcast(&self, name: &Arc<str>, context: &Context<'_>) -> Result<(), Duration> {
        match self.learning.limits.broadcasts_per_minute {
            Some(limit) => self.learning.broadcasts.check(Arc::clone(name), limit, context.now),
            None => Ok(()),
        }
    }
}

fn answer(
    ticket: Ticket,
    id: Option<Box<str>>,
    outcome: Result<Posted, PostError>,
) -> Option<Ticket> {
    match outcome {
        Ok(Posted { is_repeat: false, .. }) => return Some(ticket),
        Ok(Posted { message, is_repeat: true }) => {
            ticket.reply(form::event(&message, id.as_deref()));
        }
        Err(error) => ticket.resume(move |_: &mut Chat, context| {
            reply(&refusal(error), id.as_deref(), context);
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
        PostError::Failed => Refusal::new(Code::InternalError, "The message could not be stored"),
    }
}
