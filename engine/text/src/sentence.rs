//! Sentences, as a person would cut them.

use crate::word::head;

/// Sentences of a text that are read.
pub const SENTENCES_MAX: usize = 10_000;

/// Words whose dot ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "etc", "vs", "cf", "mr", "mrs", "ms", "dr", "prof", "st", "no", "vol", "fig",
    "approx", "al", "jr", "sr", "inc", "ltd", "dept", "est", "ca", "resp", "incl", "excl", "min",
    "max", "u.s", "a.m", "p.m",
];

/// The sentences of a text, trimmed, in order; at most [`SENTENCES_MAX`]. A line that ends a
/// paragraph, an item of a list or a heading ends a sentence too; code between fences is left out.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let text = head(text);
    let mut found = Vec::new();
    for paragraph in paragraphs(text) {
        cut(paragraph, &mut found);
        if found.len() >= SENTENCES_MAX {
            found.truncate(SENTENCES_MAX);
            break;
        }
    }
    found
}

/// Stretches of lines that are read as one: without fenced code, cut at blank lines and lists.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut is_in_fence = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let is_fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        if is_in_fence || is_fence || trimmed.is_empty() || starts_item(trimmed) {
            if !is_in_fence {
                found.push(&text[start..at]);
            }
            start = at;
        }
        at += line.len();
        if is_in_fence || is_fence || trimmed.is_empty() || trimmed.starts_with('#') {
            if trimmed.starts_with('#') && !is_in_fence {
                found.push(&text[start..at]);
            }
            start = at;
        }
        is_in_fence ^= is_fence;
    }
    if !is_in_fence {
        found.push(&text[start..]);
    }
    found
}

fn starts_item(line: &str) -> bool {
    let bullet = ["- ", "* ", "+ ", "> ", "| ", "#"].iter().any(|mark| line.starts_with(mark));
    let number = line.split_once(['.', ')']).is_some_and(|(number, rest)| {
        number.len() <= 3
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
            && rest.starts_with(' ')
    });
    bullet || number
}

fn cut<'t>(paragraph: &'t str, found: &mut Vec<&'t str>) {
    let mut start = 0;
    let mut is_in_code = false;
    for (at, letter) in paragraph.char_indices() {
        is_in_code ^= letter == '`';
        let end = at + letter.len_utf8();
        let is_end = ['.', '!', '?', '…', '。', '！', '？'].contains(&letter);
        // A mark before `start` closed the sentence before.
        if at >= start && is_end && !is_in_code && ends_sentence(paragraph, start, at, end) {
            let close = paragraph[end..]
                .find(|mark: char| !is_closing(mark))
                .map_or(paragraph.len(), |len| end + len);
            push(&paragraph[start..close], found);
            start = close;
        }
    }
    push(&paragraph[start..], found);
}

fn push<'t>(sentence: &'t str, found: &mut Vec<&'t str>) {
    let sentence = sentence
        .trim()
        .trim_start_matches(|mark: char| "-*+>#|".contains(mark) || mark.is_whitespace());
    if sentence.contains(char::is_alphanumeric) {
        found.push(sentence);
    }
}

fn is_closing(mark: char) -> bool {
    "\"'”’)]*_!?.。！？".contains(mark)
}

/// Whether the mark between `at` and `end` ends the sentence that began at `start`.
fn ends_sentence(text: &str, start: usize, at: usize, end: usize) -> bool {
    let (sentence, mark) = (&text[start..at], &text[at..end]);
    let rest = text[end..].trim_start_matches(is_closing);
    let is_apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
    // Scripts with marks of their own put no space behind them.
    let needs_no_space = !mark.is_ascii() && mark != "…";
    if sentence.is_empty() || !(is_apart || needs_no_space) {
        return false;
    }
    let next = rest.trim_start().chars().next();
    let goes_on = next.is_some_and(char::is_lowercase);
    if mark == "…" {
        // It also stands for words left out.
        return !goes_on && next.is_none_or(|next| !"—–".contains(next));
    }
    if mark != "." {
        return true;
    }
    if start == 0 && sentence.trim().bytes().all(|byte| byte.is_ascii_digit()) {
        return false; // The number of an item.
    }
    let word = sentence.rsplit([' ', '\n', '(', '\t']).next().unwrap_or_default().to_lowercase();
    let is_initial =
        word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && word != "i";
    let is_short = ABBREVIATIONS.contains(&word.as_str()) || is_initial;
    !(goes_on || (is_short && next.is_some() && word != "etc"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "We use Redis, e.g. for sessions. It runs on 10.0.0.1. Ok? Yes! (It does.) See `a.b. C`.\nDr. Smith agreed.";
        let expected = [
            "We use Redis, e.g. for sessions.",
            "It runs on 10.0.0.1.",
            "Ok?",
            "Yes!",
            "(It does.)",
            "See `a.b. C`.",
            "Dr. Smith agreed.",
        ];
        assert_eq!(sentences(text), expected);
        let cut = "You said “the cache…” and left it at that. So it goes… Why?";
        let expected = ["You said “the cache…” and left it at that.", "So it goes…", "Why?"];
        assert_eq!(sentences(cut), expected);
    }

    #[test]
    fn items_headings_and_paragraphs_stand_for_themselves_and_fences_are_left_out() {
        let text = "# Rules\n- Use tabs\n- No globals\n\nOne thing\nover two lines\n```\nlet a = 1. B\n```\n2. Second";
        assert_eq!(
            sentences(text),
            ["Rules", "Use tabs", "No globals", "One thing\nover two lines", "2. Second"]
        );
        assert_eq!(sentences("  \n"), [] as [&str; 0]);
    }

    fn are_parts_in_order(text: &str) -> bool {
        let mut from = 0;
        sentences(text).into_iter().all(|sentence| {
            let at = text[from..].find(sentence);
            from += at.unwrap_or(0) + sentence.len();
            at.is_some()
        })
    }

    #[test]
    fn marks_of_two_scripts_in_a_row_are_no_sentence_twice() {
        assert!(are_parts_in_order("A。.。"));
    }

    proptest! {
        #[test]
        fn sentences_are_parts_of_the_text_in_order(text in "[a-zA-Z.!?`# \\n\"'é。-]{0,300}") {
            prop_assert!(are_parts_in_order(&text));
        }
    }
}
