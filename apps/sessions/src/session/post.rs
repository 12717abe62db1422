//! Saying something: stored, then told to everybody; a repeat is answered to its sender alone, and
//! takes no place among the messages a session may have in a minute.

use std::sync::Arc;
use std::time::Duration;

use conversations::{Author, PostError, Posted, Posting};
use hub::{Context, Ticket};
use model::{Monotonic, message_id};

use super::Visit;
use crate::answers::Asked;
use crate::form;
use crate::protocol::{Code, Refusal, Said};
use crate::store;

/// When a client may try again that the store had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a message's outcome is told with.
struct Sent {
    request_id: Option<Box<str>>,
    /// The field that named the message.
    id_field: &'static str,
    /// For how long the session takes nothing new, if so.
    full_for: Option<Duration>,
}

impl Visit {
    /// Stores what was said. Where the session had too much of it in the last minute, only a
    /// repeat is answered.
    pub(super) fn post(
        &mut self,
        said: Said,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let taken = self.take_broadcast(context.now);
        if let (Err(wait), None) = (taken, &said.client_id) {
            return self.refuse_broadcast(wait, request_id.as_deref(), context);
        }
        let ticket = context.begin();
        self.posting += 1;
        let id: Arc<str> = message_id().into();
        let asked = Asked {
            connection: context.connection,
            request_id: request_id.clone(),
            project_id: said.project_id.clone(),
        };
        let is_named_by_request = said.client_id == request_id;
        let sent = Sent {
            request_id: request_id.clone(),
            id_field: if is_named_by_request { "requestId" } else { "data.clientId" },
            full_for: taken.err(),
        };
        let posting =
            Posting { may_store: taken.is_ok(), ..self.posting(said, &id, request_id, context) };
        let (sessions, session, at) =
            (Arc::clone(&self.sessions), Arc::clone(&self.session), context.now);
        self.sessions.conversations.post(posting, move |outcome| {
            match &outcome {
                Ok(Posted { message, is_repeat: false }) => {
                    sessions.answers.expect(&message.id, asked);
                }
                // The row of a question that is none was stored along with the attempt.
                Ok(Posted { is_repeat: true, .. }) => sessions.answers.settle_behind(&session, &id),
                Err(_) => {}
            }
            if taken.is_ok() && !matches!(outcome, Ok(Posted { is_repeat: false, .. })) {
                sessions.broadcasts.give_back(&session, at);
            }
            ended(ticket, outcome, sent);
        });
    }

    fn posting(
        &self,
        said: Said,
        id: &Arc<str>,
        request_id: Option<Box<str>>,
        context: &Context<'_>,
    ) -> Posting {
        let Said { content, client_id, project_id } = said;
        let author = Author::User {
            id: Arc::clone(&self.identity.user_id),
            name: Arc::clone(&self.identity.username),
        };
        let (session, message_id) = (Arc::clone(&self.session), Arc::clone(id));
        Posting {
            client_id,
            request_id,
            sender: Some(context.connection),
            id: Some(id.to_string()),
            extra: Some(Box::new(move |tx, _| {
                store::ask(tx, &session, &message_id, project_id.as_deref())
            })),
            ..Posting::new(self.room(), author, content)
        }
    }

    /// Counts a message that is to be stored, if the session takes one more; else how long until
    /// it does.
    fn take_broadcast(&self, now: Monotonic) -> Result<(), Duration> {
        match self.sessions.limits.broadcasts_per_minute {
            Some(limit) => self.sessions.broadcasts.check(Arc::clone(&self.session), limit, now),
            None => Ok(()),
        }
    }

    fn refuse_broadcast(
        &self,
        wait: Duration,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages in this session");
        self.reply(&refusal.retry_after(millis), request_id, context);
        self.note_refusal("broadcasts_per_minute", context);
    }

    /// The outcome of a message of this connection.
    fn posted(
        &mut self,
        outcome: Result<Posted, PostError>,
        sent: &Sent,
        context: &mut Context<'_>,
    ) {
        let request_id = sent.request_id.as_deref();
        self.posting = self.posting.saturating_sub(1);
        match (outcome, sent.full_for) {
            (Ok(Posted { is_repeat: false, .. }), _) => {}
            (Ok(Posted { message, is_repeat: true }), _) => {
                context.reply(form::event(&self.session, &message, request_id));
            }
            (Err(PostError::Withheld), Some(wait)) => {
                self.refuse_broadcast(wait, request_id, context);
            }
            (Err(error), _) => {
                let session = &self.session;
                tracing::debug!(%error, ?session, "a message was not stored");
                self.reply(&refusal(error, sent.id_field), request_id, context);
            }
        }
        self.unpark(context);
    }
}

/// Ends the operation; nothing is replied to a message that its own event will answer.
fn ended(ticket: Ticket, outcome: Result<Posted, PostError>, sent: Sent) {
    ticket.resume(move |visit: &mut Visit, context| visit.posted(outcome, &sent, context));
}

fn refusal(error: PostError, id_field: &'static str) -> Refusal {
    let failed = "Failed to process message";
    match error {
        PostError::Conflict => Refusal::invalid(id_field, "was used for another message of yours"),
        PostError::Busy | PostError::StorageFull => {
            let millis = u64::try_from(RETRY_AFTER.as_millis()).unwrap_or(u64::MAX);
            Refusal::new(Code::Unavailable, failed).retry_after(millis)
        }
        PostError::Withheld | PostError::Failed => Refusal::new(Code::InternalError, failed),
    }
}
