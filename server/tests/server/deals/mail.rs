//! What waits for people who are away.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{RawClient, TestServer};

use super::{UNLIMITED, deals, everything, ids, producer, visiting, writes};
use crate::start;

/// What a connection that confirms nothing is sent: its `ChatMessage`s, up to its `pong`.
async fn read_without_confirming(server: &TestServer, user: &str) -> Vec<String> {
    let mut client = RawClient::open(server.address(), &deals(server, user)).await;
    client.frame(0x81, br#"{"action": "ping"}"#).await;
    let mut read = Vec::new();
    loop {
        let frame = client.read_frame().await.unwrap();
        let Ok(message) = serde_json::from_slice::<Value>(&frame.payload) else { continue };
        match message["type"].as_str() {
            Some("ChatMessage") => {
                read.push(message["data"]["messageId"].as_str().unwrap().to_owned());
            }
            Some("pong") => return read,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_message_comes_again_on_each_connect_until_a_connection_has_taken_it() {
    let server = start(&UNLIMITED);
    let mut ann = visiting(&server, "ann").await;
    let mut sent = Vec::new();
    for number in 0..3 {
        ann.send(&writes("ben", "hi", &format!("m-{number}"))).await;
        let answer = ann.expect("messageSent").await;
        assert_eq!(answer["data"]["status"], "queued");
        sent.push(answer["data"]["messageId"].as_str().unwrap().to_owned());
    }
    // Its answer comes behind all that was told of those before: from now on they stand in pages only.
    ann.send(&writes("cem", "hi", "behind")).await;
    ann.expect("messageSent").await;
    for _ in 0..3 {
        assert_eq!(read_without_confirming(&server, "ben").await, sent);
    }
    let mut ben = deals(&server, "ben").open().await;
    let taken = everything(&mut ben, "ChatMessage").await;
    assert_eq!(ids(&taken, "messageId"), sent);
    // The pong is on its way before the server's answer to this.
    ben.barrier().await;
    until_nothing_waits(&server, "ben").await;
}

/// Connects until nothing comes: what was confirmed is taken from the store a moment later.
async fn until_nothing_waits(server: &TestServer, user: &str) {
    loop {
        let mut again = deals(server, user).open().await;
        if everything(&mut again, "ChatMessage").await.is_empty() {
            return;
        }
    }
}

#[tokio::test]
async fn two_connections_that_acknowledge_at_once_are_both_answered_and_it_comes_no_more() {
    let server = start(&UNLIMITED);
    let producer = producer(&server);
    let (mut one, mut other) = (visiting(&server, "ann").await, visiting(&server, "ann").await);
    for _ in 0..20 {
        let body = json!({"title": "t", "body": "b"});
        let made = producer.post("/api/users/ann/notifications", &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let told = one.expect("Notification").await;
        let id = told["data"]["notificationId"].clone();
        assert_eq!(other.expect("Notification").await["data"]["notificationId"], id);
        let ack = json!({"action": "notificationAck", "data": {"notificationId": id}});
        tokio::join!(one.send(&ack), other.send(&ack));
        for client in [&mut one, &mut other] {
            let confirmed = client.expect("ackConfirmed").await;
            assert_eq!(confirmed["data"], json!({"notificationId": id, "status": "read"}));
        }
    }
    let mut third = deals(&server, "ann").open().await;
    assert!(everything(&mut third, "Notification").await.is_empty());
}

#[tokio::test]
async fn nothing_is_missed_and_nothing_comes_twice_while_somebody_comes_and_goes() {
    let server = start(&UNLIMITED);
    let mut ann = visiting(&server, "ann").await;
    let (mut sent, mut read) = (0, BTreeSet::new());
    for round in 0..15 {
        let mut ben = deals(&server, "ben").open().await;
        for _ in 0..20 {
            ann.send(&writes("ben", &format!("{sent}"), &format!("m-{sent}"))).await;
            sent += 1;
        }
        let mut here = BTreeSet::new();
        if round % 2 == 0 {
            ben.send(&json!({"action": "ping"})).await;
            ben.expect("pong").await;
        }
        for message in ben.drain().await {
            if message["type"] == "ChatMessage" {
                let content = message["data"]["content"].as_str().unwrap().to_owned();
                assert!(here.insert(content), "twice on one connection: {message}");
            }
        }
        read.extend(here);
        drop(ben);
        for _ in 0..20 {
            ann.expect("messageSent").await;
        }
    }
    loop {
        let mut ben = deals(&server, "ben").open().await;
        let rest = everything(&mut ben, "ChatMessage").await;
        if rest.is_empty() {
            break;
        }
        let contents: Vec<_> = ids(&rest, "content");
        let unique: BTreeSet<_> = contents.iter().cloned().collect();
        assert_eq!(unique.len(), contents.len(), "twice on one connection");
        read.extend(unique);
        ben.barrier().await;
    }
    assert_eq!(read.len(), sent);
}

#[tokio::test]
async fn of_more_than_a_thousand_messages_the_oldest_go_and_are_counted() {
    let mut server = start(&UNLIMITED);
    let mut ann = visiting(&server, "ann").await;
    for number in 0..1010 {
        ann.send(&writes("ben", &format!("{number}"), &format!("m-{number}"))).await;
    }
    for _ in 0..1010 {
        ann.expect("messageSent").await;
    }
    let mut ben = deals(&server, "ben").open().await;
    let mut contents = Vec::new();
    while contents.len() < 1000 {
        let message = ben.expect("ChatMessage").await;
        contents.push(message["data"]["content"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> = (10..1010).map(|number: u32| number.to_string()).collect();
    assert_eq!(contents, expected);
    server.restart();
    // Counted in the store, soon after the start.
    while !server.http().get("/metrics").await.body.contains("quintet_mail_dropped_total 10\n") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
