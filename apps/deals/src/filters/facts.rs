//! A deal as filters see it.

use crate::Deal;
use crate::deal::folded;

/// What filters compare, prepared once for all of them.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) category: String,
    pub(crate) merchant: String,
    pub(crate) currency: String,
    /// The title as a [`phrase`].
    pub(crate) title: String,
    pub(crate) price: f64,
    pub(crate) discount: f64,
}

impl Facts {
    /// What is to be known of `deal`.
    pub(crate) fn of(deal: &Deal) -> Self {
        Self {
            category: folded(&deal.category),
            merchant: folded(&deal.merchant),
            currency: folded(&deal.currency),
            title: phrase(&deal.title),
            price: deal.price,
            discount: deal.discount,
        }
    }
}

/// The words of `text`, in lower case, with a blank before and behind each: a phrase stands in another
/// one, word by word, where the one text is part of the other. Empty where there is no word.
pub(super) fn phrase(text: &str) -> String {
    let mut phrase = String::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        if !word.is_empty() {
            phrase.push(' ');
            // The lower case of a letter may have a mark beside it, which is no part of a word.
            phrase.extend(word.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()));
        }
    }
    if !phrase.is_empty() {
        phrase.push(' ');
    }
    phrase
}

/// The words of a phrase.
pub(crate) fn words(phrase: &str) -> impl DoubleEndedIterator<Item = &str> {
    phrase.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_its_words_between_blanks() {
        assert_eq!(phrase("USB-C  Cable, 2m!"), " usb c cable 2m ");
        assert_eq!(phrase("¡!  …"), "");
        assert_eq!(phrase("İSTANBUL"), " istanbul ");
        assert_eq!(phrase(&phrase("İstanbul ΟΔΟΣ")), phrase("İstanbul ΟΔΟΣ"));
        assert_eq!(words(" usb c ").collect::<Vec<_>>(), ["usb", "c"]);
        assert_eq!(words("").count(), 0);
    }
}
