//! Protocol E on the wire: `{action, …}` in, `{type, sessionId, data, timestamp}` out.
//!
//! **Invariants.** Everything a client sends goes through [`decode`], which refuses JSON nested
//! past 64 levels before parsing it. An `error` has its text in `data.message` and, for older
//! clients, again at the top.

mod request;
mod schema;

use bytes::Bytes;
use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use request::{Action, After, Invalid, Request, Said, decode};
pub use schema::{Direction, MessageSchema, messages};

/// Characters of a message, at least one of them not blank.
pub const CONTENT_CHARS_MAX: usize = 50_000;
/// Levels of nested objects and lists in a client's message.
const NESTING_MAX: usize = 64;

/// The frame around everything the server sends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    session_id: &'a str,
    data: &'a T,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// What the server sends.
pub trait Event: Serialize {
    /// Its `type` on the wire.
    const TYPE: &'static str;

    /// The text that stands at the top level too; errors only.
    fn top_message(&self) -> Option<&str> {
        None
    }
}

/// The text of `event`, told in `session_id` at `at`, echoing `request_id`.
#[must_use]
pub fn encode<E: Event>(
    event: &E,
    session_id: &str,
    at: Timestamp,
    request_id: Option<&str>,
) -> Bytes {
    let envelope = Envelope {
        kind: E::TYPE,
        session_id,
        data: event,
        timestamp: at.to_string(),
        request_id,
        message: event.top_message(),
    };
    serde_json::to_vec(&envelope).expect("texts, numbers and lists of them are JSON").into()
}

/// A session, as `session_state` shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// Its type: `socratic`, `code_review`, or another one.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// The project whose instructions its agent gets by default.
    pub project_id: Option<String>,
    /// Whether any user may join.
    pub open: bool,
    /// Who made it.
    pub owner_id: String,
    /// When, ISO 8601.
    pub created_at: String,
}

/// Who said a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A person.
    User,
    /// The session's agent.
    Agent,
}

/// A stored message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StoredMessage {
    /// Its id.
    pub id: String,
    /// The session it is told in.
    pub session_id: String,
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
    /// The author's user id; `null` for an agent.
    pub user_id: Option<String>,
    /// The author's display name; `null` for an agent.
    pub username: Option<String>,
    /// The agent, for `role: agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// When it was stored, ISO 8601.
    pub created_at: String,
    /// Its place among the stored messages, from 1, without a gap.
    pub seq: u64,
    /// The id its sender gave it.
    #[serde(rename = "clientId", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `code`, `image` or `file` where it came so from a bridged chat.
    #[serde(rename = "messageType", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
}

/// A user's stored message, to everybody in the session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct UserMessage(pub StoredMessage);

/// An agent's stored answer, to everybody in the session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct AgentResponse(pub StoredMessage);

/// The answer to `join`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionState {
    /// The session.
    pub session: SessionView,
    /// Oldest first: the newest 50, or all after `data.after`; at most 500 and 256 KiB.
    pub messages: Vec<StoredMessage>,
    /// People in the session, oneself included.
    pub connected_users: usize,
    /// With `data.after`: more follow. Else: older ones exist.
    pub has_more: bool,
    /// Names the history `seq` belongs to.
    pub epoch: String,
    /// Whether `messages` continues from `data.after` without a gap.
    pub recovered: bool,
}

/// Somebody came.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserJoined<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// People in the session now.
    pub connected_users: usize,
}

/// Somebody left, or dropped five seconds ago.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserLeft<'a> {
    /// Who.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
    /// People in the session now.
    pub connected_users: usize,
}

/// Somebody is typing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserTyping<'a> {
    /// Who, by their token.
    pub user_id: &'a str,
    /// Their display name.
    pub username: &'a str,
}

/// An agent works on an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentTyping<'a> {
    /// Which agent: `socratic`, `code` or `context`.
    pub agent_id: &'a str,
}

/// A piece of a draft. Not stored; the `agent_response` of the same id has the whole text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentDelta<'a> {
    /// The id the stored answer will have.
    pub id: &'a str,
    /// What follows.
    pub delta: &'a str,
    /// The place of this piece, from 0. A slow reader may miss pieces.
    pub index: u64,
}

/// Something about the session itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Somebody stopped the agent's answer.
    AgentCancelled,
    /// The owner added a member.
    MemberAdded,
    /// The server restarts; connect again.
    Restarting,
}

/// A notice to everybody in the session; not stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct System<'a> {
    /// What it is about.
    pub code: Notice,
    /// A sentence to show.
    pub message: &'a str,
}

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Not a message of this protocol.
    ValidationError,
    /// The token ran out, was revoked, or never came.
    Unauthorized,
    /// No such session for this user.
    SessionNotFound,
    /// Join first.
    NotJoined,
    /// Too many messages in a minute.
    RateLimitExceeded,
    /// Over the size limit.
    MessageTooLarge,
    /// The store is busy or full; try again.
    Unavailable,
    /// A fault of the server's.
    InternalError,
    /// The message is stored, but too many wait for an answer.
    AgentBusy,
    /// The agent gave no answer.
    AgentFailed,
    /// Idle for too long, or connected for too long.
    ConnectionTimeout,
}

/// A refusal.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// A sentence to show.
    pub message: String,
    /// The offending field, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Milliseconds after which it may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after_ms: None }
    }

    /// No such session for this user; whether it exists stays unsaid.
    #[must_use]
    pub fn session_not_found() -> Self {
        Self::new(Code::SessionNotFound, "Session not found")
    }

    /// What is wrong with the field, as the second half of a sentence that names it.
    #[must_use]
    pub fn invalid(field: &'static str, problem: &str) -> Self {
        let refusal = Self::new(Code::ValidationError, format!("{field} {problem}"));
        Self { field: Some(field), ..refusal }
    }

    /// It may work after that many milliseconds.
    #[must_use]
    pub fn retry_after(self, millis: u64) -> Self {
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
    SessionState => "session_state",
    UserMessage => "user_message",
    AgentResponse => "agent_response",
    UserJoined<'_> => "user_joined",
    UserLeft<'_> => "user_left",
    UserTyping<'_> => "user_typing",
    AgentTyping<'_> => "agent_typing",
    AgentDelta<'_> => "agent_delta",
    System<'_> => "system",
}

impl Event for Refusal {
    const TYPE: &'static str = "error";

    fn top_message(&self) -> Option<&str> {
        Some(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_error_says_its_text_in_data_and_at_the_top() {
        let refusal = Refusal::new(Code::RateLimitExceeded, "Too fast").retry_after(250);
        let text = encode(&refusal, "s", Timestamp::from_millis(0), Some("r"));
        let wire: Value = serde_json::from_slice(&text).unwrap();
        let expected = json!({
            "type": "error", "sessionId": "s", "message": "Too fast", "requestId": "r",
            "data": {"code": "RATE_LIMIT_EXCEEDED", "message": "Too fast", "retryAfterMs": 250},
            "timestamp": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(wire, expected);
    }
}
