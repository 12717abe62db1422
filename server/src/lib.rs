//! The binary `quintet`: configuration, command line, and the wiring of engine and applications.
//!
//! **Invariants.** Nothing depends on this crate. `main.rs` only calls [`cli::run`].

pub mod cli;
pub mod config;
mod door;
mod drain;
pub mod http;
pub mod serve;
mod telemetry;
