//! The server is killed between a commit and what follows it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::{TestClient, TestServer};

use super::{UNLIMITED, deal, deals, everything, ids, producer, visiting, writes};
use crate::start;

/// Messages that are sent.
const MESSAGES: usize = 200;

/// Sends all messages at once and reads until `enough` were acknowledged; then the server is killed.
/// The ids of what was acknowledged.
async fn write_until_killed(
    server: &mut TestServer,
    ann: &mut TestClient,
    enough: usize,
) -> BTreeSet<String> {
    for number in 0..MESSAGES {
        ann.send(&writes("ben", &format!("message {number}"), &format!("m-{number}"))).await;
    }
    let mut acknowledged = BTreeSet::new();
    let mut note = |message: &Value| {
        if message["type"] == "messageSent" {
            acknowledged.insert(message["data"]["messageId"].as_str().unwrap().to_owned());
        }
        acknowledged.len()
    };
    while note(&ann.next().await) < enough {}
    server.kill();
    while let Some(message) = ann.next_or_end().await {
        note(&message);
    }
    acknowledged
}

/// Everything that waits for somebody; nothing of it may come twice on the one connection.
async fn waiting(server: &TestServer, user: &str) -> Vec<Value> {
    let mut client = deals(server, user).open().await;
    let mut all = Vec::new();
    loop {
        let page = everything(&mut client, "ChatMessage").await;
        if page.is_empty() {
            break;
        }
        all.extend(page);
        client.barrier().await;
    }
    let unique: BTreeSet<String> = ids(&all, "messageId").into_iter().collect();
    assert_eq!(unique.len(), all.len(), "twice on one connection");
    all
}

#[tokio::test]
async fn killed_with_its_recipient_away_every_acknowledged_message_comes_after_the_restart() {
    for enough in [1, 100, 190] {
        let mut server = start(&UNLIMITED);
        let mut ann = visiting(&server, "ann").await;
        let acknowledged = write_until_killed(&mut server, &mut ann, enough).await;
        server.restart();
        let waiting = waiting(&server, "ben").await;
        let came: BTreeSet<String> = ids(&waiting, "messageId").into_iter().collect();
        assert!(acknowledged.is_subset(&came), "{:?}", acknowledged.difference(&came));
        let seqs: Vec<u64> =
            waiting.iter().map(|message| message["data"]["seq"].as_u64().unwrap()).collect();
        assert!(seqs.is_sorted(), "{seqs:?}");
        // Sent again under the same ids, each is stored once.
        let mut ann = visiting(&server, "ann").await;
        for number in 0..MESSAGES {
            ann.send(&writes("ben", &format!("message {number}"), &format!("m-{number}"))).await;
        }
        let mut answered = BTreeSet::new();
        for _ in 0..MESSAGES {
            let answer = ann.expect("messageSent").await;
            answered.insert(answer["data"]["messageId"].as_str().unwrap().to_owned());
        }
        assert!(answered.len() == MESSAGES && came.is_subset(&answered));
    }
}

#[tokio::test]
async fn killed_with_its_recipient_here_each_message_comes_before_or_after_the_restart() {
    let mut server = start(&UNLIMITED);
    let mut ben = visiting(&server, "ben").await;
    let mut ann = visiting(&server, "ann").await;
    let acknowledged = write_until_killed(&mut server, &mut ann, 100).await;
    let mut came = BTreeSet::new();
    while let Some(message) = ben.next_or_end().await {
        if message["type"] == "ChatMessage" {
            let id = message["data"]["messageId"].as_str().unwrap().to_owned();
            assert!(came.insert(id), "twice on one connection");
        }
    }
    server.restart();
    came.extend(ids(&waiting(&server, "ben").await, "messageId"));
    assert!(acknowledged.is_subset(&came), "{:?}", acknowledged.difference(&came));
}

#[tokio::test]
async fn a_notification_that_was_stored_comes_after_a_crash_until_it_is_acknowledged() {
    let mut server = start(&UNLIMITED);
    let body = json!({"title": "News", "body": "of a crash"});
    let made = producer(&server).post("/api/users/ann/notifications", &body).await;
    server.kill();
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["notificationId"].clone();
    server.restart();
    for _ in 0..2 {
        let mut ann = deals(&server, "ann").open().await;
        let told = everything(&mut ann, "Notification").await;
        assert_eq!(ids(&told, "notificationId"), [id.as_str().unwrap()]);
    }
    let mut ann = visiting(&server, "ann").await;
    ann.send(&json!({"action": "notificationAck", "data": {"notificationId": id}})).await;
    ann.expect("ackConfirmed").await;
    server.kill();
    server.restart();
    let mut ann = deals(&server, "ann").open().await;
    assert!(everything(&mut ann, "Notification").await.is_empty());
}

#[tokio::test]
async fn price_alerts_of_many_reach_each_once_wherever_a_crash_falls() {
    const PEOPLE: usize = 300;
    let mut server = start(&UNLIMITED);
    assert_eq!(producer(&server).put("/api/deals/lamp", &deal(80.0)).await.status, 201);
    for number in 0..PEOPLE {
        let http = server.http().token(&testkit::token(&format!("user-{number}")));
        let set = http.put("/api/price-alerts/lamp", &json!({"below": 70})).await;
        assert_eq!(set.status, 201, "{set:?}");
    }
    assert_eq!(producer(&server).put("/api/deals/lamp", &deal(60.0)).await.status, 200);
    for _ in 0..4 {
        server.kill();
        server.restart();
    }
    let mut alerted = BTreeMap::new();
    while alerted.len() < PEOPLE {
        for number in 0..PEOPLE {
            let user = format!("user-{number}");
            let mut client = deals(&server, &user).open().await;
            let mut alerts = everything(&mut client, "PriceAlert").await.len();
            // What is told only now was taken by this connection, too. A barrier stands behind all that was
            // read: else the server may not have heard that it was, and tells it to the next connection.
            loop {
                let told = client.drain().await;
                let told = told.iter().filter(|message| message["type"] == "PriceAlert").count();
                alerts += told;
                if told == 0 {
                    break;
                }
            }
            if alerts > 0 {
                *alerted.entry(user).or_insert(0) += alerts;
            }
        }
    }
    assert!(alerted.values().all(|alerts| *alerts == 1), "{alerted:?}");
}
