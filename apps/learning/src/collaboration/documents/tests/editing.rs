//! Edits and joins, when all goes well.

use serde_json::json;

use super::*;
use crate::collaboration::TEXT_BYTES_MAX;

#[test]
fn an_edit_is_answered_and_told_to_the_others_as_it_was_applied() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    assert_eq!((ann.snapshot.version(), &*ann.snapshot.content()), (0, ""));
    let first = ann.edit(0, Splice::insert(0, "Hello")).unwrap();
    assert_eq!(first, Made { version: 1, position: 0, length: 5 });
    // Bob has not seen it: what he puts in at the start stands right of it.
    let second = bob.edit(0, Splice::insert(0, " wörld")).unwrap();
    assert_eq!(second, Made { version: 2, position: 5, length: 6 });
    let third = bob.edit(2, Splice::replace(0, 1, "J")).unwrap();
    assert_eq!(third, Made { version: 3, position: 0, length: 1 });
    assert_eq!((&*ann.content(), &*bob.content()), ("Jello wörld", "Jello wörld"));
    let data = |events: Vec<Value>| -> Vec<Value> {
        events.into_iter().map(|event| event["data"].clone()).collect()
    };
    let to_bob = data(desk.stage.received(bob.connection));
    let hello = json!({
        "sessionId": "essay", "operation": "insert", "position": 0, "content": "Hello",
        "length": 5, "author": "ann", "version": 1,
    });
    let ack = |version: u64, position: u32, length: u32| json!({"sessionId": "essay", "version": version, "position": position, "length": length});
    assert_eq!(to_bob, [hello, ack(2, 5, 6), ack(3, 0, 1)], "in the order of versions");
    let to_ann = data(desk.events(&ann));
    assert_eq!(to_ann.len(), 2);
    assert_eq!((&to_ann[0]["position"], &to_ann[1]["operation"]), (&json!(5), &json!("replace")));
}

#[test]
fn nobody_hears_of_an_edit_before_another_connection_can_read_it() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let file = desk.directory.path().join("data/quintet.db");
    let edit = NewEdit { splice: Splice::insert(0, "a"), base: 0, client_id: None };
    let stored = heard(|told: Telling<u64>| {
        ann.seat.edit(edit, move |_| {
            let db = Connection::open(file).unwrap();
            let sql = "SELECT count(*) FROM document_edits JOIN documents USING (version)";
            told(db.query_row(sql, [], |row| row.get(0)).unwrap());
        });
    });
    assert_eq!(stored, 1);
}

#[test]
fn who_joins_is_given_a_text_that_is_stored_and_then_what_came_since() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let bob = desk.try_enter("bob", "essay", Role::Participant).unwrap();
    let stalled = desk.stall();
    let edited = ann.send(0, Splice::insert(0, "a"), None);
    let (told, hears) = mpsc::channel();
    bob.snapshot(move |snapshot| told.send(snapshot).unwrap());
    assert!(hears.recv_timeout(Duration::from_millis(50)).is_err(), "it is not stored yet");
    drop(stalled);
    let snapshot = hears.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((snapshot.version(), &*snapshot.content()), (1, "a"));
    assert!(made(&edited).is_ok());
}

#[test]
fn several_edits_of_one_connection_stand_on_one_another() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    let stalled = desk.stall();
    let typed: Vec<_> = (0..3)
        .zip(["a", "b", "c"])
        .map(|(at, key)| ann.send(0, Splice::insert(at, key), None))
        .collect();
    let other = bob.send(0, Splice::insert(0, "x"), None);
    drop(stalled);
    let versions: Vec<_> = typed.iter().map(|hears| made(hears).unwrap().version).collect();
    assert_eq!((versions, made(&other).unwrap().version), (vec![1, 2, 3], 4));
    assert_eq!(ann.content(), "abcx");
}

#[test]
fn what_cannot_be_applied_changes_nothing_and_names_its_field() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    ann.edit(0, Splice::insert(0, "a😀b")).unwrap();
    for (splice, field) in [
        (Splice::insert(5, "x"), "data.position"),
        (Splice::insert(2, "x"), "data.position"),
        (Splice::delete(0, 5), "data.length"),
        (Splice::delete(0, 2), "data.length"),
        (Splice::insert(0, &"x".repeat(TEXT_BYTES_MAX)), "data.content"),
    ] {
        match ann.edit(1, splice.clone()).unwrap_err() {
            Denied::Invalid { field: named, .. } => assert_eq!(named, field, "{splice:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ann.content(), "a😀b");
    assert_eq!(ann.edit(1, Splice::insert(4, "c")).unwrap().version, 2);
}

#[test]
fn a_text_may_be_as_long_as_it_may_be_and_no_longer() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let half = "é".repeat(TEXT_BYTES_MAX / 4);
    ann.edit(0, Splice::insert(0, &half)).unwrap();
    ann.edit(1, Splice::insert(0, &half)).unwrap();
    assert!(matches!(ann.edit(2, Splice::insert(0, "a")), Err(Denied::Invalid { .. })));
    assert_eq!(ann.edit(2, Splice::replace(0, 1, "ab")).unwrap().version, 3);
    assert_eq!(desk.documents.stats().bytes, TEXT_BYTES_MAX);
}

#[test]
fn a_version_that_is_not_known_is_answered_with_the_text() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let text = |hears: &mpsc::Receiver<Outcome>| match hears.recv_timeout(PATIENCE).unwrap() {
        Ok(Answer::Resync(snapshot)) => (snapshot.version(), snapshot.content()),
        other => panic!("{other:?}"),
    };
    ann.edit(0, Splice::insert(0, "a")).unwrap();
    assert_eq!(text(&ann.send(2, Splice::insert(0, "b"), None)), (1, "a".into()));
    let stalled = desk.stall();
    let edited = ann.send(1, Splice::insert(1, "b"), None);
    let ahead = ann.send(9, Splice::insert(0, "c"), None);
    assert!(ahead.recv_timeout(Duration::from_millis(50)).is_err(), "it is not stored yet");
    drop(stalled);
    assert_eq!((text(&ahead), made(&edited).unwrap().version), ((2, "ab".into()), 2));
    drop(ann);
    desk.forget();
    // The log in memory begins anew.
    let ann = desk.join("ann", "essay");
    assert_eq!(text(&ann.send(1, Splice::insert(0, "d"), None)), (2, "ab".into()));
}

#[test]
fn a_cursor_follows_the_edits_that_its_sender_had_not_seen() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    ann.edit(0, Splice::insert(0, "abc")).unwrap();
    let follow = |reader: &Reader, base, position| {
        reader.seat.document().follow(reader.connection, base, [position])
    };
    assert_eq!(follow(&bob, 1, 2), Some((1, [2])));
    bob.edit(1, Splice::insert(0, "xy")).unwrap();
    assert_eq!(follow(&ann, 1, 2), Some((2, [4])));
    assert_eq!(follow(&bob, 1, 2), Some((2, [2])));
    assert_eq!(follow(&bob, 1, 9), Some((2, [5])), "not past the end");
    assert_eq!(follow(&ann, 7, 2), None);
}

#[test]
fn edits_in_flight_are_bounded() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let stalled = desk.stall();
    let all: Vec<_> = (0..4_096).map(|seen| ann.send(seen, Splice::insert(0, "a"), None)).collect();
    assert_eq!(made(&ann.send(4_096, Splice::insert(0, "b"), None)), Err(Denied::Busy));
    drop(stalled);
    for (version, hears) in (1..).zip(&all) {
        assert_eq!(made(hears).unwrap().version, version);
    }
    assert_eq!(ann.content(), "a".repeat(4_096));
    assert_eq!(ann.edit(4_096, Splice::insert(0, "b")).unwrap().version, 4_097);
}

#[test]
fn edits_that_are_stored_are_counted_and_no_others() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    ann.edit(0, Splice::insert(0, "ab")).unwrap();
    ann.edit(1, Splice::delete(0, 1)).unwrap();
    ann.edit(2, Splice::insert(9, "out of range")).unwrap_err();
    assert_eq!(desk.documents.edits_stored(), 2);
}
