//! Tokens by message: the first one, renewals, contexts, caps.

use std::time::Duration;

use learning::Limits;
use model::CloseReason;
use serde_json::json;

use crate::support::{Class, limit, limited_to};

/// A token whose key would have to be fetched: `{"alg":"RS256","kid":"k"}`, `{"sub":"ada"}`.
const FOREIGN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJhZGEifQ.c2ln";

#[test]
fn a_first_message_brings_the_token_and_enters_the_context() {
    let mut class = Class::new();
    let ada = class.knock();
    let token = class.token("ada", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token, "contextId": "math", "id": "a"}));
    class.send_as(ada, "m", "message", json!({"content": "right behind"}));
    let answer = class.stage.next(ada);
    let data =
        json!({"userId": "ada", "contextId": "math", "expiresAt": "2026-11-29T13:00:00.000Z"});
    assert_eq!((&answer["type"], &answer["id"]), (&json!("authenticated"), &json!("a")));
    assert_eq!(answer["data"], data);
    let own = class.stage.next(ada);
    assert_eq!((&own["id"], &own["data"]["author"]), (&json!("m"), &json!("ada")));
    let bob = class.knock();
    let token = class.token("bob", None);
    class.send_raw(bob, &json!({"type": "auth", "token": token}));
    assert_eq!(class.stage.next(bob)["data"]["contextId"], "default");
    assert!(class.stage.received(ada).is_empty());
}

#[test]
fn whoever_says_anything_else_first_is_a_stranger() {
    let firsts = ["not json", "{}", r#"{"type":"ping"}"#, r#"{"type":"dance"}"#];
    let mut class = Class::new();
    for first in firsts {
        let connection = class.knock();
        class.stage.send(connection, first);
        let _error = class.refused(connection, "UNAUTHORIZED");
        assert_eq!(class.stage.closed(connection), CloseReason::UNAUTHORIZED, "{first}");
    }
    let connection = class.knock();
    class.stage.send_binary(connection, [0]);
    let _error = class.refused(connection, "UNAUTHORIZED");
    assert_eq!(class.stage.closed(connection), CloseReason::UNAUTHORIZED);
}

#[test]
fn a_refused_token_is_the_end_of_a_connection_without_one() {
    let mut class = Class::new();
    let expired = class.token("ada", None);
    class.clock.advance(Duration::from_secs(7200));
    for token in ["nonsense", &expired] {
        let connection = class.knock();
        class.send_raw(connection, &json!({"type": "auth", "token": token, "id": "a"}));
        assert_eq!(class.refused(connection, "UNAUTHORIZED")["id"], "a");
        assert_eq!(class.stage.closed(connection), CloseReason::UNAUTHORIZED);
    }
}

#[test]
fn an_auth_that_is_malformed_may_be_tried_again() {
    let mut class = Class::new();
    let connection = class.knock();
    let token = class.token("ada", None);
    class.send_raw(connection, &json!({"type": "auth", "token": token, "contextId": ""}));
    let error = class.refused(connection, "VALIDATION_ERROR");
    assert_eq!(error["data"]["field"], "contextId");
    class.send_raw(connection, &json!({"type": "auth", "token": token}));
    assert_eq!(class.stage.next(connection)["type"], "authenticated");
}

#[test]
fn what_stands_behind_a_token_waits_while_its_key_is_fetched() {
    let mut class = Class::new();
    let connection = class.knock();
    class.send_raw(connection, &json!({"type": "auth", "token": FOREIGN, "id": "1"}));
    let token = class.token("ada", None);
    class.send_raw(connection, &json!({"type": "auth", "token": token, "id": "2"}));
    class.send_as(connection, "3", "ping", json!({}));
    let error = class.refused(connection, "UNAVAILABLE");
    assert_eq!((&error["id"], &error["data"]["retryAfterMs"]), (&json!("1"), &json!(1000)));
    assert_eq!(class.stage.next(connection)["id"], "2");
    assert_eq!(class.stage.next(connection)["id"], "3");
}

#[test]
fn a_token_is_renewed_in_place_for_the_same_person_only() {
    let mut class = Class::new();
    let [ada, bob] = ["ada", "bob"].map(|user| class.enter(user, "math"));
    let _joined = class.stage.expect(ada, "user_joined");
    class.clock.advance(Duration::from_secs(60));
    let token = class.token("ada", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token, "id": "r"}));
    let renewed = class.stage.next(ada);
    let data =
        json!({"userId": "ada", "contextId": "math", "expiresAt": "2026-11-29T13:01:00.000Z"});
    assert_eq!((&renewed["id"], &renewed["data"]), (&json!("r"), &data));
    let token = class.token("bob", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token}));
    let _error = class.refused(ada, "UNAUTHORIZED");
    class.send_raw(ada, &json!({"type": "auth", "token": "nonsense"}));
    let _error = class.refused(ada, "UNAUTHORIZED");
    let token = class.token("ada", Some(&["art"]));
    class.send_raw(ada, &json!({"type": "auth", "token": token}));
    let _error = class.refused(ada, "FORBIDDEN");
    let token = class.token("ada", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token, "contextId": "art"}));
    assert_eq!(class.refused(ada, "VALIDATION_ERROR")["data"]["field"], "contextId");
    class.send(ada, "message", json!({"content": "still me"}));
    assert_eq!(class.stage.expect(bob, "message")["data"]["author"], "ada");
}

#[test]
fn a_token_that_names_contexts_opens_no_other() {
    let mut class = Class::new();
    let ada = class.enter_as(limited_to("ada", &["math"]), Some("art"));
    assert_eq!(class.refused(ada, "FORBIDDEN")["data"]["field"], "contextId");
    class.send_as(ada, "m", "message", json!({"content": "hi"}));
    assert_eq!(class.refused(ada, "NOT_JOINED")["id"], "m");
    class.send(ada, "ping", json!({}));
    assert_eq!(class.stage.next(ada)["type"], "pong");
    let token = class.token("ada", Some(&["math"]));
    class.send_raw(ada, &json!({"type": "auth", "token": token, "contextId": "math"}));
    assert_eq!(class.stage.next(ada)["data"]["contextId"], "math");
    class.send(ada, "message", json!({"content": "hi"}));
    assert_eq!(class.stage.next(ada)["data"]["seq"], 1);

    let eve = class.knock();
    let token = class.token("eve", Some(&["art"]));
    class.send_raw(eve, &json!({"type": "auth", "token": token}));
    let _error = class.refused(eve, "FORBIDDEN");
    class.send_raw(eve, &json!({"type": "auth", "token": token, "contextId": "art"}));
    assert_eq!(class.stage.next(eve)["type"], "authenticated");
}

#[test]
fn a_context_in_the_query_is_entered_once_the_token_comes() {
    let mut class = Class::new();
    let session = class.learning.chat(None, Some("math"));
    let ada = class.stage.open(None, session);
    let token = class.token("ada", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token}));
    assert_eq!(class.stage.next(ada)["data"]["contextId"], "math");
    let long = "x".repeat(257);
    let bob = class.enter("bob", &long);
    assert_eq!(class.refused(bob, "VALIDATION_ERROR")["data"]["field"], "contextId");
}

#[test]
fn a_person_has_so_many_connections_and_no_more() {
    let limits = Limits { max_connections_per_user: limit(1), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let token = class.token("ada", None);
    let auth = json!({"type": "auth", "token": token});
    let first = class.knock();
    class.send_raw(first, &auth);
    assert_eq!(class.stage.next(first)["type"], "authenticated");
    let second = class.knock();
    class.send_raw(second, &auth);
    let _error = class.refused(second, "FORBIDDEN");
    assert_eq!(class.stage.closed(second), CloseReason::TOO_MANY_CONNECTIONS);
    let third = class.knock();
    class.send_raw(third, &auth);
    class.stage.close(first, &CloseReason::LOST);
    assert_eq!(class.stage.next(third)["type"], "authenticated");
}
