//! The list of contexts over HTTP.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use model::Identity;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::Caller;

use crate::support::{Class, admin, identity, limited_to};

fn get(class: &Class, who: Option<Identity>, path: &str) -> (StatusCode, Value) {
    let mut request = Request::builder().uri(path);
    if let Some(who) = who {
        request = request.extension(Caller(Arc::new(who)));
    }
    let request = request.body(Body::empty()).unwrap();
    class.wait(async {
        let response = class.learning.routes().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    })
}

fn names(class: &Class, who: Identity) -> Vec<String> {
    let (_, page) = get(class, Some(who), "/api/contexts");
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["contextId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_see_the_contexts_they_took_part_in() {
    let mut class = Class::new();
    for (user, context) in [("ada", "math"), ("ada", "art"), ("bob", "music")] {
        let connection = class.enter(user, context);
        class.send(connection, "message", json!({"content": "hi"}));
        let _own = class.stage.expect(connection, "message");
        class.stage.close(connection, &model::CloseReason::NORMAL);
    }
    let _here = class.enter("ada", "quiet");
    assert_eq!(names(&class, identity("ada")), ["art", "math", "quiet"]);
    assert_eq!(names(&class, identity("bob")), ["music"]);
    assert_eq!(names(&class, identity("eve")), Vec::<String>::new());
    assert_eq!(names(&class, limited_to("ada", &["math", "new"])), ["math", "new"]);
    assert_eq!(names(&class, admin("root")), ["art", "math", "music", "quiet"]);
}

#[test]
fn a_context_shows_who_is_there_and_when_something_was_said() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    let _bob = class.enter("bob", "math");
    class.send(ada, "message", json!({"content": "hi"}));
    let _own = class.stage.expect(ada, "message");
    let (status, page) = get(&class, Some(identity("ada")), "/api/contexts");
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "contextId": "math", "onlineCount": 2, "lastSeq": 1,
        "lastMessageAt": "2026-11-29T12:00:00.000Z",
    });
    assert_eq!(page, json!({"items": [expected], "nextCursor": null}));
}

#[test]
fn contexts_are_listed_in_pages_to_callers_with_a_token() {
    let mut class = Class::new();
    for number in 0..5 {
        let _here = class.enter("ada", &format!("c{number}"));
    }
    let (mut path, mut seen) = ("/api/contexts?limit=2".to_owned(), Vec::new());
    loop {
        let (_, page) = get(&class, Some(identity("ada")), &path);
        seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["contextId"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/contexts?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4"]);
    let (status, error) = get(&class, None, "/api/contexts");
    assert_eq!((status, &error["error"]), (StatusCode::UNAUTHORIZED, &json!("UNAUTHORIZED")));
}
