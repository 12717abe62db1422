//! The matcher's thread: in which order it works, what it pushes, where it refuses, how it ends.

use std::sync::mpsc;

use hub::Item;
use model::{ManualClock, Timestamp};
use serde_json::{Value, json};
use testkit::Recorder;

use super::*;
use crate::{Change, Deal, DealEvent, PriceChange};

fn start() -> (Arc<Recorder>, Arc<Matcher>) {
    let recorder = Recorder::new();
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_500)));
    let hub = Hub::new(recorder.clone(), clock);
    (recorder, Matcher::start(hub))
}

fn change(id: &str) -> Change {
    let deal = Deal {
        id: id.into(),
        title: "A \"red\" [] hat".into(),
        category: "Hats".into(),
        merchant: "Shop".into(),
        price: 80.0,
        original_price: 120.5,
        discount: 33.6,
        currency: "EUR".into(),
        url: "https://example.com/hat".into(),
        updated_at: Timestamp::from_millis(1_600_000_000_999),
    };
    Change { event: DealEvent::Updated, deal: Arc::new(deal), price: None }
}

fn connection(number: u32) -> ConnectionId {
    ConnectionId::new(u8::try_from(number).unwrap(), number, 1)
}

fn subscribe(matcher: &Matcher, number: u32, id: &str, topic: Topic) {
    let (told, hears) = mpsc::channel();
    let subscription = Subscription { id: id.into(), topic, ..subscription(number) };
    matcher.subscribe(subscription, move || told.send(()).unwrap());
    hears.recv_timeout(testkit::PATIENCE).unwrap();
}

/// To all deals.
fn subscription(number: u32) -> Subscription {
    let (id, filters) = ("a".into(), Arc::default());
    Subscription { id, connection: connection(number), topic: Topic::NewDeals, filters }
}

fn publish(matcher: &Matcher, change: Change) {
    matcher.reserve(Lane::Interactive).unwrap().publish(change);
}

/// What was pushed: to whom, replaced by what, and the message.
fn pushed(items: Vec<Item>) -> Vec<(u32, String, Value)> {
    let pushed = items.into_iter().map(|item| {
        let Item::Tell { connection, delivery } = item else { panic!("not told") };
        let key = delivery.key.as_ref().unwrap();
        let key = format!("{}:{}", key.kind, key.of);
        assert_eq!(delivery.offset, None);
        (connection.slot(), key, serde_json::from_slice(&delivery.text).unwrap())
    });
    pushed.collect()
}

/// Waits until the thread has done all it was given before.
fn settle(matcher: &Matcher) {
    let (told, hears) = mpsc::channel();
    let changes = matcher.stats().changes + matcher.stats().waiting;
    loop {
        let told = told.clone();
        matcher.unsubscribe(connection(250), "none".into(), move |_| told.send(()).unwrap());
        hears.recv_timeout(testkit::PATIENCE).unwrap();
        if matcher.stats().waiting == 0 && matcher.stats().changes >= changes {
            return;
        }
    }
}

#[test]
fn a_connection_is_told_once_of_a_deal_naming_all_its_subscriptions() {
    let (recorder, matcher) = start();
    subscribe(&matcher, 1, "b\"", Topic::NewDeals);
    subscribe(&matcher, 2, "c", Topic::NewDeals);
    subscribe(&matcher, 1, "a", Topic::NewDeals);
    publish(&matcher, change("d1"));
    let mut pushed = pushed(recorder.wait_for(2));
    pushed.sort_by_key(|(connection, ..)| *connection);
    let data = |ids: Value| {
        json!({"event": "updated", "dealId": "d1", "title": "A \"red\" [] hat", "category": "Hats",
            "merchant": "Shop", "price": 80, "originalPrice": 120.5, "discount": 33.6,
            "currency": "EUR", "url": "https://example.com/hat", "updatedAt": 1_600_000_000,
            "subscriptionIds": ids})
    };
    let text = |ids| json!({"type": "DealUpdate", "data": data(ids), "timestamp": 1_700_000_000});
    assert_eq!(pushed[0], (1, "deal:d1".to_owned(), text(json!(["b\"", "a"]))));
    assert_eq!(pushed[1], (2, "deal:d1".to_owned(), text(json!(["c"]))));
    assert_eq!(pushed.len(), 2);
}

#[test]
fn a_changed_price_is_told_to_whoever_subscribed_to_prices() {
    let (recorder, matcher) = start();
    subscribe(&matcher, 1, "p", Topic::PriceUpdates);
    subscribe(&matcher, 1, "q", Topic::PriceUpdates);
    subscribe(&matcher, 2, "n", Topic::NewDeals);
    subscribe(&matcher, 3, "t", Topic::TaskStatus);
    publish(&matcher, change("d1"));
    let changed_at = Timestamp::from_millis(1_600_000_001_000);
    let price = Some(PriceChange { old_price: 99.5, new_price: 80.0, changed_at });
    publish(&matcher, Change { price, ..change("d2") });
    let mut pushed = pushed(recorder.wait_for(3));
    let told = pushed.pop().unwrap();
    let data = json!({"dealId": "d2", "title": "A \"red\" [] hat", "oldPrice": 99.5, "newPrice": 80,
        "currency": "EUR", "changedAt": 1_600_000_001});
    let text = json!({"type": "PriceUpdate", "data": data, "timestamp": 1_700_000_000});
    assert_eq!(told, (1, "price:d2".to_owned(), text));
    assert!(pushed.iter().all(|(connection, ..)| *connection == 2));
    settle(&matcher);
    assert!(recorder.take().is_empty());
    let stats = matcher.stats();
    assert_eq!((stats.subscriptions, stats.changes), (3, 2));
    // Equal filters are compared once.
    assert_eq!((stats.visited, stats.matches, stats.pushed), (3, 4, 3));
}

#[test]
fn after_an_unsubscription_was_told_nothing_comes() {
    let (recorder, matcher) = start();
    subscribe(&matcher, 1, "a", Topic::NewDeals);
    subscribe(&matcher, 2, "a", Topic::NewDeals);
    subscribe(&matcher, 3, "a", Topic::NewDeals);
    let (told, hears) = mpsc::channel();
    for id in ["a", "a", "b"] {
        let told = told.clone();
        matcher.unsubscribe(connection(1), id.into(), move |was_there| {
            told.send(was_there).unwrap();
        });
    }
    let answers: Vec<bool> = hears.iter().take(3).collect();
    assert_eq!(answers, [true, false, false]);
    matcher.forget(connection(3));
    settle(&matcher);
    publish(&matcher, change("d"));
    settle(&matcher);
    let connections: Vec<u32> = pushed(recorder.take()).iter().map(|pushed| pushed.0).collect();
    assert_eq!(connections, [2]);
    assert_eq!(matcher.stats().subscriptions, 1);
}

#[test]
fn changes_are_told_in_the_order_of_their_publication() {
    let (recorder, matcher) = start();
    subscribe(&matcher, 1, "a", Topic::NewDeals);
    let places: Vec<Place> =
        (0..100).map(|_| matcher.reserve(Lane::Interactive).unwrap()).collect();
    for (number, place) in places.into_iter().enumerate() {
        place.publish(change(&number.to_string()));
    }
    let pushed = pushed(recorder.wait_for(100));
    let ids = pushed.iter().map(|(_, _, text)| text["data"]["dealId"].as_str().unwrap());
    let expected: Vec<String> = (0..100).map(|number: u32| number.to_string()).collect();
    assert_eq!(ids.collect::<Vec<_>>(), expected);
}

#[test]
fn places_are_bounded_and_come_back() {
    let (_recorder, matcher) = start();
    let mut places: Vec<Place> =
        (0..CHANGES_MAX).map(|_| matcher.reserve(Lane::Interactive).unwrap()).collect();
    assert!(matcher.reserve(Lane::Interactive).is_none());
    drop(places.pop());
    assert!(matcher.reserve(Lane::Interactive).is_some(), "a place that was not used");
    places.pop().unwrap().publish(change("d"));
    settle(&matcher);
    let first = matcher.reserve(Lane::Interactive);
    let second = matcher.reserve(Lane::Interactive);
    assert!(first.is_some() && second.is_some(), "a place whose change was told");
    assert!(matcher.reserve(Lane::Interactive).is_none());
}

#[test]
fn a_bulk_leaves_an_eighth_of_the_places_to_single_changes() {
    let (_recorder, matcher) = start();
    let reserve = |lane| std::iter::from_fn(|| matcher.reserve(lane)).collect::<Vec<Place>>();
    let bulk = reserve(Lane::Bulk);
    assert_eq!(bulk.len(), CHANGES_MAX - CHANGES_MAX / 8);
    let single = reserve(Lane::Interactive);
    assert_eq!(single.len(), CHANGES_MAX / 8);
    drop(single);
    assert!(matcher.reserve(Lane::Bulk).is_none());
}

#[test]
fn a_panic_in_what_is_told_harms_nobody_else() {
    let (recorder, matcher) = start();
    matcher.subscribe(subscription(1), || panic!("on purpose"));
    publish(&matcher, change("d"));
    assert_eq!(pushed(recorder.wait()).len(), 1);
}

#[test]
fn dropped_it_ends_and_what_waits_is_dropped_even_by_its_own_thread() {
    let (_recorder, matcher) = start();
    let place = matcher.reserve(Lane::Interactive).unwrap();
    let (waits, waiting) = mpsc::channel::<()>();
    let (goes_on, go_on) = mpsc::channel::<()>();
    let (dropped, outcome) = mpsc::channel();
    // The thread itself drops the last of the matcher, with a command that waits behind.
    let last = Arc::clone(&matcher);
    matcher.unsubscribe(connection(1), "a".into(), move |_| {
        go_on.recv().unwrap();
        let drops = std::panic::AssertUnwindSafe(|| drop(last));
        dropped.send(std::panic::catch_unwind(drops).is_ok()).unwrap();
    });
    matcher.subscribe(subscription(1), move || drop(waits));
    let queue = Arc::clone(&matcher.queue);
    drop(matcher);
    goes_on.send(()).unwrap();
    assert_eq!(outcome.recv_timeout(testkit::PATIENCE), Ok(true));
    let ended = waiting.recv_timeout(testkit::PATIENCE);
    assert_eq!(ended, Err(mpsc::RecvTimeoutError::Disconnected));
    place.publish(change("d"));
    assert_eq!(queue.waiting(), 0);
    assert!(Queue::reserve(&queue, Lane::Interactive).is_none());
}
