//! Numbers for the texts that filters name, as long as one of them does.

use std::collections::HashMap;

/// Texts and their numbers, from 1.
#[derive(Default)]
pub(super) struct Lexicon {
    entries: HashMap<Box<str>, Entry>,
    /// Numbers up to `last` that no text has.
    free: Vec<u32>,
    last: u32,
}

struct Entry {
    number: u32,
    uses: usize,
}

impl Lexicon {
    /// The number of `text`, if it has one.
    pub(super) fn number(&self, text: &str) -> Option<u32> {
        self.entries.get(text).map(|entry| entry.number)
    }

    /// The number of `text`, kept until it was released as often as it was held.
    pub(super) fn hold(&mut self, text: &str) -> u32 {
        if let Some(entry) = self.entries.get_mut(text) {
            entry.uses += 1;
            return entry.number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        self.entries.insert(text.into(), Entry { number, uses: 1 });
        number
    }

    /// Whether no text has a number.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes one hold back; without any left the number is for another text.
    pub(super) fn release(&mut self, text: &str) {
        let Some(entry) = self.entries.get_mut(text) else { return };
        entry.uses -= 1;
        if entry.uses == 0 {
            self.free.push(entry.number);
            self.entries.remove(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_texts_until_it_is_released_as_often_as_held() {
        let mut lexicon = Lexicon::default();
        assert_eq!(lexicon.number("a"), None);
        let first = lexicon.hold("a");
        let second = lexicon.hold("b");
        assert!(first != second && first > 0 && second > 0);
        assert_eq!(lexicon.hold("a"), first);
        lexicon.release("a");
        assert_eq!(lexicon.number("a"), Some(first));
        lexicon.release("a");
        assert_eq!(lexicon.number("a"), None);
        assert_eq!(lexicon.hold("c"), first);
        lexicon.release("unknown");
        lexicon.release("b");
        lexicon.release("c");
        assert!(lexicon.is_empty());
    }
}
