//! The JSON Schema of every message, for the published description of the protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::{
    Authenticated, CONTENT_CHARS_MAX, Event, HISTORY_DEFAULT, HISTORY_MAX, Members, Message, Page,
    Pong, Refusal, Typing, UserJoined, UserLeft,
};

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client.
    ToServer,
    /// The server.
    ToClient,
}

/// One message of the protocol.
#[derive(Clone, Debug)]
pub struct MessageSchema {
    /// Its `type`.
    pub name: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// What it looks like, envelope included.
    pub schema: Schema,
}

/// Every message of the chat, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = name_schema();
    let content = json!({"type": "string", "minLength": 1, "maxLength": CONTENT_CHARS_MAX});
    let kinds = json!({"enum": ["text", "code", "image", "file"], "default": "text"});
    let said = json!({
        "type": "object",
        "required": ["content"],
        "properties": {"content": content, "messageType": kinds},
    });
    let typing = json!({
        "type": "object",
        "required": ["isTyping"],
        "properties": {"isTyping": {"type": "boolean"}},
    });
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": HISTORY_MAX, "default": HISTORY_DEFAULT,
    });
    let anchor = json!({"oneOf": [
        {"type": "string", "format": "date-time"}, &name, {"type": "integer", "minimum": 0},
    ]});
    let history = json!({
        "type": "object",
        "properties": {"limit": limit, "before": &anchor, "after": &anchor, "epoch": &name},
    });
    let nothing = json!({"type": "object"});
    vec![
        auth(&name),
        request("message", &said, true, &name),
        request("typing", &typing, true, &name),
        request("history", &history, false, &name),
        request("members", &nothing, false, &name),
        request("ping", &nothing, false, &name),
        event::<Authenticated<'_>>(),
        event::<Message<'_>>(),
        event::<Typing<'_>>(),
        event::<Page<'_>>(),
        event::<Members<'_>>(),
        event::<UserJoined<'_>>(),
        event::<UserLeft<'_>>(),
        event::<Pong>(),
        event::<Refusal>(),
    ]
}

/// An id or a name that a client gives.
pub(super) fn name_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 256})
}

pub(super) fn auth(name: &Value) -> MessageSchema {
    let schema = json_schema!({
        "type": "object",
        "required": ["type", "token"],
        "properties": {
            "type": {"const": "auth"},
            "id": name,
            "timestamp": {"type": "string", "format": "date-time"},
            "token": {"type": "string"},
            "contextId": name,
        },
    });
    MessageSchema { name: "auth", direction: Direction::ToServer, schema }
}

pub(super) fn request(
    kind: &'static str,
    data: &Value,
    is_needed: bool,
    name: &Value,
) -> MessageSchema {
    let required = if is_needed { json!(["type", "data"]) } else { json!(["type"]) };
    let schema = json_schema!({
        "type": "object",
        "required": required,
        "properties": {
            "type": {"const": kind},
            "id": name,
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
    });
    MessageSchema { name: kind, direction: Direction::ToServer, schema }
}

pub(super) fn event<E: Event + JsonSchema>() -> MessageSchema {
    // Inlined: references would point at the root of a document this schema is not.
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let data = settings.into_generator().subschema_for::<E>();
    let is_error = E::TYPE == "error";
    let required = if is_error {
        json!(["type", "timestamp", "data", "error"])
    } else {
        json!(["type", "timestamp", "data"])
    };
    let mut schema = json_schema!({
        "type": "object",
        "required": required,
        "properties": {
            "type": {"const": E::TYPE},
            "id": {"type": "string"},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
    });
    if is_error && let Some(properties) = schema.get_mut("properties") {
        properties["error"] = json!({"type": "string"});
    }
    MessageSchema { name: E::TYPE, direction: Direction::ToClient, schema }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_names_its_type_and_needs_no_other_document() {
        for message in messages() {
            let schema = serde_json::to_value(&message.schema).unwrap();
            assert_eq!(schema["properties"]["type"]["const"], message.name);
            assert!(!schema.to_string().contains("$ref"), "{schema}");
        }
    }
}
