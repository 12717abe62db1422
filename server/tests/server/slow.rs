//! Somebody stops reading.

use serde_json::json;
use testkit::{RawClient, token};

use crate::{UNLIMITED, chat, chatting, says, start};

/// Messages that are sent; together far more than what waits for one connection.
const MESSAGES: u64 = 200;
/// Characters of each.
const LENGTH: usize = 40_000;

#[tokio::test]
async fn whoever_stops_reading_is_ended_and_gets_everything_when_they_return() {
    let server = start(&UNLIMITED);
    let dial = chat(&server, "math").token(&token("sleeper"));
    let mut sleeper = RawClient::open(server.address(), &dial).await;
    let mut ann = chatting(&server, "math", "ann").await;
    let mut ben = chatting(&server, "math", "ben").await;
    ben.barrier().await;
    for seq in 1..=MESSAGES {
        ann.send(&says(&"z".repeat(LENGTH))).await;
        assert_eq!(ann.expect("message").await["data"]["seq"], seq);
        assert_eq!(ben.expect("message").await["data"]["seq"], seq);
    }
    assert_eq!(sleeper.closed().await, (1013, "Slow consumer".to_owned()));

    let mut back = chatting(&server, "math", "sleeper").await;
    let mut last = 0;
    while last < MESSAGES {
        back.send(&json!({"type": "history", "data": {"after": last, "limit": 200}})).await;
        let page = back.expect("history").await["data"].take();
        if last > 0 {
            assert_eq!(page["recovered"], true);
        }
        for message in page["messages"].as_array().unwrap() {
            assert_eq!(message["seq"], last + 1, "no gap and nothing twice");
            last += 1;
        }
        assert_eq!(page["hasMore"], last < MESSAGES);
    }
}
