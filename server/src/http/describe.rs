//! `GET /openapi.json` and `GET /asyncapi.json`: what the server answers and speaks, for tools.
//!
//! **Invariants.** Both are made once, from what this binary has. Only what exists is described.

mod asyncapi;
mod openapi;

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;

pub use asyncapi::asyncapi;
pub use openapi::openapi;

static OPENAPI: LazyLock<String> = LazyLock::new(|| pretty(&openapi()));
static ASYNCAPI: LazyLock<String> = LazyLock::new(|| pretty(&asyncapi()));

pub(super) fn routes() -> Router {
    Router::new()
        .route("/openapi.json", get(|| async { document(&OPENAPI) }))
        .route("/asyncapi.json", get(|| async { document(&ASYNCAPI) }))
}

fn document(text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}
