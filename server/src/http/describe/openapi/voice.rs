//! The routes of voice sessions.

use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, nullable, object, string, time};

const NONE: &str = "No such session, or not one the caller may see";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = sessions();
    routes.extend(notes());
    routes.extend(transcripts());
    routes.push(suggestions());
    routes
}

fn sessions() -> Vec<Route> {
    let members = json!({
        "type": "array", "items": name(), "maxItems": 1000,
        "description": "Who may join beside the owner; without it anybody may",
    });
    vec![
        Route::post("/api/voice/sessions", "createVoiceSession", "Make a voice session")
            .takes(json!({
                "type": "object",
                "properties": {"sessionId": name(), "members": members},
            }))
            .answers(201, "The session", session())
            .fails(409, "There is a session of this id, or the caller has 1000 open ones"),
        Route::get("/api/voice/sessions/{id}", "showVoiceSession", "One voice session")
            .answers(200, "The session", session())
            .fails(404, NONE),
    ]
}

fn transcripts() -> Vec<Route> {
    let path = "/api/voice/sessions/{id}/transcript";
    let mut said = result();
    said["properties"]["userName"] = string();
    vec![
        Route::get(path, "showTranscript", "What was said in a voice session")
            .query(
                "format",
                "`json`, `text` or `vtt`; else as `Accept` says. A text is not cut into pages",
            )
            .pages(
                "Final results in the order of their utterances, for who was in the session",
                &said,
            )
            .fails(404, NONE),
        Route::post(
            "/api/voice/sessions/{id}/transcriptions",
            "publishTranscription",
            "Tell who is in a voice session what was said there; for publishers",
        )
        .takes(published())
        .answers(201, "The result as it was told", result())
        .fails(403, "The caller is no publisher")
        .fails(404, "No such session"),
    ]
}

/// What a publisher may leave out is filled in.
fn published() -> Value {
    let mut body = result();
    body["required"] = json!(["userId", "text"]);
    body
}

fn result() -> Value {
    let metadata = object(&[
        ("provider", string()),
        ("processingMode", json!({"enum": ["realtime", "request"]})),
    ]);
    let mut result = object(&[
        ("sessionId", name()),
        ("userId", name()),
        ("itemId", name()),
        ("previousItemId", nullable()),
        ("text", string()),
        ("isFinal", json!({"type": "boolean"})),
        ("confidence", json!({"type": "number", "minimum": 0, "maximum": 1})),
        ("language", string()),
        ("startTime", count()),
        ("endTime", count()),
        ("metadata", metadata),
    ]);
    result["properties"]["requestId"] = string();
    result
}

fn notes() -> Vec<Route> {
    let path = "/api/voice/sessions/{id}/notes";
    let none = "The caller has no notes there, or may not see the session";
    vec![
        Route::get(path, "showVoiceNotes", "The caller's notes for a voice session")
            .answers(200, "The notes", written())
            .fails(404, none),
        Route::put(path, "setVoiceNotes", "Set the caller's notes for a voice session")
            .takes(json!({
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "description": "At most 64 KiB"},
                    "format": {"enum": ["markdown", "plain"], "default": "markdown"},
                },
            }))
            .answers(200, "The notes; 201 where there were none", written())
            .fails(404, NONE)
            .fails(409, "The caller has notes for 200 sessions"),
        Route::delete(path, "removeVoiceNotes", "Remove the caller's notes for a voice session")
            .answers_nothing(204, "They are gone")
            .fails(404, none),
    ]
}

fn suggestions() -> Route {
    let response = json!({
        "type": "object",
        "required": ["text"],
        "properties": {
            "text": string(),
            "tone": string(),
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
    });
    Route::post(
        "/api/voice/sessions/{id}/suggestions",
        "pushSuggestions",
        "Tell who is in a voice session what they could answer; for publishers",
    )
    .takes(json!({
        "type": "object",
        "required": ["responses"],
        "properties": {
            "userId": {"type": "string", "description": "Whom to tell; everybody without it"},
            "responses": {"type": "array", "items": response, "minItems": 1, "maxItems": 10},
            "forText": {"type": "string", "description": "What they answer"},
        },
    }))
    .answers(200, "How many users were told", object(&[("sessionId", name()), ("told", count())]))
    .fails(403, "The caller is no publisher")
    .fails(404, "No such session")
}

fn session() -> Value {
    let status = json!({"enum": ["active", "paused", "recording", "processing", "ended"]});
    let mut session = object(&[
        ("sessionId", name()),
        ("ownerId", name()),
        ("members", json!({"type": ["array", "null"], "items": name()})),
        ("status", status),
        ("connectedUsers", count()),
        ("createdAt", time()),
        ("lastActivity", time()),
    ]);
    session["properties"]["endedAt"] = time();
    session
}

fn written() -> Value {
    object(&[
        ("sessionId", name()),
        ("format", json!({"enum": ["markdown", "plain"]})),
        ("text", string()),
        ("updatedAt", time()),
    ])
}
