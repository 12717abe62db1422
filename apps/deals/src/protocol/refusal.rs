//! What the server refuses, and why.

use std::borrow::Cow;
use std::time::Duration;

use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Event, Invalid};

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Not a message of this protocol.
    ValidationError,
    /// A token that ran out or was revoked.
    AuthenticationError,
    /// Not theirs to do.
    AuthorizationError,
    /// No such thing.
    NotFound,
    /// Too many messages in a minute, or more of something than a connection may have.
    RateLimitExceeded,
    /// Over the size limit.
    MessageTooLarge,
    /// A fault of the server's, or it cannot do this now; `details.reason` says so.
    InternalError,
    /// The connection is about to end, or missed something.
    ConnectionError,
}

/// Why the server cannot do something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A queue is full.
    Busy,
    /// The disk is full.
    StorageFull,
    /// The handler of the route did not give an answer.
    HandlerFailed,
    /// The connection took less than it was sent, and missed some of it.
    SlowConsumer,
    /// No message for too long.
    Idle,
    /// The connection has lasted as long as one may.
    TooOld,
    /// The server stops, and will be back.
    Restarting,
    /// The server stops for good.
    GoingDown,
}

/// What else is known of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The offending field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// Milliseconds after which it may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Why it cannot be done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many pushes the connection missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<u64>,
    /// `GET /api/deals` with this `updatedAfter`, in seconds since the epoch, gives the deals of missed
    /// pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_after: Option<i64>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename = "Error", rename_all = "camelCase")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// A sentence to show.
    pub message: String,
    /// What else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    /// The refusal of `field`; `problem` is the rest of a sentence that begins with it.
    #[must_use]
    pub fn invalid(field: &'static str, problem: &str) -> Self {
        Self::new(Code::ValidationError, format!("{field} {problem}")).on(field)
    }

    /// The server cannot do it now.
    #[must_use]
    pub fn unavailable(reason: Reason, message: &str) -> Self {
        Self::new(Code::InternalError, message).because(reason)
    }

    /// The connection missed `count` pushes since `began`.
    #[must_use]
    pub fn skipped(count: u64, began: Timestamp) -> Self {
        let message = "This connection took too little of what it was sent, and missed some of it";
        let mut refusal = Self::new(Code::ConnectionError, message).because(Reason::SlowConsumer);
        let details = refusal.details_mut();
        details.skipped = Some(count);
        details.updated_after = Some(began.as_secs());
        refusal
    }

    /// The same, with the field that names what it is about.
    #[must_use]
    pub fn on(mut self, field: &'static str) -> Self {
        self.details_mut().field = Some(field.into());
        self
    }

    /// The same, for this reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.details_mut().reason = Some(reason);
        self
    }

    /// It may work after that long.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.details_mut().retry_after_ms = Some(millis);
        self
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        let mut refusal = Self::new(Code::ValidationError, invalid.message);
        refusal.details_mut().field = Some(invalid.field);
        refusal
    }
}

impl Event for Refusal {
    const TYPE: &'static str = "error";
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::encode;

    fn wire(refusal: &Refusal, request_id: Option<&str>) -> Value {
        let text = encode(refusal, Timestamp::from_millis(1999), request_id);
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn a_refusal_has_its_code_a_sentence_and_what_else_is_known() {
        let refusal = Refusal::unavailable(Reason::StorageFull, "The server's disk is full");
        let refusal = refusal.retry_after(Duration::from_millis(1500));
        let data = json!({
            "code": "INTERNAL_ERROR", "message": "The server's disk is full",
            "details": {"reason": "storage_full", "retryAfterMs": 1500},
        });
        let expected = json!({"type": "error", "data": data, "requestId": "r", "timestamp": 1});
        assert_eq!(wire(&refusal, Some("r")), expected);
    }

    #[test]
    fn what_has_no_details_and_no_request_has_neither_field() {
        let shown = wire(&Refusal::new(Code::NotFound, "Not found"), None);
        let data = json!({"code": "NOT_FOUND", "message": "Not found"});
        assert_eq!(shown, json!({"type": "error", "data": data, "timestamp": 1}));
    }

    #[test]
    fn who_missed_pushes_is_told_how_many_and_from_when_on_to_ask() {
        let shown = wire(&Refusal::skipped(7, Timestamp::from_millis(5999)), None);
        let details = json!({"reason": "slow_consumer", "skipped": 7, "updatedAfter": 5});
        assert_eq!(shown["data"]["code"], "CONNECTION_ERROR");
        assert_eq!(shown["data"]["details"], details);
    }
}
