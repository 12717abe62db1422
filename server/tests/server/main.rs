//! The running binary, over real sockets and real files.
//!
//! No test asserts how long something takes: configuration makes times short, and a test waits for
//! what it waits for.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod analysis;
mod bridges;
mod corpora;
mod crash;
mod deals;
mod disk;
mod documents;
mod figures;
mod frames;
mod handshakes;
mod issuer;
mod limits;
mod management;
mod models;
mod people;
mod protocol;
mod secrets;
mod seeds;
mod slow;
mod speech;
mod stop;
mod tls;
mod tokens;

use std::path::Path;

use serde_json::{Value, json};
use testkit::{Dial, TestClient, TestServer, Token};

/// Limits that tests from one address would otherwise use up together.
const SHARED: [(&str, &str); 10] = [
    ("QUINTET_LIMITS__ANALYSIS__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__ANALYSIS__REFUSED_TOKENS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__DEALS__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__DEALS__REFUSED_TOKENS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__LEARNING__REFUSED_TOKENS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__VOICE__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__VOICE__REFUSED_TOKENS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__SESSIONS__CONNECTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__SESSIONS__REFUSED_TOKENS_PER_MINUTE", "0"),
];

/// Limits off, for tests that send a lot.
const UNLIMITED: [(&str, &str); 3] = [
    ("QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__LEARNING__BROADCASTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__SESSIONS__MESSAGES_PER_MINUTE", "0"),
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

/// The chat of a context, not opened yet.
fn chat(server: &TestServer, context: &str) -> Dial {
    server.dial("/api/chat/ws").query("contextId", context)
}

/// The chat of a context, opened by `user`.
async fn chatting(server: &TestServer, context: &str, user: &str) -> TestClient {
    chat(server, context).token(&Token::of(user).name(user).sign()).open().await
}

/// A chat message.
fn says(content: &str) -> Value {
    json!({"type": "message", "data": {"content": content}})
}

/// A chat message with the sender's id.
fn says_as(id: &str, content: &str) -> Value {
    json!({"type": "message", "id": id, "data": {"content": content}})
}

/// Every stored message of a context, oldest first.
async fn history(client: &mut TestClient) -> Vec<Value> {
    let mut all = Vec::new();
    let mut before = json!({"limit": 200});
    loop {
        client.send(&json!({"type": "history", "data": before})).await;
        let page = client.expect("history").await["data"].take();
        let messages = page["messages"].as_array().unwrap().clone();
        let first = messages.first().map(|message| message["seq"].clone());
        all.splice(0..0, messages);
        match first {
            Some(first) if page["hasMore"] == true => {
                before = json!({"limit": 200, "before": first});
            }
            _ => return all,
        }
    }
}

/// A new session of `owner`'s; its id.
async fn new_session(server: &TestServer, owner: &str, kind: &str) -> String {
    let http = server.http().token(&testkit::token(owner));
    let answer = http.post("/api/sessions", &json!({"type": kind, "title": "A test"})).await;
    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A session, joined by `user`.
async fn joined(server: &TestServer, session: &str, user: &str) -> TestClient {
    let dial = server.dial(&format!("/ws/sessions/{session}"));
    let mut client = dial.token(&Token::of(user).name(user).sign()).open().await;
    client.send(&json!({"action": "join"})).await;
    client.expect("session_state").await;
    client
}

/// A message to a session.
fn tells(content: &str) -> Value {
    json!({"action": "message", "data": {"content": content}})
}
