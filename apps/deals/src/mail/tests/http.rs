//! The routes about notifications and tasks.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;
use web::Caller;

use super::*;
use crate::http::{notifications, tasks};

/// One request of `user`'s; its status and body.
pub(super) fn call(
    play: &Play,
    user: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    send(play, user, method, path, body)
}

/// The same, with a body that need not be JSON.
fn send(play: &Play, user: &str, method: &str, path: &str, body: Body) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
    request.extensions_mut().insert(Caller(identity(user)));
    let routes = notifications::routes(Arc::clone(&play.mail));
    let routes = routes.merge(tasks::routes(Arc::clone(&play.mail)));
    play.runtime.block_on(async {
        let answer = routes.oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    })
}

fn get(play: &Play, user: &str, path: &str) -> Value {
    let (status, body) = call(play, user, "GET", path, &Value::Null);
    assert_eq!(status, 200, "{body}");
    body
}

/// The field that a refusal names.
fn fault(play: &Play, method: &str, path: &str, body: &Value) -> String {
    let (status, error) = call(play, "shop", method, path, body);
    assert_eq!((status.as_u16(), &error["error"]), (400, &json!("VALIDATION_ERROR")), "{error}");
    error["field"].as_str().unwrap().to_owned()
}

#[test]
fn a_notification_is_answered_told_and_listed() {
    let mut play = Play::new();
    let ann = play.connect("ann");
    let body = json!({"title": " Sale ", "body": "All half\n", "data": {"deal": [1, {"a": null}]}});
    let (status, made) = call(&play, "shop", "POST", "/api/users/ann/notifications", &body);
    let id = made["notificationId"].as_str().unwrap().to_owned();
    let expected = json!({
        "notificationId": id, "title": "Sale", "body": "All half\n", "kind": "info",
        "data": {"deal": [1, {"a": null}]}, "createdAt": "2027-01-15T08:00:00.000Z",
        "status": "unread",
    });
    assert_eq!((status.as_u16(), &made), (201, &expected));
    let told = play.stage.next(ann);
    let mut pushed = expected.clone();
    pushed["createdAt"] = json!(1_800_000_000);
    let envelope = json!({"type": "Notification", "data": pushed, "timestamp": 1_800_000_000});
    assert_eq!(told, envelope);
    let list = json!({"items": [expected], "nextCursor": null});
    assert_eq!(get(&play, "ann", "/api/notifications"), list);
    assert_eq!(get(&play, "bob", "/api/notifications")["items"], json!([]));
}

#[test]
fn notifications_are_listed_newest_first_page_by_page_and_by_status() {
    let play = Play::new();
    let ids: Vec<String> = (0..7).map(|n| play.notify("ann", &n.to_string())).collect();
    for id in [&ids[1], &ids[4]] {
        assert_eq!(play.acknowledge("ann", id), Acknowledged::Read);
    }
    let all = |query: &str| {
        let (mut titles, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(&play, "ann", &format!("/api/notifications?limit=2{query}{cursor}"));
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            titles.extend(items.iter().map(|item| item["title"].as_str().unwrap().to_owned()));
            let Some(next) = page["nextCursor"].as_str() else { return titles.join("") };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(all(""), "6543210");
    assert_eq!(all("&status=unread"), "65320");
    assert_eq!(all("&status=read"), "41");
    for (query, field) in [("status=seen", "status"), ("limit=0", "limit"), ("cursor=eA", "cursor")]
    {
        assert_eq!(
            fault(&play, "GET", &format!("/api/notifications?{query}"), &Value::Null),
            field
        );
    }
}

#[test]
fn what_is_wrong_with_a_notification_is_told_with_its_field() {
    let play = Play::new();
    let path = "/api/users/ann/notifications";
    let big = json!({"x": "y".repeat(16 * 1024)});
    let cases = [
        ("title", json!({"body": "b"})),
        ("title", json!({"title": " ", "body": "b"})),
        ("title", json!({"title": "é".repeat(201), "body": "b"})),
        ("title", json!({"title": 7, "body": "b"})),
        ("body", json!({"title": "t"})),
        ("body", json!({"title": "t", "body": "é".repeat(10_001)})),
        ("kind", json!({"title": "t", "body": "b", "kind": ""})),
        ("kind", json!({"title": "t", "body": "b", "kind": "é".repeat(65)})),
        ("data", json!({"title": "t", "body": "b", "data": [1]})),
        ("data", json!({"title": "t", "body": "b", "data": big})),
        ("body", json!("no object")),
    ];
    for (field, body) in cases {
        assert_eq!(fault(&play, "POST", path, &body), field, "{body}");
    }
    let most = json!({
        "title": "é".repeat(200), "body": "é".repeat(10_000), "kind": "é".repeat(64), "data": null,
    });
    assert_eq!(call(&play, "shop", "POST", path, &most).0, 201);
    let (status, error) = call(&play, "ann", "POST", path, &most);
    assert_eq!((status.as_u16(), &error["error"]), (403, &json!("FORBIDDEN")));
    for user in ["a%0ab", &"x".repeat(257), "%ff"] {
        let path = format!("/api/users/{user}/notifications");
        assert_eq!(fault(&play, "POST", &path, &most), "userId", "{user}");
    }
}

#[test]
fn the_status_of_a_task_is_told_when_it_changes_and_the_newest_waits() {
    let mut play = Play::new();
    let path = "/api/tasks/t%2F1/status";
    let body =
        json!({"userId": "ann", "status": "running", "progress": 12.5, "message": "Reading"});
    let (status, made) = call(&play, "shop", "PUT", path, &body);
    let expected = json!({
        "taskId": "t/1", "userId": "ann", "status": "running", "progress": 12.5,
        "message": "Reading", "updatedAt": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!((status.as_u16(), &made), (201, &expected));
    play.clock.advance(std::time::Duration::from_secs(5));
    let (status, again) = call(&play, "shop", "PUT", path, &body);
    assert_eq!((status.as_u16(), &again), (200, &expected), "the same again changes nothing");
    let done = json!({"userId": "ann", "status": "done", "progress": 100});
    let (status, changed) = call(&play, "shop", "PUT", path, &done);
    let expected = json!({
        "taskId": "t/1", "userId": "ann", "status": "done", "progress": 100,
        "updatedAt": "2027-01-15T08:00:05.000Z",
    });
    assert_eq!((status.as_u16(), &changed), (200, &expected));
    let data =
        json!({"taskId": "t/1", "status": "done", "progress": 100, "updatedAt": 1_800_000_005});
    assert_eq!(play.waiting("ann"), std::slice::from_ref(&data));
    let ann = play.connect("ann");
    let push = play.stage.next(ann);
    assert_eq!((&push["type"], &push["data"]), (&json!("TaskStatus"), &data));
    call(&play, "shop", "PUT", path, &done);
    play.assert_has_all(ann, "ann");
    call(&play, "shop", "PUT", path, &body);
    assert_eq!(play.stage.next(ann)["data"]["status"], "running");
    assert_eq!(get(&play, "ann", "/api/tasks/t%2F1")["status"], "running");
    assert_eq!(get(&play, "shop", "/api/tasks/t%2F1")["userId"], "ann");
}

#[test]
fn what_is_added_to_a_notification_is_stored_so_that_every_parser_takes_it() {
    let mut play = Play::new();
    let path = "/api/users/ann/notifications";
    let post = |data: &str| {
        let body = format!(r#"{{"title": "t", "body": "b", "data": {data}}}"#);
        send(&play, "shop", "POST", path, Body::from(body))
    };
    let half = r#"{"x": "\ud800"}"#;
    for data in [r#"{"x": 1e999}"#, half, r#"{"x": [-1e400]}"#, "[1]", "7"] {
        let (status, error) = post(data);
        assert_eq!((status.as_u16(), &error["field"]), (400, &json!("data")), "{data}: {error}");
    }
    let long = format!(r#"{{"x": "{}"}}"#, "y".repeat(16 * 1024));
    assert_eq!(post(&long).1["field"], "data");
    let grown = format!(r#"{{"x": [{}1]}}"#, "1e15,".repeat(3000));
    assert_eq!(post(&grown).1["field"], "data", "what is stored is bounded, too");
    let (status, made) = post(r#"{"b": 1e2, "a": "\ud83d\ude00", "b": 2}"#);
    assert_eq!((status.as_u16(), &made["data"]), (201, &json!({"a": "😀", "b": 2})));
    let read = "SELECT data FROM deals_notifications";
    let read = play.store.read(move |db| db.query_row(read, [], |row| row.get::<_, String>(0)));
    assert_eq!(play.runtime.block_on(read).unwrap(), r#"{"a":"😀","b":2}"#);
    let ann = play.connect("ann");
    assert_eq!(play.stage.next(ann)["data"]["data"], json!({"a": "😀", "b": 2}));
}

#[test]
fn what_has_the_wrong_type_is_told_as_people_say_it() {
    let play = Play::new();
    for (path, body, message) in [
        ("/api/tasks/t/status", json!({"progress": "5"}), "progress: must be a number"),
        ("/api/tasks/t/status", json!({"userId": []}), "userId: must be a text"),
    ] {
        let (status, error) = call(&play, "shop", "PUT", path, &body);
        assert_eq!((status.as_u16(), &error["message"]), (400, &json!(message)));
    }
    let (_, error) = call(&play, "ann", "GET", "/api/notifications?limit=1&limit=2", &Value::Null);
    assert_eq!(
        (&error["message"], &error["field"]),
        (&json!("limit: stands twice"), &json!("limit"))
    );
}

#[test]
fn a_task_stays_its_first_users_and_is_shown_to_nobody_else() {
    let play = Play::new();
    let path = "/api/tasks/t/status";
    let of = |user: &str| json!({"userId": user, "status": "running"});
    assert_eq!(call(&play, "shop", "PUT", path, &of("ann")).0, 201);
    let (status, error) = call(&play, "shop", "PUT", path, &of("bob"));
    assert_eq!(
        (status.as_u16(), &error["error"], &error["field"]),
        (409, &json!("CONFLICT"), &json!("userId"))
    );
    assert!(play.waiting("bob").is_empty());
    assert_eq!(call(&play, "ann", "PUT", path, &of("ann")).0, 403);
    for (user, path) in [("bob", "/api/tasks/t"), ("ann", "/api/tasks/other")] {
        let (status, error) = call(&play, user, "GET", path, &Value::Null);
        assert_eq!((status.as_u16(), &error["error"]), (404, &json!("NOT_FOUND")));
    }
}

#[test]
fn what_is_wrong_with_a_task_is_told_with_its_field() {
    let play = Play::new();
    let cases = [
        ("userId", json!({"status": "s"})),
        ("userId", json!({"userId": "", "status": "s"})),
        ("status", json!({"userId": "ann"})),
        ("status", json!({"userId": "ann", "status": "  "})),
        ("status", json!({"userId": "ann", "status": "é".repeat(65)})),
        ("progress", json!({"userId": "ann", "status": "s", "progress": -0.1})),
        ("progress", json!({"userId": "ann", "status": "s", "progress": 100.1})),
        ("progress", json!({"userId": "ann", "status": "s", "progress": "50"})),
        ("message", json!({"userId": "ann", "status": "s", "message": "é".repeat(2001)})),
    ];
    for (field, body) in cases {
        assert_eq!(fault(&play, "PUT", "/api/tasks/t/status", &body), field, "{body}");
    }
    let body = json!({"userId": "ann", "status": "s"});
    assert_eq!(fault(&play, "PUT", "/api/tasks/a%0a/status", &body), "taskId");
}
