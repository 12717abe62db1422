//! The rules of the agent `socratic`: answers with a question that leads on, in the user's own
//! terms.
//!
//! The message is read for what it holds (a reason, a plan, a doubt, trouble, code …); each of
//! these has its moves, which are filled with the message's terms and clauses, then with those of
//! the turns before. Of all questions that can be asked the one that fits best is taken, and moves
//! made lately count against it.
//!
//! **Invariants.** No question is asked twice in a session, as far back as [`Brief::asked_before`]
//! goes; there is always one left. Two questions are the same if they differ in marks and case only.

mod asked;
mod candidates;
mod fresh;
mod moves;
mod topic;

use super::wishes::Wishes;
use super::{Brief, quote};
use asked::Asked;
use topic::Topic;

pub(super) use fresh::Fresh;

/// The answer to a message.
pub(super) fn answer(brief: &Brief) -> String {
    let wishes = Wishes::of(brief);
    let asked = Asked::of(&brief.asked_before);
    let topic = Topic::of(brief, &wishes);
    let first = candidates::best(&topic, &asked, None);
    let second = topic
        .wants_a_step()
        .then(|| candidates::step(&topic, &asked, &first.question))
        .flatten()
        .filter(|_| !wishes.is_brief);
    let mut answer = match &first.lead {
        Some(lead) => format!("{lead} {}", first.question),
        None => first.question.clone(),
    };
    if let Some(second) = second {
        answer.push_str("\n\nIf that is too big a step: ");
        answer.push_str(&quote::lower_first(&second));
    }
    let answer = wishes.dress(&answer);
    match wishes.note(brief) {
        Some(note) => format!("{answer}\n\n{note}"),
        None => answer,
    }
}

#[cfg(test)]
mod tests;
