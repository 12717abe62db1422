//! What goes back and forth while a connection is open.

use bytes::Bytes;
use hub::Delivery;
use serde_json::{Value, json};
use socketio::{binary_event, event, placeholder};
use testkit::{SocketIo, binary, bytes_of};

use crate::house::House;

#[tokio::test]
async fn a_client_enters_namespaces_and_is_told_in_which_it_is() {
    let house = House::open();
    let mut client = SocketIo::open(house.dial()).await;
    assert_eq!(client.opened["maxPayload"], 100_000);
    let auth = json!({"token": "123"});
    let sid = client.connect("/custom", Some(&auth)).await;
    assert_ne!(client.opened["sid"], json!(sid), "a socket's id says nothing of the connection");
    assert_eq!(client.expect("auth").await, auth);
    let refused = client.try_connect("/random", None).await;
    assert_eq!(refused, Err(json!({"message": "Invalid namespace"})));
    assert_ne!(client.connect("/", None).await, sid);
    let auth = client.next().await;
    assert_eq!((&*auth.namespace, auth.payload()), ("/", &json!({})));
}

#[tokio::test]
async fn events_come_back_with_all_their_arguments_and_are_acknowledged() {
    let house = House::open();
    for namespace in ["/", "/custom"] {
        let mut client = house.client(namespace).await;
        let arguments = [json!(1), json!("2"), json!({"3": [true]})];
        client.emit_all("message", &arguments, None).await;
        let back = client.next().await;
        assert_eq!((&*back.namespace, &*back.name), (namespace, "message-back"));
        assert_eq!(back.arguments, arguments);
        assert_eq!(client.emit_all_with_ack("message-with-ack", &arguments).await, 1);
        client.emit_all("message", &[], None).await;
        assert_eq!(client.next().await.arguments, [json!(null); 0]);
    }
}

#[tokio::test]
async fn bytes_come_back_as_bytes() {
    let house = House::open();
    let mut client = house.client("/custom").await;
    let payload = json!({"a": binary(&[1, 2, 3]), "b": [binary(b""), "text"]});
    client.emit("message", &payload).await;
    assert_eq!(client.expect("message-back").await, payload);
    assert_eq!(client.emit_with_ack("message-with-ack", &payload).await, payload);
    let ten: Vec<Value> = (0..10).map(|number| binary(&[number; 5000])).collect();
    assert_eq!(client.emit_with_ack("message-with-ack", &json!(ten)).await, json!(ten));
}

/// The client fails as soon as anything stands between a packet and its attachments.
#[tokio::test]
async fn nothing_comes_between_a_packet_and_its_attachments() {
    let house = House::open();
    let mut client = house.client("/").await;
    let connection = house.connection();
    let payload = json!([binary(b"one"), binary(b"two")]);
    let json = format!("{},{}", placeholder(0), placeholder(1));
    let mut counted = [0; 3];
    for round in 0..200_u8 {
        let attachments = vec![Bytes::from(vec![round; 10]), Bytes::from(vec![round; 2000])];
        let text = binary_event("/", "binary", &json, 2);
        house.tell(connection, Delivery::passing(text).with_attachments(attachments));
        client.emit("message", &payload).await;
        house.tell(connection, Delivery::passing(event("/", "text", "1")));
    }
    while counted != [200; 3] {
        let happened = client.next().await;
        match &*happened.name {
            "binary" => {
                let round = counted[0];
                assert_eq!(bytes_of(&happened.arguments[1]), Some(vec![round; 2000]));
                counted[0] += 1;
            }
            "message-back" => counted[1] += 1,
            _ => counted[2] += 1,
        }
    }
}

#[tokio::test]
async fn a_slow_client_misses_whole_packets_and_hears_how_many() {
    let house = House::open();
    let mut client = house.client("/").await;
    let connection = house.connection();
    let json = placeholder(0);
    let count = 3_000_u32;
    for number in 0..count {
        let text = binary_event("/", "binary", &format!("{json},{number}"), 1);
        let bytes = Bytes::from(vec![b'x'; 4096]);
        house.tell(connection, Delivery::passing(text).with_attachments(vec![bytes]));
    }
    let (mut seen, mut missed) = (0, 0);
    while seen + missed < count {
        let happened = client.next().await;
        if happened.name == "skipped" {
            missed += u32::try_from(happened.payload().as_u64().unwrap()).unwrap();
            continue;
        }
        assert_eq!(bytes_of(happened.payload()).map(|bytes| bytes.len()), Some(4096));
        seen += 1;
    }
    assert!(missed > 0, "12 MB find no room in 1 MiB and the sockets' buffers");
}

#[tokio::test]
async fn a_client_that_leaves_a_namespace_keeps_its_connection() {
    let house = House::open();
    let mut client = house.client("/").await;
    client.connect("/custom", None).await;
    client.leave().await;
    let first = client.connect("/custom", None).await;
    client.leave().await;
    assert_ne!(client.connect("/custom", None).await, first);
    client.emit("leave", &json!(null)).await;
    client.disconnected().await;
    assert_eq!(house.hub.connections().count(), 1, "it is still in the main namespace");
}
