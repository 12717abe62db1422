//! What a client sends: opened, then decoded and checked, every fault naming its field.
//!
//! Opening tells the action alone, so that a message can go to a configured handler as it came, whatever
//! else it holds.

use std::borrow::Cow;

use conversations::MessageType;
use model::Name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use web::{nesting_is_at_most, repeated_field};

use super::{CONTENT_CHARS_MAX, NESTING_MAX};
use crate::Topic;
use crate::filters::{FilterError, Filters};

/// Characters of an unknown name that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;

/// What stands for the whole message where it is at fault.
const ENVELOPE: &str = "message";

/// The actions that this server carries out itself.
pub(super) const ACTIONS: [&str; 8] = [
    "ping",
    "sendMessage",
    "joinRoom",
    "leaveRoom",
    "subscribeToDeals",
    "unsubscribeFromDeals",
    "notificationAck",
    "refreshToken",
];

/// One message of a client, checked.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// Echoed by whatever answers it; 1–256 characters.
    pub request_id: Option<Box<str>>,
    /// What is asked.
    pub action: Action,
}

/// What a client asks.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Are you there?
    Ping,
    /// To say something.
    Send(Said),
    /// To enter a room, or to see it afresh.
    Join(Entry),
    /// To hear of a room no more.
    Leave(Name),
    /// To hear of deals.
    Subscribe(Wish),
    /// To hear of them no more, by the subscription's id.
    Unsubscribe(Name),
    /// That a notification was read.
    Acknowledge(Name),
    /// A fresh token.
    RefreshToken,
}

/// Whom something is said to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The room of this name, if the sender is in it, else the user.
    Either(Name),
    /// The user (`user:ID`).
    User(Name),
    /// The room (`room:ID`).
    Room(Name),
}

/// A message to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whom it is said to.
    pub recipient: Recipient,
    /// Trimmed, 1–50,000 characters.
    pub content: Box<str>,
    /// What kind of thing the content is.
    pub message_type: MessageType,
}

/// A room to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub room: Name,
    /// Where the client's copy ends; without one, the newest page.
    pub after: Option<After>,
    /// The history `after` belongs to, where the client kept it.
    pub epoch: Option<Box<str>>,
}

/// What is to be heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which kind of thing.
    pub topic: Topic,
    /// Of those, the ones that have all this.
    pub filters: Filters,
}

/// Where a client's copy of a conversation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// With the message of this id.
    Id(Box<str>),
    /// With the message of this `seq`; 0 is before the first.
    Seq(u64),
}

/// Why a message was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The offending field, with its path.
    pub field: Cow<'static, str>,
    /// A sentence that names it.
    pub message: String,
    /// The request's id, where it could be read.
    pub request_id: Option<Box<str>>,
}

/// A client's text, looked into and not yet checked.
pub struct Opened<'a> {
    /// What it names as its action, where that is a text.
    pub action: Option<Box<str>>,
    /// Its request's id, where that is one.
    pub request_id: Option<Box<str>>,
    envelope: Result<Envelope<'a>, Invalid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    recipient_id: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    room_id: Option<&'a RawValue>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
    #[serde(borrow)]
    topic: Option<&'a RawValue>,
    #[serde(borrow)]
    filters: Option<&'a RawValue>,
    #[serde(borrow)]
    subscription_id: Option<&'a RawValue>,
    #[serde(borrow)]
    notification_id: Option<&'a RawValue>,
}

/// Opens a client's text.
///
/// # Errors
/// [`Invalid`] for what is nested too deep, which nobody is to parse.
pub fn open(text: &str) -> Result<Opened<'_>, Invalid> {
    // What its fields hold is skipped here, which needs no depth.
    let envelope: Result<Envelope<'_>, Invalid> = object(ENVELOPE, text);
    let (mut action, mut echoed) = (None, None);
    if let Ok(envelope) = &envelope {
        action = value::<Box<str>>("action", "a text", envelope.action).ok().flatten();
        echoed = request_id(envelope).ok().flatten();
    }
    if !nesting_is_at_most(text, NESTING_MAX) {
        return Err(Invalid { request_id: echoed, ..fault(ENVELOPE, "is nested too deep") });
    }
    Ok(Opened { action, request_id: echoed, envelope })
}

/// Decodes a client's text.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of the protocol.
pub fn decode(text: &str) -> Result<Request, Invalid> {
    open(text)?.read()
}

impl Opened<'_> {
    /// Decodes the rest.
    ///
    /// # Errors
    /// [`Invalid`] for whatever is not a message of the protocol.
    pub fn read(self) -> Result<Request, Invalid> {
        let Self { envelope, request_id, .. } = self;
        match envelope.and_then(|envelope| read(&envelope)) {
            Ok(action) => Ok(Request { request_id, action }),
            Err(invalid) => Err(Invalid { request_id, ..invalid }),
        }
    }
}

/// Whether this server carries out `action` itself.
#[must_use]
pub fn is_built_in(action: &str) -> bool {
    ACTIONS.contains(&action)
}

fn read(envelope: &Envelope<'_>) -> Result<Action, Invalid> {
    request_id(envelope)?;
    let action = needed(value::<String>("action", "a text", envelope.action)?, "action")?;
    let data: Data<'_> = match envelope.data {
        Some(data) => object("data", data.get())?,
        None => Data::default(),
    };
    match action.as_str() {
        "ping" => Ok(Action::Ping),
        "sendMessage" => Ok(Action::Send(Said {
            recipient: recipient(data.recipient_id)?,
            content: content(data.content)?,
            message_type: message_type(data.kind)?,
        })),
        "joinRoom" => Ok(Action::Join(Entry {
            room: needed_name("data.roomId", data.room_id)?,
            after: after(data.after)?,
            epoch: value("data.epoch", "a text", data.epoch)?,
        })),
        "leaveRoom" => needed_name("data.roomId", data.room_id).map(Action::Leave),
        "subscribeToDeals" => Ok(Action::Subscribe(Wish {
            topic: topic(data.topic)?,
            filters: Filters::read(data.filters)?,
        })),
        "unsubscribeFromDeals" => {
            needed_name("data.subscriptionId", data.subscription_id).map(Action::Unsubscribe)
        }
        "notificationAck" => {
            needed_name("data.notificationId", data.notification_id).map(Action::Acknowledge)
        }
        "refreshToken" => Ok(Action::RefreshToken),
        unknown => Err(unknown_one("action", "Unknown action", unknown)),
    }
}

fn request_id(envelope: &Envelope<'_>) -> Result<Option<Box<str>>, Invalid> {
    Ok(name("requestId", envelope.request_id)?.map(|id| id.as_str().into()))
}

fn recipient(raw: Option<&RawValue>) -> Result<Recipient, Invalid> {
    let field = "data.recipientId";
    let text = needed(value::<String>(field, "a text", raw)?, field)?;
    let named = |name: &str| Name::new(name).map_err(|error| fault(field, &error.to_string()));
    if let Some(user) = text.strip_prefix("user:") {
        return named(user).map(Recipient::User);
    }
    match text.strip_prefix("room:") {
        Some(room) => named(room).map(Recipient::Room),
        None => named(&text).map(Recipient::Either),
    }
}

fn content(raw: Option<&RawValue>) -> Result<Box<str>, Invalid> {
    let field = "data.content";
    let text = needed(value::<String>(field, "a text", raw)?, field)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(fault(field, "must not be blank"));
    }
    if text.len() > CONTENT_CHARS_MAX && text.chars().nth(CONTENT_CHARS_MAX).is_some() {
        return Err(fault(field, "must have at most 50,000 characters"));
    }
    Ok(text.into())
}

fn message_type(raw: Option<&RawValue>) -> Result<MessageType, Invalid> {
    let field = "data.type";
    let Some(text) = value::<String>(field, "a text", raw)? else {
        return Ok(MessageType::default());
    };
    let unknown = || fault(field, "must be text, code, image or file");
    MessageType::parse(&text).ok_or_else(unknown)
}

fn after(raw: Option<&RawValue>) -> Result<Option<After>, Invalid> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Seq(u64),
        Id(Box<str>),
    }
    let after = value("data.after", "a message id or a seq", raw)?;
    Ok(after.map(|after| match after {
        Wire::Seq(seq) => After::Seq(seq),
        Wire::Id(id) => After::Id(id),
    }))
}

fn topic(raw: Option<&RawValue>) -> Result<Topic, Invalid> {
    let field = "data.topic";
    let name = needed(value::<String>(field, "a text", raw)?, field)?;
    Topic::parse(&name).ok_or_else(|| unknown_one(field, "Unknown topic", &name))
}

impl From<FilterError> for Invalid {
    fn from(FilterError { field, message }: FilterError) -> Self {
        Self { field: field.into(), message, request_id: None }
    }
}

/// An object of this shape. Only an object: a list would be taken for its fields in order.
fn object<'a, T: Deserialize<'a>>(field: &'static str, text: &'a str) -> Result<T, Invalid> {
    if !text.trim_start().starts_with('{') {
        return Err(fault(field, "must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| match repeated_field(&error) {
        Some(inner) if field == ENVELOPE => twice(inner),
        Some(inner) => twice(format!("{field}.{inner}")),
        None => fault(field, "is not valid JSON"),
    })
}

fn twice(field: String) -> Invalid {
    Invalid { message: format!("{field} stands twice"), field: field.into(), request_id: None }
}

fn value<T: DeserializeOwned>(
    field: &'static str,
    what: &str,
    raw: Option<&RawValue>,
) -> Result<Option<T>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    let read = serde_json::from_str(raw.get());
    read.map(Some).map_err(|_| fault(field, &format!("must be {what}")))
}

fn name(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Name>, Invalid> {
    let Some(text) = value::<String>(field, "a text", raw)? else { return Ok(None) };
    Name::new(&text).map(Some).map_err(|error| fault(field, &error.to_string()))
}

fn needed_name(field: &'static str, raw: Option<&RawValue>) -> Result<Name, Invalid> {
    needed(name(field, raw)?, field)
}

fn needed<T>(value: Option<T>, field: &'static str) -> Result<T, Invalid> {
    value.ok_or_else(|| fault(field, "is missing"))
}

/// The refusal of a name that none of ours is.
fn unknown_one(field: &'static str, what: &str, name: &str) -> Invalid {
    let shown: String = name.chars().take(ECHO_CHARS_MAX).collect();
    Invalid { field: field.into(), message: format!("{what}: {shown}"), request_id: None }
}

fn fault(field: &'static str, problem: &str) -> Invalid {
    Invalid { field: field.into(), message: format!("{field} {problem}"), request_id: None }
}

#[cfg(test)]
mod tests;
