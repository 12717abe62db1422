//! A stored message in this protocol's form, and the agent it wakes.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use conversations::{Author, Form, Message, MessageType};
use storage::rusqlite::{Connection, Result};

use crate::answers::Answers;
use crate::protocol::{AgentResponse, Role, StoredMessage, UserMessage, encode};
use crate::store;

/// The form of messages told in sessions.
pub(crate) struct Wire {
    /// Weak, because the answers hold the conversations that hold this.
    answers: Weak<Answers>,
}

impl Wire {
    pub(crate) fn new(answers: &Arc<Answers>) -> Self {
        Self { answers: Arc::downgrade(answers) }
    }
}

impl Form for Wire {
    fn event(&self, room: &str, message: &Message) -> Bytes {
        event(room, message, None)
    }

    fn own_event(&self, room: &str, message: &Message, request_id: Option<&str>) -> Option<Bytes> {
        request_id.map(|request_id| event(room, message, Some(request_id)))
    }

    fn storing(&self, db: &Connection, room: &str, message: &Message) -> Result<()> {
        if message.author.is_agent() {
            return Ok(());
        }
        store::ask(db, room, &message.id, None)
    }

    fn stored(&self, room: &str, message: &Arc<Message>) {
        if let Some(answers) = self.answers.upgrade() {
            answers.heard(room, message);
        }
    }

    fn is_known(&self, db: &Connection, room: &str) -> Result<bool> {
        Ok(store::find(db, room)?.is_some())
    }
}

/// `user_message` or `agent_response`, echoing `request_id`.
pub(crate) fn event(session: &str, message: &Message, request_id: Option<&str>) -> Bytes {
    let (shown, at) = (shown(session, message), message.created_at);
    match shown.role {
        Role::User => encode(&UserMessage(shown), session, at, request_id),
        Role::Agent => encode(&AgentResponse(shown), session, at, request_id),
    }
}

/// The message as this protocol shows it.
pub(crate) fn shown(session: &str, message: &Message) -> StoredMessage {
    let (role, user_id, username, agent_id) = match &message.author {
        Author::User { id, name } => (Role::User, Some(id), Some(name), None),
        Author::Agent { id } => (Role::Agent, None, None, Some(id)),
    };
    let text = |text: Option<&Arc<str>>| text.map(ToString::to_string);
    StoredMessage {
        id: message.id.to_string(),
        session_id: session.to_owned(),
        role,
        content: message.content.to_string(),
        user_id: text(user_id),
        username: text(username),
        agent_id: text(agent_id),
        created_at: message.created_at.to_string(),
        seq: message.seq,
        client_id: message.client_id.as_deref().map(Into::into),
        message_type: match message.message_type {
            MessageType::Text => None,
            other => Some(other.as_str().to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn message(author: Author) -> Message {
        Message {
            id: "m".into(),
            seq: 3,
            author,
            content: "hi".into(),
            message_type: MessageType::Text,
            created_at: Timestamp::from_millis(0),
            client_id: Some("c".into()),
        }
    }

    #[test]
    fn a_users_message_and_an_agents_look_as_the_protocol_says() {
        let user = message(Author::User { id: "u".into(), name: "Ada".into() });
        let wire: Value = serde_json::from_slice(&event("s", &user, Some("r"))).unwrap();
        let data = json!({
            "id": "m", "session_id": "s", "role": "user", "content": "hi", "user_id": "u",
            "username": "Ada", "created_at": "1970-01-01T00:00:00.000Z", "seq": 3, "clientId": "c",
        });
        let expected = json!({
            "type": "user_message", "sessionId": "s", "requestId": "r", "data": data,
            "timestamp": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(wire, expected);
        let agent = message(Author::Agent { id: "code".into() });
        let wire: Value = serde_json::from_slice(&event("s", &agent, None)).unwrap();
        assert_eq!(wire["type"], "agent_response");
        assert_eq!(wire["data"]["role"], "agent");
        assert_eq!(wire["data"]["agent_id"], "code");
        assert_eq!(wire["data"]["user_id"], Value::Null);
    }
}
