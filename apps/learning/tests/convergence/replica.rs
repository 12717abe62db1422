//! One replica, told by hand what a user does and what the server says.

use learning::collaboration::Splice;
use learning::collaboration::replica::{
    Cursor, Heard, IN_FLIGHT_MAX, Outgoing, PENDING_MAX, Replica, STEPS_MAX,
};

fn replica_of(content: &str) -> Replica {
    let mut replica = Replica::default();
    replica.joined(content, 10);
    replica
}

fn shown(replica: &Replica) -> String {
    replica.text().to_string()
}

fn sent(replica: &mut Replica) -> Vec<Outgoing> {
    std::iter::from_fn(|| replica.next_to_send()).collect()
}

#[test]
fn ones_own_edits_show_at_once_and_are_carried_over_others() {
    let mut replica = replica_of("abc");
    assert!(replica.edit(Splice::insert(3, "d")));
    assert!(replica.edit(Splice::insert(4, "e")));
    assert_eq!(sent(&mut replica).len(), 2);
    assert_eq!(replica.edited(11, &Splice::replace(0, 1, "XY")), Heard::Taken);
    assert_eq!((shown(&replica).as_str(), replica.in_flight()), ("XYbcde", 2));
    assert_eq!(replica.acknowledged(0, 12, 4, 1), Heard::Taken);
    assert_eq!(replica.acknowledged(1, 13, 5, 1), Heard::Taken);
    assert_eq!((replica.confirmed().to_string().as_str(), replica.version()), ("XYbcde", 13));
}

#[test]
fn more_than_a_hundred_edits_are_not_in_flight_at_once() {
    let mut replica = replica_of("");
    for _ in 0..=IN_FLIGHT_MAX {
        assert!(replica.edit(Splice::insert(0, "x")));
    }
    assert_eq!(sent(&mut replica).len(), IN_FLIGHT_MAX);
    replica.acknowledged(0, 11, 0, 1);
    let next = sent(&mut replica);
    assert_eq!((next.len(), next[0].base), (1, 11));
}

#[test]
fn an_acknowledgement_that_differs_from_what_is_shown_is_no_agreement() {
    for (id, version, position, length) in
        [(1, 11, 3, 1), (0, 12, 3, 1), (0, 11, 2, 1), (0, 11, 3, 0)]
    {
        let mut replica = replica_of("abc");
        replica.edit(Splice::insert(3, "d"));
        sent(&mut replica);
        assert_eq!(replica.acknowledged(id, version, position, length), Heard::Lost);
        assert!(!replica.edit(Splice::insert(0, "x")), "lost until the text comes anew");
        assert_eq!(replica.edited(11, &Splice::insert(0, "x")), Heard::Lost);
        replica.joined("abcd", 11);
        assert!(replica.edit(Splice::insert(0, "x")));
    }
}

#[test]
fn old_news_is_not_taken_twice() {
    let mut replica = replica_of("abc");
    assert_eq!(replica.edited(10, &Splice::insert(0, "x")), Heard::Known);
    assert_eq!(replica.acknowledged(5, 9, 0, 1), Heard::Known);
    assert_eq!(replica.refused(5), Heard::Known);
    assert_eq!(shown(&replica), "abc");
}

#[test]
fn a_text_that_comes_anew_gives_up_what_is_pending_once() {
    let mut replica = replica_of("abc");
    replica.edit(Splice::insert(0, "x"));
    replica.edit(Splice::insert(0, "y"));
    sent(&mut replica);
    let given_up = replica.resync(Some(0), "new", 50);
    assert_eq!(given_up, [Splice::insert(0, "x"), Splice::insert(0, "y")]);
    replica.edit(Splice::insert(3, "er"));
    let given_up = replica.resync(Some(1), "newest", 51);
    assert!(given_up.is_empty(), "the answer to one given up before");
    assert_eq!((shown(&replica).as_str(), replica.pending()), ("newer", 1));
    assert_eq!(replica.resync(None, "again", 52).len(), 1, "the server began anew");
}

#[test]
fn a_refused_edit_is_taken_back_unless_others_stand_on_it() {
    let mut replica = replica_of("abc");
    replica.move_cursor(Cursor::at(3));
    replica.edit(Splice::replace(0, 2, "x"));
    replica.edit(Splice::insert(0, "y"));
    sent(&mut replica);
    assert_eq!(replica.refused(1), Heard::Taken);
    assert_eq!((shown(&replica).as_str(), replica.cursor()), ("xc", Cursor::at(0)));
    replica.edit(Splice::insert(0, "z"));
    assert_eq!(replica.refused(0), Heard::Lost);
}

#[test]
fn a_refused_undo_can_be_undone_again() {
    let mut replica = replica_of("abc");
    replica.edit(Splice::insert(3, "d"));
    assert!(replica.undo());
    sent(&mut replica);
    assert_eq!(replica.refused(1), Heard::Taken);
    assert_eq!(shown(&replica), "abcd");
    assert!(!replica.redo(), "nothing is undone");
    assert!(replica.undo());
    assert!(replica.redo());
    sent(&mut replica);
    assert_eq!(replica.refused(3), Heard::Taken);
    assert_eq!(shown(&replica), "abc");
    assert!(replica.redo());
    assert_eq!(shown(&replica), "abcd");
}

#[test]
fn undo_takes_back_ones_own_edits_and_nobody_elses() {
    let mut replica = replica_of("one two three");
    replica.edit(Splice::replace(4, 3, "2"));
    replica.edit(Splice::replace(4, 1, "zwei"));
    replica.edited(11, &Splice::insert(0, ">> "));
    assert_eq!(shown(&replica), ">> one zwei three");
    // Confirmed is ">> one two three": at its end.
    replica.edited(12, &Splice::insert(16, "!"));
    replica.edited(13, &Splice::insert(17, "?"));
    let before = shown(&replica);
    assert!(replica.undo() && replica.undo());
    assert_eq!(shown(&replica), ">> one two three!?");
    assert!(replica.redo() && replica.redo());
    assert_eq!(shown(&replica), before);
    assert!(!replica.redo());
}

#[test]
fn what_others_have_deleted_is_passed_over_by_undo() {
    let mut replica = replica_of("ab");
    replica.edit(Splice::insert(2, "c"));
    replica.edit(Splice::insert(1, "x"));
    replica.edited(11, &Splice::delete(0, 2));
    assert_eq!(shown(&replica), "c");
    assert!(replica.undo(), "of the c, as nothing is left of the x");
    assert_eq!(shown(&replica), "");
    assert!(!replica.undo());
}

#[test]
fn what_was_undone_is_gone_once_something_else_is_typed() {
    let mut replica = replica_of("abc");
    replica.edit(Splice::insert(3, "d"));
    assert!(replica.undo());
    replica.edit(Splice::insert(0, "x"));
    assert!(!replica.redo());
    assert_eq!(shown(&replica), "xabc");
}

#[test]
fn nothing_can_be_undone_or_redone_in_a_text_that_came_anew() {
    let mut replica = replica_of("abc");
    replica.edit(Splice::insert(0, "x"));
    replica.edit(Splice::insert(0, "y"));
    replica.undo();
    replica.joined("xyz", 20);
    assert!(!replica.undo() && !replica.redo());
    assert_eq!(shown(&replica), "xyz");
}

#[test]
fn what_is_pending_and_what_can_be_undone_is_bounded() {
    let mut replica = replica_of("");
    for _ in 0..PENDING_MAX {
        assert!(replica.edit(Splice::insert(0, "x")));
    }
    assert!(!replica.edit(Splice::insert(0, "x")));
    for id in 0..PENDING_MAX as u64 {
        sent(&mut replica);
        assert_eq!(replica.acknowledged(id, 11 + id, 0, 1), Heard::Taken);
    }
    let undone = std::iter::repeat_with(|| replica.undo()).take_while(|undone| *undone);
    assert_eq!(undone.count(), STEPS_MAX);
}

#[test]
fn an_edit_that_was_not_sent_cannot_be_refused() {
    let mut replica = replica_of("abc");
    replica.edit(Splice::insert(0, "x"));
    assert_eq!(replica.refused(0), Heard::Known);
    assert!(replica.resync(Some(0), "new", 20).is_empty());
    assert_eq!(shown(&replica), "xabc");
}

#[test]
fn cursors_move_along() {
    let mut replica = replica_of("hello world");
    replica.edit(Splice::insert(0, "-> "));
    replica.cursor_seen("ben", Cursor { position: 6, selection_end: Some(11) });
    let ben = |replica: &Replica| replica.cursors()["ben"];
    assert_eq!(ben(&replica), Cursor { position: 9, selection_end: Some(14) });
    replica.edited(11, &Splice::delete(0, 6));
    assert_eq!(ben(&replica), Cursor { position: 3, selection_end: Some(8) });
    assert_eq!(replica.cursor(), Cursor::at(3));
    replica.move_cursor(Cursor::at(8));
    replica.edited(12, &Splice::insert(0, "oh, "));
    assert_eq!(replica.cursor(), Cursor::at(12));
    replica.edited(13, &Splice::delete(0, 4));
    replica.joined("a\u{1F600}", 20);
    assert_eq!(ben(&replica), Cursor { position: 3, selection_end: Some(3) });
    replica.cursor_seen("ben", Cursor { position: 2, selection_end: Some(u32::MAX) });
    assert_eq!(ben(&replica), Cursor { position: 1, selection_end: Some(3) });
    replica.cursor_gone("ben");
    assert!(replica.cursors().is_empty());
}
