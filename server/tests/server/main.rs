//! The running binary, over real sockets and real files.
//!
//! No test asserts how long something takes: configuration makes times short, and a test waits for
//! what it waits for.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod protocol;

use std::path::Path;

use testkit::TestServer;

/// Limits that tests from one address would otherwise use up together.
const SHARED: [(&str, &str); 4] = [
    ("QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__LEARNING__REFUSED_TOKENS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__SESSIONS__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__SESSIONS__REFUSED_TOKENS_PER_MINUTE", "0"),
];

/// The binary under test.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_quintet"))
}

/// A server with `env` on top of [`SHARED`].
fn start(env: &[(&str, &str)]) -> TestServer {
    TestServer::start(binary(), &with_shared(env))
}

fn with_shared<'a>(env: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    SHARED.iter().chain(env).copied().collect()
}
