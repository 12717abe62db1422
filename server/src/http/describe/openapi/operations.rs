//! The server's own routes.

use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, nullable, object, string, time};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = documents();
    routes.extend(upgrades());
    routes.extend(health());
    routes.extend(administration());
    routes.push(
        Route::post("/api/dev/sign-in", "signInByName", "A token for a name, in development mode")
            .for_anyone()
            .takes(object(&[("name", name())]))
            .answers(
                200,
                "The token",
                object(&[("token", string()), ("userId", name()), ("name", name())]),
            )
            .fails(403, "Not from this machine, or through a proxy")
            .fails(404, "Not in development mode"),
    );
    routes
}

fn documents() -> Vec<Route> {
    let document = json!({"type": "object"});
    vec![
        Route::get("/", "home", "What this server is").for_anyone().answers(
            200,
            "Its name, version and addresses",
            document.clone(),
        ),
        Route::get("/openapi.json", "openapi", "This document").for_anyone().answers(
            200,
            "OpenAPI 3.1",
            document.clone(),
        ),
        Route::get("/asyncapi.json", "asyncapi", "The WebSocket protocols").for_anyone().answers(
            200,
            "AsyncAPI 3",
            document.clone(),
        ),
        Route::get("/console/{file}", "consoleFile", "A script or style of the console")
            .for_anyone()
            .answers(200, "Its content, which never changes under its name", document.clone()),
        Route::get("/icon.svg", "icon", "The console's icon")
            .for_anyone()
            .answers(200, "An image", document),
    ]
}

/// The addresses of /asyncapi.json.
fn upgrades() -> Vec<Route> {
    let upgrade = |path, name, summary| {
        Route::get(path, name, summary)
            .for_anyone()
            .query("token", "The token, where no header can carry it")
            .switches_protocols()
            .fails(403, "This origin or address is not allowed")
            .fails(426, "Not a WebSocket handshake")
    };
    vec![
        upgrade("/ws/sessions/{sessionId}", "openSession", "Talk in a session"),
        upgrade("/api/ws/sessions/{sessionId}", "openApiSession", "Talk in a session"),
        upgrade("/api/analytics/ws", "openAnalytics", "Watch the figures of a context")
            .query("contextId", "The context"),
        upgrade("/api/collaboration/ws", "openCollaboration", "Edit documents together")
            .query("contextId", "The context in whose figures edits count; `default` without one"),
        upgrade("/api/collaboration/yjs/{sessionId}", "openYjs", "Edit a Yjs document together")
            .query("contextId", "The context in whose figures updates count; none without one"),
        upgrade("/api/chat/ws", "openChat", "Talk in a class")
            .query("contextId", "The context, which is the room; `default` without one"),
    ]
}

fn health() -> Vec<Route> {
    let status = |value: &str| object(&[("status", json!({"const": value}))]);
    vec![
        Route::get("/healthz", "alive", "Whether the process is alive").for_anyone().answers(
            200,
            "It is",
            status("ok"),
        ),
        Route::get("/readyz", "ready", "Whether more work is to be sent here")
            .for_anyone()
            .answers(200, "Yes", status("ready"))
            .fails(503, "No; `status` is draining, storage_full or storage_failed"),
        Route::get("/metrics", "metrics", "Metrics for Prometheus").for_anyone().answers_as(
            "application/openmetrics-text",
            200,
            "OpenMetrics text",
            string(),
        ),
    ]
}

fn administration() -> Vec<Route> {
    vec![
        Route::get("/api/connections", "listConnections", "Open connections")
            .for_admins()
            .query("userId", "Only this user's")
            .query("application", "Only this application's, such as sessions")
            .query("room", "Only those in this room, such as chat:math or math")
            .pages("Open connections by id", &connection()),
        Route::delete("/api/connections/{id}", "disconnect", "End a connection")
            .for_admins()
            .fails(404, "No such connection"),
        Route::post(
            "/api/users/{userId}/disconnect",
            "disconnectUser",
            "End all connections of a user",
        )
        .for_admins()
        .answers(
            200,
            "How many there were",
            object(&[("userId", name()), ("disconnected", count())]),
        ),
        Route::get("/api/stats", "stats", "What the server has done and what waits in it")
            .for_admins()
            .answers(200, "Counts since the start", json!({"type": "object"})),
        Route::get("/api/limits", "limits", "The limits in force").for_admins().answers(
            200,
            "By application; null is off",
            limits(),
        ),
        Route::post("/api/tokens/revoke", "revokeTokens", "Revoke tokens of a user")
            .for_admins()
            .takes(object(&[("userId", name()), ("issuedBefore", time())]))
            .answers(
                200,
                "Open connections with such a token are closed with 1008 `Revoked`",
                object(&[("userId", name()), ("issuedBefore", time()), ("disconnected", count())]),
            )
            .fails(503, "Nothing could be stored; nothing was revoked"),
    ]
}

fn connection() -> Value {
    object(&[
        ("connectionId", string()),
        ("userId", nullable()),
        ("username", nullable()),
        ("application", string()),
        ("rooms", json!({"type": "array", "items": {"type": "string"}})),
        ("connectedAt", time()),
        ("lastActiveAt", time()),
        ("sourceIp", string()),
        ("userAgent", nullable()),
    ])
}

fn limits() -> Value {
    json!({
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": {"type": ["number", "null"]},
        },
    })
}
