//! Judges a repository and what its author says of it.
//!
//! [`Appraiser`] writes the three stages of an analysis ([`ProjectReview`], [`IntelligenceReport`],
//! [`InterviewSimulation`]) and evaluates the answers of an interview: by rules of ours ([`review()`],
//! [`report()`], [`questions()`], [`evaluate()`]), which are deterministic and need no network, or by a
//! model. [`follow_up()`], [`example_answer()`] and [`summary()`] are rules for both.
//!
//! **Invariants.** Every reference exists at the analysed commit ([`Citation`]); what a model claims without
//! one is dropped and counted. Scores are 0 to 100. What repositories and people wrote goes to a model as
//! quoted data; what comes back is data too and passes the same checks whatever it says.
//!
//! **Bounds.** See `appraiser.rs` for time and calls, `written/tokens.rs` for what a model is sent.

mod appraiser;
mod citation;
mod evaluation;
mod follow_up;
mod questions;
mod report;
mod review;
mod stages;
mod summary;
mod written;

pub use appraiser::{
    AppraisalError, AppraisalStats, Appraiser, AskedOwned, EVALUATION_WITHIN, FOLLOW_UP_WITHIN,
    Material, Written,
};
pub use citation::{Citation, CitationError};
pub use evaluation::{Asked, evaluate};
pub use follow_up::{FollowUp, FollowUpKind, example_answer, follow_up};
pub use questions::{QUESTIONS_MAX, questions};
pub use report::report;
pub use review::review;
pub use stages::{
    ArchitectureClarity, Category, CodeQuality, DesignDecision, Difficulty, EmployabilitySignal,
    Evaluation, ImprovementArea, IntelligenceReport, InterviewSimulation, Priority, ProjectReview,
    Question, Strength, SystemArchitecture,
};
pub use summary::{Answered, CategoryScores, Summary, summary};
