//! Stems, and the words that carry no topic.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::word::{parts, words};

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// Words that say nothing about what a text is about, in lower case, sorted.
const STOP_WORDS: &[&str] = &[
    "a",
    "about",
    "above",
    "actually",
    "after",
    "again",
    "all",
    "already",
    "also",
    "although",
    "am",
    "an",
    "and",
    "any",
    "anyway",
    "are",
    "aren't",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "can't",
    "cannot",
    "could",
    "couldn't",
    "did",
    "didn't",
    "do",
    "does",
    "doesn't",
    "doing",
    "don't",
    "down",
    "during",
    "each",
    "else",
    "ever",
    "every",
    "few",
    "for",
    "from",
    "further",
    "get",
    "gets",
    "getting",
    "give",
    "go",
    "goes",
    "going",
    "got",
    "had",
    "has",
    "have",
    "having",
    "he",
    "hello",
    "her",
    "here",
    "hers",
    "hi",
    "him",
    "his",
    "how",
    "however",
    "i",
    "i'd",
    "i'll",
    "i'm",
    "i've",
    "if",
    "in",
    "into",
    "is",
    "isn't",
    "it",
    "it's",
    "its",
    "itself",
    "just",
    "kind",
    "know",
    "let",
    "let's",
    "like",
    "lot",
    "lots",
    "make",
    "makes",
    "many",
    "may",
    "maybe",
    "me",
    "might",
    "more",
    "most",
    "much",
    "must",
    "my",
    "myself",
    "need",
    "needs",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "ok",
    "okay",
    "on",
    "once",
    "one",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "out",
    "over",
    "own",
    "per",
    "perhaps",
    "please",
    "quite",
    "rather",
    "really",
    "said",
    "same",
    "say",
    "says",
    "see",
    "seem",
    "seems",
    "shall",
    "she",
    "should",
    "shouldn't",
    "since",
    "so",
    "some",
    "something",
    "still",
    "such",
    "tell",
    "than",
    "thank",
    "thanks",
    "that",
    "that's",
    "the",
    "their",
    "theirs",
    "them",
    "then",
    "there",
    "there's",
    "therefore",
    "these",
    "they",
    "they're",
    "thing",
    "things",
    "think",
    "this",
    "those",
    "though",
    "through",
    "thus",
    "to",
    "too",
    "under",
    "until",
    "up",
    "upon",
    "us",
    "use",
    "used",
    "uses",
    "using",
    "very",
    "via",
    "want",
    "wants",
    "was",
    "wasn't",
    "way",
    "we",
    "we'll",
    "we're",
    "we've",
    "well",
    "were",
    "what",
    "what's",
    "whatever",
    "when",
    "where",
    "whether",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "within",
    "without",
    "won't",
    "would",
    "wouldn't",
    "yes",
    "yet",
    "you",
    "you're",
    "your",
    "yours",
];

/// Whether a word says nothing about what a text is about; case does not matter.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    let lower = word.to_lowercase().replace('’', "'");
    STOP_WORDS.binary_search(&lower.as_str()).is_ok()
}

/// The English stem of a word, in lower case.
#[must_use]
pub fn stem(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    let bare = lower.strip_suffix("'s").unwrap_or(&lower);
    // The algorithm knows plain letters only; other words stay as they are.
    if bare.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'\'') {
        STEMMER.stem(bare).into_owned()
    } else {
        bare.to_owned()
    }
}

/// The stems of a text's words, in order, without stop words. An identifier gives the stems of its
/// parts and itself whole, so that `parseHeader` is found by `parse` and by `parseHeader`.
#[must_use]
pub fn stems(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in words(text) {
        let parts = parts(word.text);
        if parts.len() > 1 {
            found.push(word.text.to_lowercase());
        }
        let telling = parts.iter().filter(|part| !is_stop_word(part) && !is_stop_word(word.text));
        found.extend(telling.map(|part| stem(part)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_so_that_they_are_found() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("The") && is_stop_word("don’t") && !is_stop_word("cache"));
    }

    #[test]
    fn words_of_one_family_share_a_stem() {
        assert_eq!(stem("Deployments"), stem("deploy"));
        assert_eq!(stem("caching"), stem("caches"));
        assert_eq!(stem("user's"), "user");
        assert_eq!(
            stems("The parseHeaders of our users"),
            ["parseheaders", "pars", "header", "user"]
        );
        assert_eq!(stems("Größe"), ["größe"]);
    }
}
