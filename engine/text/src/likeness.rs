//! How much two texts say the same, by the words they share.

use std::collections::{BTreeMap, BTreeSet};

use crate::stem::stems;

/// The cosine of two texts' stems, from 0 (nothing shared) to 1 (the same words as often).
/// A text without telling words is like no other.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (counts(one), counts(other));
    let shared: f64 = one.iter().filter_map(|(stem, count)| Some(count * other.get(stem)?)).sum();
    let length =
        |counts: &BTreeMap<String, f64>| counts.values().map(|it| it * it).sum::<f64>().sqrt();
    let lengths = length(&one) * length(&other);
    if lengths > 0.0 { (shared / lengths).min(1.0) } else { 0.0 }
}

/// The part of `part`'s different stems that `whole` has too, from 0 to 1.
#[must_use]
pub fn overlap(part: &str, whole: &str) -> f64 {
    let part: BTreeSet<String> = stems(part).into_iter().collect();
    let whole: BTreeSet<String> = stems(whole).into_iter().collect();
    let size = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if part.is_empty() { 0.0 } else { size(part.intersection(&whole).count()) / size(part.len()) }
}

fn counts(text: &str) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for stem in stems(text) {
        *counts.entry(stem).or_insert(0.0) += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_with_the_same_words_are_alike_whatever_their_form() {
        assert!(likeness("The caches were cleared", "clearing a cache") > 0.99);
        assert!(likeness("clear the cache", "deploy on Friday") < 0.01);
        assert!(overlap("cache", "clear the caches") > 0.99);
        assert!(overlap("", "clear").abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn likeness_is_between_0_and_1_and_the_same_both_ways(one in "[a-d ]{0,40}", other in "[a-d ]{0,40}") {
            let value = likeness(&one, &other);
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert!((value - likeness(&other, &one)).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&overlap(&one, &other)));
        }
    }
}
