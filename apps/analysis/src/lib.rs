//! Protocol A: the analysis of a repository in three stages, and interviews about it, over `/v1/ws`.
//!
//! Somebody names a repository; it is fetched, read and judged stage by stage, each stage told as soon
//! as it is stored. Then they are asked about that very code, and their answers are scored.
//!
//! - [`Analyses`] is the application: started once, it gives each connection its session, and the
//!   HTTP routes; its workers carry the analyses out.
//! - [`protocol`] is what stands on the wire.
//!
//! **Invariants**
//! - Who somebody is comes from the token, never from a message.
//! - Only its owner sees an analysis or an interview; to others it does not exist.
//! - A stage is stored before anybody is told of it, and the first one that is missing is made again
//!   after a stop: what was told is never lost, what was not is never half there.
//! - Analyses begin in the order in which they were asked for, at most [`Parts::workers`] at once.

mod announce;
mod http;
mod interview;
mod pipeline;
pub mod protocol;
mod service;
mod session;
mod store;

pub use pipeline::PipelineStats;
pub use service::{Analyses, Limits, Parts};
pub use store::MIGRATIONS;
