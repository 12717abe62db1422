//! Tasks: what producers say of them, and what their users are shown.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, put};
use axum::{Json, Router};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use web::{Caller, HttpError, unread, unstored};

use super::checks::{at_most, name, path_id, required, text};
use super::{Answer, producer};
use crate::mail::Mail;
use crate::protocol::Number;
use crate::store::tasks::{TaskPut, TaskRow};

/// Characters of a status.
const STATUS_CHARS_MAX: usize = 64;
/// Characters of a task's message.
const MESSAGE_CHARS_MAX: usize = 2000;

/// The routes about tasks.
pub(crate) fn routes(mail: Arc<Mail>) -> Router {
    Router::new()
        .route("/api/tasks/{taskId}", get(show))
        .route("/api/tasks/{taskId}/status", put(set))
        .with_state(mail)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewStatus {
    user_id: Option<String>,
    status: Option<String>,
    progress: Option<f64>,
    message: Option<String>,
}

/// A task as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskView {
    task_id: String,
    user_id: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    updated_at: String,
}

impl From<&TaskRow> for TaskView {
    fn from(row: &TaskRow) -> Self {
        Self {
            task_id: row.id.clone(),
            user_id: row.user_id.clone(),
            status: row.status.clone(),
            progress: row.progress.map(Number),
            message: row.message.clone(),
            updated_at: row.updated_at.to_string(),
        }
    }
}

async fn set(
    State(mail): State<Arc<Mail>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    web::Json(new): web::Json<NewStatus>,
) -> Answer<impl IntoResponse> {
    producer(caller)?;
    let id = path_id("taskId", path)?;
    let mut task = checked(&id, new)?;
    task.updated_at = mail.now();
    let put = mail.put_task(Arc::new(task.clone())).await.map_err(|error| unstored(&error))?;
    let status = match put {
        TaskPut::Created(_) => StatusCode::CREATED,
        TaskPut::Changed(_) => StatusCode::OK,
        TaskPut::Unchanged(since) => {
            task.updated_at = since;
            StatusCode::OK
        }
        TaskPut::NotTheirs => {
            let message = "userId: the task belongs to another user";
            let error = HttpError::new(StatusCode::CONFLICT, "CONFLICT", message);
            return Err(HttpError { field: Some("userId".to_owned()), ..error });
        }
    };
    Ok((status, Json(TaskView::from(&task))))
}

/// The task that is asked for, without its time.
fn checked(id: &str, new: NewStatus) -> Answer<TaskRow> {
    let user_id = name("userId", &required("userId", new.user_id)?)?;
    let status = text("status", &required("status", new.status)?, STATUS_CHARS_MAX)?;
    if new.progress.is_some_and(|progress| !(0.0..=100.0).contains(&progress)) {
        return Err(HttpError::validation("progress", "must be a number from 0 to 100"));
    }
    let message = new.message.map(|message| at_most("message", &message, MESSAGE_CHARS_MAX));
    Ok(TaskRow {
        id: id.to_owned(),
        user_id: user_id.to_string(),
        status,
        progress: new.progress,
        message: message.transpose()?,
        updated_at: Timestamp::default(),
    })
}

async fn show(
    State(mail): State<Arc<Mail>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Answer<Json<TaskView>> {
    let id = path_id("taskId", path)?;
    let task = mail.task(id.to_string()).await.map_err(|error| unread(&error))?;
    let is_shown = |task: &TaskRow| *task.user_id == *caller.0.user_id || caller.0.is_publisher();
    let task = task.filter(is_shown);
    task.as_ref()
        .map(|task| Json(TaskView::from(task)))
        .ok_or_else(|| HttpError::not_found("NOT_FOUND", "Task not found"))
}
