//! The JSON Schema of every message, for the published description of the protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::{
    AgentDelta, AgentResponse, AgentTyping, CONTENT_CHARS_MAX, Event, Refusal, SessionState,
    System, UserJoined, UserLeft, UserMessage, UserTyping,
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
    /// Its `action` or `type`.
    pub name: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// What it looks like, envelope included.
    pub schema: Schema,
}

/// Every message, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = json!({"type": "string", "minLength": 1, "maxLength": 256});
    let content = json!({"type": "string", "maxLength": CONTENT_CHARS_MAX});
    let after = json!({"oneOf": [&name, {"type": "integer", "minimum": 0}]});
    let join = json!({"type": "object", "properties": {"after": after, "epoch": &name}});
    let said = json!({
        "type": "object",
        "required": ["content"],
        "properties": {"content": content, "clientId": &name},
    });
    let nothing = json!({"type": "object"});
    vec![
        action("join", &join, &name),
        action("message", &said, &name),
        action("typing", &nothing, &name),
        action("cancel", &nothing, &name),
        action("leave", &nothing, &name),
        event::<SessionState>(),
        event::<UserMessage>(),
        event::<AgentResponse>(),
        event::<UserJoined<'_>>(),
        event::<UserLeft<'_>>(),
        event::<UserTyping<'_>>(),
        event::<AgentTyping<'_>>(),
        event::<AgentDelta<'_>>(),
        event::<System<'_>>(),
        event::<Refusal>(),
    ]
}

fn action(action: &'static str, data: &Value, name: &Value) -> MessageSchema {
    let required = if action == "message" { json!(["action", "data"]) } else { json!(["action"]) };
    let schema = json_schema!({
        "type": "object",
        "required": required,
        "properties": {
            "action": {"const": action},
            "sessionId": {"type": "string"},
            "data": data,
            "timestamp": {"type": "string", "format": "date-time"},
            "requestId": name,
            "projectId": name,
        },
    });
    MessageSchema { name: action, direction: Direction::ToServer, schema }
}

fn event<E: Event + JsonSchema>() -> MessageSchema {
    // Inlined: references would point at the root of a document this schema is not.
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let data = settings.into_generator().subschema_for::<E>();
    let schema = json_schema!({
        "type": "object",
        "required": ["type", "sessionId", "data", "timestamp"],
        "properties": {
            "type": {"const": E::TYPE},
            "sessionId": {"type": "string"},
            "data": data,
            "timestamp": {"type": "string", "format": "date-time"},
            "requestId": {"type": "string"},
        },
    });
    MessageSchema { name: E::TYPE, direction: Direction::ToClient, schema }
}
