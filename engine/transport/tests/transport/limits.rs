//! Bounds of size, number and time.

use std::time::Duration;

use serde_json::json;
use testkit::{Http, RawClient};
use transport::{Policy, Settings};

use crate::house::House;

/// Header bytes of a text frame that goes on.
const TEXT_GOES_ON: u8 = 0x01;

#[tokio::test]
async fn a_message_too_large_is_refused_by_its_header() {
    let house = House::open(Policy { message_bytes_max: 1000, ..Policy::default() });
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.header(0x81, 1 << 40).await;
    let frame = client.read_frame().await.unwrap();
    assert_eq!(frame.payload, br#"{"fault":"TooLarge","type":"fault"}"#);
    assert_eq!(client.closed().await, (1009, "Message too large".into()));
}

#[tokio::test]
async fn fragments_are_bounded_in_number() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(TEXT_GOES_ON, b"").await;
    for _ in 0..64 {
        client.frame(0x00, b"").await;
    }
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn a_message_must_be_completed_in_time() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(TEXT_GOES_ON, b"never ").await;
    let mut other = house.client().await;
    other.send_text("the first bytes are in").await;
    other.expect("echo").await;
    house.pass_until(|| house.closes().contains(&1002)).await;
    assert_eq!(client.closed().await.0, 1002);
}

#[tokio::test]
async fn what_takes_several_messages_must_be_completed_in_time() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let (mut slow, mut quick) = (house.client().await, house.client().await);
    for client in [&mut slow, &mut quick] {
        client.send(&json!({"do": "amid", "is": true})).await;
        client.send_text("the first part is in").await;
        client.expect("echo").await;
    }
    quick.send(&json!({"do": "amid", "is": false})).await;
    quick.send_text("it is complete").await;
    quick.expect("echo").await;
    house.pass_until(|| house.closes().contains(&1002)).await;
    assert_eq!(slow.closed().await, (1002, "Message not completed in time".into()));
    house.clock.advance(Duration::from_secs(20));
    quick.send_text("it stays open").await;
    quick.expect("echo").await;
    assert_eq!(house.closes(), [1002]);
}

#[tokio::test]
async fn a_peer_that_misses_two_pings_is_gone() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    house.pass_until(|| house.closes().contains(&1006)).await;
    let bytes = client.read_to_end().await;
    assert_eq!(bytes, [0x89, 0, 0x89, 0], "two pings and no more");
}

#[tokio::test]
async fn an_idle_connection_is_told_so_and_pings_do_not_count() {
    let idle_timeout = Some(Duration::from_secs(100));
    let house = House::open(Policy { idle_timeout, ..Policy::default() });
    let mut client = house.client().await;
    let waiting = tokio::spawn(async move {
        let close = client.closed().await;
        (close, client.waiting())
    });
    house.pass_until(|| house.closes().contains(&4408)).await;
    let (close, before) = waiting.await.unwrap();
    assert_eq!(close, (4408, "Idle timeout".into()));
    assert_eq!(before, [json!({"type": "fault", "fault": "Idle"})]);
}

#[tokio::test]
async fn a_connection_too_old_is_sent_away_and_a_renewal_counts_anew() {
    let policy = Policy {
        connection_age_max: Some(Duration::from_secs(60)),
        ping_interval: None,
        ..Policy::default()
    };
    let house = House::open(policy);
    let mut client = house.client().await;
    house.clock.advance(Duration::from_secs(50));
    client.send(&json!({"do": "sign in", "for": 9_000_000})).await;
    client.expect("signed in").await;
    house.clock.advance(Duration::from_secs(50));
    client.send_text("still here").await;
    client.expect("echo").await;
    house.pass_until(|| house.closes().contains(&1012)).await;
    assert_eq!(client.closed().await, (1012, "Connection too old".into()));
}

#[tokio::test]
async fn a_token_that_expires_ends_the_connection_by_the_wall_clock() {
    let house = House::open(Policy { ping_interval: None, ..Policy::default() });
    let mut client = house.client().await;
    client.send(&json!({"do": "sign in", "for": 3_600_000})).await;
    client.expect("signed in").await;
    // Somebody sets the clock: the token is judged by the new time.
    house.clock.set_wall(crate::house::START.plus_millis(3_600_001));
    house.pass_until(|| house.closes().contains(&1008)).await;
    assert_eq!(client.closed().await, (1008, "Token expired".into()));
    assert_eq!(client.expect("fault").await["fault"], "TokenExpired");
}

#[tokio::test]
async fn who_brings_no_token_in_time_is_unauthorized() {
    let house = House::with(Policy::default(), Settings::default(), false);
    let mut client = house.client().await;
    let mut other = house.client().await;
    other.send(&json!({"do": "sign in", "for": 3_600_000})).await;
    other.expect("signed in").await;
    house.pass_until(|| house.closes().contains(&1008)).await;
    assert_eq!(client.closed().await, (1008, "Unauthorized".into()));
    other.send_text("I stay").await;
    other.expect("echo").await;
}

#[tokio::test]
async fn a_flood_of_pings_is_ended() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    for _ in 0..1000 {
        if !client.frame(0x89, b"").await {
            break;
        }
    }
    assert_eq!(client.closed().await, (1008, "Rate limit exceeded".into()));
}

#[tokio::test]
async fn one_socket_too_many_is_told_503() {
    let settings = Settings { connections_max: 1, ..Settings::default() };
    let house = House::with(Policy::default(), settings, true);
    let client = house.client().await;
    let mut refused = RawClient::connect(house.address()).await;
    assert_eq!(refused.head().await.status, 503);
    drop(client);
    while house.gate.sockets() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let answer = Http::new(house.address()).get("/").await;
    assert_eq!(answer.status, 200);
}
