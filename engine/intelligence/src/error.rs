//! What can go wrong with a model.

use std::time::Duration;

/// A configuration no client can be made of.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL can't be used; says why, without repeating it.
    #[error("the base URL {0}")]
    BaseUrl(&'static str),
    /// The key holds characters no HTTP header may hold.
    #[error("the API key holds characters that cannot be sent")]
    Key,
    /// The HTTP client could not be made, for want of root certificates for example.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// Why a call has no answer, or none to its end.
///
/// Its texts hold nothing of the prompt, the answer or the key.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The deadline passed.
    #[error("the model did not answer in time")]
    Deadline,
    /// Too many calls run and wait.
    #[error("too many calls to the model wait already")]
    Busy,
    /// The prompt is over [`crate::PROMPT_BYTES_MAX`].
    #[error("the prompt is too long")]
    PromptTooLong,
    /// No connection, or it broke before the answer began.
    #[error("the model could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The answer broke off.
    #[error("the model's answer broke off")]
    BrokeOff(#[source] Option<reqwest::Error>),
    /// The server answered with an error.
    #[error("the model's server refused: status {status}{}", code_text(code.as_deref()))]
    Refused {
        /// The HTTP status; 200 where the error came within a stream.
        status: u16,
        /// The server's own name for it, such as `model_not_found`.
        code: Option<String>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is not what the API promises.
    #[error("the model's server answered rubbish: {0}")]
    Rubbish(&'static str),
    /// The answer is over a bound.
    #[error("the model's answer is too long: {0}")]
    TooLong(&'static str),
    /// The answer holds no text.
    #[error("the model's answer is empty")]
    Empty,
    /// The answer does not fit the schema, after all retries.
    #[error("the model's answer does not fit: {0}")]
    Invalid(String),
    /// The schema asks for something that is not checked: a fault of the caller's.
    #[error("the schema's {0:?} is not supported")]
    Schema(String),
}

impl ModelError {
    /// Whether asking again may help; only to be done while nothing was told.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::BrokeOff(_) => true,
            Self::Refused { status, .. } => *status == 429 || (500..600).contains(status),
            _ => false,
        }
    }

    /// How long the server asked to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn code_text(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
