//! `GET /healthz`: the process is alive. `GET /readyz`: it does its work and is to be sent more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use storage::{Health, Store};

use super::Sources;

/// Why no more work is to be sent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// A signal to stop came.
    #[error("draining")]
    Draining,
    /// The disk is full: nothing can be stored until there is space.
    #[error("storage_full")]
    StorageFull,
    /// Storing failed for good: the process is about to end.
    #[error("storage_failed")]
    StorageFailed,
}

/// Whether more work is to be sent here.
#[derive(Debug, Default)]
pub struct Readiness {
    is_draining: AtomicBool,
}

impl Readiness {
    /// A signal to stop came: from now on, and for good, the server is not ready.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::SeqCst);
    }

    /// Whether the server is ready.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check(&self, store: &Store) -> Result<(), Unready> {
        if self.is_draining.load(Ordering::SeqCst) {
            return Err(Unready::Draining);
        }
        match store.health() {
            Health::Ready => Ok(()),
            Health::StorageFull => Err(Unready::StorageFull),
            Health::Failed => Err(Unready::StorageFailed),
        }
    }
}

pub(super) fn routes(sources: Arc<Sources>) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).with_state(sources)
}

async fn alive() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

async fn ready(State(sources): State<Arc<Sources>>) -> Response {
    let Err(why) = sources.readiness.check(&sources.store) else {
        return Json(json!({"status": "ready"})).into_response();
    };
    let body = json!({
        "error": "UNAVAILABLE",
        "message": format!("Not ready: {why}"),
        "statusCode": StatusCode::SERVICE_UNAVAILABLE.as_u16(),
        "status": why.to_string(),
    });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}
