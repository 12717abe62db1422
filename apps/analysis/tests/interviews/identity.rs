//! Tokens by message: the first one, renewals, caps.

use analysis::Limits;
use intelligence::TextProvider;
use model::CloseReason;
use serde_json::json;

use crate::support::{Play, limit};

/// A token whose key would have to be fetched: `{"alg":"RS256","kid":"k"}`, `{"sub":"ada"}`.
const FOREIGN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJhZGEifQ.c2ln";

#[test]
fn a_first_message_brings_the_token_and_what_stands_behind_it_is_answered_in_order() {
    let mut play = Play::new();
    let ada = play.knock();
    let token = play.token("ada");
    play.send_as(ada, "1", "authenticate", json!({"token": token}));
    play.send_as(ada, "2", "ping", json!({}));
    let answer = play.stage.next(ada);
    assert_eq!((&answer["type"], &answer["requestId"]), (&json!("authenticated"), &json!("1")));
    let payload = json!({"userId": "ada", "expiresAt": "2026-11-29T13:00:00.000Z"});
    assert_eq!(answer["payload"], payload);
    let pong = play.stage.next(ada);
    let expected = json!({
        "type": "pong", "timestamp": "2026-11-29T12:00:00.000Z", "payload": {}, "requestId": "2",
    });
    assert_eq!(pong, expected);
}

#[test]
fn a_connection_with_a_token_in_the_handshake_is_not_greeted() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    assert!(play.stage.received(ada).is_empty());
    play.send(ada, "ping", json!({}));
    assert_eq!(play.told(ada, "pong"), json!({}));
}

#[test]
fn whoever_says_anything_else_first_is_a_stranger() {
    let firsts = [
        "not json",
        "{}",
        r#"{"type":"ping"}"#,
        r#"{"type":"dance"}"#,
        r#"{"type":"subscribe_analysis","payload":{"analysisId":"a"}}"#,
    ];
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    for first in firsts {
        let connection = play.knock();
        play.stage.send(connection, first);
        assert_eq!(play.refused(connection, "UNAUTHORIZED")["retryable"], false);
        assert_eq!(play.stage.closed(connection), CloseReason::UNAUTHORIZED, "{first}");
    }
    let connection = play.knock();
    play.stage.send_binary(connection, [0]);
    play.refused(connection, "UNAUTHORIZED");
    assert_eq!(play.stage.closed(connection), CloseReason::UNAUTHORIZED);
}

#[test]
fn a_refused_token_is_the_end_of_a_connection_without_one() {
    let mut play = Play::new();
    let expired = play.token("ada");
    play.advance(7200);
    for token in ["nonsense", &expired] {
        let connection = play.knock();
        play.send_as(connection, "1", "authenticate", json!({"token": token}));
        let error = play.stage.next(connection);
        assert_eq!(error["requestId"], "1");
        assert_eq!(error["payload"]["errorCode"], "UNAUTHORIZED");
        assert_eq!(play.stage.closed(connection), CloseReason::UNAUTHORIZED);
    }
}

#[test]
fn an_authenticate_that_is_malformed_may_be_tried_again() {
    let mut play = Play::new();
    let connection = play.knock();
    play.send(connection, "authenticate", json!({"token": 7}));
    let error = play.refused(connection, "INVALID_MESSAGE_FORMAT");
    assert_eq!(error["details"]["field"], "payload.token");
    let token = play.token("ada");
    play.send(connection, "authenticate", json!({"token": token}));
    play.told(connection, "authenticated");
}

#[test]
fn what_stands_behind_a_token_waits_while_its_key_is_fetched() {
    let mut play = Play::new();
    let connection = play.knock();
    play.send_as(connection, "1", "authenticate", json!({"token": FOREIGN}));
    let token = play.token("ada");
    play.send_as(connection, "2", "authenticate", json!({"token": token}));
    play.send_as(connection, "3", "ping", json!({}));
    let error = play.refused(connection, "INTERNAL_ERROR");
    let details = json!({"reason": "tokens_unavailable", "retryAfterMs": 1000});
    assert_eq!((&error["details"], &error["retryable"]), (&details, &json!(true)));
    assert_eq!(play.stage.next(connection)["requestId"], "2");
    assert_eq!(play.stage.next(connection)["requestId"], "3");
}

#[test]
fn a_token_is_renewed_in_place_for_the_same_person_only() {
    let mut play = Play::new();
    play.analysis("a", "ada", 1);
    let ada = play.enter("ada");
    play.advance(60);
    let token = play.token("ada");
    play.send(ada, "authenticate", json!({"token": token}));
    let payload = json!({"userId": "ada", "expiresAt": "2026-11-29T13:01:00.000Z"});
    assert_eq!(play.told(ada, "authenticated"), payload);
    for token in [play.token("bob"), "nonsense".to_owned()] {
        play.send(ada, "authenticate", json!({"token": token}));
        play.refused(ada, "UNAUTHORIZED");
        assert!(!play.stage.is_closed(ada));
    }
    play.send(ada, "subscribe_analysis", json!({"analysisId": "a"}));
    play.told(ada, "subscription_confirmed");
}

#[test]
fn a_person_has_so_many_connections_and_no_more() {
    let limits = Limits { max_connections_per_user: limit(1), ..Limits::default() };
    let mut play = Play::with(limits, TextProvider::Builtin);
    let token = json!({"token": play.token("ada")});
    let first = play.knock();
    play.send(first, "authenticate", token.clone());
    play.told(first, "authenticated");
    let second = play.knock();
    play.send(second, "authenticate", token.clone());
    play.refused(second, "RATE_LIMIT_EXCEEDED");
    assert_eq!(play.stage.closed(second), CloseReason::TOO_MANY_CONNECTIONS);
    let third = play.knock();
    play.send(third, "authenticate", token);
    play.stage.close(first, &CloseReason::LOST);
    play.told(third, "authenticated");
}
