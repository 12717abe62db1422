//! What an interview as a whole showed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Evaluation, Question};

/// A question that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The question.
    pub question: &'a Question,
    /// The scores of its answer and, where there was one, of its follow-up's.
    pub scores: &'a [u8],
    /// Their evaluations.
    pub evaluations: &'a [Evaluation],
}

/// What an interview as a whole showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// 0 to 100: the mean over the questions.
    pub overall_score: u8,
    /// By category.
    pub category_scores: CategoryScores,
    /// What went well.
    pub key_strengths: Vec<String>,
    /// What did not.
    pub key_weaknesses: Vec<String>,
    /// What to work on.
    pub improvement_areas: Vec<String>,
}

/// The means over the questions of each category, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryScores {
    /// Parts and how they fit.
    pub architecture: u8,
    /// How something is done.
    pub implementation: u8,
    /// What was given up for what.
    pub tradeoffs: u8,
    /// What happens when there is more.
    pub scalability: u8,
}

/// What an interview as a whole showed.
#[must_use]
pub fn summary(_answered: &[Answered<'_>]) -> Summary {
    Summary {
        overall_score: 0,
        category_scores: CategoryScores {
            architecture: 0,
            implementation: 0,
            tradeoffs: 0,
            scalability: 0,
        },
        key_strengths: Vec::new(),
        key_weaknesses: Vec::new(),
        improvement_areas: Vec::new(),
    }
}
