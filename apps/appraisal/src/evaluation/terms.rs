//! What a text speaks of: names from code, and concepts.

use std::collections::HashSet;

use text::{Word, is_stop_word, parts, words};

use super::concept::{concept, is_generic};

/// Words of languages that are no names, though they stand in code.
const KEYWORDS: &[&str] = &[
    "self",
    "this",
    "let",
    "mut",
    "pub",
    "fn",
    "func",
    "def",
    "var",
    "const",
    "static",
    "async",
    "await",
    "return",
    "else",
    "match",
    "impl",
    "for",
    "while",
    "if",
    "in",
    "not",
    "and",
    "or",
    "true",
    "false",
    "none",
    "null",
    "nil",
    "undefined",
    "new",
    "void",
    "int",
    "ref",
    "dyn",
    "where",
    "final",
    "the",
    "src",
    "rs",
    "py",
    "go",
    "ts",
    "js",
    "tsx",
    "java",
    "com",
    "org",
    "github",
];

/// A name in code that stands alone between backticks.
const NAME_WEIGHT: f64 = 2.0;
/// A name among others.
const NAME_AMONG_WEIGHT: f64 = 1.2;
/// A concept.
const CONCEPT_WEIGHT: f64 = 1.0;
/// A number.
const NUMBER_WEIGHT: f64 = 0.4;
/// A concept that every answer about code has.
const GENERIC_WEIGHT: f64 = 0.25;
/// What is left of a weight when the question gave the term away.
const TOLD_PART: f64 = 0.25;
/// A name's value when its parts are there, though not joined.
const PARTS_VALUE: f64 = 0.75;
/// A name's value for the part of its parts that is there.
const SOME_PARTS_VALUE: f64 = 0.6;

/// One thing that a text speaks of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    what: What,
    pub(super) weight: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// Its letters and digits in lower case, and the concepts of its parts.
    Name(String, Vec<String>),
    Concept(String),
}

/// What can be looked up in a text.
#[derive(Debug, Default)]
pub(super) struct Bag {
    concepts: HashSet<String>,
    names: HashSet<String>,
}

impl Bag {
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<Word<'_>> = words(text).collect();
        let mut bag = Self::default();
        for word in &words {
            bag.concepts.extend(parts(word.text).iter().map(|part| concept(part)));
        }
        let squeezed: Vec<String> = words.iter().map(|word| squeezed(word.text)).collect();
        // "parse header" and `parse_header` are the same name.
        for length in 1..=3 {
            bag.names.extend(squeezed.windows(length).map(<[String]>::concat));
        }
        bag
    }

    pub(super) fn has_either(&self, concept: &str, name: &str) -> bool {
        self.concepts.contains(concept) || self.names.contains(&squeezed(name))
    }

    pub(super) fn has(&self, term: &Term) -> bool {
        match &term.what {
            What::Name(name, _) => self.names.contains(name),
            What::Concept(concept) => self.concepts.contains(concept),
        }
    }
}

impl Term {
    /// The terms of a key point, each once; what `told` has counts less.
    pub(super) fn all(point: &str, told: &Bag) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let is_alone = |start: usize, end: usize| {
            point[..start].ends_with('`')
                && (point[end..].starts_with('`') || point[end..].starts_with("()"))
        };
        let mut is_code = InCode::default();
        for word in words(point) {
            let term = if is_code.at(point, word.start) || word.is_identifier() {
                Self::name(word.text, is_alone(word.start, word.start + word.text.len()))
            } else {
                Self::concept(word.text)
            };
            let Some(mut term) = term else { continue };
            if told.has(&term) {
                term.weight *= TOLD_PART;
            }
            if !found.iter().any(|other| other.what == term.what) {
                found.push(term);
            }
        }
        found
    }

    fn name(word: &str, is_alone: bool) -> Option<Self> {
        let name = squeezed(word);
        if name.len() < 2 || is_stop_word(word) || KEYWORDS.contains(&name.as_str()) {
            return None;
        }
        let weight = match (is_alone, name.bytes().all(|byte| byte.is_ascii_digit())) {
            (_, true) => NUMBER_WEIGHT,
            (true, _) => NAME_WEIGHT,
            (false, _) => NAME_AMONG_WEIGHT,
        };
        let parts = parts(word).iter().map(|part| concept(part)).collect();
        Some(Self { what: What::Name(name, parts), weight })
    }

    fn concept(word: &str) -> Option<Self> {
        if is_stop_word(word) {
            return None;
        }
        let concept = concept(word);
        let weight = if concept.starts_with(|letter: char| letter.is_ascii_digit()) {
            NUMBER_WEIGHT
        } else if is_generic(&concept) {
            GENERIC_WEIGHT
        } else {
            CONCEPT_WEIGHT
        };
        Some(Self { what: What::Concept(concept), weight })
    }

    /// Whether it says which code is meant.
    pub(super) fn is_telling(&self) -> bool {
        self.weight > GENERIC_WEIGHT.max(NUMBER_WEIGHT)
    }

    /// Whether they speak of the same, whatever their weights.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.what == other.what
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.what, What::Name(..))
    }

    /// How far one of the texts speaks of it, from 0 to 1.
    pub(super) fn value_in(&self, bags: &[&Bag]) -> f64 {
        if bags.iter().any(|bag| bag.has(self)) {
            return 1.0;
        }
        let What::Name(_, parts) = &self.what else { return 0.0 };
        let is_there = |part: &&String| bags.iter().any(|bag| bag.concepts.contains(*part));
        if parts.iter().all(|part| is_there(&part)) {
            return PARTS_VALUE;
        }
        let telling = parts.iter().filter(is_there).filter(|part| !is_generic(part));
        super::ratio(telling.count(), parts.len()) * SOME_PARTS_VALUE
    }
}

/// Follows the backticks of a text from word to word.
#[derive(Default)]
struct InCode {
    seen: usize,
    is_open: bool,
}

impl InCode {
    fn at(&mut self, text: &str, start: usize) -> bool {
        let ticks = text[self.seen..start].bytes().filter(|&byte| byte == b'`').count();
        self.seen = start;
        self.is_open ^= ticks % 2 == 1;
        self.is_open
    }
}

/// A word's letters and digits, in lower case.
fn squeezed(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(point: &str, answer: &str) -> f64 {
        let terms = Term::all(point, &Bag::default());
        let bag = Bag::of(answer);
        let sum: f64 = terms.iter().map(|term| term.weight * term.value_in(&[&bag])).sum();
        sum / terms.iter().map(|term| term.weight).sum::<f64>()
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for answer in ["parse_header", "`parseHeader()`", "the parse header", "ParseHeader"] {
            assert!(value("`parse_header`", answer) > 0.99, "{answer}");
        }
        let scattered = value("`parse_header`", "the header is what we parse");
        assert!(scattered > 0.5 && scattered < 0.99);
        assert!(value("`parse_header`", "a footer") < 0.01);
    }

    #[test]
    fn other_words_for_the_same_are_found() {
        assert!(value("It fails with an error", "throws an exception") > 0.99);
        assert!(value("It calls the parser", "delegates to the deserializer") > 0.99);
    }

    #[test]
    fn what_the_question_gave_away_counts_less() {
        let told = Bag::of("What does `parse_header` do?");
        let terms = Term::all("`parse_header` trims the value", &told);
        assert!(terms[0].weight < 1.0 && terms.iter().any(|term| term.is_telling()));
    }
}
