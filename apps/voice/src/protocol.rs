//! Protocol D on the wire: Socket.IO events in the namespace `/interview`, each with one object.
//!
//! **Invariants.** Everything a client sends goes through [`decode`], which names the field of what is
//! wrong. Every event of the server's has a `timestamp`; that of `audio:received` is the sender's, where
//! the sender gave one. Audio is told on in the form it came in: base64 or bytes.

mod audio;
mod request;
mod schema;

use model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use audio::{AudioReceived, Chunk, Format, Sent};
pub use request::{Family, Invalid, Request, decode};
pub use schema::{Direction, MessageSchema, messages};

/// The namespace in which everything happens.
pub const NAMESPACE: &str = "/interview";
/// Characters of the message that goes with a status.
pub const STATUS_MESSAGE_CHARS_MAX: usize = 1000;
/// Characters of a language's tag, such as `en-GB`.
pub const LANGUAGE_CHARS_MAX: usize = 35;

/// What the server sends.
pub trait Event: Serialize {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Whether the time of telling is added to it; else it has a `timestamp` of its own.
    const IS_STAMPED: bool = true;

    /// Of what a newer event of this name tells the same, only newer: in a full outbox it takes the place of
    /// this one. Without one this is dropped there.
    fn replaces(&self) -> Option<&str> {
        None
    }
}

/// The one argument of `event`, told at `at`: an object, as JSON.
#[must_use]
pub fn encode<E: Event>(event: &E, at: Timestamp) -> String {
    stamped(event, at, E::IS_STAMPED)
}

/// The same for a [`Refusal`], whose name depends on what it answers.
#[must_use]
pub fn encode_refusal(refusal: &Refusal, at: Timestamp) -> String {
    stamped(refusal, at, true)
}

fn stamped(event: &impl Serialize, at: Timestamp, is_stamped: bool) -> String {
    let mut json = serde_json::to_string(event).expect("texts, numbers and lists of them are JSON");
    if is_stamped {
        json.truncate(json.len() - 1);
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&format!("\"timestamp\":\"{at}\"}}"));
    }
    json
}

/// The token was good.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionSuccess<'a> {
    /// A sentence to show.
    pub message: &'a str,
    /// Who the token says it is.
    pub user_id: &'a str,
}

/// The connection may not be, or may not be any longer; the namespace is left after it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectionError<'a> {
    /// A sentence to show.
    pub message: &'a str,
    /// The reason, in words.
    pub error: &'a str,
    /// The stable code.
    pub code: Code,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// People are in it.
    #[default]
    Active,
    /// They take a break.
    Paused,
    /// They are being recorded.
    Recording,
    /// What was said is being worked on.
    Processing,
    /// It is over; nobody can join it again.
    Ended,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Active, Self::Paused, Self::Recording, Self::Processing, Self::Ended];

    /// Its name, on the wire and in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Recording => "recording",
            Self::Processing => "processing",
            Self::Ended => "ended",
        }
    }

    /// The status of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A session, as whoever joins it sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// People in the session, oneself included.
    pub connected_users: usize,
    /// When it was made, ISO 8601.
    pub created_at: String,
    /// When anybody in it last did something, ISO 8601.
    pub last_activity: String,
    /// What it is doing.
    pub status: Status,
    /// Who made it.
    pub owner_id: String,
}

/// The answer to `session:join`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionJoined<'a> {
    /// The session.
    pub session_id: &'a str,
    /// How it stands.
    pub stats: Stats,
}

/// The connection is in the session no more.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionLeft<'a> {
    /// The session.
    pub session_id: &'a str,
}

/// Somebody came.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserJoined<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub user_name: &'a str,
}

/// Somebody left.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLeft<'a> {
    /// Who.
    pub user_id: &'a str,
}

/// Somebody dropped five seconds ago and did not come back.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDisconnected<'a> {
    /// Who.
    pub user_id: &'a str,
}

/// The session does something else now.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusUpdated<'a> {
    /// Who said so; none where it ended for want of activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<&'a str>,
    /// What it does.
    pub status: Status,
    /// What they said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
}

/// Advice for a sender whose audio is more than can be taken.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioQuality<'a> {
    /// Bits a second that would do.
    pub bitrate: u32,
    /// Samples a second that would do.
    pub sample_rate: u32,
    /// Why: `listener_too_slow`, `transcription_too_slow`, `partials_paused`.
    pub reason: &'a str,
}

/// From now on what somebody says is transcribed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionStarted<'a> {
    /// The session.
    pub session_id: &'a str,
    /// Who.
    pub user_id: &'a str,
}

/// What somebody says is transcribed no more; their last final result came before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionStopped<'a> {
    /// The session.
    pub session_id: &'a str,
    /// Who.
    pub user_id: &'a str,
}

/// A request is being worked on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionProcessing<'a> {
    /// The request.
    pub request_id: &'a str,
    /// Always `processing`.
    pub status: &'a str,
}

/// A request was worked on; its results came before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionCompleted<'a> {
    /// The request.
    pub request_id: &'a str,
}

/// How a result came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProcessingMode {
    /// From audio that was streamed.
    Realtime,
    /// From audio that was sent to be transcribed.
    Request,
}

/// Who made a result, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultMetadata {
    /// The provider: `builtin`, `openai`, `command`, or a name that the backend gives.
    pub provider: String,
    /// How it came to be.
    pub processing_mode: ProcessingMode,
}

/// What somebody said, so far or at last.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionResult {
    /// The session.
    pub session_id: String,
    /// Who spoke.
    pub user_id: String,
    /// The utterance; its partial results and its final one share it.
    pub item_id: String,
    /// The utterance that began before it in this session; `null` for the first.
    pub previous_item_id: Option<String>,
    /// What was said.
    pub text: String,
    /// Whether it is the last of its utterance.
    pub is_final: bool,
    /// How sure the provider is, 0 to 1.
    pub confidence: f32,
    /// The language, such as `en`.
    pub language: String,
    /// The request it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When it began, in milliseconds since the session's start.
    pub start_time: u64,
    /// When it ended, likewise; of a partial result, how far it reaches.
    pub end_time: u64,
    /// Who made it, and how.
    pub metadata: ResultMetadata,
}

/// Something one could answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// The answer, or its outline.
    pub text: String,
    /// How it sounds, such as `structured`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
    /// How well it fits, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// What one could answer to what was said.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResponsesSuggestions<'a> {
    /// One to three; a later event of the same generation may have more.
    pub responses: &'a [Suggestion],
    /// What was said.
    pub for_text: &'a str,
    /// Counts up for each user of a session; nothing of an older one comes after a newer one.
    pub generation: u64,
    /// Who made them.
    pub metadata: SuggestionMetadata<'a>,
}

/// Who made suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SuggestionMetadata<'a> {
    /// `builtin` for rules, `openai` for a model, `backend` for a publisher.
    pub provider: &'a str,
}

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Not an event of this protocol, or not audio.
    ValidationError,
    /// No token, a refused one, or one that ran out or was revoked.
    Unauthorized,
    /// Not for this user.
    Forbidden,
    /// No such session for this user, or not any more.
    SessionNotFound,
    /// Join a session first.
    NotJoined,
    /// Too many messages in a minute, too much audio in a second, or too many sessions.
    RateLimitExceeded,
    /// Over the size limit.
    MessageTooLarge,
    /// The store or the transcription is busy, full or off; try again.
    Unavailable,
    /// A fault of the server's.
    InternalError,
}

/// Why something was not done; it is told as the error of its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// A sentence to show.
    pub message: Box<str>,
    /// The stable code.
    pub code: Code,
    /// More about it, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<str>>,
    /// The offending field, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Milliseconds after which it may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The session it is about; of transcriptions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Box<str>>,
    /// The request it is about; of transcriptions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Box<str>>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<Box<str>>) -> Self {
        Self {
            message: message.into(),
            code,
            error: None,
            field: None,
            retry_after_ms: None,
            session_id: None,
            request_id: None,
        }
    }

    /// The connection is in no session.
    #[must_use]
    pub fn not_joined() -> Self {
        Self::new(Code::NotJoined, "Not connected to any session")
    }

    /// No such session for this user; whether it exists stays unsaid.
    #[must_use]
    pub fn session_not_found() -> Self {
        Self::new(Code::SessionNotFound, "Session not found")
    }

    /// It may work after that many milliseconds.
    #[must_use]
    pub fn retry_after(self, millis: u64) -> Self {
        Self { retry_after_ms: Some(millis), ..self }
    }
}

impl From<&Invalid> for Refusal {
    fn from(invalid: &Invalid) -> Self {
        let refusal = Self::new(Code::ValidationError, invalid.message.as_str());
        let request_id = invalid.request_id.as_deref().map(Into::into);
        Self { field: Some(invalid.field), request_id, ..refusal }
    }
}

/// What a client that asked for an acknowledgement gets.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acknowledgement<'a> {
    /// Whether it was done, or begun.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    /// The stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

impl Acknowledgement<'static> {
    /// It was done, or begun.
    pub const OK: Self = Self { ok: true, error: None, code: None };
}

impl<'a> From<&'a Refusal> for Acknowledgement<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self { ok: false, error: Some(&refusal.message), code: Some(refusal.code) }
    }
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const NAME: &'static str = $name;
        })+
    };
}

events! {
    ConnectionSuccess<'_> => "connection:success",
    ConnectionError<'_> => "connection:error",
    SessionJoined<'_> => "session:joined",
    SessionLeft<'_> => "session:left",
    UserJoined<'_> => "user:joined",
    UserLeft<'_> => "user:left",
    UserDisconnected<'_> => "user:disconnected",
    AudioQuality<'_> => "audio:quality",
    TranscriptionStarted<'_> => "transcription:started",
    TranscriptionStopped<'_> => "transcription:stopped",
    TranscriptionProcessing<'_> => "transcription:processing",
    TranscriptionCompleted<'_> => "transcription:completed",
}

impl Event for StatusUpdated<'_> {
    const NAME: &'static str = "session:status:updated";

    fn replaces(&self) -> Option<&str> {
        Some("")
    }
}

impl Event for TranscriptionResult {
    const NAME: &'static str = "transcription:result";

    /// The utterance: its final result takes the place of partial ones.
    fn replaces(&self) -> Option<&str> {
        Some(&self.item_id)
    }
}

impl Event for ResponsesSuggestions<'_> {
    const NAME: &'static str = "responses:suggestions";

    fn replaces(&self) -> Option<&str> {
        Some("")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(0);

    #[test]
    fn every_event_is_an_object_with_the_time_it_was_told() {
        let wire: Value = serde_json::from_str(&encode(&UserLeft { user_id: "a" }, AT)).unwrap();
        assert_eq!(wire, json!({"userId": "a", "timestamp": "1970-01-01T00:00:00.000Z"}));
    }

    #[test]
    fn a_refusal_has_its_field_and_its_wait_at_the_top() {
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too fast").retry_after(250);
        let refusal = Refusal { field: Some("audioData"), ..refusal };
        let wire: Value = serde_json::from_str(&encode_refusal(&refusal, AT)).unwrap();
        let expected = json!({
            "message": "Too fast", "code": "RATE_LIMIT_EXCEEDED", "field": "audioData",
            "retryAfterMs": 250, "timestamp": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn an_acknowledgement_says_why_not() {
        let refusal = Refusal::not_joined();
        let wire = |acknowledgement| serde_json::to_value(acknowledgement).unwrap();
        assert_eq!(wire(Acknowledgement::OK), json!({"ok": true}));
        let expected =
            json!({"ok": false, "error": "Not connected to any session", "code": "NOT_JOINED"});
        assert_eq!(wire(Acknowledgement::from(&refusal)), expected);
    }
}
