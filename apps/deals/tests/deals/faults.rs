//! What is refused, and how connections end.

use hub::Fault;
use model::{Clock, CloseReason};
use serde_json::json;

use crate::support::Play;

#[test]
fn a_ping_is_answered_and_echoes_its_request() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.say(ada, json!({"action": "ping", "data": {}, "requestId": "test-123"}));
    let at = play.clock.wall().as_secs();
    let pong = json!({"type": "pong", "data": {}, "requestId": "test-123", "timestamp": at});
    assert_eq!(play.stage.next(ada), pong);
}

#[test]
fn nobody_is_greeted() {
    let mut play = Play::new();
    let ada = play.open_for("ada");
    assert!(play.heard(ada).is_empty());
}

#[test]
fn what_is_no_message_is_refused_with_its_field_and_the_connection_stays() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let deep = "[".repeat(100_000);
    for (text, field) in [
        ("no JSON", "message"),
        ("[]", "message"),
        (&deep, "message"),
        ("{}", "action"),
        (r#"{"action": "dance"}"#, "action"),
        (r#"{"action": "sendMessage", "data": {"content": "x"}}"#, "data.recipientId"),
    ] {
        play.stage.send(ada, text);
        let error = play.refused(ada, "VALIDATION_ERROR");
        assert_eq!(error["details"]["field"], field, "{error}");
    }
    play.stage.send_binary(ada, [1, 2, 3]);
    assert_eq!(play.refused(ada, "VALIDATION_ERROR")["details"]["field"], "message");
    assert!(!play.stage.is_closed(ada));
}

#[test]
fn an_unknown_action_is_named() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.say(ada, json!({"action": "placeBid", "requestId": "7"}));
    let error = play.stage.next(ada);
    assert_eq!(error["data"]["message"], "Unknown action: placeBid");
    assert_eq!(error["requestId"], "7");
}

#[test]
fn who_sends_too_fast_is_told_when_to_go_on_and_ended_at_twice_the_limit() {
    let mut play = Play::limited(10, 0);
    let ada = play.enter("ada");
    for _ in 1..10 {
        play.ask(ada, "ping", json!({}));
        play.told(ada, "pong");
    }
    for number in 0..10 {
        play.ask_as(ada, &number.to_string(), "ping", json!({}));
        let error = play.stage.next(ada);
        assert_eq!(error["data"]["code"], "RATE_LIMIT_EXCEEDED");
        assert_eq!(error["requestId"], number.to_string());
        assert!(error["data"]["details"]["retryAfterMs"].as_u64().is_some_and(|wait| wait > 0));
    }
    assert!(!play.stage.is_closed(ada));
    play.stage.send(ada, "no JSON counts too");
    play.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert_eq!(play.stage.closed(ada), CloseReason::RATE_LIMIT);
}

#[test]
fn each_fault_has_its_last_word() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for (fault, code, reason) in [
        (Fault::TooLarge, "MESSAGE_TOO_LARGE", None),
        (Fault::TokenExpired, "AUTHENTICATION_ERROR", None),
        (Fault::NotAuthenticated, "AUTHENTICATION_ERROR", None),
        (Fault::Revoked, "AUTHENTICATION_ERROR", None),
        (Fault::Idle, "CONNECTION_ERROR", Some("idle")),
        (Fault::TooOld, "CONNECTION_ERROR", Some("too_old")),
        (Fault::Restarting, "CONNECTION_ERROR", Some("restarting")),
    ] {
        play.stage.fault(ada, fault);
        let error = play.refused(ada, code);
        assert_eq!(error["details"]["reason"].as_str(), reason, "{fault:?}");
    }
}
