//! Which key points an answer makes, and how far.

use text::words;

use super::Asked;
use super::claims::{Claim, Claims};
use super::concept::{concept, is_generic};
use super::terms::{Bag, Term};

/// The part of a point's weight that makes it.
const MADE_PART: f64 = 0.5;
/// The weight that makes any point, however long.
const MADE_WEIGHT_MAX: f64 = 4.5;
/// What is left of a point of which one plain word alone was said: it may be chance.
const CHANCE_PART: f64 = 0.2;
/// What any text has of a point by chance.
const CHANCE: f64 = 0.12;
/// The weight of telling terms that makes a point count in full; a point that could be said of any code
/// counts less.
const TELLING_WEIGHT: f64 = 4.0;
/// How far one telling term shows that the subject is meant.
const ONE_TERM_NEARNESS: f64 = 0.6;
/// How far everyday words of the question do.
const EVERYDAY_NEARNESS: f64 = 0.3;
/// What terms in a row count for.
const LIST_VALUE: f64 = 0.15;
/// The value from which on a point counts as made.
const MADE: f64 = 0.7;
/// The value from which on it was at least touched.
const TOUCHED: f64 = 0.35;

/// The key points as terms.
pub(super) struct Points {
    points: Vec<Vec<Term>>,
    /// The question and the points together.
    subject: Bag,
    question_terms: Vec<Term>,
}

impl Points {
    pub(super) fn new(asked: &Asked<'_>) -> Self {
        let told = Bag::of(asked.question);
        let points = asked.key_points.iter().map(|point| Term::all(point, &told)).collect();
        let all = format!("{}\n{}", asked.question, asked.key_points.join("\n"));
        let question_terms = Term::all(asked.question, &Bag::default());
        Self { points, subject: Bag::of(&all), question_terms }
    }

    /// How far a text keeps to the subject: 1 with a name or two telling terms of the question or of a
    /// point, less with one or with everyday words of the question, 0 without any.
    pub(super) fn nearness(&self, bag: &Bag) -> f64 {
        let terms = self.points.iter().flatten().chain(&self.question_terms);
        let mut found: Vec<&Term> = Vec::new();
        for term in terms.filter(|term| bag.has(term)) {
            if !found.iter().any(|other| other.is_same(term)) {
                found.push(term);
            }
        }
        let telling = found.iter().filter(|term| term.is_telling()).count();
        let has_name = found.iter().any(|term| term.is_name() && term.is_telling());
        let has_everyday = self.question_terms.iter().any(|term| bag.has(term));
        match (has_name, telling) {
            (true, _) | (_, 2..) => 1.0,
            (_, 1) => ONE_TERM_NEARNESS,
            _ if has_everyday => EVERYDAY_NEARNESS,
            _ => 0.0,
        }
    }

    /// Whether a word is one of the question's or the points' telling ones.
    pub(super) fn has_word(&self, word: &str) -> bool {
        !text::is_stop_word(word)
            && words(word).any(|word| {
                let concept = concept(word.text);
                self.subject.has_either(&concept, word.text) && !is_generic(&concept)
            })
    }
}

/// Which points an answer makes.
pub(super) struct Coverage {
    values: Vec<f64>,
    mean: f64,
}

/// How far a point is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Yes,
    Partly,
    No,
}

impl Coverage {
    pub(super) fn new(points: &Points, claims: &Claims) -> Self {
        let values: Vec<f64> =
            points.points.iter().map(|point| value(point, &claims.all)).collect();
        let weights: Vec<f64> = points.points.iter().map(|point| weight(point)).collect();
        let total: f64 = weights.iter().sum();
        let sum: f64 = values.iter().zip(&weights).map(|(value, weight)| value * weight).sum();
        Self { values, mean: if total > 0.0 { sum / total } else { 0.0 } }
    }

    /// The mean over the points, by how much each says of this very code, from 0 to 1.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// How far each point is made, in their order.
    pub(super) fn made(&self) -> impl Iterator<Item = Made> + '_ {
        self.values.iter().map(|&value| match value {
            made if made >= MADE => Made::Yes,
            touched if touched >= TOUCHED => Made::Partly,
            _ => Made::No,
        })
    }
}

/// How much a point says of this very code, from 0 to 1.
fn weight(point: &[Term]) -> f64 {
    let telling: f64 = point.iter().filter(|term| term.is_telling()).map(|term| term.weight).sum();
    (telling / TELLING_WEIGHT).min(1.0)
}

/// How far a point is made by one claim, or by two in a row.
fn value(point: &[Term], claims: &[Claim]) -> f64 {
    let total: f64 = point.iter().map(|term| term.weight).sum();
    let needed = (total * MADE_PART).min(MADE_WEIGHT_MAX);
    if needed <= 0.0 {
        return 0.0;
    }
    let alone = claims.iter().map(|claim| said(point, &[claim]));
    let pairs = claims.windows(2).map(|pair| said(point, &[&pair[0], &pair[1]]));
    let best = (alone.chain(pairs).fold(0.0, f64::max) / needed).min(1.0);
    ((best - CHANCE) / (1.0 - CHANCE)).max(0.0)
}

fn said(point: &[Term], claims: &[&Claim]) -> f64 {
    let bags: Vec<&Bag> = claims.iter().map(|claim| &claim.bag).collect();
    let found: Vec<(&Term, f64)> = point.iter().map(|term| (term, term.value_in(&bags))).collect();
    let sum: f64 = found.iter().map(|(term, value)| term.weight * value).sum();
    let telling: Vec<&&Term> =
        found.iter().filter(|it| it.0.is_telling() && it.1 >= 0.5).map(|it| &it.0).collect();
    let is_chance = telling.len() < 2 && !telling.iter().any(|term| term.is_name());
    let sum = if is_chance { sum * CHANCE_PART } else { sum };
    if claims.iter().any(|claim| claim.is_list) { sum * LIST_VALUE } else { sum }
}
