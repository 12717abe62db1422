//! What to ask after an answer, and what a good answer sounds like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Evaluation, Question};

/// A question about an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The question.
    pub question: String,
    /// What it is for.
    pub kind: FollowUpKind,
    /// What a good answer says, a sentence each.
    pub key_points: Vec<String>,
}

/// What a follow-up is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpKind {
    /// After a middling answer: what it left out.
    Clarifying,
    /// After a strong answer: what lies below it.
    DeeperTechnical,
}

/// The follow-up that helps after this answer, if one does.
#[must_use]
pub fn follow_up(
    _question: &Question,
    _answer: &str,
    _evaluation: &Evaluation,
) -> Option<FollowUp> {
    None
}

/// An answer that makes all of a question's points.
#[must_use]
pub fn example_answer(question: &Question) -> String {
    question.key_points.join(" ")
}
