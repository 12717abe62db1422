//! What people say to each other, in rooms and alone: its form on the wire, and where it waits.
//!
//! **Invariants.** A direct message is stored together with the mail that tells its recipient of it; so
//! whoever is told that it was sent finds it waiting, whatever happens next. Its sender's other
//! connections hear of it by the sender's own mail, where nothing of it waits. What was said first of a
//! message (delivered or queued) is said of its repeats.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use conversations::{Form, Message, Posted, RoomRef, Side};
use hub::Except;
use model::ConnectionId;
use serde_json::value::RawValue;
use storage::rusqlite::{Result, Transaction};

use crate::mail::{self, Entry, Kind, Mail};
use crate::protocol::{self, ChatMessage, SentStatus};
use crate::store::sent;

/// The form of messages told in rooms.
pub(crate) struct Wire;

impl Form for Wire {
    fn event(&self, room: &str, message: &Message) -> Bytes {
        let sender = sender_id(message);
        let event = shown(message, &sender, room, Some(room));
        protocol::encode(&event, message.created_at, None)
    }

    fn own_event(&self, _: &str, _: &Message, _request_id: Option<&str>) -> Option<Bytes> {
        None // What echoes the request is `messageSent`.
    }
}

/// The sender as the protocol shows it.
pub(crate) fn sender_id(message: &Message) -> Cow<'_, str> {
    let id = message.author.id();
    if message.author.is_agent() { format!("agent:{id}").into() } else { (&**id).into() }
}

/// The message as the protocol shows it.
pub(crate) fn shown<'a>(
    message: &'a Message,
    sender_id: &'a str,
    recipient_id: &'a str,
    room_id: Option<&'a str>,
) -> ChatMessage<'a> {
    ChatMessage {
        message_id: &message.id,
        sender_id,
        recipient_id,
        room_id,
        content: &message.content,
        kind: message.message_type.as_str(),
        timestamp: message.created_at.as_secs(),
        seq: message.seq,
    }
}

/// Where two people's messages to each other are stored, whoever of them speaks.
///
/// No id has a line break, so that no two pairs share a name.
pub(crate) fn pair(one: &str, other: &str) -> RoomRef {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    RoomRef::new(Side::Direct, format!("{first}\n{second}"))
}

/// A direct message on its way: written with its message, told after the commit.
pub(crate) struct Letter {
    mail: Arc<Mail>,
    from: Arc<str>,
    to: Arc<str>,
    /// What the last attempt to write it came to.
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    was_queued: bool,
    entry: Option<Told>,
}

/// What is to be told, and at which places.
struct Told {
    data: Box<RawValue>,
    /// In the recipient's mail.
    to: u64,
    /// In the sender's, where that is somebody else's.
    from: Option<u64>,
}

impl Letter {
    pub(crate) fn new(mail: &Arc<Mail>, from: &Arc<str>, to: &Arc<str>) -> Arc<Self> {
        let (mail, from, to) = (Arc::clone(mail), Arc::clone(from), Arc::clone(to));
        Arc::new(Self { mail, from, to, written: Mutex::default() })
    }

    /// Puts the message into its recipient's mail, or looks what became of it when it was first sent.
    pub(crate) fn write(&self, tx: &Transaction<'_>, posted: &Posted) -> Result<()> {
        let message = &posted.message;
        if posted.is_repeat {
            let was_queued = sent::was_queued(tx, &message.id)?;
            *self.written() = Written { was_queued, entry: None };
            return Ok(());
        }
        let data = self.data(message);
        let entry = Entry {
            user: &self.to,
            kind: Kind::Message,
            key: &message.id,
            data: &data,
            stored_at: message.created_at,
        };
        let to = mail::put(tx, &entry)?;
        let from = if self.from == self.to { None } else { Some(mail::pass(tx, &self.from)?) };
        let was_queued = !self.mail.is_reachable(&self.to);
        // Only what its sender can repeat is ever asked for.
        if was_queued && message.client_id.is_some() {
            sent::note_queued(tx, &message.id, message.created_at)?;
        }
        *self.written() = Written { was_queued, entry: Some(Told { data, to, from }) };
        Ok(())
    }

    /// What its sender is told.
    pub(crate) fn status(&self) -> SentStatus {
        if self.written().was_queued { SentStatus::Queued } else { SentStatus::Delivered }
    }

    /// Tells the recipient's connections, and those of the sender but `sender`; what one sends to
    /// oneself, all of one's own. To be called in the order of the commits.
    pub(crate) fn tell(&self, sender: ConnectionId) {
        let Some(Told { data, to, from }) = self.written().entry.take() else { return };
        self.mail.tell(&self.to, to, Kind::Message, &data, Except::Nobody);
        if let Some(from) = from {
            self.mail.tell(&self.from, from, Kind::Message, &data, Except::Connection(sender));
        }
    }

    fn data(&self, message: &Message) -> Box<RawValue> {
        let sender = sender_id(message);
        let data = shown(message, &sender, &self.to, None);
        serde_json::value::to_raw_value(&data).expect("texts and numbers are JSON")
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use conversations::{Author, MessageType};
    use model::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn message(author: Author) -> Message {
        Message {
            id: "m".into(),
            seq: 3,
            author,
            content: "hi".into(),
            message_type: MessageType::Code,
            created_at: Timestamp::from_millis(2500),
            client_id: Some("c".into()),
        }
    }

    #[test]
    fn a_message_in_a_room_looks_as_the_protocol_says() {
        let user = message(Author::User { id: "u".into(), name: "Ada".into() });
        let wire: Value = serde_json::from_slice(&Wire.event("r", &user)).unwrap();
        let data = json!({
            "messageId": "m", "senderId": "u", "recipientId": "r", "roomId": "r", "content": "hi",
            "type": "code", "timestamp": 2, "seq": 3,
        });
        assert_eq!(wire, json!({"type": "ChatMessage", "data": data, "timestamp": 2}));
        let agent = message(Author::Agent { id: "socratic".into() });
        let wire: Value = serde_json::from_slice(&Wire.event("r", &agent)).unwrap();
        assert_eq!(wire["data"]["senderId"], "agent:socratic");
    }

    proptest! {
        #[test]
        fn two_people_have_one_conversation_and_no_other_two_have_it(
            a in "[ab:]{1,3}", b in "[ab:]{1,3}", c in "[ab:]{1,3}", d in "[ab:]{1,3}",
        ) {
            prop_assert_eq!(pair(&a, &b), pair(&b, &a));
            let are_the_same = (&a, &b) == (&c, &d) || (&a, &b) == (&d, &c);
            prop_assert_eq!(pair(&a, &b) == pair(&c, &d), are_the_same);
        }
    }
}
