//! What an agent has said so far.

use crate::protocol::CONTENT_CHARS_MAX;

/// An answer in the making, at most as long as a message may be.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    text: String,
    chars: usize,
    pieces: u64,
}

impl Draft {
    /// Adds what fits of `piece`: that part, and its index among the pieces. `None` where nothing
    /// of it fits or it is empty.
    pub(crate) fn add<'a>(&mut self, piece: &'a str) -> Option<(u64, &'a str)> {
        let room = CONTENT_CHARS_MAX - self.chars;
        let end = piece.char_indices().nth(room).map_or(piece.len(), |(end, _)| end);
        let piece = piece.get(..end).filter(|piece| !piece.is_empty())?;
        self.chars += piece.chars().count();
        self.text.push_str(piece);
        self.pieces += 1;
        Some((self.pieces - 1, piece))
    }

    /// The whole text, unless it is blank.
    pub(crate) fn into_text(self) -> Option<String> {
        Some(self.text).filter(|text| !text.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pieces_told_are_the_text_kept(
            pieces in prop::collection::vec("[a-zé😀 ]{0,9000}", 0..12),
        ) {
            let mut draft = Draft::default();
            let mut told = String::new();
            for piece in &pieces {
                if let Some((index, piece)) = draft.add(piece) {
                    prop_assert_eq!(index + 1, draft.pieces);
                    told.push_str(piece);
                }
            }
            let whole: String = pieces.concat().chars().take(CONTENT_CHARS_MAX).collect();
            prop_assert_eq!(&told, &whole);
            prop_assert_eq!(draft.into_text(), Some(whole).filter(|text| !text.trim().is_empty()));
        }
    }
}
