//! Saying something, in a room or to somebody: stored, then answered, then told; a repeat is answered
//! alone, and takes no place among the messages a conversation may have in a minute.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Author, PostError, Posted, Posting, RoomRef};
use hub::Context;
use model::{Monotonic, Name};

use super::{Visit, busy, reply, storage_full};
use crate::messages::{Letter, pair};
use crate::protocol::{Code, MessageSent, Recipient, Refusal, Said, SentStatus};
use crate::rooms::room_ref;

/// Where a message goes.
enum Target {
    Room(Arc<str>),
    Person(Arc<str>),
}

/// What a message's outcome is told with.
struct Sent {
    request_id: Option<Box<str>>,
    /// For somebody alone.
    letter: Option<Arc<Letter>>,
    /// For how long the conversation takes nothing new, if so.
    full_for: Option<Duration>,
}

impl Visit {
    /// Stores what was said. Where the conversation had too much of it in the last minute, only a repeat
    /// is answered.
    pub(super) fn say(
        &mut self,
        said: Said,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let Some(target) = self.target(&said.recipient) else {
            let refusal = Refusal::new(Code::AuthorizationError, "Join the room first");
            let refusal = refusal.on("data.recipientId");
            reply(&refusal, request_id.as_deref(), context);
            return self.note_refusal("message to a room that was not joined", context);
        };
        let (room, letter) = self.addressed(target);
        let taken = self.take_broadcast(&room, context.now);
        if let (Err(wait), None) = (taken, &request_id) {
            return self.refuse_broadcast(wait, None, context);
        }
        let ticket = self.begin(context);
        let posting = Posting {
            may_store: taken.is_ok(),
            ..self.posting(room.clone(), said, request_id.clone(), letter.clone())
        };
        let (deals, at, sender) = (Arc::clone(&self.deals), context.now, context.connection);
        let told = letter.clone();
        let sent = Sent { request_id, letter, full_for: taken.err() };
        self.deals.conversations.post(posting, move |outcome| {
            let is_new = matches!(outcome, Ok(Posted { is_repeat: false, .. }));
            if taken.is_ok() && !is_new {
                deals.broadcasts.give_back(&room, at);
            }
            ticket.resume(move |visit: &mut Self, context| visit.said(outcome, &sent, context));
            if let Some(letter) = told.filter(|_| is_new) {
                letter.tell(sender);
            }
        });
    }

    /// Where a message for `recipient` goes; nowhere for a room that its sender is not in.
    fn target(&self, recipient: &Recipient) -> Option<Target> {
        let named = |name: &Name| Arc::<str>::from(name.as_str());
        match recipient {
            Recipient::User(user) => Some(Target::Person(named(user))),
            Recipient::Room(room) => {
                self.has_joined(room.as_str()).then(|| Target::Room(named(room)))
            }
            Recipient::Either(name) if self.has_joined(name.as_str()) => {
                Some(Target::Room(named(name)))
            }
            Recipient::Either(name) => Some(Target::Person(named(name))),
        }
    }

    /// Whether the sender is in the room, with this connection or another one.
    fn has_joined(&self, room: &str) -> bool {
        self.seats.has(room) || self.deals.seated.has(&self.identity.user_id, room)
    }

    fn addressed(&self, target: Target) -> (RoomRef, Option<Arc<Letter>>) {
        match target {
            Target::Room(room) => (room_ref(&room), None),
            Target::Person(user) => {
                let me = &self.identity.user_id;
                (pair(me, &user), Some(Letter::new(&self.deals.mail, me, &user)))
            }
        }
    }

    fn posting(
        &self,
        room: RoomRef,
        said: Said,
        client_id: Option<Box<str>>,
        letter: Option<Arc<Letter>>,
    ) -> Posting {
        let author = Author::User {
            id: Arc::clone(&self.identity.user_id),
            name: Arc::clone(&self.identity.username),
        };
        let extra = letter.map(|letter| -> conversations::Extra {
            Box::new(move |tx, posted| letter.write(tx, posted))
        });
        Posting {
            message_type: said.message_type,
            client_id,
            extra,
            ..Posting::new(room, author, said.content)
        }
    }

    /// Counts a message that is to be stored, if the conversation takes one more; else how long until it
    /// does.
    fn take_broadcast(&self, room: &RoomRef, now: Monotonic) -> Result<(), Duration> {
        match self.deals.limits.broadcasts_per_minute {
            Some(limit) => self.deals.broadcasts.check(room.clone(), limit, now),
            None => Ok(()),
        }
    }

    fn refuse_broadcast(
        &self,
        wait: Duration,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages here in a minute");
        reply(&refusal.retry_after(wait), request_id, context);
        self.note_refusal("broadcasts_per_minute", context);
    }

    /// The outcome of a message of this connection.
    fn said(&mut self, outcome: Result<Posted, PostError>, sent: &Sent, context: &mut Context<'_>) {
        let request_id = sent.request_id.as_deref();
        match (outcome, sent.full_for) {
            (Ok(Posted { message, .. }), _) => {
                let status = sent.letter.as_ref().map(|letter| letter.status());
                let event = MessageSent {
                    message_id: &message.id,
                    status: status.unwrap_or(SentStatus::Delivered),
                    timestamp: message.created_at.as_secs(),
                };
                reply(&event, request_id, context);
            }
            (Err(PostError::Withheld), Some(wait)) => {
                self.refuse_broadcast(wait, request_id, context);
            }
            (Err(error), _) => reply(&refusal(error), request_id, context),
        }
        self.ended(context);
    }
}

fn refusal(error: PostError) -> Refusal {
    match error {
        PostError::Conflict => Refusal::invalid("requestId", "was used for another message"),
        PostError::Busy => busy(),
        PostError::StorageFull => storage_full(),
        PostError::Withheld | PostError::Failed => {
            Refusal::new(Code::InternalError, "The message could not be stored")
        }
    }
}
