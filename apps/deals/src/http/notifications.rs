//! Notifications: put by producers, listed for whom they are.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{Timestamp, message_id};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use web::{Caller, HttpError, Page, PageRequest, Query, unread, unstored};

use super::checks::{at_most, path_id, required, text};
use super::{Answer, cut, producer};
use crate::mail::Mail;
use crate::protocol::NotificationStatus;
use crate::store::notifications::NotificationRow;

/// Characters of a title.
const TITLE_CHARS_MAX: usize = 200;
/// Characters of a body.
const BODY_CHARS_MAX: usize = 10_000;
/// Characters of a kind.
const KIND_CHARS_MAX: usize = 64;
/// The kind of a notification whose producer does not say.
const KIND_DEFAULT: &str = "info";
/// Bytes of what a producer adds.
const DATA_BYTES_MAX: usize = 16 * 1024;

/// The routes about notifications.
pub(crate) fn routes(mail: Arc<Mail>) -> Router {
    Router::new()
        .route("/api/users/{userId}/notifications", post(create))
        .route("/api/notifications", get(list))
        .with_state(mail)
}

#[derive(Deserialize)]
struct NewNotification {
    title: Option<String>,
    body: Option<String>,
    kind: Option<String>,
    data: Option<Box<RawValue>>,
}

/// A notification as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationView {
    notification_id: String,
    title: String,
    body: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    created_at: String,
    status: NotificationStatus,
}

impl From<NotificationRow> for NotificationView {
    fn from(row: NotificationRow) -> Self {
        Self {
            status: row.status(),
            created_at: row.created_at.to_string(),
            notification_id: row.id,
            title: row.title,
            body: row.body,
            kind: row.kind,
            data: row.data,
        }
    }
}

async fn create(
    State(mail): State<Arc<Mail>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    web::Json(new): web::Json<NewNotification>,
) -> Answer<impl IntoResponse> {
    producer(caller)?;
    let user = path_id("userId", path)?;
    let row = Arc::new(checked(new, mail.now())?);
    mail.notify(user, Arc::clone(&row)).await.map_err(|error| unstored(&error))?;
    Ok((StatusCode::CREATED, Json(NotificationView::from(Arc::unwrap_or_clone(row)))))
}

/// The notification that is asked for.
fn checked(new: NewNotification, now: Timestamp) -> Answer<NotificationRow> {
    let kind = new.kind.as_deref().unwrap_or(KIND_DEFAULT);
    Ok(NotificationRow {
        id: message_id(),
        position: 0,
        title: text("title", &required("title", new.title)?, TITLE_CHARS_MAX)?,
        body: at_most("body", &required("body", new.body)?, BODY_CHARS_MAX)?,
        kind: text("kind", kind, KIND_CHARS_MAX)?,
        data: new.data.as_deref().map(object).transpose()?,
        created_at: now,
        is_read: false,
    })
}

/// What a producer adds: an object. It is written anew, so that every parser of those it is pushed to
/// takes it: no number without bounds, no half of a character, no field twice. How deep it nests is
/// bounded with the body.
fn object(data: &RawValue) -> Answer<Box<RawValue>> {
    let invalid = |problem: String| HttpError::validation("data", problem);
    if !data.get().starts_with('{') {
        return Err(invalid("must be an object".to_owned()));
    }
    let too_long = || invalid(format!("must have at most {DATA_BYTES_MAX} bytes"));
    if data.get().len() > DATA_BYTES_MAX {
        return Err(too_long());
    }
    let unreadable =
        |_| invalid("must be JSON whose texts are Unicode and numbers finite".to_owned());
    let object: Map<String, Value> = serde_json::from_str(data.get()).map_err(unreadable)?;
    // A number may have become longer.
    let written = to_raw_value(&object).map_err(unreadable)?;
    if written.get().len() > DATA_BYTES_MAX { Err(too_long()) } else { Ok(written) }
}

#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
}

async fn list(
    State(mail): State<Arc<Mail>>,
    caller: Caller,
    Query(page): Query<PageRequest>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Page<NotificationView>>> {
    let (limit, before) = (page.limit()?, before(&page)?);
    let status = status(wanted.status.as_deref())?;
    let user = Arc::clone(&caller.0.user_id);
    let rows = mail.notifications(user, status, before, limit + 1).await;
    let mut rows = rows.map_err(|error| unread(&error))?;
    let has_more = cut(&mut rows, limit, NotificationRow::bytes);
    let next = rows.last().filter(|_| has_more).map(|row| row.position.to_string());
    let items = rows.into_iter().map(NotificationView::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

/// The position before which the page starts.
fn before(page: &PageRequest) -> Answer<Option<u64>> {
    let unknown = |_| HttpError::validation("cursor", "must be a nextCursor of this list");
    page.after()?.map(|after| after.parse()).transpose().map_err(unknown)
}

fn status(name: Option<&str>) -> Answer<Option<NotificationStatus>> {
    match name {
        None => Ok(None),
        Some("unread") => Ok(Some(NotificationStatus::Unread)),
        Some("read") => Ok(Some(NotificationStatus::Read)),
        Some(_) => Err(HttpError::validation("status", "must be unread or read")),
    }
}
