//! The way into every endpoint of a class: who somebody is, how fast they may talk, and then the lesson.
//!
//! **Invariants.** Before a token was verified nothing but `auth` is taken. Who somebody is comes from
//! the token, never from a message. Replies leave in the order of a connection's messages.
//!
//! **Bounds.** Operations in flight are the transport's; messages are counted here.

mod auth;

use std::sync::Arc;
use std::time::Duration;

use access::{Lease, MessageRate, Verdict};
use hub::{Context, Fault};
use model::{CloseReason, Identity, Name};

use crate::protocol::{self, Asked, CONTEXT_DEFAULT, Code, Event, Invalid, Pong, Refusal, Request};
use crate::service::Learning;

/// How long a connection that far over its limit is told to wait.
const MINUTE: Duration = Duration::from_secs(60);

/// What an endpoint does with whoever is in: the chat, the figures, the documents.
pub(crate) trait Lesson: Sized + 'static {
    /// What its clients ask, besides what all endpoints share.
    type Action;

    /// Whether a connection ends with its first message over the limit; else when it goes on at twice
    /// the limit.
    const ENDS_WHEN_TOO_FAST: bool;

    /// Decodes a client's text.
    ///
    /// # Errors
    /// [`Invalid`] for whatever is not a message of the endpoint.
    fn decode(text: &str) -> Result<Request<Self::Action>, Invalid>;

    /// Whether it counts as a message; what has a limit of its own does not.
    fn counts(_action: &Self::Action) -> bool {
        true
    }

    /// The connection enters a context.
    ///
    /// # Errors
    /// Why it may not.
    fn enter(
        &mut self,
        name: &str,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal>;

    /// The context it is in.
    fn context_id(&self) -> Option<Arc<str>>;

    /// Whether everything it is in would be open to `identity`; else no token of theirs is taken in
    /// place of the one before.
    fn is_open_to(&self, identity: &Identity) -> bool {
        self.context_id().is_none_or(|name| identity.may_enter(&name))
    }

    /// Comings and goings were not told, for the connection was too far behind; it has caught up now.
    fn missed_some(&mut self, _guest: &Guest<'_>, _context: &mut Context<'_>) {}

    /// Somebody who is in asks something; what answers it echoes `id`.
    fn act(
        &mut self,
        action: Self::Action,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    );
}

/// Who is in.
pub(crate) struct Guest<'a> {
    /// The class.
    pub(crate) learning: &'a Arc<Learning>,
    /// Whose connection it is.
    pub(crate) identity: &'a Arc<Identity>,
}

impl Guest<'_> {
    /// Leaves a line in the log of refusals.
    pub(crate) fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        self.learning.note_refusal(reason, Some(&self.identity.user_id), context.connection);
    }

    /// The error for what the token does not open; `field` names it.
    pub(crate) fn check_context(
        &self,
        name: &str,
        field: &'static str,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        if self.identity.may_enter(name) {
            return Ok(());
        }
        self.note_refusal("context not opened by the token", context);
        Err(forbidden(field))
    }
}

/// A connection to an endpoint.
pub(crate) struct Entrance<L> {
    learning: Arc<Learning>,
    identity: Option<Arc<Identity>>,
    /// The context that the handshake named, until the connection is in one.
    named: Option<Box<str>>,
    rate: MessageRate,
    /// Its place among its user's connections, where it authenticated by message.
    lease: Option<Lease>,
    /// What it is for.
    pub(crate) lesson: L,
}

impl<L: Lesson> Entrance<L> {
    pub(crate) fn new(
        learning: Arc<Learning>,
        identity: Option<Arc<Identity>>,
        context_id: Option<&str>,
        lesson: L,
    ) -> Self {
        let rate = MessageRate::new(learning.limits.messages_per_minute);
        let named = context_id.map(Into::into);
        Self { learning, identity, named, rate, lease: None, lesson }
    }

    /// What it is for, and who is in, to go on with what an operation brought.
    pub(crate) fn at_work(&mut self) -> Option<(&mut L, Guest<'_>)> {
        let identity = self.identity.as_ref()?;
        Some((&mut self.lesson, Guest { learning: &self.learning, identity }))
    }

    /// Whether the message is within its limit; else its sender hears of it.
    fn is_in_time(&mut self, id: Option<&str>, context: &mut Context<'_>) -> bool {
        let (wait, is_abusive) = match self.rate.count(context.now) {
            Verdict::Pass => return true,
            Verdict::Refused { retry_after } => (retry_after, false),
            Verdict::Abusive => (MINUTE, true),
        };
        let refusal = Refusal::new(Code::RateLimitExceeded, "Rate limit exceeded");
        reply(&refusal.retry_after(wait), id, context);
        self.note_refusal("messages_per_minute", context);
        if L::ENDS_WHEN_TOO_FAST || is_abusive {
            context.close(CloseReason::RATE_LIMIT);
        }
        false
    }

    fn answer(&mut self, request: Request<L::Action>, context: &mut Context<'_>) {
        let Request { id, action } = request;
        let action = match action {
            Asked::Auth { token, context_id } => {
                return self.authenticate(token, context_id, id, context);
            }
            Asked::Ping => None,
            Asked::Of(action) => Some(action),
        };
        let Some(identity) = self.identity.clone() else {
            return self.refuse_stranger("first message brought no token", context);
        };
        let Some(action) = action else { return reply(&Pong {}, id.as_deref(), context) };
        let guest = Guest { learning: &self.learning, identity: &identity };
        self.lesson.act(action, id.as_deref(), &guest, context);
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

    /// Enters the context `name`; the error otherwise.
    fn enter(&mut self, name: &str, context: &Context<'_>) -> Result<(), Refusal> {
        let Some(identity) = self.identity.clone() else { return Ok(()) };
        let guest = Guest { learning: &self.learning, identity: &identity };
        self.lesson.enter(name, &guest, context)
    }

    fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        let user = self.identity.as_ref().map(|identity| &*identity.user_id);
        self.learning.note_refusal(reason, user, context.connection);
    }
}

impl<L: Lesson> hub::Session for Entrance<L> {
    fn on_open(&mut self, context: &mut Context<'_>) {
        if self.identity.is_none() {
            // A context in the query of a connection without a token: `auth` may leave it out.
            return;
        }
        let named = self.named.take();
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
        match L::decode(text) {
            Ok(request) => {
                let counts = match &request.action {
                    Asked::Of(action) => L::counts(action),
                    Asked::Auth { .. } | Asked::Ping => true,
                };
                if !counts || self.is_in_time(request.id.as_deref(), context) {
                    self.answer(request, context);
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

    fn on_skipped(&mut self, count: u64, context: &mut Context<'_>) {
        tracing::debug!(count, connection = %context.connection, "a connection missed events");
        let Some((lesson, guest)) = self.at_work() else { return };
        lesson.missed_some(&guest, context);
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
            Fault::Restarting => (Code::Unavailable, "The server stops"),
        };
        reply(&Refusal::new(code, text), None, context);
    }

    fn on_close(&mut self, _reason: &CloseReason) {
        self.lease = None;
    }
}

/// The error for what the token does not open.
pub(crate) fn forbidden(field: &'static str) -> Refusal {
    let refusal = Refusal::new(Code::Forbidden, "The token does not open this context");
    Refusal { field: Some(field), ..refusal }
}

/// Answers with an event.
pub(crate) fn reply<E: Event>(event: &E, id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, id));
}
