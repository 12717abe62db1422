//! What one connection alone is told, what it confirms, and what its id is.

use std::sync::Arc;

use hub::{Delivery, Item};
use model::ConnectionId;
use serde_json::{Value, json};
use testkit::RawClient;
use transport::Policy;

use crate::house::House;

/// The payload of the ping that asks to confirm a mark.
fn ping_of(mark: u64) -> Vec<u8> {
    mark.to_be_bytes().to_vec()
}

fn connection(house: &House) -> ConnectionId {
    house.hub.connections().select(|_| true)[0].id
}

fn tell(house: &House, id: ConnectionId, delivery: Delivery) {
    let delivery = Arc::new(delivery);
    house.hub.outlet().push(id.shard(), Item::Tell { connection: id, delivery });
}

#[tokio::test]
async fn a_mark_comes_back_once_the_peer_has_taken_what_stands_before_it() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(0x81, br#"{"do": "join"}"#).await;
    client.read_frame().await.unwrap();
    house.hub.publish(&House::room(), &Arc::new(Delivery::stored(1, r#"{"n": 1}"#).marked(41)));
    client.frame(0x81, br#"{"do": "mark", "as": 42}"#).await;
    tell(&house, connection(&house), Delivery::passing(r#"{"n": 2}"#).marked(43));
    let mut frames = Vec::new();
    while frames.len() < 6 {
        frames.push(client.read_frame().await.unwrap());
    }
    let pings: Vec<_> = frames.iter().filter(|frame| frame.first == 0x89).collect();
    let payloads: Vec<_> = pings.iter().map(|ping| ping.payload.clone()).collect();
    assert!(house.left.lock().unwrap().marks.is_empty(), "nothing was confirmed yet");
    for mark in [41, 42, 43] {
        assert!(payloads.contains(&ping_of(mark)), "{frames:?}");
        let at = frames.iter().position(|frame| frame.payload == ping_of(mark)).unwrap();
        assert_eq!(frames[at - 1].first, 0x81, "a ping follows what it marks");
    }
    for payload in &payloads {
        client.frame(0x8a, payload).await;
    }
    let mut marks = house.marks(3).await;
    marks.sort_unstable();
    assert_eq!(marks, [41, 42, 43]);
}

#[tokio::test]
async fn a_common_client_confirms_by_itself_and_other_pongs_confirm_nothing() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    client.send(&json!({"do": "mark", "as": 7})).await;
    client.expect("marked").await;
    client.barrier().await;
    assert_eq!(house.marks(1).await, [7]);
    let mut raw = RawClient::open(house.address(), &house.dial()).await;
    for payload in [&b""[..], b"1234567", b"123456789"] {
        raw.frame(0x8a, payload).await;
    }
    raw.frame(0x8a, &ping_of(8)).await;
    assert_eq!(house.marks(2).await, [7, 8]);
}

#[tokio::test]
async fn compressed_events_are_marked_too() {
    let house = House::open(Policy::default());
    let mut client = house.dial().deflate().open().await;
    client.send(&json!({"do": "join"})).await;
    client.expect("joined").await;
    let text = json!({"type": "long", "filler": "x".repeat(5000)}).to_string();
    house.hub.publish(&House::room(), &Arc::new(Delivery::stored(1, text.clone()).marked(1)));
    tell(&house, connection(&house), Delivery::passing(text).marked(2));
    client.expect("long").await;
    client.expect("long").await;
    client.barrier().await;
    assert_eq!(house.marks(2).await, [1, 2]);
}

#[tokio::test]
async fn a_slow_reader_keeps_the_newest_of_each_and_hears_how_many_it_missed() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut slow = RawClient::open(house.address(), &house.dial()).await;
    slow.frame(0x81, br#"{"do": "mark", "as": 1}"#).await;
    slow.read_frame().await.unwrap();
    let id = connection(&house);
    let told = |deal: &str, version: u64| {
        let text = json!({"deal": deal, "version": version, "filler": "x".repeat(20_000)});
        tell(
            &house,
            id,
            Delivery::passing(text.to_string()).replaced_by_newer("deal", &deal.into()),
        );
    };
    // Ten deals fit; others that come when all is full find no room.
    for version in 0..100 {
        for deal in 0..10 {
            told(&format!("deal-{deal}"), version);
        }
        tokio::task::yield_now().await;
    }
    let mut extra = 0;
    while house.gate.stats().passing_dropped.get() == 0 {
        extra += 1;
        told(&format!("extra-{extra}"), 0);
        tokio::task::yield_now().await;
    }
    let (mut last, mut skipped) = (std::collections::HashMap::new(), None);
    while skipped.is_none() {
        let frame = slow.read_frame().await.unwrap();
        let Ok(event) = serde_json::from_slice::<Value>(&frame.payload) else { continue };
        match event["deal"].as_str() {
            Some(deal) => {
                let version = event["version"].as_u64().unwrap();
                assert!(
                    last.insert(deal.to_owned(), version).is_none_or(|before| before < version)
                );
            }
            None => skipped = event["count"].as_u64(),
        }
    }
    for deal in 0..10 {
        assert_eq!(last[&format!("deal-{deal}")], 99);
    }
    assert!(skipped.unwrap() >= 1);
    tell(&house, id, Delivery::passing(r#"{"deal": "after", "version": 0}"#));
    let after = slow.read_frame().await.unwrap();
    assert!(String::from_utf8_lossy(&after.payload).contains("after"));
}

#[tokio::test]
async fn the_door_knows_the_id_that_a_connection_will_have() {
    let house = House::open(Policy::default());
    let reserved = || house.left.lock().unwrap().reserved.clone();
    let mut client = house.client().await;
    client.send(&json!({"do": "echo"})).await;
    client.expect("echo").await;
    let first = reserved();
    assert_eq!(first, [connection(&house)]);
    for _ in 0..3 {
        assert!(testkit::Dial::new(house.address(), "/denied").try_open().await.is_err());
    }
    let all = reserved();
    let mut different = all.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 4, "no id is given twice: {all:?}");
    drop(client);
}

#[tokio::test]
async fn a_ping_for_a_sign_of_life_repeats_what_was_not_confirmed() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(0x81, br#"{"do": "mark", "as": 7}"#).await;
    let mut pings = Vec::new();
    while pings.len() < 2 {
        house.clock.advance(std::time::Duration::from_secs(5));
        let read = tokio::time::timeout(std::time::Duration::from_millis(50), client.read_frame());
        if let Ok(Some(frame)) = read.await
            && frame.first == 0x89
        {
            pings.push(frame.payload);
            // A sign of life, but no confirmation.
            client.frame(0x8a, b"").await;
        }
    }
    assert_eq!(pings, [ping_of(7), ping_of(7)]);
    client.frame(0x8a, &ping_of(7)).await;
    assert_eq!(house.marks(1).await, [7]);
    loop {
        house.clock.advance(std::time::Duration::from_secs(5));
        let read = tokio::time::timeout(std::time::Duration::from_millis(50), client.read_frame());
        if let Ok(Some(frame)) = read.await
            && frame.first == 0x89
            && frame.payload.is_empty()
        {
            return;
        }
        client.frame(0x8a, b"").await;
    }
}
