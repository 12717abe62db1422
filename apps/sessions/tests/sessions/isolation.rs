//! Who may enter, and that others see nothing.

use axum::http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Play;

#[test]
fn to_others_a_session_does_not_exist() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let (status, added) = play.http(
        "ann",
        "POST",
        &format!("/api/sessions/{session}/members"),
        json!({"userId": "bob"}),
    );
    assert_eq!((status, &added["userId"]), (StatusCode::CREATED, &json!("bob")));
    for user in ["ann", "bob", "root"] {
        play.joined(user, &session);
        assert_eq!(
            play.http(user, "GET", &format!("/api/sessions/{session}"), Value::Null).0,
            StatusCode::OK
        );
    }
    let unknown = play.connect("eve", "no-such-session");
    play.say(unknown, json!({"action": "join"}));
    let mut said = play.stage.next(unknown);
    let eve = play.connect("eve", &session);
    play.say(eve, json!({"action": "join"}));
    let refused = play.stage.next(eve);
    assert_eq!(
        refused["data"],
        json!({"code": "SESSION_NOT_FOUND", "message": "Session not found"})
    );
    assert_eq!(refused["message"], "Session not found");
    said["sessionId"] = json!(session);
    assert_eq!(refused, said, "nothing tells a strange session from one that is not there");
    play.say(eve, json!({"action": "message", "data": {"content": "x"}}));
    assert_eq!(play.stage.next(eve)["data"]["code"], "NOT_JOINED");
    for (method, path, body) in [
        ("GET", format!("/api/sessions/{session}"), Value::Null),
        ("GET", format!("/api/sessions/{session}/messages"), Value::Null),
        ("POST", format!("/api/sessions/{session}/members"), json!({"userId": "eve"})),
    ] {
        let (status, error) = play.http("eve", method, &path, body);
        assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("SESSION_NOT_FOUND")));
    }
    let (status, _) = play.http(
        "bob",
        "POST",
        &format!("/api/sessions/{session}/members"),
        json!({"userId": "eve"}),
    );
    assert_eq!(status, StatusCode::NOT_FOUND, "a member adds nobody");
}

#[test]
fn an_id_of_a_path_that_no_session_can_have_is_not_found() {
    let mut play = Play::new();
    for id in ["", "a\nb", &"x".repeat(10_000), "' OR 1=1 --", "../x"] {
        let ann = play.connect("ann", id);
        play.say(ann, json!({"action": "join"}));
        assert_eq!(play.stage.next(ann)["data"]["code"], "SESSION_NOT_FOUND");
    }
}

#[test]
fn an_added_member_is_told_to_all_and_may_enter() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    let members = format!("/api/sessions/{session}/members");
    assert_eq!(
        play.http("root", "POST", &members, json!({"userId": "bob"})).0,
        StatusCode::CREATED
    );
    let told = play.stage.next(ann);
    assert_eq!((&told["type"], &told["data"]["code"]), (&json!("system"), &json!("member_added")));
    assert_eq!(play.http("ann", "POST", &members, json!({"userId": "bob"})).0, StatusCode::OK);
    assert_eq!(play.stage.received(ann), Vec::<Value>::new(), "told once");
    let bob = play.joined("bob", &session);
    play.say(bob, json!({"action": "message", "data": {"content": "hi"}}));
    assert_eq!(play.stage.next(bob)["type"], "user_message");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_gets_a_message_of_a_session_they_did_not_enter(
        members in prop::collection::vec(prop::collection::vec(any::<bool>(), 3), 3),
        turns in prop::collection::vec((0_usize..3, 0_usize..3), 1..15),
    ) {
        let users = ["ann", "bob", "cat"];
        let mut play = Play::new();
        let sessions: Vec<String> = (0..3).map(|_| play.session("root", json!({"type": "chat"}))).collect();
        for (session, row) in sessions.iter().zip(&members) {
            for (user, _) in users.iter().zip(row).filter(|(_, is_member)| **is_member) {
                let path = format!("/api/sessions/{session}/members");
                play.http("root", "POST", &path, json!({"userId": user}));
            }
        }
        let mut visits = Vec::new();
        for (session, row) in sessions.iter().zip(&members) {
            for (user, is_member) in users.iter().zip(row) {
                let connection = play.connect(user, session);
                play.say(connection, json!({"action": "join"}));
                let answer = play.stage.expect(connection, if *is_member { "session_state" } else { "error" });
                prop_assert_eq!(&answer["sessionId"], session);
                visits.push((session.clone(), *is_member, connection));
            }
        }
        for (session, user) in turns {
            let (_, is_member, connection) = visits[session * 3 + user].clone();
            let text = format!("of {}", sessions[session]);
            play.say(connection, json!({"action": "message", "data": {"content": text}}));
            play.stage.expect(connection, if is_member { "user_message" } else { "error" });
        }
        for (session, is_member, connection) in visits {
            for message in play.stage.received(connection) {
                prop_assert_eq!(&message["sessionId"], &session);
                prop_assert!(is_member || message["type"] == "error", "{}", message);
                let content = message["data"]["content"].as_str().unwrap_or_default();
                if message["type"] == "user_message" {
                    prop_assert_eq!(content, format!("of {session}"));
                }
            }
        }
    }
}
