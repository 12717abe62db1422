//! Bridges as administrators see them over HTTP.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use model::{Identity, Role, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;
use web::Caller;

use crate::support::{World, chat, directory, session, wait};

fn caller(roles: Vec<Role>) -> Caller {
    Caller(Arc::new(Identity {
        user_id: "root".into(),
        username: "Root".into(),
        roles,
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_secs(i64::MAX / 1000),
    }))
}

fn ask(
    world: &World,
    caller: Option<Caller>,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(caller) = caller {
        request = request.extension(caller);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    wait(async {
        let response = world.conversations.routes().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    })
}

fn admin(world: &World, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    ask(world, Some(caller(vec![Role::Admin])), method, path, body)
}

#[test]
fn administrators_make_list_and_end_bridges() {
    let dir = directory();
    let world = World::open(dir.path());
    let (status, made) =
        admin(&world, "POST", "/api/bridges", &json!({"chat": "c", "session": "s"}));
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&made["chat"], &made["room"], &made["session"]),
        (&json!("c"), &Value::Null, &json!("s"))
    );
    assert_eq!(made["createdAt"], "2026-11-29T12:00:00.000Z");
    let (status, list) = admin(&world, "GET", "/api/bridges", &json!({}));
    assert_eq!((status, &list), (StatusCode::OK, &json!({"items": [made], "nextCursor": null})));
    let path = format!("/api/bridges/{}", made["id"].as_str().unwrap());
    assert_eq!(admin(&world, "DELETE", &path, &json!({})).0, StatusCode::NO_CONTENT);
    let (status, error) = admin(&world, "DELETE", &path, &json!({}));
    assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
}

#[test]
fn bridges_are_listed_in_pages() {
    let dir = directory();
    let world = World::open(dir.path());
    for number in 0..5 {
        let name = number.to_string();
        let sides = json!({"chat": name, "room": name});
        assert_eq!(admin(&world, "POST", "/api/bridges", &sides).0, StatusCode::CREATED);
    }
    let (mut path, mut seen) = ("/api/bridges?limit=2".to_owned(), Vec::new());
    loop {
        let (_, page) = admin(&world, "GET", &path, &json!({}));
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["chat"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/bridges?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
}

#[test]
fn what_cannot_be_bridged_is_said_with_its_field() {
    let dir = directory();
    let world = World::open(dir.path());
    world.say(&chat("c"), "ada", "hi");
    world.say(&session("s"), "ada", "hi");
    let cases = [
        (json!({}), 400, "VALIDATION_ERROR", json!("body")),
        (json!({"chat": "c"}), 400, "VALIDATION_ERROR", json!("body")),
        (json!({"chat": 7, "room": "r"}), 400, "VALIDATION_ERROR", json!("chat")),
        (json!({"chat": "", "room": "r"}), 400, "VALIDATION_ERROR", json!("chat")),
        (json!({"chat": "c", "session": "nowhere"}), 404, "NOT_FOUND", json!("session")),
        (json!({"chat": "c", "session": "s"}), 409, "CONFLICT", Value::Null),
    ];
    for (body, status, code, field) in cases {
        let (got, error) = admin(&world, "POST", "/api/bridges", &body);
        assert_eq!((got.as_u16(), &error["error"]), (status, &json!(code)), "{body}");
        assert_eq!(error["field"], field, "{body}");
    }
}

#[test]
fn bridges_are_for_administrators() {
    let dir = directory();
    let world = World::open(dir.path());
    let sides = json!({"chat": "c", "room": "r"});
    for (method, path) in
        [("POST", "/api/bridges"), ("GET", "/api/bridges"), ("DELETE", "/api/bridges/x")]
    {
        let publisher = Some(caller(vec![Role::Publisher]));
        assert_eq!(ask(&world, publisher, method, path, &sides).0, StatusCode::FORBIDDEN);
        assert_eq!(ask(&world, None, method, path, &sides).0, StatusCode::UNAUTHORIZED);
    }
}
