//! Rooms: joining, speaking, leaving, coming back.

use conversations::Author;
use serde_json::json;

use crate::support::{Play, contents};

#[test]
fn who_is_in_a_room_hears_what_is_said_there_and_so_do_the_senders_own_connections() {
    let mut play = Play::new();
    let (ada, again, bob) = (play.enter("ada"), play.enter("ada"), play.enter("bob"));
    let stranger = play.enter("cy");
    for connection in [ada, again, bob] {
        play.join(connection, "r");
    }
    let data = json!({"recipientId": "r", "content": " hi ", "type": "code"});
    play.ask_as(ada, "1", "sendMessage", data);
    let sent = play.stage.next(ada);
    assert_eq!((&sent["type"], &sent["requestId"]), (&json!("messageSent"), &json!("1")));
    assert_eq!(sent["data"]["status"], "delivered");
    let expected = json!({
        "messageId": sent["data"]["messageId"], "senderId": "ada", "recipientId": "r",
        "roomId": "r", "content": "hi", "type": "code",
        "timestamp": sent["data"]["timestamp"], "seq": 1,
    });
    for connection in [ada, again, bob] {
        let message = play.stage.next(connection);
        assert_eq!(message["data"], expected);
        assert_eq!(message.get("requestId"), None, "what echoes the request is the reply");
    }
    assert!(play.heard(stranger).is_empty());
}

#[test]
fn a_join_tells_who_is_there_and_what_was_said() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    let epoch = play.conversations.epoch().to_owned();
    let empty = json!({
        "roomId": "r", "members": ["bob"], "memberCount": 1, "messages": [], "hasMore": false,
        "epoch": epoch, "recovered": false,
    });
    assert_eq!(play.join(bob, "r"), empty);
    play.send(bob, "r", "one");
    play.told(bob, "ChatMessage");
    let joined = play.join(ada, "r");
    assert_eq!(joined["members"], json!(["ada", "bob"]));
    assert_eq!(joined["memberCount"], 2);
    assert_eq!(contents(&joined["messages"]), ["one"]);
    assert_eq!(joined["messages"][0]["senderId"], "bob");
    assert!(play.heard(bob).is_empty(), "comings are not told");
}

#[test]
fn members_are_counted_by_person_and_at_most_200_are_named() {
    let mut play = Play::new();
    let people: Vec<_> = (0..205).map(|number| play.enter(&format!("p{number:03}"))).collect();
    for person in people {
        play.join(person, "r");
    }
    let again = play.enter("p000");
    let joined = play.join(again, "r");
    assert_eq!(joined["memberCount"], 205);
    let members = joined["members"].as_array().unwrap();
    let members: Vec<_> = members.iter().map(|id| id.as_str().unwrap()).collect();
    assert!(members.len() == 200 && members.is_sorted_by(|one, next| one < next), "{members:?}");
    assert!(members.iter().all(|id| id.starts_with('p')), "{members:?}");
}

#[test]
fn who_comes_back_gets_what_it_missed_or_the_newest_page() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let bob = Author::User { id: "bob".into(), name: "Bob".into() };
    let ids: Vec<String> = (1..=60)
        .map(|number| {
            play.post_beside("r", bob.clone(), &number.to_string()).message.id.to_string()
        })
        .collect();
    let newest = play.join(ada, "r");
    assert_eq!(contents(&newest["messages"])[0], "11");
    assert_eq!((&newest["hasMore"], &newest["recovered"]), (&json!(true), &json!(false)));
    for after in [json!(ids[2]), json!(3)] {
        play.ask(ada, "joinRoom", json!({"roomId": "r", "after": after}));
        let missed = play.told(ada, "roomJoined");
        assert_eq!(contents(&missed["messages"]).len(), 57);
        assert_eq!(contents(&missed["messages"])[0], "4");
        assert_eq!((&missed["hasMore"], &missed["recovered"]), (&json!(false), &json!(true)));
    }
    for (after, epoch) in [(json!("unknown"), None), (json!(3), Some("another")), (json!(99), None)]
    {
        play.ask(ada, "joinRoom", json!({"roomId": "r", "after": after, "epoch": epoch}));
        let joined = play.told(ada, "roomJoined");
        assert_eq!(joined["recovered"], false, "{after}");
        assert_eq!(contents(&joined["messages"]).len(), 50, "{after}");
        assert_eq!(contents(&joined["messages"])[0], "11", "{after}");
    }
}

#[test]
fn whoever_has_left_hears_nothing_more_and_may_not_speak_there() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.join(ada, "r");
    play.join(bob, "r");
    play.ask(ada, "leaveRoom", json!({"roomId": "r"}));
    assert_eq!(play.told(ada, "roomLeft"), json!({"roomId": "r"}));
    play.ask(ada, "leaveRoom", json!({"roomId": "never joined"}));
    play.told(ada, "roomLeft");
    play.send(bob, "r", "x");
    assert!(play.heard(ada).is_empty());
    play.ask(ada, "sendMessage", json!({"recipientId": "room:r", "content": "y"}));
    play.refused(ada, "AUTHORIZATION_ERROR");
    play.told(bob, "ChatMessage");
    let members = play.join(bob, "r")["members"].take();
    assert_eq!(members, json!(["bob"]));
}

#[test]
fn a_recipient_is_a_room_only_for_whoever_is_in_it() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    // A room that bears somebody's name.
    play.join(ada, "bob");
    play.send(ada, "bob", "to the room");
    assert_eq!(play.told(ada, "ChatMessage")["roomId"], "bob");
    assert!(play.heard(bob).is_empty());
    play.send(ada, "user:bob", "to him");
    let message = play.told(bob, "ChatMessage");
    assert_eq!((message.get("roomId"), &message["content"]), (None, &json!("to him")));
    play.send(bob, "ada", "to her");
    assert_eq!(play.told(ada, "ChatMessage")["content"], "to her");
    play.send(ada, "room:bob", "to the room again");
    assert_eq!(play.told(ada, "ChatMessage")["content"], "to the room again");
}

#[test]
fn a_person_is_in_a_room_with_all_of_their_connections() {
    let mut play = Play::new();
    let (ada, beside, bob) = (play.enter("ada"), play.enter("ada"), play.enter("bob"));
    play.join(beside, "r");
    play.join(bob, "r");
    for recipient in ["r", "room:r"] {
        assert_eq!(play.send(ada, recipient, "hi")["status"], "delivered");
        for member in [beside, bob] {
            assert_eq!(play.told(member, "ChatMessage")["roomId"], "r");
        }
    }
    assert!(play.heard(ada).is_empty(), "this connection has not joined");
    play.ask(ada, "joinRoom", json!({"roomId": "r"}));
    play.told(ada, "roomJoined");
    play.lose(beside);
    play.send(ada, "r", "still here");
    play.told(ada, "ChatMessage");
    play.lose(ada);
    let back = play.enter("ada");
    play.ask(back, "sendMessage", json!({"recipientId": "room:r", "content": "x"}));
    let error = play.refused(back, "AUTHORIZATION_ERROR");
    assert_eq!(error["details"]["field"], "data.recipientId");
}

#[test]
fn agents_are_told_from_people() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.join(ada, "r");
    play.post_beside("r", Author::Agent { id: "socratic".into() }, "Why?");
    assert_eq!(play.told(ada, "ChatMessage")["senderId"], "agent:socratic");
    assert_eq!(play.join(ada, "r")["messages"][0]["senderId"], "agent:socratic");
}

#[test]
fn a_join_in_the_middle_of_ones_own_messages_has_each_of_them_once_and_comes_before_the_later_ones()
{
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.join(ada, "r");
    for number in 0..20 {
        let data = json!({"recipientId": "r", "content": number.to_string()});
        play.ask(ada, "sendMessage", data);
        play.ask(ada, "joinRoom", json!({"roomId": "r", "after": 0}));
    }
    let heard = play.heard(ada);
    let mut seen = 0;
    for message in heard {
        match message["type"].as_str().unwrap() {
            "roomJoined" => {
                let told = contents(&message["data"]["messages"]).len() as u64;
                assert!(told >= seen, "a state lacks what was told before it");
                seen = told;
            }
            "ChatMessage" => {
                assert_eq!(message["data"]["seq"], seen + 1, "a gap, or twice");
                seen += 1;
            }
            _ => assert_eq!(message["type"], "messageSent"),
        }
    }
    assert_eq!(seen, 20);
}

#[test]
fn a_join_right_behind_the_opening_comes_before_what_is_said_after_it() {
    let mut play = Play::new();
    let bob = play.enter("bob");
    play.join(bob, "r");
    // The room is in memory now; ada's mail is not, and is what her first reply waits for.
    let stopped = play.stop_reading();
    let ada = play.open_for("ada");
    play.ask(ada, "joinRoom", json!({"roomId": "r"}));
    play.send(bob, "r", "meanwhile");
    play.told(bob, "ChatMessage");
    assert!(play.stage.received(ada).is_empty());
    drop(stopped);
    assert_eq!(contents(&play.told(ada, "roomJoined")["messages"]), ["meanwhile"]);
    assert!(play.heard(ada).is_empty());
}

#[test]
fn a_connection_may_be_in_1000_rooms() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for number in 0..1000 {
        play.join(ada, &number.to_string());
    }
    play.ask(ada, "joinRoom", json!({"roomId": "one more"}));
    let error = play.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert!(error["message"].as_str().unwrap().contains("1000"), "{error}");
    play.join(ada, "7");
    play.ask(ada, "leaveRoom", json!({"roomId": "7"}));
    play.told(ada, "roomLeft");
    play.join(ada, "one more");
}

#[test]
fn what_was_said_in_a_room_is_there_after_a_crash() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.join(ada, "r");
    play.send(ada, "r", "kept");
    let mut play = play.crash();
    let bob = play.enter("bob");
    assert_eq!(contents(&play.join(bob, "r")["messages"]), ["kept"]);
}
