//! What the server admits, and where it puts it.

use learning::collaboration::{
    Admission, Bound, EDITS_KEPT, History, Proposal, Refused, Splice, Units,
};
use model::ConnectionId;

const ANN: ConnectionId = ConnectionId::new(0, 1, 1);
const BEN: ConnectionId = ConnectionId::new(0, 2, 1);
/// How far a client may be behind.
const BEHIND: u32 = 1_000;

/// A document as the server has it.
struct Document {
    text: Units,
    history: History,
}

impl Document {
    fn of(text: &str) -> Self {
        Self { text: Units::from(text), history: History::default() }
    }

    fn judge(
        &self,
        connection: ConnectionId,
        base: u64,
        splice: Splice,
    ) -> Result<Admission, Refused> {
        self.history.judge(&Proposal { connection, base, splice }, &self.text)
    }

    /// Applies an edit that has to be admitted, and returns it as applied.
    fn edit(&mut self, connection: ConnectionId, base: u64, splice: Splice) -> Splice {
        let admission = self.judge(connection, base, splice).unwrap();
        let applied = admission.splice.clone();
        self.text.apply(&applied).unwrap();
        self.history.append(admission);
        applied
    }

    fn refusal(&self, connection: ConnectionId, base: u64, splice: Splice) -> Refused {
        self.judge(connection, base, splice).unwrap_err()
    }
}

#[test]
fn an_edit_stands_on_its_version_and_its_authors_own_earlier_ones() {
    let mut document = Document::of("world");
    document.edit(ANN, 0, Splice::insert(0, "h"));
    document.edit(BEN, 0, Splice::insert(5, "!"));
    document.edit(ANN, 0, Splice::insert(1, "i"));
    document.edit(BEN, 1, Splice::insert(7, "?"));
    document.edit(ANN, 0, Splice::insert(2, ", "));
    assert_eq!(document.text.to_string(), "hi, world!?");
    assert_eq!(document.history.version(), 5);
}

#[test]
fn what_an_author_has_seen_between_their_own_edits_is_not_carried_twice() {
    let mut document = Document::of("");
    document.edit(BEN, 0, Splice::insert(0, "bb"));
    document.edit(ANN, 0, Splice::insert(0, "a"));
    // Ann has seen Ben's edit by now, and has not heard of her own: "bba", with hers to the right.
    let applied = document.edit(ANN, 1, Splice::insert(3, "A"));
    assert_eq!((document.text.to_string().as_str(), applied.position), ("bbaA", 3));
}

#[test]
fn versions_are_dense_also_where_nothing_is_left_of_an_edit() {
    let mut document = Document::of("abcdef");
    document.edit(ANN, 0, Splice::delete(1, 4));
    let applied = document.edit(BEN, 0, Splice::insert(3, "x"));
    assert!(applied.is_nothing());
    assert_eq!(document.history.version(), 2);
    assert_eq!(document.edit(ANN, 1, Splice::insert(1, "y")), Splice::insert(1, "y"));
    assert_eq!(document.text.to_string(), "ayf");
}

#[test]
fn the_range_is_judged_by_the_text_that_the_author_saw() {
    let mut document = Document::of("abcdef");
    document.edit(ANN, 0, Splice::delete(0, 5));
    // Ben has not seen it: six units to him.
    let too_far = |bound| Refused::OutOfRange(bound);
    assert_eq!(document.refusal(BEN, 0, Splice::insert(7, "x")), too_far(Bound::Position));
    assert_eq!(document.refusal(BEN, 0, Splice::delete(4, 3)), too_far(Bound::Length));
    assert_eq!(document.refusal(BEN, 0, Splice::delete(1, u32::MAX)), too_far(Bound::Length));
    assert_eq!(document.refusal(BEN, 1, Splice::insert(2, "x")), too_far(Bound::Position));
    // And Ann has her own: one unit.
    assert_eq!(document.refusal(ANN, 0, Splice::insert(2, "x")), too_far(Bound::Position));
    assert_eq!(document.history.version(), 1);
    document.edit(BEN, 0, Splice::insert(6, "x"));
    assert_eq!(document.text.to_string(), "fx");
}

#[test]
fn a_bound_within_a_surrogate_pair_is_refused_wherever_the_pair_is_by_now() {
    let mut document = Document::of("a\u{1F600}b");
    document.edit(ANN, 0, Splice::insert(0, "\u{1F601}--"));
    let splits = |bound| Refused::SplitsPair(bound);
    assert_eq!(document.refusal(BEN, 0, Splice::insert(2, "x")), splits(Bound::Position));
    assert_eq!(document.refusal(BEN, 0, Splice::delete(2, 1)), splits(Bound::Position));
    assert_eq!(document.refusal(BEN, 0, Splice::delete(0, 2)), splits(Bound::Length));
    document.edit(BEN, 0, Splice::delete(1, 2));
    assert_eq!(document.text.to_string(), "\u{1F601}--ab");
}

#[test]
fn half_a_pair_that_was_taken_away_meanwhile_leaves_no_half_behind() {
    for (start, length) in [(0, 2), (2, 1), (2, 2), (0, 3), (1, 1), (2, 0)] {
        let mut document = Document::of("a\u{1F600}b");
        document.edit(ANN, 0, Splice::delete(1, 2));
        document.edit(BEN, 0, Splice::replace(start, length, ""));
        assert!(!document.text.to_string().contains('\u{FFFD}'), "{start}+{length}");
    }
}

#[test]
fn a_version_ahead_too_old_or_going_back_needs_the_text_anew() {
    let mut document = Document::of("");
    assert_eq!(document.refusal(ANN, 1, Splice::insert(0, "x")), Refused::Resync);
    document.edit(BEN, 0, Splice::insert(0, "b"));
    document.edit(BEN, 1, Splice::insert(0, "b"));
    document.edit(ANN, 1, Splice::insert(0, "a"));
    assert_eq!(document.refusal(ANN, 0, Splice::insert(0, "a")), Refused::Resync);
    document.edit(ANN, 1, Splice::insert(0, "a"));
    for base in 4..u64::from(BEHIND) {
        document.edit(BEN, base, Splice::insert(0, "b"));
    }
    document.judge(BEN, 0, Splice::insert(0, "b")).unwrap_err();
    let stranger = ConnectionId::new(0, 3, 1);
    document.judge(stranger, 0, Splice::insert(0, "c")).unwrap();
    document.edit(BEN, u64::from(BEHIND), Splice::insert(0, "b"));
    assert_eq!(document.refusal(stranger, 0, Splice::insert(0, "c")), Refused::Resync);
    document.judge(stranger, 1, Splice::insert(0, "c")).unwrap();
    assert_eq!(document.history.oldest(), 1);
}

#[test]
fn an_author_far_behind_still_stands_on_their_own_edits() {
    assert_eq!(EDITS_KEPT, BEHIND as usize);
    let mut document = Document::of("");
    document.edit(ANN, 0, Splice::insert(0, "a"));
    for base in 1..u64::from(BEHIND) {
        document.edit(BEN, base, Splice::insert(0, "b"));
    }
    let applied = document.edit(ANN, 0, Splice::insert(1, "A"));
    assert_eq!(applied.position, BEHIND);
    assert!(document.text.to_string().ends_with("baA"));
    let applied = document.edit(ANN, 1, Splice::delete(0, 2));
    assert_eq!((applied.position, applied.deleted), (BEHIND - 1, 2));
}

#[test]
fn a_document_from_the_store_begins_at_its_version() {
    let history = History::starting_at(7);
    let of = |base| Proposal { connection: ANN, base, splice: Splice::insert(0, "x") };
    let text = Units::from("abc");
    assert_eq!(history.judge(&of(6), &text), Err(Refused::Resync));
    assert_eq!(history.judge(&of(7), &text).unwrap().version, 8);
}

#[test]
fn a_cursor_is_carried_from_what_its_owner_saw_to_the_newest_text() {
    let mut document = Document::of("abc");
    document.edit(ANN, 0, Splice::insert(0, "x"));
    document.edit(BEN, 0, Splice::insert(1, "yy"));
    // Ann sees "xabc", Ben "ayybc", and there is "xayybc".
    assert_eq!(document.history.follow(ANN, 0, 3), Some(5));
    assert_eq!(document.history.follow(BEN, 0, 3), Some(4));
    assert_eq!(document.history.follow(ANN, 3, 0), None);
    assert_eq!(document.history.follow(ANN, 0, u32::MAX), Some(u32::MAX));
    document.history.forget(ANN);
    assert_eq!(document.history.follow(ANN, 2, 3), Some(3));
    assert_eq!(document.history.follow(ANN, 0, 3), Some(6), "a stranger to her own edit");
}
