//! `GET /`: what this is, for whoever opens the address to see.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router {
    Router::new().route("/", get(home))
}

async fn home() -> Json<Value> {
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
        "links": {
            "health": "/healthz",
            "readiness": "/readyz",
            "metrics": "/metrics",
            "http": "/openapi.json",
            "webSocketMessages": "/asyncapi.json",
        },
    }))
}
