//! What connections are held to, and what is no message.

use analysis::Limits;
use hub::Fault;
use intelligence::TextProvider;
use model::CloseReason;
use serde_json::json;

use crate::support::{Play, limit};

#[test]
fn a_minute_has_so_many_messages_and_whoever_goes_on_at_twice_that_is_closed() {
    let limits = Limits { messages_per_minute: limit(100), ..Limits::default() };
    let mut play = Play::with(limits, TextProvider::Builtin);
    let ada = play.enter("ada");
    for _ in 0..100 {
        play.send(ada, "ping", json!({}));
        play.told(ada, "pong");
    }
    for number in 0..100 {
        // What is refused counts too, whatever it is.
        let id = number.to_string();
        play.send_as(ada, &id, if number % 2 == 0 { "ping" } else { "dance" }, json!({}));
        let error = play.stage.next(ada);
        assert_eq!(error["requestId"], id);
        assert_eq!(error["payload"]["errorCode"], "RATE_LIMIT_EXCEEDED");
        assert_eq!(error["payload"]["retryable"], true);
        assert!(error["payload"]["details"]["retryAfterMs"].as_u64().unwrap() > 0);
        assert!(!play.stage.is_closed(ada));
    }
    play.send(ada, "ping", json!({}));
    play.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert_eq!(play.stage.closed(ada), CloseReason::RATE_LIMIT);
}

#[test]
fn a_connection_that_waits_as_told_goes_on() {
    let limits = Limits { messages_per_minute: limit(1), ..Limits::default() };
    let mut play = Play::with(limits, TextProvider::Builtin);
    let ada = play.enter("ada");
    play.send(ada, "ping", json!({}));
    play.told(ada, "pong");
    play.send(ada, "ping", json!({}));
    let error = play.refused(ada, "RATE_LIMIT_EXCEEDED");
    let wait = error["details"]["retryAfterMs"].as_u64().unwrap();
    play.clock.advance(std::time::Duration::from_millis(wait));
    play.send(ada, "ping", json!({}));
    play.told(ada, "pong");
}

#[test]
fn what_is_no_message_is_refused_with_its_field_and_the_connection_stays() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let nest = "[".repeat(70) + &"]".repeat(70);
    let cases = [
        ("not json".to_owned(), "message"),
        ("[]".to_owned(), "message"),
        (format!(r#"{{"type":"ping","payload":{nest}}}"#), "message"),
        ("{}".to_owned(), "type"),
        (r#"{"type":"dance"}"#.to_owned(), "type"),
        (r#"{"type":"ping","payload":7}"#.to_owned(), "payload"),
        (r#"{"type":"subscribe_analysis"}"#.to_owned(), "payload.analysisId"),
        (r#"{"type":"resume_interview","payload":{}}"#.to_owned(), "payload.sessionId"),
    ];
    for (text, field) in cases {
        play.stage.send(ada, text);
        let error = play.refused(ada, "INVALID_MESSAGE_FORMAT");
        assert_eq!(error["details"]["field"], field);
        assert_eq!(error["retryable"], false);
    }
    play.stage.send_binary(ada, *b"{\"type\":\"ping\"}");
    assert_eq!(play.refused(ada, "INVALID_MESSAGE_FORMAT")["details"]["field"], "message");
    play.send(ada, "ping", json!({"more": "is ignored"}));
    play.told(ada, "pong");
}

#[test]
fn every_fault_of_the_connection_has_its_error() {
    let cases = [
        (Fault::TooLarge, "MESSAGE_TOO_LARGE", false),
        (Fault::TokenExpired, "UNAUTHORIZED", false),
        (Fault::NotAuthenticated, "UNAUTHORIZED", false),
        (Fault::Revoked, "UNAUTHORIZED", false),
        (Fault::Idle, "CONNECTION_TIMEOUT", true),
        (Fault::TooOld, "CONNECTION_TIMEOUT", true),
        (Fault::Restarting, "INTERNAL_ERROR", true),
        (Fault::GoingDown, "INTERNAL_ERROR", true),
        (Fault::TooSlow, "INTERNAL_ERROR", true),
    ];
    let mut play = Play::new();
    let ada = play.enter("ada");
    for (fault, code, retryable) in cases {
        play.stage.fault(ada, fault);
        assert_eq!(play.refused(ada, code)["retryable"], retryable, "{fault:?}");
    }
}

#[test]
fn one_connection_subscribes_to_so_many_analyses() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for number in 0..1000 {
        play.analysis(&format!("a{number}"), "ada", 1);
        play.send(ada, "subscribe_analysis", json!({"analysisId": format!("a{number}")}));
        play.told(ada, "subscription_confirmed");
    }
    play.analysis("late", "ada", 1);
    play.send(ada, "subscribe_analysis", json!({"analysisId": "late"}));
    play.refused(ada, "RATE_LIMIT_EXCEEDED");
    play.send(ada, "unsubscribe_analysis", json!({"analysisId": "a7"}));
    play.told(ada, "unsubscription_confirmed");
    play.send(ada, "subscribe_analysis", json!({"analysisId": "late"}));
    play.told(ada, "subscription_confirmed");
}
