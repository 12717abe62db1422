//! The server is killed in the middle of its work.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::{TestClient, TestServer};

use crate::{UNLIMITED, chatting, history, says_as, start};

/// Messages that are sent.
const MESSAGES: usize = 200;

/// What the sender was told of: the message's id by its own.
type Acknowledged = BTreeMap<String, (Value, Value)>;

fn key(number: usize) -> String {
    format!("key-{number}")
}

/// Sends all messages at once and reads until `enough` came back; then the server is killed.
async fn send_until_killed(
    server: &mut TestServer,
    client: &mut TestClient,
    enough: usize,
) -> Acknowledged {
    for number in 0..MESSAGES {
        client.send(&says_as(&key(number), &format!("message {number}"))).await;
    }
    let mut acknowledged = Acknowledged::new();
    while acknowledged.len() < enough {
        remember(&mut acknowledged, &client.expect("message").await);
    }
    server.kill();
    while let Some(message) = client.next_or_end().await {
        remember(&mut acknowledged, &message);
    }
    acknowledged
}

fn remember(acknowledged: &mut Acknowledged, message: &Value) {
    if let Some(id) = message["id"].as_str() {
        let data = &message["data"];
        acknowledged.insert(id.to_owned(), (data["id"].clone(), data["seq"].clone()));
    }
}

async fn nothing_acknowledged_is_missing_after(enough: usize) {
    let mut server = start(&UNLIMITED);
    let mut ann = chatting(&server, "math", "ann").await;
    let acknowledged = send_until_killed(&mut server, &mut ann, enough).await;
    server.restart();

    let mut ann = chatting(&server, "math", "ann").await;
    let stored = history(&mut ann).await;
    let seqs: Vec<u64> = stored.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    let dense: Vec<u64> = (1..).take(seqs.len()).collect();
    assert_eq!(seqs, dense, "seq has no gap and nothing twice");
    let places: BTreeMap<&str, &Value> =
        stored.iter().map(|message| (message["id"].as_str().unwrap(), &message["seq"])).collect();
    for (key, (id, seq)) in &acknowledged {
        let place = places.get(id.as_str().unwrap());
        assert_eq!(place, Some(&seq), "{key} was acknowledged");
    }

    for number in 0..MESSAGES {
        ann.send(&says_as(&key(number), &format!("message {number}"))).await;
    }
    for _ in 0..MESSAGES {
        let again = ann.expect("message").await;
        let key = again["id"].as_str().unwrap();
        if let Some((id, seq)) = acknowledged.get(key) {
            assert_eq!((&again["data"]["id"], &again["data"]["seq"]), (id, seq), "{key}");
        }
    }
    let stored = history(&mut ann).await;
    let contents: BTreeSet<&str> =
        stored.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!((stored.len(), contents.len()), (MESSAGES, MESSAGES), "each is stored once");
}

#[tokio::test]
async fn killed_after_the_first_acknowledgement_nothing_is_missing_or_stored_twice() {
    nothing_acknowledged_is_missing_after(1).await;
}

#[tokio::test]
async fn killed_in_the_middle_nothing_acknowledged_is_missing_or_stored_twice() {
    nothing_acknowledged_is_missing_after(100).await;
}

#[tokio::test]
async fn killed_near_the_end_nothing_acknowledged_is_missing_or_stored_twice() {
    nothing_acknowledged_is_missing_after(190).await;
}

#[tokio::test]
async fn a_client_that_was_away_during_a_crash_gets_what_it_missed() {
    let mut server = start(&UNLIMITED);
    let mut ann = chatting(&server, "math", "ann").await;
    let mut ben = chatting(&server, "math", "ben").await;
    ann.send(&says_as("1", "one")).await;
    ann.expect("message").await;
    let seen = ben.expect("message").await["data"]["id"].clone();
    ben.close().await;
    for number in 2..5 {
        ann.send(&says_as(&number.to_string(), &format!("message {number}"))).await;
        ann.expect("message").await;
    }
    server.kill();
    server.restart();
    let mut ben = chatting(&server, "math", "ben").await;
    ben.send(&json!({"type": "history", "data": {"after": seen}})).await;
    let page = ben.expect("history").await["data"].take();
    assert_eq!(page["recovered"], true);
    let seqs: Vec<&Value> =
        page["messages"].as_array().unwrap().iter().map(|message| &message["seq"]).collect();
    assert_eq!(seqs, [2, 3, 4]);
}

#[tokio::test]
async fn a_question_whose_answer_a_crash_cut_off_is_answered_after_it() {
    let mut server = start(&[]);
    let session = crate::new_session(&server, "ann", "chat").await;
    let mut ann = crate::joined(&server, &session, "ann").await;
    ann.send(&crate::tells("What did we say about the deadline?")).await;
    ann.expect("user_message").await;
    server.kill();
    server.restart();
    let mut ann = crate::joined(&server, &session, "ann").await;
    // Whoever joins has it asked again, unless the answer was stored before the crash.
    ann.send(&json!({"action": "join"})).await;
    let state = ann.expect("session_state").await["data"]["messages"].take();
    if state.as_array().unwrap().len() < 2 {
        ann.expect("agent_response").await;
    }
    ann.send(&json!({"action": "join"})).await;
    let state = ann.expect("session_state").await["data"]["messages"].take();
    let roles: Vec<&Value> =
        state.as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "agent"], "it is answered once");
}
