//! What somebody is sent when they connect: all that waits, in order, then everything told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use proptest::prelude::*;
use storage::rusqlite::Connection;

use super::*;

/// A message so long that three of them are more than a page.
fn long(n: u64) -> Value {
    json!({"n": n, "content": "x".repeat(100_000)})
}

#[test]
fn what_waited_comes_in_order_and_then_what_is_told_each_once() {
    let mut play = Play::new();
    play.put("ann", Kind::Message, "m", &json!({"n": 1}));
    play.put("ann", Kind::Alert, "d", &json!({"n": 2}));
    play.put("ann", Kind::Task, "t", &json!({"n": 3}));
    play.say("bob", 9);
    let ann = play.connect("ann");
    let got: Vec<Value> = (0..3).map(|_| play.stage.next(ann)).collect();
    let kinds: Vec<&Value> = got.iter().map(|push| &push["type"]).collect();
    assert_eq!(kinds, ["ChatMessage", "PriceAlert", "TaskStatus"]);
    let first = json!({"type": "ChatMessage", "data": {"n": 1}, "timestamp": 1_800_000_000});
    assert_eq!(got[0], first);
    assert_eq!((&got[1]["data"]["n"], &got[2]["data"]["n"]), (&json!(2), &json!(3)));
    assert_eq!(play.say("ann", 4), 4);
    assert_eq!(play.next_numbers(ann, 1), [4]);
    play.assert_has_all(ann, "ann");
}

#[test]
fn who_has_no_mail_is_sent_nothing_and_then_what_is_told() {
    let mut play = Play::new();
    assert!(!play.mail.is_reachable("ann"));
    let ann = play.connect("ann");
    assert!(play.mail.is_reachable("ann"));
    play.assert_has_all(ann, "ann");
    play.stage.close(ann, &model::CloseReason::LOST);
    assert!(!play.mail.is_reachable("ann"));
    assert_eq!(play.stage.hub.room_count(), 0, "nobody waits for a return");
}

#[test]
fn a_page_follows_once_the_one_before_was_confirmed() {
    let mut play = Play::new();
    for n in 1..=5 {
        play.put("ann", Kind::Message, &n.to_string(), &long(n));
    }
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 2), [1, 2]);
    play.say("ann", 6);
    play.stage.send(ann, "1");
    assert_eq!(play.waiting("ann").len(), 5, "a part of the page was taken");
    assert!(play.stage.received(ann).is_empty(), "who takes nothing is sent one page");
    play.stage.send(ann, "confirm");
    assert_eq!(play.next_numbers(ann, 2), [3, 4]);
    assert!(play.stage.received(ann).is_empty());
    assert_eq!(play.waiting("ann").len(), 4, "the first page was taken");
    play.confirm(ann);
    assert_eq!(play.next_numbers(ann, 2), [5, 6]);
    play.assert_has_all(ann, "ann");
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn what_the_room_no_longer_keeps_comes_from_the_store() {
    let mut play = Play::new();
    for n in 1..=3 {
        play.put("ann", Kind::Message, &n.to_string(), &long(n));
    }
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 2), [1, 2]);
    for n in 4..=400 {
        play.say("ann", n);
    }
    play.confirm(ann);
    assert_eq!(play.next_numbers(ann, 398), (3..=400).collect::<Vec<u64>>());
    play.assert_has_all(ann, "ann");
    assert!(play.waiting("ann").is_empty());
}

#[test]
fn nothing_told_overtakes_a_page_that_waits_behind_an_operation() {
    let mut play = Play::new();
    for n in 1..=3 {
        play.put("ann", Kind::Message, &n.to_string(), &long(n));
    }
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 2), [1, 2]);
    play.stage.send(ann, "slow");
    play.confirm(ann);
    play.say("ann", 4);
    assert_eq!(play.waiting("ann").len(), 2, "the last of the pages, and what was told since");
    assert!(play.stage.received(ann).is_empty());
    play.stage.send(ann, "end");
    assert_eq!(play.next_numbers(ann, 3), [0, 3, 4]);
    play.assert_has_all(ann, "ann");
}

#[test]
fn a_second_connection_gets_what_is_told_while_its_pages_are_read() {
    let mut play = Play::new();
    for n in 1..=3 {
        play.put("ann", Kind::Message, &n.to_string(), &long(n));
    }
    let slow = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(slow, 2), [1, 2]);
    let quick = play.connect("ann");
    assert_eq!(play.next_numbers(quick, 3), [1, 2, 3]);
    play.say("ann", 4);
    assert_eq!(play.next_numbers(quick, 1), [4]);
    assert!(play.waiting("ann").is_empty(), "the quick one has everything");
    play.confirm(slow);
    assert_eq!(play.next_numbers(slow, 1), [4], "the third was taken before its page was read");
}

#[test]
fn mail_that_cannot_be_read_ends_the_connection_with_an_error() {
    let mut play = Play::new();
    play.store.close();
    let ann = play.connect("ann");
    let error = play.stage.next(ann);
    assert_eq!(
        (&error["type"], &error["data"]["code"]),
        (&json!("error"), &json!("INTERNAL_ERROR"))
    );
    assert_eq!(play.stage.closed(ann), model::CloseReason::OVERLOADED);
}

/// Holds the only reader of the store until what it gives is dropped.
fn hold_reader(play: &Play) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (begun, begins) = mpsc::channel();
    let hold = || {
        let (begun, held) = (begun.clone(), Arc::clone(&held));
        move |_: &Connection| {
            begun.send(()).unwrap();
            let _released = held.lock().unwrap().recv();
            Ok(())
        }
    };
    while play.store.read_then(hold(), |_| {}).is_err() {
        std::thread::yield_now();
    }
    begins.recv().unwrap();
    release
}

#[test]
fn a_page_waits_where_the_store_is_busy() {
    let mut play = Play::with(&Options { readers: 1, reads_max: 1, ..Options::default() });
    play.say("ann", 1);
    let release = hold_reader(&play);
    let _one_waits = play.store.read_then(|_| Ok(()), |_| {});
    let refused = play.store.stats().refused_reads;
    let ann = play.connect("ann");
    while play.store.stats().refused_reads == refused {
        std::thread::yield_now();
    }
    drop(release);
    assert_eq!(play.next_numbers(ann, 1), [1]);
    play.assert_has_all(ann, "ann");
}

#[test]
fn what_is_told_before_the_first_page_is_read_comes_though_another_connection_took_it() {
    for told_before in [0, 2] {
        let mut play = Play::with(&Options { readers: 1, ..Options::default() });
        play.put_untold("ann", Kind::Message, "waits", &json!({"n": 100}));
        let quick = play.connect("ann");
        assert_eq!(play.next_numbers(quick, 1), [100]);
        for n in 1..=told_before {
            play.say("ann", n);
            assert_eq!(play.next_numbers(quick, 1), [n]);
        }
        assert!(play.waiting("ann").is_empty());
        let release = hold_reader(&play);
        let slow = play.connect("ann");
        for n in [7, 8] {
            play.say("ann", n);
            assert_eq!(play.next_numbers(quick, 1), [n]);
        }
        play.settle_taken();
        drop(release);
        assert_eq!(play.next_numbers(slow, 2), [7, 8]);
        assert!(play.waiting("ann").is_empty());
        play.assert_has_all(slow, "ann");
    }
}

#[test]
fn what_is_told_to_nobody_but_the_room_comes_once_the_first_page_is_read() {
    let mut play = Play::with(&Options { readers: 1, ..Options::default() });
    let release = hold_reader(&play);
    let second = play.connect("ann");
    let mail = Arc::clone(&play.mail);
    let (told, hears) = mpsc::channel();
    play.store.reserve(Lane::Interactive).unwrap().write(
        |tx| pass(tx, "ann"),
        move |position| {
            let data = to_raw_value(&json!({"n": 7})).unwrap();
            mail.tell("ann", position.unwrap(), Kind::Message, &data, Except::Nobody);
            told.send(()).unwrap();
        },
    );
    hears.recv_timeout(testkit::PATIENCE).unwrap();
    drop(release);
    assert_eq!(play.next_numbers(second, 1), [7], "nothing of it waits in the store");
    play.assert_has_all(second, "ann");
}

#[test]
fn what_is_told_late_does_not_come_again() {
    let mut play = Play::new();
    let data = |n| to_raw_value(&long(n)).unwrap();
    for n in 1..=3 {
        play.put_untold("ann", Kind::Message, &n.to_string(), &long(n));
    }
    let ann = play.connect_deaf("ann", true);
    assert_eq!(play.next_numbers(ann, 2), [1, 2]);
    for n in 1..=3 {
        play.mail.tell("ann", n, Kind::Message, &data(n), Except::Nobody);
    }
    play.confirm(ann);
    assert_eq!(play.next_numbers(ann, 1), [3]);
    play.assert_has_all(ann, "ann");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]
    #[test]
    fn whoever_confirms_at_once_takes_nothing_from_who_still_reads(
        before in 0_u64..20, during in 1_u64..40,
    ) {
        let mut play = Play::new();
        let quick = play.connect("ann");
        for n in 1..=before {
            play.say("ann", n);
        }
        let begun = Arc::new(AtomicU64::new(before));
        let (store, mail, told) = (play.store.clone(), Arc::clone(&play.mail), Arc::clone(&begun));
        let teller = std::thread::spawn(move || {
            for n in before + 1..=before + during {
                let (mail, told) = (Arc::clone(&mail), Arc::clone(&told));
                let tell = move |user: &str, position, kind, data: &RawValue| {
                    told.store(n, SeqCst);
                    mail.tell(user, position, kind, data, Except::Nobody);
                };
                let data = json!({"n": n});
                put_then(&store, "ann", Kind::Message, &n.to_string(), &data, tell);
            }
        });
        let reading = play.connect("ann");
        // What was told before it joined the quick one may have taken; what comes now is for both.
        let told_before = begun.load(SeqCst);
        let all = before + during;
        let count = usize::try_from(all).unwrap();
        prop_assert_eq!(play.next_numbers(quick, count), (1..=all).collect::<Vec<u64>>());
        teller.join().unwrap();
        play.say("ann", u64::MAX);
        let mut heard = Vec::new();
        while heard.last() != Some(&u64::MAX) {
            heard.extend(play.next_numbers(reading, 1));
        }
        prop_assert!(heard.is_sorted_by(|one, next| one < next), "each once: {:?}", heard);
        let missed = (told_before + 1..=all).find(|n| !heard.contains(n));
        prop_assert_eq!(missed, None, "of those past {}: {:?}", told_before, heard);
        prop_assert!(play.waiting("ann").is_empty());
    }

    #[test]
    fn whoever_tells_meanwhile_nothing_is_missed_and_nothing_comes_twice(
        before in 0_u64..40, during in 1_u64..80, is_long in any::<bool>(),
    ) {
        let mut play = Play::new();
        for n in 1..=before {
            play.say("ann", n);
        }
        let (store, mail) = (play.store.clone(), Arc::clone(&play.mail));
        let teller = std::thread::spawn(move || {
            for n in before + 1..=before + during {
                let data = if is_long { long(n) } else { json!({"n": n}) };
                let mail = Arc::clone(&mail);
                let tell = move |user: &str, position, kind, data: &RawValue| {
                    mail.tell(user, position, kind, data, Except::Nobody);
                };
                put_then(&store, "ann", Kind::Message, &n.to_string(), &data, tell);
            }
        });
        let ann = play.connect("ann");
        let all = usize::try_from(before + during).unwrap();
        prop_assert_eq!(play.next_numbers(ann, all), (1..=before + during).collect::<Vec<u64>>());
        teller.join().unwrap();
        play.assert_has_all(ann, "ann");
        prop_assert!(play.waiting("ann").is_empty());
    }
}
