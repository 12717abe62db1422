//! A stored message in the chat's form.

use bytes::Bytes;
use conversations::{Form, Message};

use crate::protocol::{self, encode};

/// The form of messages told in contexts.
pub(crate) struct Wire;

impl Form for Wire {
    fn event(&self, _room: &str, message: &Message) -> Bytes {
        event(message, None)
    }

    fn own_event(&self, _room: &str, message: &Message, request_id: Option<&str>) -> Option<Bytes> {
        request_id.map(|id| event(message, Some(id)))
    }
}

/// `message`, echoing `id`.
pub(crate) fn event(message: &Message, id: Option<&str>) -> Bytes {
    encode(&protocol::Message::from(message), message.created_at, id)
}

#[cfg(test)]
mod tests {
    use conversations::{Author, MessageType};
    use model::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn wire(author: Author, id: Option<&str>) -> Value {
        let message = Message {
            id: "m".into(),
            seq: 3,
            author,
            content: "hi".into(),
            message_type: MessageType::Code,
            created_at: Timestamp::from_millis(0),
            client_id: Some("c".into()),
        };
        serde_json::from_slice(&event(&message, id)).unwrap()
    }

    #[test]
    fn a_message_looks_as_the_protocol_says_and_an_agent_is_its_author() {
        let time = "1970-01-01T00:00:00.000Z";
        let user = wire(Author::User { id: "u".into(), name: "Ada".into() }, Some("c"));
        let data = json!({
            "id": "m", "content": "hi", "author": "u", "authorName": "Ada", "timestamp": time,
            "messageType": "code", "seq": 3,
        });
        assert_eq!(user, json!({"type": "message", "id": "c", "timestamp": time, "data": data}));
        let agent = wire(Author::Agent { id: "socratic".into() }, None);
        assert_eq!(agent["data"]["author"], "socratic");
        assert_eq!(agent.get("id"), None);
    }
}
