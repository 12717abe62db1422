//! The JSON Schema of every message about documents.

use serde_json::{Value, json};

use super::{
    CursorMoved, EditAck, Edited, LockChanged, ParticipantJoined, ParticipantLeft, Participants,
    Resync, RoleChanged, SessionClosed, SessionJoined, SessionLeft,
};
use crate::protocol::schema::{MessageSchema, auth, event, request};
use crate::protocol::{Authenticated, Pong, Refusal};

/// Every message about documents, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = json!({"type": "string", "minLength": 1, "maxLength": 256});
    let nothing = json!({"type": "object"});
    let mut messages = vec![auth(&name)];
    messages.extend(asked(&name).map(|(kind, data)| request(kind, &data, true, &name)));
    messages.extend([
        request("ping", &nothing, false, &name),
        event::<Authenticated<'_>>(),
        event::<SessionJoined<'_>>(),
        event::<SessionLeft<'_>>(),
        event::<ParticipantJoined<'_>>(),
        event::<ParticipantLeft<'_>>(),
        event::<Participants<'_>>(),
        event::<EditAck<'_>>(),
        event::<Edited<'_>>(),
        event::<Resync<'_>>(),
        event::<CursorMoved<'_>>(),
        event::<RoleChanged<'_>>(),
        event::<LockChanged<'_>>(),
        event::<SessionClosed<'_>>(),
        event::<Pong>(),
        event::<Refusal>(),
    ]);
    messages
}

/// What a client asks: the type, and what its `data` looks like.
fn asked(name: &Value) -> [(&'static str, Value); 7] {
    let number = json!({"type": "integer", "minimum": 0});
    let role = json!({"enum": ["participant", "observer"]});
    let object = |required: &[&str], properties: Value| json!({"type": "object", "required": required, "properties": properties});
    let one = object(&["sessionId"], json!({"sessionId": name}));
    let mut asked_role = role.clone();
    asked_role["default"] = json!("participant");
    let join = json!({"sessionId": name, "role": asked_role});
    let edit = json!({
        "sessionId": name,
        "operation": {"enum": ["insert", "delete", "replace"]},
        "position": &number,
        "content": {"type": "string"},
        "length": &number,
        "version": &number,
    });
    let cursor = json!({
        "sessionId": name, "position": &number, "selectionEnd": &number, "version": &number,
    });
    let grant = json!({"sessionId": name, "userId": name, "role": role});
    let lock = json!({"sessionId": name, "locked": {"type": "boolean"}});
    [
        ("join_session", object(&["sessionId"], join)),
        ("leave_session", one.clone()),
        ("edit", object(&["operation", "position", "version"], edit)),
        ("cursor", object(&["position"], cursor)),
        ("role", object(&["sessionId", "userId", "role"], grant)),
        ("lock", object(&["sessionId", "locked"], lock)),
        ("close_session", one),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Direction;

    #[test]
    fn every_schema_names_its_type_and_needs_no_other_document() {
        for message in messages() {
            let schema = serde_json::to_value(&message.schema).unwrap();
            assert_eq!(schema["properties"]["type"]["const"], message.name);
            assert!(!schema.to_string().contains("$ref"), "{schema}");
        }
    }

    #[test]
    fn every_message_a_client_may_send_is_known_to_the_decoder() {
        for message in messages() {
            if message.direction == Direction::ToServer {
                let text = json!({"type": message.name}).to_string();
                let unknown = super::super::decode(&text).err();
                assert_ne!(unknown.map(|invalid| invalid.field), Some("type"), "{text}");
            }
        }
    }
}
