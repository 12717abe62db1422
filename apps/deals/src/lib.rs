//! Protocol B: deals with their prices, notifications and messages, over `/` and the configured stages.
//!
//! Producers put deals; people subscribe with filters, set price alerts, are notified, and write to each
//! other, alone or in rooms. Routes are chosen by the `action` of a message, as API Gateway does.
//!
//! **Invariants**
//! - Who somebody is comes from the token, never from a message.
//! - What is to survive being away (messages, notifications, price alerts, the status of tasks) is stored
//!   before anybody hears of it, and waits until a connection of its user has taken it.
//! - A deal touches only the subscriptions that can match it.

mod catalogue;
mod deal;
pub mod filters;
mod http;
pub mod integrations;
mod mail;
pub mod matching;
mod messages;
pub mod protocol;
mod register;
mod retention;
mod rooms;
mod service;
mod session;
mod store;

pub use catalogue::CatalogueStats;
pub use deal::{Change, Deal, DealEvent, PriceChange, Topic};
pub use mail::MailStats;
pub use register::RegisterStats;
pub use service::{Deals, Limits, Parts, RoomPolicy, Stats};
pub use store::MIGRATIONS;
