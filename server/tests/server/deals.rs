//! Protocol B through the binary: mail that survives, bursts, handlers of others.

mod burst;
mod crash;
mod handlers;
mod mail;

use serde_json::{Value, json};
use testkit::{Dial, Http, TestClient, TestServer, Token};

/// Limits off, for tests that send a lot.
const UNLIMITED: [(&str, &str); 3] = [
    ("QUINTET_LIMITS__DEALS__MESSAGES_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__DEALS__BROADCASTS_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE", "0"),
];

/// The deals, not opened yet.
fn deals(server: &TestServer, user: &str) -> Dial {
    server.dial("/prod").token(&testkit::token(user))
}

/// The deals, opened by `user`, who has been answered once.
async fn visiting(server: &TestServer, user: &str) -> TestClient {
    let mut client = deals(server, user).open().await;
    client.send(&json!({"action": "ping"})).await;
    client.expect("pong").await;
    client
}

/// Calls of a producer.
fn producer(server: &TestServer) -> Http {
    server.http().token(&Token::of("shop").roles(&["publisher"]).sign())
}

/// A deal as a producer puts it.
fn deal(price: f64) -> Value {
    json!({
        "title": "A lamp", "category": "home", "merchant": "Lux", "price": price,
        "originalPrice": 100, "currency": "EUR", "url": "https://shop.example/lamp",
    })
}

/// A message to somebody, under an id of its sender's.
fn writes(to: &str, content: &str, request_id: &str) -> Value {
    let data = json!({"recipientId": to, "content": content});
    json!({"action": "sendMessage", "data": data, "requestId": request_id})
}

/// Asks and waits, so that everything sent before is here; what came of `kind`.
async fn everything(client: &mut TestClient, kind: &str) -> Vec<Value> {
    client.send(&json!({"action": "ping", "requestId": "everything"})).await;
    let mut found = Vec::new();
    loop {
        let message = client.next().await;
        if message["requestId"] == "everything" {
            return found;
        }
        if message["type"] == kind {
            found.push(message);
        }
    }
}

fn ids(messages: &[Value], field: &str) -> Vec<String> {
    messages.iter().map(|message| message["data"][field].as_str().unwrap().to_owned()).collect()
}
