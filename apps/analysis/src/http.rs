//! Protocol A's HTTP: analyses, the files they cite, and answers outside an interview.
//!
//! **Invariants.** Only its owner sees an analysis or an interview; to others it does not exist.

mod analyses;
mod files;
mod interviews;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::routing::{get, post};
use web::{Caller, HttpError, unread};

use crate::service::{Analyses, owned};
use crate::store::analyses::AnalysisRow;

type Answer<T> = Result<T, HttpError>;
type Service = State<Arc<Analyses>>;

impl Analyses {
    /// Everything of this protocol that is not a WebSocket; the server leaves a [`Caller`] in each
    /// request's extensions.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/api/analyze", post(analyses::create))
            .route("/api/analyses", get(analyses::list))
            .route("/api/analysis/{id}", get(analyses::show).delete(analyses::remove))
            .route("/api/analysis/{id}/status", get(analyses::status))
            .route("/api/analysis/{id}/files", get(files::lines))
            .merge(interviews::routes())
            .with_state(Arc::clone(self))
    }

    /// The analysis as `caller` sees it.
    async fn seen_by(&self, caller: &Caller, id: String) -> Answer<AnalysisRow> {
        let user = Arc::clone(&caller.0.user_id);
        let read = self.store.read(move |db| owned(db, &id, &user));
        read.await.map_err(|error| unread(&error))?.ok_or_else(analysis_not_found)
    }
}

/// An analysis's id in a path.
struct AnalysisId(String);

impl<S: Send + Sync> FromRequestParts<S> for AnalysisId {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| analysis_not_found())
    }
}

fn analysis_not_found() -> HttpError {
    HttpError::not_found("ANALYSIS_NOT_FOUND", "Analysis not found")
}

/// The answer to a cursor that no page of the list gave.
fn unknown_cursor() -> HttpError {
    HttpError::validation("cursor", "must be a nextCursor of this list")
}
