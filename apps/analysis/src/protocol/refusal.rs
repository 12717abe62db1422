//! What the server refuses, and why.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Event, Invalid};

/// Stable codes of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Not a message of this protocol.
    InvalidMessageFormat,
    /// No token, a refused one, one that ran out or was revoked.
    Unauthorized,
    /// No such interview, or somebody else's.
    SessionNotFound,
    /// No such analysis, or somebody else's.
    AnalysisNotFound,
    /// The questions of the analysis are not there yet.
    AnalysisNotReady,
    /// The answer is to a question that is not the current one.
    QuestionMismatch,
    /// The interview is paused or over.
    SessionNotActive,
    /// Too many messages in a minute.
    RateLimitExceeded,
    /// Over the size limit.
    MessageTooLarge,
    /// A fault of the server's, or it cannot do this now; `details.reason` says so.
    InternalError,
    /// Idle for too long, or connected for too long.
    ConnectionTimeout,
}

impl Code {
    /// Whether the same message may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::AnalysisNotReady
                | Self::RateLimitExceeded
                | Self::InternalError
                | Self::ConnectionTimeout
        )
    }
}

/// Why the server cannot do something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A queue is full.
    Busy,
    /// The disk is full.
    StorageFull,
    /// Nothing evaluates answers now.
    AiUnavailable,
    /// Tokens cannot be verified now.
    TokensUnavailable,
    /// The server stops, and will be back.
    Restarting,
    /// The server stops for good.
    GoingDown,
    /// The connection took less than it was sent.
    SlowConsumer,
}

/// What else is known of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The offending field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Milliseconds after which it may work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Why it cannot be done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename = "Error", rename_all = "camelCase")]
pub struct Refusal {
    /// The stable code.
    pub error_code: Code,
    /// A sentence to show.
    pub error_message: String,
    /// What else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// Whether the same message may succeed later.
    pub retryable: bool,
}

impl Refusal {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            error_code: code,
            error_message: message.into(),
            details: None,
            retryable: code.is_retryable(),
        }
    }

    /// The refusal of `field`; `problem` is the rest of a sentence that begins with it.
    #[must_use]
    pub fn invalid(field: &'static str, problem: &str) -> Self {
        let mut refusal = Self::new(Code::InvalidMessageFormat, format!("{field} {problem}"));
        refusal.details_mut().field = Some(field);
        refusal
    }

    /// The server cannot do it now.
    #[must_use]
    pub fn unavailable(reason: Reason, message: &str) -> Self {
        let mut refusal = Self::new(Code::InternalError, message);
        refusal.details_mut().reason = Some(reason);
        refusal
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

impl From<&Invalid> for Refusal {
    fn from(invalid: &Invalid) -> Self {
        let mut refusal = Self::new(Code::InvalidMessageFormat, invalid.message.clone());
        refusal.details_mut().field = Some(invalid.field);
        refusal
    }
}

impl Event for Refusal {
    const TYPE: &'static str = "error";
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::encode;

    #[test]
    fn a_refusal_has_its_code_a_sentence_and_whether_to_try_again() {
        let refusal = Refusal::unavailable(Reason::StorageFull, "The server's disk is full");
        let refusal = refusal.retry_after(Duration::from_millis(1500));
        let text = encode(&refusal, Timestamp::from_millis(0), Some("r"));
        let expected = json!({
            "type": "error",
            "timestamp": "1970-01-01T00:00:00.000Z",
            "requestId": "r",
            "payload": {
                "errorCode": "INTERNAL_ERROR", "errorMessage": "The server's disk is full",
                "details": {"reason": "storage_full", "retryAfterMs": 1500}, "retryable": true,
            },
        });
        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), expected);
    }

    #[test]
    fn what_has_no_details_and_no_request_has_neither_field() {
        let refusal = Refusal::new(Code::SessionNotFound, "Interview not found");
        let text = encode(&refusal, Timestamp::from_millis(0), None);
        let wire: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(wire.get("requestId"), None);
        assert_eq!(wire["payload"].get("details"), None);
        assert_eq!(wire["payload"]["retryable"], false);
    }
}
