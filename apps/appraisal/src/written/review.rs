//! Stage 1 as a model writes it.
//!
//! **Bounds.** [`EACH_MAX`] strengths and improvements; [`EACH_MIN`] where the rules know as many.

use schemars::JsonSchema;
use serde::Deserialize;

use super::sieve::{Sieve, cited, fill, score};
use super::{Claim, Desk, Draft};
use crate::{
    ArchitectureClarity, CodeQuality, EmployabilitySignal, ImprovementArea, Material, Priority,
    ProjectReview, Strength,
};

/// Strengths, and improvements, that are told.
const EACH_MAX: usize = 8;
/// Strengths, and improvements, that there should be.
const EACH_MIN: usize = 3;

/// A review of the repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReviewDraft {
    /// How the code reads.
    code_quality: QualityDraft,
    /// How clear the parts are.
    architecture_clarity: ClarityDraft,
    /// What an employer sees.
    employability_signal: SignalDraft,
    /// 3 to 8 things done well.
    strengths: Vec<StrengthDraft>,
    /// 3 to 8 things to do better.
    improvement_areas: Vec<ImprovementDraft>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QualityDraft {
    /// Overall, 0 to 100.
    score: i64,
    /// 0 to 100.
    readability: i64,
    /// 0 to 100.
    maintainability: i64,
    /// 0 to 100.
    best_practices: i64,
    /// The facts behind the scores, two to four sentences.
    justification: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClarityDraft {
    /// Overall, 0 to 100.
    score: i64,
    /// 0 to 100.
    component_organization: i64,
    /// 0 to 100.
    separation_of_concerns: i64,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SignalDraft {
    /// Overall, 0 to 100.
    score: i64,
    /// The facts behind the score, two to four sentences.
    justification: String,
    /// How near it is to being run for others, 0 to 100.
    production_readiness: i64,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StrengthDraft {
    /// Its name, a few words.
    pattern: String,
    /// What it is and why it is good.
    description: String,
    /// Where it shows.
    file_references: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ImprovementDraft {
    /// What is wrong.
    issue: String,
    /// How urgent it is.
    priority: Priority,
    /// What to do, in one or two sentences.
    actionable_suggestion: String,
    /// Where it shows.
    file_references: Vec<String>,
}

impl Draft for ReviewDraft {
    type Stage = ProjectReview;
    const NAME: &'static str = "project_review";
    const TASK: &'static str = "Review the repository as an experienced engineer who hires would: score its \
        code, the clarity of its parts and what an employer sees, each score an integer from 0 to 100 that \
        the facts justify (50 is ordinary work, 80 is very good); name 3 to 8 strengths and 3 to 8 things \
        to do better.";

    fn by_rules(material: &Material, _seed: &str) -> ProjectReview {
        crate::review(&material.facts)
    }

    fn claims(&mut self) -> Vec<Claim<'_>> {
        let strengths = self
            .strengths
            .iter_mut()
            .map(|it| Claim { text: &it.description, references: &mut it.file_references });
        let improvements = self
            .improvement_areas
            .iter_mut()
            .map(|it| Claim { text: &it.issue, references: &mut it.file_references });
        strengths.chain(improvements).collect()
    }

    fn finish(
        self,
        desk: &Desk<ProjectReview>,
        dropped: &mut usize,
    ) -> Result<ProjectReview, &'static str> {
        let rules = &desk.by_rules;
        let mut sieve = Sieve { material: &desk.material, dropped };
        let mut strengths = sieve.cited(self.strengths, EACH_MAX, strength);
        let mut improvements = sieve.cited(self.improvement_areas, EACH_MAX, improvement);
        if strengths.is_empty() && improvements.is_empty() {
            return Err("neither a strength nor an improvement");
        }
        fill(&mut strengths, &rules.strengths, EACH_MIN, |one, other| one.pattern == other.pattern);
        fill(&mut improvements, &rules.improvement_areas, EACH_MIN, |one, other| {
            one.issue == other.issue
        });
        improvements.sort_by_key(|it| it.priority);
        let mut justified = |text: &str, otherwise: &str| {
            sieve.passage(text).unwrap_or_else(|| otherwise.to_owned())
        };
        let (quality, clarity) = (self.code_quality, self.architecture_clarity);
        let signal = self.employability_signal;
        Ok(ProjectReview {
            code_quality: CodeQuality {
                score: score(quality.score),
                readability: score(quality.readability),
                maintainability: score(quality.maintainability),
                best_practices: score(quality.best_practices),
                justification: justified(&quality.justification, &rules.code_quality.justification),
            },
            architecture_clarity: ArchitectureClarity {
                score: score(clarity.score),
                component_organization: score(clarity.component_organization),
                separation_of_concerns: score(clarity.separation_of_concerns),
            },
            employability_signal: EmployabilitySignal {
                score: score(signal.score),
                justification: justified(
                    &signal.justification,
                    &rules.employability_signal.justification,
                ),
                production_readiness: score(signal.production_readiness),
            },
            strengths,
            improvement_areas: improvements,
        })
    }
}

fn strength(sieve: &Sieve<'_>, draft: StrengthDraft) -> Option<Strength> {
    Some(Strength {
        file_references: cited(draft.file_references)?,
        pattern: sieve.text(&draft.pattern)?,
        description: sieve.text(&draft.description)?,
    })
}

fn improvement(sieve: &Sieve<'_>, draft: ImprovementDraft) -> Option<ImprovementArea> {
    Some(ImprovementArea {
        file_references: cited(draft.file_references)?,
        issue: sieve.text(&draft.issue)?,
        priority: draft.priority,
        actionable_suggestion: sieve.text(&draft.actionable_suggestion)?,
    })
}
