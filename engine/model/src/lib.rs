//! The vocabulary every other crate speaks: who somebody is, where a room stands, when something
//! happened and why a connection ends.
//!
//! **Invariants.** Nothing here does I/O (the clock reads the clock, that is all), nothing here is
//! `Serialize`: each edge (wire, storage, HTTP) has types of its own.

mod clock;
mod close;
mod id;
mod identity;
mod name;
mod position;
mod timestamp;

pub use clock::{Clock, ManualClock, Monotonic, SystemClock};
pub use close::CloseReason;
pub use id::{ConnectionId, ParseConnectionIdError, message_id, random_bytes};
pub use identity::{Identity, Role};
pub use name::{NAME_CHARS_MAX, Name, NameError};
pub use position::{Epoch, Position};
pub use timestamp::{ParseTimestampError, Timestamp};
