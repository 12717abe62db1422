//! The server is asked to stop.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{TestClient, token};
use yawc::Frame;

use crate::{UNLIMITED, chatting, history, joined, new_session, says, says_as, start};

/// Clients that send while the server stops.
const CLIENTS: usize = 20;
/// Rooms they are in.
const ROOMS: usize = 4;

/// Sends one message after the other until the server closes; what came back, and how it closed.
async fn send_until_closed(
    mut client: TestClient,
    name: String,
) -> (BTreeMap<String, Value>, (u16, String)) {
    let mut acknowledged = BTreeMap::new();
    for number in 0.. {
        let id = format!("{name}-{number}");
        if !client.try_send_frame(Frame::text(says_as(&id, &id).to_string())).await {
            break;
        }
        let mut is_open = true;
        while is_open && !acknowledged.contains_key(&id) {
            match client.next_or_end().await {
                Some(message) if message["type"] == "message" => {
                    let id = message["id"].as_str().map(str::to_owned);
                    acknowledged.extend(id.map(|id| (id, message["data"]["seq"].clone())));
                }
                Some(_) => {}
                None => is_open = false,
            }
        }
        if !is_open {
            break;
        }
    }
    (acknowledged, client.closed().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_tells_everybody_and_loses_nothing() {
    let drain = [("QUINTET_SERVER__DRAIN", "1s")];
    let mut server = start(&[UNLIMITED.as_slice(), &drain].concat());
    let mut senders = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let name = format!("user-{number}");
        let client = chatting(&server, &format!("room-{}", number % ROOMS), &name).await;
        senders.spawn(async move { (number % ROOMS, send_until_closed(client, name).await) });
    }
    let mut watcher = chatting(&server, "room-0", "watcher").await;
    for _ in 0..50 {
        watcher.expect("message").await;
    }
    server.terminate();
    let mut acknowledged = vec![BTreeMap::new(); ROOMS];
    while let Some(sender) = senders.join_next().await {
        let (room, (seqs, closed)) = sender.unwrap();
        assert_eq!(closed, (1012, "Service restart".to_owned()));
        acknowledged[room].extend(seqs);
    }
    assert_eq!(watcher.closed().await.0, 1012);
    assert!(server.wait().success(), "a drain ends well");

    server.restart();
    for (room, acknowledged) in acknowledged.iter().enumerate() {
        let mut reader = chatting(&server, &format!("room-{room}"), "reader").await;
        let stored = history(&mut reader).await;
        let seqs: BTreeMap<&str, &Value> = stored
            .iter()
            .map(|message| (message["content"].as_str().unwrap(), &message["seq"]))
            .collect();
        assert_eq!(seqs.len(), stored.len(), "nothing is stored twice");
        for (content, seq) in acknowledged {
            assert_eq!(seqs.get(content.as_str()), Some(&seq), "{content} was acknowledged");
        }
    }
}

#[tokio::test]
async fn going_down_for_good_is_1001() {
    let mut server = start(&[]);
    let mut ann = chatting(&server, "math", "ann").await;
    let mut talk = server.dial("/ws/sessions/a").token(&token("ben")).open().await;
    ann.barrier().await;
    talk.barrier().await;
    server.interrupt();
    assert_eq!(ann.closed().await.0, 1001);
    assert_eq!(talk.closed().await.0, 1001);
    assert!(server.wait().success());
}

#[tokio::test]
async fn while_it_stops_readiness_is_false_and_new_connections_are_still_served_as_told() {
    let mut server =
        start(&[("QUINTET_SERVER__DRAIN_DELAY", "2s"), ("QUINTET_SERVER__DRAIN", "1s")]);
    assert_eq!(server.http().get("/readyz").await.status, 200);
    let mut ann = chatting(&server, "math", "ann").await;
    ann.barrier().await;
    server.terminate();
    while server.http().get("/readyz").await.status == 200 {}
    assert_eq!(server.http().get("/healthz").await.status, 200);
    ann.send(&says("still here")).await;
    ann.expect("message").await;
    assert_eq!(ann.closed().await.0, 1012);
    assert!(server.wait().success());
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut server =
        start(&[("QUINTET_SERVER__DRAIN_DELAY", "1h"), ("QUINTET_SERVER__DRAIN", "1h")]);
    let mut ann = chatting(&server, "math", "ann").await;
    ann.barrier().await;
    server.terminate();
    while server.http().get("/readyz").await.status == 200 {}
    server.terminate();
    server.wait();
}

#[tokio::test]
async fn sessions_are_told_of_a_restart_too() {
    let mut server = start(&[("QUINTET_SERVER__DRAIN", "1s")]);
    let session = new_session(&server, "ann", "chat").await;
    let mut ann = joined(&server, &session, "ann").await;
    server.terminate();
    assert_eq!(ann.closed().await.0, 1012);
    let told = ann.expect("system").await;
    assert_eq!(told["data"]["code"], "restarting");
    assert_eq!(told["sessionId"], json!(session));
    assert!(server.wait().success());
}
