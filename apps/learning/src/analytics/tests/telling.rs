//! What those who watch are told, and when.

use std::collections::HashMap;

use hub::{Item, RoomKey};
use model::Clock;
use serde_json::{Value, json};

use super::*;

impl Play {
    /// Half a second passes, and what is due is told.
    fn tick(&self) -> Vec<Value> {
        self.clock.advance(Duration::from_millis(500));
        self.analytics.tell_watchers();
        let told = self.recorder.take().into_iter().filter_map(|item| match item {
            Item::Deliver { delivery, .. } => serde_json::from_slice(&delivery.text).ok(),
            _ => None,
        });
        told.collect()
    }

    /// Somebody watches a metric from now on.
    fn watch(&self, metric: &str, slot: u32) -> (Membership, Reading) {
        let join = |room: &RoomId| self.join(room, "ann", slot);
        let (reading, place) = self.analytics.watch("c", &name(metric), join).unwrap();
        (place, reading)
    }
}

fn values(told: &[Value]) -> Vec<(&str, f64)> {
    let value = |it: &'_ Value| it["data"]["value"].as_f64().unwrap_or(f64::NAN);
    told.iter().map(|it| (it["data"]["metric"].as_str().unwrap_or_default(), value(it))).collect()
}

#[test]
fn watchers_are_told_once_a_second_and_only_of_changes() {
    let play = Play::new();
    let (_place, reading) = play.watch("activity", 1);
    assert_eq!((reading.value, reading.window), (Some(0.0), 60));
    play.analytics.note("c", "ann");
    assert!(play.tick().is_empty()); // Within a second of the value that was given.
    play.analytics.note("c", "ann");
    let told = play.tick();
    let expected = json!({
        "type": "metric_update",
        "timestamp": "2027-01-15T08:00:01.000Z",
        "data": {
            "metric": "activity", "value": 2, "timestamp": "2027-01-15T08:00:01.000Z", "window": 60,
        },
    });
    assert_eq!(told, [expected]);
    assert!(play.tick().is_empty() && play.tick().is_empty() && play.tick().is_empty());
    play.analytics.note("c", "ann");
    assert_eq!(values(&play.tick()), [("activity", 3.0)]); // At once, having been quiet.
    play.analytics.note("c", "ann");
    assert!(play.tick().is_empty());
    assert_eq!(values(&play.tick()), [("activity", 4.0)]);
    play.advance(57);
    assert_eq!(values(&play.tick()), [("activity", 2.0)]); // By time alone.
    assert_eq!(play.analytics.stats().told, 4);
}

#[test]
fn a_metric_that_nobody_watches_any_more_is_told_to_nobody() {
    let play = Play::new();
    let (first, _) = play.watch("activity", 1);
    let (second, _) = play.watch("activity", 2);
    first.leave();
    play.analytics.note("c", "ann");
    assert!(play.tick().is_empty());
    assert_eq!(values(&play.tick()), [("activity", 1.0)]);
    second.leave();
    play.analytics.note("c", "ann");
    assert!(play.tick().is_empty() && play.tick().is_empty());
    let context = play.analytics.contexts.find("c").unwrap();
    assert!(context.lock().watched.is_empty() && context.watched.load(Relaxed) == 0);
}

#[test]
fn who_comes_later_is_given_no_second_value_within_a_second_and_keeps_nobody_waiting() {
    let play = Play::new();
    let (mut places, mut lanes) = (Vec::new(), HashMap::<RoomKey, Vec<usize>>::new());
    let mut told_at = Vec::new();
    for step in 0..400 {
        play.analytics.note("c", "ann"); // It changes all the time.
        if step % 3 == 0 {
            places.push(play.watch("activity", step).0);
        }
        play.analytics.tell_watchers();
        let now = play.clock.monotonic();
        for item in play.recorder.take() {
            let lane = match item {
                Item::Join { room, .. } => {
                    lanes.entry(room.key).or_default().push(told_at.len());
                    told_at.push(now);
                    continue;
                }
                Item::Deliver { room, .. } => room,
                _ => continue,
            };
            for watcher in lanes.get(&lane).into_iter().flatten() {
                let since = now.since(std::mem::replace(&mut told_at[*watcher], now));
                assert!(since >= Duration::from_secs(1), "{watcher} after {since:?}");
            }
        }
        let longest = told_at.iter().map(|at| now.since(*at)).max().unwrap();
        assert!(longest < Duration::from_millis(1600), "somebody waits for {longest:?}");
        play.clock.advance(Duration::from_millis(70));
    }
    assert_eq!((places.len(), told_at.len()), (134, 134));
}

#[test]
fn who_comes_while_a_value_is_another_for_a_moment_is_told_that_it_is_as_before() {
    let play = Play::new();
    let (_chat, first) = (play.join(&RoomId::new("chat", "c"), "bob", 9), play.watch("online", 1));
    assert_eq!(first.1.value, Some(1.0));
    let other = play.join(&RoomId::new("chat", "c"), "eve", 8);
    let (_second, reading) = play.watch("online", 2);
    assert_eq!(reading.value, Some(2.0));
    other.leave();
    assert!(play.tick().is_empty());
    assert_eq!(values(&play.tick()), [("online", 1.0)]);
}

#[test]
fn an_unknown_metric_can_be_watched_before_its_first_event() {
    let play = Play::new();
    let (_place, reading) = play.watch("coins", 1);
    assert_eq!((reading.value, reading.window), (None, 300));
    play.tick();
    let coins = Event {
        aggregate: Some(Aggregate::Sum),
        window: Some(30),
        ..event("coins", "ann", Some(2.5))
    };
    play.ingest(&[coins]);
    let told = play.tick();
    assert_eq!(
        (values(&told), told[0]["data"]["window"].clone()),
        (vec![("coins", 2.5)], json!(30))
    );
}

#[test]
fn a_mean_that_has_no_events_any_more_is_told_as_null() {
    let play = Play::new();
    play.ingest(&[event("performance", "ann", Some(1.0))]);
    let (_place, reading) = play.watch("performance", 1);
    assert_eq!(reading.value, Some(1.0));
    play.advance(900);
    assert_eq!(play.tick()[0]["data"]["value"], Value::Null);
}

#[test]
fn who_comes_and_goes_is_told_to_those_who_watch_who_is_online() {
    let play = Play::new();
    let (_place, reading) = play.watch("online", 1);
    assert_eq!((reading.value, reading.window), (Some(0.0), 0));
    let _chat = play.join(&RoomId::new("chat", "c"), "bob", 2);
    assert!(play.tick().is_empty());
    assert_eq!(values(&play.tick()), [("online", 1.0)]);
}

#[test]
fn what_is_told_comes_by_itself() {
    let play = Play::new();
    let (_place, _) = play.watch("activity", 1);
    play.analytics.note("c", "ann");
    play.advance(1);
    let told = play.analytics.stats().told;
    play.runtime.block_on(async {
        while play.analytics.stats().told == told {
            tokio::task::yield_now().await;
        }
    });
}
