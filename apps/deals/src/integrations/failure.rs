//! What can go wrong with a call.

use http::StatusCode;

/// Routes that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A route without an action.
    #[error("a route has no action")]
    NoAction,
    /// An action that begins with `$` and means nothing.
    #[error("{0:?} is none of $connect, $disconnect and $default")]
    UnknownAction(String),
    /// An action with two routes.
    #[error("{0:?} has two routes")]
    Repeated(String),
    /// The URL of this action is neither `http` nor `https`.
    #[error("the URL of {0:?} is neither http nor https")]
    Scheme(String),
    /// The HTTP client could not be made, for want of root certificates for example.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// Why a call gave nothing to send back. Its texts are safe for clients: they hold nothing of the URL
/// and nothing of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// As many calls as may run do.
    #[error("too many calls of handlers run already")]
    Busy,
    /// No connection could be made, twice; nothing was sent.
    #[error("the handler could not be reached")]
    Unreachable,
    /// The deadline passed; the handler may have done its work all the same.
    #[error("the handler did not answer in time")]
    Timeout,
    /// The answer's status is not of the 2xx.
    #[error("the handler answered with status {0}")]
    Status(u16),
    /// The connection broke, or what came is no HTTP; the handler may have done its work all the same.
    #[error("the handler's answer broke off")]
    BrokeOff,
    /// The answer's body is over [`super::ANSWER_BYTES_MAX`].
    #[error("the handler's answer is too large")]
    TooLarge,
    /// The answer's body is not UTF-8.
    #[error("the handler's answer is not text")]
    NotText,
}

/// A connection that may not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection was refused with status {status}: {failure}")]
pub struct ConnectRefused {
    /// What the handshake is answered with: the handler's own 4xx, 503 where as many calls as may run
    /// do, 502 where the handler failed.
    pub status: StatusCode,
    /// Why.
    pub failure: Failure,
}

impl From<Failure> for ConnectRefused {
    fn from(failure: Failure) -> Self {
        let theirs = |status| StatusCode::from_u16(status).ok().filter(StatusCode::is_client_error);
        let status = match failure {
            Failure::Status(status) => theirs(status).unwrap_or(StatusCode::BAD_GATEWAY),
            Failure::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self { status, failure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_handlers_own_and_everything_else_a_fault_of_the_gateway() {
        let status = |failure| ConnectRefused::from(failure).status.as_u16();
        assert_eq!(
            [400, 401, 403, 429, 499].map(|own| status(Failure::Status(own))),
            [400, 401, 403, 429, 499]
        );
        for foreign in [0, 101, 199, 300, 302, 399, 500, 503, 600, 999] {
            assert_eq!(status(Failure::Status(foreign)), 502, "{foreign}");
        }
        assert_eq!(status(Failure::Busy), 503);
        for failure in [Failure::Unreachable, Failure::Timeout, Failure::BrokeOff] {
            assert_eq!(status(failure), 502);
        }
    }
}
