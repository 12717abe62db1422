//! The rules of the agent `context`: answers from the conversation and its author's instructions,
//! by quoting what fits.
//!
//! **Invariants.** Nothing is said that was not said by somebody: an answer is made of quotations
//! with their origin, and of words about them. Where nothing fits it says so, and names what was
//! never mentioned. An agent's answers are never quoted as somebody's words.

mod intent;
mod overview;
mod passages;

use std::collections::BTreeSet;

use super::wishes::Wishes;
use super::{Brief, quote};
use intent::Intent;
use passages::{Found, Passage, Passages};

/// Quotations in an answer.
const QUOTES_MAX: usize = 4;
/// Quotations in an answer that is to be brief.
const QUOTES_BRIEF_MAX: usize = 1;
/// The part of a question's weight that a passage must have to be quoted.
const FIT_MIN: f64 = 0.25;
/// The part from which a passage counts as an answer.
const FIT_GOOD: f64 = 0.55;
/// What a passage must have of the best one's score to stand beside it.
const BESIDE_BEST: f64 = 0.45;

/// The answer to a message.
pub(super) fn answer(brief: &Brief) -> String {
    let wishes = Wishes::of(brief);
    let passages = Passages::of(brief, &wishes);
    let answer = respond(brief, &wishes, &passages);
    let answer = wishes.dress(&answer);
    match wishes.note(brief) {
        Some(note) => format!("{answer}\n\n{note}"),
        None => answer,
    }
}

fn respond(brief: &Brief, wishes: &Wishes, passages: &Passages<'_>) -> String {
    let message = &brief.question.content;
    if wishes.forbids(message) && text::is_question(message) {
        return "Your instructions ask me not to talk about that, so I leave it out.".to_owned();
    }
    match intent::of(message, brief) {
        Intent::Greeting => greeting(brief, passages),
        Intent::Thanks => "You are welcome. Ask me about anything that was said here.".to_owned(),
        Intent::Instructions => overview::instructions(brief),
        Intent::Recap => overview::recap(brief, passages, wishes),
        Intent::Decisions => overview::decisions(message, passages),
        Intent::OpenQuestions => overview::open_questions(brief, passages),
        Intent::Tasks => overview::tasks(message, passages),
        Intent::People => overview::people(brief),
        Intent::Message(which) => overview::message(&which, brief),
        Intent::Said { by, about } => said(by, &about, passages),
        Intent::Make(verb) => cannot_make(verb, brief, passages, wishes),
        Intent::Question => question(brief, passages, wishes),
        Intent::Statement => statement(brief, passages, wishes),
    }
}

fn greeting(brief: &Brief, passages: &Passages<'_>) -> String {
    let known = match (passages.people_count(), brief.instructions.is_some()) {
        (0, false) => "Nothing has been said here yet, and you have given me no instructions",
        (0, true) => "I know your instructions; nothing else has been said here yet",
        (_, false) => "I have read what was said in this conversation",
        (_, true) => "I have read what was said in this conversation, and your instructions",
    };
    format!(
        "Hello. {known}. Ask me about it: I answer with quotations and where they come from. I can \
         also sum up, list decisions, tasks and open questions."
    )
}

fn question(brief: &Brief, passages: &Passages<'_>, wishes: &Wishes) -> String {
    let message = &brief.question.content;
    let query = Query::of(brief);
    let quotes_max = if wishes.is_brief { QUOTES_BRIEF_MAX } else { QUOTES_MAX };
    let mut found = passages.find(&query.text, None);
    if let Some((turn, _)) = query.follows {
        found.retain(|found| found.passage.turn != Some(turn));
    }
    let found = fitting(found, quotes_max);
    let Some(best) = found.first() else { return nothing(brief, &query, passages) };
    let missing = passages.never_mentioned(message);
    let is_good = best.coverage >= FIT_GOOD;
    let lead = match query.follows {
        Some((_, earlier)) => {
            let earlier = quote::line(earlier, 100);
            format!("I take this to go on from “{earlier}”. What else was said about it:")
        }
        None if is_good => "What was said about this:".to_owned(),
        None => "Nothing here answers that outright. This comes closest:".to_owned(),
    };
    let mut answer = format!("{lead}\n\n{}", passages.quotations(&found));
    if let Some(note) = differing(&found, passages) {
        answer.push_str(&format!("\n\n{note}"));
    }
    if !missing.is_empty() && query.follows.is_none() {
        answer.push_str(&format!("\n\nNever mentioned here: {}.", quote::list(&missing)));
    }
    answer
}

fn statement(brief: &Brief, passages: &Passages<'_>, wishes: &Wishes) -> String {
    let message = &brief.question.content;
    let quotes_max = if wishes.is_brief { QUOTES_BRIEF_MAX } else { 2 };
    let found = fitting(passages.find(message, None), quotes_max);
    let Some(best) = found.first() else {
        return match text::key_terms(message, 1).first() {
            None => "Noted. Ask me about what was said here, and I will quote it.".to_owned(),
            Some(term) => format!(
                "Noted. Nothing said here before is about “{}”; ask me about it later, and I will \
                 quote this.",
                term.text
            ),
        };
    };
    let quotations = passages.quotations(&found);
    if has_other_figures(message, best.passage.text) && best.coverage >= FIT_GOOD {
        return format!(
            "Noted. That gives other figures than what was said before:\n\n{quotations}"
        );
    }
    format!("Noted. It goes with what was said before:\n\n{quotations}")
}

/// What somebody said, about something or last.
fn said(by: &str, about: &str, passages: &Passages<'_>) -> String {
    let name = passages.named(by);
    let has = if name == "you" { "You have" } else { &format!("{name} has") };
    if text::stems(about).is_empty() {
        let last = passages.last_of(by, QUOTES_MAX);
        if last.is_empty() {
            return format!("{has} said nothing here that I can quote.");
        }
        return format!("What {name} said last:\n\n{}", passages.quotations(&last));
    }
    let found = fitting(passages.find(about, Some(by)), QUOTES_MAX);
    if !found.is_empty() {
        return format!("What {name} said about this:\n\n{}", passages.quotations(&found));
    }
    let others = fitting(passages.find(about, None), 2);
    if others.is_empty() {
        return format!("{has} said nothing about this here, and neither has anybody else.");
    }
    let others = passages.quotations(&others);
    format!("{has} said nothing about this here. Others have:\n\n{others}")
}

/// A task that takes a model.
fn cannot_make(verb: &str, brief: &Brief, passages: &Passages<'_>, wishes: &Wishes) -> String {
    let lead = format!(
        "I can't {verb} anything: I answer by fixed rules, without a language model, and only quote \
         what was said here and in your instructions."
    );
    let quotes_max = if wishes.is_brief { QUOTES_BRIEF_MAX } else { 3 };
    let found = fitting(passages.find(&brief.question.content, None), quotes_max);
    if found.is_empty() {
        return lead;
    }
    format!("{lead} This may help you with it:\n\n{}", passages.quotations(&found))
}

/// Nothing was found: what was not mentioned, and what was talked about instead.
fn nothing(brief: &Brief, query: &Query<'_>, passages: &Passages<'_>) -> String {
    if let Some((_, earlier)) = query.follows {
        let earlier = quote::line(earlier, 100);
        return format!(
            "I take this to go on from “{earlier}”, and nothing else was said about that here."
        );
    }
    if passages.is_empty() {
        return "Nothing has been said here before, and you have given me no instructions. I answer \
                only from these, so anything I said would be a guess."
            .to_owned();
    }
    let terms = text::key_terms(&brief.question.content, 3);
    let terms: Vec<String> = terms.iter().map(|term| format!("“{}”", term.text)).collect();
    let about = if terms.is_empty() { "that".to_owned() } else { quote::list(&terms) };
    let where_to = match &brief.instructions {
        Some(_) => "in this conversation or in your instructions",
        None => "in this conversation",
    };
    let topics = passages.topics(4).into_iter().map(|topic| format!("“{topic}”"));
    let instead = match topics.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        topics => format!(" So far it has been about {}.", quote::list(topics)),
    };
    format!(
        "Nothing {where_to} is about {about}.{instead} I answer only from what was said here; \
         anything else would be a guess."
    )
}

/// The passages good enough to be quoted, the best first.
fn fitting(found: Vec<Found<'_>>, count_max: usize) -> Vec<Found<'_>> {
    let best = found.first().map_or(0.0, |found| found.score);
    let good = found
        .into_iter()
        .filter(|found| found.coverage >= FIT_MIN && found.score >= best * BESIDE_BEST);
    good.take(count_max).collect()
}

/// Says so where quotations on one matter give different figures.
fn differing(found: &[Found<'_>], passages: &Passages<'_>) -> Option<String> {
    let pairs = found.iter().enumerate();
    let mut pairs =
        pairs.flat_map(|(index, one)| found[index + 1..].iter().map(move |two| (one, two)));
    let (one, two) = pairs.find(|(one, two)| {
        text::likeness(one.passage.text, two.passage.text) > 0.4
            && has_other_figures(one.passage.text, two.passage.text)
    })?;
    if one.passage.turn.is_none() || two.passage.turn.is_none() {
        return Some("The figures differ.".to_owned());
    }
    let later = if one.passage.turn > two.passage.turn { one } else { two };
    Some(format!("The figures differ; the later one: {}.", passages.origin(later.passage)))
}

/// Whether both name figures, and not the same.
fn has_other_figures(one: &str, other: &str) -> bool {
    let figures = |text: &str| -> BTreeSet<String> {
        let words = text::words(text).map(|word| word.text.to_lowercase());
        words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit())).collect()
    };
    let (one, other) = (figures(one), figures(other));
    !one.is_empty() && !other.is_empty() && one != other
}

/// What is looked for.
struct Query<'a> {
    text: String,
    /// The earlier message that a short question goes on from, and its place.
    follows: Option<(usize, &'a str)>,
}

impl<'a> Query<'a> {
    fn of(brief: &'a Brief) -> Self {
        let message = &brief.question.content;
        let words = text::words(message).map(|word| word.text);
        let telling =
            words.filter(|word| !passages::ASKING.contains(&word.to_lowercase().as_str()));
        let text = telling.collect::<Vec<_>>().join(" ");
        if !text::stems(&text).is_empty() {
            return Self { text, follows: None };
        }
        let earlier = |is_own: bool| {
            let turns = brief.history.iter().enumerate().rev().filter(|(_, turn)| !turn.is_agent);
            let mut telling = turns.filter(|(_, turn)| !text::stems(&turn.content).is_empty());
            telling.find(|(_, turn)| !is_own || turn.author == brief.question.author)
        };
        let follows = earlier(true).or_else(|| earlier(false));
        let follows = follows.map(|(index, turn)| (index, turn.content.as_str()));
        Self { text: follows.map_or(text, |(_, earlier)| earlier.to_owned()), follows }
    }
}

/// Passages that nothing was asked for.
fn found_all<'p>(passages: impl Iterator<Item = &'p Passage<'p>>) -> Vec<Found<'p>> {
    passages.map(|passage| Found { passage, score: 1.0, coverage: 1.0 }).collect()
}

#[cfg(test)]
mod tests;
