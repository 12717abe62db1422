//! The JSON Schema of every message, for the published description of the protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::{
    AckConfirmed, CONTENT_CHARS_MAX, ChatMessage, DealUpdate, Event, MessageSent, Notification,
    Pong, PriceAlert, PriceUpdate, Refusal, RoomJoined, RoomLeft, SubscriptionCancelled,
    SubscriptionConfirmed, TaskStatus, TokenRefreshed,
};
use crate::Topic;
use crate::filters::{FILTER_CHARS_MAX, FILTER_ENTRIES_MAX};

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
    /// Its `action`, or its `type`.
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
    let mut messages = requests(&name);
    messages.extend([
        event::<Pong>(),
        event::<MessageSent<'_>>(),
        event::<RoomJoined<'_>>(),
        event::<RoomLeft<'_>>(),
        event::<SubscriptionConfirmed<'_>>(),
        event::<SubscriptionCancelled<'_>>(),
        event::<AckConfirmed<'_>>(),
        event::<TokenRefreshed<'_>>(),
        event::<DealUpdate<'_>>(),
        event::<PriceUpdate<'_>>(),
        event::<PriceAlert<'_>>(),
        event::<Notification<'_>>(),
        event::<TaskStatus<'_>>(),
        event::<ChatMessage<'_>>(),
        event::<Refusal>(),
    ]);
    messages
}

fn requests(name: &Value) -> Vec<MessageSchema> {
    let none = json!({});
    let content = json!({"type": "string", "minLength": 1, "maxLength": CONTENT_CHARS_MAX});
    let kind = json!({"enum": ["text", "code", "image", "file"], "default": "text"});
    let recipient = json!({"type": "string", "minLength": 1, "maxLength": 261});
    let after = json!({"type": ["string", "integer"], "minimum": 0});
    let topics: Vec<&str> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
    let said = json!({"recipientId": recipient, "content": content});
    let since = json!({"after": after, "epoch": {"type": "string"}});
    let topic = json!({"topic": {"enum": topics}});
    vec![
        request("ping", &none, &none),
        request("sendMessage", &said, &json!({"type": kind})),
        request("joinRoom", &json!({"roomId": name}), &since),
        request("leaveRoom", &json!({"roomId": name}), &none),
        request("subscribeToDeals", &topic, &json!({"filters": filters()})),
        request("unsubscribeFromDeals", &json!({"subscriptionId": name}), &none),
        request("notificationAck", &json!({"notificationId": name}), &none),
        request("refreshToken", &none, &none),
    ]
}

fn filters() -> Value {
    let text = json!({"type": "string", "minLength": 1, "maxLength": FILTER_CHARS_MAX});
    let list = json!({
        "type": "array", "items": text, "minItems": 1, "maxItems": FILTER_ENTRIES_MAX,
    });
    let any_of = json!({"anyOf": [text, list]});
    let bound = json!({"type": "number", "minimum": 0});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "category": any_of, "merchant": any_of, "keywords": any_of, "currency": text,
            "minPrice": bound, "maxPrice": bound, "minDiscount": bound,
        },
    })
}

/// A client's message; every one of `needed` has to be in its data, those of `optional` may be.
fn request(action: &'static str, needed: &Value, optional: &Value) -> MessageSchema {
    let fields = |of: &Value| of.as_object().cloned().unwrap_or_default();
    let required: Vec<String> = fields(needed).into_iter().map(|(field, _)| field).collect();
    let mut properties = fields(needed);
    properties.extend(fields(optional));
    let in_envelope =
        if required.is_empty() { json!(["action"]) } else { json!(["action", "data"]) };
    let schema = json_schema!({
        "type": "object",
        "required": in_envelope,
        "properties": {
            "action": {"const": action},
            "data": {"type": "object", "required": required, "properties": properties},
            "requestId": {"type": "string", "minLength": 1, "maxLength": 256},
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
        "required": ["type", "data", "timestamp"],
        "properties": {
            "type": {"const": E::TYPE},
            "data": data,
            "requestId": {"type": "string"},
            "timestamp": {"type": "integer"},
        },
    });
    MessageSchema { name: E::TYPE, direction: Direction::ToClient, schema }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::request::ACTIONS;

    #[test]
    fn every_schema_names_its_message_and_needs_no_other_document() {
        for message in messages() {
            let schema = serde_json::to_value(&message.schema).unwrap();
            let name = match message.direction {
                Direction::ToServer => &schema["properties"]["action"]["const"],
                Direction::ToClient => &schema["properties"]["type"]["const"],
            };
            assert_eq!(name, message.name);
            assert!(!schema.to_string().contains("$ref"), "{schema}");
        }
    }

    #[test]
    fn every_action_is_described() {
        let requests = messages().into_iter();
        let requests = requests.filter(|message| message.direction == Direction::ToServer);
        let names: Vec<&str> = requests.map(|message| message.name).collect();
        assert_eq!(names, ACTIONS);
    }
}
