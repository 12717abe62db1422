//! Rooms by invitation.

use axum::http::StatusCode;
use conversations::{Author, RoomRef, Side};
use serde_json::{Value, json};

use crate::support::{Play, contents};

const MEMBERS: &str = "/api/rooms/r/members";

fn invite(play: &Play, by: &str, user: &str) -> StatusCode {
    play.http(by, "POST", MEMBERS, json!({"userId": user})).0
}

#[test]
fn the_first_one_has_the_room_and_others_come_by_invitation() {
    let mut play = Play::invited();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.join(ada, "r");
    play.send(ada, "r", "before");
    play.told(ada, "ChatMessage");
    play.ask(bob, "joinRoom", json!({"roomId": "r"}));
    let error = play.refused(bob, "AUTHORIZATION_ERROR");
    assert_eq!(error["details"]["field"], "data.roomId");
    play.ask(bob, "sendMessage", json!({"recipientId": "room:r", "content": "let me in"}));
    play.refused(bob, "AUTHORIZATION_ERROR");
    assert_eq!(play.join(ada, "r")["members"], json!(["ada"]));
    play.send(ada, "r", "unheard");
    play.told(ada, "ChatMessage");
    assert!(play.heard(bob).is_empty());
    assert_eq!(invite(&play, "ada", "bob"), StatusCode::CREATED);
    assert_eq!(invite(&play, "ada", "bob"), StatusCode::OK);
    assert_eq!(contents(&play.join(bob, "r")["messages"]), ["before", "unheard"]);
}

#[test]
fn a_room_that_was_spoken_in_is_nobodys_to_take() {
    let mut play = Play::invited();
    play.post_beside("r", Author::Agent { id: "context".into() }, "from a bridge");
    let ada = play.enter("ada");
    play.ask(ada, "joinRoom", json!({"roomId": "r"}));
    play.refused(ada, "AUTHORIZATION_ERROR");
    let root = play.enter("root");
    assert_eq!(contents(&play.join(root, "r")["messages"]), ["from a bridge"]);
    assert_eq!(invite(&play, "root", "ada"), StatusCode::CREATED);
    play.join(ada, "r");
}

#[test]
fn who_is_removed_hears_and_says_nothing_more_there() {
    let mut play = Play::invited();
    let (ada, bob, beside) = (play.enter("ada"), play.enter("bob"), play.enter("bob"));
    play.join(ada, "r");
    invite(&play, "ada", "bob");
    play.join(bob, "r");
    play.join(beside, "r");
    play.join(bob, "of his own");
    let path = format!("{MEMBERS}/bob");
    assert_eq!(play.http("ada", "DELETE", &path, Value::Null).0, StatusCode::NO_CONTENT);
    play.send(ada, "r", "without him");
    assert_eq!(play.told(ada, "ChatMessage")["content"], "without him");
    for connection in [bob, beside] {
        assert!(play.heard(connection).is_empty());
        play.ask(connection, "sendMessage", json!({"recipientId": "room:r", "content": "x"}));
        play.refused(connection, "AUTHORIZATION_ERROR");
        play.ask(connection, "joinRoom", json!({"roomId": "r"}));
        play.refused(connection, "AUTHORIZATION_ERROR");
    }
    play.send(bob, "of his own", "still here");
    assert_eq!(play.http("ada", "DELETE", &path, Value::Null).0, StatusCode::NOT_FOUND);
    assert_eq!(play.http("bob", "GET", MEMBERS, Value::Null).0, StatusCode::NOT_FOUND);
}

#[test]
fn a_stranger_is_not_in_the_room_while_their_join_is_judged() {
    let mut play = Play::invited();
    let (ada, eve) = (play.enter("ada"), play.enter("eve"));
    play.join(ada, "r");
    let room = RoomRef::new(Side::Room, "r").room_id();
    let room = play.stage.hub.room(&room).unwrap();
    let held = play.stop_reading();
    play.ask(eve, "joinRoom", json!({"roomId": "r"}));
    assert_eq!(room.online(), 1, "only ada is there");
    drop(held);
    play.refused(eve, "AUTHORIZATION_ERROR");
    assert_eq!(room.online(), 1);
}

#[test]
fn whoever_is_removed_while_they_join_is_not_let_in() {
    let mut play = Play::invited();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.join(ada, "r");
    for _ in 0..20 {
        invite(&play, "ada", "bob");
        play.ask(bob, "joinRoom", json!({"roomId": "r"}));
        let removed = play.http("root", "DELETE", &format!("{MEMBERS}/bob"), Value::Null);
        assert_eq!(removed.0, StatusCode::NO_CONTENT);
        let answer = play.stage.next(bob);
        let (kind, code) = (&answer["type"], &answer["data"]["code"]);
        assert!(kind == "roomJoined" || code == "AUTHORIZATION_ERROR", "{answer}");
        play.send(ada, "r", "without him");
        play.told(ada, "ChatMessage");
        assert!(play.heard(bob).is_empty());
    }
}

#[test]
fn whose_join_is_still_judged_has_not_joined() {
    let mut play = Play::invited();
    let (ada, bob, beside) = (play.enter("ada"), play.enter("bob"), play.enter("bob"));
    play.join(ada, "r");
    let stopped = play.stop_reading();
    play.ask(beside, "joinRoom", json!({"roomId": "r"}));
    play.ask(bob, "sendMessage", json!({"recipientId": "room:r", "content": "x"}));
    play.refused(bob, "AUTHORIZATION_ERROR");
    drop(stopped);
    play.refused(beside, "AUTHORIZATION_ERROR");
    invite(&play, "ada", "bob");
    play.join(beside, "r");
    play.send(bob, "room:r", "now");
    assert_eq!(play.told(beside, "ChatMessage")["content"], "now");
    // Joining once more takes nothing from who is there.
    let stopped = play.stop_reading();
    play.ask(beside, "joinRoom", json!({"roomId": "r"}));
    play.send(bob, "room:r", "and now");
    drop(stopped);
    assert_eq!(contents(&play.told(beside, "roomJoined")["messages"]), ["now", "and now"]);
}

#[test]
fn members_and_administrators_see_who_is_invited_and_to_others_there_is_no_room() {
    let mut play = Play::invited();
    let ada = play.enter("ada");
    play.join(ada, "r");
    for user in ["bob", "cy", "d\u{e9}"] {
        invite(&play, "ada", user);
    }
    let (_, first) = play.http("bob", "GET", &format!("{MEMBERS}?limit=3"), Value::Null);
    assert_eq!(first["items"], json!([{"userId": "ada"}, {"userId": "bob"}, {"userId": "cy"}]));
    let path = format!("{MEMBERS}?limit=3&cursor={}", first["nextCursor"].as_str().unwrap());
    let (_, last) = play.http("root", "GET", &path, Value::Null);
    assert_eq!(last, json!({"items": [{"userId": "dé"}], "nextCursor": null}));
    for (method, path, body) in [
        ("GET", MEMBERS, Value::Null),
        ("POST", MEMBERS, json!({"userId": "eve"})),
        ("DELETE", "/api/rooms/r/members/bob", Value::Null),
        ("GET", "/api/rooms/unknown/members", Value::Null),
        ("GET", "/api/rooms/a%0Ab/members", Value::Null),
    ] {
        let (status, error) = play.http("eve", method, path, body);
        assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    }
    for body in [json!({}), json!({"userId": ""}), json!({"userId": 7})] {
        let (status, error) = play.http("ada", "POST", MEMBERS, body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!("userId")));
    }
}

#[test]
fn a_room_has_at_most_1000_members() {
    let mut play = Play::invited();
    let ada = play.enter("ada");
    play.join(ada, "r");
    for number in 1..1000 {
        assert_eq!(invite(&play, "ada", &format!("u{number}")), StatusCode::CREATED);
    }
    assert_eq!(invite(&play, "ada", "one more"), StatusCode::CONFLICT);
    assert_eq!(invite(&play, "ada", "u7"), StatusCode::OK);
}

#[test]
fn of_many_who_come_first_at_once_one_has_the_room() {
    let mut play = Play::invited();
    let people: Vec<_> = (0..10).map(|number| play.enter(&format!("p{number}"))).collect();
    for person in &people {
        play.ask(*person, "joinRoom", json!({"roomId": "r"}));
    }
    let answers = people.iter().map(|person| play.stage.next(*person));
    let joined = answers.filter(|answer| answer["type"] == "roomJoined").count();
    assert_eq!(joined, 1);
    assert_eq!(play.count("SELECT count(*) FROM deals_room_members"), 1);
}

#[test]
fn where_rooms_are_open_nobody_is_invited_and_nobody_removed() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.join(ada, "r");
    assert_eq!(invite(&play, "ada", "bob"), StatusCode::NOT_FOUND);
    assert_eq!(play.count("SELECT count(*) FROM deals_room_members"), 0);
}
