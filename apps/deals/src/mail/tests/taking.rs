//! When something no longer waits, and when it comes again.

use model::CloseReason;
use storage::rusqlite::Transaction;

use super::*;

#[test]
fn what_a_connection_took_does_not_come_again() {
    let mut play = Play::new();
    play.say("ann", 1);
    let ann = play.connect("ann");
    assert_eq!(play.next_numbers(ann, 1), [1]);
    play.say("ann", 2);
    assert_eq!(play.next_numbers(ann, 1), [2]);
    assert!(play.waiting("ann").is_empty());
    let other = play.connect("ann");
    play.assert_has_all(other, "ann");
}

#[test]
fn what_was_sent_and_not_taken_comes_again_as_it_was() {
    let mut play = Play::new();
    play.say("ann", 1);
    let gone = play.connect_deaf("ann", true);
    let first = play.stage.next(gone);
    play.say("ann", 2);
    assert_eq!(play.next_numbers(gone, 1), [2]);
    play.stage.close(gone, &CloseReason::LOST);
    let ann = play.connect("ann");
    assert_eq!(play.stage.next(ann), first);
    assert_eq!(play.next_numbers(ann, 1), [2]);
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn what_was_committed_and_never_told_comes_after_a_restart_once_a_connection() {
    let play = Play::new();
    play.put_untold("ann", Kind::Message, "m", &json!({"n": 1}));
    play.put_untold("ann", Kind::Alert, "d", &json!({"n": 2}));
    let mut play = play.crash();
    let connections = [play.connect_deaf("ann", true), play.connect_deaf("ann", true)];
    for connection in connections {
        assert_eq!(play.next_numbers(connection, 2), [1, 2]);
        play.stage.settle();
        assert!(play.stage.received(connection).is_empty());
    }
    play.confirm(connections[0]);
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn many_marks_are_few_writes_and_the_last_one_counts() {
    let mut play = Play::new();
    let ann = play.connect_deaf("ann", true);
    play.assert_has_all(ann, "ann");
    for n in 1..=200 {
        play.say("ann", n);
    }
    assert_eq!(play.next_numbers(ann, 200).len(), 200);
    let before = play.store.stats().rows;
    let (release, waits) = mpsc::channel::<()>();
    let waits = move |_: &Transaction<'_>| {
        let _released = waits.recv();
        Ok(())
    };
    play.store.reserve(Lane::Bulk).unwrap().write(waits, |_| {});
    play.confirm(ann);
    drop(release);
    assert!(play.waiting("ann").is_empty());
    let rows = play.store.stats().rows - before;
    assert_eq!(rows, 6, "what held them up, the first mark, the others, and three that look");
}

#[test]
fn a_mark_that_says_nothing_new_writes_nothing() {
    let mut play = Play::new();
    let ann = play.connect("ann");
    play.assert_has_all(ann, "ann");
    play.settle_taken();
    let before = play.store.stats().rows;
    for _ in 0..200 {
        play.stage.send(ann, "0");
        play.stage.send(ann, "1");
    }
    play.settle_taken();
    assert_eq!(play.store.stats().rows - before, 3, "those that look");
}

#[test]
fn what_the_store_had_no_place_for_is_noted_with_the_next_mark() {
    let mut play = Play::new();
    play.say("ann", 1);
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 1), [1]);
    let places: Vec<_> = std::iter::from_fn(|| play.store.reserve(Lane::Bulk).ok()).collect();
    play.confirm(ann);
    drop(places);
    assert_eq!(play.waiting("ann").len(), 1);
    play.say("ann", 2);
    assert_eq!(play.next_numbers(ann, 1), [2]);
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn a_message_before_a_notification_is_taken_with_its_page() {
    let mut play = Play::new();
    play.say("ann", 1);
    play.notify("ann", "Hello");
    let ann = play.connect("ann");
    assert_eq!(play.next_numbers(ann, 1), [1]);
    assert_eq!(play.stage.next(ann)["type"], "Notification");
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn a_mark_that_was_never_sent_takes_nothing() {
    let mut play = Play::new();
    for n in 1..=3 {
        let data = json!({"n": n, "content": "x".repeat(100_000)});
        play.put("ann", Kind::Message, &n.to_string(), &data);
    }
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 2), [1, 2]);
    for mark in ["3", "4", "18446744073709551615"] {
        play.stage.send(ann, mark);
    }
    assert_eq!(play.waiting("ann").len(), 3);
    play.confirm(ann);
    assert_eq!(play.next_numbers(ann, 1), [3]);
    assert!(play.waiting("ann").is_empty());
    // Stored and not told to anybody yet.
    play.put_untold("ann", Kind::Message, "late", &json!({"n": 4}));
    for mark in ["4", "5", "18446744073709551615"] {
        play.stage.send(ann, mark);
    }
    assert_eq!(play.waiting("ann"), [json!({"n": 4})]);
}

#[test]
fn the_connection_that_is_passed_over_takes_nothing_it_was_not_sent() {
    let mut play = Play::new();
    let (one, other) = (play.connect("ann"), play.connect("ann"));
    for connection in [one, other] {
        play.assert_has_all(connection, "ann");
        play.stage.received(one);
        play.stage.received(other);
    }
    let except = Except::Connection(one);
    play.put_but("ann", Kind::Message, "own", &json!({"n": 7}), except);
    assert_eq!(play.next_numbers(other, 1), [7]);
    assert!(play.stage.received(one).is_empty());
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn acknowledgements_race_on_two_connections_and_both_succeed() {
    let mut play = Play::new();
    let id = play.notify("ann", "Hello");
    let (told, hears) = mpsc::channel();
    for user in ["ann", "ann", "bob"] {
        let told = told.clone();
        play.mail.acknowledge(user.into(), id.as_str().into(), move |outcome| {
            told.send((user, outcome.unwrap())).unwrap();
        });
    }
    let mut outcomes: Vec<_> = hears.iter().take(3).collect();
    outcomes.sort_by_key(|(user, _)| *user);
    let expected = [Acknowledged::Read, Acknowledged::Read, Acknowledged::NotTheirs];
    assert_eq!(outcomes.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>(), expected);
    assert_eq!(play.acknowledge("ann", "no such id"), Acknowledged::Unknown);
    let ann = play.connect("ann");
    play.assert_has_all(ann, "ann");
}

#[test]
fn a_notification_comes_again_on_each_connect_until_it_is_acknowledged() {
    let mut play = Play::new();
    play.say("ann", 1);
    let id = play.notify("ann", "Hello");
    play.say("ann", 2);
    let first = play.connect("ann");
    assert_eq!(play.next_numbers(first, 1), [1]);
    let push = play.stage.next(first);
    assert_eq!(
        (&push["type"], &push["data"]["notificationId"]),
        (&json!("Notification"), &json!(id))
    );
    assert_eq!(push["data"]["status"], "unread");
    assert_eq!(play.next_numbers(first, 1), [2]);
    assert!(play.waiting("ann").is_empty());
    let second = play.connect("ann");
    assert_eq!(play.stage.next(second)["data"], push["data"]);
    let later = play.notify("ann", "Again");
    for connection in [first, second] {
        let told = play.stage.next(connection);
        assert_eq!(told["data"]["notificationId"], later.as_str());
    }
}
