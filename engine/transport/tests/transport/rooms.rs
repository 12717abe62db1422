//! From rooms to members: order, catching up, slow readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hub::{Delivery, Except};
use serde_json::json;
use testkit::RawClient;
use transport::Policy;

use crate::house::House;

#[tokio::test]
async fn every_member_sees_the_same_order() {
    let house = House::open(Policy::default());
    let mut members = Vec::new();
    for _ in 0..20 {
        members.push(house.member().await);
    }
    for offset in 1..=100 {
        house.publish(offset, 10);
    }
    for member in &mut members {
        for offset in 1..=100 {
            assert_eq!(member.next().await["offset"], offset);
        }
    }
}

#[tokio::test]
async fn some_are_passed_over_and_one_has_a_copy_of_its_own() {
    let house = House::open(Policy::default());
    let (mut one, mut other) = (house.member().await, house.member().await);
    let ids: Vec<_> = house.hub.connections().select(|_| true).into_iter().map(|c| c.id).collect();
    let publish = |delivery| house.hub.publish(&House::room(), &Arc::new(delivery));
    let event = |name: &str| json!({"type": name}).to_string();
    publish(Delivery::passing(event("nobody")).except(Except::User("ann".into())));
    publish(Delivery::passing(event("shared")).with_own(ids[0], event("own")));
    publish(Delivery::passing(event("one")).except(Except::Connection(ids[0])));
    publish(Delivery::passing(event("end")));
    let mut seen = Vec::new();
    for member in [&mut one, &mut other] {
        let mut kinds = Vec::new();
        while kinds.last().is_none_or(|kind| kind != "end") {
            kinds.push(member.next().await["type"].as_str().unwrap().to_owned());
        }
        seen.push(kinds);
    }
    seen.sort();
    assert_eq!(seen, [vec!["own", "end"], vec!["shared", "one", "end"]]);
}

#[tokio::test]
async fn a_binary_event_is_binary_and_plain_for_everybody_also_for_who_was_behind() {
    let house = House::open(Policy::default());
    let bytes = "compress me ".repeat(1000);
    let event = |offset| Arc::new(Delivery::stored(offset, bytes.clone()).binary());
    let _keeper = house.member().await;
    for (dial, joins) in
        [(house.dial(), "join"), (house.dial().deflate(), "join"), (house.dial(), "join behind")]
    {
        let mut client = RawClient::open(house.address(), &dial).await;
        assert!(client.frame(0x81, json!({"do": joins}).to_string().as_bytes()).await);
        if joins == "join" {
            assert_eq!(client.read_frame().await.unwrap().first, 0x81);
            house.hub.publish(&House::room(), &event(1));
        } else {
            let ticket = house.tickets(1).await.pop().unwrap();
            house.hub.publish(&House::room(), &event(2));
            let catch_up = json!({"do": "catch up", "after": 1}).to_string();
            ticket.reply("{}");
            assert!(client.frame(0x81, catch_up.as_bytes()).await);
            assert_eq!(client.read_frame().await.unwrap().payload, b"{}");
        }
        let frame = client.read_frame().await.unwrap();
        assert_eq!((frame.first, &frame.payload[..]), (0x82, bytes.as_bytes()));
    }
}

/// As a reply, from a room, for who was behind, and as a copy of one's own; also where others compress.
#[tokio::test]
async fn attachments_follow_their_text_at_once_and_uncompressed() {
    let house = House::open(Policy::default());
    let text = "compress me ".repeat(1000);
    let attachments = [Bytes::from_static(b"a"), Bytes::from(vec![7; 200])];
    let mut client = RawClient::open(house.address(), &house.dial().deflate()).await;
    assert!(client.frame(0x81, json!({"do": "with"}).to_string().as_bytes()).await);
    let expect = async |client: &mut RawClient, text: &str| {
        let frame = client.read_frame().await.unwrap();
        assert_eq!((frame.first, &frame.payload[..]), (0x81, text.as_bytes()));
        for attachment in &attachments {
            let frame = client.read_frame().await.unwrap();
            assert_eq!((frame.first, &frame.payload[..]), (0x82, &attachment[..]));
        }
    };
    expect(&mut client, r#"{"type":"with"}"#).await;
    let delivery =
        |offset| Delivery::stored(offset, text.clone()).with_attachments(attachments.to_vec());
    let publish = |delivery| house.hub.publish(&House::room(), &Arc::new(delivery));
    assert!(client.frame(0x81, json!({"do": "join behind"}).to_string().as_bytes()).await);
    let ticket = house.tickets(1).await.pop().unwrap();
    publish(delivery(1));
    publish(delivery(2));
    ticket.done();
    let catch_up = json!({"do": "catch up", "after": 1}).to_string();
    assert!(client.frame(0x81, catch_up.as_bytes()).await);
    expect(&mut client, &text).await;
    publish(delivery(3));
    expect(&mut client, &text).await;
    let id = house.hub.connections().select(|_| true)[0].id;
    publish(delivery(4).with_own(id, "own"));
    expect(&mut client, "own").await;
}

#[tokio::test]
async fn a_member_behind_gets_what_came_since_its_snapshot_and_then_everything() {
    let house = House::open(Policy::default());
    let mut keeper = house.member().await;
    for offset in 1..=5 {
        house.publish(offset, 10);
    }
    let mut client = house.client().await;
    client.send(&json!({"do": "join behind"})).await;
    let ticket = house.tickets(1).await.pop().unwrap();
    house.publish(6, 10);
    ticket.reply(json!({"type": "snapshot"}).to_string());
    client.send(&json!({"do": "catch up", "after": 4})).await;
    client.send_text("caught up").await;
    assert_eq!(client.next().await["type"], "snapshot");
    assert_eq!(client.next().await["offset"], 5);
    assert_eq!(client.next().await["offset"], 6);
    client.expect("echo").await;
    house.publish(7, 10);
    assert_eq!(client.next().await["offset"], 7);
    keeper.expect_where("the last", |event| event["offset"] == 7).await;
}

#[tokio::test]
async fn a_member_that_falls_behind_is_sent_passing_events_alone_until_it_has_caught_up() {
    let house = House::open(Policy::default());
    let mut client = house.member().await;
    client.send(&json!({"do": "fall behind"})).await;
    client.send_text("fallen behind").await;
    client.expect("echo").await;
    house.publish(1, 10);
    let passing = Delivery::passing(json!({"type": "passing"}).to_string());
    house.hub.publish(&House::room(), &Arc::new(passing));
    assert_eq!(client.next().await["type"], "passing");
    client.send(&json!({"do": "catch up", "after": 0})).await;
    assert_eq!(client.next().await["offset"], 1);
}

#[tokio::test]
async fn joining_while_others_publish_leaves_no_gap_and_no_double() {
    let house = Arc::new(House::open(Policy::default()));
    let keeper = house.member().await;
    let (published, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    // A room keeps 256 events: nobody runs further ahead of a snapshot than that.
    let allowed = Arc::new(AtomicU64::new(0));
    let publisher = {
        let (house, published) = (Arc::clone(&house), Arc::clone(&published));
        let (allowed, is_over) = (Arc::clone(&allowed), Arc::clone(&is_over));
        std::thread::spawn(move || {
            let is_stopped = || is_over.load(Ordering::Relaxed);
            for offset in 1.. {
                while offset > allowed.load(Ordering::SeqCst) && !is_stopped() {
                    std::thread::yield_now();
                }
                if is_stopped() {
                    return;
                }
                house.publish(offset, 10);
                published.store(offset, Ordering::SeqCst);
                std::thread::yield_now();
            }
        })
    };
    for _ in 0..30 {
        allowed.store(published.load(Ordering::SeqCst) + 200, Ordering::SeqCst);
        let mut client = house.client().await;
        client.send(&json!({"do": "join behind"})).await;
        let ticket = house.tickets(1).await.pop().unwrap();
        let snapshot = published.load(Ordering::SeqCst);
        allowed.store(snapshot + 200, Ordering::SeqCst);
        ticket.reply(json!({"type": "snapshot"}).to_string());
        client.send(&json!({"do": "catch up", "after": snapshot})).await;
        assert_eq!(client.next().await["type"], "snapshot");
        for offset in snapshot + 1..snapshot + 50 {
            assert_eq!(client.next().await["offset"], offset);
        }
    }
    is_over.store(true, Ordering::Relaxed);
    publisher.join().unwrap();
    drop(keeper);
}

#[tokio::test]
async fn a_reader_that_falls_behind_catches_up_without_a_gap() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut slow = RawClient::open(house.address(), &house.dial()).await;
    slow.frame(0x81, br#"{"do": "join"}"#).await;
    slow.read_frame().await.unwrap();
    let mut offset = 0;
    while house.gate.stats().behind.get() == 0 {
        offset += 1;
        house.publish(offset, 20_000);
        while house.gate.stats().deliveries.get() <= offset {
            tokio::task::yield_now().await;
        }
    }
    // The kernel's buffers and the outbox are full; what does not fit comes from the room's log.
    for _ in 0..10 {
        offset += 1;
        house.publish(offset, 20_000);
    }
    for expected in 1..=offset {
        let frame = slow.read_frame().await.unwrap();
        let event: serde_json::Value = serde_json::from_slice(&frame.payload).unwrap();
        assert_eq!(event["offset"], expected);
    }
}

#[tokio::test]
async fn who_takes_no_byte_for_ten_seconds_is_ended_and_the_others_are_not() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut keeper = house.member().await;
    let mut stalled = RawClient::open(house.address(), &house.dial()).await;
    stalled.frame(0x81, br#"{"do": "join"}"#).await;
    stalled.read_frame().await.unwrap();
    let mut offset = 0;
    while house.closes().is_empty() {
        offset += 1;
        house.publish(offset, 200_000);
        keeper.expect_where("it", |event| event["offset"] == offset).await;
        house.clock.advance(Duration::from_millis(500));
    }
    assert_eq!(house.closes(), [1013]);
    house.publish(offset + 1, 10);
    keeper.expect_where("it", |event| event["offset"] == offset + 1).await;
}

#[tokio::test]
async fn a_stalled_reader_is_sent_the_latest_of_what_passes() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut slow = RawClient::open(house.address(), &house.dial()).await;
    slow.frame(0x81, br#"{"do": "join"}"#).await;
    slow.read_frame().await.unwrap();
    let ann: Arc<str> = "ann".into();
    let publish = |number: u64, filler: usize| {
        let text = json!({"number": number, "filler": "x".repeat(filler)}).to_string();
        let delivery = Delivery::passing(text).replaced_by_newer("typing", &ann);
        house.hub.publish(&House::room(), &Arc::new(delivery));
    };
    for number in 0..600 {
        publish(number, 20_000);
        tokio::task::yield_now().await;
    }
    publish(600, 20_000);
    let mut last = None;
    while last != Some(600) {
        let frame = slow.read_frame().await.unwrap();
        let event: serde_json::Value = serde_json::from_slice(&frame.payload).unwrap();
        last = event["number"].as_u64();
    }
}

#[tokio::test]
async fn who_is_further_behind_than_a_room_keeps_is_told_so_before_the_close() {
    let house = House::open(Policy::default());
    let mut keeper = house.member().await;
    let mut late = house.client().await;
    late.send(&json!({"do": "join behind"})).await;
    drop(house.tickets(1).await);
    for offset in 1..=300 {
        house.publish(offset, 10);
    }
    keeper.expect_where("the last", |event| event["offset"] == 300).await;
    late.send(&json!({"do": "catch up", "after": 1})).await;
    assert_eq!(late.expect("fault").await["fault"], "TooSlow");
    assert_eq!(late.closed().await.0, 1013);
}
