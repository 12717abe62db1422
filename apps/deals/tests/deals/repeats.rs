//! The same message sent again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Play;

fn hi(recipient: &str) -> Value {
    json!({"recipientId": recipient, "content": "hi"})
}

#[test]
fn a_repeat_gets_the_first_answer_and_nothing_is_stored_or_told_twice() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.join(ada, "r");
    play.join(bob, "r");
    for (recipient, own_copies) in [("r", 1), ("bob", 0)] {
        play.ask_as(ada, "1", "sendMessage", hi(recipient));
        let first = play.told(ada, "messageSent");
        play.advance(90);
        play.ask_as(ada, "1", "sendMessage", hi(recipient));
        let heard = play.heard(ada);
        assert_eq!(heard.len(), own_copies + 1, "{heard:?}");
        let again = heard.last().unwrap();
        assert_eq!((&again["data"], &again["requestId"]), (&first, &json!("1")));
        assert_eq!(play.heard(bob).len(), 1);
    }
}

#[test]
fn what_was_queued_at_first_is_so_though_its_recipient_came_since_and_after_a_crash() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.ask_as(ada, "q", "sendMessage", hi("bob"));
    let queued = play.told(ada, "messageSent");
    assert_eq!(queued["status"], "queued");
    let bob = play.open_for("bob");
    play.told(bob, "ChatMessage");
    play.ask_as(ada, "d", "sendMessage", hi("bob"));
    let delivered = play.told(ada, "messageSent");
    assert_eq!(delivered["status"], "delivered");
    play.ask_as(ada, "q", "sendMessage", hi("bob"));
    assert_eq!(play.told(ada, "messageSent"), queued);
    let mut play = play.crash();
    let ada = play.enter("ada");
    for (id, first) in [("d", delivered), ("q", queued)] {
        play.ask_as(ada, id, "sendMessage", hi("bob"));
        assert_eq!(play.told(ada, "messageSent"), first);
    }
}

#[test]
fn the_same_id_with_another_body_is_refused_and_with_another_recipient_is_another_message() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.ask_as(ada, "1", "sendMessage", hi("bob"));
    let first = play.told(ada, "messageSent");
    let changed = [
        json!({"recipientId": "bob", "content": "ho"}),
        json!({"recipientId": "bob", "content": "hi", "type": "code"}),
    ];
    for data in changed {
        play.ask_as(ada, "1", "sendMessage", data);
        let error = play.refused(ada, "VALIDATION_ERROR");
        assert_eq!(error["details"]["field"], "requestId");
    }
    play.ask_as(ada, "1", "sendMessage", hi("cy"));
    assert_ne!(play.told(ada, "messageSent")["messageId"], first["messageId"]);
    let bob = play.enter("bob2");
    play.ask_as(bob, "1", "sendMessage", hi("bob"));
    assert_ne!(play.told(bob, "messageSent")["messageId"], first["messageId"]);
}

#[test]
fn a_conversation_takes_its_limit_in_a_minute_and_repeats_do_not_count() {
    let mut play = Play::limited(0, 3);
    let ada = play.enter("ada");
    for number in 1..=3 {
        play.ask_as(ada, &number.to_string(), "sendMessage", hi("bob"));
        play.told(ada, "messageSent");
        play.ask_as(ada, &number.to_string(), "sendMessage", hi("bob"));
        play.told(ada, "messageSent");
    }
    for id in [Some("4"), None] {
        play.say(ada, json!({"action": "sendMessage", "data": hi("bob"), "requestId": id}));
        let error = play.stage.next(ada);
        assert_eq!(error["data"]["code"], "RATE_LIMIT_EXCEEDED", "{error}");
        assert_eq!(error["requestId"], json!(id));
        assert!(error["data"]["details"]["retryAfterMs"].as_u64().is_some_and(|wait| wait > 0));
    }
    play.ask_as(ada, "2", "sendMessage", hi("bob"));
    play.told(ada, "messageSent");
    play.send(ada, "cy", "another conversation");
    let bob = play.open_for("bob");
    assert_eq!(play.heard(bob).len(), 3);
    play.ask(bob, "sendMessage", hi("ada"));
    play.refused(bob, "RATE_LIMIT_EXCEEDED");
    play.advance(62);
    play.send(ada, "bob", "later");
}

#[test]
fn what_is_known_of_messages_and_waits_of_them_is_kept_no_longer_than_messages() {
    const KEPT: &str = "SELECT count(*) FROM deals_queued_messages";
    const WAITING: &str = "SELECT count(*) FROM deals_mail WHERE kind = 'message'";
    let mut play = Play::new();
    let ada = play.enter("ada");
    for number in 0..600 {
        let data = json!({"recipientId": "bob", "content": "old"});
        play.ask_as(ada, &number.to_string(), "sendMessage", data);
    }
    play.heard(ada);
    let task = json!({"userId": "bob", "status": "running"});
    play.produce("PUT", "/api/tasks/t/status", task);
    play.advance(100);
    play.ask_as(ada, "new", "sendMessage", hi("bob"));
    play.told(ada, "messageSent");
    assert_eq!((play.count(KEPT), play.count(WAITING)), (601, 601));
    let keeping = Arc::clone(&play.deals).keep_messages_for(Duration::from_secs(60));
    let keeping = play.runtime.spawn(keeping);
    let is_over = (0..3000).any(|_| {
        play.rest();
        (play.count(KEPT), play.count(WAITING)) == (1, 1)
    });
    assert!(is_over, "{} are kept, {} wait", play.count(KEPT), play.count(WAITING));
    keeping.abort();
    assert_eq!(play.count("SELECT count(*) FROM deals_mail"), 2, "a task is no message");
    let bob = play.open_for("bob");
    play.told(bob, "TaskStatus");
    assert_eq!(play.told(bob, "ChatMessage")["content"], "hi");
}
