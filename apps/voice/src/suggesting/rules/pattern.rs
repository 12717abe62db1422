//! Patterns of spoken words, found anywhere in a sentence: transcripts have no marks to go by.

use std::ops::Range;

/// Words of any kind that `..` stands for.
const GAP_WORDS_MAX: usize = 3;
/// Words after which something new begins in speech.
const JOINTS: &[&str] = &[
    "actually", "alright", "also", "and", "but", "first", "great", "hello", "hey", "hi", "just",
    "maybe", "next", "no", "now", "ok", "okay", "or", "please", "question", "right", "so", "sure",
    "thanks", "then", "today", "um", "uh", "well", "yeah", "yes", "you",
];

/// Where a pattern first stands among `words`, which are in lower case.
///
/// In a pattern, `a|b` is either word, `?` behind words lets them be missing, `..` is up to
/// [`GAP_WORDS_MAX`] words of any kind, and `^` in front asks for the beginning of something said.
pub(super) fn find(pattern: &str, words: &[String]) -> Option<Range<usize>> {
    let (is_opening, pattern) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let steps: Vec<&str> = pattern.split(' ').collect();
    (0..words.len()).filter(|start| !is_opening || is_beginning(words, *start)).find_map(|start| {
        let count = length(&steps, &words[start..])?;
        (count > 0).then_some(start..start + count)
    })
}

fn is_beginning(words: &[String], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|before| words.get(before));
    before.is_none_or(|before| JOINTS.contains(&before.as_str()))
}

/// How many of the first words the steps take, if they fit.
fn length(steps: &[&str], words: &[String]) -> Option<usize> {
    let Some((step, rest)) = steps.split_first() else { return Some(0) };
    if *step == ".." {
        return (0..=GAP_WORDS_MAX.min(words.len()))
            .find_map(|gap| length(rest, &words[gap..]).map(|count| gap + count));
    }
    let (choices, may_miss) = match step.strip_suffix('?') {
        Some(choices) => (choices, true),
        None => (*step, false),
    };
    let is_there =
        words.first().is_some_and(|word| choices.split('|').any(|choice| choice == word));
    let taken = if is_there { length(rest, &words[1..]).map(|count| count + 1) } else { None };
    taken.or_else(|| if may_miss { length(rest, words) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<Range<usize>> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        find(pattern, &words)
    }

    #[test]
    fn choices_missing_words_and_gaps_are_found_where_they_stand() {
        let pattern = "tell me|us? about a|the .. time|bug";
        assert_eq!(found(pattern, "so tell me about a time when"), Some(1..6));
        assert_eq!(found(pattern, "tell about the really nasty bug"), Some(0..6));
        assert_eq!(found(pattern, "tell about the very very really nasty bug"), None);
        assert_eq!(found(pattern, "tell me about it"), None);
        assert_eq!(found("so?", "well"), None);
    }

    #[test]
    fn what_opens_stands_first_or_behind_a_joint() {
        assert_eq!(found("^what is", "what is a lock"), Some(0..2));
        assert_eq!(found("^what is", "okay what is a lock"), Some(1..3));
        assert_eq!(found("^what is", "i know what is a lock"), None);
        assert!(JOINTS.contains(&"so"));
    }
}
