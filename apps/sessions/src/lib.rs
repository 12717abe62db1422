//! Protocol E: people and an agent talking in a session, over `/ws/sessions/{id}`.
//!
//! A session is a room of `conversations` with an owner, members and an agent. What is said is
//! stored, told to everybody, and then answered by the agent of the session's type.
//!
//! - [`Sessions`] is the application: started once, it gives each connection its session, and the
//!   HTTP routes.
//! - [`protocol`] is what stands on the wire.
//! - [`Agents`] are who answers.
//!
//! **Invariants**
//! - Who somebody is comes from the token, never from a message.
//! - Only the owner, members and administrators get into a session, and anybody where it is open.
//! - A question is stored with its message and settled with its answer, each in one commit: none is
//!   lost by a crash, none is answered twice.
//! - Nothing is told of a message or an answer before it is stored; drafts say that they are.

mod agents;
mod announce;
mod answers;
mod form;
mod http;
pub mod protocol;
mod service;
mod session;
mod store;

pub use agents::{AgentStats, Agents};
pub use answers::AnswerStats;
pub use service::{Limits, Parts, Sessions};
pub use store::MIGRATIONS;
