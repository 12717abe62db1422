//! Commits that fail, and a process that dies.

use serde_json::json;

use super::*;

/// Has the commit of version `version` of the only document fail, until [`unbreak`].
pub(super) fn break_at(desk: &Desk, version: u64) {
    desk.write(move |tx| {
        let sql = "INSERT INTO document_edits SELECT place, ?1, '', NULL, NULL, 0, 0, '', 0 FROM documents";
        tx.execute(sql, [version])
    });
}

pub(super) fn unbreak(desk: &Desk) {
    desk.write(|tx| tx.execute("DELETE FROM document_edits WHERE user_id = ''", []));
}

#[test]
fn after_a_failed_commit_everybody_is_given_what_is_stored_and_goes_on() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    ann.edit(0, Splice::insert(0, "kept")).unwrap();
    break_at(&desk, 2);
    let stalled = desk.stall();
    let lost: Vec<_> = (0..3).map(|_| ann.send(1, Splice::insert(0, "lost"), Some("e"))).collect();
    let also = bob.send(1, Splice::insert(0, "too"), None);
    let cem = desk.try_enter("cem", "essay", Role::Participant).unwrap();
    let (told, hears) = mpsc::channel();
    cem.snapshot(move |snapshot| told.send(snapshot).unwrap());
    drop(stalled);
    assert_eq!(made(&lost[0]), Err(Denied::Failed));
    assert_eq!(made(&also), Err(Denied::Failed));
    // A repeat of what was never stored is to be tried again.
    assert_eq!((made(&lost[1]), made(&lost[2])), (Err(Denied::Busy), Err(Denied::Busy)));
    let snapshot = hears.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((snapshot.version(), &*snapshot.content()), (1, "kept"));
    for reader in [&ann, &bob] {
        let anew = desk.stage.expect(reader.connection, "resync");
        assert_eq!(anew["data"], json!({"sessionId": "essay", "content": "kept", "version": 1}));
    }
    unbreak(&desk);
    assert_eq!(ann.edit_as("e", 1, Splice::insert(4, " on")).unwrap().version, 2);
    assert_eq!(bob.content(), "kept on");
    assert_eq!(desk.stage.expect(bob.connection, "edit")["data"]["version"], 2);
}

#[test]
fn while_a_text_is_read_anew_nothing_is_admitted() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    break_at(&desk, 1);
    let (release, released) = mpsc::channel::<()>();
    // Both readers are busy, so that the text cannot be read.
    let mut releases = vec![release];
    let mut waits = vec![released];
    let (release, released) = mpsc::channel::<()>();
    releases.push(release);
    waits.push(released);
    for released in waits {
        let wait = move |_: &Connection| Ok(released.recv().is_ok());
        desk.store.read_then(wait, drop).unwrap();
    }
    assert_eq!(ann.edit(0, Splice::insert(0, "a")), Err(Denied::Failed));
    assert_eq!(ann.edit(0, Splice::insert(0, "a")), Err(Denied::Busy));
    drop(releases);
    let _anew = desk.stage.expect(ann.connection, "resync");
    unbreak(&desk);
    for _ in 0..3_000 {
        match ann.edit(0, Splice::insert(0, "a")) {
            Ok(made) => return assert_eq!(made.version, 1),
            Err(denied) => assert_eq!(denied, Denied::Busy),
        }
        desk.pause();
    }
    panic!("the document never came back");
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    for version in 0..700 {
        ann.edit(version, Splice::insert(u32::try_from(version).unwrap(), "é")).unwrap();
    }
    ann.edit(700, Splice::delete(0, 100)).unwrap();
    for change in [Change::Role { user: "bob".into(), role: Role::Observer }, Change::Lock(true)] {
        desk.change("ann", "essay", change).unwrap();
    }
    drop(ann);
    let mut desk = desk.crash();
    let bob = desk.join("bob", "essay");
    assert_eq!((bob.snapshot.version(), bob.snapshot.content()), (701, "é".repeat(600)));
    assert_eq!(bob.seat.role(), Role::Observer);
    assert!(bob.seat.document().is_locked() && &**bob.seat.document().creator() == "ann");
    desk.change("ann", "essay", Change::Close).unwrap();
    drop(bob);
    let mut desk = desk.crash();
    assert_eq!(desk.try_enter("ann", "essay", Role::Participant).err(), Some(Denied::NotFound));
}

#[test]
fn a_store_that_is_closed_is_told_of_and_nothing_hangs() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let place = desk.store.reserve(Lane::Interactive).unwrap();
    desk.store.close();
    drop(place);
    assert_eq!(ann.edit(0, Splice::insert(0, "a")), Err(Denied::Failed));
    assert_eq!(desk.change("ann", "essay", Change::Lock(true)), Err(Denied::Failed));
    assert_eq!(desk.try_enter("ann", "other", Role::Participant).err(), Some(Denied::Failed));
}
