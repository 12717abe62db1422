//! Keeps a model from asking a question again: what it says passes sentence by sentence.

use std::ops::ControlFlow;

use super::asked::Asked;
use crate::agents::Brief;

/// Bytes of a sentence that is held back; a longer one passes in parts.
const HELD_BYTES_MAX: usize = 4_000;

/// What a model says, less the questions asked before.
pub(in crate::agents) struct Fresh {
    asked: Asked,
    held: String,
}

impl Fresh {
    pub(in crate::agents) fn new(brief: &Brief) -> Self {
        Self { asked: Asked::of(&brief.asked_before), held: String::new() }
    }

    /// Takes a piece of what the model says, and says the sentences that ended and are new.
    pub(in crate::agents) fn take(
        &mut self,
        piece: &str,
        mut say: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.held.push_str(piece);
        while let Some(end) = sentence_end(&self.held) {
            let rest = self.held.split_off(end);
            let sentence = std::mem::replace(&mut self.held, rest);
            self.pass(&sentence, &mut say)?;
        }
        ControlFlow::Continue(())
    }

    /// Says what is left when the model is done.
    pub(in crate::agents) fn end(
        &mut self,
        mut say: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let rest = std::mem::take(&mut self.held);
        self.pass(&rest, &mut say)
    }

    fn pass(
        &mut self,
        sentence: &str,
        say: &mut impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let is_question = sentence.trim_end_matches(['*', '_', '"', '”', ' ', '\n']).ends_with('?');
        if is_question {
            if self.asked.has(sentence) {
                return ControlFlow::Continue(());
            }
            self.asked.add(sentence);
        }
        if sentence.is_empty() { ControlFlow::Continue(()) } else { say(sentence) }
    }
}

/// Where the first sentence of a text ends, the space behind it included.
fn sentence_end(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().peekable();
    let mut may_end = false;
    while let Some((at, letter)) = letters.next() {
        let end = at + letter.len_utf8();
        let is_last_space = letters.peek().is_some_and(|(_, next)| !next.is_whitespace());
        if letter == '\n' && is_last_space || may_end && letter.is_whitespace() && is_last_space {
            return Some(end);
        }
        may_end = match letter {
            '.' | '!' | '?' => true,
            ')' | '"' | '”' | '*' | '_' => may_end,
            _ => may_end && letter.is_whitespace(),
        };
    }
    (text.len() > HELD_BYTES_MAX).then_some(text.len())
}
