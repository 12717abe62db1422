//! One connection: what it may do, and what it is told.
//!
//! **Invariants.** Who somebody is comes from the token, never from a message. What goes to a handler of
//! others goes there as it came, and counts like any message. Replies leave in the order of the requests;
//! what lets events come waits for all of them.
//!
//! **Bounds.** Operations in flight are the transport's; rooms stand in `rooms.rs`, subscriptions in
//! `subscribe.rs`; messages are counted here.

mod acknowledge;
mod forward;
mod join;
pub(crate) mod mailbox;
mod pending;
mod refresh;
mod say;
mod subscribe;

use std::sync::Arc;
use std::time::Duration;

use access::{MessageRate, Verdict};
use hub::{Context, Fault};
use model::{CloseReason, Identity, Timestamp};
use storage::{CommitError, ReadError, Refused};

use crate::integrations::{Entered, Opening};
use crate::protocol::{self, Action, Code, Event, Pong, Reason, Refusal, Request};
use crate::rooms::Seats;
use crate::service::Deals;
use mailbox::Mailbox;
use pending::Pending;
use subscribe::Subscriptions;

/// How long a connection that far over its limit is told to wait.
const MINUTE: Duration = Duration::from_secs(60);
/// When a client may try again that the store had no place for.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// How long before it is told a deal was changed at most; longer than the queue of changes ever is.
const TOLD_WITHIN_MILLIS: i64 = 60_000;

/// A connection.
pub(crate) struct Visit {
    deals: Arc<Deals>,
    identity: Arc<Identity>,
    opening: Arc<Opening>,
    /// What the handler of `$connect` let in, until the connection opens.
    entered: Option<Entered>,
    rate: MessageRate,
    seats: Arc<Seats>,
    subscriptions: Subscriptions,
    pending: Pending,
    mailbox: Mailbox,
    /// When it was last known to have missed nothing.
    complete_at: Timestamp,
}

impl Visit {
    pub(crate) fn new(deals: Arc<Deals>, opening: Arc<Opening>, entered: Option<Entered>) -> Self {
        Self {
            identity: Arc::clone(&opening.identity),
            rate: MessageRate::new(deals.limits.messages_per_minute),
            seats: Arc::default(),
            subscriptions: Subscriptions::default(),
            pending: Pending::default(),
            mailbox: Mailbox::new(Arc::clone(&deals.mail), Arc::clone(&opening.identity)),
            complete_at: opening.connected_at,
            deals,
            opening,
            entered,
        }
    }

    /// From now on the end of the connection is told as it closes, once.
    fn tell_its_end_itself(&mut self) {
        if let Some(entered) = self.entered.take() {
            entered.opened();
        }
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
            Action::Send(said) => self.say(said, request_id, context),
            Action::Join(entry) => self.join(entry, request_id, context),
            Action::Leave(room) => self.leave(&room, request_id.as_deref(), context),
            Action::Subscribe(wish) => self.subscribe(wish, request_id, context),
            Action::Unsubscribe(id) => self.unsubscribe(&id, request_id, context),
            Action::Acknowledge(id) => self.acknowledge(&id, request_id, context),
            Action::RefreshToken => self.refresh_token(request_id.as_deref(), context),
        }
    }

    /// Leaves a line in the log of refusals.
    fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        let (user, connection) = (&*self.identity.user_id, context.connection);
        let address = self.opening.source_ip;
        tracing::warn!(target: "security", user, %address, reason, %connection, "message refused");
    }
}

impl hub::Session for Visit {
    fn on_open(&mut self, context: &mut Context<'_>) {
        self.tell_its_end_itself();
        self.mailbox.open::<Self>(context);
        self.deals.register.opened(context.connection, &self.identity.user_id);
        self.deals.seated.opened(&self.identity.user_id, context.connection, &self.seats);
    }

    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        let opened = protocol::open(text);
        let request_id = opened.as_ref().ok().and_then(|opened| opened.request_id.clone());
        if !self.is_in_time(request_id.as_deref(), context) {
            return;
        }
        if let Some(route) = opened.as_ref().ok().and_then(|opened| self.route_of(opened)) {
            return self.forward(route, text, request_id, context);
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

    fn on_mark(&mut self, mark: u64, context: &mut Context<'_>) {
        self.mailbox.on_mark::<Self>(mark, context);
    }

    fn on_skipped(&mut self, count: u64, context: &mut Context<'_>) {
        let since = self.complete_at.plus_millis(-TOLD_WITHIN_MILLIS);
        reply(&Refusal::skipped(count, since), None, context);
        self.complete_at = context.wall;
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let refusal = match fault {
            Fault::TooLarge => Refusal::new(Code::MessageTooLarge, "Message too large"),
            Fault::TokenExpired => Refusal::new(Code::AuthenticationError, "Token expired"),
            Fault::NotAuthenticated => Refusal::new(Code::AuthenticationError, "Unauthorized"),
            Fault::Revoked => Refusal::new(Code::AuthenticationError, "Revoked"),
            Fault::Idle => ending(Reason::Idle, "Idle timeout"),
            Fault::TooOld => ending(Reason::TooOld, "Connection too old"),
            Fault::TooSlow => ending(Reason::SlowConsumer, "This connection took too little"),
            Fault::GoingDown => ending(Reason::GoingDown, "The server goes down"),
            Fault::Restarting => ending(Reason::Restarting, "The server stops; connect again"),
        };
        reply(&refusal, None, context);
    }

    fn on_close(&mut self, reason: &CloseReason) {
        self.tell_its_end_itself();
        let connection = self.opening.connection;
        self.deals.seated.closed(&self.identity.user_id, connection);
        self.deals.register.closed(connection);
        self.seats.drop_all();
        if !self.subscriptions.is_empty() {
            self.deals.matcher.forget(connection);
        }
        self.deals.integrations.disconnect(&self.opening, reason);
    }
}

impl AsMut<Mailbox> for Visit {
    fn as_mut(&mut self) -> &mut Mailbox {
        &mut self.mailbox
    }
}

/// The last word before a close that is nobody's fault.
fn ending(reason: Reason, message: &str) -> Refusal {
    Refusal::new(Code::ConnectionError, message).because(reason)
}

/// The refusal of what could not be read.
fn unread(error: &ReadError) -> Refusal {
    match error {
        ReadError::Refused(Refused::Busy) | ReadError::Timeout => busy(),
        _ => Refusal::new(Code::InternalError, "Something went wrong"),
    }
}

/// The refusal of what could not be stored.
fn unstored(error: &CommitError) -> Refusal {
    match error {
        CommitError::Busy => busy(),
        CommitError::StorageFull => storage_full(),
        _ => Refusal::new(Code::InternalError, "Something went wrong"),
    }
}

fn busy() -> Refusal {
    Refusal::unavailable(Reason::Busy, "The server is busy").retry_after(BUSY_WAIT)
}

fn storage_full() -> Refusal {
    let message = "The server's disk is full";
    Refusal::unavailable(Reason::StorageFull, message).retry_after(BUSY_WAIT)
}

fn reply<E: Event>(event: &E, request_id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, request_id));
}
