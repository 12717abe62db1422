//! Interviews over HTTP: which there are, what was said in one, and trying an answer outside of any.
//!
//! **Invariants.** Only who sat an interview sees it; to others it does not exist. A question is not to be
//! tried while an interview that contains it is not complete.

use std::sync::Arc;

use appraisal::{AppraisalError, Question};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{Name, Timestamp};
use serde::{Deserialize, Serialize};
use storage::rusqlite::{Connection, Result as Read};
use web::{Caller, HttpError, Page, PageRequest, Query, fault, unread};

use super::{AnalysisId, Answer, Service, analysis_not_found, unknown_cursor};
use crate::interview::{Interview, Phase, millis, shown};
use crate::protocol::{CurrentQuestion, InterviewSummary, Judgement, SessionType, checked_answer};
use crate::service::{Analyses, owned};
use crate::store::answers::{self, AnswerRow};
use crate::store::interviews::{self, Listed, Place};
use crate::store::stages;

/// The routes of interviews.
pub(super) fn routes() -> Router<Arc<Analyses>> {
    Router::new()
        .route("/api/interview/{analysis_id}/answer", post(try_answer))
        .route("/api/interviews", get(list))
        .route("/api/interviews/{session_id}", get(show))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tried {
    question_id: Option<String>,
    answer: Option<String>,
}

/// Why an answer is not to be tried.
enum Closed {
    NotFound,
    NotReady,
    InInterview,
    NoQuestion,
}

async fn try_answer(
    State(analyses): Service,
    caller: Caller,
    AnalysisId(analysis_id): AnalysisId,
    web::Json(Tried { question_id, answer }): web::Json<Tried>,
) -> Answer<Json<Judgement>> {
    let question_id =
        question_id.ok_or_else(|| HttpError::validation("questionId", "is missing"))?;
    let answer = answer.ok_or_else(|| HttpError::validation("answer", "is missing"))?;
    let answer =
        checked_answer(&answer).map_err(|problem| HttpError::validation("answer", problem))?;
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &Connection| find_question(db, &analysis_id, &question_id, &user);
    let found = analyses.store.read(read).await.map_err(|error| unread(&error))?;
    let question = found.map_err(|closed| refusal(&closed))?;
    let judged = analyses.judge(&question, answer, SessionType::Practice).await;
    judged.map(Json).map_err(|error| unappraised(&error))
}

fn find_question(
    db: &Connection,
    analysis: &str,
    question: &str,
    user: &str,
) -> Read<Result<Question, Closed>> {
    if owned(db, analysis, user)?.is_none() {
        return Ok(Err(Closed::NotFound));
    }
    let Some(questions) = stages::questions(db, analysis)? else {
        return Ok(Err(Closed::NotReady));
    };
    let found = questions.into_iter().find(|asked| asked.question_id == question);
    let Some(found) = found else { return Ok(Err(Closed::NoQuestion)) };
    // Every interview about an analysis contains all of its questions.
    if interviews::is_any(db, analysis, false)? {
        return Ok(Err(Closed::InInterview));
    }
    Ok(Ok(found))
}

fn refusal(closed: &Closed) -> HttpError {
    match closed {
        Closed::NotFound => analysis_not_found(),
        Closed::NoQuestion => HttpError::not_found("NOT_FOUND", "Question not found"),
        Closed::NotReady => {
            let message = "The questions of this analysis are not there yet";
            HttpError::new(StatusCode::CONFLICT, "ANALYSIS_NOT_READY", message)
        }
        Closed::InInterview => {
            let message = "An interview that contains this question is not complete";
            HttpError::new(StatusCode::CONFLICT, "SESSION_NOT_COMPLETE", message)
        }
    }
}

/// Which interviews a list is to have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    analysis_id: Option<String>,
}

/// One interview of a list. Each has a few hundred bytes, so that a page is bounded by its count.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    session_id: String,
    analysis_id: String,
    session_type: SessionType,
    status: Phase,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// The main question it is at, from 0.
    current_question_index: usize,
    total_questions: usize,
    /// Main questions.
    questions_answered: usize,
    /// Once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    overall_score: Option<u8>,
}

impl From<Listed> for Summary {
    fn from(Listed { interview, questions }: Listed) -> Self {
        Self {
            session_type: interview.session_type,
            status: interview.phase,
            started_at: interview.started_at.to_string(),
            ended_at: interview.ended_at().map(|at| at.to_string()),
            current_question_index: interview.index,
            total_questions: questions,
            questions_answered: interview.questions_answered(),
            overall_score: interview.summary.map(|summary| summary.overall_score),
            session_id: interview.id,
            analysis_id: interview.analysis_id,
        }
    }
}

async fn list(
    State(analyses): Service,
    caller: Caller,
    Query(page): Query<PageRequest>,
    Query(About { analysis_id }): Query<About>,
) -> Answer<Json<Page<Summary>>> {
    let limit = page.limit()?;
    let before = page.after()?.map(|text| place(&text)).transpose()?;
    let about = analysis_id.map(|id| Name::new(&id)).transpose();
    let about = about.map_err(|error| HttpError::validation("analysisId", error.to_string()))?;
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &Connection| {
        let about = about.as_ref().map(Name::as_str);
        if let Some(analysis) = about
            && owned(db, analysis, &user)?.is_none()
        {
            return Ok(None);
        }
        interviews::of_user(db, &user, about, before.as_ref(), limit + 1).map(Some)
    };
    let found = analyses.store.read(read).await.map_err(|error| unread(&error))?;
    let mut found = found.ok_or_else(analysis_not_found)?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more).map(|listed| &listed.interview);
    let next = last.map(|last| format!("{} {}", last.started_at.as_millis(), last.id));
    let items = found.into_iter().map(Summary::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

fn place(cursor: &str) -> Answer<Place> {
    let place = cursor.split_once(' ').and_then(|(started_at, id)| {
        let started_at = Timestamp::from_millis(started_at.parse().ok()?);
        Some(Place { started_at, id: id.to_owned() })
    });
    place.ok_or_else(unknown_cursor)
}

/// An interview as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InterviewView<'a> {
    session_id: &'a str,
    analysis_id: &'a str,
    session_type: SessionType,
    /// `active`, `paused` or `complete`.
    status: Phase,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// The main question it is at, from 0.
    current_question_index: usize,
    total_questions: usize,
    transcript: Vec<Exchange<'a>>,
    /// What is to be answered, until it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_question: Option<CurrentQuestion<'a>>,
    /// How long that has taken so far, pauses left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_time_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a InterviewSummary>,
}

/// A question with its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchange<'a> {
    #[serde(flatten)]
    question: CurrentQuestion<'a>,
    /// The number of its main question, from 1.
    question_number: usize,
    answer: &'a str,
    answered_at: String,
    /// How long the answer took, pauses left out.
    response_time_ms: u64,
    evaluation: &'a Judgement,
}

async fn show(
    State(analyses): Service,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Answer<Json<serde_json::Value>> {
    let missing = || HttpError::not_found("SESSION_NOT_FOUND", "Interview not found");
    let Ok(Path(session_id)) = path else { return Err(missing()) };
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &Connection| {
        let Some(interview) = interviews::find(db, &session_id, &user)? else { return Ok(None) };
        let questions = stages::questions(db, &interview.analysis_id)?.unwrap_or_default();
        let given = answers::of(db, &interview.id)?;
        Ok(Some((interview, questions, given)))
    };
    let found = analyses.store.read(read).await.map_err(|error| unread(&error))?;
    let (interview, questions, given) = found.ok_or_else(missing)?;
    let view = view(&interview, &questions, &given, analyses.hub.clock().wall());
    serde_json::to_value(view).map(Json).map_err(|error| fault(&error))
}

fn view<'a>(
    interview: &'a Interview,
    questions: &'a [Question],
    given: &'a [AnswerRow],
    now: Timestamp,
) -> InterviewView<'a> {
    let is_over = interview.phase == Phase::Complete;
    InterviewView {
        session_id: &interview.id,
        analysis_id: &interview.analysis_id,
        session_type: interview.session_type,
        status: interview.phase,
        started_at: interview.started_at.to_string(),
        ended_at: interview.ended_at().map(|at| at.to_string()),
        current_question_index: interview.index,
        total_questions: questions.len(),
        transcript: given.iter().filter_map(|row| exchange(row, questions)).collect(),
        current_question: interview.current(questions).filter(|_| !is_over),
        elapsed_time_ms: interview.elapsed(now).map(millis),
        summary: interview.summary.as_ref(),
    }
}

fn exchange<'a>(row: &'a AnswerRow, questions: &'a [Question]) -> Option<Exchange<'a>> {
    let main = questions.get(row.index)?;
    Some(Exchange {
        question: shown(main, row.follow_up.as_ref()),
        question_number: row.index + 1,
        answer: &row.answer,
        answered_at: row.answered_at.to_string(),
        response_time_ms: millis(row.response_time),
        evaluation: &row.judgement,
    })
}

fn unappraised(error: &AppraisalError) -> HttpError {
    match error {
        AppraisalError::Unavailable => {
            let message = "Answers cannot be evaluated now";
            HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "AI_UNAVAILABLE", message)
        }
        AppraisalError::Failed(_) => fault(error),
    }
}
