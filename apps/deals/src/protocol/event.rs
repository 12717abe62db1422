//! Everything the server pushes.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Event, Number};
use crate::DealEvent;

/// A deal came, changed or went.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DealUpdate<'a> {
    /// What happened.
    pub event: DealEvent,
    /// Which deal.
    pub deal_id: &'a str,
    /// What is offered.
    pub title: &'a str,
    /// The category.
    pub category: &'a str,
    /// Who offers it.
    pub merchant: &'a str,
    /// What it costs.
    pub price: Number,
    /// What it cost before.
    pub original_price: Number,
    /// Percent off the original price.
    pub discount: Number,
    /// The currency.
    pub currency: &'a str,
    /// Where it is offered.
    pub url: &'a str,
    /// When it was last changed, in seconds since 1970.
    pub updated_at: i64,
    /// The connection's subscriptions that it meets.
    pub subscription_ids: &'a [&'a str],
}

/// The price of a deal changed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceUpdate<'a> {
    /// Which deal.
    pub deal_id: &'a str,
    /// What is offered.
    pub title: &'a str,
    /// What it cost before.
    pub old_price: Number,
    /// What it costs.
    pub new_price: Number,
    /// The currency.
    pub currency: &'a str,
    /// Since when, in seconds since 1970.
    pub changed_at: i64,
}

/// The price of a deal is below what its user waits for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceAlert<'a> {
    /// Which deal.
    pub deal_id: &'a str,
    /// What is offered.
    pub title: &'a str,
    /// What the price had to be below.
    pub below: Number,
    /// What it costs.
    pub price: Number,
    /// The currency.
    pub currency: &'a str,
}

/// Whether a notification was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotificationStatus {
    /// Not yet: it comes again on each connect.
    Unread,
    /// It was.
    Read,
}

/// Something to know.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification<'a> {
    /// Its id, to be acknowledged.
    pub notification_id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What it says.
    pub body: &'a str,
    /// What kind of thing it tells.
    pub kind: &'a str,
    /// What its producer added, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub data: Option<&'a RawValue>,
    /// When it was stored, in seconds since 1970.
    pub created_at: i64,
    /// Whether it was acknowledged.
    pub status: NotificationStatus,
}

/// How far a task has come.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskStatus<'a> {
    /// Which task.
    pub task_id: &'a str,
    /// Its status, a word of its producer's.
    pub status: &'a str,
    /// Percent that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Number>,
    /// A sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    /// Since when, in seconds since 1970.
    pub updated_at: i64,
}

/// A stored message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage<'a> {
    /// Its id.
    pub message_id: &'a str,
    /// Who said it: a user id, or `agent:ID`.
    pub sender_id: &'a str,
    /// Whom it was said to: a user id, or the room.
    pub recipient_id: &'a str,
    /// The room it was said in, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_id: Option<&'a str>,
    /// What was said.
    pub content: &'a str,
    /// `text`, `code`, `image` or `file`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it was stored, in seconds since 1970.
    pub timestamp: i64,
    /// Its place among the messages of the room, or of the two people, from 1, without a gap.
    pub seq: u64,
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const TYPE: &'static str = $name;
        })+
    };
}

events! {
    DealUpdate<'_> => "DealUpdate",
    PriceUpdate<'_> => "PriceUpdate",
    PriceAlert<'_> => "PriceAlert",
    Notification<'_> => "Notification",
    TaskStatus<'_> => "TaskStatus",
    ChatMessage<'_> => "ChatMessage",
}
