//! Protocol B on the wire: `{action, data, requestId?}` from clients, `{type, data, requestId?, timestamp}`
//! to them; times are whole seconds since 1970.

mod event;
mod number;

use bytes::Bytes;
use model::Timestamp;
use serde::Serialize;

pub use event::{
    ChatMessage, DealUpdate, Notification, NotificationStatus, PriceAlert, PriceUpdate, TaskStatus,
};
pub use number::Number;

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
