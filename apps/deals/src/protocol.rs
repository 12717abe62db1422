//! Protocol B on the wire: `{action, data, requestId?}` from clients, `{type, data, requestId?, timestamp}`
//! to them; times are whole seconds since 1970.
//!
//! **Invariants.** Everything a client sends goes through [`open`], which refuses JSON nested past 64 levels
//! before parsing it. A reply echoes the `requestId` of what it answers. Codes are stable; `details` names
//! the field, the wait or the reason, where there is one.

mod event;
mod number;
mod refusal;
mod reply;
mod request;
mod schema;

use bytes::Bytes;
use model::Timestamp;
use serde::Serialize;

pub use event::{
    ChatMessage, DealUpdate, Notification, NotificationStatus, PriceAlert, PriceUpdate, TaskStatus,
};
pub use number::Number;
pub use refusal::{Code, Details, Reason, Refusal};
pub use reply::{
    AckConfirmed, MessageSent, Pong, RoomJoined, RoomLeft, SentStatus, SubscriptionCancelled,
    SubscriptionConfirmed, SubscriptionStatus, TokenRefreshed,
};
pub use request::{
    Action, After, Entry, Invalid, Opened, Recipient, Request, Said, Wish, decode, is_built_in,
    open,
};

pub use schema::{Direction, MessageSchema, messages};

/// Characters of a message's content, after blanks at its ends were cut off.
pub const CONTENT_CHARS_MAX: usize = 50_000;
/// Levels of nested objects and lists in a client's message.
const NESTING_MAX: usize = 64;

/// What the server sends.
pub trait Event: Serialize {
    /// Its `type` on the wire.
    const TYPE: &'static str;
}

/// The frame around everything the server sends.
#[derive(Serialize)]
struct Envelope<'a, T: ?Sized> {
    #[serde(rename = "type")]
    kind: &'static str,
    data: &'a T,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    timestamp: i64,
}

/// The text of `event`, told at `at`, echoing the request it answers.
#[must_use]
pub fn encode<E: Event>(event: &E, at: Timestamp, request_id: Option<&str>) -> Bytes {
    envelope(E::TYPE, event, at, request_id)
}

/// The text of a push of this type whose data was encoded before.
#[must_use]
pub(crate) fn encode_raw(
    kind: &'static str,
    data: &serde_json::value::RawValue,
    at: Timestamp,
) -> Bytes {
    envelope(kind, data, at, None)
}

fn envelope<T: Serialize + ?Sized>(
    kind: &'static str,
    data: &T,
    at: Timestamp,
    request_id: Option<&str>,
) -> Bytes {
    let envelope = Envelope { kind, data, request_id, timestamp: at.as_secs() };
    serde_json::to_vec(&envelope).expect("texts, numbers and lists of them are JSON").into()
}
