//! Routes that are handled elsewhere.

use model::CloseReason;
use serde_json::{Value, json};

use crate::support::handler::{Handler, WAIT};
use crate::support::{Play, Setting, identity};

fn with_routes(routes: &[(&str, &Handler)], concurrency: usize) -> Play {
    let routes = routes.iter().map(|(action, handler)| ((*action).to_owned(), handler.url()));
    Play::with(Setting { routes: routes.collect(), concurrency, ..Setting::default() })
}

fn body(event: &Value) -> &str {
    event["body"].as_str().unwrap_or_default()
}

#[test]
fn a_routes_handler_gets_the_message_as_it_came_and_its_answer_is_sent_back() {
    let handler = Handler::start(|_| (200, r#"{"type": "bidPlaced"}"#));
    let mut play = with_routes(&[("placeBid", &handler)], 0);
    let ada = play.enter("ada");
    let text = r#"{ "action": "placeBid", "requestId": 7, "more": [1.50] }"#;
    play.stage.send(ada, text);
    assert_eq!(play.stage.next(ada), json!({"type": "bidPlaced"}));
    let event = handler.event();
    assert_eq!(body(&event), text);
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "placeBid");
    assert_eq!(context["eventType"], "MESSAGE");
    assert_eq!(context["connectionId"], ada.to_string());
    assert_eq!(context["authorizer"]["principalId"], "ada");
}

#[test]
fn a_route_goes_before_an_action_of_ours_and_the_default_one_takes_what_no_other_does() {
    let (ours, rest) =
        (Handler::start(|_| (200, "\"ours\"")), Handler::start(|_| (200, "\"rest\"")));
    let mut play = with_routes(&[("refreshToken", &ours), ("$default", &rest)], 0);
    let ada = play.enter("ada");
    play.ask(ada, "refreshToken", json!({}));
    assert_eq!(play.stage.next(ada), "ours");
    for text in
        ["no JSON", "[]", r#"{"action": 7}"#, r#"{"action": "dance"}"#, r#"{"action": "$connect"}"#]
    {
        play.stage.send(ada, text);
        assert_eq!(play.stage.next(ada), "rest", "{text}");
        let event = rest.event();
        assert_eq!(
            (body(&event), &event["requestContext"]["routeKey"]),
            (text, &json!("$default"))
        );
    }
    play.ask(ada, "ping", json!({}));
    play.told(ada, "pong");
    play.ask(ada, "sendMessage", json!({}));
    play.refused(ada, "VALIDATION_ERROR");
    play.stage.send(ada, "[".repeat(65));
    play.refused(ada, "VALIDATION_ERROR");
    assert!(!rest.has_event());
}

#[test]
fn an_empty_answer_sends_nothing_and_a_failed_one_the_error() {
    let handler = Handler::start(|event| match body(event) {
        text if text.contains("empty") => (200, ""),
        _ => (500, "a secret of the handler's"),
    });
    let mut play = with_routes(&[("placeBid", &handler)], 0);
    let ada = play.enter("ada");
    play.ask(ada, "placeBid", json!("empty"));
    play.ask_as(ada, "1", "placeBid", json!("fails"));
    let error = play.stage.next(ada);
    assert_eq!(error["requestId"], "1");
    assert_eq!(error["data"]["code"], "INTERNAL_ERROR");
    assert_eq!(error["data"]["details"]["reason"], "handler_failed");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn answers_come_in_the_order_of_the_messages_and_a_join_waits_for_them() {
    let handler = Handler::start(|_| (200, WAIT));
    let mut play = with_routes(&[("placeBid", &handler)], 0);
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.join(bob, "r");
    play.ask(ada, "placeBid", json!({}));
    play.ask(ada, "ping", json!({}));
    play.ask(ada, "joinRoom", json!({"roomId": "r"}));
    handler.event();
    play.send(bob, "r", "meanwhile");
    play.told(bob, "ChatMessage");
    assert!(play.stage.received(ada).is_empty());
    handler.go_on();
    assert_eq!(play.stage.next(ada), "wait");
    play.told(ada, "pong");
    let joined = play.told(ada, "roomJoined");
    assert_eq!(joined["messages"][0]["content"], "meanwhile");
    play.send(bob, "r", "after");
    assert_eq!(play.told(ada, "ChatMessage")["content"], "after");
}

#[test]
fn past_its_bound_a_call_is_refused_as_busy_at_once() {
    let handler = Handler::start(|_| (200, WAIT));
    let mut play = with_routes(&[("placeBid", &handler)], 1);
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.ask(ada, "placeBid", json!({}));
    handler.event();
    play.ask(bob, "placeBid", json!({}));
    let error = play.refused(bob, "INTERNAL_ERROR");
    assert_eq!(error["details"], json!({"reason": "busy", "retryAfterMs": 1000}));
    handler.go_on();
}

#[test]
fn the_end_of_a_connection_is_told_to_its_route() {
    let handler = Handler::start(|_| (200, ""));
    let mut play = with_routes(&[("$disconnect", &handler)], 0);
    let ada = play.enter("ada");
    play.stage.close(ada, &CloseReason::IDLE);
    let event = handler.event();
    assert_eq!(event["requestContext"]["eventType"], "DISCONNECT");
    assert_eq!(event["requestContext"]["connectionId"], ada.to_string());
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 4408);
}

#[test]
fn whom_the_handler_let_in_is_told_to_have_gone_once_whether_they_opened_or_not() {
    let (asked, told) = (Handler::start(|_| (200, "")), Handler::start(|_| (200, "")));
    let mut play = with_routes(&[("$connect", &asked), ("$disconnect", &told)], 0);
    let status = |told: &Handler| told.event()["requestContext"]["disconnectStatusCode"].clone();
    drop(play.let_in("ada"));
    assert_eq!(status(&told), 1006);
    // Closed before its first turn.
    let mut session = play.let_in("ada");
    session.on_close(&CloseReason::RESTART);
    drop(session);
    assert_eq!(status(&told), 1012);
    let session = play.let_in("ada");
    let opened = play.stage.open(Some(identity("ada")), session);
    play.stage.close(opened, &CloseReason::IDLE);
    assert_eq!(status(&told), 4408);
    play.drain();
    assert!(!told.has_event(), "none of them is told twice");
}
