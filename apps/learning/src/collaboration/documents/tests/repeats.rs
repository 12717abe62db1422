//! Edits that come again.

use super::*;

#[test]
fn a_repeat_is_told_what_the_first_one_was_and_is_made_once() {
    let mut desk = Desk::new();
    let (ann, bob) = (desk.join("ann", "essay"), desk.join("bob", "essay"));
    ann.edit(0, Splice::insert(0, "ab")).unwrap();
    let first = bob.edit_as("e1", 0, Splice::insert(0, "x")).unwrap();
    assert_eq!(first, Made { version: 2, position: 2, length: 1 });
    assert_eq!(bob.edit_as("e1", 0, Splice::insert(0, "x")), Ok(first));
    // From another connection of the same user as well.
    let again = desk.join("bob", "essay");
    assert_eq!(again.edit_as("e1", 0, Splice::insert(0, "x")), Ok(first));
    assert_eq!(again.edit_as("e1", 1, Splice::insert(0, "x")), Err(Denied::Conflict));
    assert_eq!(again.edit_as("e1", 0, Splice::insert(0, "y")), Err(Denied::Conflict));
    // The id is bob's; another user may have the same.
    assert_eq!(ann.edit_as("e1", 2, Splice::insert(0, "x")).unwrap().version, 3);
    assert_eq!(ann.content(), "xabx");
}

#[test]
fn a_repeat_before_the_first_one_is_stored_waits_for_it() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let stalled = desk.stall();
    let first = ann.send(0, Splice::insert(0, "a"), Some("e1"));
    let again = ann.send(0, Splice::insert(0, "a"), Some("e1"));
    let other = ann.send(0, Splice::insert(0, "b"), Some("e1"));
    assert_eq!(made(&other), Err(Denied::Conflict));
    assert!(again.recv_timeout(Duration::from_millis(50)).is_err(), "it is not stored yet");
    drop(stalled);
    let first = made(&first).unwrap();
    assert_eq!((first.version, made(&again)), (1, Ok(first)));
}

#[test]
fn a_repeat_is_known_for_as_long_as_the_document() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let first = ann.edit_as("e1", 0, Splice::insert(0, "a")).unwrap();
    for version in 1..=1_100 {
        ann.edit_as(&format!("more{version}"), version, Splice::insert(0, "b")).unwrap();
    }
    assert_eq!(ann.edit_as("e1", 0, Splice::insert(0, "a")), Ok(first));
    assert_eq!(ann.edit_as("e1", 1_101, Splice::insert(0, "a")), Err(Denied::Conflict));
    drop(ann);
    let mut desk = desk.crash();
    let ann = desk.join("ann", "essay");
    assert_eq!(ann.edit_as("e1", 0, Splice::insert(0, "a")), Ok(first));
    assert_eq!(ann.edit_as("e1", 1_101, Splice::insert(0, "c")), Err(Denied::Conflict));
    assert_eq!(ann.edit_as("new", 1_101, Splice::insert(0, "c")).unwrap().version, 1_102);
    desk.change("ann", "essay", Change::Lock(true)).unwrap();
    assert_eq!(ann.edit_as("e1", 0, Splice::insert(0, "a")), Ok(first), "it is only told again");
}

#[test]
fn edits_stay_in_order_behind_one_whose_id_is_looked_up() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    ann.edit_as("old", 0, Splice::insert(0, "0")).unwrap();
    drop(ann);
    desk.forget();
    let ann = desk.join("ann", "essay");
    let keys = "abcdefghij";
    let sent: Vec<_> = (1..)
        .zip(keys.chars())
        .map(|(at, key)| {
            // Every third has no id, and one is a repeat.
            let id = (at % 3 != 0).then(|| format!("e{at}"));
            ann.send(1, Splice::insert(at, &key.to_string()), id.as_deref())
        })
        .collect();
    let repeat = ann.send(0, Splice::insert(0, "0"), Some("old"));
    for (version, hears) in (2..).zip(&sent) {
        assert_eq!(made(hears).unwrap().version, version);
    }
    assert_eq!(made(&repeat).unwrap().version, 1);
    assert_eq!(ann.content(), format!("0{keys}"));
}

#[test]
fn what_one_look_up_finds_is_never_taken_for_what_another_one_finds() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    let old = ann.edit_as("old", 0, Splice::insert(0, "0")).unwrap();
    drop(ann);
    desk.forget();
    let ann = desk.join("ann", "essay");
    for version in 1..=500 {
        // Each comes as soon as the one before it was answered.
        assert_eq!(ann.edit_as("old", 0, Splice::insert(0, "0")), Ok(old));
        let other = ann.edit_as("old", version, Splice::insert(0, "x"));
        assert_eq!(other, Err(Denied::Conflict));
        let new = ann.edit_as(&format!("new{version}"), version, Splice::insert(0, "1"));
        assert_eq!(new.unwrap().version, version + 1);
    }
}

#[test]
fn an_edit_whose_id_cannot_be_looked_up_is_refused_and_those_behind_it_are_not_lost() {
    let mut desk = Desk::with(&Options { readers: 2, reads_max: 1, ..Options::default() });
    let ann = desk.join("ann", "essay");
    ann.edit_as("old", 0, Splice::insert(0, "0")).unwrap();
    drop(ann);
    desk.forget();
    let ann = desk.join("ann", "essay");
    let (releases, waits): (Vec<_>, Vec<_>) = (0..3).map(|_| mpsc::channel::<()>()).unzip();
    let mut waits = waits.into_iter();
    let mut begin = || {
        let released = waits.next().unwrap();
        desk.store.read_then(move |_: &Connection| Ok(released.recv().is_ok()), drop)
    };
    let mut begun = 0;
    // Two are being read and one waits: there is room for none.
    while begun < 3 {
        match begin() {
            Ok(()) => begun += 1,
            Err(_) => break,
        }
        desk.pause();
    }
    assert_eq!(begun, 3);
    assert_eq!(ann.edit_as("new", 1, Splice::insert(0, "a")), Err(Denied::Busy));
    assert_eq!(ann.edit(1, Splice::insert(1, "b")).unwrap().version, 2);
    drop(releases);
    assert_eq!(ann.content(), "0b");
}
