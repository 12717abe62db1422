//! One connection: what it may do, and what it is told.
//!
//! **Invariants.** Who somebody is comes from the token, never from a message.
//!
//! **Bounds.** Operations in flight are the transport's; messages are counted here.

mod mailbox;

use std::sync::Arc;
use std::time::Duration;

use access::{MessageRate, Verdict};
use hub::{Context, Fault};
use model::{CloseReason, Identity};

use crate::integrations::Opening;
use crate::protocol::{self, Action, Code, Event, Pong, Reason, Refusal, Request};
use crate::service::Deals;

/// How long a connection that far over its limit is told to wait.
const MINUTE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Visit {
    deals: Arc<Deals>,
    identity: Arc<Identity>,
    opening: Arc<Opening>,
    rate: MessageRate,
}

impl Visit {
    pub(crate) fn new(deals: Arc<Deals>, opening: Arc<Opening>) -> Self {
        let rate = MessageRate::new(deals.limits.messages_per_minute);
        let identity = Arc::clone(&opening.identity);
        Self { deals, identity, opening, rate }
    }

    /// Whether the message is within its limit; else its sender hears of it.
    fn is_in_time(&mut self, request_id: Option<&str>, context: &mut Context<'_>) -> bool {
        let (wait, is_abusive) = match self.rate.count(context.now) {
            Verdict::Pass => return true,
            Verdict::Refused { retry_after } => (retry_after, false),
            Verdict::Abusive => (MINUTE, true),
        };
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too many messages in a minute");
        reply(&refusal.retry_after(wait), request_id, context);
        self.note_refusal("messages_per_minute", context);
        if is_abusive {
            context.close(CloseReason::RATE_LIMIT);
        }
        false
    }

    fn act(&mut self, request: Request, context: &mut Context<'_>) {
        let Request { request_id, action } = request;
        match action {
            Action::Ping => reply(&Pong {}, request_id.as_deref(), context),
            _ => {
                let refusal = Refusal::unavailable(Reason::Busy, "This cannot be done now");
                reply(&refusal, request_id.as_deref(), context);
            }
        }
    }

    /// Leaves a line in the log of refusals.
    fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        let (user, connection) = (&*self.identity.user_id, context.connection);
        let known = self.deals.hub.connections().get(connection);
        let address = known.map(|known| tracing::field::display(known.source_ip));
        tracing::warn!(target: "security", user, address, reason, %connection, "message refused");
    }
}

impl hub::Session for Visit {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        let opened = protocol::open(text);
        let request_id = opened.as_ref().ok().and_then(|opened| opened.request_id.clone());
        if !self.is_in_time(request_id.as_deref(), context) {
            return;
        }
        match opened.and_then(protocol::Opened::read) {
            Ok(request) => self.act(request, context),
            Err(invalid) => reply(&Refusal::from(invalid), request_id.as_deref(), context),
        }
    }

    fn on_binary(&mut self, _bytes: &[u8], context: &mut Context<'_>) {
        if self.is_in_time(None, context) {
            reply(&Refusal::invalid("message", "must be text, not binary"), None, context);
        }
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let refusal = match fault {
            Fault::TooLarge => Refusal::new(Code::MessageTooLarge, "Message too large"),
            Fault::TokenExpired => Refusal::new(Code::AuthenticationError, "Token expired"),
            Fault::NotAuthenticated => Refusal::new(Code::AuthenticationError, "Unauthorized"),
            Fault::Revoked => Refusal::new(Code::AuthenticationError, "Revoked"),
            Fault::Idle => ending(Reason::Idle, "Idle timeout"),
            Fault::TooOld => ending(Reason::TooOld, "Connection too old"),
            Fault::Restarting => ending(Reason::Restarting, "The server stops; connect again"),
        };
        reply(&refusal, None, context);
    }

    fn on_close(&mut self, reason: &CloseReason) {
        self.deals.integrations.disconnect(&self.opening, reason);
    }
}

/// The last word before a close that is nobody's fault.
fn ending(reason: Reason, message: &str) -> Refusal {
    Refusal::new(Code::ConnectionError, message).because(reason)
}

fn reply<E: Event>(event: &E, request_id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, request_id));
}
