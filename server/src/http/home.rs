//! `GET /`: the console for browsers; for everybody else what this is.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::console;

pub(super) fn routes() -> Router {
    Router::new().route("/", get(home))
}

async fn home(headers: HeaderMap) -> Response {
    if console::wants_page(&headers) { console::page(&headers) } else { about().into_response() }
}

fn about() -> Json<Value> {
    Json(json!({
        "name": "quintet",
        "version": env!("CARGO_PKG_VERSION"),
        "about": "One server that speaks five real-time protocols",
        "webSockets": {
            "sessions": "/ws/sessions/{sessionId}",
            "analysis": "/v1/ws",
            "deals": "/, /{stage}",
            "learning": "/api/chat/ws?contextId={contextId}",
            "analytics": "/api/analytics/ws?contextId={contextId}",
            "collaboration": "/api/collaboration/ws",
            "yjs": "/api/collaboration/yjs/{sessionId}",
        },
        "socketIo": {"voice": "/socket.io/, namespace /interview"},
        "links": {
            "health": "/healthz",
            "readiness": "/readyz",
            "metrics": "/metrics",
            "http": "/openapi.json",
            "webSocketMessages": "/asyncapi.json",
        },
    }))
}
