//! One connection: what it may do, and what it is told.
//!
//! **Invariants.** Before a token was verified nothing but `authenticate` is taken. What a connection asks
//! is carried out one after the other, and answered in that order: whatever is still being worked on holds
//! the messages behind it back, but for a `ping` right behind an answer, which takes seconds to evaluate. Only what somebody owns exists for them.
//!
//! **Bounds.** [`SUBSCRIPTIONS_MAX`] subscriptions; one entry for each active interview that the
//! connection hears of. Messages are counted here.

mod authenticate;
mod behind;
mod subscribe;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::{Lease, MessageRate, Verdict};
use hub::{Context, Fault, Membership};
use model::{CloseReason, ConnectionId, Identity};

use self::behind::Evaluating;
use crate::interview::{Asked, Begin, Interview, Submission};
use crate::protocol::{
    self, Action, Answer, Code, Event, Invalid, Pong, Reason, Refusal, Request,
    UnsubscriptionConfirmed,
};
use crate::service::Analyses;

/// Analyses one connection may hear of at once.
const SUBSCRIPTIONS_MAX: usize = 1000;
/// How long a connection that far over its limit is told to wait.
const MINUTE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Visit {
    analyses: Arc<Analyses>,
    identity: Option<Arc<Identity>>,
    rate: MessageRate,
    /// Its place among its user's connections, where it authenticated by message.
    lease: Option<Lease>,
    /// The rooms of the analyses it hears of, by their ids.
    subscriptions: HashMap<Box<str>, Membership>,
    /// The interviews it hears of, with the attachment that made it so.
    interviews: HashMap<String, u64>,
    /// The answer of the connection's that was given last, while it is evaluated.
    evaluating: Option<Evaluating>,
}

/// Whose message it is, and what its answer echoes.
struct Sender {
    user: Arc<str>,
    request_id: Option<Box<str>>,
}

impl Visit {
    pub(crate) fn new(analyses: Arc<Analyses>, identity: Option<Arc<Identity>>) -> Self {
        let rate = MessageRate::new(analyses.limits.messages_per_minute);
        Self {
            analyses,
            identity,
            rate,
            lease: None,
            subscriptions: HashMap::new(),
            interviews: HashMap::new(),
            evaluating: None,
        }
    }

    /// The connection hears of this interview from now on.
    pub(crate) fn attached(&mut self, interview: &Interview) {
        let Self { analyses, interviews, .. } = self;
        if analyses.interviews.confirm(&interview.id, interview.attachment) {
            interviews.retain(|id, attachment| analyses.interviews.is_current(id, *attachment));
            interviews.insert(interview.id.clone(), interview.attachment);
        }
    }

    /// The connection's person answers in an interview that nobody may hear of: then it does.
    fn adopt(&mut self, session_id: &str, user: &str, connection: ConnectionId) {
        let Self { analyses, interviews, .. } = self;
        if let Some(attachment) = analyses.interviews.adopt(session_id, user, connection) {
            interviews.retain(|id, attachment| analyses.interviews.is_current(id, *attachment));
            interviews.insert(session_id.to_owned(), attachment);
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
        if let Action::Authenticate(token) = action {
            return self.authenticate(token, request_id, context);
        }
        let Some(identity) = &self.identity else {
            let why = "first message brought no token";
            return self.refuse_stranger(why, request_id.as_deref(), context);
        };
        let user = Arc::clone(&identity.user_id);
        match action {
            Action::Subscribe(analysis) => {
                self.subscribe(&analysis, request_id.as_deref(), context)
            }
            Action::Unsubscribe(analysis) => {
                if let Some(membership) = self.subscriptions.remove(analysis.as_str()) {
                    membership.leave();
                }
                let event = UnsubscriptionConfirmed { analysis_id: analysis.as_str() };
                reply(&event, request_id.as_deref(), context);
            }
            Action::Start { analysis_id, session_type } => {
                let asked = Asked::new(context.hold(), user, request_id);
                self.analyses.start_interview(Begin { analysis_id, session_type }, asked);
            }
            Action::Submit(answer) => {
                self.submit(answer, Sender { user, request_id }, context);
            }
            Action::Pause(session_id) => {
                let asked = Asked::new(context.hold(), user, request_id);
                self.analyses.pause_interview(&session_id, asked);
            }
            Action::Resume(session_id) => {
                let asked = Asked::new(context.hold(), user, request_id);
                self.analyses.resume_interview(&session_id, asked);
            }
            Action::Ping => reply(&Pong {}, request_id.as_deref(), context),
            Action::Authenticate(_) => {}
        }
    }

    fn submit(&mut self, answer: Answer, sender: Sender, context: &mut Context<'_>) {
        let Sender { user, request_id } = sender;
        self.adopt(answer.session_id.as_str(), &user, context.connection);
        let analyses = Arc::clone(&self.analyses);
        let Ok(counted) = Arc::clone(&analyses.submissions).try_acquire_owned() else {
            let refusal = Refusal::unavailable(Reason::Busy, "Too many answers are evaluated now");
            return reply(&refusal, request_id.as_deref(), context);
        };
        let submission = Submission { answer, at: context.wall, _counted: counted };
        let (until_answered, evaluating) = Evaluating::begin();
        self.evaluating = Some(evaluating);
        let ticket = context.begin();
        let asked = Asked { ticket, user, request_id, _until_answered: Some(until_answered) };
        self.analyses.runtime.spawn(analyses.submit_answer(submission, asked));
    }

    fn refuse(&mut self, invalid: &Invalid, context: &mut Context<'_>) {
        if self.identity.is_none() && !invalid.is_authenticate {
            let (why, request_id) =
                ("first message brought no token", invalid.request_id.as_deref());
            return self.refuse_stranger(why, request_id, context);
        }
        reply(&Refusal::from(invalid), invalid.request_id.as_deref(), context);
    }

    /// The end of a connection that did not say who it is.
    fn refuse_stranger(&self, reason: &str, request_id: Option<&str>, context: &mut Context<'_>) {
        reply(&Refusal::new(Code::Unauthorized, "Unauthorized"), request_id, context);
        self.note_refusal(reason, context);
        context.close(CloseReason::UNAUTHORIZED);
    }

    /// Leaves a line in the log of refusals.
    fn note_refusal(&self, reason: &str, context: &Context<'_>) {
        let user = self.identity.as_ref().map(|identity| &*identity.user_id);
        self.note_refusal_of(user, reason, context);
    }

    fn note_refusal_of(&self, user: Option<&str>, reason: &str, context: &Context<'_>) {
        let connection = context.connection;
        let known = self.analyses.hub.connections().get(connection);
        let address = known.map(|known| tracing::field::display(known.source_ip));
        tracing::warn!(target: "security", user, address, reason, %connection, "message refused");
    }
}

impl hub::Session for Visit {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        match protocol::decode(text) {
            Ok(request) => {
                if self.is_in_time(request.request_id.as_deref(), context) {
                    self.take_up(request, context);
                }
            }
            Err(invalid) => {
                if self.is_in_time(invalid.request_id.as_deref(), context) {
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
            return self.refuse_stranger("first message brought no token", None, context);
        }
        reply(&Refusal::invalid("message", "must be text, not binary"), None, context);
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        let refusal = match fault {
            Fault::TooLarge => Refusal::new(Code::MessageTooLarge, "Message too large"),
            Fault::TokenExpired => Refusal::new(Code::Unauthorized, "Token expired"),
            Fault::NotAuthenticated => Refusal::new(Code::Unauthorized, "Unauthorized"),
            Fault::Revoked => Refusal::new(Code::Unauthorized, "Revoked"),
            Fault::Idle => Refusal::new(Code::ConnectionTimeout, "Idle timeout"),
            Fault::TooOld => Refusal::new(Code::ConnectionTimeout, "Connection too old"),
            Fault::TooSlow => {
                Refusal::unavailable(Reason::SlowConsumer, "This connection took too little")
            }
            Fault::GoingDown => Refusal::unavailable(Reason::GoingDown, "The server goes down"),
            Fault::Restarting => {
                Refusal::unavailable(Reason::Restarting, "The server stops; connect again")
            }
        };
        reply(&refusal, None, context);
    }

    fn on_close(&mut self, _reason: &CloseReason) {
        self.lease = None;
        let now = self.analyses.hub.clock().monotonic();
        for (session_id, attachment) in self.interviews.drain() {
            self.analyses.interviews.lose(&session_id, attachment, now);
        }
    }
}

fn reply<E: Event>(event: &E, request_id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, request_id));
}
