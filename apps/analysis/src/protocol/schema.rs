//! The JSON Schema of every message, for the published description of the protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::{
    ANSWER_CHARS_MAX, AnalysisFailed, AnswerEvaluated, Authenticated, Event, FollowUpQuestion,
    InterviewComplete, InterviewPaused, InterviewResumed, InterviewStarted, NextQuestion, Pong,
    Refusal, StageCompleted, SubscriptionConfirmed, UnsubscriptionConfirmed,
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

/// Every message, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = json!({"type": "string", "minLength": 1, "maxLength": 256});
    let analysis = json!({"analysisId": &name});
    let session = json!({"sessionId": &name});
    let start = json!({"analysisId": &name, "sessionType": {"enum": ["live", "practice"]}});
    let answer = json!({"type": "string", "minLength": 1, "maxLength": ANSWER_CHARS_MAX});
    let submit = json!({"sessionId": &name, "questionId": &name, "answer": answer});
    vec![
        request("authenticate", &json!({"token": {"type": "string"}})),
        request("subscribe_analysis", &analysis),
        request("unsubscribe_analysis", &analysis),
        request("start_interview", &start),
        request("submit_answer", &submit),
        request("pause_interview", &session),
        request("resume_interview", &session),
        request("ping", &json!({})),
        event::<Authenticated<'_>>(),
        event::<SubscriptionConfirmed<'_>>(),
        event::<UnsubscriptionConfirmed<'_>>(),
        event::<StageCompleted<'_>>(),
        event::<AnalysisFailed<'_>>(),
        event::<InterviewStarted<'_>>(),
        event::<AnswerEvaluated<'_>>(),
        event::<FollowUpQuestion<'_>>(),
        event::<NextQuestion<'_>>(),
        event::<InterviewPaused<'_>>(),
        event::<InterviewResumed<'_>>(),
        event::<InterviewComplete<'_>>(),
        event::<Pong>(),
        event::<Refusal>(),
    ]
}

/// A client's message; every one of `fields` has to be in its payload.
fn request(kind: &'static str, fields: &Value) -> MessageSchema {
    let needed: Vec<&String> = fields.as_object().into_iter().flat_map(|all| all.keys()).collect();
    let required = if needed.is_empty() { json!(["type"]) } else { json!(["type", "payload"]) };
    let schema = json_schema!({
        "type": "object",
        "required": required,
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "payload": {"type": "object", "required": needed, "properties": fields},
            "requestId": {"type": "string", "minLength": 1, "maxLength": 256},
        },
    });
    MessageSchema { name: kind, direction: Direction::ToServer, schema }
}

fn event<E: Event + JsonSchema>() -> MessageSchema {
    // Inlined: references would point at the root of a document this schema is not.
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let payload = settings.into_generator().subschema_for::<E>();
    let schema = json_schema!({
        "type": "object",
        "required": ["type", "timestamp", "payload"],
        "properties": {
            "type": {"const": E::TYPE},
            "timestamp": {"type": "string", "format": "date-time"},
            "payload": payload,
            "requestId": {"type": "string"},
        },
    });
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
