//! What is refused, and how connections end.

use std::sync::Arc;

use hub::{Context, Effect, Fault, Outlet};
use model::{Clock, CloseReason, Timestamp};
use serde_json::{Value, json};

use crate::support::{NOON, Play, identity};

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
        (Fault::GoingDown, "CONNECTION_ERROR", Some("going_down")),
        (Fault::TooSlow, "CONNECTION_ERROR", Some("slow_consumer")),
    ] {
        play.stage.fault(ada, fault);
        let error = play.refused(ada, code);
        assert_eq!(error["details"]["reason"].as_str(), reason, "{fault:?}");
    }
}

/// What the session says once pushes were skipped.
fn skipped(play: &Play, session: &mut dyn hub::Session, count: u64) -> Value {
    let outlet: Arc<dyn Outlet> = testkit::Recorder::new();
    let (mut next, mut effects) = (0, Vec::new());
    let times = (play.clock.monotonic(), play.clock.wall());
    let id = model::ConnectionId::new(0, 0, 1);
    let mut context = Context::new(id, times, &outlet, &mut next, &mut effects);
    session.on_skipped(count, &mut context);
    let [Effect::Reply(text)] = effects.as_slice() else { panic!("{effects:?}") };
    serde_json::from_slice::<Value>(text).unwrap()["data"].take()
}

#[test]
fn who_missed_pushes_is_told_from_when_on_to_ask_and_no_deal_falls_between() {
    let mut play = Play::new();
    let mut session = play.session_of(identity("ada"));
    play.advance(600);
    let error = skipped(&play, &mut *session, 7);
    assert_eq!(error["code"], "CONNECTION_ERROR");
    let details = &error["details"];
    assert_eq!((&details["reason"], &details["skipped"]), (&json!("slow_consumer"), &json!(7)));
    let since = |details: &Value| -> Timestamp {
        Timestamp::from_secs(details["updatedAfter"].as_i64().unwrap())
    };
    assert!(since(details) <= NOON);
    let caught_up = play.clock.wall();
    play.advance(600);
    let again = since(&skipped(&play, &mut *session, 1)["details"]);
    assert!(NOON < again && again <= caught_up, "from when it had caught up, and not much before");
}
