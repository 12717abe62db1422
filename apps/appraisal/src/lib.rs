//! Judges a repository and what its author says of it.

mod stages;

pub use stages::{
    ArchitectureClarity, Category, CodeQuality, DesignDecision, Difficulty, EmployabilitySignal,
    Evaluation, ImprovementArea, IntelligenceReport, InterviewSimulation, Priority, ProjectReview,
    Question, Strength, SystemArchitecture,
};
