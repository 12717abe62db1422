//! `GET /`: the console for browsers; for everybody else what this is.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::console;

/// `is_development`: whether a name is enough to sign in, which the page asks for here.
pub(super) fn routes(is_development: bool) -> Router {
    Router::new()
        .route("/", get(move |headers: HeaderMap| async move { home(&headers, is_development) }))
}

fn home(headers: &HeaderMap, is_development: bool) -> Response {
    if console::wants_page(headers) {
        console::page(headers)
    } else {
        about(is_development).into_response()
    }
}

fn about(is_development: bool) -> Json<Value> {
    let mut about = json!({
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
    });
    if is_development {
        about["links"]["signInByName"] = super::sign_in::PATH.into();
    }
    Json(about)
}
