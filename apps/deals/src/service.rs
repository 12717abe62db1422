//! The application as the server sees it: started once, asked for a connection's session.

use std::num::NonZeroU32;

/// What connections and rooms are held to; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one connection in any minute.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Stored messages of one room, or of two people with each other, in any minute.
    pub broadcasts_per_minute: Option<NonZeroU32>,
}
