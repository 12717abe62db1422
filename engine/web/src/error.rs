//! What a failed request is answered: `{error, message, statusCode}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// An error for the client: a stable code, a safe sentence, a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, such as `NOT_FOUND`.
    pub code: &'static str,
    /// A sentence that is safe to show.
    pub message: String,
    /// The offending field, where there is one.
    pub field: Option<String>,
    /// Seconds after which it may work, for 429 and 503.
    pub retry_after_secs: Option<u64>,
    /// Why it was not allowed, for the log of refusals; it is not shown.
    pub refused: Option<Refused>,
}

/// Why a call was not allowed. It stands in the response's extensions, so that the server, which knows
/// who called and from where, leaves a line in its log of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Such as `not a publisher`.
    pub reason: &'static str,
}

impl HttpError {
    /// An error with this status, code and message.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, message, field: None, retry_after_secs: None, refused: None }
    }

    /// The same, as the refusal of what is not the caller's to do.
    #[must_use]
    pub fn refused(self, reason: &'static str) -> Self {
        Self { refused: Some(Refused { reason }), ..self }
    }

    /// 400 `VALIDATION_ERROR` that names the field.
    #[must_use]
    pub fn validation(field: &str, problem: impl std::fmt::Display) -> Self {
        let message = format!("{field}: {problem}");
        let error = Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message);
        Self { field: Some(field.to_owned()), ..error }
    }

    /// 401 `UNAUTHORIZED`.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "A valid bearer token is required")
    }

    /// 403 `FORBIDDEN`.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 404 with the code for what is missing.
    #[must_use]
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 503 `UNAVAILABLE`, to be tried again in a second.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        Self { retry_after_secs: Some(1), ..error }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "error": self.code,
            "message": self.message,
            "statusCode": self.status.as_u16(),
        });
        if let Some(field) = self.field {
            body["field"] = field.into();
        }
        let mut response = (self.status, Json(body)).into_response();
        if let Some(secs) = self.retry_after_secs {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(refused) = self.refused {
            response.extensions_mut().insert(refused);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_call_was_refused_is_for_the_log_and_not_for_the_caller() {
        let error = HttpError::forbidden("No").refused("not a publisher");
        let response = error.into_response();
        let refused = response.extensions().get::<Refused>().copied();
        assert_eq!(refused, Some(Refused { reason: "not a publisher" }));
        let response = HttpError::forbidden("No").into_response();
        assert!(response.extensions().get::<Refused>().is_none());
    }
}
