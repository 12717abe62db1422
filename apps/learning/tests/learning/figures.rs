//! Figures over HTTP: events reported, metrics and series shown.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use model::{Identity, Role};
use serde_json::{Value, json};
use tower::ServiceExt;
use web::Caller;

use crate::support::{Class, identity, limited_to};

const EVENTS: &str = "/api/analytics/events";

fn call(
    class: &Class,
    who: &Identity,
    (method, path): (Method, &str),
    body: &str,
) -> (StatusCode, Value) {
    let request =
        Request::builder().method(method).uri(path).extension(Caller(Arc::new(who.clone())));
    let request = request.body(Body::from(body.to_owned())).unwrap();
    class.wait(async {
        let response = class.learning.routes().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    })
}

fn get(class: &Class, who: &Identity, path: &str) -> (StatusCode, Value) {
    call(class, who, (Method::GET, path), "")
}

fn report(class: &Class, who: &Identity, body: Value) -> (StatusCode, Value) {
    call(class, who, (Method::POST, EVENTS), &body.to_string())
}

fn publisher(user: &str) -> Identity {
    Identity { roles: vec![Role::Publisher], ..identity(user) }
}

/// What a metric of the context is now.
fn current(class: &Class, context: &str, metric: &str) -> Value {
    let (status, page) =
        get(class, &identity("ada"), &format!("/api/analytics/{context}?limit=200"));
    assert_eq!(status, StatusCode::OK, "{page}");
    let items = page["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["metric"] == metric);
    found.map_or(Value::Null, |item| item["value"].clone())
}

fn items(class: &Class, path: &str) -> Vec<Value> {
    let (status, page) = get(class, &identity("ada"), path);
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

#[test]
fn what_is_right_of_a_report_counts_and_what_is_not_is_named() {
    let class = Class::new();
    let events = json!([
        {"name": "score", "value": 80},
        {"value": 1},
        {"name": "score", "value": "90"},
        {"name": "score", "value": 90, "at": "2026-11-29T11:54:59.000Z"},
        {"name": "score", "value": 100, "at": "2026-11-29T11:59:00.000Z", "colour": 7},
        {"name": "a\n"},
        ["score", 70],
        {"name": "score", "value": 1, "at": "noon"},
        {"name": "steps", "aggregate": "median"},
        {"name": "steps", "window": 0},
        {"name": "steps", "window": 1.5},
        {"name": "steps", "userId": ""},
        {"name": "score", "value": 1, "at": "2026-11-29T12:01:01.000Z"},
        {"name": "score"},
    ]);
    let (status, answer) =
        report(&class, &identity("ada"), json!({"contextId": "math", "events": events}));
    assert_eq!((status, &answer["accepted"]), (StatusCode::ACCEPTED, &json!(2)), "{answer}");
    let refused: Vec<_> = answer["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| {
            let (index, field) =
                (refused["index"].as_u64().unwrap(), refused["field"].as_str().unwrap());
            assert!(
                refused["message"].as_str().unwrap().starts_with(&format!("{field} ")),
                "{refused}"
            );
            (index, field)
        })
        .collect();
    let expected = [
        (1, "name"),
        (2, "value"),
        (3, "at"),
        (5, "name"),
        (6, "events"),
        (7, "at"),
        (8, "aggregate"),
        (9, "window"),
        (10, "window"),
        (11, "userId"),
        (12, "at"),
        (13, "value"),
    ];
    assert_eq!(refused, expected);
    assert_eq!(current(&class, "math", "performance"), 90);
    assert_eq!(current(&class, "math", "activity"), 1);
    assert_eq!(current(&class, "math", "engagement"), 1);
    assert_eq!(current(&class, "math", "steps"), Value::Null);
}

#[test]
fn a_report_is_of_the_default_context_where_it_names_none_and_of_the_caller_where_an_event_does() {
    let class = Class::new();
    let events = json!([{"name": "steps"}, {"name": "steps", "userId": "ada"}, {"name": "steps", "userId": null}]);
    let (status, answer) = report(&class, &identity("ada"), json!({"events": events}));
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({"accepted": 3, "refused": []})));
    assert_eq!(current(&class, "default", "engagement"), 1);
    assert_eq!(current(&class, "default", "steps"), 3);
    assert_eq!(current(&class, "math", "steps"), Value::Null);
}

#[test]
fn only_publishers_report_what_others_did() {
    let class = Class::new();
    let events = json!([{"name": "steps"}, {"name": "steps", "userId": "bob"}]);
    let body = json!({"contextId": "math", "events": events});
    let (status, error) = report(&class, &identity("ada"), body.clone());
    assert_eq!((status, &error["error"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")));
    assert_eq!(error["field"], "events[1].userId");
    assert_eq!(current(&class, "math", "steps"), Value::Null, "nothing of it counts");
    for who in [publisher("machine"), crate::support::admin("root")] {
        assert_eq!(report(&class, &who, body.clone()).1["accepted"], 2);
    }
    assert_eq!(current(&class, "math", "engagement"), 3);
}

#[test]
fn a_report_that_is_none_is_refused_whole() {
    let class = Class::new();
    let many: Vec<_> = (0..1001).map(|_| json!({"name": "steps"})).collect();
    let cases = [
        (json!({"contextId": "math"}), "events"),
        (json!({"contextId": "math", "events": {}}), "events"),
        (json!({"contextId": "math", "events": many}), "events"),
        (json!({"contextId": "", "events": []}), "contextId"),
        (json!({"contextId": 7, "events": []}), "contextId"),
        (json!([]), "body"),
    ];
    for (body, field) in cases {
        let (status, error) = report(&class, &identity("ada"), body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{error}");
    }
    let thousand = json!({"events": vec![json!({"name": "steps"}); 1000]});
    assert_eq!(report(&class, &identity("ada"), thousand).1["accepted"], 1000);
    let long = "x".repeat(3 << 20);
    let (status, error) = report(&class, &identity("ada"), json!({"events": [{"name": long}]}));
    assert_eq!(
        (status, &error["error"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("MESSAGE_TOO_LARGE"))
    );
}

#[test]
fn what_a_token_does_not_open_is_neither_reported_nor_shown() {
    let class = Class::new();
    let ada = limited_to("ada", &["art"]);
    let body = json!({"contextId": "math", "events": [{"name": "steps"}]});
    assert_eq!(report(&class, &ada, body).0, StatusCode::FORBIDDEN);
    for path in ["/api/analytics/math", "/api/analytics/math/steps"] {
        assert_eq!(get(&class, &ada, path).0, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(get(&class, &ada, &path.replace("math", "art")).0, StatusCode::OK, "{path}");
    }
    let request = Request::builder().uri("/api/analytics/math").body(Body::empty()).unwrap();
    let answer = class.wait(class.learning.routes().oneshot(request)).unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn the_metrics_of_a_context_are_listed_in_pages_those_of_every_context_first() {
    let class = Class::new();
    let events: Vec<_> = ["steps", "a b", "events"].map(|name| json!({"name": name})).to_vec();
    let body = json!({"contextId": "events", "events": events});
    assert_eq!(report(&class, &identity("ada"), body).0, StatusCode::ACCEPTED);
    let (mut path, mut seen) = (format!("{EVENTS}?limit=3"), Vec::new());
    loop {
        let (status, page) = get(&class, &identity("ada"), &path);
        assert_eq!(status, StatusCode::OK, "{page}");
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{EVENTS}?limit=3&cursor={cursor}");
    }
    let metrics: Vec<_> = seen.iter().map(|item| item["metric"].as_str().unwrap()).collect();
    let expected = ["engagement", "activity", "performance", "online", "a b", "events", "steps"];
    assert_eq!(metrics, expected);
    let expected = json!({
        "metric": "steps", "value": 1, "timestamp": "2026-11-29T12:00:00.000Z", "window": 300,
    });
    assert_eq!(seen[6], expected);
}

#[test]
fn a_series_has_the_points_that_had_events_oldest_first() {
    let class = Class::new();
    let at = |time: &str, value: f64| json!({"name": "score", "value": value, "at": format!("2026-11-29T{time}Z")});
    let events = json!([
        at("11:58:01.500", 1.0),
        at("11:58:01.900", 2.0),
        at("11:58:02", 6.0),
        at("11:59:59", 0.5)
    ]);
    let body = json!({"contextId": "a/b", "events": events});
    assert_eq!(report(&class, &identity("ada"), body).1["accepted"], 4);
    let (status, series) = get(&class, &identity("ada"), "/api/analytics/a%2Fb/score");
    let expected = json!({"metric": "score", "step": "1m", "nextCursor": null, "items": [
        {"at": "2026-11-29T11:58:00.000Z", "value": 3, "count": 3},
        {"at": "2026-11-29T11:59:00.000Z", "value": 0.5, "count": 1},
    ]});
    assert_eq!((status, series), (StatusCode::OK, expected));
    let seconds = items(&class, "/api/analytics/a%2Fb/score?step=1s");
    let expected = json!([
        {"at": "2026-11-29T11:58:01.000Z", "value": 1.5, "count": 2},
        {"at": "2026-11-29T11:58:02.000Z", "value": 6, "count": 1},
        {"at": "2026-11-29T11:59:59.000Z", "value": 0.5, "count": 1},
    ]);
    assert_eq!(json!(seconds), expected);
    let hours = items(&class, "/api/analytics/a%2Fb/activity?step=1h");
    assert_eq!(json!(hours), json!([{"at": "2026-11-29T11:00:00.000Z", "value": 4, "count": 4}]));
    assert!(items(&class, "/api/analytics/a%2Fb/unheard-of").is_empty());
    assert!(items(&class, "/api/analytics/a/score").is_empty());
}

#[test]
fn a_series_is_cut_to_its_range_and_into_pages() {
    let class = Class::new();
    let events: Vec<_> = (0..10)
        .map(|second| json!({"name": "steps", "at": format!("2026-11-29T11:59:{second:02}Z")}))
        .collect();
    let body = json!({"contextId": "math", "events": events});
    assert_eq!(report(&class, &identity("ada"), body).1["accepted"], 10);
    let range =
        "/api/analytics/math/steps?step=1s&from=2026-11-29T11:59:02.700Z&to=2026-11-29T11:59:08Z";
    let (mut path, mut seen) = (format!("{range}&limit=4"), Vec::new());
    loop {
        let (_, page) = get(&class, &identity("ada"), &path);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 4);
        seen.extend(items.iter().map(|item| item["at"].as_str().unwrap()[17..19].to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{range}&limit=4&cursor={cursor}");
    }
    assert_eq!(seen, ["02", "03", "04", "05", "06", "07"]);
    let faults = [
        ("step=2s", "step"),
        ("from=x", "from"),
        ("to=x", "to"),
        ("limit=0", "limit"),
        ("limit=2001", "limit"),
        ("cursor=!", "cursor"),
        ("cursor=YQ", "cursor"),
        ("from=2026-11-29T12:00:00Z&to=2026-11-29T11:00:00Z", "from"),
    ];
    for (query, field) in faults {
        let path = format!("/api/analytics/math/steps?{query}");
        let (status, error) = get(&class, &identity("ada"), &path);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{query}");
    }
    for (path, field) in
        [("/api/analytics/a%0Ab", "contextId"), ("/api/analytics/math/%07", "metric")]
    {
        let (status, error) = get(&class, &identity("ada"), path);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{path}");
    }
}
