//! Conversations on real database files: posting, pages, bridges, retention, joining.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bridges;
mod http;
mod joining;
mod pages;
mod posting;
mod retention;
mod support;
