//! Tokens against real keys, a real store and a real HTTP server.
#![expect(clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
mod issuer;
mod jwks;
mod support;
