//! One connection: what it may do, in which order, and what it is told.
//!
//! **Invariants.** Who somebody is comes from the token, never from a message. Nothing but `join`
//! and `leave` does anything before a join has succeeded. A join reads the session's state behind
//! everything the connection posted before, so that the state never overtakes an event it lacks.
//!
//! **Bounds.** Operations in flight are the transport's; messages and typing are counted here.

mod join;
mod pace;
mod post;

use std::sync::Arc;

use hub::{Context, Delivery, Fault, Membership, Ticket};
use model::{CloseReason, Identity};

use crate::protocol::{self, Action, Code, Event, Notice, Refusal, Request, System, UserTyping};
use crate::service::Sessions;
use join::Ask;
use pace::{Pace, Turn};

/// A connection to one session.
pub(crate) struct Visit {
    sessions: Arc<Sessions>,
    identity: Arc<Identity>,
    /// The id in the path, whether there is such a session or not.
    session: Arc<str>,
    pace: Pace,
    /// Its place in the session, once it joined.
    membership: Option<Membership>,
    /// Messages on their way to the store.
    posting: u32,
    /// A join that waits for them.
    parked: Option<(Ticket, Ask)>,
}

impl Visit {
    pub(crate) fn new(sessions: Arc<Sessions>, identity: Arc<Identity>, session: Arc<str>) -> Self {
        let pace = Pace::new(sessions.limits.messages_per_minute);
        Self { sessions, identity, session, pace, membership: None, posting: 0, parked: None }
    }

    fn act(&mut self, request: Request, context: &mut Context<'_>) {
        let Request { request_id, action } = request;
        match action {
            Action::Join { after, epoch } => self.join(Ask { after, epoch, request_id }, context),
            Action::Leave => self.leave(context),
            _ if self.membership.is_none() => {
                let refusal = Refusal::new(Code::NotJoined, "Join the session first");
                self.reply(&refusal, request_id.as_deref(), context);
            }
            Action::Message(Some(said)) => self.post(said, request_id, context),
            Action::Message(None) => {}
            Action::Typing => self.tell_typing(context),
            Action::Cancel => self.sessions.answers.cancel(&self.session),
        }
    }

    /// Whether the message is within its limit; else its sender hears of it.
    fn is_in_time(&mut self, request_id: Option<&str>, context: &mut Context<'_>) -> bool {
        let (retry_after, is_abusive) = match self.pace.message(context.now) {
            Turn::Now => return true,
            Turn::After(wait) => (wait, false),
            Turn::Never(wait) => (wait, true),
        };
        let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages in a minute");
        self.reply(&refusal.retry_after(millis), request_id, context);
        self.note_refusal("messages_per_minute", context);
        if is_abusive {
            context.close(CloseReason::RATE_LIMIT);
        }
        false
    }

    fn tell_typing(&mut self, context: &Context<'_>) {
        let Some(membership) = self.membership.as_ref().filter(|_| self.pace.typing(context.now))
        else {
            return;
        };
        let Identity { user_id, username, .. } = &*self.identity;
        let text =
            protocol::encode(&UserTyping { user_id, username }, &self.session, context.wall, None);
        let typing = Delivery::passing(text)
            .except(hub::Except::User(Arc::clone(user_id)))
            .replaced_by_newer("typing", user_id);
        membership.room().publish(&Arc::new(typing));
    }

    fn leave(&mut self, context: &mut Context<'_>) {
        if let Some(membership) = self.membership.take() {
            membership.leave();
        }
        context.close(CloseReason::NORMAL);
    }

    fn reply<E: Event>(&self, event: &E, request_id: Option<&str>, context: &mut Context<'_>) {
        let text = protocol::encode(event, &self.session, context.wall, request_id);
        context.reply(text);
    }

    /// Leaves a line in the log of refusals.
    fn note_refusal(&self, reason: &'static str, context: &Context<'_>) {
        let (user, session, id) = (&self.identity.user_id, &self.session, context.connection);
        let known = self.sessions.hub.connections().get(id);
        let address = known.map(|connection| connection.source_ip.to_string());
        tracing::warn!(
            target: "security", %user, ?address, reason, ?session, connection = %id,
            "message refused"
        );
    }
}

impl hub::Session for Visit {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        match protocol::decode(text, &self.session) {
            // Typing has a limit of its own.
            Ok(request) if request.action == Action::Typing => self.act(request, context),
            Ok(request) => {
                if self.is_in_time(request.request_id.as_deref(), context) {
                    self.act(request, context);
                }
            }
            Err(invalid) => {
                let request_id = invalid.request_id.as_deref();
                if self.is_in_time(request_id, context) {
                    self.reply(&Refusal::from(&invalid), request_id, context);
                }
            }
        }
    }

    fn on_binary(&mut self, _bytes: &[u8], context: &mut Context<'_>) {
        if self.is_in_time(None, context) {
            let refusal = Refusal::invalid("message", "must be text, not binary");
            self.reply(&refusal, None, context);
        }
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let (code, text) = match fault {
            Fault::TooLarge => (Code::MessageTooLarge, "Message too large"),
            Fault::TokenExpired => (Code::Unauthorized, "Token expired"),
            Fault::NotAuthenticated => (Code::Unauthorized, "Unauthorized"),
            Fault::Revoked => (Code::Unauthorized, "Revoked"),
            Fault::Idle => (Code::ConnectionTimeout, "Idle timeout"),
            Fault::TooOld => (Code::ConnectionTimeout, "Connection too old"),
            Fault::TooSlow => (Code::Unavailable, "This connection took too little"),
            Fault::GoingDown => (Code::Unavailable, "The server goes down"),
            Fault::Restarting => {
                if self.membership.is_some() {
                    let message = "The server stops; connect again";
                    self.reply(&System { code: Notice::Restarting, message }, None, context);
                }
                return;
            }
        };
        self.reply(&Refusal::new(code, text), None, context);
    }
}
