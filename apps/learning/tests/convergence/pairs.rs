//! Every pair of edits of short texts, against the rule played out character by character.

use learning::collaboration::{
    Shape, Splice, Units, transform, transform_earlier, transform_position,
};

/// Whether `edit`'s content goes because `other` takes away what stands around it.
fn content_goes(edit: Shape, other: Shape) -> bool {
    let starts_inside = other.position < edit.position && edit.position < other.end();
    let is_within_longer =
        other.position == edit.position && edit.deleted > 0 && other.deleted > edit.deleted;
    starts_inside || is_within_longer
}

/// What the two edits make of `text` together, from the rule's sentences and no arithmetic.
fn merged(text: &[u16], earlier: &Splice, later: &Splice) -> Vec<u16> {
    let (first, second) = (earlier.shape(), later.shape());
    let mut merged = Vec::new();
    for at in 0..=text.len() {
        let here = |edit: Shape, other: Shape, is_insertion: bool| {
            let is_asked_for = (edit.deleted == 0) == is_insertion;
            edit.position as usize == at && is_asked_for && !content_goes(edit, other)
        };
        for is_insertion in [true, false] {
            if here(first, second, is_insertion) {
                merged.extend(earlier.content.as_str().encode_utf16());
            }
            if here(second, first, is_insertion) {
                merged.extend(later.content.as_str().encode_utf16());
            }
        }
        let taken = |edit: Shape| (edit.position..edit.end()).any(|taken| taken as usize == at);
        if at < text.len() && !taken(first) && !taken(second) {
            merged.push(text[at]);
        }
    }
    merged
}

/// All edits of a text of that length that put one of `contents` there.
fn edits(length: u32, contents: &[&str]) -> Vec<Splice> {
    let ranges = (0..=length).flat_map(|start| (start..=length).map(move |end| (start, end)));
    let edits = ranges.flat_map(|(start, end)| {
        contents.iter().map(move |content| Splice::replace(start, end - start, content))
    });
    edits.collect()
}

#[test]
fn both_ways_round_every_pair_give_what_the_rule_says() {
    let mut count = 0;
    for text in ["", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg"] {
        let text = Units::from(text);
        let length = u32::try_from(text.as_slice().len()).unwrap();
        let laters = edits(length, &["", "X", "XYZ"]);
        for earlier in edits(length, &["", "1", "12"]) {
            for later in &laters {
                let wanted = merged(text.as_slice(), &earlier, later);
                let mut one_way = text.clone();
                one_way.apply(&earlier).unwrap();
                one_way.apply(&transform(later, &earlier)).unwrap();
                let mut other_way = text.clone();
                other_way.apply(later).unwrap();
                other_way.apply(&transform_earlier(&earlier, later)).unwrap();
                let pair = format!("{text}: {earlier:?} before {later:?}");
                assert_eq!(one_way.as_slice(), wanted, "later over earlier, {pair}");
                assert_eq!(other_way.as_slice(), wanted, "earlier over later, {pair}");
                count += 1;
            }
        }
    }
    assert!(count > 25_000, "{count} pairs");
}

#[test]
fn an_edit_of_which_nothing_is_left_stays_so_and_changes_no_other() {
    for edit in edits(5, &["", "X"]) {
        for nothing in (0..=5).map(|at| Splice::delete(at, 0)) {
            assert_eq!(transform(&edit, &nothing), edit);
            assert_eq!(transform_earlier(&edit, &nothing), edit);
            assert!(transform(&nothing, &edit).is_nothing());
            assert!(transform_earlier(&nothing, &edit).is_nothing());
        }
    }
}

#[test]
fn a_cursor_moves_with_what_stands_around_it() {
    let edit = Splice::replace(2, 3, "x").shape();
    let moved = [0, 1, 2, 3, 4, 5, 6].map(|position| transform_position(position, edit));
    assert_eq!(moved, [0, 1, 2, 3, 3, 3, 4]);
    let insertion = Splice::insert(2, "xy").shape();
    assert_eq!([1, 2, 3].map(|position| transform_position(position, insertion)), [1, 2, 5]);
}

#[test]
fn what_is_left_of_an_edit_names_it_on_the_wire() {
    let named = |splice: &Splice| (splice.operation().as_str(), splice.length());
    assert_eq!(named(&Splice::insert(3, "a\u{1F600}")), ("insert", 3));
    assert_eq!(named(&Splice::delete(3, 2)), ("delete", 2));
    assert_eq!(named(&Splice::replace(3, 2, "abc")), ("replace", 2));
    let swallowed = transform(&Splice::insert(2, "x"), &Splice::delete(1, 3));
    assert_eq!(named(&swallowed), ("insert", 0));
}
