//! What a client may do with frames, and what it may not.

use std::io::Write;

use serde_json::json;
use testkit::{RawClient, TestServer, token};

use crate::{chat, chatting, start};

/// FIN and text.
const TEXT: u8 = 0x81;
/// FIN, compressed, text.
const COMPRESSED_TEXT: u8 = 0xc1;

async fn raw(server: &TestServer) -> RawClient {
    RawClient::open(server.address(), &chat(server, "math").token(&token("ann"))).await
}

async fn raw_deflate(server: &TestServer) -> RawClient {
    let dial = chat(server, "math").token(&token("ann")).deflate();
    RawClient::open(server.address(), &dial).await
}

/// `bytes` as permessage-deflate writes them.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.flush().unwrap();
    let mut compressed = encoder.get_ref().clone();
    compressed.truncate(compressed.len() - 4);
    compressed
}

/// The error, then close 1009.
async fn assert_too_large(client: &mut RawClient) {
    let error = client.read_frame().await.unwrap();
    let error = String::from_utf8(error.payload).unwrap();
    assert!(error.contains("MESSAGE_TOO_LARGE"), "{error}");
    let (code, reason) = client.closed().await;
    assert_eq!(code, 1009);
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_a_byte_of_it_came() {
    let server = start(&[]);
    for length in [300_000, 1 << 40, u64::MAX >> 1] {
        let mut client = raw(&server).await;
        client.header(TEXT, length).await;
        assert_too_large(&mut client).await;
    }
}

#[tokio::test]
async fn the_close_survives_what_the_client_goes_on_sending() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.header(TEXT, 300_000).await;
    client.write(&vec![b'x'; 300_000]).await;
    assert_too_large(&mut client).await;
}

#[tokio::test]
async fn a_compression_bomb_is_refused_while_it_inflates() {
    let server = start(&[]);
    let bomb = deflate(&vec![b' '; 100 << 20]);
    assert!(bomb.len() < 200_000, "the bomb itself is within the limit");
    let mut client = raw_deflate(&server).await;
    client.frame(COMPRESSED_TEXT, &bomb).await;
    assert_too_large(&mut client).await;
}

#[tokio::test]
async fn fragments_without_end_are_refused() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.frame(0x01, b"{").await;
    for _ in 0..64 {
        client.frame(0x00, b" ").await;
    }
    assert_too_large(&mut client).await;
}

#[tokio::test]
async fn a_message_in_sixty_four_fragments_is_taken() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.frame(0x01, b"{\"type\"").await;
    for _ in 0..62 {
        client.frame(0x00, b" ").await;
    }
    client.frame(0x80, b": \"ping\"}").await;
    let pong = client.read_frame().await.unwrap();
    assert!(String::from_utf8(pong.payload).unwrap().contains("pong"));
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_at_once() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.frame(0x01, b"{\"type\":").await;
    client.frame(0x89, b"there?").await;
    let pong = client.read_frame().await.unwrap();
    assert_eq!((pong.first, pong.payload.as_slice()), (0x8a, b"there?".as_slice()));
}

#[tokio::test]
async fn what_breaks_the_framing_rules_is_closed_with_1002() {
    let server = start(&[]);
    for frame in [[0x83, 0x80, 0, 0, 0, 0], [0xb1, 0x80, 0, 0, 0, 0], [0x80, 0x80, 0, 0, 0, 0]] {
        let mut client = raw(&server).await;
        client.write(&frame).await;
        assert_eq!(client.closed().await.0, 1002, "{frame:x?}");
    }
    let mut unmasked = raw(&server).await;
    unmasked.write(b"\x81\x02{}").await;
    assert_eq!(unmasked.closed().await.0, 1002);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_closed_with_1007() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.frame(TEXT, b"\xff\xfe").await;
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn a_close_of_the_clients_is_answered() {
    let server = start(&[]);
    let mut client = raw(&server).await;
    client.frame(0x88, &1000u16.to_be_bytes()).await;
    assert_eq!(client.closed().await.0, 1000);
    assert!(client.read_to_end().await.is_empty());
}

#[tokio::test]
async fn compressed_and_plain_clients_hear_the_same() {
    let server = start(&[]);
    let mut plain = chatting(&server, "math", "ann").await;
    let dial = chat(&server, "math").token(&token("ben")).deflate();
    let mut compressed = dial.open().await;
    let agreed = &compressed.handshake.headers["sec-websocket-extensions"];
    assert!(agreed.contains("permessage-deflate"), "{agreed}");
    assert!(agreed.contains("server_no_context_takeover"), "{agreed}");
    assert!(!plain.handshake.headers.contains_key("sec-websocket-extensions"));
    for round in 0..3 {
        let content = format!("{round} ").repeat(4000);
        compressed.send(&json!({"type": "message", "data": {"content": content}})).await;
        for client in [&mut plain, &mut compressed] {
            assert_eq!(client.expect("message").await["data"]["content"], content.trim());
        }
    }
}
