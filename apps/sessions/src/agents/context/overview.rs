//! Answers about the conversation as a whole.

use super::intent::Which;
use super::passages::{Passage, Passages};
use crate::agents::wishes::Wishes;
use crate::agents::{Brief, Turn, quote};

/// Sentences of a recap.
const POINTS_MAX: usize = 6;
/// Words of a sentence that says something by itself.
const POINT_WORDS_MIN: usize = 4;
/// Items of a list.
const ITEMS_MAX: usize = 12;
/// Bytes of instructions that are shown.
const INSTRUCTIONS_CHARS_MAX: usize = 2_000;

/// Words with which people decide, in lower case.
const DECIDING: &[&str] = &[
    "we decided",
    "we have decided",
    "decided to",
    "decision",
    "we agreed",
    "agreed to",
    "agreed that",
    "let's ",
    "we go with",
    "we'll go with",
    "we will go with",
    "we'll use",
    "we will use",
    "settled on",
    "we chose",
    "we choose",
    "final:",
];

/// Words with which people take on or give out work, in lower case.
const WORKING: &[&str] = &[
    "todo",
    "to do:",
    "i will ",
    "i'll ",
    "we need to ",
    "we have to ",
    "needs to ",
    "has to ",
    "must be ",
    "please ",
    "can you ",
    "could you ",
    "should be done",
    "by monday",
    "by tuesday",
    "by wednesday",
    "by thursday",
    "by friday",
    "by tomorrow",
    "next step",
    "let's ",
];

pub(super) fn instructions(brief: &Brief) -> String {
    match brief.instructions.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => "You have given me no instructions for this session.".to_owned(),
        Some(text) => {
            let shown: String = text.chars().take(INSTRUCTIONS_CHARS_MAX).collect();
            let cut = if shown.len() < text.len() {
                "\n\n(They go on; this is their beginning.)"
            } else {
                ""
            };
            let quoted: Vec<String> = shown.lines().map(|line| format!("> {line}")).collect();
            format!("Your instructions:\n\n{}{cut}", quoted.join("\n"))
        }
    }
}

/// What it was about, in people's own sentences.
pub(super) fn recap(brief: &Brief, passages: &Passages<'_>, wishes: &Wishes) -> String {
    let said: Vec<&Passage<'_>> = passages.said().filter(|passage| !passage.is_question).collect();
    if said.is_empty() {
        return "Nothing has been said here yet that I could sum up.".to_owned();
    }
    let people = brief.history.iter().filter(|turn| !turn.is_agent).count();
    let points_max = if wishes.is_brief { 3 } else { POINTS_MAX };
    let points = points(&said, passages, points_max);
    let mut parts = vec![format!(
        "{} so far. I can't put it in words of my own, but these sentences carry the topics:\n\n{}",
        quote::count(people, "message"),
        points.join("\n")
    )];
    let decided = decided(passages);
    if !decided.is_empty() {
        parts.push(format!("Decided:\n\n{}", items(&decided, passages)));
    }
    let open = open(brief, passages);
    // Where somebody writes alone, nobody could have replied.
    if !open.is_empty() && passages.people_count() > 1 {
        parts.push(format!("Without a reply so far:\n\n{}", items(&open, passages)));
    }
    parts.join("\n\n")
}

/// The sentences that carry the most of the topics, each something new, in the conversation's order.
fn points(said: &[&Passage<'_>], passages: &Passages<'_>, points_max: usize) -> Vec<String> {
    let whole: Vec<&str> = said.iter().map(|passage| passage.text).collect();
    let terms = text::key_terms(&whole.join("\n"), text::KEY_TERMS_MAX);
    let mut scored: Vec<(f64, usize)> = said
        .iter()
        .enumerate()
        .filter(|(_, passage)| text::words(passage.text).count() >= POINT_WORDS_MIN)
        .map(|(place, passage)| {
            let held = terms.iter().filter(|term| text::overlap(&term.text, passage.text) > 0.99);
            (held.map(|term| term.weight).sum(), place)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, place) in scored {
        let is_new =
            chosen.iter().all(|other| text::likeness(said[*other].text, said[place].text) < 0.7);
        if is_new && chosen.len() < points_max {
            chosen.push(place);
        }
    }
    chosen.sort_unstable();
    let lines = chosen.into_iter().map(|place| {
        let text = quote::line(said[place].text, 240);
        format!("- “{text}” ({})", passages.origin(said[place]))
    });
    lines.collect()
}

pub(super) fn decisions(message: &str, passages: &Passages<'_>) -> String {
    let decided = decided(passages);
    let wanted = without(message, &["decid", "decis", "agre", "choos", "chos", "pick", "settl"]);
    let about = related(&decided, &wanted);
    let shown = if about.is_empty() { &decided } else { &about };
    if !shown.is_empty() {
        return format!("Sentences that sound like a decision:\n\n{}", items(shown, passages));
    }
    let found = passages.find(&wanted, None);
    match found.first().filter(|found| found.coverage >= 0.5) {
        Some(_) => format!(
            "I find no sentence that says something was decided. What was said about it:\n\n{}",
            passages.quotations(&found[..1])
        ),
        None => "I find no sentence here that says something was decided.".to_owned(),
    }
}

pub(super) fn open_questions(brief: &Brief, passages: &Passages<'_>) -> String {
    match open(brief, passages) {
        open if open.is_empty() => {
            "I see no question here that was left without a reply.".to_owned()
        }
        open => format!(
            "Questions that nobody replied to in the next message:\n\n{}",
            items(&open, passages)
        ),
    }
}

pub(super) fn tasks(message: &str, passages: &Passages<'_>) -> String {
    let work: Vec<&Passage<'_>> = cued(passages, WORKING);
    let wanted =
        without(message, &["task", "todo", "to-do", "action", "item", "next", "step", "list"]);
    let about = related(&work, &wanted);
    let shown = if about.is_empty() { &work } else { &about };
    if shown.is_empty() {
        return "I find no sentence here that sounds like a task.".to_owned();
    }
    format!("Sentences that sound like work to be done:\n\n{}", items(shown, passages))
}

pub(super) fn people(brief: &Brief) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for turn in brief.history.iter().filter(|turn| !turn.is_agent) {
        match counts.iter_mut().find(|(name, _)| *name == turn.author) {
            Some((_, count)) => *count += 1,
            None => counts.push((&turn.author, 1)),
        }
    }
    if counts.is_empty() {
        return format!(
            "So far only you, {}, have written here.",
            quote::name(&brief.question.author)
        );
    }
    let counts = counts.iter().take(ITEMS_MAX);
    let told: Vec<String> = counts
        .map(|(name, count)| format!("{} ({})", quote::name(name), quote::count(*count, "message")))
        .collect();
    format!("In the messages I have before me: {}.", quote::list(&told))
}

pub(super) fn message(which: &Which, brief: &Brief) -> String {
    let people = || brief.history.iter().filter(|turn| !turn.is_agent);
    let own = |turn: &&Turn| turn.author == brief.question.author;
    let (found, what) = match which {
        Which::First { is_own: true } => (people().find(own), "Your first message before me"),
        Which::First { is_own: false } => (people().next(), "The first message before me"),
        Which::Last { is_own: true } => (people().rfind(own), "Your message before this one"),
        Which::Last { is_own: false } => (people().next_back(), "The message before yours"),
    };
    match found {
        None => "There is no such message before me.".to_owned(),
        Some(turn) => {
            let author = quote::name(&turn.author);
            format!("{what}:\n\n> {}\n\n— {author}", quote::line(&turn.content, 1_000))
        }
    }
}

/// Sentences with one of these cues, oldest first.
fn cued<'p>(passages: &'p Passages<'_>, cues: &[&str]) -> Vec<&'p Passage<'p>> {
    let said = passages.said().filter(|passage| {
        let lower = passage.text.to_lowercase().replace('’', "'");
        cues.iter().any(|cue| lower.contains(cue))
    });
    said.collect()
}

/// Sentences that decide something; a question about it decides nothing.
fn decided<'p>(passages: &'p Passages<'_>) -> Vec<&'p Passage<'p>> {
    cued(passages, DECIDING).into_iter().filter(|passage| !passage.is_question).collect()
}

/// Questions after which nobody else but agents said anything, or only asked on.
fn open<'p>(brief: &Brief, passages: &'p Passages<'_>) -> Vec<&'p Passage<'p>> {
    let is_open = |passage: &&Passage<'_>| {
        let Some(index) = passage.turn.filter(|_| passage.is_question) else { return false };
        let author = &brief.history[index].author;
        let mut later = brief.history[index + 1..].iter().filter(|turn| !turn.is_agent);
        let is_answered = later.next().is_some_and(|next| {
            let first = text::sentences(&next.content).into_iter().next();
            next.author != *author && first.is_some_and(|first| !text::is_question(first))
        });
        !is_answered
    };
    passages.said().filter(is_open).collect()
}

/// Those of some passages that share a word with what is wanted.
fn related<'p>(passages: &[&'p Passage<'p>], wanted: &str) -> Vec<&'p Passage<'p>> {
    let shares = |passage: &&&Passage<'_>| text::overlap(wanted, passage.text) > 0.3;
    passages.iter().filter(shares).copied().collect()
}

/// A message without words that begin like these.
fn without(message: &str, starts: &[&str]) -> String {
    let words = text::words(message).map(|word| word.text);
    let kept = words.filter(|word| {
        let lower = word.to_lowercase();
        !starts.iter().any(|start| lower.starts_with(start))
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The newest of some passages as a list, oldest first.
fn items(passages: &[&Passage<'_>], all: &Passages<'_>) -> String {
    let shown = &passages[passages.len().saturating_sub(ITEMS_MAX)..];
    let lines = shown
        .iter()
        .map(|passage| format!("- “{}” ({})", quote::line(passage.text, 240), all.origin(passage)));
    lines.collect::<Vec<_>>().join("\n")
}
