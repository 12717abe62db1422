//! Analyses: asked for, shown, listed, deleted.
//!
//! **Invariants.** What was asked for is stored before it is answered, and begins even where its
//! caller did not wait for the answer. Key points of questions are shown after an interview only.

use std::sync::Arc;
use std::time::Duration;

use appraisal::InterviewSimulation;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use model::message_id;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use storage::rusqlite::{self, Connection, Transaction};
use storage::{CommitError, Lane};
use tokio::sync::oneshot;
use web::{Caller, HttpError, Page, PageRequest, Query, fault, unread, unstored};

use super::{AnalysisId, Answer, Service, analysis_not_found, unknown_cursor};
use crate::pipeline::is_retryable;
use crate::protocol::{Stage, Status};
use crate::service::{Analyses, owned};
use crate::store::analyses::{self, AnalysisRow, NewAnalysis, Taken};
use crate::store::interviews;
use crate::store::stages::{self, StageRow};

/// Bytes of a list's URLs past which a page ends; one item it always has.
const PAGE_BYTES_MAX: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    repository_url: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    analysis_id: String,
    status: Status,
    /// Seconds.
    estimated_completion_time: u64,
}

pub(super) async fn create(
    State(analyses): Service,
    caller: Caller,
    web::Json(Wanted { repository_url }): web::Json<Wanted>,
) -> Answer<impl IntoResponse> {
    let url = url(repository_url)?;
    let source = match analyses.pipeline.check(&url) {
        Ok(source) => source,
        Err(refused) => {
            let user = &caller.0.user_id;
            tracing::warn!(target: "security", %user, reason = %refused, "repository refused");
            let code = "URL_NOT_ALLOWED";
            return Err(HttpError::new(StatusCode::BAD_REQUEST, code, refused.to_string()));
        }
    };
    let new = NewAnalysis {
        id: message_id(),
        owner_id: Arc::clone(&caller.0.user_id),
        repository_url: source.to_string(),
        name: source.name(),
        created_at: analyses.hub.clock().wall(),
    };
    let estimated_completion_time = analyses.pipeline.estimated_seconds();
    let analysis_id = new.id.clone();
    match analyses.take(new).await.map_err(|error| unstored(&error))? {
        Taken::At(_) => {}
        Taken::TooMany { retry_after } => {
            let user = &caller.0.user_id;
            tracing::warn!(target: "security", %user, reason = "per_user_per_day", "too many");
            return Err(too_many(retry_after));
        }
        Taken::Full => {
            return Err(HttpError::unavailable("Too many analyses wait; try again later"));
        }
    }
    let begun = Begun { analysis_id, status: Status::Initiated, estimated_completion_time };
    Ok((StatusCode::ACCEPTED, Json(begun)))
}

fn url(given: Option<String>) -> Answer<String> {
    let invalid = |problem: &str| HttpError::validation("repositoryUrl", problem);
    let url = given.ok_or_else(|| invalid("is missing"))?.trim().to_owned();
    if url.is_empty() {
        return Err(invalid("is empty"));
    }
    Ok(url)
}

fn too_many(retry_after: Duration) -> HttpError {
    let message = "You asked for as many analyses as a day allows";
    let error = HttpError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message);
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    HttpError { retry_after_secs: Some(seconds.max(1)), ..error }
}

impl Analyses {
    /// Stores an analysis; from its commit on it waits for a worker, whoever still waits for this.
    async fn take(self: &Arc<Self>, new: NewAnalysis) -> Result<Taken, CommitError> {
        let (told, hears) = oneshot::channel();
        let (pipeline, per_day) = (Arc::clone(&self.pipeline), self.per_user_per_day);
        let (id, owner_id) = (new.id.clone(), Arc::clone(&new.owner_id));
        let insert = move |tx: &Transaction<'_>| analyses::insert(tx, &new, per_day);
        self.store.reserve(Lane::Interactive)?.write(insert, move |taken| {
            if let Ok(Taken::At(place)) = taken {
                pipeline.add(place, &id, &owner_id);
            }
            let _gone = told.send(taken);
        });
        hears.await.unwrap_or(Err(CommitError::Failed))
    }
}

/// One analysis of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    analysis_id: String,
    repository_url: String,
    created_at: String,
    status: Status,
    completed_stages: &'static [Stage],
    progress: u8,
}

impl From<AnalysisRow> for Summary {
    fn from(row: AnalysisRow) -> Self {
        Self {
            completed_stages: row.completed_stages(),
            progress: Stage::progress(row.completed),
            created_at: row.created_at.to_string(),
            status: row.status,
            analysis_id: row.id,
            repository_url: row.repository_url,
        }
    }
}

pub(super) async fn list(
    State(analyses): Service,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Answer<impl IntoResponse> {
    let limit = page.limit()?;
    let before = page.after()?.map(|after| after.parse::<i64>()).transpose();
    let before = before.map_err(|_| unknown_cursor())?;
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &Connection| analyses::of_owner(db, &user, before, limit + 1);
    let mut rows = analyses.store.read(read).await.map_err(|error| unread(&error))?;
    let has_more = cut(&mut rows, limit);
    let next = rows.last().filter(|_| has_more).map(|row| row.place.to_string());
    let items: Vec<Summary> = rows.into_iter().map(Summary::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

/// Leaves as many as a page may have, at least one; whether there were more.
fn cut(rows: &mut Vec<AnalysisRow>, limit: usize) -> bool {
    let (count, mut bytes) = (rows.len(), 0);
    let fits = |row: &&AnalysisRow| {
        bytes += row.repository_url.len();
        bytes <= PAGE_BYTES_MAX
    };
    let kept = rows.iter().take(limit).take_while(fits).count().max(1);
    rows.truncate(kept);
    rows.len() < count
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    analysis_id: String,
    status: Status,
    completed_stages: &'static [Stage],
    /// The stage that is being written, or that failed; `null` when all are there.
    current_stage: Option<Stage>,
    progress: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_position: Option<usize>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
}

/// Why an analysis failed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    error_message: String,
    error_code: String,
    retryable: bool,
}

impl Failed {
    fn of(row: &mut AnalysisRow) -> Option<Self> {
        let (error_code, error_message) = row.failure.take()?;
        let retryable = is_retryable(&error_code);
        Some(Self { error_message, error_code, retryable })
    }
}

pub(super) async fn status(
    State(analyses): Service,
    caller: Caller,
    AnalysisId(id): AnalysisId,
) -> Answer<impl IntoResponse> {
    // First, so that what left the queue since is not shown as waiting where it is over.
    let queue_position = analyses.pipeline.queue_position(&id);
    let mut row = analyses.seen_by(&caller, id).await?;
    let is_over = matches!(row.status, Status::Completed | Status::Failed);
    Ok(Json(Progress {
        status: row.status,
        completed_stages: row.completed_stages(),
        current_stage: row.current_stage(),
        progress: Stage::progress(row.completed),
        queue_position: queue_position.filter(|_| !is_over),
        failed: Failed::of(&mut row),
        analysis_id: row.id,
    }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Full {
    analysis_id: String,
    repository_url: String,
    created_at: String,
    status: Status,
    completed_stages: &'static [Stage],
    #[serde(skip_serializing_if = "Option::is_none")]
    project_review: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intelligence_report: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interview_simulation: Option<Box<RawValue>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
    metadata: Metadata,
}

/// Where what is shown comes from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// The commit that was analysed.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// Who wrote the stages: a model's name where any is a model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Who wrote each stage, in order.
    providers: Vec<String>,
}

/// What is read to show an analysis.
struct Read {
    row: AnalysisRow,
    stages: Vec<StageRow>,
    was_interviewed: bool,
}

pub(super) async fn show(
    State(analyses): Service,
    caller: Caller,
    AnalysisId(id): AnalysisId,
) -> Answer<impl IntoResponse> {
    let user = Arc::clone(&caller.0.user_id);
    let read = analyses.store.read(move |db| read(db, &id, &user)).await;
    let read = read.map_err(|error| unread(&error))?.ok_or_else(analysis_not_found)?;
    Full::of(read).map(Json).map_err(|error| fault(&error))
}

fn read(db: &Connection, id: &str, user: &str) -> rusqlite::Result<Option<Read>> {
    let Some(row) = owned(db, id, user)? else { return Ok(None) };
    let stages = stages::of(db, id)?;
    let was_interviewed = interviews::is_any(db, id, true)?;
    Ok(Some(Read { row, stages, was_interviewed }))
}

impl Full {
    fn of(Read { mut row, stages, was_interviewed }: Read) -> serde_json::Result<Self> {
        let providers: Vec<String> = stages.iter().map(|stage| stage.provider.clone()).collect();
        let by_model = providers.iter().find(|provider| *provider != "builtin");
        let provider = by_model.or(providers.first()).cloned();
        let metadata = Metadata { commit: row.commit.take(), provider, providers };
        let mut full = Self {
            completed_stages: row.completed_stages(),
            created_at: row.created_at.to_string(),
            status: row.status,
            failed: Failed::of(&mut row),
            analysis_id: row.id,
            repository_url: row.repository_url,
            project_review: None,
            intelligence_report: None,
            interview_simulation: None,
            metadata,
        };
        for StageRow { stage, content, .. } in stages {
            let shown = match stage {
                Stage::ProjectReview => &mut full.project_review,
                Stage::IntelligenceReport => &mut full.intelligence_report,
                Stage::InterviewSimulation => &mut full.interview_simulation,
            };
            let is_whole = stage != Stage::InterviewSimulation || was_interviewed;
            let content = if is_whole { content } else { without_key_points(&content)? };
            *shown = Some(RawValue::from_string(content)?);
        }
        Ok(full)
    }
}

/// The questions without what a good answer says.
fn without_key_points(content: &str) -> serde_json::Result<String> {
    let simulation: InterviewSimulation = serde_json::from_str(content)?;
    let mut shown = serde_json::to_value(&simulation)?;
    if let Some(questions) = shown["questions"].as_array_mut() {
        for question in questions.iter_mut().filter_map(serde_json::Value::as_object_mut) {
            question.remove("keyPoints");
        }
    }
    serde_json::to_string(&shown)
}

pub(super) async fn remove(
    State(analyses): Service,
    caller: Caller,
    AnalysisId(id): AnalysisId,
) -> Answer<StatusCode> {
    let (told, hears) = oneshot::channel();
    let (user, id) = (Arc::clone(&caller.0.user_id), Arc::<str>::from(id));
    let delete = {
        let id = Arc::clone(&id);
        move |tx: &Transaction<'_>| analyses::remove(tx, &id, &user)
    };
    let service = Arc::clone(&analyses);
    let place = analyses.store.reserve(Lane::Interactive);
    let place = place.map_err(|refused| unstored(&refused.into()))?;
    place.write(delete, move |removed| {
        if let Ok(true) = removed {
            service.pipeline.forget(&id);
            service.interviews.forget_analysis(&id);
        }
        let _gone = told.send(removed);
    });
    let removed = hears.await.unwrap_or(Err(CommitError::Failed));
    match removed.map_err(|error| unstored(&error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(analysis_not_found()),
    }
}
