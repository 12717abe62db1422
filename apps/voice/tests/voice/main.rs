//! The application on a stage: real store, real hub, real Socket.IO sessions, no sockets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "payloads are written where they are sent")]

mod audio;
mod ends;
mod entrance;
mod http;
mod limits;
mod notes;
mod retention;
mod sessions;
mod suggestions;
mod support;
mod transcript;
