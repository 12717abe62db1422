//! Who may come in, edit, and say so.

use model::CloseReason;
use serde_json::json;

use super::*;

#[test]
fn a_token_opens_what_it_names_and_a_document_is_of_one_kind() {
    let mut desk = Desk::new();
    let ann = limited_to("ann", &["essay"]);
    let participant = Role::Participant;
    assert!(desk.try_enter_as(&ann, "essay", Kind::Text, participant).is_ok());
    let other = desk.try_enter_as(&ann, "notes", Kind::Text, participant);
    assert_eq!(other.err(), Some(Denied::NotOpened));
    let other = desk.try_enter_as(&ann, "essay", Kind::Yjs, participant);
    assert_eq!(other.err(), Some(Denied::OtherKind));
    let by = limited_to("ann", &["notes"]);
    let change = |told: Telling<_>| {
        desk.documents.change(&name("essay"), &by, None, Change::Close, told);
    };
    assert_eq!(heard(change), Err(Denied::NotOpened));
    assert_eq!(desk.count("SELECT count(*) FROM documents"), 1);
}

#[test]
fn an_observer_reads_and_a_role_is_lowered_to_the_one_granted() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let (bob, cem) = (desk.join("bob", "essay"), desk.join_as("cem", "essay", Role::Observer));
    assert!(matches!(cem.edit(0, Splice::insert(0, "c")), Err(Denied::Forbidden(_))));
    assert_eq!(bob.edit(0, Splice::insert(0, "b")).unwrap().version, 1);
    let role = Change::Role { user: "bob".into(), role: Role::Observer };
    desk.change("ann", "essay", role).unwrap();
    assert!(matches!(bob.edit(1, Splice::insert(0, "b")), Err(Denied::Forbidden(_))));
    assert_eq!((bob.seat.role(), cem.seat.role()), (Role::Observer, Role::Observer));
    for reader in [&ann, &bob, &cem] {
        let told = desk.stage.expect(reader.connection, "role_changed");
        let data = json!({"sessionId": "essay", "userId": "bob", "role": "observer"});
        assert_eq!(told["data"], data);
    }
    drop(bob);
    assert_eq!(desk.join("bob", "essay").seat.role(), Role::Observer);
    let role = Change::Role { user: "bob".into(), role: Role::Participant };
    desk.change("ann", "essay", role).unwrap();
    assert_eq!(desk.join("bob", "essay").seat.role(), Role::Participant);
}

#[test]
fn no_edit_comes_after_the_lock_that_was_told() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    let stalled = desk.stall();
    let before = bob.send(0, Splice::insert(0, "b"), None);
    let (told, hears) = mpsc::channel();
    let (documents, connection) = (&desk.documents, Some(ann.connection));
    documents.change(
        &name("essay"),
        &identity("ann"),
        connection,
        Change::Lock(true),
        move |told_so| {
            told.send(told_so).unwrap();
        },
    );
    let after = bob.send(0, Splice::insert(0, "b"), None);
    assert!(matches!(made(&after), Err(Denied::Forbidden(_))), "it holds from when it was asked");
    drop(stalled);
    assert_eq!(hears.recv_timeout(PATIENCE).unwrap(), Ok(()));
    assert!(made(&before).is_ok());
    let locked = desk.stage.expect(bob.connection, "lock_changed");
    assert_eq!(
        (&locked["type"], &locked["data"]["locked"]),
        (&json!("lock_changed"), &json!(true))
    );
    let to_ann = desk.events(&ann);
    assert_eq!(to_ann.len(), 1, "who asked is answered instead: {to_ann:?}");
    assert_eq!(to_ann[0]["type"], "edit");
    desk.change("ann", "essay", Change::Lock(false)).unwrap();
    assert_eq!(bob.edit(1, Splice::insert(0, "b")).unwrap().version, 2);
}

#[test]
fn a_change_that_could_not_be_stored_is_told_to_nobody() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    desk.write(|tx| tx.execute_batch("ALTER TABLE document_roles RENAME TO elsewhere"));
    let role = Change::Role { user: "bob".into(), role: Role::Observer };
    assert_eq!(desk.change("ann", "essay", role), Err(Denied::Failed));
    assert_eq!(bob.edit(0, Splice::insert(0, "b")).unwrap().version, 1);
    assert_eq!(desk.stage.next(ann.connection)["type"], "edit");
    assert!(desk.events(&bob).is_empty());
}

#[test]
fn only_who_made_it_changes_its_rules() {
    let mut desk = Desk::new();
    let _ann = desk.join("ann", "essay");
    let _bob = desk.join("bob", "essay");
    for change in [Change::Lock(true), Change::Close] {
        let denied = desk.change("bob", "essay", change);
        assert!(matches!(denied, Err(Denied::Forbidden(_))), "{denied:?}");
    }
    assert_eq!(desk.change("ann", "nothing", Change::Close), Err(Denied::NotFound));
    assert_eq!(desk.documents.stats().loaded, 1, "what is not there is not kept in memory");
}

#[test]
fn who_is_in_a_document_that_ends_is_told_and_can_do_nothing_more() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    ann.edit(0, Splice::insert(0, "a")).unwrap();
    desk.change("ann", "essay", Change::Close).unwrap();
    let closed = desk.stage.expect(bob.connection, "session_closed");
    assert_eq!(closed["data"], json!({"sessionId": "essay"}));
    assert_eq!(bob.edit(1, Splice::insert(0, "b")), Err(Denied::NotFound));
    assert!(bob.seat.document().is_closed());
    assert_eq!(bob.seat.check_edit(), Err(Denied::NotFound));
    assert!(heard(|told| ann.seat.snapshot(told)).is_err());
    assert_eq!(desk.try_enter("ann", "essay", Role::Observer).err(), Some(Denied::NotFound));
    assert_eq!(desk.change("ann", "essay", Change::Lock(true)), Err(Denied::NotFound));
}

#[test]
fn connections_to_a_yjs_document_are_closed_with_it() {
    let mut desk = Desk::new();
    let ann = identity("ann");
    let seat = desk.try_enter_as(&ann, "board", Kind::Yjs, Role::Participant).unwrap();
    let (connection, room) = (seat.connection, seat.document().room().clone());
    let member = Member { connection, user_id: "ann".into(), username: "Ann".into() };
    let announce: Arc<dyn Announce> = Arc::new(Silent);
    let _membership = desk.stage.hub.join(&room, &announce, member, false).membership;
    let text = desk.join("ann", "essay");
    desk.change("ann", "board", Change::Close).unwrap();
    assert_eq!(desk.stage.closed(connection), CloseReason::new(1000, "Session closed"));
    assert!(!desk.stage.is_closed(text.connection));
}
