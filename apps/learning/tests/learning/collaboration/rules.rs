//! What the creator of a document says, and what follows from it.

use hub::DROP_GRACE;
use model::CloseReason;
use serde_json::{Value, json};

use super::{fault, insert, join_all, join_with};
use crate::support::Class;

fn role(user: &str, role: &str) -> Value {
    json!({"sessionId": "essay", "userId": user, "role": role})
}

fn lock(locked: bool) -> Value {
    json!({"sessionId": "essay", "locked": locked})
}

#[test]
fn observers_do_not_edit_until_the_creator_lets_them() {
    let mut class = Class::new();
    let [ann] = join_all(&mut class, ["ann"], "essay");
    let ben = class.sit_down("ben");
    join_with(&mut class, ben, "essay", "observer");
    class.send_as(ben, "e", "edit", insert(0, "x", 0));
    let error = class.refused(ben, "FORBIDDEN");
    assert_eq!(error["id"], "e");
    let _ = class.stage.received(ann);
    class.send_as(ann, "r", "role", role("ben", "participant"));
    let changed = class.stage.next(ann);
    assert_eq!((&changed["type"], &changed["id"]), (&json!("role_changed"), &json!("r")));
    assert_eq!(changed["data"], role("ben", "participant"));
    let told = class.stage.next(ben);
    assert_eq!((&told["type"], &told["data"]), (&json!("role_changed"), &changed["data"]));
    assert_eq!(told.get("id"), None);
    class.send(ben, "edit", insert(0, "x", 0));
    class.stage.expect(ben, "edit_ack");
    assert_eq!(class.stage.next(ann)["type"], "edit");
}

#[test]
fn a_role_above_the_one_granted_is_lowered_to_it() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send(ann, "role", role("ben", "observer"));
    class.stage.expect(ann, "role_changed");
    class.stage.expect(ben, "role_changed");
    class.send(ben, "edit", insert(0, "x", 0));
    class.refused(ben, "FORBIDDEN");
    let joined = join_with(&mut class, ben, "essay", "participant");
    assert_eq!(joined["data"]["role"], "observer");
    assert_eq!(joined["data"]["participants"][1]["role"], "observer");
    class.send(ben, "cursor", json!({"position": 0}));
    assert_eq!(class.stage.next(ann)["type"], "cursor");
}

#[test]
fn nobody_but_the_creator_changes_anything() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    let asked = [
        ("role", role("ben", "participant")),
        ("lock", lock(true)),
        ("close_session", json!({"sessionId": "essay"})),
    ];
    for (kind, data) in asked {
        class.send_as(ben, kind, kind, data);
        assert_eq!(class.refused(ben, "FORBIDDEN")["id"], kind);
    }
    class.send(ann, "role", role("ann", "observer"));
    assert_eq!(fault(&class.refused(ann, "VALIDATION_ERROR")).1, Some("data.userId"));
    class.send(ann, "lock", json!({"sessionId": "unknown", "locked": true}));
    assert_eq!(fault(&class.refused(ann, "NOT_FOUND")).1, Some("data.sessionId"));
    assert!(class.stage.received(ben).is_empty());
}

#[test]
fn a_locked_document_is_edited_by_nobody() {
    let mut class = Class::new();
    let [ann, ben] = join_all(&mut class, ["ann", "ben"], "essay");
    class.send_as(ann, "l", "lock", lock(true));
    let changed = class.stage.next(ann);
    assert_eq!((&changed["type"], &changed["id"]), (&json!("lock_changed"), &json!("l")));
    assert_eq!(changed["data"], lock(true));
    assert_eq!(class.stage.next(ben)["data"], lock(true));
    for connection in [ann, ben] {
        class.send(connection, "edit", insert(0, "x", 0));
        class.refused(connection, "FORBIDDEN");
    }
    let cem = class.sit_down("cem");
    assert_eq!(join_with(&mut class, cem, "essay", "participant")["data"]["locked"], true);
    class.send(ann, "lock", lock(false));
    class.stage.expect(ann, "lock_changed");
    class.send(ben, "edit", insert(0, "x", 0));
    class.stage.expect(ben, "edit_ack");
}

#[test]
fn a_closed_document_is_left_by_all_and_entered_by_nobody() {
    let mut class = Class::new();
    let [ann, ben, cem] = join_all(&mut class, ["ann", "ben", "cem"], "essay");
    class.send_as(ann, "c", "close_session", json!({"sessionId": "essay"}));
    let closed = class.stage.next(ann);
    assert_eq!((&closed["type"], &closed["id"]), (&json!("session_closed"), &json!("c")));
    assert_eq!(closed["data"], json!({"sessionId": "essay"}));
    for connection in [ben, cem] {
        assert_eq!(class.stage.next(connection)["type"], "session_closed");
    }
    for (kind, data) in [("edit", insert(0, "x", 0)), ("cursor", json!({"position": 0}))] {
        class.send(ben, kind, data);
        class.refused(ben, "NOT_JOINED");
    }
    class.stage.close(cem, &CloseReason::LOST);
    class.clock.advance(DROP_GRACE);
    class.stage.hub.expire_absences();
    assert!(class.stage.received(ann).is_empty(), "nobody leaves what has ended");
    for connection in [ann, ben] {
        class.send(connection, "join_session", json!({"sessionId": "essay"}));
        assert_eq!(fault(&class.refused(connection, "NOT_FOUND")).1, Some("data.sessionId"));
    }
    class.send(ann, "lock", lock(true));
    class.refused(ann, "NOT_FOUND");
    assert!(class.stage.received(ann).is_empty() && class.stage.received(ben).is_empty());
}
