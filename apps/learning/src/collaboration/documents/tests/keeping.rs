//! What is in memory, and what is in the store.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::collaboration::{Measured, Text, Units};
use crate::store::documents;

const SNAPSHOTS: &str = "SELECT count(*) FROM document_snapshots";

/// The text of a version, as it is rebuilt.
fn text_at(desk: &Desk, version: u64) -> (String, u64) {
    desk.read(move |db| {
        let facts = documents::find(db, "essay")?.unwrap();
        let rebuilt = documents::text_at(db, facts.place, version)?;
        Ok((rebuilt.text.content(), version - rebuilt.edits))
    })
}

#[test]
fn every_version_is_rebuilt_from_a_snapshot_that_is_near() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let edits = (0_u32..60, 0_u32..4, "[aé😀\r\n]{0,4}");
    let mut runner = TestRunner::new(Config { cases: 1, ..Config::default() });
    let (mut units, mut texts) = (Units::from(""), vec![String::new()]);
    let many = prop::collection::vec(edits, 2_200);
    let edits = many.new_tree(&mut runner).unwrap().current();
    for (position, deleted, content) in edits {
        let splice = Splice::replace(position.min(units.length()), deleted, &content);
        if units.apply(&splice).is_none() {
            continue;
        }
        ann.edit(texts.len() as u64 - 1, splice).unwrap();
        texts.push(units.to_string());
    }
    assert!(texts.len() > 1_101, "{}", texts.len());
    desk.wait_until(SNAPSHOTS, (texts.len() as u64 - 1) / 500);
    for (version, text) in (0_u64..).zip(&texts).step_by(37) {
        let (rebuilt, from) = text_at(&desk, version);
        assert_eq!((&rebuilt, from), (text, version / 500 * 500));
    }
    drop(ann);
    desk.forget();
    assert_eq!(Some(desk.join("ann", "essay").content()), texts.pop());
}

#[test]
fn a_snapshot_that_was_missed_is_made_when_the_document_is_read_again() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    for version in 0..510 {
        ann.edit(version, Splice::insert(0, "a")).unwrap();
    }
    desk.wait_until(SNAPSHOTS, 1);
    desk.write(|tx| tx.execute("DELETE FROM document_snapshots", []));
    drop(ann);
    desk.forget();
    let ann = desk.join("ann", "essay");
    desk.wait_until(SNAPSHOTS, 1);
    assert_eq!((ann.content(), text_at(&desk, 510)), ("a".repeat(510), ("a".repeat(510), 510)));
}

#[test]
fn long_edits_are_kept_closer_together() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let long = "a".repeat(1_000_000);
    ann.edit(0, Splice::insert(0, &long)).unwrap();
    for version in 1..10 {
        ann.edit(version, Splice::replace(0, 1_000_000, &long)).unwrap();
    }
    desk.wait_until(SNAPSHOTS, 2);
    assert_eq!((text_at(&desk, 4).1, text_at(&desk, 9).1, text_at(&desk, 10).1), (0, 5, 10));
}

#[test]
fn old_snapshots_are_thinned_out() {
    let desk = Desk::new();
    let snapshot = Text::default().deflated();
    desk.write(move |tx| {
        for version in (500..=25_000).step_by(500) {
            documents::add_snapshot(tx, 7, version, &snapshot)?;
        }
        Ok(())
    });
    let kept = desk.read(|db| {
        let mut kept = db.prepare("SELECT version FROM document_snapshots ORDER BY version")?;
        kept.query_map([], |row| row.get(0))?.collect::<Sql<Vec<u64>>>()
    });
    let dense = (15_000..=25_000).step_by(500);
    assert_eq!(kept, [10_000].into_iter().chain(dense).collect::<Vec<_>>());
}

#[test]
fn what_nobody_is_in_leaves_the_memory_after_a_minute() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    ann.edit(0, Splice::insert(0, "hello")).unwrap();
    let bob = desk.join("bob", "notes");
    assert_eq!(desk.documents.stats(), DocumentsStats { loaded: 2, bytes: 5 });
    desk.let_a_minute_pass();
    assert_eq!(desk.documents.stats().loaded, 2, "somebody is in both");
    drop(ann);
    desk.clock.advance(Duration::from_secs(59));
    desk.documents.sweep();
    assert_eq!(desk.documents.stats().loaded, 2, "somebody may come back");
    desk.clock.advance(Duration::from_secs(1));
    desk.wait_until_loaded(1);
    drop(bob);
    desk.forget();
    assert_eq!(desk.join("ann", "essay").content(), "hello");
}

#[test]
fn what_is_being_stored_stays_in_memory() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let stalled = desk.stall();
    let edited = ann.send(0, Splice::insert(0, "hello"), None);
    drop(ann);
    desk.let_a_minute_pass();
    assert_eq!(desk.documents.stats().loaded, 1);
    drop(stalled);
    assert!(made(&edited).is_ok());
    desk.forget();
}

/// The same desk with less room.
fn bounded(desk: Desk, loaded: usize, bytes: usize) -> Desk {
    let (store, hub) = (desk.store.clone(), Arc::clone(&desk.stage.hub));
    let runtime = desk.runtime.handle().clone();
    let documents = Documents::bounded(store, hub, runtime, Bounds { loaded, bytes });
    Desk { documents, ..desk }
}

#[test]
fn where_the_memory_is_full_what_nobody_is_in_goes_and_else_who_comes_is_told() {
    let mut desk = bounded(Desk::new(), 2, BYTES_MAX);
    let (_essay, notes) = (desk.join("ann", "essay"), desk.join("ann", "notes"));
    let refused = desk.try_enter("ann", "more", Role::Participant);
    assert_eq!(refused.err(), Some(Denied::Busy));
    assert!(desk.try_enter("bob", "essay", Role::Participant).is_ok(), "that is there already");
    drop(notes);
    for _ in 0..3_000 {
        // Another thread is about to let go.
        if desk.try_enter("ann", "more", Role::Participant).is_ok() {
            return;
        }
        desk.pause();
    }
    panic!("what nobody is in stayed");
}

#[test]
fn where_texts_fill_the_memory_they_may_only_become_shorter() {
    let mut desk = bounded(Desk::new(), LOADED_MAX, 1_000);
    let ann = desk.join("ann", "essay");
    ann.edit(0, Splice::insert(0, &"a".repeat(1_000))).unwrap();
    assert_eq!(ann.edit(1, Splice::insert(0, "b")), Err(Denied::Busy));
    let refused = desk.try_enter("ann", "more", Role::Participant);
    assert_eq!(refused.err(), Some(Denied::Busy));
    assert_eq!(ann.edit(1, Splice::delete(0, 1)).unwrap().version, 2);
    assert_eq!(ann.edit(2, Splice::insert(0, "b")).unwrap().version, 3);
}

#[test]
fn a_text_that_is_never_stored_is_never_kept() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    for version in 0..498 {
        ann.edit(version, Splice::insert(0, "a")).unwrap();
    }
    super::failing::break_at(&desk, 500);
    let stalled = desk.stall();
    let last = ann.send(498, Splice::insert(0, "b"), None);
    let lost = ann.send(498, Splice::insert(0, "lost"), None);
    drop(stalled);
    assert_eq!((made(&last).unwrap().version, made(&lost)), (499, Err(Denied::Failed)));
    let _anew = desk.stage.expect(ann.connection, "resync");
    super::failing::unbreak(&desk);
    let made = (0..3_000).find_map(|_| {
        desk.pause();
        ann.edit(499, Splice::insert(0, "c")).ok()
    });
    assert_eq!(made.unwrap().version, 500);
    desk.wait_until(SNAPSHOTS, 1);
    assert_eq!(text_at(&desk, 500), (format!("cb{}", "a".repeat(498)), 500));
}

#[test]
fn a_document_is_loaded_once_whoever_comes_at_once() {
    let mut desk = Desk::new();
    let stalled = desk.stall();
    let (told, hears) = mpsc::channel();
    for user in ["ann", "bob", "cem"] {
        let connection = desk.stage.open(Some(identity(user)), Box::new(Passive));
        let visitor = Visitor { connection, identity: identity(user), role: Role::Participant };
        let told = told.clone();
        let tell = move |seat: Result<Seat, Denied>| told.send(seat.unwrap()).unwrap();
        desk.documents.enter(&name("essay"), Kind::Text, visitor, tell);
    }
    drop(stalled);
    let seats: Vec<Seat> = (0..3).map(|_| hears.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(seats.iter().all(|seat| Arc::ptr_eq(seat.document(), seats[0].document())));
    assert_eq!(desk.count("SELECT count(*) FROM documents"), 1);
    let creator = seats[0].document().creator();
    assert!(&**creator == "ann", "{creator} made it, who did not come first");
}

#[test]
fn five_thousand_documents_of_ten_kibibytes_are_open_at_once() {
    let mut desk = Desk::new();
    let snapshot = Text::new(&"0123456789abcde\n".repeat(640)).unwrap().deflated();
    desk.write(move |tx| {
        for n in 0..5_000 {
            let (creator, at) = ("ann".into(), Timestamp::default());
            let id = format!("d{n}").into();
            let draft = documents::Draft { id, kind: Kind::Text, creator, title: None, at };
            let facts = documents::make(tx, &draft)?.unwrap();
            documents::add_snapshot(tx, facts.place, 0, &snapshot)?;
        }
        Ok(())
    });
    let (connection, identity) = (ConnectionId::new(0, 1, 1), identity("ann"));
    let (told, hears) = mpsc::channel();
    for chunk in 0..50 {
        for n in 0..100 {
            let told = told.clone();
            let id = name(&format!("d{}", chunk * 100 + n));
            let visitor =
                Visitor { connection, identity: Arc::clone(&identity), role: Role::Participant };
            let tell = move |seat: Result<Seat, Denied>| told.send(seat.unwrap()).unwrap();
            desk.documents.enter(&id, Kind::Text, visitor, tell);
        }
        desk.stage.settle();
        let seats: Vec<Seat> = (0..100).map(|_| hears.recv_timeout(PATIENCE).unwrap()).collect();
        seats.into_iter().for_each(|seat| drop(heard(|told| seat.snapshot(told)).unwrap()));
    }
    let loaded = desk.documents.stats();
    assert_eq!((loaded.loaded, loaded.bytes), (5_000, 5_000 * 10_240));
    desk.forget();
}
