//! The addresses that speak WebSocket, for requests that do not ask for one; the door takes the
//! others.

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use web::HttpError;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/ws/sessions/{sessionId}", get(upgrade_required))
        .route("/api/ws/sessions/{sessionId}", get(upgrade_required))
        .route("/api/chat/ws", get(upgrade_required))
        .route("/api/analytics/ws", get(upgrade_required))
        .route("/api/collaboration/ws", get(upgrade_required))
        .route("/api/collaboration/yjs/{sessionId}", get(upgrade_required))
}

async fn upgrade_required() -> Response {
    let (status, message) = (StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket");
    let mut response = HttpError::new(status, "UPGRADE_REQUIRED", message).into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}
