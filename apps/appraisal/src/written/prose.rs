//! What of a model's prose may be told.
//!
//! **Invariants.** A sentence that is told has no link, no picture, no HTML that loads or runs anything, no
//! control characters, and names no file that is not there.

use crate::{Citation, Material};

/// HTML that loads, runs or hides something.
const TAGS: &[&str] = &[
    "a", "audio", "base", "embed", "form", "iframe", "img", "input", "link", "math", "meta",
    "object", "script", "source", "style", "svg", "template", "video",
];
/// Signs of links and pictures.
const LINKS: &[&str] = &["://", "](", "javascript:", "data:text", "data:image", "www."];
/// Names that look like files.
const PRODUCTS: &[&str] =
    &["node.js", "vue.js", "next.js", "nuxt.js", "express.js", "react.js", "d3.js", "three.js"];

/// A text as a whole: without control characters, cut to `chars_max`; `None` where there is nothing left, or
/// a sentence of it may not be told.
pub(crate) fn whole(text: &str, chars_max: usize, material: Option<&Material>) -> Option<String> {
    let text = plain(text, chars_max);
    let is_fit = !text.is_empty() && is_fit(&text, material);
    is_fit.then_some(text)
}

/// The sentences of a text that may be told, and how many may not.
pub(crate) fn sentences(
    text: &str,
    chars_max: usize,
    material: Option<&Material>,
) -> (String, usize) {
    let text = plain(text, chars_max);
    let all = text::sentences(&text);
    let fit: Vec<&str> = all.iter().copied().filter(|it| is_fit(it, material)).collect();
    let dropped = all.len() - fit.len();
    (fit.join(" "), dropped)
}

/// The text in single spaces, without control and direction characters, cut at a character.
fn plain(text: &str, chars_max: usize) -> String {
    let is_hidden = |it: char| matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    let visible: String = text
        .chars()
        .filter(|it| !is_hidden(*it))
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(chars_max) {
        None => text,
        Some((end, _)) => text[..end].trim_end().to_owned(),
    }
}

fn is_fit(text: &str, material: Option<&Material>) -> bool {
    let lower = text.to_lowercase();
    let has_link = LINKS.iter().any(|sign| lower.contains(sign));
    let names_what_is_there = |material: &Material| {
        let mut names = text.split_whitespace().filter(|word| is_reference(word));
        names.all(|word| Citation::mend(word, material).is_ok())
    };
    !has_link && !has_tag(&lower) && material.is_none_or(names_what_is_there)
}

fn has_tag(lower: &str) -> bool {
    lower.split('<').skip(1).any(|rest| {
        let rest = rest.trim_start_matches('/');
        let end = rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len());
        TAGS.contains(&&rest[..end])
    })
}

/// Whether a word can only be meant as a file: `a/b.ext`, or `b.ext:12`.
fn is_reference(word: &str) -> bool {
    let word =
        word.trim_matches(|it: char| !it.is_alphanumeric() && it != '_' && it != '.' && it != '/');
    let (path, has_lines) = match word.split_once(':') {
        Some((path, tail)) => (path, tail.starts_with(|it: char| it.is_ascii_digit())),
        None => (word.trim_end_matches('.'), false),
    };
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_file = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        let is_extension = (1..=5).contains(&extension.len())
            && extension.starts_with(|it: char| it.is_ascii_lowercase())
            && extension.bytes().all(|it| it.is_ascii_alphanumeric());
        is_extension && !stem.is_empty() && !PRODUCTS.contains(&name.to_lowercase().as_str())
    });
    is_file && (has_lines || !folder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pictures_and_tags_are_not_told() {
        for hostile in [
            "See https://evil.example/?q=1.",
            "![x](http://evil.example/a.png)",
            "[click](javascript:alert(1))",
            "Fine <img src=x onerror=alert(1)>.",
            "</script><script>alert(1)</script>",
            "<SVG/onload=alert(1)>",
            "Visit www.evil.example now.",
            "\u{200b}\n\t ",
        ] {
            assert_eq!(whole(hostile, 1_000, None), None, "{hostile}");
        }
        let good = "It returns `Vec<String>`, a < b, and HTTP/1.1 over TCP/IP.";
        assert_eq!(whole(good, 1_000, None).as_deref(), Some(good));
    }

    #[test]
    fn the_good_sentences_of_a_text_stay() {
        let text = "It parses JSON.\u{202e}\nSee http://evil.example. It is fast.";
        assert_eq!(sentences(text, 1_000, None), ("It parses JSON. It is fast.".to_owned(), 1));
        assert_eq!(whole("äöü", 2, None).as_deref(), Some("äö"));
    }

    #[test]
    fn files_are_told_from_other_words() {
        for file in ["src/lib.rs", "`src/lib.rs:10-20`,", "(lib.rs:7)", "a/b/c.tsx."] {
            assert!(is_reference(file), "{file}");
        }
        for word in
            ["HTTP/1.1", "and/or", "Node.js/Vue.js", "serde::Value", "e.g.", "3.14", "lib.rs"]
        {
            assert!(!is_reference(word), "{word}");
        }
    }
}
