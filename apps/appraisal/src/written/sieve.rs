//! Cuts a draft to what may be told, and counts what is left out.
//!
//! **Bounds.** A sentence or claim up to [`CLAIM_CHARS_MAX`] characters, a passage up to
//! [`PASSAGE_CHARS_MAX`].

use super::{CLAIMS_MAX, prose};
use crate::Material;

/// Characters of a claim, a question, a key point.
const CLAIM_CHARS_MAX: usize = 1_000;
/// Characters of a passage of several sentences.
const PASSAGE_CHARS_MAX: usize = 4_000;

/// What a draft goes through.
pub(super) struct Sieve<'a> {
    pub(super) material: &'a Material,
    pub(super) dropped: &'a mut usize,
}

impl Sieve<'_> {
    /// Builds something of each claim that cites and can be told, at most `count_max`.
    pub(super) fn cited<C, T>(
        &mut self,
        claims: Vec<C>,
        count_max: usize,
        build: impl Fn(&Self, C) -> Option<T>,
    ) -> Vec<T> {
        let count = claims.len();
        let looked_at = claims.into_iter().take(CLAIMS_MAX);
        let mut built: Vec<T> = looked_at.filter_map(|it| build(self, it)).collect();
        *self.dropped += count - built.len();
        built.truncate(count_max);
        built
    }

    /// A claim's text; `None` where it may not be told.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        prose::whole(text, CLAIM_CHARS_MAX, Some(self.material))
    }

    /// A passage without the sentences that may not be told; `None` where nothing is left.
    pub(super) fn passage(&mut self, text: &str) -> Option<String> {
        let (text, dropped) = prose::sentences(text, PASSAGE_CHARS_MAX, Some(self.material));
        *self.dropped += dropped;
        (!text.is_empty()).then_some(text)
    }
}

/// References, where there are any.
pub(super) fn cited(references: Vec<String>) -> Option<Vec<String>> {
    (!references.is_empty()).then_some(references)
}

/// A model's score, held to 0 to 100.
pub(super) fn score(score: i64) -> u8 {
    u8::try_from(score.clamp(0, 100)).unwrap_or(0)
}

/// Adds what is missing to `count_min` from the rules' own, where it is not there yet.
pub(super) fn fill<T: Clone>(
    list: &mut Vec<T>,
    by_rules: &[T],
    count_min: usize,
    is_same: impl Fn(&T, &T) -> bool,
) {
    for one in by_rules {
        if list.len() >= count_min {
            return;
        }
        if !list.iter().any(|it| is_same(it, one)) {
            list.push(one.clone());
        }
    }
}

/// The numbers of a text, without separators of thousands; digits within names, as in `UTF-8` or `OAuth2`,
/// are none.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_inside = |it: char| it.is_alphanumeric() || "_-.,'".contains(it);
    text.split(move |it| !is_inside(it)).filter_map(|word| {
        let word = word.trim_matches(|it: char| "_-.,'".contains(it));
        let is_number = word.starts_with(|it: char| it.is_ascii_digit());
        let end = word.find(|it: char| it.is_alphabetic() || it == '-').unwrap_or(word.len());
        let digits: String = word[..end].chars().filter(|it| !",'_".contains(*it)).collect();
        is_number.then(|| digits.trim_end_matches('.').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_names() {
        let found = |text| numbers(text).collect::<Vec<_>>();
        assert_eq!(
            found("Cut 1,234 lines by 20% over 3.5 days, in UTF-8 with OAuth2."),
            ["1234", "20", "3.5"]
        );
        assert_eq!(found("src/lib.rs:10-20 a 3-tier design of 40k lines"), ["10", "3", "40"]);
    }

    #[test]
    fn scores_stay_within_their_bounds() {
        let scores = [i64::MIN, -1, 0, 57, 100, 101, i64::MAX];
        assert_eq!(scores.map(score), [0, 0, 0, 57, 100, 100, 100]);
    }
}
