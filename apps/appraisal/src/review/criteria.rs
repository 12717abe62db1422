//! The formulas of the scores: each is a table of criteria, and the page about them is made from it.
//!
//! A criterion reads one figure, which is worth 0 points at one value and 100 at another, in a straight line
//! between them and flat outside. A score is the mean of its criteria by weight, of those that can be read at
//! all; where none can, it is 50.
//!
//! **Invariants.** Scores are 0 to 100. Whether a criterion can be read depends on what the source is, never on
//! how good it is. So each score moves one way only with each figure.

mod architecture;
mod practice;
mod quality;

use super::measures::Measures;

/// Lines of source under which a score that judges by shares is drawn towards the middle.
const EVIDENCE_CODE: usize = 300;
/// Lines per which findings are counted, and the fewest that count as so many.
const PER_LINES: usize = 1_000;
const PER_LINES_MIN: usize = 300;
/// What nothing is known about.
const MIDDLE: f64 = 50.0;

/// One score.
pub(super) struct Score {
    /// Its name on the wire.
    #[cfg_attr(not(test), expect(dead_code, reason = "the page about scores is made from it"))]
    pub(super) name: &'static str,
    pub(super) criteria: &'static [Criterion],
    /// Whether little source draws it to the middle.
    pub(super) needs_evidence: bool,
}

/// One figure of a score.
pub(super) struct Criterion {
    /// What is read, in words.
    #[cfg_attr(not(test), expect(dead_code, reason = "the page about scores is made from it"))]
    pub(super) input: &'static str,
    pub(super) read: fn(&Measures<'_>) -> Option<Reading>,
    /// The value that is worth nothing.
    pub(super) nothing_at: f64,
    /// The value that is worth all.
    pub(super) all_at: f64,
    pub(super) weight: u8,
}

/// What a criterion read.
pub(super) struct Reading {
    value: f64,
    /// The figure within a sentence.
    says: String,
}

/// A score with the figures behind it.
pub(super) struct Judged {
    pub(super) score: u8,
    /// The figures, heaviest criterion first.
    pub(super) says: Vec<String>,
}

pub(super) const READABILITY: Score =
    Score { name: "readability", criteria: quality::READABILITY, needs_evidence: true };
pub(super) const MAINTAINABILITY: Score =
    Score { name: "maintainability", criteria: quality::MAINTAINABILITY, needs_evidence: true };
pub(super) const BEST_PRACTICES: Score =
    Score { name: "bestPractices", criteria: practice::BEST_PRACTICES, needs_evidence: false };
pub(super) const COMPONENT_ORGANIZATION: Score = Score {
    name: "componentOrganization",
    criteria: architecture::COMPONENT_ORGANIZATION,
    needs_evidence: true,
};
pub(super) const SEPARATION_OF_CONCERNS: Score = Score {
    name: "separationOfConcerns",
    criteria: architecture::SEPARATION_OF_CONCERNS,
    needs_evidence: true,
};
pub(super) const PRODUCTION_READINESS: Score = Score {
    name: "productionReadiness",
    criteria: practice::PRODUCTION_READINESS,
    needs_evidence: false,
};
/// What an employer sees beyond the other scores; it has no place of its own on the wire.
pub(super) const SUBSTANCE: Score =
    Score { name: "substance", criteria: practice::SUBSTANCE, needs_evidence: false };

impl Score {
    pub(super) fn judge(&self, measures: &Measures<'_>) -> Judged {
        let read = |criterion: &Criterion| {
            let reading = (criterion.read)(measures)?;
            Some((criterion.points(reading.value), criterion.weight, reading.says))
        };
        let mut readings: Vec<(f64, u8, String)> = self.criteria.iter().filter_map(read).collect();
        let weights: f64 = readings.iter().map(|(_, weight, _)| f64::from(*weight)).sum();
        let points: f64 =
            readings.iter().map(|(points, weight, _)| points * f64::from(*weight)).sum();
        let mut score = if weights > 0.0 { points / weights } else { MIDDLE };
        if self.needs_evidence {
            score = MIDDLE
                + (score - MIDDLE) * share(measures.source_code.min(EVIDENCE_CODE), EVIDENCE_CODE);
        }
        readings.sort_by_key(|(_, weight, _)| std::cmp::Reverse(*weight));
        let says = readings.into_iter().map(|(.., says)| says).collect();
        Judged { score: whole(score), says }
    }
}

impl Criterion {
    fn points(&self, value: f64) -> f64 {
        ((value - self.nothing_at) / (self.all_at - self.nothing_at)).clamp(0.0, 1.0) * 100.0
    }
}

/// The mean of scores by weight.
pub(super) fn mean(parts: &[(u8, u8)]) -> u8 {
    let weights: f64 = parts.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let points: f64 =
        parts.iter().map(|(score, weight)| f64::from(*score) * f64::from(*weight)).sum();
    whole(if weights > 0.0 { points / weights } else { MIDDLE })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100")]
fn whole(score: f64) -> u8 {
    score.clamp(0.0, 100.0).round() as u8
}

fn reading(value: f64, says: impl Into<String>) -> Option<Reading> {
    Some(Reading { value, says: says.into() })
}

/// A yes or no, as 1 or 0.
fn whether(is_so: bool, yes: impl Into<String>, no: impl Into<String>) -> Option<Reading> {
    if is_so { reading(1.0, yes) } else { reading(0.0, no) }
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of lines and files stay far below 2^52")]
fn figure(value: usize) -> f64 {
    value as f64
}

/// A part of a whole, 0 to 1 where it is one; 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { figure(part) / figure(whole) }
}

/// Findings per 1,000 lines of the sources that are read for them.
fn per_lines(findings: usize, measures: &Measures<'_>) -> Option<f64> {
    let lines = measures.parsed_code.max(PER_LINES_MIN);
    (measures.parsed_code > 0).then(|| figure(findings) * figure(PER_LINES) / figure(lines))
}

/// Of 1,000 lines, with one decimal.
fn rate(findings: usize, measures: &Measures<'_>) -> String {
    format!("{:.1}", per_lines(findings, measures).unwrap_or_default())
}

#[cfg(test)]
mod tests;
