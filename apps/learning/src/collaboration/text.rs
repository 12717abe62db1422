//! The text of a document, which takes an edit in a time that hardly grows with its length.
//!
//! **Invariants.** It is at most [`TEXT_BYTES_MAX`] bytes of UTF-8. A clone shares what neither of the two
//! changes, and is made at once.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use ropey::Rope;

use super::{Measured, Splice};

/// Bytes of a text.
pub(crate) const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A text, in UTF-16 code units to the outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    rope: Rope,
}

impl Text {
    /// The text, if it is not too long.
    pub(crate) fn new(text: &str) -> Option<Self> {
        (text.len() <= TEXT_BYTES_MAX).then(|| Self { rope: Rope::from_str(text) })
    }

    /// Its length in bytes of UTF-8.
    pub(crate) fn bytes(&self) -> usize {
        self.rope.len_bytes()
    }

    /// The whole of it.
    pub(crate) fn content(&self) -> String {
        self.rope.to_string()
    }

    /// Applies an edit. `false`, and nothing is changed, where it lies outside the text, splits a
    /// surrogate pair, or makes the text too long.
    #[must_use]
    pub(crate) fn apply(&mut self, edit: &Splice) -> bool {
        let Some(chars) = self.chars(edit) else { return false };
        if self.bytes_with(&chars, edit) > TEXT_BYTES_MAX {
            return false;
        }
        if !chars.is_empty() {
            self.rope.remove(chars.clone());
        }
        if !edit.content.is_empty() {
            self.rope.insert(chars.start, edit.content.as_str());
        }
        true
    }

    /// The text, compressed.
    pub(crate) fn deflated(&self) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        for chunk in self.rope.chunks() {
            encoder.write_all(chunk.as_bytes()).expect("a vector takes all bytes");
        }
        encoder.finish().expect("a vector takes all bytes")
    }

    /// The text that was compressed so; `None` for what is none, or too long.
    pub(crate) fn inflated(compressed: &[u8]) -> Option<Self> {
        let mut text = String::new();
        let bytes_max = u64::try_from(TEXT_BYTES_MAX).ok()? + 1;
        DeflateDecoder::new(compressed).take(bytes_max).read_to_string(&mut text).ok()?;
        Self::new(&text)
    }

    /// The characters that an edit takes away.
    fn chars(&self, edit: &Splice) -> Option<std::ops::Range<usize>> {
        let end = edit.position.checked_add(edit.deleted)?;
        Some(self.char_at(edit.position)?..self.char_at(end)?)
    }

    /// The number of the character that begins at `position`; `None` where none does.
    fn char_at(&self, position: u32) -> Option<usize> {
        let position = usize::try_from(position).ok()?;
        let char = self.rope.try_utf16_cu_to_char(position).ok()?;
        (self.rope.char_to_utf16_cu(char) == position).then_some(char)
    }

    fn bytes_with(&self, chars: &std::ops::Range<usize>, edit: &Splice) -> usize {
        let (start, end) = (self.rope.char_to_byte(chars.start), self.rope.char_to_byte(chars.end));
        self.bytes() - (end - start) + edit.content.as_str().len()
    }
}

impl Measured for Text {
    fn length(&self) -> u32 {
        u32::try_from(self.rope.len_utf16_cu()).unwrap_or(u32::MAX)
    }

    fn splits_pair(&self, position: u32) -> bool {
        position <= self.length() && self.char_at(position).is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Units;
    use super::*;

    /// Characters of one to four bytes, combining ones, and both ends of lines.
    fn texts(chars_max: usize) -> impl Strategy<Value = String> {
        let chars = prop::sample::select(vec!['a', 'é', '\u{301}', '語', '😀', '\r', '\n']);
        prop::collection::vec(chars, 0..chars_max).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn an_edit_does_what_it_does_to_a_list_of_code_units(
            text in texts(2_000),
            edits in prop::collection::vec((0..3_000_u32, 0..40_u32, texts(9)), 1..20),
        ) {
            let (mut rope, mut units) = (Text::new(&text).unwrap(), Units::from(&*text));
            for (position, deleted, content) in edits {
                let edit = Splice::replace(position, deleted, &content);
                prop_assert_eq!(rope.splits_pair(position), units.splits_pair(position));
                prop_assert_eq!(rope.apply(&edit), units.apply(&edit).is_some());
                prop_assert_eq!(rope.length(), units.length());
                prop_assert_eq!(rope.content(), units.to_string());
            }
            let again = Text::inflated(&rope.deflated()).unwrap();
            prop_assert_eq!(again.content(), rope.content());
        }
    }

    #[test]
    fn a_text_has_at_most_a_mebibyte_whatever_is_done_to_it() {
        let mut text = Text::new(&"é".repeat(TEXT_BYTES_MAX / 2)).unwrap();
        assert_eq!(text.bytes(), TEXT_BYTES_MAX);
        let more = Splice::insert(0, "a");
        assert!(!text.apply(&more));
        assert_eq!(text.bytes(), TEXT_BYTES_MAX);
        let instead = Splice::replace(0, 1, "ab");
        assert!(text.apply(&instead));
        assert!(Text::new(&"a".repeat(TEXT_BYTES_MAX + 1)).is_none());
        let mut bomb = DeflateEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![b'a'; TEXT_BYTES_MAX + 1]).unwrap();
        assert!(Text::inflated(&bomb.finish().unwrap()).is_none());
        assert!(Text::inflated(&text.deflated()).is_some() && Text::inflated(b"\xff").is_none());
    }

    #[test]
    fn a_clone_stays_as_it_was() {
        let mut text = Text::new("before").unwrap();
        let clone = text.clone();
        assert!(text.apply(&Splice::replace(0, 6, "after")));
        assert_eq!((clone.content(), text.content()), ("before".into(), "after".into()));
    }
}
