//! Figures of a class against a naive recount of the same events, before and after a stop.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};
use testkit::{TestClient, TestServer, Token, now_in_seconds};

use super::get;

const CONTEXT: &str = "physics";
const PEOPLE: [&str; 4] = ["ann", "ben", "cem", "dora"];
/// Metrics of reported events, with their aggregates; each over an hour.
const REPORTED: [(&str, &str); 4] =
    [("coins", "sum"), ("mood", "mean"), ("hands", "count"), ("latency", "p95")];
/// Calls, and the events of each.
const CALLS: usize = 12;
const EVENTS: u32 = 250;
/// Seconds that an event is late, at most; the server takes some that are 300 s late.
const LATE_SECS: u32 = 200;
const STEPS: [(&str, i64); 3] = [("1s", 1), ("1m", 60), ("1h", 3600)];

/// Numbers that look random; the same with each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// An event that was taken.
struct Counted {
    metric: usize,
    value: f64,
    user: usize,
    at: i64,
}

/// Everything that happened in the context.
#[derive(Default)]
struct Recount {
    reported: Vec<Counted>,
    /// Messages, edits and typing, by who did it; when is the server's to say.
    done: Vec<usize>,
}

impl Recount {
    fn value(&self, metric: usize, from: i64, to: i64) -> Option<f64> {
        let is_inside = |it: &&Counted| it.metric == metric && it.at >= from && it.at < to;
        let mut values: Vec<f64> =
            self.reported.iter().filter(is_inside).map(|it| it.value).collect();
        values.sort_by(f64::total_cmp);
        let (count, sum) = (values.len(), values.iter().sum::<f64>());
        match REPORTED[metric].1 {
            "count" => Some(count as f64),
            "sum" => Some(sum),
            "mean" => (count > 0).then(|| sum / count as f64),
            _ => values.get((count * 95).div_ceil(100).checked_sub(1)?).copied(),
        }
    }

    /// How many events of a metric there were in each step of so many seconds.
    fn counts(&self, metric: usize, secs: i64) -> BTreeMap<i64, u64> {
        let mut counts = BTreeMap::new();
        for event in self.reported.iter().filter(|event| event.metric == metric) {
            *counts.entry(event.at - event.at.rem_euclid(secs)).or_default() += 1;
        }
        counts
    }

    fn all(&self) -> u64 {
        (self.reported.len() + self.done.len()) as u64
    }

    fn people(&self) -> usize {
        let reported = self.reported.iter().map(|event| event.user);
        reported.chain(self.done.iter().copied()).collect::<HashSet<_>>().len()
    }
}

fn is_near(shown: &Value, expected: Option<f64>, aggregate: &str) -> bool {
    let within = if aggregate == "p95" { 0.010_001 } else { 1e-9 };
    match (shown.as_f64(), expected) {
        (Some(shown), Some(expected)) => (shown - expected).abs() <= expected.abs() * within + 1e-8,
        (shown, expected) => shown == expected,
    }
}

/// Reports events of everybody's; every 50th comes too late to count.
async fn report(server: &TestServer, dice: &mut Dice, recount: &mut Recount) {
    let now = now_in_seconds();
    let mut events = Vec::new();
    let mut refused = Vec::new();
    for index in 0..EVENTS {
        let (metric, user) = (dice.below(4) as usize, dice.below(4) as usize);
        let value = f64::from(dice.below(4_000)) / 8.0 - 100.0;
        let is_refused = index % 50 == 49;
        let at = now - if is_refused { 3_600 } else { i64::from(dice.below(LATE_SECS)) };
        let (name, aggregate) = REPORTED[metric];
        events.push(json!({"name": name, "aggregate": aggregate, "window": 3600, "value": value,
            "userId": PEOPLE[user], "at": Timestamp::from_secs(at).to_string()}));
        if is_refused {
            refused.push(u64::from(index));
        } else {
            recount.reported.push(Counted { metric, value, user, at });
        }
    }
    let token = Token::of("probe").roles(&["publisher"]).sign();
    let body = json!({"contextId": CONTEXT, "events": events});
    let answer = server.http().token(&token).post("/api/analytics/events", &body).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["accepted"], u64::from(EVENTS) - refused.len() as u64);
    let told = answer["refused"].as_array().unwrap();
    let told: Vec<u64> = told.iter().map(|event| event["index"].as_u64().unwrap()).collect();
    assert_eq!(told, refused);
}

async fn open(server: &TestServer, path: &str, user: &str) -> TestClient {
    let dial = server.dial(path).query("contextId", CONTEXT);
    dial.token(&Token::of(user).name(user).sign()).open().await
}

/// Everybody talks, types and edits.
async fn live(server: &TestServer, recount: &mut Recount) {
    for (number, user) in PEOPLE.iter().enumerate().skip(1) {
        let mut chat = open(server, "/api/chat/ws", user).await;
        chat.send(&json!({"type": "typing", "data": {"isTyping": true}})).await;
        for count in 0..number {
            chat.send(&crate::says(&format!("message {count} of {user}"))).await;
            chat.expect("message").await;
        }
        let mut pages = open(server, "/api/collaboration/ws", user).await;
        pages.send(&json!({"type": "join_session", "data": {"sessionId": "notes"}})).await;
        let version = pages.expect("session_joined").await["data"]["version"].clone();
        let edit =
            json!({"operation": "insert", "position": 0, "content": "x", "version": version});
        pages.send(&json!({"type": "edit", "data": edit})).await;
        pages.expect("edit_ack").await;
        pages.drain().await;
        recount.done.extend(std::iter::repeat_n(number, number + 2));
    }
}

/// The points of a metric in the last two hours.
async fn points(server: &TestServer, metric: &str, step: &str) -> Vec<Value> {
    let from = Timestamp::from_secs(now_in_seconds() - 7_200);
    let path = format!("/api/analytics/{CONTEXT}/{metric}?step={step}&from={from}&limit=100");
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(server, &format!("{path}{cursor}")).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn second(point: &Value) -> i64 {
    let at: Timestamp = point["at"].as_str().unwrap().parse().unwrap();
    at.as_millis() / 1000
}

async fn check_series(server: &TestServer, recount: &Recount) {
    for (metric, (name, aggregate)) in REPORTED.iter().enumerate() {
        for (step, secs) in STEPS {
            let points = points(server, name, step).await;
            let shown: BTreeMap<i64, u64> =
                points.iter().map(|it| (second(it), it["count"].as_u64().unwrap())).collect();
            assert_eq!(shown, recount.counts(metric, secs), "{name} by {step}");
            for point in &points {
                let from = second(point);
                let expected = recount.value(metric, from, from + secs);
                let is_near = is_near(&point["value"], expected, aggregate);
                assert!(is_near, "{name} by {step}: {point}, by recount {expected:?}");
            }
        }
    }
    for (step, _) in STEPS {
        let counts = points(server, "activity", step).await;
        let counts = counts.iter().map(|point| point["count"].as_u64().unwrap());
        assert_eq!(counts.sum::<u64>(), recount.all(), "activity by {step}");
    }
}

async fn check_now(server: &TestServer, recount: &Recount) {
    let shown = get(server, &format!("/api/analytics/{CONTEXT}?limit=200")).await;
    for (metric, (name, aggregate)) in REPORTED.iter().enumerate() {
        let items = shown["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["metric"] == *name).unwrap();
        let expected = recount.value(metric, 0, i64::MAX);
        assert!(is_near(&item["value"], expected, aggregate), "{item}, by recount {expected:?}");
    }
}

/// Waits until the dashboard shows what the recount says, and everybody once.
async fn watch(dashboard: &mut TestClient, recount: &Recount) {
    for (metric, (name, aggregate)) in REPORTED.iter().enumerate() {
        let expected = recount.value(metric, 0, i64::MAX);
        let is_right = |update: &Value| {
            let data = &update["data"];
            data["metric"] == *name && is_near(&data["value"], expected, aggregate)
        };
        dashboard.expect_where(&format!("{name} of {expected:?}"), is_right).await;
    }
    let people = recount.people();
    let is_right = |update: &Value| {
        update["data"]["metric"] == "engagement" && update["data"]["value"] == people
    };
    dashboard.expect_where(&format!("engagement of {people}"), is_right).await;
}

#[tokio::test]
async fn figures_are_what_a_recount_of_the_same_events_says_also_after_a_stop() {
    let mut server = crate::start(&[]);
    let (mut dice, mut recount) = (Dice(7), Recount::default());
    let mut dashboard = open(&server, "/api/analytics/ws", "watcher").await;
    let metrics: Vec<&str> = REPORTED.iter().map(|(name, _)| *name).chain(["engagement"]).collect();
    dashboard.send(&json!({"type": "subscribe", "data": {"metrics": metrics}})).await;
    dashboard.expect("subscribed").await;
    for call in 0..CALLS {
        report(&server, &mut dice, &mut recount).await;
        if call == CALLS / 2 {
            live(&server, &mut recount).await;
        }
    }
    watch(&mut dashboard, &recount).await;
    check_now(&server, &recount).await;
    check_series(&server, &recount).await;
    server.terminate();
    assert!(server.wait().success());
    server.restart();
    check_now(&server, &recount).await;
    check_series(&server, &recount).await;
    report(&server, &mut dice, &mut recount).await;
    check_now(&server, &recount).await;
    check_series(&server, &recount).await;
}

#[tokio::test]
async fn an_edit_counts_also_where_its_author_is_gone_before_it_is_answered() {
    let server = crate::start(&[]);
    let counted = async |server: &TestServer| -> u64 {
        let points = points(server, "activity", "1h").await;
        points.iter().map(|point| point["count"].as_u64().unwrap()).sum()
    };
    let mut sent = 0;
    for user in PEOPLE {
        let mut pages = open(&server, "/api/collaboration/ws", user).await;
        pages.send(&json!({"type": "join_session", "data": {"sessionId": "notes"}})).await;
        let version = pages.expect("session_joined").await["data"]["version"].clone();
        let edit =
            json!({"operation": "insert", "position": 0, "content": "x", "version": version});
        pages.send(&json!({"type": "edit", "data": edit})).await;
        sent += 1;
        drop(pages);
        while counted(&server).await < sent {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(counted(&server).await, sent);
    }
}
