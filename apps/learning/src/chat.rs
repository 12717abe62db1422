//! One connection to the chat: what it may do, and what it is told.
//!
//! **Invariants.** Before a token was verified nothing but `auth` is taken. A connection enters one
//! context and stays there. Its replies leave in the order of its messages, its own copies of what
//! it says among them.
//!
//! **Bounds.** Operations in flight are the transport's; messages are counted here. A list of
//! people has at most [`MEMBERS_MAX`].

mod auth;
mod form;
mod history;
mod say;
mod typing;

use std::sync::Arc;

use access::{Lease, MessageRate, Verdict};
use hub::{Context, Fault, Member, Membership, Room};
use model::{CloseReason, Identity, Name};

pub(crate) use form::Wire;
pub(crate) use typing::Typists;

use crate::protocol::{
    self, Action, CONTEXT_DEFAULT, Code, Event, Invalid, Members, Pong, Refusal, Request, User,
};
use crate::service::Learning;

/// People of one list.
const MEMBERS_MAX: usize = 1000;
/// How long a connection that far over its limit is told to wait.
const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

/// A connection to the chat.
pub(crate) struct Chat {
    learning: Arc<Learning>,
    identity: Option<Arc<Identity>>,
    /// The context that the handshake named, until the connection is open.
    named: Option<Box<str>>,
    place: Option<Membership>,
    rate: MessageRate,
    /// Its place among its user's connections, where it authenticated by message.
    lease: Option<Lease>,
}

impl Chat {
    pub(crate) fn new(
        learning: Arc<Learning>,
        identity: Option<Arc<Identity>>,
        context_id: Option<&str>,
    ) -> Self {
        let rate = MessageRate::new(learning.limits.messages_per_minute);
        let named = context_id.map(Into::into);
        Self { learning, identity, named, place: None, rate, lease: None }
    }

    /// Whether the message is within its limit; else its sender hears of it, and that is the end.
    fn is_in_time(&mut self, id: Option<&str>, context: &mut Context<'_>) -> bool {
        let wait = match self.rate.count(context.now) {
            Verdict::Pass => return true,
            Verdict::Refused { retry_after } => retry_after,
            Verdict::Abusive => MINUTE,
        };
        let refusal = Refusal::new(Code::RateLimitExceeded, "Rate limit exceeded");
        reply(&refusal.retry_after(wait), id, context);
        self.note_refusal("messages_per_minute", context);
        context.close(CloseReason::RATE_LIMIT);
        false
    }

    fn act(&mut self, request: Request, context: &mut Context<'_>) {
        let Request { id, action } = request;
        if let Action::Auth { token, context_id } = action {
            return self.authenticate(token, context_id, id, context);
        }
        let Some(identity) = self.identity.clone() else {
            return self.refuse_stranger("first message brought no token", context);
        };
        let id = id.as_deref();
        if action == Action::Ping {
            return reply(&Pong {}, id, context);
        }
        let Some(room) = self.place.as_ref().map(|place| Arc::clone(place.room())) else {
            let refusal = Refusal::new(Code::NotJoined, "The connection is in no context");
            return reply(&refusal, id, context);
        };
        match action {
            Action::Message(said) => self.say(said, &identity, &room, id, context),
            Action::Typing(is_typing) => {
                self.learning.typists.say(&room, &identity, is_typing, context.now);
            }
            Action::History(asked) => self.show_history(asked, &room, id, context),
            Action::Members => show_members(&room, id, context),
            Action::Auth { .. } | Action::Ping => {}
        }
    }

    fn refuse(&mut self, invalid: &Invalid, context: &mut Context<'_>) {
        if self.identity.is_none() && !invalid.is_auth {
            return self.refuse_stranger("first message brought no token", context);
        }
        reply(&Refusal::from(invalid), invalid.id.as_deref(), context);
    }

    /// The end of a connection that did not say who it is.
    fn refuse_stranger(&self, reason: &str, context: &mut Context<'_>) {
        reply(&Refusal::new(Code::Unauthorized, "Unauthorized"), None, context);
        self.note_refusal(reason, context);
        context.close(CloseReason::UNAUTHORIZED);
    }

    /// Enters the context `name`, unless the token does not open it; the error otherwise.
    fn enter(&mut self, name: &str, context: &Context<'_>) -> Result<(), Refusal> {
        let Some(identity) = &self.identity else { return Ok(()) };
        if !identity.may_enter(name) {
            self.note_refusal("context not opened by the token", context);
            return Err(forbidden());
        }
        let member = Member {
            connection: context.connection,
            user_id: Arc::clone(&identity.user_id),
            username: Arc::clone(&identity.username),
        };
        let room = hub::RoomId::new(conversations::Side::Chat.kind(), name);
        let joined = self.learning.hub.join(&room, &self.learning.announce, member, false);
        let (connection, user) = (context.connection, &identity.user_id);
        tracing::debug!(%connection, %user, %room, "connection joined context");
        self.place = Some(joined.membership);
        Ok(())
    }

    fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        let user = self.identity.as_ref().map(|identity| &*identity.user_id);
        self.learning.note_refusal(reason, user, context.connection);
    }
}

impl hub::Session for Chat {
    fn on_open(&mut self, context: &mut Context<'_>) {
        let named = self.named.take();
        if self.identity.is_none() {
            // A context in the query of a connection without a token: `auth` may leave it out.
            self.named = named;
            return;
        }
        let name = named.as_deref().unwrap_or(CONTEXT_DEFAULT);
        let entered = match Name::new(name) {
            Ok(_) => self.enter(name, context),
            Err(error) => Err(Refusal::invalid("contextId", &error.to_string())),
        };
        if let Err(refusal) = entered {
            reply(&refusal, None, context);
        }
    }

    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        match protocol::decode(text) {
            // Typing has a limit of its own.
            Ok(request) if matches!(request.action, Action::Typing(_)) => {
                self.act(request, context);
            }
            Ok(request) => {
                if self.is_in_time(request.id.as_deref(), context) {
                    self.act(request, context);
                }
            }
            Err(invalid) => {
                if self.is_in_time(invalid.id.as_deref(), context) {
                    self.refuse(&invalid, context);
                }
            }
        }
    }

    fn on_binary(&mut self, _bytes: &[u8], context: &mut Context<'_>) {
        if !self.is_in_time(None, context) {
            return;
        }
        if self.identity.is_none() {
            return self.refuse_stranger("first message brought no token", context);
        }
        reply(&Refusal::invalid("message", "must be text, not binary"), None, context);
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let (code, text) = match fault {
            Fault::TooLarge => (Code::MessageTooLarge, "Message too large"),
            Fault::TokenExpired => (Code::Unauthorized, "Token expired"),
            Fault::NotAuthenticated => (Code::Unauthorized, "Unauthorized"),
            Fault::Revoked => (Code::Unauthorized, "Revoked"),
            Fault::Idle => (Code::ConnectionTimeout, "Idle timeout"),
            Fault::TooOld => (Code::ConnectionTimeout, "Connection too old"),
            Fault::Restarting => (Code::Unavailable, "The server stops"),
        };
        reply(&Refusal::new(code, text), None, context);
    }

    fn on_close(&mut self, _reason: &CloseReason) {
        self.lease = None;
    }
}

fn show_members(room: &Room, id: Option<&str>, context: &mut Context<'_>) {
    let people = room.people();
    let listed = people.iter().take(MEMBERS_MAX);
    let users = listed.map(|(user_id, username)| User { user_id, username }).collect();
    reply(&Members { users, online_count: people.len() }, id, context);
}

fn forbidden() -> Refusal {
    let refusal = Refusal::new(Code::Forbidden, "The token does not open this context");
    Refusal { field: Some("contextId"), ..refusal }
}

fn reply<E: Event>(event: &E, id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, id));
}
