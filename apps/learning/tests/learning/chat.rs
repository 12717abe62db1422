//! What people say, see and are refused in a context.

use std::time::Duration;

use hub::{DROP_GRACE, Fault};
use learning::Limits;
use model::CloseReason;
use serde_json::{Value, json};
use storage::Options;

use crate::support::{Class, limit};

const NOON_TEXT: &str = "2026-11-29T12:00:00.000Z";

fn seqs(page: &Value) -> Vec<u64> {
    let messages = page["data"]["messages"].as_array().unwrap();
    messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect()
}

#[test]
fn nothing_is_sent_before_it_is_asked_for() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    class.send_as(ada, "p", "ping", json!(null));
    let pong = json!({"type": "pong", "id": "p", "timestamp": NOON_TEXT, "data": {}});
    assert_eq!(class.stage.received(ada), [pong]);
}

#[test]
fn a_message_goes_to_everybody_in_the_context_and_echoes_its_id_to_its_sender() {
    let mut class = Class::new();
    let [ada, bob] = ["ada", "bob"].map(|user| class.enter(user, "math"));
    let eve = class.enter("eve", "art");
    let _joined = class.stage.expect(ada, "user_joined");
    class.send_as(ada, "m1", "message", json!({"content": " Hello\n", "messageType": "code"}));
    let mut own = class.stage.next(ada);
    let id = own["data"]["id"].clone();
    let data = json!({
        "id": id, "content": "Hello", "author": "ada", "authorName": "ADA",
        "timestamp": NOON_TEXT, "messageType": "code", "seq": 1,
    });
    let told = json!({"type": "message", "timestamp": NOON_TEXT, "data": data});
    assert_eq!(class.stage.next(bob), told);
    assert_eq!(own.as_object_mut().unwrap().remove("id"), Some(json!("m1")));
    assert_eq!(own, told);
    assert!(class.stage.received(eve).is_empty());
}

#[test]
fn answers_come_in_the_order_of_what_they_answer() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    for number in 0..5 {
        class.send_as(ada, &format!("m{number}"), "message", json!({"content": "hi"}));
        class.send_as(ada, &format!("h{number}"), "history", json!({}));
        class.send_as(ada, &format!("p{number}"), "ping", json!({}));
    }
    let expected = (0..5).flat_map(|number| ["m", "h", "p"].map(|kind| format!("{kind}{number}")));
    for id in expected {
        assert_eq!(class.stage.next(ada)["id"], id);
    }
}

#[test]
fn a_repeat_is_answered_to_its_sender_alone_and_another_body_is_an_error() {
    let mut class = Class::new();
    let [ada, bob] = ["ada", "bob"].map(|user| class.enter(user, "math"));
    class.send_as(ada, "k", "message", json!({"content": "once"}));
    let first = class.stage.expect(ada, "message");
    let _told = class.stage.next(bob);
    class.send_as(ada, "k", "message", json!({"content": "once"}));
    assert_eq!(class.stage.next(ada), first);
    class.send_as(ada, "k", "message", json!({"content": "other"}));
    let error = class.refused(ada, "VALIDATION_ERROR");
    assert_eq!((&error["id"], &error["data"]["field"]), (&json!("k"), &json!("id")));
    assert!(class.stage.received(bob).is_empty());
    class.send_as(bob, "k", "message", json!({"content": "my own"}));
    assert_eq!(class.stage.next(bob)["data"]["seq"], 2);
}

#[test]
fn history_tells_what_was_said_and_what_somebody_missed() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    let mut ids = Vec::new();
    for number in 1..=4 {
        class.clock.advance(Duration::from_secs(60));
        class.send(ada, "message", json!({"content": number.to_string()}));
        ids.push(class.stage.next(ada)["data"]["id"].clone());
    }
    let mut ask = |data: Value| {
        class.send_as(ada, "h", "history", data);
        let page = class.stage.next(ada);
        assert_eq!((&page["type"], &page["id"]), (&json!("history"), &json!("h")), "{page}");
        assert_eq!(page["data"]["epoch"], class.store.epoch());
        let has_more = page["data"]["hasMore"].as_bool().unwrap();
        (seqs(&page), has_more, page["data"]["recovered"].as_bool().unwrap())
    };
    assert_eq!(ask(json!({})), (vec![1, 2, 3, 4], false, false));
    assert_eq!(ask(json!({"limit": 2})), (vec![3, 4], true, false));
    assert_eq!(ask(json!({"before": 3, "limit": 1})), (vec![2], true, false));
    assert_eq!(ask(json!({"before": ids[1]})), (vec![1], false, false));
    assert_eq!(ask(json!({"before": "2026-11-29T12:02:00Z"})), (vec![1], false, false));
    assert_eq!(ask(json!({"after": ids[1]})), (vec![3, 4], false, true));
    assert_eq!(ask(json!({"after": 0, "limit": 3})), (vec![1, 2, 3], true, true));
    assert_eq!(ask(json!({"after": "2026-11-29T12:03:00Z"})), (vec![4], false, true));
    assert_eq!(ask(json!({"after": 1, "before": 4})), (vec![2, 3], false, true));
    assert_eq!(ask(json!({"after": 99})), (vec![1, 2, 3, 4], false, false));
    assert_eq!(ask(json!({"after": 3, "epoch": "another"})), (vec![1, 2, 3, 4], false, false));
}

#[test]
fn people_are_counted_and_their_comings_and_goings_told_once() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    let bob = class.enter("bob", "math");
    let told = json!({"userId": "bob", "username": "BOB", "onlineCount": 2});
    assert_eq!(class.stage.next(ada)["data"], told);
    let bob_again = class.enter("bob", "math");
    class.send_as(bob_again, "q", "members", json!({}));
    let users = json!([{"userId": "ada", "username": "ADA"}, {"userId": "bob", "username": "BOB"}]);
    let members = class.stage.next(bob_again);
    assert_eq!(members["id"], "q");
    assert_eq!(members["data"], json!({"users": users, "onlineCount": 2}));
    class.stage.close(bob, &CloseReason::LOST);
    class.stage.close(bob_again, &CloseReason::NORMAL);
    class.stage.hub.expire_absences();
    assert!(class.stage.received(ada).is_empty());
    class.clock.advance(DROP_GRACE);
    class.stage.hub.expire_absences();
    let left = class.stage.next(ada);
    assert_eq!(left["type"], "user_left");
    assert_eq!(left["data"], json!({"userId": "bob", "username": "BOB", "onlineCount": 1}));
    assert!(class.stage.received(ada).is_empty());
}

#[test]
fn typing_is_for_other_people_and_not_counted() {
    let limits = Limits { messages_per_minute: limit(1), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let [ada, also_ada, bob] = ["ada", "ada", "bob"].map(|user| class.enter(user, "math"));
    for is_typing in [true, false, true] {
        class.send(ada, "typing", json!({"isTyping": is_typing, "userId": "bob"}));
        let told = class.stage.expect(bob, "typing");
        let data = json!({"userId": "ada", "username": "ADA", "isTyping": is_typing});
        assert_eq!(told["data"], data);
    }
    class.send(ada, "ping", json!({}));
    let _pong = class.stage.expect(ada, "pong");
    assert!(class.stage.received(ada).is_empty());
    let types = class.stage.received(also_ada);
    assert!(types.iter().all(|event| event["type"] == "user_joined"), "{types:?}");
}

#[test]
fn typing_ends_by_itself() {
    let mut class = Class::new();
    let [ada, bob] = ["ada", "bob"].map(|user| class.enter(user, "math"));
    class.send(ada, "typing", json!({"isTyping": true}));
    assert_eq!(class.stage.expect(bob, "typing")["data"]["isTyping"], true);
    class.clock.advance(Duration::from_secs(5));
    assert_eq!(class.stage.expect(bob, "typing")["data"]["isTyping"], false);
}

#[test]
fn past_the_limit_of_messages_comes_the_error_and_then_the_end() {
    let limits = Limits { messages_per_minute: limit(3), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let ada = class.enter("ada", "math");
    class.send(ada, "ping", json!({}));
    class.stage.send(ada, "rubbish");
    class.stage.send_binary(ada, [1, 2, 3]);
    class.send_as(ada, "late", "ping", json!({}));
    assert_eq!(class.stage.next(ada)["type"], "pong");
    let _invalid = class.refused(ada, "VALIDATION_ERROR");
    let _binary = class.refused(ada, "VALIDATION_ERROR");
    let error = class.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["id"], "late");
    assert!(error["data"]["retryAfterMs"].as_u64().unwrap() >= 60_000);
    assert_eq!(class.stage.closed(ada), CloseReason::RATE_LIMIT);
}

#[test]
fn past_the_limit_of_a_context_nothing_is_stored_and_nobody_is_closed() {
    let limits = Limits { broadcasts_per_minute: limit(2), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let [ada, bob] = ["ada", "bob"].map(|user| class.enter(user, "math"));
    let _joined = class.stage.expect(ada, "user_joined");
    for (seq, user) in [(1, ada), (2, bob)] {
        class.send(user, "message", json!({"content": "hi"}));
        assert_eq!(class.stage.next(ada)["data"]["seq"], seq);
    }
    class.send_as(ada, "m", "message", json!({"content": "hi"}));
    let error = class.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["id"], "m");
    assert!(error["data"]["retryAfterMs"].is_u64());
    let other = class.enter("ada", "art");
    class.send(other, "message", json!({"content": "elsewhere"}));
    assert_eq!(class.stage.expect(other, "message")["data"]["seq"], 1);
    class.clock.advance(Duration::from_secs(62));
    class.send(ada, "message", json!({"content": "later"}));
    assert_eq!(class.stage.expect(ada, "message")["data"]["seq"], 3);
}

#[test]
fn a_repeat_takes_no_place_in_a_contexts_limit_and_is_answered_past_it() {
    let limits = Limits { broadcasts_per_minute: limit(2), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let ada = class.enter("ada", "math");
    for _ in 0..3 {
        class.send_as(ada, "a", "message", json!({"content": "first"}));
        assert_eq!(class.stage.expect(ada, "message")["data"]["seq"], 1);
    }
    class.send_as(ada, "a", "message", json!({"content": "another"}));
    assert_eq!(class.refused(ada, "VALIDATION_ERROR")["data"]["field"], "id");
    class.send_as(ada, "b", "message", json!({"content": "second"}));
    assert_eq!(class.stage.expect(ada, "message")["data"]["seq"], 2);
    class.send_as(ada, "c", "message", json!({"content": "third"}));
    let error = class.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["id"], "c");
    assert!(error["data"]["retryAfterMs"].is_u64());
    class.send_as(ada, "a", "message", json!({"content": "first"}));
    let again = class.stage.expect(ada, "message");
    assert_eq!((&again["id"], &again["data"]["seq"]), (&json!("a"), &json!(1)));
}

#[test]
fn a_store_that_takes_nothing_is_unavailable_and_the_connection_stays() {
    let options = Options { interactive_rows_max: 0, ..Options::default() };
    let mut class = Class::with(Limits::default(), &options);
    let ada = class.enter("ada", "math");
    class.send_as(ada, "m", "message", json!({"content": "hi"}));
    let error = class.refused(ada, "UNAVAILABLE");
    assert_eq!((&error["id"], &error["data"]["retryAfterMs"]), (&json!("m"), &json!(1000)));
    class.send(ada, "ping", json!({}));
    assert_eq!(class.stage.next(ada)["type"], "pong");
}

#[test]
fn what_is_no_message_is_an_error_that_names_the_field_and_the_connection_stays() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    class.send_as(ada, "x", "dance", json!({}));
    let error = class.refused(ada, "VALIDATION_ERROR");
    assert_eq!((&error["id"], &error["data"]["field"]), (&json!("x"), &json!("type")));
    class.send(ada, "message", json!({"content": " "}));
    assert_eq!(class.refused(ada, "VALIDATION_ERROR")["data"]["field"], "data.content");
    class.stage.send_binary(ada, [0]);
    let _error = class.refused(ada, "VALIDATION_ERROR");
    class.send(ada, "ping", json!({}));
    assert_eq!(class.stage.next(ada)["type"], "pong");
}

#[test]
fn each_fault_has_its_error() {
    let cases = [
        (Fault::TooLarge, "MESSAGE_TOO_LARGE"),
        (Fault::TokenExpired, "UNAUTHORIZED"),
        (Fault::Revoked, "UNAUTHORIZED"),
        (Fault::NotAuthenticated, "UNAUTHORIZED"),
        (Fault::Idle, "CONNECTION_TIMEOUT"),
        (Fault::TooOld, "CONNECTION_TIMEOUT"),
        (Fault::Restarting, "UNAVAILABLE"),
        (Fault::GoingDown, "UNAVAILABLE"),
        (Fault::TooSlow, "UNAVAILABLE"),
    ];
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    for (fault, code) in cases {
        class.stage.fault(ada, fault);
        let _error = class.refused(ada, code);
    }
}
