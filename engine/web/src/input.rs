//! What a route takes from a request, with errors in the one form of [`HttpError`].

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use model::Identity;
use serde::de::DeserializeOwned;

use crate::HttpError;

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

/// A JSON body of this shape; an empty body reads as `{}`.
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
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(body).map(Self).map_err(|error| HttpError::validation("body", error))
    }
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
