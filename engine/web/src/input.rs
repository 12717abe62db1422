//! What a route takes from a request, with errors in the one form of [`HttpError`].

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use model::Identity;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::problem::Problem;
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
/// What is said of a number that no number of ours holds, which counts as bad JSON there.
const TOO_LARGE: &str = "number out of range";

/// A JSON object of this shape; an empty body reads as `{}`. What is wrong is told with its field.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let body = body(request, state).await?;
        read(if body.is_empty() { b"{}" } else { &body }).map(Self)
    }
}

/// As [`Json`], but an empty body is told to be missing: for routes where all of it is needed.
#[derive(Clone, Copy, Debug)]
pub struct RequiredJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for RequiredJson<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let body = body(request, state).await?;
        if body.is_empty() {
            return Err(invalid("is missing"));
        }
        read(&body).map(Self)
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, HttpError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return HttpError::new(rejection.status(), "MESSAGE_TOO_LARGE", "Body too large");
        }
        invalid(rejection.body_text())
    })
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
        let is_json = error.inner().is_data() || error.inner().to_string().starts_with(TOO_LARGE);
        if is_json { fault(&error, "body") } else { invalid("is not valid JSON") }
    })?;
    json.end().map_err(|_| invalid("is not valid JSON"))?;
    Ok(value)
}

/// What is wrong, with its field; of the `whole` there is none.
fn fault<E: Display>(error: &serde_path_to_error::Error<E>, whole: &str) -> HttpError {
    let Problem { field: inner, text } = Problem::of(error.inner());
    // Of what is missing or doubled, the place is the object.
    let outer = Some(error.path().to_string()).filter(|path| path != ".");
    let field = match (outer, inner) {
        (Some(outer), Some(inner)) => format!("{outer}.{inner}"),
        (Some(field), None) | (None, Some(field)) => field,
        (None, None) => whole.to_owned(),
    };
    HttpError::validation(&field, text)
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
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn query<T: DeserializeOwned>(query: &str) -> Result<T, HttpError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| fault(&error, "query"))
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

    fn refused(body: &str) -> HttpError {
        let error = read::<Door>(body.as_bytes()).unwrap_err();
        assert_eq!(error.code, "VALIDATION_ERROR");
        error
    }

    fn fault(body: &str) -> String {
        refused(body).field.unwrap()
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
    fn what_is_wrong_is_said_as_people_do() {
        for (body, message) in [
            (r#"{"name": 7}"#, "name: must be a text"),
            (r#"{"size": {"width": "2"}}"#, "size.width: must be a whole number, 0 or more"),
            (r#"{"size": {"width": 1e999}}"#, "size.width: must be a number that is not so large"),
            (r#"{"size": {}}"#, "size.width: is missing"),
            (r#"{"size": 7}"#, "size: must be an object"),
            (r#"{"name": "a", "name": "a"}"#, "name: stands twice"),
            (r#"{"size": {"width": 1, "width": 1}}"#, "size.width: stands twice"),
            ("{", "body: is not valid JSON"),
            (r#"{"name": "\ud800"}"#, "body: is not valid JSON"),
            (r#"{"name": "n"} {}"#, "body: is not valid JSON"),
            ("[]", "body: must be a JSON object"),
        ] {
            assert_eq!(refused(body).message, message, "{body}");
        }
    }

    #[derive(Debug, Deserialize)]
    struct Asked {
        #[expect(dead_code, reason = "only read")]
        count: Option<u8>,
        #[serde(flatten)]
        page: crate::PageRequest,
    }

    #[test]
    fn parameters_are_read_and_what_is_wrong_with_them_is_told_with_their_names() {
        let page = query::<crate::PageRequest>("limit=7&colour=red&colour=blue").unwrap();
        assert_eq!(page.limit(), Ok(7));
        assert_eq!(query::<Asked>("limit=7").unwrap().page.limit(), Ok(7));
        let twice = query::<crate::PageRequest>("limit=7&limit=8").unwrap_err();
        assert_eq!(
            (&*twice.message, twice.field.as_deref()),
            ("limit: stands twice", Some("limit"))
        );
        assert_eq!(query::<Asked>("limit=7&limit=8").unwrap_err().message, "limit: stands twice");
        let wrong = query::<Asked>("count=x").unwrap_err();
        assert_eq!(wrong.message, "count: must be a whole number");
    }

    #[tokio::test]
    async fn an_empty_body_is_an_empty_object_unless_one_is_required() {
        let request = || Request::new(axum::body::Body::empty());
        let Json(door) = Json::<Door>::from_request(request(), &()).await.unwrap();
        assert_eq!(door, Door { name: None, size: None });
        let missing = RequiredJson::<Door>::from_request(request(), &()).await.unwrap_err();
        assert_eq!(missing.message, "body: is missing");
        let request = Request::new(axum::body::Body::from("{}"));
        assert!(RequiredJson::<Door>::from_request(request, &()).await.is_ok());
    }

    #[test]
    fn a_body_nests_at_most_64_levels() {
        let nested =
            |lists: usize| format!(r#"{{"x": {}{}}}"#, "[".repeat(lists), "]".repeat(lists));
        assert!(read::<Door>(nested(63).as_bytes()).is_ok());
        assert_eq!(fault(&nested(64)), "body");
    }
}
