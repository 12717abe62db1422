//! How connections end.

use std::time::Duration;

use serde_json::json;
use testkit::{RawClient, SocketIo};
use yawc::Frame;

use crate::house::{House, MESSAGE_BYTES_MAX};

#[tokio::test]
async fn a_client_that_enters_no_namespace_in_time_is_closed() {
    let house = House::open();
    let mut silent = SocketIo::open(house.dial()).await;
    let mut lost = SocketIo::open(house.dial()).await;
    assert!(lost.try_connect("/random", None).await.is_err());
    house.pass_until_empty().await;
    assert_eq!(silent.closed().await, (1008, "Unauthorized".to_owned()));
    assert_eq!(lost.closed().await.0, 1008);
}

#[tokio::test]
async fn what_cannot_be_read_closes() {
    let house = House::open();
    for text in ["4abc", "42{}", r#"42abc["message"]"#, r#"42/custom,["message"]"#, "40"] {
        let mut client = house.client("/").await;
        client.send_text(text).await;
        assert_eq!(client.closed().await.0, 1002, "{text}");
    }
    let mut client = house.client("/").await;
    client.send_frame(Frame::binary(vec![1, 2, 3])).await;
    assert_eq!(client.closed().await, (1002, "Nothing is to be attached to".to_owned()));
}

#[tokio::test]
async fn attachments_that_do_not_come_in_time_close() {
    let house = House::open();
    let mut client = house.client("/").await;
    client.send_text(r#"452-["message",{"_placeholder":true,"num":0}]"#).await;
    client.send_frame(Frame::binary(vec![1])).await;
    client.barrier().await;
    house.pass_until_empty().await;
    assert_eq!(client.closed().await, (1002, "Message not completed in time".to_owned()));
}

#[tokio::test]
async fn attachments_that_came_leave_no_time_running() {
    let house = House::open();
    let mut client = house.client("/").await;
    client.send_text(r#"451-["message",{"_placeholder":true,"num":0}]"#).await;
    client.send_frame(Frame::binary(vec![1])).await;
    client.expect("message-back").await;
    house.clock.advance(Duration::from_secs(20));
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.emit("message", &json!(1)).await;
    assert_eq!(client.expect("message-back").await, 1);
}

#[tokio::test]
async fn a_message_over_its_bytes_is_told_of_and_closes_so_that_clients_come_back() {
    let house = House::open();
    let mut client = house.client("/").await;
    client.emit("message", &json!("x".repeat(MESSAGE_BYTES_MAX))).await;
    assert_eq!(client.expect("fault").await, "TooLarge");
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn attachments_together_are_no_larger_than_a_packet_may_be() {
    let house = House::of_messages(400_000);
    let mut client = house.client("/").await;
    client.send_text(r#"4510-["message"]"#).await;
    // Each is within the limit of a message; the packet may have a mebibyte.
    for _ in 0..3 {
        client.send_frame(Frame::binary(vec![0; 400_000])).await;
    }
    assert_eq!(client.expect("fault").await, "TooLarge");
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn whoever_hangs_up_amid_a_packet_leaves_nothing_behind() {
    let house = House::open();
    for cut in 0..4 {
        let mut client = RawClient::open(house.address(), &dial(&house)).await;
        client.frame(0x81, b"40").await;
        for bytes in [&br#"452-["message"]"#[..], b"", b"one", b"two"].iter().take(cut) {
            client.frame(if bytes.starts_with(b"4") { 0x81 } else { 0x82 }, bytes).await;
        }
        client.header(0x82, 1000).await;
    }
    while house.hub.connections().count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn dial(house: &House) -> testkit::Dial {
    house.dial().query("EIO", "4").query("transport", "websocket")
}

#[tokio::test]
async fn a_server_that_goes_down_sends_its_clients_away_and_one_that_restarts_does_not() {
    for (fault, sends_away) in [(hub::Fault::GoingDown, true), (hub::Fault::Restarting, false)] {
        let house = House::open();
        let mut client = house.client("/custom").await;
        let connection = house.connection();
        let reason =
            if sends_away { model::CloseReason::GOING_DOWN } else { model::CloseReason::RESTART };
        let item = hub::Item::Close { connection, fault: Some(fault), reason: reason.clone() };
        house.hub.outlet().push(connection.shard(), item);
        assert_eq!(client.expect("fault").await, format!("{fault:?}"));
        if sends_away {
            client.disconnected().await;
        }
        assert_eq!(client.closed().await, (reason.code, reason.text.into_owned()));
        assert!(!client.was_disconnected());
    }
}
