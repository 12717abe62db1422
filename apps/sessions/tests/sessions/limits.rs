//! Refusals: bad input, what is too fast, and what the transport finds.

use std::time::Duration;

use hub::Fault;
use model::CloseReason;
use serde_json::{Value, json};

use crate::support::Play;

/// The refusal's code and field.
fn refusal(message: &Value) -> (String, Option<String>) {
    assert_eq!(message["type"], "error", "{message}");
    assert_eq!(message["message"], message["data"]["message"]);
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    (text(&message["data"]["code"]).unwrap(), text(&message["data"]["field"]))
}

#[test]
fn bad_input_is_refused_naming_the_field_and_the_connection_stays() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    let deep = format!(r#"{{"action": {}{}}}"#, "[".repeat(64), "]".repeat(64));
    let long = "x".repeat(50_001);
    for (text, field) in [
        ("nonsense", "message"),
        ("[]", "message"),
        (deep.as_str(), "message"),
        (r#"{"action": "join", "action": "join"}"#, "message"),
        ("{}", "action"),
        (r#"{"action": 7}"#, "action"),
        (r#"{"action": "dance"}"#, "action"),
        (r#"{"action": "system"}"#, "action"),
        (r#"{"action": "join", "sessionId": "other"}"#, "sessionId"),
        (r#"{"action": "join", "sessionId": 1}"#, "sessionId"),
        (r#"{"action": "join", "timestamp": 1}"#, "timestamp"),
        (r#"{"action": "join", "data": []}"#, "data"),
        (r#"{"action": "join", "data": {"after": -1}}"#, "data.after"),
        (r#"{"action": "join", "data": {"after": ""}}"#, "data.after"),
        (r#"{"action": "join", "data": {"epoch": 3}}"#, "data.epoch"),
        (r#"{"action": "message"}"#, "data.content"),
        (r#"{"action": "message", "data": {"content": 5}}"#, "data.content"),
        (r#"{"action": "message", "data": {"content": "x", "clientId": "a\nb"}}"#, "data.clientId"),
        (r#"{"action": "message", "data": {"content": "x"}, "projectId": ""}"#, "projectId"),
        (r#"{"action": "typing", "requestId": {}}"#, "requestId"),
    ] {
        play.stage.send(ann, text);
        let refused = play.stage.next(ann);
        assert_eq!(refusal(&refused), ("VALIDATION_ERROR".into(), Some(field.into())), "{text}");
    }
    play.say(ann, json!({"action": "message", "requestId": "r", "data": {"content": long}}));
    let refused = play.stage.next(ann);
    assert_eq!(
        (refusal(&refused).1, &refused["requestId"]),
        (Some("data.content".into()), &json!("r"))
    );
    play.stage.send_binary(ann, *b"{}");
    let refused = play.stage.next(ann);
    assert_eq!(refusal(&refused), ("VALIDATION_ERROR".into(), Some("message".into())));
    play.say(ann, json!({"action": "message", "data": {"content": "x".repeat(50_000)}}));
    assert_eq!(play.stage.next(ann)["type"], "user_message");
}

#[test]
fn nothing_but_join_and_leave_works_before_a_join() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.connect("ann", &session);
    for request in [
        json!({"action": "message", "data": {"content": "x"}}),
        json!({"action": "message", "data": {"content": " "}}),
        json!({"action": "typing"}),
        json!({"action": "cancel"}),
    ] {
        play.say(ann, request);
        assert_eq!(refusal(&play.stage.next(ann)).0, "NOT_JOINED");
    }
    play.say(ann, json!({"action": "join"}));
    play.say(ann, json!({"action": "message", "data": {"content": "right behind it"}}));
    assert_eq!(play.stage.next(ann)["type"], "session_state");
    assert_eq!(play.stage.next(ann)["type"], "user_message");
}

#[test]
fn past_its_limit_a_connection_is_refused_and_past_twice_that_it_is_closed() {
    let mut play = Play::limited(10, 0);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(ann)["type"], "user_joined");
    for _ in 0..9 {
        play.say(ann, json!({"action": "cancel"}));
    }
    for _ in 0..40 {
        play.say(ann, json!({"action": "typing"}));
    }
    assert_eq!(play.stage.received(ann), Vec::<Value>::new(), "typing is not counted");
    for count in 11..=20 {
        play.say(ann, json!({"action": "message", "data": {"content": "x"}, "requestId": "r"}));
        let refused = play.stage.next(ann);
        assert_eq!(refusal(&refused).0, "RATE_LIMIT_EXCEEDED", "{count}");
        assert_eq!(refused["requestId"], "r");
        let wait = refused["data"]["retryAfterMs"].as_u64().unwrap();
        assert!((59_000..=62_000).contains(&wait), "{wait}");
    }
    assert!(!play.stage.is_closed(ann));
    play.stage.send(ann, "nonsense counts too");
    let refused = play.stage.next(ann);
    assert_eq!(refusal(&refused).0, "RATE_LIMIT_EXCEEDED");
    assert!(refused["data"]["retryAfterMs"].is_u64());
    assert_eq!(play.stage.closed(ann), CloseReason::RATE_LIMIT);
    assert_eq!(play.stored("ann", &session), Vec::<String>::new());
    play.clock.advance(Duration::from_secs(62));
    play.say(bob, json!({"action": "message", "data": {"content": "x"}}));
    assert_eq!(play.stage.expect(bob, "user_message")["data"]["user_id"], "bob");
}

#[test]
fn past_the_sessions_limit_nothing_is_stored_and_nobody_is_closed() {
    let mut play = Play::limited(0, 3);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let other = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    let says = |text: &str| json!({"action": "message", "data": {"content": text}});
    for who in [ann, bob, ann] {
        play.say(who, says("x"));
    }
    for _ in 0..10 {
        play.say(bob, says("y"));
        let refused = play.stage.expect(bob, "error");
        assert_eq!(refusal(&refused).0, "RATE_LIMIT_EXCEEDED");
        assert!(refused["data"]["retryAfterMs"].is_u64());
    }
    assert!(!play.stage.is_closed(bob));
    let elsewhere = play.joined("ann", &other);
    play.say(elsewhere, says("z"));
    assert_eq!(play.stage.next(elsewhere)["type"], "user_message");
    assert!(!play.stored("ann", &session).contains(&"y".to_owned()));
}

#[test]
fn a_repeat_takes_no_place_in_a_sessions_limit_and_is_answered_past_it() {
    let mut play = Play::limited(0, 2);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    let says = |id: &str| json!({"action": "message", "data": {"content": id}, "requestId": id});
    for (id, seq) in [("a", 1), ("a", 1), ("a", 1)] {
        play.say(ann, says(id));
        assert_eq!(play.stage.expect(ann, "user_message")["data"]["seq"], seq);
    }
    play.say(ann, says("b"));
    assert_eq!(play.stage.expect(ann, "user_message")["data"]["content"], "b");
    play.say(ann, says("c"));
    let refused = play.stage.expect(ann, "error");
    assert_eq!(refusal(&refused).0, "RATE_LIMIT_EXCEEDED");
    assert!(refused["data"]["retryAfterMs"].is_u64());
    play.say(ann, says("a"));
    assert_eq!(play.stage.expect(ann, "user_message")["data"]["seq"], 1);
    assert!(!play.stored("ann", &session).contains(&"c".to_owned()));
}

#[test]
fn what_the_transport_finds_is_said_in_this_protocols_words() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    for (fault, code, text) in [
        (Fault::TooLarge, "MESSAGE_TOO_LARGE", "Message too large"),
        (Fault::TokenExpired, "UNAUTHORIZED", "Token expired"),
        (Fault::NotAuthenticated, "UNAUTHORIZED", "Unauthorized"),
        (Fault::Revoked, "UNAUTHORIZED", "Revoked"),
        (Fault::Idle, "CONNECTION_TIMEOUT", "Idle timeout"),
        (Fault::TooOld, "CONNECTION_TIMEOUT", "Connection too old"),
        (Fault::TooSlow, "UNAVAILABLE", "This connection took too little"),
        (Fault::GoingDown, "UNAVAILABLE", "The server goes down"),
    ] {
        let ann = play.connect("ann", &session);
        play.stage.fault(ann, fault);
        let said = play.stage.next(ann);
        assert_eq!((refusal(&said).0.as_str(), &said["message"]), (code, &json!(text)));
    }
    let ann = play.joined("ann", &session);
    play.stage.fault(ann, Fault::Restarting);
    let said = play.stage.next(ann);
    assert_eq!((&said["type"], &said["data"]["code"]), (&json!("system"), &json!("restarting")));
    let outside = play.connect("ann", &session);
    play.stage.fault(outside, Fault::Restarting);
    assert_eq!(play.stage.received(outside), Vec::<Value>::new());
}

#[test]
fn a_store_that_takes_nothing_is_said_so_and_the_connection_stays() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.store.close();
    play.say(ann, json!({"action": "message", "requestId": "r", "data": {"content": "x"}}));
    let refused = play.stage.next(ann);
    assert_eq!(
        (refusal(&refused).0.as_str(), &refused["requestId"]),
        ("INTERNAL_ERROR", &json!("r"))
    );
    assert_eq!(refused["message"], "Failed to process message");
    play.say(ann, json!({"action": "join", "requestId": "j"}));
    let refused = play.stage.next(ann);
    assert_eq!(
        (&refused["message"], &refused["requestId"]),
        (&json!("Failed to join session"), &json!("j"))
    );
    assert!(!play.stage.is_closed(ann));
}
