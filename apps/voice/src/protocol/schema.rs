//! The JSON Schema of every event's object, for the published description of the protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::audio::{AudioData, AudioReceived, Format, Time};
use super::{
    AudioQuality, ConnectionError, ConnectionSuccess, Event, Family, LANGUAGE_CHARS_MAX, Refusal,
    ResponsesSuggestions, STATUS_MESSAGE_CHARS_MAX, SessionJoined, SessionLeft, Status,
    StatusUpdated, TranscriptionCompleted, TranscriptionProcessing, TranscriptionResult,
    TranscriptionStarted, TranscriptionStopped, UserDisconnected, UserJoined, UserLeft,
};

/// Who sends an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The client.
    ToServer,
    /// The server.
    ToClient,
}

/// One event of the protocol.
#[derive(Clone, Debug)]
pub struct MessageSchema {
    /// Its name.
    pub name: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// What its one argument looks like.
    pub schema: Schema,
}

/// Every event, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = json!({"type": "string", "minLength": 1, "maxLength": 256});
    let nothing = json!({"type": "object"});
    let language = json!({"type": "string", "maxLength": LANGUAGE_CHARS_MAX});
    let start = json!({"type": "object", "properties": {"language": language}});
    let join = json!({
        "type": "object", "required": ["sessionId"], "properties": {"sessionId": &name},
    });
    let said = json!({"type": "string", "maxLength": STATUS_MESSAGE_CHARS_MAX});
    let status = json!({
        "type": "object", "required": ["status"],
        "properties": {"status": of::<Status>(), "message": said},
    });
    let (stream, mut request) = (audio(), audio());
    request["properties"]["requestId"] = name;
    vec![
        asked("session:join", join),
        asked("session:leave", nothing.clone()),
        asked("session:status", status),
        asked("audio:stream", stream),
        asked("transcription:start", start),
        asked("transcription:stop", nothing),
        asked("transcription:request", request),
        event::<ConnectionSuccess<'_>>(),
        event::<ConnectionError<'_>>(),
        event::<SessionJoined<'_>>(),
        event::<SessionLeft<'_>>(),
        event::<UserJoined<'_>>(),
        event::<UserLeft<'_>>(),
        event::<UserDisconnected<'_>>(),
        event::<StatusUpdated<'_>>(),
        event::<AudioReceived<'_>>(),
        event::<AudioQuality<'_>>(),
        event::<TranscriptionStarted<'_>>(),
        event::<TranscriptionStopped<'_>>(),
        event::<TranscriptionProcessing<'_>>(),
        event::<TranscriptionCompleted<'_>>(),
        event::<TranscriptionResult>(),
        event::<ResponsesSuggestions<'_>>(),
        told::<Refusal>(Family::Session.error(), true),
        told::<Refusal>(Family::Audio.error(), true),
        told::<Refusal>(Family::Transcription.error(), true),
    ]
}

fn audio() -> Value {
    json!({
        "type": "object",
        "required": ["audioData", "format", "sampleRate"],
        "properties": {
            "audioData": of::<AudioData>(),
            "format": of::<Format>(),
            "sampleRate": {"type": "integer", "minimum": 8000, "maximum": 48_000},
            "channels": {"enum": [1, 2], "default": 1},
            "timestamp": of::<Time>(),
        },
    })
}

fn asked(name: &'static str, mut schema: Value) -> MessageSchema {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.entry("timestamp").or_insert_with(of::<Time>);
    }
    let schema = Schema::try_from(schema).unwrap_or_else(|_| json_schema!({"type": "object"}));
    MessageSchema { name, direction: Direction::ToServer, schema }
}

fn event<E: Event + JsonSchema>() -> MessageSchema {
    told::<E>(E::NAME, E::IS_STAMPED)
}

fn told<E: JsonSchema>(name: &'static str, is_stamped: bool) -> MessageSchema {
    let mut schema = of::<E>();
    if is_stamped {
        schema["properties"]["timestamp"] = json!({"type": "string", "format": "date-time"});
        if let Some(required) = schema["required"].as_array_mut() {
            required.push("timestamp".into());
        }
    }
    let schema = Schema::try_from(schema).unwrap_or_else(|_| json_schema!({"type": "object"}));
    MessageSchema { name, direction: Direction::ToClient, schema }
}

/// A type's schema, inlined: references would point at the root of a document this schema is not.
fn of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("$schema");
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_of_an_object_and_needs_no_other_document() {
        for message in messages() {
            let schema = serde_json::to_value(&message.schema).unwrap();
            assert_eq!(schema["type"], "object", "{}", message.name);
            assert!(!schema.to_string().contains("$ref"), "{schema}");
            if message.direction == Direction::ToClient {
                let required = schema["required"].as_array().unwrap();
                assert!(required.contains(&"timestamp".into()), "{}", message.name);
            }
        }
    }
}
