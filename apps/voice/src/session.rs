//! One client in the namespace: who it is, what it may do, and what it is told.
//!
//! **Invariants.** Who somebody is comes from the token, never from an event. Before the token was found good
//! nothing is done and nothing is told. What is sent behind a token, a join or an end waits for it, in order.
//! A socket is in one session at a time.
//!
//! **Bounds.** Operations in flight are the transport's; messages and chunks of audio are counted here.

mod entrance;
mod pace;
mod sessions;
mod transcription;

use std::sync::Arc;

use access::{Lease, MessageRate, TokenError, Verdict};
use hub::{Fault, Ticket};
use model::{CloseReason, ConnectionId, Identity};
use serde_json::value::RawValue;
use socketio::{Client, Event as Asked, Namespaces, Problem, Socket, SocketContext, SocketKey};

use crate::protocol::{
    self, Acknowledgement, Code, ConnectionError, Event, Family, Invalid, NAMESPACE, Refusal,
    Request, encode, encode_refusal,
};
use crate::room::Room;
use crate::service::Voice;
use pace::AudioRate;

/// How long a client that far over its limit is told to wait, in milliseconds.
const MINUTE_MILLIS: u64 = 60_000;

/// Whose token stood in the handshake, or why it was refused; `None` where there was none.
pub type Handshake = Option<Result<Arc<Identity>, TokenError>>;

type Context<'a, 'b, 'c> = &'a mut SocketContext<'b, 'c>;

/// What a connection may enter: the one namespace.
pub struct Door {
    voice: Arc<Voice>,
    handshake: Handshake,
}

impl Door {
    pub(crate) fn new(voice: Arc<Voice>, handshake: Handshake) -> Self {
        Self { voice, handshake }
    }
}

impl Namespaces for Door {
    type Socket = Visit;

    fn open(&mut self, namespace: &str) -> Option<Visit> {
        (namespace == NAMESPACE)
            .then(|| Visit::new(Arc::clone(&self.voice), self.handshake.clone()))
    }
}

/// A client in the namespace.
pub struct Visit {
    voice: Arc<Voice>,
    handshake: Handshake,
    identity: Option<Arc<Identity>>,
    /// Its place among its user's connections.
    lease: Option<Lease>,
    rate: MessageRate,
    audio: AudioRate,
    /// The session it is in, or was when that ended.
    room: Option<Arc<Room>>,
    connection: Option<ConnectionId>,
}

impl Visit {
    fn new(voice: Arc<Voice>, handshake: Handshake) -> Self {
        let rate = MessageRate::new(voice.limits.messages_per_minute);
        let (identity, lease, room, connection) = (None, None, None, None);
        let audio = AudioRate::default();
        Self { voice, handshake, identity, lease, rate, audio, room, connection }
    }

    /// The session it is in.
    fn room(&self) -> Result<Arc<Room>, Refusal> {
        let room = self.room.as_ref().filter(|room| !room.has_ended());
        room.cloned().ok_or_else(Refusal::not_joined)
    }

    /// Whether the event is within its limit; else its sender hears of it.
    fn is_in_time(&mut self, asked: &Ask, context: Context<'_, '_, '_>) -> bool {
        let (wait, is_abusive) = match self.rate.count(context.now()) {
            Verdict::Pass => return true,
            Verdict::Refused { retry_after } => (millis(retry_after), false),
            Verdict::Abusive => (MINUTE_MILLIS, true),
        };
        let refusal = Refusal::new(Code::RateLimitExceeded, "Rate limit exceeded");
        refuse(&refusal.retry_after(wait), asked, context);
        self.note_refusal("messages_per_minute", context);
        if is_abusive {
            self.send_away("Rate limit exceeded", Code::RateLimitExceeded, context);
            context.close(CloseReason::RATE_LIMIT);
        }
        false
    }

    fn act(&mut self, request: Request, asked: Ask, context: Context<'_, '_, '_>) {
        let done = match request {
            Request::Join { session_id } => return self.join(&session_id, asked, context),
            Request::Leave => self.leave(context),
            Request::Status { status, message } => {
                return self.set_status(status, message, asked, context);
            }
            Request::Audio(chunk) => return self.hear(&chunk, &asked, context),
            Request::StartTranscription { language } => {
                self.start_transcription(language.as_deref(), context)
            }
            Request::StopTranscription => self.stop_transcription(context),
            Request::Transcribe { chunk, request_id } => {
                self.transcribe(&chunk, request_id.as_deref(), context)
            }
        };
        match done {
            Ok(()) => acknowledge(&asked, context),
            Err(refusal) => refuse(&refusal, &asked, context),
        }
    }

    /// The last word to a client that has to stay away.
    fn send_away(&self, message: &str, code: Code, context: Context<'_, '_, '_>) {
        emit(&ConnectionError { message, error: message, code }, context);
    }

    /// Leaves a line in the log of refusals.
    fn note_refusal(&self, reason: &str, context: Context<'_, '_, '_>) {
        let user = self.identity.as_ref().map(|identity| &*identity.user_id);
        self.voice.note_refusal(reason, user, context.connection());
    }
}

impl Socket for Visit {
    fn on_connect(&mut self, auth: Option<&RawValue>, context: Context<'_, '_, '_>) {
        self.connection = Some(context.connection());
        self.authenticate(auth, context);
    }

    fn on_event(&mut self, event: Asked<'_>, context: Context<'_, '_, '_>) {
        if self.identity.is_none() {
            return;
        }
        let asked = Ask::new(&event.name, event.acknowledge);
        let is_audio = event.name == "audio:stream";
        if !is_audio && !self.is_in_time(&asked, context) {
            return;
        }
        match protocol::decode(&event.name, &event.arguments, &event.attachments) {
            Ok(request) => self.act(request, asked, context),
            Err(_) if is_audio && !self.audio.count(context.now()) => {
                refuse(&too_much_audio(), &asked, context);
            }
            Err(invalid) => refuse(&Refusal::from(&invalid), &asked, context),
        }
    }

    fn on_problem(
        &mut self,
        name: &str,
        problem: Problem,
        acknowledge: Option<u64>,
        context: Context<'_, '_, '_>,
    ) {
        let asked = Ask::new(name, acknowledge);
        if self.identity.is_none() || !self.is_in_time(&asked, context) {
            return;
        }
        let message = match problem {
            Problem::TooManyArguments => "payload must be one object",
            Problem::TooDeep => "payload is nested too deep",
            Problem::NoValue => "payload is not valid JSON",
        };
        let invalid = Invalid { field: "payload", message: message.into(), request_id: None };
        refuse(&Refusal::from(&invalid), &asked, context);
    }

    fn on_skipped(&mut self, count: u64, context: Context<'_, '_, '_>) {
        tracing::debug!(count, connection = %context.connection(), "a listener missed events");
        if let Ok(room) = self.room() {
            room.advise_speakers(context.connection(), context.now());
        }
    }

    fn on_fault(&mut self, fault: Fault, context: Context<'_, '_, '_>) {
        // Where the client is to stay away, the error is the connection's; else its session's.
        let (code, message) = match fault {
            Fault::TokenExpired => {
                return self.send_away("Token expired", Code::Unauthorized, context);
            }
            Fault::NotAuthenticated => {
                return self.send_away("Unauthorized", Code::Unauthorized, context);
            }
            Fault::Revoked => return self.send_away("Revoked", Code::Unauthorized, context),
            Fault::GoingDown => {
                return self.send_away("The server goes down", Code::Unavailable, context);
            }
            Fault::TooLarge => (Code::MessageTooLarge, "Message too large"),
            Fault::Idle => (Code::Unavailable, "Idle timeout"),
            Fault::TooOld => (Code::Unavailable, "Connection too old"),
            Fault::TooSlow => (Code::Unavailable, "This connection took too little"),
            Fault::Restarting => (Code::Unavailable, "The server restarts"),
        };
        let json = encode_refusal(&Refusal::new(code, message), context.wall());
        context.emit_raw(Family::Session.error(), &json);
    }

    fn on_disconnect(&mut self, _reason: &CloseReason) {
        self.lease = None;
        self.drop_out();
    }
}

/// An event that waits for its answer.
pub(crate) struct Ask {
    family: Family,
    acknowledge: Option<u64>,
}

impl Ask {
    fn new(name: &str, acknowledge: Option<u64>) -> Self {
        Self { family: Family::of(name), acknowledge }
    }
}

/// Ends an operation with the socket that began it; nothing is run where it left meanwhile.
fn resume<T: Send + 'static>(
    ticket: Ticket,
    key: SocketKey,
    outcome: T,
    run: impl FnOnce(&mut Visit, T, &mut SocketContext<'_, '_>) + Send + 'static,
) {
    ticket.resume(move |client: &mut Client<Door>, context| {
        client.with_socket(key, context, |visit, context| run(visit, outcome, context));
    });
}

/// Sends an event.
fn emit<E: Event>(event: &E, context: Context<'_, '_, '_>) {
    let json = encode(event, context.wall());
    context.emit_raw(E::NAME, &json);
}

/// It was done: whoever asked for an acknowledgement gets it.
fn acknowledge(asked: &Ask, context: Context<'_, '_, '_>) {
    if let Some(id) = asked.acknowledge {
        context.acknowledge(id, &Acknowledgement::OK);
    }
}

/// It was not done: the error of the event's family, and the acknowledgement.
fn refuse(refusal: &Refusal, asked: &Ask, context: Context<'_, '_, '_>) {
    let json = encode_refusal(refusal, context.wall());
    context.emit_raw(asked.family.error(), &json);
    acknowledge_refusal(refusal, asked, context);
}

/// It was not done, and nobody is told who did not ask.
fn acknowledge_refusal(refusal: &Refusal, asked: &Ask, context: Context<'_, '_, '_>) {
    if let Some(id) = asked.acknowledge {
        context.acknowledge(id, &Acknowledgement::from(refusal));
    }
}

/// More chunks came in a second than are taken.
fn too_much_audio() -> Refusal {
    Refusal::new(Code::RateLimitExceeded, "Too many chunks of audio in a second").retry_after(1000)
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
