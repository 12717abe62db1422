//! Reads suggestions out of a model's answer while it is made: one after the other, as soon as each is whole.
//!
//! **Invariants.** However an answer is cut into pieces, the same suggestions are read. What is read fits
//! the bounds of [`check`]; anything else in the answer is passed over.
//!
//! **Bounds.** An answer's open object has at most [`OPEN_BYTES_MAX`] and [`DEPTH_MAX`] levels; past that
//! nothing more is read.

use schemars::JsonSchema;
use serde::Deserialize;

use super::brief::{SUGGESTIONS_MAX, TEXT_CHARS_MAX, TONE_CHARS_MAX};
use crate::protocol::Suggestion;

/// Bytes of an object that is not closed yet.
const OPEN_BYTES_MAX: usize = 64 * 1024;
/// Levels of objects that are not closed yet.
const DEPTH_MAX: usize = 8;

/// A suggestion as a model writes it.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Draft {
    /// What to say: 1 to 2000 characters.
    #[schemars(length(min = 1, max = 2000))]
    text: String,
    /// Its manner, in a word or two.
    #[schemars(length(max = 40))]
    tone: Option<String>,
    /// How well it fits, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    confidence: Option<f64>,
}

/// All suggestions of an answer.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Drafts {
    /// One to three.
    #[schemars(length(min = 1, max = 3))]
    pub(super) responses: Vec<Draft>,
}

/// A suggestion that fits: with a text, in bounds.
pub(super) fn check(draft: &Draft) -> Option<Suggestion> {
    let text = draft.text.trim();
    let tone = draft.tone.as_deref().map(str::trim).filter(|tone| !tone.is_empty());
    let fits = !text.is_empty()
        && text.chars().nth(TEXT_CHARS_MAX).is_none()
        && tone.is_none_or(|tone| tone.chars().nth(TONE_CHARS_MAX).is_none())
        && draft.confidence.is_none_or(|it| (0.0..=1.0).contains(&it));
    fits.then(|| Suggestion {
        text: text.to_owned(),
        tone: tone.map(str::to_owned),
        confidence: draft.confidence.map(super::brief::confidence),
    })
}

/// What was read of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// What was read.
    pub(super) made: Vec<Suggestion>,
    /// The answer since its outermost open object began.
    open: String,
    /// Where the open objects begin in it.
    starts: Vec<usize>,
    is_in_string: bool,
    is_escaped: bool,
    is_over: bool,
}

impl Reader {
    /// Reads one piece more; whether there is a suggestion more.
    pub(super) fn feed(&mut self, piece: &str) -> bool {
        let before = self.made.len();
        for letter in piece.chars() {
            if self.is_full() {
                break;
            }
            self.take(letter);
        }
        self.made.len() > before
    }

    /// Whether nothing more will be read.
    pub(super) fn is_full(&self) -> bool {
        self.is_over || self.made.len() >= SUGGESTIONS_MAX
    }

    fn take(&mut self, letter: char) {
        if letter == '{' && !self.is_in_string {
            self.starts.push(self.open.len());
        }
        if self.starts.is_empty() {
            return;
        }
        self.open.push(letter);
        self.is_over = self.open.len() > OPEN_BYTES_MAX || self.starts.len() > DEPTH_MAX;
        match letter {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' => self.is_escaped = self.is_in_string,
            '"' => self.is_in_string = !self.is_in_string,
            '}' if !self.is_in_string => self.close(),
            _ => {}
        }
    }

    fn close(&mut self) {
        let Some(start) = self.starts.pop() else { return };
        let draft = serde_json::from_str(&self.open[start..]).ok();
        let is_new = |one: &Suggestion| self.made.iter().all(|other| other.text != one.text);
        let draft = draft.as_ref().and_then(check).filter(is_new);
        self.made.extend(draft);
        if self.starts.is_empty() {
            self.open.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(answer: &str) -> Vec<String> {
        let mut reader = Reader::default();
        reader.feed(answer);
        reader.made.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn suggestions_are_read_from_lines_lists_fences_and_objects() {
        assert_eq!(read("{\"text\": \"a\"}\n{\"text\": \"b\", \"tone\": \"warm\"}"), ["a", "b"]);
        assert_eq!(read("```json\n[{\"text\": \"a {x} \\\"}\"}]\n```"), ["a {x} \"}"]);
        assert_eq!(read("{\"responses\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}"), ["a", "b"]);
        assert_eq!(read("Don't. {\"text\": \"a\", \"confidence\": 0.5}"), ["a"]);
    }

    #[test]
    fn what_does_not_fit_is_passed_over() {
        let long = "x".repeat(TEXT_CHARS_MAX + 1);
        for answer in [
            "{\"text\": \" \"}",
            "{\"text\": 7}",
            "{\"text\": \"a\", \"confidence\": 1.5}",
            "{\"text\": \"a\", \"tone\": 3}",
            &format!("{{\"text\": \"{long}\"}}"),
            &format!("{{\"text\": \"a\", \"tone\": \"{}\"}}", "t".repeat(TONE_CHARS_MAX + 1)),
            "no objects, } at all",
            &format!("{{\"x\": \"{}\"}} {{\"text\": \"a\"}}", "y".repeat(OPEN_BYTES_MAX)),
            &"{".repeat(100_000),
        ] {
            assert_eq!(read(answer), [] as [&str; 0], "{}", &answer[..answer.len().min(60)]);
        }
        assert_eq!(read("{\"text\": \"a\"} {\"text\": \"a\"}"), ["a"]);
        let many = (0..9).map(|n| format!("{{\"text\": \"{n}\"}}")).collect::<String>();
        assert_eq!(read(&many), ["0", "1", "2"]);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_same_is_read(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("{\"text\": \"a\"}".to_owned()),
                    Just("{\"responses\": [{\"text\": \"é {\"}]}".to_owned()),
                    "[a-z{}\"\\\\:, é]{0,20}",
                ],
                0..6,
            ),
            cut in 1..9_usize,
        ) {
            let answer = parts.concat();
            let letters: Vec<char> = answer.chars().collect();
            let mut reader = Reader::default();
            let mut told = 0;
            for piece in letters.chunks(cut) {
                let piece: String = piece.iter().collect();
                prop_assert_eq!(reader.feed(&piece), reader.made.len() > told);
                told = reader.made.len();
            }
            let mut whole = Reader::default();
            whole.feed(&answer);
            prop_assert_eq!(reader.made, whole.made);
        }
    }
}
