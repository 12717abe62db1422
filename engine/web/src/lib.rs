//! The manners of every HTTP route: who calls, how bodies are read, how errors look, how lists are
//! cut into pages; and of requests that an application makes itself ([`outgoing`]).
//!
//! The server verifies the bearer token once, before any route, and leaves the [`Caller`] in the
//! request's extensions; a route that takes a [`Caller`] answers 401 to everybody else.

mod error;
mod failed;
mod input;
mod nesting;
mod outgoing;
mod page;
mod problem;

pub use error::{HttpError, Refused};
pub use failed::{fault, unread, unstored};
pub use input::{Caller, Json, Query, RequiredJson};
pub use nesting::nesting_is_at_most;
pub use outgoing::outgoing;
pub use page::{Page, PageRequest};
pub use problem::repeated_field;
