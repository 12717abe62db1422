//! Dashboards: who gets in, and what they are shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use learning::Limits;
use learning::analytics::{Aggregate, Event};
use model::{CloseReason, ConnectionId, Identity, Name};
use serde_json::{Value, json};

use crate::support::{Class, identity, limit, limited_to};

impl Class {
    /// A dashboard of `user` whose token stood in the handshake.
    pub fn watch(&mut self, user: &str, context: &str) -> ConnectionId {
        self.watch_as(identity(user), Some(context))
    }

    pub fn watch_as(&mut self, identity: Identity, context: Option<&str>) -> ConnectionId {
        let identity = Arc::new(identity);
        let session = self.learning.analytics(Some(Arc::clone(&identity)), context);
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

#[test]
fn dashboards_are_told_of_what_people_do_once_a_second_and_only_of_changes() {
    let mut class = Class::new();
    let dashboard = class.watch("teacher", "math");
    class.send(dashboard, "subscribe", names(&["activity", "engagement", "performance"]));
    let _subscribed = class.stage.expect(dashboard, "subscribed");
    for metric in ["activity", "engagement", "performance"] {
        let _now = told(&mut class, dashboard, metric);
    }
    let ada = class.enter("ada", "math");
    class.send(ada, "message", json!({"content": "hi"}));
    let _own = class.stage.expect(ada, "message");
    class.send(ada, "typing", json!({"isTyping": true}));
    class.send(ada, "typing", json!({"isTyping": false}));
    let _elsewhere = class.enter("bob", "art");
    let mut changes = BTreeMap::new();
    class.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        let update = class.stage.next(dashboard);
        assert_eq!(update["type"], "metric_update");
        let data = &update["data"];
        assert_eq!(data["timestamp"], "2026-11-29T12:00:01.000Z");
        changes.insert(data["metric"].as_str().unwrap().to_owned(), data["value"].clone());
    }
    let expected = [("activity", json!(2)), ("engagement", json!(1))];
    assert_eq!(changes, expected.map(|(metric, value)| (metric.to_owned(), value)).into());
    class.send(dashboard, "unsubscribe", names(&["activity", "unheard-of"]));
    let unsubscribed = class.stage.next(dashboard);
    assert_eq!(
        (&unsubscribed["type"], &unsubscribed["data"]),
        (&json!("unsubscribed"), &names(&["activity", "unheard-of"]))
    );
    class.send(ada, "message", json!({"content": "again"}));
    let _own = class.stage.expect(ada, "message");
    let bob = class.enter("bob", "math");
    class.send(bob, "message", json!({"content": "me too"}));
    let _own = class.stage.expect(bob, "message");
    class.clock.advance(Duration::from_secs(1));
    assert_eq!(told(&mut class, dashboard, "engagement"), (json!(2), json!(300)));
    class.send(dashboard, "ping", json!({}));
    assert_eq!(class.stage.next(dashboard)["type"], "pong");
}

#[test]
fn looking_at_figures_is_presence_but_no_activity() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    let dashboards = ["ada", "teacher", "teacher"].map(|user| class.watch(user, "math"));
    let _elsewhere = class.watch("bob", "art");
    class.send(dashboards[1], "subscribe", names(&["online", "activity", "engagement"]));
    let _subscribed = class.stage.expect(dashboards[1], "subscribed");
    assert_eq!(told(&mut class, dashboards[1], "online").0, 2);
    assert_eq!(told(&mut class, dashboards[1], "activity").0, 0);
    assert_eq!(told(&mut class, dashboards[1], "engagement").0, 0);
    assert!(class.stage.received(ada).is_empty(), "who looks at figures is nothing to tell");
    assert!(class.stage.received(dashboards[0]).is_empty());
}

#[test]
fn a_metric_that_nobody_heard_of_begins_with_its_first_event() {
    let mut class = Class::new();
    let dashboard = class.watch("teacher", "math");
    class.send(dashboard, "subscribe", names(&["steps"]));
    let _subscribed = class.stage.expect(dashboard, "subscribed");
    assert_eq!(told(&mut class, dashboard, "steps"), (json!(null), json!(300)));
    let steps = Name::new("steps").unwrap();
    let event = Event {
        name: steps,
        value: Some(2.5),
        user: "ada".into(),
        at: None,
        aggregate: Some(Aggregate::Sum),
        window: Some(10),
    };
    let math = Name::new("math").unwrap();
    let analytics = Arc::clone(&class.analytics);
    let refused = class.wait(analytics.ingest(&math, &[event.clone(), event]));
    assert_eq!(refused, Ok(Vec::new()));
    class.clock.advance(Duration::from_secs(1));
    assert_eq!(told(&mut class, dashboard, "steps"), (json!(5), json!(10)));
    class.clock.advance(Duration::from_secs(10));
    assert_eq!(told(&mut class, dashboard, "steps"), (json!(0), json!(10)));
}

#[test]
fn a_dashboard_is_shown_at_most_200_metrics() {
    let mut class = Class::new();
    let ada = class.watch("ada", "math");
    let metrics = |first: usize| (first..first + 50).map(|n| format!("m{n}")).collect::<Vec<_>>();
    for first in [0, 50, 100, 150] {
        class.send(ada, "subscribe", json!({"metrics": metrics(first)}));
        let _subscribed = class.stage.expect(ada, "subscribed");
    }
    class.send_as(ada, "x", "subscribe", names(&["m7", "m200"]));
    let error = class.stage.expect(ada, "error");
    assert_eq!((&error["id"], &error["data"]["field"]), (&json!("x"), &json!("data.metrics")));
    class.send(ada, "subscribe", names(&["m7"]));
    let again = class.stage.expect(ada, "subscribed");
    assert_eq!(again["data"], names(&["m7"]));
    class.send(ada, "unsubscribe", json!({}));
    let all = class.stage.expect(ada, "unsubscribed");
    assert_eq!(all["data"]["metrics"].as_array().map(Vec::len), Some(200));
    assert_eq!(class.stage.hub.room_count(), 1, "none but the context's own");
    class.send(ada, "subscribe", names(&["m200"]));
    assert_eq!(class.stage.expect(ada, "subscribed")["data"], names(&["m200"]));
}

#[test]
fn a_dashboard_that_the_store_has_no_time_for_is_shown_nothing_and_may_try_again() {
    let mut class = Class::new();
    let ada = class.watch("ada", "math");
    class.store.close();
    class.send_as(ada, "s", "subscribe", names(&["activity"]));
    let error = class.refused(ada, "UNAVAILABLE");
    assert_eq!((&error["id"], &error["data"]["retryAfterMs"]), (&json!("s"), &json!(1000)));
    assert_eq!(class.stage.hub.room_count(), 1, "none but the context's own");
}
