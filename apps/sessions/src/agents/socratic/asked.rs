//! What was asked before in the session.

use std::collections::BTreeSet;

use super::moves::Move;

/// The newest answers that count as lately.
const LATELY: usize = 8;

/// The questions asked before.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Each question, without marks and case.
    known: BTreeSet<String>,
    /// The questions as asked, oldest first.
    questions: Vec<String>,
    /// How many of them are from the newest answers.
    lately: usize,
}

impl Asked {
    pub(super) fn of(answers: &[String]) -> Self {
        let mut asked = Self::default();
        for (index, answer) in answers.iter().enumerate() {
            for question in questions(answer) {
                asked.known.insert(plain(question));
                asked.questions.push(question.to_owned());
                asked.lately += usize::from(index + LATELY >= answers.len());
            }
        }
        asked
    }

    pub(super) fn has(&self, question: &str) -> bool {
        self.known.contains(&plain(question))
    }

    /// Adds a question.
    pub(super) fn add(&mut self, question: &str) {
        self.known.insert(plain(question));
        self.questions.push(question.to_owned());
    }

    pub(super) fn count(&self) -> usize {
        self.questions.len()
    }

    /// The question asked last.
    pub(super) fn last(&self) -> Option<&str> {
        self.questions.last().map(String::as_str)
    }

    /// How often a move was made, and how often lately.
    pub(super) fn times(&self, made: &Move) -> (usize, usize) {
        let lately = self.questions.len().saturating_sub(self.lately);
        let mut all = 0;
        let mut late = 0;
        for (index, question) in self.questions.iter().enumerate() {
            if made.made(question) {
                all += 1;
                late += usize::from(index >= lately);
            }
        }
        (all, late)
    }
}

/// The questions in an answer.
pub(super) fn questions(answer: &str) -> impl Iterator<Item = &str> {
    let sentences = text::sentences(answer).into_iter();
    sentences
        .map(|sentence| {
            sentence
                .split_once(": ")
                .filter(|(lead, _)| is_step_lead(lead))
                .map_or(sentence, |(_, it)| it)
        })
        .filter(|sentence| sentence.trim_end().ends_with('?'))
}

fn is_step_lead(lead: &str) -> bool {
    lead.starts_with("If that is too big a step")
}

/// A question without marks and case.
fn plain(question: &str) -> String {
    let words = text::words(question).map(|word| word.text.to_lowercase());
    words.collect::<Vec<_>>().join(" ")
}
