//! What a route takes from a request, with errors in the one form of [`HttpError`].

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use model::Identity;
use serde::de::DeserializeOwned;

use crate::{HttpError, nesting_is_at_most};

/// Who calls: the identity of the verified bearer token.
#[derive(Clone, Debug)]
pub struct Caller(pub Arc<Identity>);

impl Caller {
    /// The caller, if an administrator.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn admin(self) -> Result<Self, HttpError> {
        if self.0.is_admin() {
            return Ok(self);
        }
        Err(HttpError::forbidden("This needs the role admin"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(HttpError::unauthorized)
    }
}

/// Levels of nested objects and lists in a body.
const NESTING_MAX: usize = 64;

/// A JSON object of this shape; an empty body reads as `{}`. What is wrong is told with its field.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return HttpError::new(rejection.status(), "MESSAGE_TOO_LARGE", "Body too large");
            }
            HttpError::validation("body", rejection.body_text())
        })?;
        read(if body.is_empty() { b"{}" } else { &body }).map(Self)
    }
}

/// Reads an object. Only an object: a list would be taken for its fields in order.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, HttpError> {
    let text = std::str::from_utf8(body).map_err(|_| invalid("must be UTF-8"))?;
    if !text.trim_start().starts_with('{') {
        return Err(invalid("must be a JSON object"));
    }
    if !nesting_is_at_most(text, NESTING_MAX) {
        return Err(invalid("is nested too deep"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        // Of what is no JSON, and of the whole, there is no field.
        let is_of_a_field = error.inner().is_data() && field != ".";
        HttpError::validation(if is_of_a_field { &field } else { "body" }, error.inner())
    })?;
    json.end().map_err(invalid)?;
    Ok(value)
}

fn invalid(problem: impl Display) -> HttpError {
    HttpError::validation("body", problem)
}

/// Query parameters of this shape.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpError> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| HttpError::validation("query", rejection.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Door {
        name: Option<String>,
        size: Option<Size>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Size {
        width: u32,
    }

    fn fault(body: &str) -> String {
        let error = read::<Door>(body.as_bytes()).unwrap_err();
        assert_eq!(error.code, "VALIDATION_ERROR");
        error.field.unwrap()
    }

    #[test]
    fn an_object_is_read_and_what_it_has_besides_is_ignored() {
        let door = read::<Door>(br#" {"name": "n", "size": {"width": 2}, "colour": [7]} "#);
        assert_eq!(door.unwrap(), Door { name: Some("n".into()), size: Some(Size { width: 2 }) });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        assert_eq!(fault(r#"{"name": 7}"#), "name");
        assert_eq!(fault(r#"{"size": {"width": "2"}}"#), "size.width");
        for body in ["[]", r#"["n", null]"#, "null", "7", "{", r#"{"name": "n"} {}"#, "\u{feff}{}"]
        {
            assert_eq!(fault(body), "body", "{body}");
        }
        assert!(read::<Door>(b"\xff").is_err());
    }

    #[test]
    fn a_body_nests_at_most_64_levels() {
        let nested =
            |lists: usize| format!(r#"{{"x": {}{}}}"#, "[".repeat(lists), "]".repeat(lists));
        assert!(read::<Door>(nested(63).as_bytes()).is_ok());
        assert_eq!(fault(&nested(64)), "body");
    }
}
