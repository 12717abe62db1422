//! What the three stages of an analysis, and the evaluation of an answer, say.
//!
//! These are the wire's own forms: they are stored, and sent by HTTP, as they stand here.
//!
//! **Invariants.** Scores are 0 to 100. A reference is `path`, `path:line` or `path:from-to`, of a file in
//! the repository at the analysed commit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stage 1: what the repository says about its author.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectReview {
    /// How the code reads.
    pub code_quality: CodeQuality,
    /// How clear its parts are.
    pub architecture_clarity: ArchitectureClarity,
    /// What an employer sees.
    pub employability_signal: EmployabilitySignal,
    /// What is done well.
    pub strengths: Vec<Strength>,
    /// What to do better, most urgent first.
    pub improvement_areas: Vec<ImprovementArea>,
}

/// How the code reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeQuality {
    /// Overall.
    pub score: u8,
    /// Small functions, shallow nesting, comments.
    pub readability: u8,
    /// How safely it can be changed.
    pub maintainability: u8,
    /// Tests, checks, no known faults.
    pub best_practices: u8,
    /// The facts behind the scores, in sentences.
    pub justification: String,
}

/// How clear the parts are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchitectureClarity {
    /// Overall.
    pub score: u8,
    /// How the components are laid out.
    pub component_organization: u8,
    /// How well concerns are kept apart.
    pub separation_of_concerns: u8,
}

/// What an employer sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmployabilitySignal {
    /// Overall.
    pub score: u8,
    /// The facts behind it, in sentences.
    pub justification: String,
    /// How near it is to being run for others.
    pub production_readiness: u8,
}

/// Something done well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Strength {
    /// Its name.
    pub pattern: String,
    /// What it is and why it is good.
    pub description: String,
    /// Where it shows.
    pub file_references: Vec<String>,
}

/// Something to do better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementArea {
    /// What is wrong.
    pub issue: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What to do.
    pub actionable_suggestion: String,
    /// Where it shows.
    pub file_references: Vec<String>,
}

/// How urgent something is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// First.
    High,
    /// Then.
    Medium,
    /// Some day.
    Low,
}

/// Stage 2: how the repository works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntelligenceReport {
    /// Its structure.
    pub system_architecture: SystemArchitecture,
    /// Decisions that can be read from the code.
    pub design_decisions: Vec<DesignDecision>,
    /// What was given up for what.
    pub tradeoffs: Vec<String>,
    /// What will hurt first under load.
    pub scalability_bottlenecks: Vec<String>,
    /// 5 to 7 sentences for a résumé.
    pub resume_bullets: Vec<String>,
}

/// Its structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemArchitecture {
    /// In sentences.
    pub overview: String,
    /// A Mermaid flowchart.
    pub component_diagram: String,
    /// From the entry points on, in sentences.
    pub data_flow: String,
}

/// A decision that can be read from the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DesignDecision {
    /// What was decided.
    pub decision: String,
    /// What speaks for it.
    pub rationale: String,
    /// Where it shows.
    pub file_references: Vec<String>,
}

/// Stage 3: what an interviewer would ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewSimulation {
    /// 5 to 10.
    pub questions: Vec<Question>,
}

/// One question about concrete code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its id.
    pub question_id: String,
    /// The question.
    pub question: String,
    /// What it is about.
    pub category: Category,
    /// Whom it is for.
    pub difficulty: Difficulty,
    /// The code it is about.
    pub file_references: Vec<String>,
    /// What a good answer says, a sentence each, 3 to 6.
    pub key_points: Vec<String>,
}

/// What a question is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Parts and how they fit.
    Architecture,
    /// How something is done.
    Implementation,
    /// What was given up for what.
    Tradeoffs,
    /// What happens when there is more.
    Scalability,
}

/// Whom a question is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Difficulty {
    /// Beginners.
    Junior,
    /// Some years in.
    MidLevel,
    /// Many years in.
    Senior,
}

/// What an answer was worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// 0 to 100.
    pub score: u8,
    /// Points that were made.
    pub strengths: Vec<String>,
    /// What was weak about it.
    pub weaknesses: Vec<String>,
    /// Points that were not made.
    pub missing_points: Vec<String>,
    /// What to take from it.
    pub feedback: String,
}
