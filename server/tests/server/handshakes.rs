//! Handshakes: whole ones, half ones, and none at all.

use std::time::Duration;

use testkit::{RawClient, token};

use crate::{chat, start};

#[tokio::test]
async fn a_connection_that_says_nothing_is_hung_up_on() {
    let server = start(&[]);
    let mut silent = RawClient::connect(server.address()).await;
    silent.read_to_end().await;
}

#[tokio::test]
async fn a_handshake_that_dribbles_in_is_hung_up_on() {
    let server = start(&[]);
    let mut client = RawClient::connect(server.address()).await;
    let request = chat(&server, "math").token(&token("ann")).request();
    // Twice the time a whole head may take; the server has hung up long before.
    for byte in request.as_bytes().iter().take(100) {
        if !client.write(&[*byte]).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answer = String::from_utf8_lossy(&client.read_to_end().await).into_owned();
    assert!(!answer.contains("101"), "{answer}");
}

#[tokio::test]
async fn a_head_of_headers_without_end_is_refused() {
    let server = start(&[]);
    let mut client = RawClient::connect(server.address()).await;
    client.write(b"GET /api/chat/ws HTTP/1.1\r\n").await;
    for number in 0..10_000 {
        if !client.write(format!("X-{number}: {}\r\n", "y".repeat(100)).as_bytes()).await {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&client.read_to_end().await).into_owned();
    assert!(!answer.contains(" 101 "), "{answer}");
}

#[tokio::test]
async fn somebody_who_never_authenticates_is_closed() {
    let server = start(&[]);
    let mut client = server.dial("/api/chat/ws").open().await;
    let closed = client.closed().await;
    assert_eq!(closed, (1008, "Unauthorized".to_owned()));
    assert_eq!(client.expect("error").await["data"]["code"], "UNAUTHORIZED");
}

#[tokio::test]
async fn what_is_no_websocket_handshake_is_told_so() {
    let server = start(&[]);
    let plain = server.http().token(&token("ann")).get("/api/chat/ws").await;
    assert_eq!(plain.status, 426, "{plain:?}");
    let old = chat(&server, "math").token(&token("ann")).header("Sec-WebSocket-Version", "8");
    let refused = old.try_open().await.err().unwrap();
    assert!(matches!(refused.status, 400 | 426), "{refused:?}");
    let keyless = chat(&server, "math").token(&token("ann")).header("Sec-WebSocket-Key", "short");
    assert_eq!(keyless.try_open().await.err().unwrap().status, 400);
}

#[tokio::test]
async fn frames_sent_right_behind_the_handshake_are_read() {
    let server = start(&[]);
    let mut client = RawClient::connect(server.address()).await;
    let mut bytes = chat(&server, "math").token(&token("ann")).request().into_bytes();
    bytes.extend(b"\x81\x8f\0\0\0\0{\"type\":\"ping\"}");
    client.write(&bytes).await;
    assert_eq!(client.head().await.status, 101);
    let pong = client.read_frame().await.unwrap();
    assert!(String::from_utf8(pong.payload).unwrap().contains("pong"));
}
