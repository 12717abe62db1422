//! Prose as words: sentences, stems, ranking, key terms and likeness, without a model.
//!
//! [`words`] and [`sentences`] cut a text, also around code and links; [`stems`] reduces words to
//! what they share; [`Index`] ranks passages by BM25; [`key_terms()`] finds what a text is about in
//! the author's own words; [`likeness()`] compares two texts; [`is_question`] tells questions.
//!
//! **Invariants.** Everything is a function of its arguments: no clock, no randomness, no order of
//! a hash map shows. Nothing panics on any text.
//!
//! **Bounds.** [`TEXT_BYTES_MAX`] of a text are read, [`WORDS_MAX`] words of it, [`WORD_CHARS_MAX`]
//! characters of a word; an index holds [`PASSAGES_MAX`] passages. What lies past them is left out.

mod index;
mod key_terms;
mod likeness;
mod question;
mod sentence;
mod stem;
mod word;

pub use index::{Hit, Index, PASSAGES_MAX};
pub use key_terms::{KEY_TERMS_MAX, KeyTerm, key_terms};
pub use likeness::{likeness, overlap};
pub use question::is_question;
pub use sentence::{SENTENCES_MAX, sentences};
pub use stem::{is_stop_word, stem, stems};
pub use word::{TEXT_BYTES_MAX, WORD_CHARS_MAX, WORDS_MAX, Word, parts, words};
