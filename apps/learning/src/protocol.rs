//! Protocol C on the wire: `{type, id?, timestamp, data, error?}` both ways.
//!
//! What all endpoints share stands here and in `request.rs`; each endpoint's own in a file of its name.
//!
//! **Invariants.** Everything a client sends goes through `request::decode`, which refuses JSON nested
//! past 64 levels before parsing it. An `error` has its text in `error` and its code in `data`.

pub mod analytics;
pub mod chat;
pub mod collaboration;
mod request;
mod schema;

use bytes::Bytes;
use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use request::{Asked, Invalid, Request, Token};
pub use schema::{Direction, MessageSchema, messages};

/// Characters of a message, after blanks at its ends were cut off.
pub const CONTENT_CHARS_MAX: usize = 50_000;
/// Messages of a page of history.
pub const HISTORY_MAX: usize = 200;
/// Messages of a page where the client does not say.
pub const HISTORY_DEFAULT: usize = 50;
/// The context where the client names none.
pub const CONTEXT_DEFAULT: &str = "default";
/// Levels of nested objects and lists in a client's message.
const NESTING_MAX: usize = 64;

/// The frame around everything the server sends.
#[derive(Debug, Serialize)]
struct Envelope<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    timestamp: String,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// What the server sends.
pub trait Event: Serialize {
    /// Its `type` on the wire.
    const TYPE: &'static str;

    /// The text that stands in `error`; errors only.
    fn error(&self) -> Option<&str> {
        None
    }
}

/// The text of `event`, told at `at`, echoing `id`.
#[must_use]
pub fn encode<E: Event>(event: &E, at: Timestamp, id: Option<&str>) -> Bytes {
    let envelope = Envelope {
        kind: E::TYPE,
        id,
        timestamp: at.to_string(),
        data: event,
        error: event.error(),
    };
    serde_json::to_vec(&envelope).expect("texts, numbers and lists of them are JSON").into()
}

/// The token of a first message, or of a renewal, was taken.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authenticated<'a> {
    /// Whose it is.
    pub user_id: &'a str,
    /// The context the connection is in.
    pub context_id: &'a str,
    /// When the token runs out, ISO 8601.
    pub expires_at: String,
}

/// The answer to `ping`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pong {}

/// A stored message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    /// Its id.
    pub id: &'a str,
    /// What was said.
    pub content: &'a str,
    /// The author's user id, or the agent's id.
    pub author: &'a str,
    /// The author's display name at the time.
    pub author_name: &'a str,
    /// When it was stored, ISO 8601.
    pub timestamp: String,
    /// `text`, `code`, `image` or `file`.
    pub message_type: &'static str,
    /// Its place among the stored messages, from 1, without a gap.
    pub seq: u64,
}

impl<'a> From<&'a conversations::Message> for Message<'a> {
    fn from(message: &'a conversations::Message) -> Self {
        Self {
            id: &message.id,
            content: &message.content,
            author: message.author.id(),
            author_name: message.author.name(),
            timestamp: message.created_at.to_string(),
            message_type: message.message_type.as_str(),
            seq: message.seq,
        }
    }
}

/// A piece of what was said.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename = "HistoryPage", rename_all = "camelCase")]
pub struct Page<'a> {
    /// Oldest first; at most as many as asked for, and 256 KiB.
    pub messages: Vec<Message<'a>>,
    /// With `after`: newer ones follow. Else: older ones exist.
    pub has_more: bool,
    /// Names the history that `seq` belongs to.
    pub epoch: &'a str,
    /// Whether `messages` continues from `after` without a gap.
    pub recovered: bool,
}

/// Somebody who is in the context.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
}

/// Who is in the context.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members<'a> {
    /// By user id, at most 1,000.
    pub users: Vec<User<'a>>,
    /// How many people there are, oneself included.
    pub online_count: usize,
}

/// Somebody began or ceased to type.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    /// Who, by their token.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// Whether they type.
    pub is_typing: bool,
}

/// Somebody came.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserJoined<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// People in the context now.
    pub online_count: usize,
}

/// Somebody left, or dropped five seconds ago.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLeft<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// People in the context now.
    pub online_count: usize,
}

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Not a message of this protocol.
    ValidationError,
    /// No token, a refused one, one that ran out or was revoked.
    Unauthorized,
    /// The token does not open the context, or this is not for one's role.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The connection is in no context, or not in that document.
    NotJoined,
    /// Too many messages in a minute.
    RateLimitExceeded,
    /// Over the size limit.
    MessageTooLarge,
    /// The store is busy or full, or tokens cannot be verified now; try again.
    Unavailable,
    /// A fault of the server's.
    InternalError,
    /// Idle for too long, or connected for too long.
    ConnectionTimeout,
}

/// A refusal.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// The offending field, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Milliseconds after which it may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// A sentence to show; it stands in the envelope.
    #[serde(skip)]
    pub message: String,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, field: None, retry_after_ms: None, message: message.into() }
    }

    /// The validation error for `field`; `problem` is the rest of a sentence that begins with it.
    #[must_use]
    pub fn invalid(field: &'static str, problem: &str) -> Self {
        let refusal = Self::new(Code::ValidationError, format!("{field} {problem}"));
        Self { field: Some(field), ..refusal }
    }

    /// It may work after that long.
    #[must_use]
    pub fn retry_after(self, wait: std::time::Duration) -> Self {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self { retry_after_ms: Some(millis), ..self }
    }
}

impl From<&Invalid> for Refusal {
    fn from(invalid: &Invalid) -> Self {
        let refusal = Self::new(Code::ValidationError, invalid.message.clone());
        Self { field: Some(invalid.field), ..refusal }
    }
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const TYPE: &'static str = $name;
        })+
    };
}

events! {
    Authenticated<'_> => "authenticated",
    Pong => "pong",
    Message<'_> => "message",
    Page<'_> => "history",
    Members<'_> => "members",
    Typing<'_> => "typing",
    UserJoined<'_> => "user_joined",
    UserLeft<'_> => "user_left",
}

impl Event for Refusal {
    const TYPE: &'static str = "error";

    fn error(&self) -> Option<&str> {
        Some(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_error_has_its_text_in_the_envelope_and_its_code_in_data() {
        let refusal = Refusal::invalid("data.limit", "must be a number");
        let refusal = refusal.retry_after(std::time::Duration::from_millis(250));
        let text = encode(&refusal, Timestamp::from_millis(0), Some("r"));
        let wire: Value = serde_json::from_slice(&text).unwrap();
        let expected = json!({
            "type": "error", "id": "r", "error": "data.limit must be a number",
            "data": {"code": "VALIDATION_ERROR", "field": "data.limit", "retryAfterMs": 250},
            "timestamp": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn what_has_no_id_and_no_error_has_neither_field() {
        let text = encode(&Pong {}, Timestamp::from_millis(0), None);
        let expected = r#"{"type":"pong","timestamp":"1970-01-01T00:00:00.000Z","data":{}}"#;
        assert_eq!(text, expected);
    }
}
