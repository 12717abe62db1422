//! Protocol D's HTTP: sessions with members, and what was said in them.
//!
//! **Invariants.** Whoever may join a session or was in it sees it; to others it does not exist.

mod notes;
mod sessions;
mod suggestions;
mod transcript;
mod transcriptions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use web::HttpError;

use crate::service::Voice;

/// What a route answers.
pub(crate) type Answer<T> = Result<T, HttpError>;
/// The application, in a route.
pub(crate) type Service = State<Arc<Voice>>;

impl Voice {
    /// Everything of this protocol that is not Socket.IO; the server leaves a [`web::Caller`] in each
    /// request's extensions.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            .merge(sessions::routes())
            .merge(notes::routes())
            .merge(suggestions::routes())
            .merge(transcript::routes())
            .merge(transcriptions::routes())
            .with_state(Arc::clone(self))
    }
}

/// A session's id in a path.
pub(crate) struct SessionId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for SessionId {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| not_found())
    }
}

/// No such session for the caller.
pub(crate) fn not_found() -> HttpError {
    HttpError::not_found("SESSION_NOT_FOUND", "Session not found")
}
