//! What an interview as a whole showed.
//!
//! **Invariants.** A question's score is the mean over its answer and its follow-up, a category's the mean over
//! its questions, the overall score the mean over all questions. A category of which nothing was asked has the
//! overall score, so that it neither lifts nor lowers anything. Without any answer all is 0.
//!
//! **Bounds.** [`LINES_MAX`] lines of a kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Category, Evaluation, Question};

/// Lines of a list of the summary.
const LINES_MAX: usize = 5;
/// The score from which on a question went well.
const WELL: f64 = 65.0;
/// The score below which a question went badly.
const BADLY: f64 = 45.0;
/// Between rounding up and down.
const HALF: f64 = 0.5;

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
pub fn summary(answered: &[Answered<'_>]) -> Summary {
    let overall = mean(answered.iter().map(score)).unwrap_or(0.0);
    let of = |category: Category| {
        let scores = answered.iter().filter(|it| it.question.category == category).map(score);
        rounded(mean(scores).unwrap_or(overall))
    };
    let mut ranked: Vec<&Answered<'_>> = answered.iter().collect();
    ranked.sort_by(|a, b| score(b).total_cmp(&score(a)));
    Summary {
        overall_score: rounded(overall),
        category_scores: CategoryScores {
            architecture: of(Category::Architecture),
            implementation: of(Category::Implementation),
            tradeoffs: of(Category::Tradeoffs),
            scalability: of(Category::Scalability),
        },
        key_strengths: strengths(&ranked),
        key_weaknesses: weaknesses(&ranked),
        improvement_areas: improvements(&ranked),
    }
}

fn score(answered: &Answered<'_>) -> f64 {
    mean(answered.scores.iter().map(|&score| f64::from(score))).unwrap_or(0.0)
}

fn mean(scores: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = scores.fold((0.0, 0_u32), |(sum, count), score| (sum + score, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 to 100 before"
)]
fn rounded(score: f64) -> u8 {
    (score + HALF).floor().clamp(0.0, 100.0) as u8
}

/// "`load_dotenv`", else the file.
fn subject(question: &Question) -> String {
    let quoted = question.question.split('`').nth(1).filter(|code| !code.trim().is_empty());
    let file = question.file_references.first().map(String::as_str);
    quoted.or(file).map_or_else(|| "the project".to_owned(), |name| format!("`{name}`"))
}

fn named(category: Category) -> &'static str {
    match category {
        Category::Architecture => "the architecture around",
        Category::Implementation => "the implementation of",
        Category::Tradeoffs => "the trade-offs of",
        Category::Scalability => "the limits of",
    }
}

fn strengths(ranked: &[&Answered<'_>]) -> Vec<String> {
    let well = ranked.iter().filter(|it| score(it) >= WELL).take(LINES_MAX);
    let line = |it: &&Answered<'_>| {
        let (about, subject) = (named(it.question.category), subject(it.question));
        format!("Explained {about} {subject} well ({} of 100).", rounded(score(it)))
    };
    well.map(line).collect()
}

fn weaknesses(ranked: &[&Answered<'_>]) -> Vec<String> {
    let badly = ranked.iter().rev().filter(|it| score(it) < BADLY).take(LINES_MAX);
    let line = |it: &&Answered<'_>| {
        let (about, subject) = (named(it.question.category), subject(it.question));
        format!("Could not explain {about} {subject} ({} of 100).", rounded(score(it)))
    };
    badly.map(line).collect()
}

/// The first point that each answer left out, those of the weakest answers first.
fn improvements(ranked: &[&Answered<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for answered in ranked.iter().rev().filter(|it| !it.evaluations.is_empty()) {
        let points = answered.evaluations.iter().flat_map(|it| it.missing_points.first());
        let Some(point) = points.into_iter().next() else { continue };
        let line = format!("Look at {} again: {point}", subject(answered.question));
        if lines.len() < LINES_MAX && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Difficulty;

    fn question(category: Category, name: &str) -> Question {
        Question {
            question_id: name.to_owned(),
            question: format!("What is `{name}` for?"),
            category,
            difficulty: Difficulty::Junior,
            file_references: vec!["a.rs:1".to_owned()],
            key_points: vec!["It parses.".to_owned()],
        }
    }

    #[test]
    fn scores_are_means_over_questions_and_their_follow_ups() {
        let (one, other) =
            (question(Category::Architecture, "one"), question(Category::Tradeoffs, "other"));
        let answered = [
            Answered { question: &one, scores: &[90, 70], evaluations: &[] },
            Answered { question: &other, scores: &[31], evaluations: &[] },
        ];
        let summary = summary(&answered);
        assert_eq!(summary.overall_score, 56);
        assert_eq!(summary.category_scores.architecture, 80);
        assert_eq!(summary.category_scores.tradeoffs, 31);
        assert_eq!(
            summary.category_scores.scalability, 56,
            "what was not asked is the overall score"
        );
        assert_eq!(
            summary.key_strengths,
            ["Explained the architecture around `one` well (80 of 100)."]
        );
        assert_eq!(
            summary.key_weaknesses,
            ["Could not explain the trade-offs of `other` (31 of 100)."]
        );
    }

    #[test]
    fn an_interview_without_an_answer_is_worth_nothing() {
        let summary = summary(&[]);
        assert_eq!((summary.overall_score, summary.category_scores.scalability), (0, 0));
        assert!(summary.key_strengths.is_empty() && summary.improvement_areas.is_empty());
    }

    #[test]
    fn what_was_left_out_is_to_be_worked_on_once() {
        let one = question(Category::Architecture, "one");
        let evaluation = Evaluation {
            score: 20,
            strengths: Vec::new(),
            weaknesses: Vec::new(),
            missing_points: vec!["It parses.".to_owned()],
            feedback: String::new(),
        };
        let evaluations = [evaluation];
        let answered = Answered { question: &one, scores: &[20], evaluations: &evaluations };
        let summary = summary(&[answered, answered]);
        assert_eq!(summary.improvement_areas, ["Look at `one` again: It parses."]);
    }
}
