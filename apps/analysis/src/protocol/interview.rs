//! What the server tells of interviews.
//!
//! **Invariant.** Questions are told without their key points: those are for after the interview.

use appraisal::{Category, CategoryScores, Difficulty, Evaluation, FollowUpKind, Summary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Event;

/// An interview began.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewStarted<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// About which analysis.
    pub analysis_id: &'a str,
    /// What is asked first.
    pub first_question: AskedQuestion<'a>,
    /// Main questions of the interview, 5 to 10.
    pub total_questions: usize,
}

/// A main question, as it is asked.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedQuestion<'a> {
    /// Its id.
    pub question_id: &'a str,
    /// The question.
    pub question: &'a str,
    /// What it is about.
    pub category: Category,
    /// Whom it is for.
    pub difficulty: Difficulty,
    /// The code it is about.
    pub file_references: &'a [String],
}

impl<'a> From<&'a appraisal::Question> for AskedQuestion<'a> {
    fn from(question: &'a appraisal::Question) -> Self {
        Self {
            question_id: &question.question_id,
            question: &question.question,
            category: question.category,
            difficulty: question.difficulty,
            file_references: &question.file_references,
        }
    }
}

/// What comes after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// A question about the answer.
    FollowUp,
    /// The next main question.
    NextQuestion,
    /// The summary.
    Complete,
}

impl NextAction {
    /// Its name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FollowUp => "follow_up",
            Self::NextQuestion => "next_question",
            Self::Complete => "complete",
        }
    }

    /// The action of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::FollowUp, Self::NextQuestion, Self::Complete];
        all.into_iter().find(|action| action.as_str() == name)
    }
}

/// An answer was evaluated and stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerEvaluated<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// What was answered.
    pub question_id: &'a str,
    /// What the answer was worth.
    pub evaluation: &'a Judgement,
    /// Which message follows.
    pub next_action: NextAction,
}

/// An evaluation as it is told and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// What the answer was worth.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// An answer that makes all the points; in practice only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example_answer: Option<String>,
}

/// A question about the last answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUpQuestion<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// Its own id.
    pub question_id: &'a str,
    /// The question.
    pub question: &'a str,
    /// What it is for.
    pub question_type: FollowUpKind,
    /// The main question.
    pub related_to_question_id: &'a str,
}

/// The next main question.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextQuestion<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// The question.
    #[serde(flatten)]
    pub question: AskedQuestion<'a>,
    /// Its number among the main questions, from 1.
    pub question_number: usize,
    /// Main questions of the interview.
    pub total_questions: usize,
}

/// The interview rests; its time stands still.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewPaused<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// The main question it is at, from 0.
    pub current_question_index: usize,
    /// Whether it may go on; always so.
    pub can_resume: bool,
}

/// The interview goes on, with this connection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewResumed<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// What is to be answered.
    pub current_question: CurrentQuestion<'a>,
}

/// What is to be answered: a main question, or a follow-up.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrentQuestion<'a> {
    /// The question; category, difficulty and references of a follow-up are its main question's.
    #[serde(flatten)]
    pub question: AskedQuestion<'a>,
    /// What a follow-up is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question_type: Option<FollowUpKind>,
    /// The main question of a follow-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_to_question_id: Option<&'a str>,
}

/// The interview is over.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewComplete<'a> {
    /// The interview.
    pub session_id: &'a str,
    /// About which analysis.
    pub analysis_id: &'a str,
    /// How it went.
    pub summary: &'a InterviewSummary,
}

/// How an interview went, as it is told and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterviewSummary {
    /// 0 to 100: the mean over the questions.
    pub overall_score: u8,
    /// The means over the questions of each category.
    pub category_scores: CategoryScores,
    /// What went well.
    pub key_strengths: Vec<String>,
    /// What did not.
    pub key_weaknesses: Vec<String>,
    /// What to work on.
    pub improvement_areas: Vec<String>,
    /// Main questions that were answered.
    pub questions_answered: usize,
    /// The mean over all answers, pauses left out: whole seconds, as `45 seconds`.
    pub average_response_time: String,
}

impl InterviewSummary {
    /// What `summary` says, with the figures of the interview itself.
    #[must_use]
    pub fn new(
        summary: Summary,
        questions_answered: usize,
        response_time: std::time::Duration,
    ) -> Self {
        let Summary {
            overall_score,
            category_scores,
            key_strengths,
            key_weaknesses,
            improvement_areas,
        } = summary;
        let seconds = (response_time + std::time::Duration::from_millis(500)).as_secs();
        Self {
            overall_score,
            category_scores,
            key_strengths,
            key_weaknesses,
            improvement_areas,
            questions_answered,
            // Always the plural, so that clients read it by one rule.
            average_response_time: format!("{seconds} seconds"),
        }
    }
}

macro_rules! events {
    ($($event:ty => $name:literal),+ $(,)?) => {
        $(impl Event for $event {
            const TYPE: &'static str = $name;
        })+
    };
}

events! {
    InterviewStarted<'_> => "interview_started",
    AnswerEvaluated<'_> => "answer_evaluated",
    FollowUpQuestion<'_> => "follow_up_question",
    NextQuestion<'_> => "next_question",
    InterviewPaused<'_> => "interview_paused",
    InterviewResumed<'_> => "interview_resumed",
    InterviewComplete<'_> => "interview_complete",
}
