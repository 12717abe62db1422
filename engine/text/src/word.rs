//! Words of a text, identifiers and numbers included.

/// Bytes of a text that are read.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Words of a text that are read.
pub const WORDS_MAX: usize = 50_000;
/// Characters of a word; a longer one is cut into several.
pub const WORD_CHARS_MAX: usize = 64;

/// A word where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// As written: letters, digits, and what joins them inside (`_`, `'`, `-`, and `.` in numbers).
    pub text: &'t str,
    /// The byte of the text it begins at.
    pub start: usize,
}

impl Word<'_> {
    /// Whether it is written as a name in code: with `_`, a digit or a capital inside.
    #[must_use]
    pub fn is_identifier(&self) -> bool {
        let mut letters = self.text.chars();
        let first = letters.next();
        let has_capital_inside = letters.any(char::is_uppercase);
        let has_lower = self.text.chars().any(char::is_lowercase);
        let starts_as_word = first.is_some_and(char::is_alphabetic);
        self.text.contains('_')
            || (starts_as_word && self.text.chars().any(|letter| letter.is_ascii_digit()))
            || (has_capital_inside && has_lower)
    }
}

/// The words of a text, in order; at most [`WORDS_MAX`], from its first [`TEXT_BYTES_MAX`] bytes.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let text = head(text);
    let mut next = 0;
    let cut = std::iter::from_fn(move || {
        let start = next + text[next..].find(char::is_alphanumeric)?;
        next = start + word_len(&text[start..]);
        Some(Word { text: &text[start..next], start })
    });
    cut.take(WORDS_MAX)
}

/// The first bytes of a text, as many as are read.
pub(crate) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

fn word_len(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    let mut count = 0;
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        let after = letters.peek().map(|(_, after)| *after);
        let is_inside = match letter {
            '_' => true,
            '\'' | '’' | '-' => {
                before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric)
            }
            '.' | ',' => {
                before.is_ascii_digit() && after.is_some_and(|after| after.is_ascii_digit())
            }
            _ => letter.is_alphanumeric() || is_mark(letter),
        };
        if !is_inside || count == WORD_CHARS_MAX {
            return at;
        }
        before = letter;
        count += 1;
    }
    text.len()
}

/// Marks that belong to the letter before them: combining accents.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// The parts of a word as code joins them, in lower case: `parseJSONBody` is `parse`, `json`,
/// `body`; `max_retry-count` is `max`, `retry`, `count`. A plain word is one part.
#[must_use]
pub fn parts(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let letters: Vec<char> = word.chars().take(WORD_CHARS_MAX).collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied();
        let after = letters.get(at + 1).copied();
        let is_joint = ['_', '-'].contains(&letter);
        let starts = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit())
                || (before.is_some_and(char::is_uppercase)
                    && after.is_some_and(char::is_lowercase)));
        if is_joint || starts {
            parts.push(String::new());
        }
        if !is_joint && let Some(part) = parts.last_mut() {
            part.extend(letter.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_keep_what_joins_them() {
        let text = "Don't re-use max_retries, v2.1 or parseJSON(x); costs 1,000.50 €. Größe? naïve";
        let cut: Vec<&str> = words(text).map(|word| word.text).collect();
        let expected = [
            "Don't",
            "re-use",
            "max_retries",
            "v2.1",
            "or",
            "parseJSON",
            "x",
            "costs",
            "1,000.50",
            "Größe",
            "naïve",
        ];
        assert_eq!(cut, expected);
    }

    #[test]
    fn identifiers_are_known_and_fall_into_parts() {
        assert_eq!(parts("parseJSONBody"), ["parse", "json", "body"]);
        assert_eq!(parts("max_retry-count"), ["max", "retry", "count"]);
        assert_eq!(parts("utf8Decoder"), ["utf8", "decoder"]);
        assert_eq!(parts("word"), ["word"]);
        assert_eq!(parts("__"), [] as [&str; 0]);
        let told = |text| words(text).next().unwrap().is_identifier();
        assert!(told("getUser") && told("max_size") && told("utf8"));
        assert!(!told("Hello") && !told("HTTP") && !told("2024") && !told("re-use"));
    }

    proptest! {
        #[test]
        fn words_lie_where_they_say(text in "\\PC{0,300}") {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.start >= end && !word.text.is_empty());
                end = word.start + word.text.len();
                prop_assert_eq!(&text[word.start..end], word.text);
                prop_assert!(word.text.chars().count() <= WORD_CHARS_MAX);
                let _ = parts(word.text);
            }
        }
    }
}
