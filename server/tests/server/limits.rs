//! How much one client may do.

use serde_json::json;
use testkit::{RawClient, TestServer, token};

use crate::{binary, chat, chatting, says, start};

#[tokio::test]
async fn the_fourth_connection_of_a_person_to_sessions_is_closed_whichever_they_are() {
    let server = start(&[]);
    let open = async |session: &str| {
        server.dial(&format!("/ws/sessions/{session}")).token(&token("ann")).open().await
    };
    // Alive: each is read, and so answers the server's question whether it is.
    let mut alive = tokio::task::JoinSet::new();
    for mut client in [open("a").await, open("b").await, open("c").await] {
        alive.spawn(async move { client.next_or_end().await });
    }
    let mut fourth = open("d").await;
    assert_eq!(fourth.closed().await, (1008, "Too many connections".to_owned()));
    assert!(alive.try_join_next().is_none(), "the three are still open");
    let mut other = server.dial("/ws/sessions/a").token(&token("ben")).open().await;
    other.barrier().await;
}

#[tokio::test]
async fn a_dead_socket_gives_its_place_to_the_next() {
    let server = start(&[]);
    let dial = server.dial("/ws/sessions/a").token(&token("ann"));
    // These never answer a ping: nobody is behind them any more.
    let mut dead = Vec::new();
    for _ in 0..3 {
        dead.push(RawClient::open(server.address(), &dial).await);
    }
    let mut fourth = dial.open().await;
    fourth.send(&json!({"action": "join"})).await;
    assert_eq!(fourth.expect("error").await["data"]["code"], "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn the_eleventh_connection_of_a_minute_to_chat_is_refused_and_other_addresses_are_not() {
    let server = TestServer::start(binary(), &[]);
    let mut ten = Vec::new();
    for _ in 0..10 {
        ten.push(chatting(&server, "math", "ann").await);
    }
    let refused = chat(&server, "art").token(&token("ben")).try_open().await.err().unwrap();
    assert_eq!(refused.status, 429);
    let retry_after: u32 = refused.headers["retry-after"].parse().unwrap();
    assert!((1..=62).contains(&retry_after), "{retry_after}");
    let mut elsewhere = chat(&server, "art").token(&token("ben")).from("127.0.0.9").open().await;
    elsewhere.barrier().await;
    let mut sessions = server.dial("/ws/sessions/a").token(&token("ben")).open().await;
    sessions.barrier().await;
}

#[tokio::test]
async fn a_forwarding_header_that_anybody_can_write_changes_nothing() {
    let server =
        TestServer::start(binary(), &[("QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE", "3")]);
    let mut open = Vec::new();
    for last in 1..=3 {
        let dial = chat(&server, "math").token(&token("ann"));
        open.push(dial.header("X-Forwarded-For", &format!("203.0.113.{last}")).open().await);
    }
    let dial = chat(&server, "math").token(&token("ann")).header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(dial.try_open().await.err().unwrap().status, 429);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_right_most_address_counts() {
    let server = TestServer::start(
        binary(),
        &[
            ("QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE", "1"),
            ("QUINTET_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ],
    );
    let from = |forwarded: &str| {
        chat(&server, "math").token(&token("ann")).header("X-Forwarded-For", forwarded)
    };
    let _one = from("203.0.113.1").open().await;
    let _two = from("203.0.113.2").open().await;
    // What the client wrote itself stands to the left of what the proxy saw.
    let forged = from("198.51.100.7, 203.0.113.1").try_open().await.err().unwrap();
    assert_eq!(forged.status, 429);
}

#[tokio::test]
async fn a_client_that_goes_on_at_twice_its_limit_is_ended_in_sessions() {
    let limit = ("QUINTET_LIMITS__SESSIONS__MESSAGES_PER_MINUTE", "5");
    let server = start(&[limit]);
    let mut ann = server.dial("/ws/sessions/a").token(&token("ann")).open().await;
    for _ in 0..6 {
        ann.send(&json!({"action": "cancel", "requestId": "r"})).await;
    }
    let refused = |message: &serde_json::Value| message["data"]["code"] == "RATE_LIMIT_EXCEEDED";
    let error = ann.expect_where("refusal", refused).await;
    assert!(error["data"]["retryAfterMs"].as_u64().unwrap() > 0);
    ann.barrier().await;
    for _ in 0..6 {
        let cancel = json!({"action": "cancel"}).to_string();
        ann.try_send_frame(yawc::Frame::text(cancel)).await;
    }
    assert_eq!(ann.closed().await, (1008, "Rate limit exceeded".to_owned()));
}

#[tokio::test]
async fn http_has_a_limit_too() {
    let server = start(&[("QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE", "3")]);
    let http = server.http().token(&token("ann"));
    for _ in 0..3 {
        assert_eq!(http.get("/api/sessions").await.status, 200);
    }
    let refused = http.get("/api/sessions").await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(server.http().token(&token("ben")).get("/api/sessions").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = start(&[]);
    let http = server.http().token(&token("ann"));
    let title = "x".repeat(2 << 20);
    let answer = http.post("/api/sessions", &json!({"type": "chat", "title": title})).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
}

#[tokio::test]
async fn a_refused_message_leaves_the_room_as_it_was() {
    let server = start(&[("QUINTET_LIMITS__LEARNING__BROADCASTS_PER_MINUTE", "1")]);
    let mut ann = chatting(&server, "math", "ann").await;
    let mut ben = chatting(&server, "math", "ben").await;
    ann.send(&says("one")).await;
    ann.expect("message").await;
    ben.send(&says("two")).await;
    assert_eq!(ben.expect("error").await["data"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(ben.expect("message").await["data"]["content"], "one");
    ann.expect_none("message").await;
    assert_eq!(crate::history(&mut ann).await.len(), 1);
}
