//! Which key points an answer makes, and how far.

use text::words;

use super::Asked;
use super::claims::{Claim, Claims};
use super::concept::{concept, is_generic};
use super::terms::{Bag, Term};

/// The part of a point's weight that makes it.
const MADE_PART: f64 = 0.5;
/// What terms in a row count for.
const LIST_VALUE: f64 = 0.25;
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

    /// Whether a text has a telling term of the question or of a point.
    pub(super) fn speaks_of_subject(&self, bag: &Bag) -> bool {
        let mut terms = self.points.iter().flatten().chain(&self.question_terms);
        terms.any(|term| term.is_telling() && bag.has(term))
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
        let values = points.points.iter().map(|point| value(point, &claims.all)).collect();
        Self { values }
    }

    /// The mean over the points, from 0 to 1.
    pub(super) fn mean(&self) -> f64 {
        let count = u32::try_from(self.values.len()).unwrap_or(u32::MAX).max(1);
        self.values.iter().sum::<f64>() / f64::from(count)
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

/// How far a point is made by one claim, or by two in a row.
fn value(point: &[Term], claims: &[Claim]) -> f64 {
    let total: f64 = point.iter().map(|term| term.weight).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let alone = claims.iter().map(|claim| said(point, &[claim]));
    let pairs = claims.windows(2).map(|pair| said(point, &[&pair[0], &pair[1]]));
    let best = alone.chain(pairs).fold(0.0, f64::max);
    (best / total / MADE_PART).min(1.0)
}

fn said(point: &[Term], claims: &[&Claim]) -> f64 {
    let bags: Vec<&Bag> = claims.iter().map(|claim| &claim.bag).collect();
    let sum: f64 = point.iter().map(|term| term.weight * term.value_in(&bags)).sum();
    if claims.iter().any(|claim| claim.is_list) { sum * LIST_VALUE } else { sum }
}
