//! The routes of the applications.

use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, nullable, object, string, time};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = sessions();
    routes.extend(instructions());
    routes.push(
        Route::get("/api/contexts", "listContexts", "Contexts of the classroom chat")
            .pages("Contexts the caller took part in", &context()),
    );
    routes.extend(documents());
    routes.extend(bridges());
    routes
}

fn sessions() -> Vec<Route> {
    let none = "No such session, or not one the caller may see";
    vec![
        Route::post("/api/sessions", "createSession", "Make a session")
            .takes(json!({
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": name(),
                    "title": name(),
                    "projectId": name(),
                    "open": {"type": "boolean", "description": "Whether any user may join"},
                },
            }))
            .answers(201, "The session", session()),
        Route::get("/api/sessions", "listSessions", "Sessions of the caller")
            .pages("Sessions the caller owns or is a member of", &session()),
        Route::get("/api/sessions/{id}", "showSession", "One session")
            .answers(200, "The session", session())
            .fails(404, none),
        Route::get("/api/sessions/{id}/messages", "listMessages", "Messages of a session")
            .query("before", "A `seq`: the page ends right before it, and has no `nextCursor`")
            .pages("Messages, oldest first", &message())
            .fails(404, none),
        Route::post("/api/sessions/{id}/members", "addMember", "Let a user join a session")
            .takes(object(&[("userId", name())]))
            .answers(
                201,
                "The member; 200 where it was one already",
                object(&[("sessionId", string()), ("userId", name())]),
            )
            .fails(404, none)
            .fails(409, "The session has as many members as it may have"),
    ]
}

fn documents() -> Vec<Route> {
    let none = "No such document";
    let closed = "The token does not open the document";
    let gone = "A version before `oldestVersion`, kept no longer (`storage.retention.edits`)";
    let mut shown = document();
    shown["properties"]["content"] = nullable();
    vec![
        Route::post("/api/documents", "createDocument", "Make a document")
            .takes(json!({
                "type": "object",
                "properties": {
                    "id": name(),
                    "kind": {"enum": ["text", "yjs"], "default": "text"},
                    "title": {"type": "string", "minLength": 1, "maxLength": 500},
                    "content": {"type": "string", "description": "At most 1 MiB; of kind text alone"},
                },
            }))
            .answers(201, "The document", shown.clone())
            .fails(403, closed)
            .fails(409, "There is a document of this id"),
        Route::get("/api/documents", "listDocuments", "Documents of the caller")
            .pages("Documents the caller made or took part in, the newest first", &document()),
        Route::get("/api/documents/{id}", "showDocument", "One document with its text")
            .query("version", "Its text as it was at that version; the newest where left out")
            .answers(200, "The document; its content is null where its kind is yjs", shown)
            .fails(403, closed)
            .fails(404, none)
            .fails(410, gone),
        Route::get("/api/documents/{id}/edits", "listEdits", "The edits of a document")
            .query("after", "Only those past that version; `oldestVersion` where left out")
            .pages("Edits, oldest first", &edit())
            .fails(403, closed)
            .fails(404, none)
            .fails(410, gone),
    ]
}

fn document() -> Value {
    object(&[
        ("id", name()),
        ("kind", json!({"enum": ["text", "yjs"]})),
        ("title", nullable()),
        ("creatorId", name()),
        ("locked", json!({"type": "boolean", "description": "Whether nobody may edit"})),
        ("closed", json!({"type": "boolean", "description": "Whether nobody may join any more"})),
        ("version", count()),
        ("oldestVersion", count()),
        ("createdAt", time()),
        ("updatedAt", time()),
    ])
}

fn edit() -> Value {
    let mut edit = object(&[
        ("version", count()),
        ("operation", json!({"enum": ["insert", "delete", "replace"]})),
        ("position", count()),
        ("length", count()),
        ("content", string()),
        ("author", name()),
        ("editedAt", time()),
    ]);
    edit["properties"]["id"] =
        json!({"type": "string", "description": "The id its author gave it, for the author alone"});
    edit
}

fn instructions() -> Vec<Route> {
    vec![
        Route::put("/api/instructions", "setInstructions", "What the caller's agents are to mind")
            .takes(json!({
                "type": "object",
                "required": ["text"],
                "properties": {
                    "projectId": {"type": "string", "description": "Without one: in general"},
                    "text": {
                        "type": "string",
                        "maxLength": 50_000,
                        "description": "Empty removes them",
                    },
                },
            }))
            .answers(200, "The instructions", instruction())
            .fails(409, "There are instructions for as many projects as one may have"),
        Route::get("/api/instructions", "listInstructions", "The caller's instructions")
            .pages("The general ones first", &instruction()),
    ]
}

fn bridges() -> Vec<Route> {
    let side = || json!({"type": ["string", "null"], "minLength": 1, "maxLength": 256});
    vec![
        Route::post("/api/bridges", "createBridge", "Let rooms of several protocols be one")
            .for_admins()
            .takes(json!({
                "type": "object",
                "properties": {"chat": side(), "room": side(), "session": side()},
            }))
            .answers(201, "The bridge", bridge())
            .fails(404, "A room that does not exist; `field` names its side")
            .fails(409, "A room is bridged already, or more than one has messages"),
        Route::get("/api/bridges", "listBridges", "All bridges")
            .for_admins()
            .pages("Bridges", &bridge()),
        Route::delete("/api/bridges/{id}", "deleteBridge", "Separate bridged rooms")
            .for_admins()
            .fails(404, "No such bridge"),
    ]
}

fn session() -> Value {
    json!({
        "type": "object",
        "required": ["id", "type", "ownerId", "createdAt"],
        "properties": {
            "id": string(),
            "type": string(),
            "title": nullable(),
            "projectId": nullable(),
            "open": {"type": "boolean"},
            "ownerId": string(),
            "createdAt": time(),
        },
    })
}

fn message() -> Value {
    json!({
        "type": "object",
        "required": ["id", "session_id", "role", "content", "created_at", "seq"],
        "properties": {
            "id": string(),
            "session_id": string(),
            "role": {"enum": ["user", "agent"]},
            "content": string(),
            "user_id": nullable(),
            "username": nullable(),
            "agent_id": nullable(),
            "created_at": time(),
            "seq": count(),
            "clientId": nullable(),
        },
    })
}

fn instruction() -> Value {
    object(&[("projectId", nullable()), ("text", string())])
}

fn context() -> Value {
    object(&[
        ("contextId", string()),
        ("onlineCount", count()),
        ("lastSeq", count()),
        ("lastMessageAt", json!({"type": ["string", "null"], "format": "date-time"})),
    ])
}

fn bridge() -> Value {
    object(&[
        ("id", string()),
        ("chat", nullable()),
        ("room", nullable()),
        ("session", nullable()),
        ("createdAt", time()),
    ])
}
