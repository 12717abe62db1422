//! Fills the moves with a topic's words and picks the question to ask.

use super::asked::Asked;
use super::moves::{Cue, MOVES, Move, STEPS, VIEWERS, VIEWS};
use super::topic::{Topic, clean};

/// What it costs a question to …
/// … be of a move that was made lately, each time.
const LATELY_COST: usize = 12;
/// … be of a move that was made at all, each time.
const MADE_COST: usize = 5;
/// … be called for by nothing in the message.
const UNCALLED_COST: usize = 6;
/// … take up no term of the message though it has some.
const TERMLESS_COST: usize = 10;
/// … take up an earlier turn's term.
const EARLIER_TERM_COST: usize = 3;
/// … take up the next weighty term, each.
const RANK_COST: usize = 2;
/// … be called for by the next telling cue, each.
const CUE_COST: usize = 1;

/// A question that can be asked.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) lead: Option<String>,
    pub(super) question: String,
}

/// The words for a move's places.
#[derive(Clone, Default)]
struct Words<'a> {
    term: Option<&'a str>,
    other: Option<&'a str>,
    clause: Option<&'a str>,
    earlier: Option<&'a str>,
    last: Option<&'a str>,
    function: Option<&'a (String, Option<String>)>,
    cost: usize,
}

/// The question that fits best among those not asked before, nor `but` this one.
pub(super) fn best(topic: &Topic, asked: &Asked, but: Option<&str>) -> Candidate {
    let last = asked.last().filter(|last| !last.starts_with("I had asked"));
    let last = last.map(|question| clean(question, 120));
    let mut best: Option<(usize, Candidate)> = None;
    for (place, made) in MOVES.iter().enumerate() {
        let Some(called) = called(topic, made) else { continue };
        let (all, lately) = asked.times(made);
        let cost = called + lately * LATELY_COST + all * MADE_COST;
        for words in fillings(topic, made, last.as_deref()) {
            let cost = (cost + words.cost) * 100 + place;
            if best.as_ref().is_some_and(|(least, _)| *least <= cost) {
                continue;
            }
            let Some(question) = fill(made.ask, &words) else { continue };
            if !asked.has(&question) && but != Some(question.as_str()) {
                let lead = fill(made.lead, &words).filter(|lead| !lead.is_empty());
                best = Some((cost, Candidate { lead, question }));
            }
        }
    }
    // A view costs what a move costs that was made a few times and that nothing calls for.
    let view_cost = (UNCALLED_COST + MADE_COST * 3) * 100;
    match best {
        Some((cost, candidate)) if cost <= view_cost => candidate,
        best => view(topic, asked)
            .or(best.map(|(_, candidate)| candidate))
            .unwrap_or_else(|| counted(topic, asked)),
    }
}

/// A smaller step beside the question `first`.
pub(super) fn step(topic: &Topic, asked: &Asked, first: &str) -> Option<String> {
    let mut steps: Vec<(usize, String)> = Vec::new();
    for (place, made) in STEPS.iter().enumerate() {
        let (all, _) = asked.times(made);
        for (rank, term) in topic.terms.iter().enumerate().take(3) {
            let words = Words { term: Some(term), ..Words::default() };
            let question = fill(made.ask, &words).filter(|it| !asked.has(it) && it != first);
            steps.extend(question.map(|question| (all * 10 + rank * 10 + place, question)));
        }
    }
    steps.into_iter().min().map(|(_, question)| question)
}

/// What it costs a move that the message calls for it so little; `None` where it has no words.
fn called(topic: &Topic, made: &Move) -> Option<usize> {
    if made.cue == Cue::Any {
        return Some(UNCALLED_COST);
    }
    let place = topic.cues.iter().position(|(cue, _)| *cue == made.cue)?;
    Some(place * CUE_COST)
}

/// Every way to fill a move.
fn fillings<'a>(topic: &'a Topic, made: &Move, last: Option<&'a str>) -> Vec<Words<'a>> {
    let cue = topic.cues.iter().find(|(cue, _)| *cue == made.cue);
    let clause = cue.and_then(|(_, words)| words.as_deref());
    let base = Words { clause, last, ..Words::default() };
    let mut all =
        if made.ask.contains("{t}") { with_terms(topic, made, &base) } else { vec![base] };
    let is_short = [Cue::Greeting, Cue::Demand].contains(&made.cue);
    let has_terms = !topic.terms.is_empty() || !topic.earlier_terms.is_empty();
    if !made.ask.contains("{t}") && !has_own_words(made) && has_terms && !is_short {
        all.iter_mut().for_each(|words| words.cost += TERMLESS_COST);
    }
    if made.ask.contains("{f}") {
        all = spread(&all, &topic.functions, |words, function| words.function = Some(function));
    }
    if made.ask.contains("{p}") {
        all = spread(&all, &topic.earlier, |words, earlier| words.earlier = Some(earlier));
    }
    all
}

fn has_own_words(made: &Move) -> bool {
    ["{c}", "{w}", "{f}", "{q}"].iter().any(|place| made.ask.contains(place))
}

fn with_terms<'a>(topic: &'a Topic, made: &Move, base: &Words<'a>) -> Vec<Words<'a>> {
    let own = topic.terms.iter().map(|term| (term, 0));
    let earlier = topic.earlier_terms.iter().map(|term| (term, EARLIER_TERM_COST));
    let terms: Vec<(&String, usize)> = own.chain(earlier).collect();
    let mut all = Vec::new();
    for (rank, (term, cost)) in terms.iter().enumerate() {
        let words = Words { term: Some(term), cost: cost + rank * RANK_COST, ..base.clone() };
        if !made.ask.contains("{u}") {
            all.push(words);
            continue;
        }
        // One of the two is the message's own, or both are earlier ones.
        for (other_rank, (other, _)) in terms.iter().enumerate().skip(rank + 1) {
            let cost = words.cost + other_rank;
            all.push(Words { other: Some(other), cost, ..words.clone() });
        }
    }
    all
}

/// Each filling with each of some words, the later ones costing more.
fn spread<'a, T>(
    all: &[Words<'a>],
    with: &'a [T],
    set: impl Fn(&mut Words<'a>, &'a T),
) -> Vec<Words<'a>> {
    let pairs = all.iter().flat_map(|words| with.iter().enumerate().map(move |it| (words, it)));
    let spread = pairs.map(|(words, (rank, item))| {
        let mut words = words.clone();
        words.cost += rank * RANK_COST;
        set(&mut words, item);
        words
    });
    spread.collect()
}

/// A move with its places filled; `None` where the words for one are missing.
fn fill(pattern: &str, words: &Words<'_>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(match place {
            "t" => words.term?,
            "u" => words.other?,
            "c" | "w" => words.clause?,
            "p" => words.earlier?,
            "q" => words.last?,
            "f" => &words.function?.0,
            "x" => words.function?.1.as_deref()?,
            _ => return None,
        });
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// The matter seen with somebody else's eyes: the first such question not asked before.
fn view(topic: &Topic, asked: &Asked) -> Option<Candidate> {
    let terms = topic.terms.iter().chain(&topic.earlier_terms).map(String::as_str);
    let terms: Vec<&str> = terms.take(12).collect();
    let terms = if terms.is_empty() { vec!["this"] } else { terms };
    // Every viewer, view and term in turn, so that neighbours differ in all three.
    let (viewers, views) = (VIEWERS.len(), VIEWS.len());
    let all = viewers * views * terms.len();
    let start = asked.count();
    (0..all).map(|step| start + step).find_map(|number| {
        let viewer = VIEWERS[number % viewers];
        let view = VIEWS[(number + number / viewers) % views];
        let term = terms[(number / (viewers * views) + number) % terms.len()];
        let question = view.replace("{v}", viewer).replace("{t}", term);
        (!asked.has(&question)).then_some(Candidate { lead: None, question })
    })
}

/// A question that its number makes new.
fn counted(topic: &Topic, asked: &Asked) -> Candidate {
    let about = topic.terms.first().map_or("this", String::as_str);
    let first = asked.count() + 1;
    let question = (first..=first + asked.count() + 1)
        .map(|number| {
            format!(
                "This is question {number} about {about}: which of the earlier ones would you \
                 answer differently today?"
            )
        })
        .find(|question| !asked.has(question))
        .unwrap_or_default();
    Candidate { lead: None, question }
}
