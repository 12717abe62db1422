//! Saying something: stored, then told to everybody; a repeat is answered to its sender alone, and
//! takes no place among the messages a context may have in a minute.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Author, PostError, Posted, Posting, RoomRef, Side};
use hub::{Context, Room, Ticket};
use model::{ConnectionId, Identity, Monotonic};

use super::form;
use crate::entrance::{Guest, reply};
use crate::protocol::chat::Said;
use crate::protocol::{Code, Refusal, encode};
use crate::service::Learning;

/// When a client may try again that the store had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Stores what was said. Where the context had too much of it in the last minute, only a repeat is
/// answered.
pub(super) fn say(
    said: Said,
    room: &Room,
    id: Option<&str>,
    guest: &Guest<'_>,
    context: &mut Context<'_>,
) {
    let Guest { learning, identity } = guest;
    let taken = take_broadcast(learning, &room.id.name, context.now);
    if let (Err(wait), None) = (taken, id) {
        guest.note_refusal(BROADCASTS, context);
        return reply(&too_many(wait), id, context);
    }
    let posting = Posting {
        may_store: taken.is_ok(),
        ..posting(said, identity, room, id, context.connection)
    };
    let (ticket, id) = (context.begin(), posting.request_id.clone());
    let asked = Asked {
        learning: Arc::clone(learning),
        user: Arc::clone(&identity.user_id),
        id,
        full_for: taken.err(),
    };
    let (name, at) = (Arc::clone(&room.id.name), context.now);
    // What comes back keeps the operation open until the rooms were told: the sender's own copy
    // of the event is the answer, and replies after it are not to overtake it.
    learning.conversations.post(posting, move |outcome| {
        if matches!(outcome, Ok(Posted { is_repeat: false, .. })) {
            asked.learning.analytics.note(&name, &asked.user);
        } else if taken.is_ok() {
            asked.learning.broadcasts.give_back(&name, at);
        }
        asked.answer(ticket, outcome)
    });
}

/// The limit's name, in the log of refusals.
const BROADCASTS: &str = "broadcasts_per_minute";

/// Counts a message that is to be stored, if the context takes one more; else how long until it does.
fn take_broadcast(learning: &Learning, name: &Arc<str>, now: Monotonic) -> Result<(), Duration> {
    match learning.limits.broadcasts_per_minute {
        Some(limit) => learning.broadcasts.check(Arc::clone(name), limit, now),
        None => Ok(()),
    }
}

fn too_many(wait: Duration) -> Refusal {
    let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages in this context");
    refusal.retry_after(wait)
}

/// Who is to be answered.
struct Asked {
    learning: Arc<Learning>,
    user: Arc<str>,
    id: Option<Box<str>>,
    /// For how long the context takes nothing new, if so.
    full_for: Option<Duration>,
}

impl Asked {
    /// Answers the sender.
    fn answer(self, ticket: Ticket, outcome: Result<Posted, PostError>) -> Option<Ticket> {
        let id = self.id.as_deref();
        let text = match outcome {
            Ok(Posted { is_repeat: false, .. }) => return Some(ticket),
            Ok(Posted { message, is_repeat: true }) => form::event(&message, id),
            Err(error) => {
                encode(&self.refusal(error, &ticket), self.learning.hub.clock().wall(), id)
            }
        };
        ticket.reply(text);
        None
    }

    fn refusal(&self, error: PostError, ticket: &Ticket) -> Refusal {
        match (error, self.full_for) {
            (PostError::Withheld, Some(wait)) => {
                let (user, connection) = (Some(&*self.user), ticket.connection());
                self.learning.note_refusal(BROADCASTS, user, connection);
                too_many(wait)
            }
            _ => refusal(error),
        }
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
