//! An evaluation in words: which points, and what to do about them.

use crate::Evaluation;

use super::Asked;
use super::claims::Claims;
use super::coverage::{Coverage, Made};
use super::depth::Depth;

/// Sentences of a list of an evaluation, at most.
const LINES_MAX: usize = 6;
/// The relevance below which an answer is told to be beside the subject.
const RELEVANCE_LOW: f64 = 0.5;
/// The score from which on an answer is told to be strong.
const STRONG: u8 = 75;

pub(super) fn evaluation(
    asked: &Asked<'_>,
    claims: &Claims,
    coverage: &Coverage,
    depth: &Depth,
    score: u8,
) -> Evaluation {
    let points: Vec<(&str, Made)> =
        asked.key_points.iter().map(String::as_str).zip(coverage.made()).collect();
    let of = |made: Made| points.iter().filter(move |point| point.1 == made).map(|point| point.0);
    let is_void = claims.is_void();
    let made: Vec<&str> = if is_void { Vec::new() } else { of(Made::Yes).collect() };
    let touched: Vec<&str> = if is_void { Vec::new() } else { of(Made::Partly).collect() };
    let missing: Vec<&str> = points
        .iter()
        .map(|point| point.0)
        .filter(|point| !made.contains(point) && !touched.contains(point))
        .collect();
    Evaluation {
        score,
        strengths: strengths(&made, depth, claims),
        weaknesses: weaknesses(&touched, depth, claims),
        missing_points: missing.iter().take(LINES_MAX).map(|&point| point.to_owned()).collect(),
        feedback: feedback(&made, &touched, &missing, claims, depth, score),
    }
}

fn strengths(made: &[&str], depth: &Depth, claims: &Claims) -> Vec<String> {
    let mut lines: Vec<String> =
        made.iter().map(|point| format!("Made the point: {point}")).collect();
    if !made.is_empty() && !claims.is_void() {
        let depths = [
            (depth.reasons, "Gave reasons, not just facts."),
            (depth.alternatives, "Weighed alternatives."),
        ];
        lines.extend(depths.iter().filter(|it| it.0 > 0).map(|it| it.1.to_owned()));
    }
    lines.truncate(LINES_MAX);
    lines
}

fn weaknesses(touched: &[&str], depth: &Depth, claims: &Claims) -> Vec<String> {
    if claims.is_void() {
        return vec![nothing_said(claims).to_owned()];
    }
    let mut lines: Vec<String> = faults(claims).map(str::to_owned).collect();
    lines.extend(touched.iter().map(|point| format!("Only touched on: {point}")));
    let depths = [
        (depth.reasons, "Gave no reasons: say why the code is the way it is."),
        (depth.alternatives, "Named no alternative, and what it would cost."),
        (depth.consequences, "Did not say what follows from it, or what breaks without it."),
    ];
    lines.extend(depths.iter().filter(|it| it.0 == 0).map(|it| it.1.to_owned()));
    lines.truncate(LINES_MAX);
    lines
}

/// What is wrong with an answer as a whole, the gravest first.
fn faults(claims: &Claims) -> impl Iterator<Item = &'static str> {
    let is_list = claims.is_mostly_list();
    let is_beside = !is_list && claims.relevance() < RELEVANCE_LOW;
    [
        (is_list, "Names terms in a row without saying anything about them."),
        (is_beside, "Most of it is not about the question."),
        (claims.has_copied, "Repeats the question, which counts for nothing."),
        (claims.has_repeated, "Says the same more than once."),
    ]
    .into_iter()
    .filter_map(|(is_so, fault)| is_so.then_some(fault))
}

fn nothing_said(claims: &Claims) -> &'static str {
    if claims.has_copied {
        "Repeats the question and says nothing of its own."
    } else {
        "Says nothing that could be judged."
    }
}

fn feedback(
    made: &[&str],
    touched: &[&str],
    missing: &[&str],
    claims: &Claims,
    depth: &Depth,
    score: u8,
) -> String {
    let total = made.len() + touched.len() + missing.len();
    let next = missing.first().or_else(|| touched.first());
    let mut lines = Vec::new();
    if claims.is_void() {
        lines.push(nothing_said(claims).to_owned());
    } else {
        lines.push(match (made.len(), touched.len()) {
            (0, 0) => format!("This makes none of the {total} points."),
            (0, some) => {
                format!("This touches {some} of the {total} points and makes none in full.")
            }
            (all, _) if all == total => format!("This makes all of the {total} points."),
            (some, _) => format!("This makes {some} of the {total} points."),
        });
        lines.extend(faults(claims).next().map(str::to_owned));
        if depth.reasons + depth.alternatives == 0 {
            lines.push("Say why it is so, and what else could have been done.".to_owned());
        } else if score >= STRONG && next.is_none() {
            lines.push("It gives reasons and keeps to the code.".to_owned());
        }
    }
    lines.extend(next.map(|point| format!("A better answer also says: {point}")));
    lines.join(" ")
}
