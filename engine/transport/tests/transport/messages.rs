//! Messages in, replies out, in order.

use serde_json::json;
use testkit::RawClient;
use transport::Policy;
use yawc::Frame;

use crate::house::House;

#[tokio::test]
async fn texts_and_bytes_come_back_whole_or_in_fragments() {
    let house = House::open(Policy::default());
    let mut client = RawClient::open(house.address(), &house.dial()).await;
    client.frame(0x82, b"\x00\xff").await;
    let frame = client.read_frame().await.unwrap();
    assert_eq!((frame.first, frame.payload.as_slice()), (0x82, &b"\x00\xff"[..]));
    client.frame(0x01, b"a").await;
    client.frame(0x89, b"in between").await;
    client.frame(0x80, b"b").await;
    let pong = client.read_frame().await.unwrap();
    assert_eq!((pong.first, pong.payload.as_slice()), (0x8a, &b"in between"[..]));
    let echo = client.read_frame().await.unwrap();
    assert_eq!(echo.payload, br#"{"text":"ab","type":"echo"}"#);
}

#[tokio::test]
async fn long_texts_are_compressed_for_who_asked_and_plain_for_the_others() {
    let house = House::open(Policy::default());
    let text = "compress me ".repeat(1000);
    let mut compressing = house.dial().deflate().open().await;
    let mut plain = house.client().await;
    for client in [&mut compressing, &mut plain] {
        client.send_text(&text).await;
        assert_eq!(client.expect("echo").await["text"], text);
    }
    let bytes = house.gate.stats().bytes_out.get();
    assert!(bytes < 2 * text.len() as u64, "{bytes} bytes were sent");
}

#[tokio::test]
async fn replies_leave_in_the_order_of_their_requests_whichever_ends_first() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    for _ in 0..3 {
        client.send(&json!({"do": "later"})).await;
    }
    client.send_text("at once").await;
    for (nth, ticket) in house.tickets(3).await.into_iter().enumerate().rev() {
        ticket.reply(json!({"type": "done", "nth": nth}).to_string());
    }
    for nth in 0..3 {
        assert_eq!(client.next().await["nth"], nth);
    }
    assert_eq!(client.next().await["text"], "at once");
}

#[tokio::test]
async fn what_comes_behind_a_held_message_waits_for_it() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    client.send(&json!({"do": "hold"})).await;
    client.send(&json!({"do": "later"})).await;
    let held = house.tickets(1).await.pop().unwrap();
    assert!(house.left.lock().unwrap().tickets.is_empty());
    held.done();
    house.tickets(1).await.pop().unwrap().reply(json!({"type": "later"}).to_string());
    client.expect("later").await;
}

#[tokio::test]
async fn a_connection_with_32_operations_in_flight_is_not_read_and_loses_nothing() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    for _ in 0..40 {
        client.send(&json!({"do": "later"})).await;
    }
    let first = house.tickets(32).await;
    assert_eq!(first.len(), 32);
    first.into_iter().for_each(|ticket| ticket.reply(json!({"type": "done"}).to_string()));
    let rest = house.tickets(8).await;
    rest.into_iter().for_each(|ticket| ticket.reply(json!({"type": "done"}).to_string()));
    for _ in 0..40 {
        client.expect("done").await;
    }
}

#[tokio::test]
async fn a_dropped_ticket_ends_its_operation() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    client.send(&json!({"do": "later"})).await;
    client.send_text("behind").await;
    drop(house.tickets(1).await);
    assert_eq!(client.next().await["text"], "behind");
}

#[tokio::test]
async fn many_small_messages_in_one_packet_are_all_answered() {
    let house = House::open(Policy::default());
    let mut client = house.client().await;
    for number in 0..5000 {
        client.send_frame(Frame::text(number.to_string())).await;
    }
    for number in 0..5000 {
        assert_eq!(client.next().await["text"], number.to_string());
    }
}
