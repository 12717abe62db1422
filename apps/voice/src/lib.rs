//! Protocol D: interviews by voice. People talk in a session, over Socket.IO in the namespace
//! `/interview`; each hears the others, all see what was said, and whoever has to answer gets suggestions.
//!
//! - [`Voice`] is the application: started once, it gives each connection its conversation, and the HTTP
//!   routes.
//! - [`protocol`] is what stands on the wire.
//! - [`Room`] is one session in memory: who is in it, and what they are told.
//!
//! **Invariants**
//! - Who somebody is comes from the token, never from an event.
//! - Nobody hears anything of a session they have not joined; only its members join a restricted one, and
//!   to others it does not exist.
//! - A session that ended is not joined again, also after a restart, for as long as it is kept.
//!
//! **Lock order.** The map of rooms → a room → the hub's. None is held across an await.

mod announce;
mod http;
mod listening;
pub mod protocol;
mod retention;
mod room;
mod rooms;
mod service;
mod session;
mod store;
mod suggesting;
mod sweep;
mod transcript;

pub use listening::ListeningStats;
pub use room::Room;
pub use service::{Limits, Parts, Stats, Voice};
pub use session::{Door, Handshake};
pub use store::MIGRATIONS;
pub use suggesting::{Suggester, Suggesting, SuggestionStats};
