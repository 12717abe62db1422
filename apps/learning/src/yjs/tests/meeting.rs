//! Several people in one document.

use super::*;

#[test]
fn what_one_writes_the_others_have_and_not_the_one_who_wrote_it() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    ann.say(&mut class, 0, "Grüße, 🌍\r\n");
    bob.say(&mut class, 0, "between ");
    class.settle(&mut [&mut ann, &mut bob]);
    assert_eq!(ann.text(), bob.text());
    assert_eq!((ann.updates, bob.updates), (1, 1));
    assert_eq!(class.text(), ann.text());
    assert!(ann.denied.is_empty() && bob.denied.is_empty());
}

#[test]
fn what_was_written_offline_on_both_sides_merges() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    ann.say(&mut class, 0, "together. ");
    class.settle(&mut [&mut ann, &mut bob]);
    class.stage.close(ann.connection, &model::CloseReason::LOST);
    ann.append("Ann alone. ");
    bob.say(&mut class, 0, "Bob alone. ");
    ann.append("Still alone.");
    ann.reconnect(&mut class, "ann");
    class.settle(&mut [&mut ann, &mut bob]);
    assert_eq!(ann.text(), "Bob alone. together. Ann alone. Still alone.");
    assert_eq!(bob.text(), ann.text());
}

#[test]
fn who_writes_before_giving_what_it_has_is_asked_for_it_once() {
    let mut class = Class::new();
    let mut ann = class.join("ann");
    ann.append("offline ");
    let (second, third) = (ann.append("online "), ann.append("still"));
    for update in [&second, &third] {
        class.send(ann.connection, &crate::yjs::message::update(update));
    }
    assert_eq!(ann.next(&mut class), Heard::Ask);
    ann.barrier(&mut class);
    assert_eq!(class.text(), "offline online still");
    // What came in the meantime was in the answer; nothing more was asked but by the barrier.
    assert_eq!(class.stored().version, 1);
}

#[test]
fn who_asks_again_is_answered_again_and_gets_nothing_twice() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    for number in 0..20 {
        ann.say(&mut class, 0, &number.to_string());
        if number % 5 == 0 {
            bob.synchronise(&mut class);
        }
    }
    class.settle(&mut [&mut ann, &mut bob]);
    assert_eq!(bob.updates, 20);
    assert_eq!(bob.text(), ann.text());
}

#[test]
fn who_has_not_asked_is_sent_nothing() {
    let mut class = Class::new();
    let quiet = class.connect("quiet", DOCUMENT);
    let mut ann = class.join("ann");
    ann.say(&mut class, 0, "text");
    ann.point(&mut class, 7, 1, "{}");
    ann.barrier(&mut class);
    class.learning.yjs.look();
    assert!(class.stage.received_binary(quiet).is_empty());
}

#[test]
fn where_people_are_is_told_to_the_others_and_ends_with_their_connection() {
    let mut class = Class::new();
    let (ann, mut bob) = (class.join("ann"), class.join("bob"));
    ann.point(&mut class, 7, 1, r#"{"cursor":1}"#);
    bob.sees(&mut class, 7, (1, r#"{"cursor":1}"#));
    for clock in 2..50 {
        ann.point(&mut class, 7, clock, &format!(r#"{{"cursor":{clock}}}"#));
    }
    bob.sees(&mut class, 7, (49, r#"{"cursor":49}"#));
    let mut cem = class.join("cem");
    cem.barrier(&mut class);
    assert_eq!(cem.states[&7], (49, r#"{"cursor":49}"#.to_owned()));
    bob.point(&mut class, 7, 60, "{\"cursor\":\"forged\"}");
    class.stage.close(ann.connection, &model::CloseReason::LOST);
    bob.sees(&mut class, 7, (49, "null"));
    class.send(bob.connection, &[3]);
    bob.barrier(&mut class);
    let mut dan = class.join("dan");
    dan.barrier(&mut class);
    assert!(dan.states.is_empty());
}

#[test]
fn of_what_is_said_within_a_tenth_of_a_second_the_latest_is_told() {
    let mut class = Class::new();
    let (ann, mut bob) = (class.join("ann"), class.join("bob"));
    bob.barrier(&mut class);
    // The clock stands, so that all of it is within a tenth of a second.
    for clock in 1..=100 {
        ann.point(&mut class, 7, clock, "{}");
    }
    let mut told = 0;
    while bob.states.get(&7).is_none_or(|(clock, _)| *clock < 100) {
        bob.next(&mut class);
        told += 1;
    }
    assert!(told <= 20, "{told}");
}

#[test]
fn everybody_is_shown_that_their_connection_lives() {
    let mut class = Class::new();
    let ann = class.join("ann");
    class.stage.received_binary(ann.connection);
    class.learning.yjs.look();
    assert_eq!(class.stage.received_binary(ann.connection), [&[1_u8, 1, 0][..]]);
}
