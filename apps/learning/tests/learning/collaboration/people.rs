//! Who comes and goes, as what, and where they are.

use std::collections::BTreeSet;
use std::time::Duration;

use hub::DROP_GRACE;
use model::{CloseReason, ConnectionId};
use serde_json::{Value, json};

use super::{delete, fault, insert, join, join_all, join_with};
use crate::support::{Class, identity, limited_to};

fn kinds(class: &mut Class, connection: ConnectionId) -> Vec<Value> {
    let messages = class.stage.received(connection).into_iter();
    messages.map(|message| message["type"].clone()).collect()
}

/// Waits until a cursor that was due has been told.
fn wait_for_cursor(class: &mut Class, connection: ConnectionId) -> Value {
    class.clock.advance(Duration::from_secs(1));
    class.stage.expect(connection, "cursor")["data"].clone()
}

#[test]
fn whoever_joins_an_unknown_document_makes_it_and_sees_who_is_there() {
    let mut class = Class::new();
    let ann = class.sit_down("ann");
    class.send_as(ann, "j", "join_session", json!({"sessionId": "essay", "role": "participant"}));
    let joined = json!({
        "sessionId": "essay", "role": "participant", "content": "", "version": 0,
        "participants": [{"userId": "ann", "username": "ANN", "role": "participant"}],
        "creatorId": "ann", "locked": false,
    });
    let message = class.stage.next(ann);
    assert_eq!((&message["type"], &message["id"]), (&json!("session_joined"), &json!("j")));
    assert_eq!(message["data"], joined);
    let ben = class.sit_down("ben");
    let joined = join_with(&mut class, ben, "essay", "observer");
    let participants = json!([
        {"userId": "ann", "username": "ANN", "role": "participant"},
        {"userId": "ben", "username": "BEN", "role": "observer"},
    ]);
    assert_eq!(joined["data"]["participants"], participants);
    assert_eq!(
        (&joined["data"]["role"], &joined["data"]["creatorId"]),
        (&json!("observer"), &json!("ann"),)
    );
    let told = class.stage.next(ann);
    assert_eq!(told["type"], "participant_joined");
    let ben = json!({"sessionId": "essay", "userId": "ben", "username": "BEN", "role": "observer"});
    assert_eq!(told["data"], ben);
}

#[test]
fn people_come_and_go_once_and_a_drop_is_told_after_a_while() {
    let mut class = Class::new();
    let ann = join(&mut class, "ann", "essay");
    let again = join(&mut class, "ben", "essay");
    let ben = class.sit_down("ben");
    join_with(&mut class, ben, "essay", "observer");
    join_with(&mut class, again, "essay", "participant");
    assert_eq!(kinds(&mut class, ann), ["participant_joined"]);
    class.send(again, "leave_session", json!({"sessionId": "essay"}));
    class.stage.expect(again, "session_left");
    assert_eq!(kinds(&mut class, ann), ["participant_joined"]); // Ben reads only from now on.
    class.stage.close(ben, &CloseReason::LOST);
    assert!(kinds(&mut class, ann).is_empty());
    class.clock.advance(DROP_GRACE);
    class.stage.hub.expire_absences();
    let left = class.stage.next(ann);
    assert_eq!(left["type"], "participant_left");
    let ben = json!({"sessionId": "essay", "userId": "ben", "username": "BEN", "role": "observer"});
    assert_eq!(left["data"], ben);
    let ben = join(&mut class, "ben", "essay");
    class.send(ben, "leave_session", json!({"sessionId": "essay"}));
    class.stage.expect(ben, "session_left");
    assert_eq!(kinds(&mut class, ann), ["participant_joined", "participant_left"]);
}

#[test]
fn with_several_connections_somebody_is_the_highest_they_came_as() {
    let mut class = Class::new();
    let ann = join(&mut class, "ann", "essay");
    let role = |class: &mut Class| {
        let joined = join_with(class, ann, "essay", "participant");
        joined["data"]["participants"][1]["role"].clone()
    };
    let low = class.sit_down("ben");
    join_with(&mut class, low, "essay", "observer");
    assert_eq!(role(&mut class), "observer");
    let high = join(&mut class, "ben", "essay");
    assert_eq!(role(&mut class), "participant");
    class.stage.close(high, &CloseReason::NORMAL);
    assert_eq!(role(&mut class), "observer");
    class.send(low, "edit", insert(0, "x", 0));
    class.stage.expect(low, "error");
}

#[test]
fn whoever_becomes_something_else_by_joining_or_leaving_is_told_as_that() {
    let mut class = Class::new();
    let ann = join(&mut class, "ann", "essay");
    let told = |class: &mut Class| {
        let messages = class.stage.received(ann).into_iter();
        let role = |message: Value| {
            assert_eq!(message["type"], "participant_joined");
            assert_eq!((&message["data"]["userId"], &message["id"]), (&json!("ben"), &Value::Null));
            message["data"]["role"].clone()
        };
        messages.map(role).collect::<Vec<_>>()
    };
    let ben = join(&mut class, "ben", "essay");
    assert_eq!(told(&mut class), ["participant"]);
    join_with(&mut class, ben, "essay", "observer");
    assert_eq!(told(&mut class), ["observer"]);
    join_with(&mut class, ben, "essay", "observer");
    assert!(told(&mut class).is_empty(), "nothing changed");
    let other = join(&mut class, "ben", "essay");
    assert_eq!(told(&mut class), ["participant"]);
    join_with(&mut class, ben, "essay", "participant");
    join_with(&mut class, ben, "essay", "observer");
    assert!(told(&mut class).is_empty(), "the highest is told");
    class.stage.close(other, &CloseReason::LOST);
    assert_eq!(told(&mut class), ["observer"]);
    assert!(kinds(&mut class, ben).iter().all(|kind| kind != "participant_joined"));
}

#[test]
fn whoever_missed_comings_and_goings_is_told_who_is_there() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    join_with(&mut class, ann, "letter", "observer");
    join_with(&mut class, ben, "essay", "observer");
    let _ = class.stage.received(ann);
    class.stage.skipped(ann, 7);
    let person =
        |id: &str, role: &str| json!({"userId": id, "username": id.to_uppercase(), "role": role});
    for (document, participants) in [
        ("essay", json!([person("ann", "participant"), person("ben", "observer")])),
        ("letter", json!([person("ann", "observer")])),
    ] {
        let told = class.stage.next(ann);
        assert_eq!((&told["type"], told.get("id")), (&json!("participants"), None));
        assert_eq!(told["data"], json!({"sessionId": document, "participants": participants}));
    }
    assert!(kinds(&mut class, ben).is_empty());
    let chat = class.enter("cem", "math");
    class.stage.skipped(chat, 1);
    let told = class.stage.next(chat);
    assert_eq!((&told["type"], &told["data"]["onlineCount"]), (&json!("members"), &json!(1)));
}

#[test]
fn a_cursor_goes_to_the_other_connections_of_the_document() {
    let mut class = Class::new();
    let [ann, ben, other] = join_all(&mut class, ["ann", "ben", "ann"], "essay");
    let eve = join(&mut class, "eve", "letter");
    class.send(ann, "cursor", json!({"position": 3, "selectionEnd": 1}));
    let shown = json!({
        "sessionId": "essay", "userId": "ann", "username": "ANN", "position": 3, "selectionEnd": 1,
    });
    for connection in [ben, other] {
        assert_eq!(class.stage.next(connection)["data"], shown);
    }
    assert!(kinds(&mut class, ann).is_empty());
    assert!(kinds(&mut class, eve).is_empty());
    class.send(ben, "cursor", json!({"position": 0}));
    let shown = json!({"sessionId": "essay", "userId": "ben", "username": "BEN", "position": 0});
    assert_eq!(class.stage.next(ann)["data"], shown);
}

#[test]
fn a_cursor_that_names_a_version_is_carried_to_the_newest() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ann, "edit", insert(0, "0123456789", 0));
    class.stage.expect(ann, "edit_ack");
    class.send(ann, "edit", delete(1, 2, 1));
    class.stage.expect(ann, "edit_ack");
    let _ = class.stage.received(ben);
    class.send(ben, "cursor", json!({"position": 2, "selectionEnd": 8, "version": 1}));
    let shown = class.stage.next(ann)["data"].clone();
    let place = (&shown["position"], &shown["selectionEnd"], &shown["version"]);
    assert_eq!(place, (&json!(1), &json!(6), &json!(2)));
    class.send(ben, "cursor", json!({"position": 4_000_000_000_u32, "version": 2}));
    assert_eq!(class.stage.next(ann)["data"]["position"], 8);
    class.send(ben, "cursor", json!({"position": 2, "version": 9}));
    assert!(kinds(&mut class, ann).is_empty(), "nobody knows where that is");
}

#[test]
fn of_many_cursors_in_a_second_the_latest_is_told_where_it_has_gone_meanwhile() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ben, "edit", insert(0, "0123456789", 0));
    class.stage.expect(ben, "edit_ack");
    let _ = class.stage.received(ann);
    for position in 0..12 {
        class.send(ben, "cursor", json!({"position": position % 9, "version": 1}));
    }
    assert_eq!(kinds(&mut class, ann), ["cursor"; 10]);
    class.send(ann, "edit", insert(0, "> ", 1));
    class.stage.expect(ann, "edit_ack");
    let shown = wait_for_cursor(&mut class, ann);
    assert_eq!((&shown["position"], &shown["version"]), (&json!(4), &json!(2)));
}

#[test]
fn whoever_left_shows_no_cursor_any_more() {
    let mut class = Class::new();
    let [ann, ben, cem] = join_all(&mut class, ["ann", "ben", "cem"], "essay");
    for position in 0..12 {
        class.send(ben, "cursor", json!({"position": position}));
        class.send(cem, "cursor", json!({"position": 100 + position}));
    }
    let _ = class.stage.received(ann);
    class.send(ben, "leave_session", json!({"sessionId": "essay"}));
    class.stage.expect(ben, "session_left");
    let shown = wait_for_cursor(&mut class, ann);
    assert_eq!((&shown["userId"], &shown["position"]), (&json!("cem"), &json!(111)));
    assert!(kinds(&mut class, ann).is_empty());
    class.send(ben, "cursor", json!({"position": 1}));
    assert_eq!(fault(&class.refused(ben, "NOT_JOINED")).1, Some("data.sessionId"));
}

#[test]
fn a_token_opens_the_documents_it_names_and_no_others() {
    let mut class = Class::new();
    let ann = class.sit_down_as(limited_to("ann", &["essay"]), None);
    class.send_as(ann, "j", "join_session", json!({"sessionId": "letter"}));
    let error = class.refused(ann, "FORBIDDEN");
    assert_eq!((&error["id"], fault(&error).1), (&json!("j"), Some("data.sessionId")));
    class.send(ann, "lock", json!({"sessionId": "letter", "locked": true}));
    class.refused(ann, "FORBIDDEN");
    join_with(&mut class, ann, "essay", "participant");
    let token = |class: &Class, contexts: &[&str]| json!({"type": "auth", "id": "t", "token": class.token("ann", Some(contexts))});
    let other = token(&class, &["letter"]);
    class.send_raw(ann, &other);
    class.refused(ann, "FORBIDDEN");
    class.send(ann, "edit", insert(0, "x", 0));
    class.stage.expect(ann, "edit_ack");
    let wider = token(&class, &["letter", "essay"]);
    class.send_raw(ann, &wider);
    class.stage.expect(ann, "authenticated");
    join_with(&mut class, ann, "letter", "participant");
}

#[test]
fn a_context_that_the_token_does_not_open_is_refused_where_it_is_named() {
    let mut class = Class::new();
    let ann = class.sit_down_as(limited_to("ann", &["essay"]), Some("art"));
    assert_eq!(fault(&class.refused(ann, "FORBIDDEN")).1, Some("contextId"));
    let ben = class.sit_down_as(limited_to("ben", &["essay"]), None);
    assert!(class.stage.received(ben).is_empty());
    let session = class.learning.collaboration(None, None);
    let cem = class.stage.open(None, session);
    let token = class.token("cem", None);
    class.send_raw(cem, &json!({"type": "auth", "token": token, "contextId": "math"}));
    assert_eq!(class.stage.expect(cem, "authenticated")["data"]["contextId"], "math");
    class.send_as(cem, "p", "ping", json!({}));
    assert_eq!(class.stage.next(cem)["id"], "p");
}

#[test]
fn a_connection_is_in_at_most_100_documents() {
    let mut class = Class::new();
    let ann = class.sit_down("ann");
    for number in 0..100 {
        join_with(&mut class, ann, &format!("d{number}"), "participant");
    }
    class.send(ann, "join_session", json!({"sessionId": "d100"}));
    assert_eq!(fault(&class.refused(ann, "VALIDATION_ERROR")).1, Some("data.sessionId"));
    join_with(&mut class, ann, "d7", "observer");
    class.send(ann, "leave_session", json!({"sessionId": "d7"}));
    class.stage.expect(ann, "session_left");
    join_with(&mut class, ann, "d100", "participant");
}

#[test]
fn an_edit_is_activity_in_the_context_of_its_connection() {
    let mut class = Class::new();
    let dashboard = class.watch("teacher", "math");
    class.send(dashboard, "subscribe", json!({"metrics": ["activity", "engagement"]}));
    class.stage.expect(dashboard, "subscribed");
    let _current = (class.stage.next(dashboard), class.stage.next(dashboard));
    let ann = class.sit_down_as(identity("ann"), Some("math"));
    join_with(&mut class, ann, "essay", "participant");
    for _ in 0..2 {
        class.send_as(ann, "same", "edit", insert(0, "x", 0));
        class.stage.expect(ann, "edit_ack");
    }
    class.send(ann, "edit", insert(9, "x", 1));
    class.stage.expect(ann, "error");
    class.clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        let update = class.stage.next(dashboard);
        assert_eq!(update["data"]["value"], 1, "{update}");
    }
}

/// The people that a connection knows of, by its `session_joined` and by what it was told since; each once.
fn known(class: &mut Class, connection: ConnectionId, joined: &Value) -> BTreeSet<String> {
    let participants = joined["data"]["participants"].as_array().unwrap().iter();
    let id = |person: &Value| person["userId"].as_str().unwrap().to_owned();
    let mut known: BTreeSet<_> = participants.map(id).collect();
    for message in class.stage.received(connection) {
        assert_eq!(message["type"], "participant_joined");
        assert!(known.insert(id(&message["data"])), "told twice: {message}");
    }
    known
}

#[test]
fn those_who_join_at_once_know_of_each_other() {
    let mut class = Class::new();
    for round in 0..10 {
        let essay = format!("essay {round}");
        let ann = join(&mut class, "ann", &essay);
        // It takes a while to be written down; meanwhile others come.
        class.send(ann, "edit", insert(0, &"x".repeat(200_000), 0));
        class.stage.expect(ann, "edit_ack");
        let comers = ["ben", "cem", "dan", "eve", "fay", "gil", "hal", "ian"];
        let comers = comers.map(|user| class.sit_down(user));
        for comer in comers {
            class.send(comer, "join_session", json!({"sessionId": essay}));
        }
        let joined = comers.map(|comer| class.stage.expect(comer, "session_joined"));
        for (comer, joined) in comers.into_iter().zip(joined) {
            assert_eq!(known(&mut class, comer, &joined).len(), 9, "round {round}");
        }
    }
}

#[test]
fn whoever_is_given_the_text_anew_hears_of_all_that_changes_meanwhile() {
    let mut class = Class::new();
    for round in 0..30 {
        let essay = format!("essay {round}");
        let [ann, ben] = join_all(&mut class, ["ann", "ben"], &essay);
        class.send(ben, "edit", insert(0, "x", 99));
        class.send(ann, "lock", json!({"sessionId": essay, "locked": true}));
        class.stage.expect(ann, "lock_changed");
        join(&mut class, "cem", &essay);
        let mut heard = [(); 3].map(|()| class.stage.next(ben)["type"].clone());
        heard.sort_by_key(ToString::to_string);
        assert_eq!(heard, ["lock_changed", "participant_joined", "resync"], "round {round}");
    }
}
