//! What answers a client's message.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ChatMessage, Event, NotificationStatus};
use crate::Topic;

/// The answer to `ping`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pong {}

/// Whether a recipient was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SentStatus {
    /// A connection of theirs was open, or it was said in a room.
    Delivered,
    /// It waits for them.
    Queued,
}

/// A message was stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSent<'a> {
    /// Its id.
    pub message_id: &'a str,
    /// Whether the recipient was there.
    pub status: SentStatus,
    /// When it was stored, in seconds since 1970.
    pub timestamp: i64,
}

/// The connection is in the room, whose state this is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomJoined<'a> {
    /// Which room.
    pub room_id: &'a str,
    /// Ids of the users in it, at most 200, sorted.
    pub members: Vec<&'a str>,
    /// How many users are in it.
    pub member_count: usize,
    /// The newest messages, or those that were missed, oldest first.
    pub messages: Vec<ChatMessage<'a>>,
    /// Whether there are more in the direction asked: newer ones after `after`, else older ones.
    pub has_more: bool,
    /// Names the history that every `seq` and message id belongs to.
    pub epoch: &'a str,
    /// Whether `messages` continues from `after`.
    pub recovered: bool,
}

/// The connection is no longer in the room.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomLeft<'a> {
    /// Which room.
    pub room_id: &'a str,
}

/// Whether a subscription is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// It is.
    Active,
}

/// The subscription is in force.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionConfirmed<'a> {
    /// Its id; the same topic and filters have the same one.
    pub subscription_id: &'a str,
    /// The topic.
    pub topic: Topic,
    /// That it is in force.
    pub status: SubscriptionStatus,
}

/// The subscription has ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionCancelled<'a> {
    /// Its id.
    pub subscription_id: &'a str,
}

/// The notification was acknowledged, now or before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AckConfirmed<'a> {
    /// Which one.
    pub notification_id: &'a str,
    /// That it is read.
    pub status: NotificationStatus,
}

/// A fresh token of the same user, with which to connect again.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenRefreshed<'a> {
    /// The token, which no log is to see.
    pub token: &'a str,
    /// Until when it is valid, in seconds since 1970.
    pub expires_at: i64,
}

macro_rules! replies {
    ($($reply:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $reply {
            const TYPE: &'static str = $name;
        })+
    };
}

replies! {
    Pong => "pong",
    MessageSent<'_> => "messageSent",
    RoomJoined<'_> => "roomJoined",
    RoomLeft<'_> => "roomLeft",
    SubscriptionConfirmed<'_> => "subscriptionConfirmed",
    SubscriptionCancelled<'_> => "subscriptionCancelled",
    AckConfirmed<'_> => "ackConfirmed",
    TokenRefreshed<'_> => "tokenRefreshed",
}
