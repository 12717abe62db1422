//! Messages to one person: there at once, or waiting until a connection has taken them.

use serde_json::{Value, json};

use crate::support::{Play, text};

fn contents(heard: &[Value]) -> Vec<String> {
    let messages = heard.iter().filter(|message| message["type"] == "ChatMessage");
    messages.map(|message| text(&message["data"]["content"])).collect()
}

#[test]
fn a_message_goes_to_all_connections_of_its_recipient_and_to_the_senders_others() {
    let mut play = Play::new();
    let (ada, beside) = (play.enter("ada"), play.enter("ada"));
    let (bob, too, other) = (play.enter("bob"), play.enter("bob"), play.enter("cy"));
    let sent = play.send(ada, "bob", "hi");
    assert_eq!(sent["status"], "delivered");
    let expected = json!({
        "messageId": sent["messageId"], "senderId": "ada", "recipientId": "bob", "content": "hi",
        "type": "text", "timestamp": sent["timestamp"], "seq": 1,
    });
    for connection in [bob, too, beside] {
        assert_eq!(play.told(connection, "ChatMessage"), expected);
    }
    for connection in [ada, other, bob, too, beside] {
        assert!(play.heard(connection).is_empty());
    }
}

#[test]
fn two_people_have_one_order() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.send(ada, "bob", "one");
    assert_eq!(play.told(bob, "ChatMessage")["seq"], 1);
    play.send(bob, "ada", "two");
    assert_eq!(play.told(ada, "ChatMessage")["seq"], 2);
    play.enter("cy");
    play.send(ada, "cy", "another conversation");
    assert_eq!(play.send(bob, "ada", "three").get("seq"), None);
    assert_eq!(play.told(ada, "ChatMessage")["seq"], 3);
}

#[test]
fn what_one_writes_to_oneself_comes_once_to_each_of_ones_connections() {
    let mut play = Play::new();
    let (ada, beside) = (play.enter("ada"), play.enter("ada"));
    assert_eq!(play.send(ada, "ada", "note")["status"], "delivered");
    assert_eq!(contents(&play.heard(ada)), ["note"]);
    assert_eq!(contents(&play.heard(beside)), ["note"]);
    let later = play.open_for("ada");
    assert!(play.heard(later).is_empty(), "it was taken");
}

#[test]
fn what_was_said_to_somebody_away_comes_in_order_when_they_are_back_and_then_no_more() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for content in ["one", "two", "three"] {
        assert_eq!(play.send(ada, "bob", content)["status"], "queued");
    }
    // Told before anybody is here, not to somebody whose mail is being read.
    play.catch_up();
    let bob = play.open_for("bob");
    assert_eq!(contents(&play.heard(bob)), ["one", "two", "three"]);
    play.send(ada, "bob", "four");
    assert_eq!(play.told(bob, "ChatMessage")["content"], "four");
    play.catch_up();
    play.lose(bob);
    let bob = play.open_for("bob");
    assert!(play.heard(bob).is_empty());
}

#[test]
fn what_a_connection_did_not_take_comes_again_under_the_same_id() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.stage.takes_nothing(bob, true);
    let id = text(&play.send(ada, "bob", "lost on its way")["messageId"]);
    play.catch_up();
    play.lose(bob);
    let bob = play.open_for("bob");
    assert_eq!(play.told(bob, "ChatMessage")["messageId"], id);
    play.catch_up();
    play.lose(bob);
    let bob = play.open_for("bob");
    assert!(play.heard(bob).is_empty());
}

#[test]
fn what_was_said_before_a_crash_comes_after_it_once_to_a_connection() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.stage.takes_nothing(bob, true);
    play.send(ada, "bob", "in the middle");
    let mut play = play.crash();
    let (bob, ada) = (play.open_for("bob"), play.open_for("ada"));
    assert_eq!(contents(&play.heard(bob)), ["in the middle"]);
    assert!(play.heard(ada).is_empty(), "nothing of one's own waits");
    assert_eq!(play.send(ada, "bob", "on")["status"], "delivered");
    assert_eq!(contents(&play.heard(bob)), ["on"]);
}

#[test]
fn a_sender_that_was_just_told_it_was_sent_is_followed_by_nothing_of_its_own() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for number in 0..50 {
        let data = json!({"recipientId": "bob", "content": number.to_string()});
        play.ask(ada, "sendMessage", data);
    }
    let heard = play.heard(ada);
    assert_eq!(heard.len(), 50);
    assert!(heard.iter().all(|message| message["type"] == "messageSent"));
}

#[test]
fn ids_that_look_like_two_people_are_not_mixed_up() {
    let mut play = Play::new();
    let (a, ab) = (play.enter("a"), play.enter("a:b"));
    play.send(a, "b:c", "one");
    play.send(ab, "c", "two");
    // Told before anybody is here, not to somebody whose mail is being read.
    play.catch_up();
    let (c, bc) = (play.open_for("c"), play.open_for("b:c"));
    assert_eq!(contents(&play.heard(c)), ["two"]);
    let heard = play.heard(bc);
    assert_eq!(contents(&heard), ["one"]);
    assert_eq!(heard[0]["data"]["seq"], 1);
}
