//! Edits: their answers, what the others hear, repeats, and texts anew.

use learning::Limits;
use model::{CloseReason, ConnectionId};
use serde_json::{Value, json};

use super::{delete, fault, insert, join, join_all, join_with, text_of};
use crate::support::{Class, limit};

const NOON_TEXT: &str = "2026-11-29T12:00:00.000Z";

/// The data of the next message of a kind.
fn data(class: &mut Class, connection: ConnectionId, kind: &str) -> Value {
    let message = class.stage.next(connection);
    assert_eq!(message["type"], kind, "{message}");
    message["data"].clone()
}

#[test]
fn an_edit_is_acknowledged_to_its_author_and_told_to_the_others() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send_as(ann, "e1", "edit", insert(0, "a\u{1F600}", 0));
    let ack = json!({"sessionId": "essay", "version": 1, "position": 0, "length": 3});
    let ack = json!({"type": "edit_ack", "id": "e1", "timestamp": NOON_TEXT, "data": ack});
    assert_eq!(class.stage.next(ann), ack);
    let edit = json!({
        "sessionId": "essay", "operation": "insert", "position": 0, "content": "a\u{1F600}",
        "length": 3, "author": "ann", "version": 1,
    });
    let edit = json!({"type": "edit", "timestamp": NOON_TEXT, "data": edit});
    assert_eq!(class.stage.next(ben), edit);
    class.send(
        ben,
        "edit",
        json!({
            "operation": "replace", "position": 1, "length": 2, "content": "bc", "version": 1,
        }),
    );
    let ack = data(&mut class, ben, "edit_ack");
    assert_eq!(ack, json!({"sessionId": "essay", "version": 2, "position": 1, "length": 2}));
    let edit = data(&mut class, ann, "edit");
    assert_eq!((&edit["operation"], &edit["length"]), (&json!("replace"), &json!(2)));
    class.send(ann, "edit", delete(0, 1, 2));
    assert_eq!(data(&mut class, ann, "edit_ack")["length"], 1);
    let edit = data(&mut class, ben, "edit");
    let gone = (&edit["operation"], &edit["content"], &edit["length"]);
    assert_eq!(gone, (&json!("delete"), &json!(""), &json!(1)));
    assert_eq!(text_of(&mut class, "essay"), ("bc".into(), 3));
}

#[test]
fn several_edits_in_flight_stand_one_on_the_other_and_on_the_version_seen() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ben, "edit", insert(0, "__", 0));
    class.stage.expect(ben, "edit_ack");
    for (position, content) in [(0, "a"), (1, "b"), (2, "c")] {
        class.send(ann, "edit", insert(position, content, 0));
    }
    let acks: Vec<_> = (0..3).map(|_| class.stage.expect(ann, "edit_ack")).collect();
    let places: Vec<_> = acks.iter().map(|ack| ack["data"]["position"].as_u64().unwrap()).collect();
    assert_eq!(places, [2, 3, 4]);
    assert_eq!(text_of(&mut class, "essay"), ("__abc".into(), 4));
}

#[test]
fn an_edit_of_which_nothing_is_left_is_a_version_of_length_0() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ann, "edit", insert(0, "abc", 0));
    let _ = (class.stage.next(ann), class.stage.next(ben));
    class.send(ann, "edit", delete(0, 3, 1));
    let _ = (class.stage.next(ann), class.stage.next(ben));
    class.send(ben, "edit", insert(1, "x", 1));
    assert_eq!(
        data(&mut class, ben, "edit_ack"),
        json!({"sessionId": "essay", "version": 3, "position": 0, "length": 0}),
    );
    assert_eq!(data(&mut class, ann, "edit")["length"], 0);
    assert_eq!(text_of(&mut class, "essay"), (String::new(), 3));
}

#[test]
fn an_edit_outside_the_text_or_through_a_pair_is_refused_and_changes_nothing() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ann, "edit", insert(0, "a\u{1F600}", 0));
    let _ = (class.stage.next(ann), class.stage.next(ben));
    let too_long = "x".repeat(1024 * 1024);
    let cases = [
        (insert(4, "x", 1), "data.position"),
        (insert(2, "x", 1), "data.position"),
        (delete(1, 3, 1), "data.length"),
        (delete(0, 2, 1), "data.length"),
        (insert(0, &too_long, 1), "data.content"),
    ];
    for (edit, field) in cases {
        class.send_as(ann, "bad", "edit", edit);
        let error = class.refused(ann, "VALIDATION_ERROR");
        assert_eq!((&error["id"], &error["data"]["field"]), (&json!("bad"), &json!(field)));
    }
    assert!(class.stage.received(ben).is_empty());
    assert_eq!(text_of(&mut class, "essay"), ("a\u{1F600}".into(), 1));
}

#[test]
fn a_repeat_is_answered_as_it_was_and_made_once() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send_as(ann, "k", "edit", insert(0, "once", 0));
    let first = class.stage.next(ann);
    let _told = class.stage.next(ben);
    class.send_as(ann, "k", "edit", insert(0, "once", 0));
    assert_eq!(class.stage.next(ann), first);
    let elsewhere = join(&mut class, "ann", "essay");
    class.send_as(elsewhere, "k", "edit", insert(0, "once", 0));
    assert_eq!(class.stage.expect(elsewhere, "edit_ack"), first);
    class.send_as(ann, "k", "edit", insert(0, "other", 0));
    let error = class.refused(ann, "VALIDATION_ERROR");
    assert_eq!((&error["id"], &error["data"]["field"]), (&json!("k"), &json!("id")));
    class.send_as(ben, "k", "edit", insert(4, "!", 1));
    assert_eq!(data(&mut class, ben, "edit_ack")["version"], 2);
    assert_eq!(text_of(&mut class, "essay"), ("once!".into(), 2));
}

/// Writes a thousand letters.
fn write_at_length(class: &mut Class, author: ConnectionId) {
    class.send(author, "edit", insert(0, &"x".repeat(1_000), 0));
    class.stage.expect(author, "edit_ack");
}

/// Makes five short edits.
fn go_on_writing(class: &mut Class, author: ConnectionId, version: u64) {
    for version in version..version + 5 {
        class.send(author, "edit", delete(0, 1, version));
        class.stage.expect(author, "edit_ack");
    }
}

/// Reads until `last`: each edit is of the next version, and no text goes back. The ids of what was
/// answered with a text.
fn read_until(class: &mut Class, reader: ConnectionId, last: u64, texts: usize) -> Vec<Value> {
    let (mut version, mut ids) = (0, Vec::new());
    while version < last || ids.len() < texts {
        let message = class.stage.next(reader);
        let new = message["data"]["version"].as_u64().unwrap_or_else(|| panic!("{message}"));
        match message["type"].as_str().unwrap() {
            "resync" | "session_joined" => {
                assert!(new >= version, "back to {new} from {version}");
                let length = message["data"]["content"].as_str().unwrap().len();
                assert_eq!(length as u64, 1_001 - new, "the text is that of its version");
                ids.push(message["id"].clone());
            }
            "edit_ack" | "edit" if version == 0 => {}
            "edit_ack" | "edit" => assert_eq!(new, version + 1, "{:?}", message["type"]),
            other => panic!("{other}"),
        }
        version = new;
    }
    ids
}

#[test]
fn edits_on_an_unknown_version_are_each_answered_with_the_text_and_nothing_is_missed_behind_it() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    write_at_length(&mut class, ben);
    let _ = class.stage.received(ann);
    let held_up = class.hold_up();
    // While the first one is being stored, those behind it wait for that.
    class.send(ann, "edit", delete(0, 1, 1));
    for id in ["s1", "s2", "s3"] {
        class.send_as(ann, id, "edit", insert(0, "lost", 77));
    }
    class.send_as(ann, "s4", "edit", insert(0, "never", 77));
    go_on_writing(&mut class, ben, 2);
    drop(held_up);
    assert_eq!(read_until(&mut class, ann, 7, 4), ["s1", "s2", "s3", "s4"]);
    class.send_as(ann, "after", "edit", insert(0, "!", 7));
    let ack = class.stage.next(ann);
    assert_eq!((&ack["id"], &ack["data"]["version"]), (&json!("after"), &json!(8)));
}

#[test]
fn whoever_joins_while_others_write_misses_nothing_and_hears_nothing_twice() {
    let mut class = Class::new();
    let [ben] = join_all(&mut class, ["ben"], "essay");
    write_at_length(&mut class, ben);
    let ann = class.sit_down("ann");
    for version in [1, 6] {
        let held_up = class.hold_up();
        class.send_as(ann, "j", "join_session", json!({"sessionId": "essay"}));
        go_on_writing(&mut class, ben, version);
        drop(held_up);
        assert_eq!(read_until(&mut class, ann, version + 5, 1), ["j"]);
        assert!(class.stage.received(ann).is_empty());
    }
}

#[test]
fn edits_past_the_kept_log_need_the_text_anew() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    for version in 0..1001 {
        class.send(ben, "edit", insert(0, "x", version));
        class.stage.expect(ben, "edit_ack");
    }
    let _ = class.stage.received(ann);
    class.send(ann, "edit", insert(0, "a", 1));
    assert_eq!(data(&mut class, ann, "edit_ack")["version"], 1002);
    class.send_as(ann, "old", "edit", insert(0, "a", 1));
    let resync = class.stage.next(ann);
    assert_eq!((&resync["type"], &resync["id"]), (&json!("resync"), &json!("old")));
    assert_eq!(resync["data"]["version"], 1002);
}

#[test]
fn a_connection_in_several_documents_names_the_one_it_means() {
    let mut class = Class::new();
    let ann = class.sit_down("ann");
    class.send_as(ann, "none", "edit", insert(0, "x", 0));
    let error = class.refused(ann, "NOT_JOINED");
    assert_eq!((&error["id"], fault(&error).1), (&json!("none"), Some("data.sessionId")));
    join_with(&mut class, ann, "one", "participant");
    class.send(ann, "edit", insert(0, "x", 0));
    assert_eq!(data(&mut class, ann, "edit_ack")["sessionId"], "one");
    join_with(&mut class, ann, "two", "participant");
    for (kind, message) in [("edit", insert(0, "x", 0)), ("cursor", json!({"position": 0}))] {
        class.send(ann, kind, message);
        let error = class.refused(ann, "VALIDATION_ERROR");
        assert_eq!(fault(&error).1, Some("data.sessionId"), "{kind}");
    }
    let mut named = insert(0, "y", 0);
    named["sessionId"] = json!("two");
    class.send(ann, "edit", named.clone());
    assert_eq!(data(&mut class, ann, "edit_ack")["sessionId"], "two");
    named["sessionId"] = json!("three");
    class.send(ann, "edit", named);
    assert_eq!(fault(&class.refused(ann, "NOT_JOINED")).1, Some("data.sessionId"));
    class.send_as(ann, "l", "leave_session", json!({"sessionId": "one"}));
    let left = json!({"sessionId": "one"});
    let left = json!({"type": "session_left", "id": "l", "timestamp": NOON_TEXT, "data": left});
    assert_eq!(class.stage.next(ann), left);
    class.send(ann, "edit", insert(0, "z", 1));
    assert_eq!(data(&mut class, ann, "edit_ack")["sessionId"], "two");
    class.send(ann, "leave_session", json!({"sessionId": "one"}));
    class.refused(ann, "NOT_JOINED");
}

#[test]
fn acknowledgements_of_what_takes_away_say_where_it_came_to_stand_and_how_much_it_took() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ann, "edit", insert(0, "0123456789", 0));
    class.stage.expect(ann, "edit_ack");
    class.send(ben, "edit", insert(0, "__", 1));
    class.stage.expect(ben, "edit_ack");
    class.send(ann, "edit", delete(5, 2, 1));
    let replaces = json!({
        "operation": "replace", "position": 0, "length": 3, "content": "abc", "version": 1,
    });
    class.send(ann, "edit", replaces);
    // It reaches over what was put in the place of three, which goes with it.
    class.send(ben, "edit", delete(0, 4, 2));
    let mut place = |author| {
        let ack = class.stage.expect(author, "edit_ack");
        ["version", "position", "length"].map(|name| ack["data"][name].as_u64().unwrap())
    };
    assert_eq!([place(ann), place(ann), place(ben)], [[3, 7, 2], [4, 2, 3], [5, 0, 5]]);
    assert_eq!(text_of(&mut class, "essay"), ("34789".into(), 5));
}

#[test]
fn edits_are_answered_before_the_join_or_leave_behind_them() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    for version in 0..10 {
        class.send_as(ann, &format!("e{version}"), "edit", insert(0, "x", 0));
    }
    class.send(ann, "join_session", json!({"sessionId": "essay"}));
    class.send(ann, "edit", insert(0, "y", 10));
    class.send(ann, "leave_session", json!({"sessionId": "essay"}));
    class.send(ann, "ping", json!({}));
    for version in 1..=10 {
        assert_eq!(data(&mut class, ann, "edit_ack")["version"], version);
    }
    let joined = data(&mut class, ann, "session_joined");
    assert_eq!((&joined["version"], &joined["content"]), (&json!(10), &json!("xxxxxxxxxx")));
    assert_eq!(data(&mut class, ann, "edit_ack")["version"], 11);
    assert_eq!(data(&mut class, ann, "session_left"), json!({"sessionId": "essay"}));
    data(&mut class, ann, "pong");
    class.send(ben, "edit", insert(0, "z", 0));
    class.stage.expect(ben, "edit_ack");
    assert!(class.stage.received(ann).is_empty());
}

#[test]
fn too_many_edits_are_refused_apart_from_messages_and_close_at_twice_their_number() {
    let limits =
        Limits { edits_per_minute: limit(3), messages_per_minute: limit(2), ..Limits::default() };
    let mut class = Class::with_limits(limits);
    let ann = join(&mut class, "ann", "essay");
    for version in 0..3 {
        class.send(ann, "edit", insert(0, "x", version));
        class.stage.expect(ann, "edit_ack");
    }
    class.send_as(ann, "r", "edit", insert(0, "x", 3));
    let error = class.refused(ann, "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["id"], "r");
    assert!(error["data"]["retryAfterMs"].as_u64().unwrap() > 0);
    class.send(ann, "ping", json!({}));
    data(&mut class, ann, "pong");
    for _ in 0..20 {
        class.send(ann, "cursor", json!({"position": 0}));
    }
    assert!(class.stage.received(ann).is_empty());
    for _ in 0..3 {
        class.send(ann, "edit", insert(0, "x", 3));
        class.refused(ann, "RATE_LIMIT_EXCEEDED");
    }
    assert_eq!(class.stage.closed(ann), CloseReason::RATE_LIMIT);
}

#[test]
fn a_document_of_a_mebibyte_is_joined_whole() {
    let mut class = Class::new();
    let ann = join(&mut class, "ann", "essay");
    let part = "\u{e9}".repeat(128 * 1024);
    for version in 0..4 {
        class.send(ann, "edit", insert(0, &part, version));
        class.stage.expect(ann, "edit_ack");
    }
    let (content, version) = text_of(&mut class, "essay");
    assert_eq!((content.len(), version), (1024 * 1024, 4));
    class.send(ann, "edit", insert(0, "x", 4));
    assert_eq!(fault(&class.stage.expect(ann, "error")).1, Some("data.content"));
}
