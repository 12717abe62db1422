//! Sessions for some people, by HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{House, refused};

const SESSIONS: &str = "/api/voice/sessions";

#[test]
fn a_restricted_session_is_there_for_its_members_only() {
    let mut house = House::new();
    let body = json!({"sessionId": "s", "members": ["bob", "bob", "cat"]});
    let (status, made) = house.http("ann", "POST", SESSIONS, body);
    let expected = json!({
        "sessionId": "s", "ownerId": "ann", "members": ["bob", "cat"], "status": "active",
        "connectedUsers": 0, "createdAt": "2026-11-29T12:00:00.000Z",
        "lastActivity": "2026-11-29T12:00:00.000Z",
    });
    assert_eq!((status, &made), (StatusCode::CREATED, &expected));
    for user in ["ann", "bob", "root"] {
        assert_eq!(
            house.http(user, "GET", "/api/voice/sessions/s", Value::Null),
            (StatusCode::OK, made.clone())
        );
    }
    let (status, error) = house.http("eve", "GET", "/api/voice/sessions/s", Value::Null);
    assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("SESSION_NOT_FOUND")));
    let missing = house.http("eve", "GET", "/api/voice/sessions/none", Value::Null);
    assert_eq!((status, error), missing, "nothing tells a strange one from one that is not there");
    for (user, may) in [("ann", true), ("bob", true), ("eve", false), ("root", false)] {
        let id = house.connect(user);
        let (_, answer) = house.ask(id, "session:join", json!({"sessionId": "s"}));
        let wanted = if may {
            json!({"ok": true})
        } else {
            refused("SESSION_NOT_FOUND", "Session not found")
        };
        assert_eq!(answer, wanted, "{user}");
    }
    let (_, seen) = house.http("bob", "GET", "/api/voice/sessions/s", Value::Null);
    assert_eq!(seen["connectedUsers"], 2);
}

#[test]
fn a_session_without_members_is_anybodys_and_its_id_is_made_where_none_is_given() {
    let mut house = House::new();
    let (status, made) = house.http("ann", "POST", SESSIONS, json!({}));
    assert_eq!((status, &made["members"]), (StatusCode::CREATED, &Value::Null));
    let eve = house.connect("eve");
    let joined = house.join(eve, made["sessionId"].as_str().unwrap());
    assert_eq!(joined["stats"]["ownerId"], "ann");
}

#[test]
fn an_id_is_given_once() {
    let mut house = House::new();
    house.joined("ann", "s");
    let (status, error) = house.http("bob", "POST", SESSIONS, json!({"sessionId": "s"}));
    assert_eq!((status, &error["error"]), (StatusCode::CONFLICT, &json!("SESSION_EXISTS")));
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let house = House::new();
    let many: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
    for (body, field) in [
        (json!({"sessionId": ""}), "sessionId"),
        (json!({"sessionId": 7}), "sessionId"),
        (json!({"members": "bob"}), "members"),
        (json!({"members": [""]}), "members"),
        (json!({"members": many}), "members"),
        (json!([]), "body"),
    ] {
        let (status, error) = house.http("ann", "POST", SESSIONS, body.clone());
        let wanted = (StatusCode::BAD_REQUEST, &json!("VALIDATION_ERROR"), &json!(field));
        assert_eq!((status, &error["error"], &error["field"]), wanted, "{body}");
    }
}

#[test]
fn who_was_in_an_ended_session_still_sees_it() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    house.emit(ann, "session:status", json!({"status": "ended"}));
    house.expect(ann, "session:left");
    let (status, seen) = house.http("ann", "GET", "/api/voice/sessions/s", Value::Null);
    let ended = (StatusCode::OK, &json!("ended"), &json!("2026-11-29T12:00:00.000Z"));
    assert_eq!((status, &seen["status"], &seen["endedAt"]), ended);
}
