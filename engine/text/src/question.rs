//! Tells questions from statements.

/// Words that begin a question.
const OPENERS: &[&str] = &[
    "what",
    "what's",
    "why",
    "how",
    "how's",
    "when",
    "where",
    "where's",
    "which",
    "who",
    "who's",
    "whom",
    "whose",
    "is",
    "are",
    "am",
    "was",
    "were",
    "do",
    "does",
    "did",
    "can",
    "could",
    "should",
    "would",
    "will",
    "shall",
    "may",
    "might",
    "has",
    "have",
    "had",
    "isn't",
    "aren't",
    "doesn't",
    "don't",
    "didn't",
    "won't",
    "wouldn't",
    "shouldn't",
    "can't",
    "couldn't",
    "wasn't",
    "weren't",
    "any",
];

/// Words that follow "do", "have" and their like in a request rather than a question.
const REQUESTS: &[&str] = &["not", "the", "it", "this", "that", "a", "your"];

/// Whether a sentence asks: it ends with a question mark, or begins as questions do.
#[must_use]
pub fn is_question(sentence: &str) -> bool {
    let sentence = sentence.trim();
    let end = sentence.trim_end_matches(|mark: char| "\"'”’)]*_!`.".contains(mark));
    if end.ends_with(['?', '？', '؟']) {
        return true;
    }
    if sentence.ends_with(['.', '!']) {
        return false;
    }
    let mut words = sentence
        .split_whitespace()
        .map(|word| word.trim_matches(',').to_lowercase().replace('’', "'"));
    let lead = ["so", "and", "but", "ok", "okay", "well", "hey", "hi", "please"];
    let first = words.find(|word| !lead.contains(&word.as_str())).unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is_request = ["do", "have", "may", "will", "don't"].contains(&first.as_str())
        && REQUESTS.contains(&second.as_str());
    OPENERS.contains(&first.as_str()) && !second.is_empty() && !is_request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_by_mark_or_opening() {
        for question in [
            "Is it ok?",
            "what did we decide",
            "ok, how does the cache work",
            "Really?!",
            "(why?)",
            "can you explain this",
            "why not",
        ] {
            assert!(is_question(question), "{question}");
        }
        for statement in [
            "",
            "It is ok.",
            "Do not merge this",
            "What a day!",
            "the cache works",
            "How it works.",
            "a; b",
        ] {
            assert!(!is_question(statement), "{statement}");
        }
    }
}
