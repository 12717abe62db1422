//! What people do in documents together, see and are refused.

mod edits;
mod people;
mod replicas;
mod rules;

use model::ConnectionId;
use serde_json::{Value, json};

use crate::support::Class;

/// Joins `user` to `document` as a participant; others hear of it.
fn join(class: &mut Class, user: &str, document: &str) -> ConnectionId {
    let connection = class.sit_down(user);
    join_with(class, connection, document, "participant");
    connection
}

/// Joins a connection; its `session_joined`.
fn join_with(class: &mut Class, connection: ConnectionId, document: &str, role: &str) -> Value {
    class.send(connection, "join_session", json!({"sessionId": document, "role": role}));
    class.stage.expect(connection, "session_joined")
}

/// Joins several people to one document, and drops what they heard of it.
fn join_all<const N: usize>(
    class: &mut Class,
    users: [&str; N],
    document: &str,
) -> [ConnectionId; N] {
    let connections = users.map(|user| join(class, user, document));
    for connection in connections {
        let _ = class.stage.received(connection);
    }
    connections
}

fn insert(position: u32, content: &str, version: u64) -> Value {
    json!({"operation": "insert", "position": position, "content": content, "version": version})
}

fn delete(position: u32, length: u32, version: u64) -> Value {
    json!({"operation": "delete", "position": position, "length": length, "version": version})
}

/// The text that somebody who joins now is given.
fn text_of(class: &mut Class, document: &str) -> (String, u64) {
    let reader = class.sit_down("reader");
    let joined = join_with(class, reader, document, "observer");
    let data = &joined["data"];
    (data["content"].as_str().unwrap().into(), data["version"].as_u64().unwrap())
}

/// The error's code and field.
fn fault(error: &Value) -> (&str, Option<&str>) {
    (error["data"]["code"].as_str().unwrap(), error["data"]["field"].as_str())
}
