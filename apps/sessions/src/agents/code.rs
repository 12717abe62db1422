//! The rules of the agent `code`: reviews the code in a message, by static analysis.
//!
//! A message without code is taken to be about the code sent last: about one of its lines or
//! functions, one of its findings, its tests, or all of it.
//!
//! **Invariants.** Every finding and every line number comes from the source itself; nothing is
//! said of code that was not read. The code sent last is a person's, never an agent's example.

mod follow_up;
mod praise;
mod report;
mod subject;

use super::wishes::Wishes;
use super::{Brief, Turn, quote};
use report::Report;
use subject::{Part, Subject};

/// Said where there is nothing to review.
const NEEDS: &str = "I review code, and there is none in this conversation yet. Paste some Python, \
    JavaScript, TypeScript, Rust, Java or Go, best between lines of three backticks with the \
    language behind the first ones:\n\n\
    ````\n```python\ndef mean(values):\n    return sum(values) / len(values)\n```\n````\n\n\
    I then say, line by line, what is wrong or likely to go wrong, why, and what would be better; \
    which tests are missing; and what is good as it is.";

/// The answer to a message.
pub(super) fn answer(brief: &Brief) -> String {
    let wishes = Wishes::of(brief);
    let answer = respond(brief, &wishes);
    match wishes.note(brief) {
        Some(note) => format!("{answer}\n\n{note}"),
        None => answer,
    }
}

fn respond(brief: &Brief, wishes: &Wishes) -> String {
    let message = &brief.question.content;
    let here = Subject::read(message, None);
    if here.is_readable() {
        return review(&here, brief, wishes);
    }
    if !here.parts.is_empty() {
        return unreadable(&here);
    }
    match last_code(&brief.history) {
        Some(earlier) => follow_up::answer(message, &brief.question.author, &earlier),
        None => NEEDS.to_owned(),
    }
}

/// The whole report on the code of a message.
fn review(subject: &Subject, brief: &Brief, wishes: &Wishes) -> String {
    let mut report = Report::new(subject);
    if wishes.is_brief {
        report.shorten();
    }
    if wishes.forbids("missing tests") {
        report.leave_tests_out();
    }
    let asked = subject.questions();
    report.summary();
    if let Some(before) = last_code(&brief.history) {
        report.compare(&before);
    }
    report.questions(&asked);
    report.body();
    report.into_text()
}

/// The newest code of a person's that can be read.
fn last_code(history: &[Turn]) -> Option<Subject> {
    let people = history.iter().rev().filter(|turn| !turn.is_agent);
    people
        .filter(|turn| subject::may_have_code(&turn.content))
        .map(|turn| Subject::read(&turn.content, Some(&turn.author)))
        .find(Subject::is_readable)
}

fn unreadable(subject: &Subject) -> String {
    let told: Vec<String> = subject.parts.iter().map(Part::unreadable).collect();
    format!(
        "I can't review this: {}. I read Python, JavaScript, TypeScript, Rust, Java and Go. If it is \
         one of these, put its name behind the three backticks that open the block, as in \
         `` ```python ``, and I will look again.",
        quote::list(&told)
    )
}

#[cfg(test)]
mod tests;
