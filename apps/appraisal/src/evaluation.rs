//! What an answer is worth, without a model.
//!
//! The answer is cut into claims ([`claims`]); each key point is looked for in them ([`coverage`]);
//! then reasons, alternatives, consequences and evidence are looked for in the claims that keep to
//! the subject ([`depth`]); at last it is said in words ([`wording`]).
//!
//! **Invariants.** A score is a function of the question, its key points and the answer. What repeats
//! the question, or itself, counts for nothing; terms without sentences count a quarter; depth and
//! relevance count only as far as points are made. Nothing panics on any text.
//!
//! **Bounds.** The text that is read is bounded by [`text::TEXT_BYTES_MAX`]; an answer of 20,000
//! characters takes milliseconds.

mod claims;
mod concept;
mod coverage;
mod depth;
mod terms;
mod wording;

use crate::Evaluation;

use claims::Claims;
use coverage::{Coverage, Points};
use depth::Depth;

/// What the points count for, of 1.
const COVERAGE_WEIGHT: f64 = 0.66;
/// What reasons, alternatives, consequences and evidence count for.
const DEPTH_WEIGHT: f64 = 0.22;
/// What keeping to the subject counts for.
const RELEVANCE_WEIGHT: f64 = 0.12;
/// The mean of the points from which on all of them count as made: nobody says everything.
const COVERAGE_FULL: f64 = 0.68;
/// The coverage from which on depth and relevance count in full.
const COVERAGE_THAT_CARRIES: f64 = 0.4;
/// What relevance counts for at least when no point is made: it tells vague from beside the subject.
const RELEVANCE_CARRIED_MIN: f64 = 0.8;
/// What is left of a score when most of the answer is terms in a row.
const LIST_PART: f64 = 0.6;
/// Words of prose from which on an answer has enough to say.
const WORDS_ENOUGH: usize = 25;

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The question.
    pub question: &'a str,
    /// What a good answer says, a sentence each.
    pub key_points: &'a [String],
}

/// What an answer is worth.
///
/// Fewer than three words, or the confession not to know, are worth 0.
#[must_use]
pub fn evaluate(asked: &Asked<'_>, answer: &str) -> Evaluation {
    let points = Points::new(asked);
    let claims = Claims::new(answer, asked.question, &points);
    let coverage = Coverage::new(&points, &claims);
    let depth = Depth::new(&claims);
    let score = score(&claims, &coverage, &depth);
    wording::evaluation(asked, &claims, &coverage, &depth, score)
}

fn score(claims: &Claims, coverage: &Coverage, depth: &Depth) -> u8 {
    if claims.is_void() {
        return 0;
    }
    let covered = (coverage.mean() / COVERAGE_FULL).min(1.0);
    let carried = (covered / COVERAGE_THAT_CARRIES).min(1.0);
    let length = ratio(claims.prose_words(), WORDS_ENOUGH).min(1.0);
    let carry = RELEVANCE_CARRIED_MIN + (1.0 - RELEVANCE_CARRIED_MIN) * carried;
    let relevance = claims.relevance() * length * carry;
    let sum = COVERAGE_WEIGHT * covered
        + DEPTH_WEIGHT * depth.value() * carried
        + RELEVANCE_WEIGHT * relevance;
    percent(if claims.is_mostly_list() { sum * LIST_PART } else { sum })
}

/// A part of 1 as an integer from 0 to 100.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 to 100 before"
)]
fn percent(part: f64) -> u8 {
    (part * 100.0).round().clamp(0.0, 100.0) as u8
}

/// One count in terms of another; 0 where that is 0.
fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}
