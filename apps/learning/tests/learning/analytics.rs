//! Dashboards: who gets in, and what they are shown.

use learning::Limits;
use model::{CloseReason, ConnectionId};
use serde_json::{Value, json};

use crate::support::{Class, limit, limited_to};

impl Class {
    /// A dashboard of `user` whose token stood in the handshake.
    pub fn watch(&mut self, user: &str, context: &str) -> ConnectionId {
        self.watch_as(crate::support::identity(user), Some(context))
    }

    pub fn watch_as(&mut self, identity: model::Identity, context: Option<&str>) -> ConnectionId {
        let identity = std::sync::Arc::new(identity);
        let session = self.learning.analytics(Some(std::sync::Arc::clone(&identity)), context);
        self.stage.open(Some(identity), session)
    }

    /// A dashboard of somebody who has yet to say who it is.
    pub fn knock_at_analytics(&mut self) -> ConnectionId {
        let session = self.learning.analytics(None, None);
        self.stage.open(None, session)
    }
}

#[test]
fn a_first_message_brings_the_token_and_names_the_context() {
    let mut class = Class::new();
    let ada = class.knock_at_analytics();
    let token = class.token("ada", None);
    class.send_raw(ada, &json!({"type": "auth", "token": token, "contextId": "math", "id": "a"}));
    class.send_as(ada, "p", "ping", json!({}));
    let answer = class.stage.next(ada);
    let data =
        json!({"userId": "ada", "contextId": "math", "expiresAt": "2026-11-29T13:00:00.000Z"});
    assert_eq!((&answer["type"], &answer["id"]), (&json!("authenticated"), &json!("a")));
    assert_eq!(answer["data"], data);
    let pong = class.stage.next(ada);
    assert_eq!((&pong["type"], &pong["id"]), (&json!("pong"), &json!("p")));
    let bob = class.knock_at_analytics();
    let token = class.token("bob", None);
    class.send_raw(bob, &json!({"type": "auth", "token": token}));
    assert_eq!(class.stage.next(bob)["data"]["contextId"], "default");
    let eve = class.knock_at_analytics();
    class.send(eve, "subscribe", json!({"metrics": ["activity"]}));
    let _error = class.refused(eve, "UNAUTHORIZED");
    assert_eq!(class.stage.closed(eve), CloseReason::UNAUTHORIZED);
}

#[test]
fn a_token_that_names_contexts_opens_no_other_dashboard() {
    let mut class = Class::new();
    let ada = class.watch_as(limited_to("ada", &["math"]), Some("art"));
    assert_eq!(class.refused(ada, "FORBIDDEN")["data"]["field"], "contextId");
    class.send_as(ada, "s", "subscribe", json!({"metrics": ["activity"]}));
    assert_eq!(class.refused(ada, "NOT_JOINED")["id"], "s");
    let token = class.token("ada", Some(&["math"]));
    class.send_raw(ada, &json!({"type": "auth", "token": token, "contextId": "math"}));
    assert_eq!(class.stage.next(ada)["data"]["contextId"], "math");
    class.send(ada, "subscribe", json!({"metrics": ["activity"]}));
    assert_eq!(class.stage.next(ada)["type"], "subscribed");
}

#[test]
fn a_dashboard_that_asks_too_fast_is_closed_with_its_first_message_too_many() {
    let limits = Limits { messages_per_minute: limit(2), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let ada = class.watch("ada", "math");
    for _ in 0..2 {
        class.send(ada, "ping", json!({}));
        assert_eq!(class.stage.next(ada)["type"], "pong");
    }
    class.send(ada, "ping", json!({}));
    let error = class.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert!(error["data"]["retryAfterMs"].as_u64().is_some_and(|wait| wait > 0), "{error}");
    assert_eq!(class.stage.closed(ada), CloseReason::RATE_LIMIT);
}

#[test]
fn what_it_does_not_know_is_an_error_that_names_its_field_and_ends_nothing() {
    let mut class = Class::new();
    let ada = class.watch("ada", "math");
    let cases = [
        (json!({"type": "message", "data": {"content": "hi"}}), "type"),
        (json!({"type": "subscribe"}), "data.metrics"),
        (json!({"type": "subscribe", "data": {"metrics": []}}), "data.metrics"),
        (json!({"type": "unsubscribe", "data": {"metrics": ["a", 1]}}), "data.metrics"),
    ];
    for (message, field) in cases {
        class.send_raw(ada, &message);
        assert_eq!(class.refused(ada, "VALIDATION_ERROR")["data"]["field"], field);
    }
    class.send(ada, "ping", json!({}));
    assert_eq!(class.stage.next(ada)["type"], "pong");
}

fn names(metrics: &[&str]) -> Value {
    json!({"metrics": metrics})
}

/// The next message, which has to tell of this metric; its value and its window.
fn told(class: &mut Class, dashboard: ConnectionId, metric: &str) -> (Value, Value) {
    let update = class.stage.next(dashboard);
    let data = &update["data"];
    assert_eq!((&update["type"], &data["metric"]), (&json!("metric_update"), &json!(metric)));
    (data["value"].clone(), data["window"].clone())
}

#[test]
fn whoever_subscribes_is_told_at_once_what_each_metric_is() {
    let mut class = Class::new();
    let ada = class.watch("ada", "math");
    let metrics = ["activity", "engagement", "performance", "online", "steps"];
    class.send_as(ada, "s", "subscribe", names(&metrics));
    class.send_as(ada, "p", "ping", json!({}));
    let subscribed = class.stage.next(ada);
    assert_eq!((&subscribed["type"], &subscribed["id"]), (&json!("subscribed"), &json!("s")));
    assert_eq!(subscribed["data"], names(&metrics));
    let expected = [
        ("activity", json!(0), json!(60)),
        ("engagement", json!(0), json!(300)),
        ("performance", json!(null), json!(900)),
        ("online", json!(1), json!(0)),
        ("steps", json!(null), json!(300)),
    ];
    for (metric, value, window) in expected {
        assert_eq!(told(&mut class, ada, metric), (value, window), "{metric}");
    }
    assert_eq!(class.stage.next(ada)["id"], "p");
}
