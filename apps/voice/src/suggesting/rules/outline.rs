//! Outlines: labelled steps, each with quotations or with what to say where there are none.

use super::asked::Asking;
use super::part::{PARTS, Part};
use super::quote;
use super::story::Story;

/// Quotations of one step.
const STEP_QUOTES_MAX: usize = 2;

/// One step of an outline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    label: &'static str,
    /// What to say where nothing can be quoted.
    hint: &'static str,
    fill: Fill,
}

/// What a step quotes.
#[derive(Clone, Copy, Debug)]
enum Fill {
    /// The next line of the notes that fits.
    Line,
    /// What was done, and what came of it, in the story that fits.
    Story,
    /// Nothing: the hint is the step.
    Nothing,
}

const fn line(label: &'static str, hint: &'static str) -> Step {
    Step { label, hint, fill: Fill::Line }
}

const fn story(label: &'static str, hint: &'static str) -> Step {
    Step { label, hint, fill: Fill::Story }
}

const fn own(label: &'static str, hint: &'static str) -> Step {
    Step { label, hint, fill: Fill::Nothing }
}

const YOURSELF: [Step; 3] = [
    line("Now", "say what you do, in one sentence"),
    line("Before", "name one or two things you did that matter here"),
    own("Next", "say why this is what you want to do next"),
];
const MOTIVATION: [Step; 3] = [
    line("What draws you", "name one thing about this work that you know of"),
    story("What you bring", "name something you did that fits it"),
    own("What is next", "say what you want to get better at here"),
];
const STRENGTH: [Step; 3] = [
    line("Strength", "name one, not three"),
    story("Proof", "tell of one time when it counted, and what came of it"),
    own("Here", "say what it is good for in this work"),
];
const WEAKNESS: [Step; 3] = [
    line("Weakness", "name a real one that does not rule you out"),
    line("What you do about it", "say what you changed"),
    own("Since then", "say how you can tell that it got better"),
];
const APPROACH: [Step; 4] = [
    own("Aim", "say what it must do, and ask what was left open"),
    line("Steps", "say what comes first, what comes next, and why in that order"),
    story("Example", "name a time when you did something like it"),
    own("Check", "say how you would know that it worked"),
];
const REASON: [Step; 3] = [
    line("Reason", "give the one that weighs most"),
    line("Against it", "say what else there was, and what it would have cost"),
    story("What came of it", "say how it went"),
];
const CHOICE: [Step; 3] = [
    line("Choice", "say which, in one sentence"),
    line("Because", "give the reason that weighs most"),
    own("Not where", "say when you would choose otherwise"),
];
const FACT: [Step; 2] = [
    line("Answer", "say the figure or the name; or that you do not know it"),
    own("How you know", "say where it is from, or how you would find out"),
];
const YES_NO: [Step; 3] = [
    own("Yes or no", "say which, first"),
    line("Proof", "say what shows it"),
    story("Example", "name a time, if there was one; if not, say so"),
];
const EXPLANATION: [Step; 3] = [
    line("In a sentence", "say what it is"),
    line("More", "say how it works, and what it is good for"),
    story("Example", "name where you met it; if you have not, say so"),
];

/// The steps of an answer.
pub(super) fn steps(kind: Asking) -> &'static [Step] {
    match kind {
        Asking::Yourself => &YOURSELF,
        Asking::Motivation => &MOTIVATION,
        Asking::Strength => &STRENGTH,
        Asking::Weakness => &WEAKNESS,
        Asking::Approach => &APPROACH,
        Asking::Reason => &REASON,
        Asking::Choice => &CHOICE,
        Asking::Fact => &FACT,
        Asking::YesNo => &YES_NO,
        _ => &EXPLANATION,
    }
}

/// An outline, and how many of its steps are quoted.
pub(super) fn of_steps(
    steps: &[Step],
    lines: &[&str],
    told: Option<&Story<'_>>,
) -> (String, usize) {
    let mut lines = lines.iter();
    let mut count = 0;
    let rows = steps.iter().map(|step| {
        let quotes = match step.fill {
            Fill::Line => lines.next().map(|line| quote::quoted(line)),
            Fill::Story => told.map(short).filter(|short| !short.is_empty()),
            Fill::Nothing => None,
        };
        count += usize::from(quotes.is_some());
        format!("{}: {}", step.label, quotes.unwrap_or_else(|| format!("{}.", step.hint)))
    });
    let text = rows.collect::<Vec<_>>().join("\n");
    (text, count)
}

/// A story in its four parts; what it lacks is said to be lacking.
pub(super) fn of_story(story: &Story<'_>) -> String {
    let rows = PARTS.iter().map(|part| {
        let quotes = quote::all(story.part(*part).take(STEP_QUOTES_MAX));
        let (label, hint) = told_as(*part);
        if quotes.is_empty() {
            format!("{label}: not in your notes; {hint}.")
        } else {
            format!("{label}: {quotes}")
        }
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The four parts without a story.
pub(super) fn of_parts() -> String {
    let rows = PARTS.iter().map(|part| told_as(*part));
    rows.map(|(label, hint)| format!("{label}: {hint}.")).collect::<Vec<_>>().join("\n")
}

fn told_as(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Situation => ("Situation", "say where and when it was, in one sentence"),
        Part::Task => ("Task", "say what was yours to do"),
        Part::Action => ("Action", "say what you did yourself, and why so"),
        Part::Result => ("Result", "say what came of it, with a figure if you have one"),
    }
}

/// What was done and what came of it.
pub(super) fn short(story: &Story<'_>) -> String {
    let done = story.part(Part::Action).take(1);
    quote::all(done.chain(story.part(Part::Result).take(1)))
}
