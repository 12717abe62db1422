//! Protocol A on the wire: `{type, timestamp, payload, requestId?}` both ways.
//!
//! **Invariants.** Everything a client sends goes through [`decode`], which parses no JSON that is nested past
//! 64 levels; of such a message it reads the `requestId` alone. A reply echoes the `requestId` of what it answers. Codes are stable;
//! `details` names the field, the wait or the reason, where there is one.

mod event;
mod interview;
mod refusal;
mod request;
mod schema;

use bytes::Bytes;
use model::Timestamp;
use serde::Serialize;

pub use event::{
    AnalysisFailed, Authenticated, Pong, StageCompleted, SubscriptionConfirmed,
    UnsubscriptionConfirmed,
};
pub use interview::{
    AnswerEvaluated, AskedQuestion, CurrentQuestion, FollowUpQuestion, InterviewComplete,
    InterviewPaused, InterviewResumed, InterviewStarted, InterviewSummary, Judgement, NextAction,
    NextQuestion,
};
pub use refusal::{Code, Details, Reason, Refusal};
pub(crate) use request::checked_answer;
pub use request::{Action, Answer, Invalid, Request, SessionType, Token, decode};
pub use schema::{Direction, MessageSchema, messages};

/// Characters of an answer, after blanks at its ends were cut off.
pub const ANSWER_CHARS_MAX: usize = 20_000;
/// Levels of nested objects and lists in a client's message.
const NESTING_MAX: usize = 64;

/// What an analysis consists of, in this order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the repository says about its author.
    ProjectReview,
    /// How it works.
    IntelligenceReport,
    /// What an interviewer would ask.
    InterviewSimulation,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 3] =
        [Self::ProjectReview, Self::IntelligenceReport, Self::InterviewSimulation];

    /// Its name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProjectReview => "project_review",
            Self::IntelligenceReport => "intelligence_report",
            Self::InterviewSimulation => "interview_simulation",
        }
    }

    /// The stages before and including this one: 1 to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::ProjectReview => 1,
            Self::IntelligenceReport => 2,
            Self::InterviewSimulation => 3,
        }
    }

    /// The first `count` stages.
    #[must_use]
    pub fn first(count: u8) -> &'static [Self] {
        const ALL: &[Stage] = &Stage::ALL;
        &ALL[..usize::from(count).min(ALL.len())]
    }

    /// How much of an analysis is done with `count` stages, in percent: 0, 33, 67, 100.
    #[must_use]
    pub const fn progress(count: u8) -> u8 {
        match count {
            0 => 0,
            1 => 33,
            2 => 67,
            _ => 100,
        }
    }
}

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Initiated,
    /// It is being made.
    Processing,
    /// All stages are there.
    Completed,
    /// It ended without all of them.
    Failed,
}

/// The frame around everything the server sends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    payload: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// What the server sends.
pub trait Event: Serialize {
    /// Its `type` on the wire.
    const TYPE: &'static str;
}

/// The text of `event`, told at `at`, echoing `request_id`.
#[must_use]
pub fn encode<E: Event>(event: &E, at: Timestamp, request_id: Option<&str>) -> Bytes {
    let envelope =
        Envelope { kind: E::TYPE, timestamp: at.to_string(), payload: event, request_id };
    serde_json::to_vec(&envelope).expect("texts, numbers and lists of them are JSON").into()
}
