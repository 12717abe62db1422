//! Stage 1 by rules: what the repository says about its author.
//!
//! Scores follow the formulas of `docs/scores.md`; a justification names the figures behind them. Strengths
//! and improvements are a fixed set of observations, each made only where the facts bear it and each with the
//! places that show it.
//!
//! **Invariants.** The same facts give the same review. Every strength and improvement has at least one
//! reference and at most [`REFERENCES_MAX`]; every path in them stands in [`Facts::files`].
//!
//! **Bounds.** At most [`OBSERVATIONS_MAX`] strengths, and as many improvements.

mod criteria;
mod improvements;
pub(crate) mod measures;
pub(crate) mod phrase;
mod rings;
mod rules;
mod strengths;

use repository::Facts;

use crate::{ArchitectureClarity, CodeQuality, EmployabilitySignal, ProjectReview};
use criteria::{Judged, mean};
use measures::Measures;
use phrase::capital;

/// Strengths, and improvements, that are told.
pub(crate) const OBSERVATIONS_MAX: usize = 8;
/// Strengths, and improvements, below which lesser ones are told too.
const OBSERVATIONS_MIN: usize = 3;
/// References of one claim.
pub(crate) const REFERENCES_MAX: usize = 5;
/// Figures that a justification names of one score.
const FIGURES_MAX: usize = 4;

/// The weights of the scores that are means of others, in percent.
const QUALITY: [(&str, u8); 3] =
    [("readability", 35), ("maintainability", 35), ("bestPractices", 30)];
const ARCHITECTURE: [(&str, u8); 2] = [("componentOrganization", 50), ("separationOfConcerns", 50)];
const EMPLOYABILITY: [(&str, u8); 4] = [
    ("codeQuality.score", 30),
    ("architectureClarity.score", 20),
    ("productionReadiness", 25),
    ("substance", 25),
];

/// Judges a repository by the formulas of `docs/scores.md`.
#[must_use]
pub fn review(facts: &Facts) -> ProjectReview {
    let measures = Measures::of(facts);
    let code_quality = code_quality(&measures);
    let architecture_clarity = architecture_clarity(&measures);
    let employability_signal =
        employability_signal(&measures, code_quality.score, architecture_clarity.score);
    ProjectReview {
        code_quality,
        architecture_clarity,
        employability_signal,
        strengths: strengths::strengths(&measures),
        improvement_areas: improvements::improvements(&measures),
    }
}

fn code_quality(measures: &Measures<'_>) -> CodeQuality {
    let readability = criteria::READABILITY.judge(measures);
    let maintainability = criteria::MAINTAINABILITY.judge(measures);
    let practices = criteria::BEST_PRACTICES.judge(measures);
    let justification = [
        what_was_read(measures),
        sentence("Readability", &readability),
        sentence("Maintainability", &maintainability),
        sentence("Best practices", &practices),
    ]
    .concat();
    CodeQuality {
        score: weigh(QUALITY, [readability.score, maintainability.score, practices.score]),
        readability: readability.score,
        maintainability: maintainability.score,
        best_practices: practices.score,
        justification,
    }
}

fn architecture_clarity(measures: &Measures<'_>) -> ArchitectureClarity {
    let organization = criteria::COMPONENT_ORGANIZATION.judge(measures).score;
    let separation = criteria::SEPARATION_OF_CONCERNS.judge(measures).score;
    ArchitectureClarity {
        score: weigh(ARCHITECTURE, [organization, separation]),
        component_organization: organization,
        separation_of_concerns: separation,
    }
}

fn employability_signal(
    measures: &Measures<'_>,
    quality: u8,
    architecture: u8,
) -> EmployabilitySignal {
    let production = criteria::PRODUCTION_READINESS.judge(measures);
    let substance = criteria::SUBSTANCE.judge(measures);
    let organization = criteria::COMPONENT_ORGANIZATION.judge(measures);
    let separation = criteria::SEPARATION_OF_CONCERNS.judge(measures);
    let justification = [
        format!(
            "Drawn from code quality ({quality}), architecture ({architecture}), production readiness ({}) \
             and substance ({}).",
            production.score, substance.score
        ),
        sentence("Substance", &substance),
        sentence("Production readiness", &production),
        sentence("Organization of the components", &organization),
        sentence("Separation of concerns", &separation),
    ]
    .concat();
    EmployabilitySignal {
        score: weigh(EMPLOYABILITY, [quality, architecture, production.score, substance.score]),
        justification,
        production_readiness: production.score,
    }
}

fn weigh<const N: usize>(weights: [(&str, u8); N], scores: [u8; N]) -> u8 {
    let parts: Vec<(u8, u8)> =
        scores.into_iter().zip(weights).map(|(score, (_, weight))| (score, weight)).collect();
    mean(&parts)
}

fn sentence(name: &str, judged: &Judged) -> String {
    if judged.says.is_empty() {
        return format!(" {name} {}: nothing in it could be measured.", judged.score);
    }
    let told = judged.says.get(..FIGURES_MAX).unwrap_or(&judged.says);
    format!(" {name} {}: {}.", judged.score, told.join("; "))
}

fn what_was_read(measures: &Measures<'_>) -> String {
    let files = phrase::count(measures.sources.len(), "source file");
    let code = phrase::count(measures.source_code, "line of code");
    let was = phrase::verb(measures.sources.len(), "was", "were");
    let mut read = capital(&format!("{files} with {code} {was} read."));
    if measures.source_code > 0 && measures.functions.is_empty() {
        read.push_str(" No function could be told apart in them, so size and shape of functions do not count.");
    }
    read
}

/// The observations worth telling, best first: those of some weight, and lesser ones up to the fewest wanted.
fn most_telling<T>(mut observed: Vec<(u8, T)>) -> Vec<T> {
    observed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let of_weight = observed.iter().filter(|(weight, _)| *weight >= TELLING).count();
    observed.truncate(of_weight.clamp(OBSERVATIONS_MIN, OBSERVATIONS_MAX));
    observed.into_iter().map(|(_, observation)| observation).collect()
}

/// The weight from which on an observation is told though there are enough.
const TELLING: u8 = 20;
