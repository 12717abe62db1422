//! What a text is about, in its author's own words.

use std::collections::BTreeMap;

use crate::stem::{is_stop_word, stem};
use crate::word::{Word, words};

/// Key terms told of one text.
pub const KEY_TERMS_MAX: usize = 32;
/// Words of one term.
const PHRASE_WORDS_MAX: usize = 3;
/// Words that describe or act rather than name, in lower case, sorted: no term holds one.
const LOOSE_WORDS: &[&str] = &[
    "able",
    "absorb",
    "absorbs",
    "actually",
    "add",
    "added",
    "adds",
    "affect",
    "affects",
    "ago",
    "agree",
    "allow",
    "allows",
    "already",
    "always",
    "answer",
    "anybody",
    "anything",
    "avoid",
    "avoids",
    "bad",
    "basically",
    "become",
    "becomes",
    "believe",
    "best",
    "better",
    "big",
    "block",
    "blocks",
    "break",
    "breaks",
    "bring",
    "brings",
    "build",
    "builds",
    "called",
    "calls",
    "causes",
    "change",
    "changes",
    "clear",
    "comes",
    "compare",
    "compares",
    "consider",
    "contain",
    "contains",
    "correct",
    "crash",
    "crashed",
    "crashes",
    "create",
    "creates",
    "day",
    "days",
    "decide",
    "decides",
    "depend",
    "depends",
    "deploy",
    "deploys",
    "describe",
    "difference",
    "differences",
    "different",
    "disagree",
    "early",
    "easy",
    "enough",
    "ensure",
    "ensures",
    "everybody",
    "everyone",
    "everything",
    "example",
    "exist",
    "exists",
    "expect",
    "expects",
    "expire",
    "expires",
    "explain",
    "fail",
    "failed",
    "fails",
    "feel",
    "finds",
    "fine",
    "first",
    "five",
    "fix",
    "fixes",
    "follow",
    "follows",
    "four",
    "gets",
    "gives",
    "goes",
    "good",
    "great",
    "grow",
    "grows",
    "guarantee",
    "guarantees",
    "guess",
    "handle",
    "handles",
    "hangs",
    "happen",
    "happens",
    "hard",
    "help",
    "hold",
    "holds",
    "hour",
    "hours",
    "idea",
    "ideas",
    "improve",
    "improves",
    "include",
    "includes",
    "increase",
    "increases",
    "instead",
    "keep",
    "keeps",
    "last",
    "later",
    "lead",
    "leads",
    "learn",
    "lets",
    "listens",
    "look",
    "lose",
    "loses",
    "matter",
    "matters",
    "mean",
    "means",
    "measure",
    "minute",
    "minutes",
    "month",
    "months",
    "move",
    "moves",
    "never",
    "new",
    "next",
    "nice",
    "nobody",
    "nothing",
    "often",
    "old",
    "opposite",
    "otherwise",
    "people",
    "point",
    "possible",
    "prevent",
    "prevents",
    "probably",
    "problem",
    "produce",
    "produces",
    "protect",
    "protects",
    "provide",
    "provides",
    "put",
    "question",
    "quit",
    "reads",
    "reason",
    "reduce",
    "reduces",
    "relies",
    "rely",
    "remove",
    "removes",
    "replace",
    "replaces",
    "require",
    "requires",
    "return",
    "returns",
    "right",
    "run",
    "running",
    "runs",
    "scale",
    "scales",
    "second",
    "seconds",
    "seems",
    "sends",
    "show",
    "simple",
    "simply",
    "slow",
    "small",
    "solve",
    "solves",
    "somebody",
    "someone",
    "soon",
    "start",
    "stop",
    "stuff",
    "suggest",
    "suggested",
    "sure",
    "take",
    "takes",
    "ten",
    "tend",
    "tends",
    "think",
    "three",
    "throw",
    "throws",
    "time",
    "today",
    "tomorrow",
    "true",
    "try",
    "trying",
    "turn",
    "turns",
    "two",
    "understand",
    "usually",
    "waits",
    "waste",
    "week",
    "weeks",
    "wonder",
    "work",
    "works",
    "writes",
    "wrong",
    "year",
    "years",
    "yesterday",
];

/// A term of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyTerm {
    /// As first written, its words joined by single spaces.
    pub text: String,
    /// How often it or a word of its family comes.
    pub count: usize,
    /// How much it stands out: higher is more; comparable within one text.
    pub weight: f64,
}

/// The terms a text is about, the weightiest first, at most `count_max` and [`KEY_TERMS_MAX`].
///
/// Runs of telling words (up to three) are one term; what is repeated, written as a name in code, quoted,
/// or said early weighs more. Terms whose words all lie in a weightier one are left out.
#[must_use]
pub fn key_terms(text: &str, count_max: usize) -> Vec<KeyTerm> {
    let words: Vec<Word<'_>> = words(text).collect();
    let mut found: BTreeMap<Vec<String>, Candidate> = BTreeMap::new();
    for run in runs(text, &words) {
        for phrase in phrases(run) {
            let key: Vec<String> = phrase.iter().map(|word| stem(word.text)).collect();
            let candidate = found.entry(key).or_insert_with(|| Candidate::new(text, phrase));
            candidate.count += 1;
        }
    }
    let total = words.len().max(1);
    let mut ranked: Vec<(Vec<String>, Candidate, f64)> = found
        .into_iter()
        .map(|(key, candidate)| {
            let weight = candidate.weight(key.len(), total);
            (key, candidate, weight)
        })
        .collect();
    ranked.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.start.cmp(&b.1.start)).then(a.0.cmp(&b.0)));
    let mut terms: Vec<KeyTerm> = Vec::new();
    let mut taken: Vec<Vec<String>> = Vec::new();
    for (key, candidate, weight) in ranked {
        if terms.len() >= count_max.min(KEY_TERMS_MAX) {
            break;
        }
        let is_part = taken.iter().any(|other| key.iter().all(|word| other.contains(word)));
        if !is_part {
            taken.push(key);
            terms.push(KeyTerm { text: candidate.text, count: candidate.count, weight });
        }
    }
    terms
}

struct Candidate {
    text: String,
    start: usize,
    count: usize,
    is_name: bool,
}

impl Candidate {
    fn new(text: &str, phrase: &[Word<'_>]) -> Self {
        let start = phrase.first().map_or(0, |word| word.start);
        let is_quoted = text[..start].ends_with(['`', '"', '“']);
        let is_name = is_quoted || phrase.iter().any(Word::is_identifier);
        let words: Vec<&str> = phrase.iter().map(|word| word.text).collect();
        Self { text: words.join(" "), start, count: 0, is_name }
    }

    fn weight(&self, length: usize, total: usize) -> f64 {
        let small = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let often = 1.0 + small(self.count).ln();
        let long = [1.0, 1.0, 1.5, 1.3].get(length).copied().unwrap_or(1.0);
        let named = if self.is_name { 1.6 } else { 1.0 };
        // What opens a text is its topic more often than what ends it.
        let early = 1.0 + 0.3 / (1.0 + small(self.start) / (6.0 * small(total)).max(20.0));
        let full = (small(self.text.chars().count()).min(12.0) / 12.0).mul_add(0.5, 0.75);
        often * long * named * early * full
    }
}

/// Stretches of telling words with nothing but single spaces between.
fn runs<'w, 't>(text: &str, words: &'w [Word<'t>]) -> Vec<&'w [Word<'t>]> {
    let mut runs = Vec::new();
    let mut start = 0;
    for (at, word) in words.iter().enumerate() {
        let is_joined = at > start && {
            let before = &words[at - 1];
            &text[before.start + before.text.len()..word.start] == " "
        };
        if !is_telling(word.text) || !is_joined {
            runs.push(&words[start..at]);
            start = if is_telling(word.text) { at } else { at + 1 };
        }
    }
    runs.push(words.get(start..).unwrap_or_default());
    runs.retain(|run| !run.is_empty());
    runs
}

/// The terms in a run: the words alone, and neighbours of two and three.
fn phrases<'r, 't>(run: &'r [Word<'t>]) -> impl Iterator<Item = &'r [Word<'t>]> {
    let phrases = (1..=PHRASE_WORDS_MAX).flat_map(|length| run.windows(length));
    phrases.filter(|phrase| !phrase.iter().any(|word| is_loose(word.text)))
}

fn is_loose(word: &str) -> bool {
    let lower = word.to_lowercase();
    // Words of how something is done.
    let is_adverb = lower.len() > 4 && lower.ends_with("ly") && lower != "family";
    is_adverb || LOOSE_WORDS.binary_search(&lower.as_str()).is_ok()
}

fn is_telling(word: &str) -> bool {
    word.chars().count() > 2 && !is_stop_word(word) && word.chars().any(char::is_alphabetic)
        || word.chars().count() == 2 && word.chars().all(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str, count: usize) -> Vec<String> {
        key_terms(text, count).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn terms_are_the_authors_own() {
        let text = "I think we should put the session cache into Redis, because the session cache is slow today.";
        assert_eq!(told(text, 2), ["session cache", "Redis"]);
        assert_eq!(told("Why does getUserById return null?", 1), ["getUserById"]);
        assert_eq!(told("The UI is slow, the UI!", 1), ["UI"]);
        assert_eq!(told("so what is it then?", 3), [] as [&str; 0]);
        assert_eq!(told("My program crashes when the queue is full.", 2), ["program", "queue"]);
        assert_eq!(
            told("How does ownership in Rust prevent data races?", 3),
            ["data races", "ownership", "Rust"]
        );
        assert_eq!(told("Our teams block each other, otherwise it is fine.", 3), ["teams"]);
        assert!(LOOSE_WORDS.is_sorted());
    }

    proptest! {
        #[test]
        fn terms_are_bounded_in_the_text_and_the_same_each_time(text in "[a-zA-Z_ .,`é]{0,300}", count in 0..40usize) {
            let terms = key_terms(&text, count);
            prop_assert!(terms.len() <= count.min(KEY_TERMS_MAX));
            prop_assert_eq!(&terms, &key_terms(&text, count));
            for term in terms {
                prop_assert!(text.contains(&term.text) && term.count > 0);
            }
        }
    }
}
