//! What a call is answered, in API Gateway's form: a status, `x-amzn-ErrorType` where it failed, and
//! `{"message"}`.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use access::TokenError;
use access::signature::SignatureError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::Who;

/// The header with the kind of an error, by which the SDKs tell errors apart.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// The header with the call's own id, which the SDKs pass on.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// An answer, and what is to be logged of it.
pub struct Answered {
    /// Who called; `None` where nobody has proven to be allowed to.
    pub who: Option<Who>,
    /// Whose good token it was that does not allow it.
    pub refused_user: Option<Arc<str>>,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer.
    pub response: Response,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was not, for this reason.
    Refused(String),
}

/// Why a call is not carried out.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    /// What is logged, where that tells more than what is answered.
    reason: Option<String>,
    /// Whose good token it was that does not allow it.
    user: Option<Arc<str>>,
    retry_after_secs: Option<u64>,
}

impl Answered {
    pub(super) fn done(who: Who, response: Response) -> Self {
        let response = with_id(response);
        Self { who: Some(who), refused_user: None, outcome: Outcome::Done, response }
    }

    pub(super) fn refused(who: Option<Who>, mut refusal: Refusal) -> Self {
        let reason = refusal.reason.take().unwrap_or_else(|| refusal.message.clone());
        let refused_user = refusal.user.take();
        let response = with_id(refusal.into_response());
        Self { who, refused_user, outcome: Outcome::Refused(reason), response }
    }

    /// The answer to an address that was refused too often; it may try again after `wait`.
    #[must_use]
    pub fn too_many(wait: Duration) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = Refusal::new(status, "LimitExceededException", "Too many refused requests");
        let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::refused(None, Refusal { retry_after_secs: Some(secs), ..refusal })
    }

    /// The answer to a call whose body did not come in time.
    #[must_use]
    pub fn too_late() -> Self {
        let status = StatusCode::REQUEST_TIMEOUT;
        let refusal = Refusal::new(status, "RequestTimeoutException", "The request took too long");
        Self::refused(None, refusal)
    }
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: &str) -> Self {
        let message = message.to_owned();
        Self { status, kind, message, reason: None, user: None, retry_after_secs: None }
    }

    fn forbidden(kind: &'static str, message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, kind, message)
    }

    fn because(self, reason: &dyn Display) -> Self {
        Self { reason: Some(reason.to_string()), ..self }
    }

    /// There is no such stage.
    pub(super) fn stage() -> Self {
        Self::forbidden("ForbiddenException", "Forbidden").because(&"no such stage")
    }

    /// Connections are not dealt with so.
    pub(super) fn method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "MethodNotAllowedException", "Method Not Allowed")
    }

    /// Neither signed nor with a token.
    pub(super) fn nobody() -> Self {
        Self::forbidden("MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// A good token of somebody else.
    pub(super) fn not_an_admin(user: &Arc<str>) -> Self {
        let refusal = Self::forbidden("ForbiddenException", "Forbidden");
        Self { user: Some(Arc::clone(user)), ..refusal.because(&"not an administrator") }
    }

    /// A bad token.
    pub(super) fn token(error: TokenError) -> Self {
        Self::forbidden("ForbiddenException", "Forbidden").because(&error)
    }

    /// Signed with a key that is not known.
    pub(super) fn unknown_key() -> Self {
        let message = "The security token included in the request is invalid.";
        let refusal = Self::forbidden("UnrecognizedClientException", message);
        refusal.because(&SignatureError::UnknownKey)
    }

    /// Not well signed.
    pub(super) fn signature(error: &SignatureError) -> Self {
        let refusal = match error {
            SignatureError::UnknownKey => return Self::unknown_key(),
            SignatureError::Malformed(problem) => {
                Self::forbidden("IncompleteSignatureException", problem)
            }
            SignatureError::Skewed { signed, now } => {
                let apart = if signed < now {
                    format!("Signature expired: {signed} is now earlier than {now} by over 5 min.")
                } else {
                    format!(
                        "Signature not yet current: {signed} is later than {now} by over 5 min."
                    )
                };
                Self::forbidden("InvalidSignatureException", &apart)
            }
            SignatureError::Mismatch => Self::forbidden(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method.",
            ),
        };
        refusal.because(error)
    }

    /// Signed, for another host than this one.
    pub(super) fn other_host() -> Self {
        let message = "The signature is made for another host.";
        Self::forbidden("InvalidSignatureException", message).because(&"signed for another host")
    }

    /// The connection is not open.
    pub(super) fn gone() -> Self {
        Self::new(StatusCode::GONE, "GoneException", "The connection is gone")
    }

    /// The connection does not take so long a message.
    pub(super) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "PayloadTooLargeException", "The message is too large")
    }

    /// The body did not come to its end.
    pub(super) fn broken_off() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequestException", "The body broke off")
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({"message": self.message}))).into_response();
        let headers = response.headers_mut();
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.kind));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST, GET, DELETE"));
        }
        response
    }
}

fn with_id(mut response: Response) -> Response {
    let id = Uuid::new_v4().to_string();
    let id = HeaderValue::try_from(id).expect("a UUID is of letters that a header takes");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}
