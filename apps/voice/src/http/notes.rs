//! What people noted for a session: each their own, nobody else's.
//!
//! Notes may be put before the session is: whoever prepares does so ahead.

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use model::Name;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storage::Lane;
use storage::rusqlite::{Connection, Result, Transaction};
use web::{Caller, HttpError, unread, unstored};

use super::{Answer, Service, SessionId, not_found};
use crate::service::Voice;
use crate::store::notes::{self, NOTES_MAX, NotesRow, Put};
use crate::store::{self};

/// Bytes of notes.
pub(crate) const NOTES_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a body that brings them, with room for what JSON adds.
const BODY_BYTES_MAX: usize = 6 * NOTES_BYTES_MAX + 1024;
/// How notes may be written.
const FORMATS: [&str; 2] = ["markdown", "plain"];

pub(super) fn routes() -> Router<Arc<Voice>> {
    let limit = axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX);
    Router::new()
        .route("/api/voice/sessions/{id}/notes", get(show).put(set).delete(remove))
        .layer(limit)
}

/// Notes as their author sees them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotesView {
    session_id: String,
    format: String,
    text: String,
    updated_at: String,
}

impl NotesView {
    fn new(session_id: String, row: NotesRow) -> Self {
        let NotesRow { format, text, updated_at } = row;
        Self { session_id, format, text, updated_at: updated_at.to_string() }
    }
}

#[derive(Deserialize)]
struct NewNotes {
    #[serde(alias = "notes", alias = "content")]
    text: Option<String>,
    format: Option<String>,
}

/// Notes as they came: in an object, or as they stand.
struct Brought {
    text: String,
    format: String,
}

impl<S: Send + Sync> FromRequest<S> for Brought {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let given = match plain_format(request.headers()) {
            Some(format) => {
                let text = String::from_request(request, state)
                    .await
                    .map_err(|rejection| unreadable(&rejection))?;
                NewNotes { text: Some(text), format: Some(format.to_owned()) }
            }
            None => {
                let web::RequiredJson(given) =
                    web::RequiredJson::<NewNotes>::from_request(request, state).await?;
                given
            }
        };
        let text = given.text.ok_or_else(|| HttpError::validation("text", "is missing"))?;
        let format = given.format.unwrap_or_else(|| FORMATS[0].to_owned());
        if text.len() > NOTES_BYTES_MAX {
            let problem = format!("must have at most {NOTES_BYTES_MAX} bytes");
            return Err(HttpError::validation("text", problem));
        }
        if !FORMATS.contains(&format.as_str()) {
            return Err(HttpError::validation("format", "must be markdown or plain"));
        }
        Ok(Self { text, format })
    }
}

/// The format of a body that is the notes themselves.
fn plain_format(headers: &HeaderMap) -> Option<&'static str> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/markdown") {
        Some("markdown")
    } else if kind.eq_ignore_ascii_case("text/plain") {
        Some("plain")
    } else {
        None
    }
}

fn unreadable(rejection: &axum::extract::rejection::StringRejection) -> HttpError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return HttpError::new(rejection.status(), "MESSAGE_TOO_LARGE", "Body too large");
    }
    HttpError::validation("body", "must be UTF-8")
}

async fn set(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
    Brought { text, format }: Brought,
) -> Answer<impl IntoResponse> {
    Name::new(&id).map_err(|error| HttpError::validation("id", error))?;
    let row = NotesRow { format, text, updated_at: voice.hub.clock().wall() };
    let (user, session, stored) = (Arc::clone(&caller.0.user_id), id.clone(), row.clone());
    let put = move |tx: &Transaction<'_>| {
        if !may_note(tx, &session, &user)? {
            return Ok(None);
        }
        notes::put(tx, &session, &user, &stored).map(Some)
    };
    let put = voice.store.commit(Lane::Interactive, put).await;
    let status = match put.map_err(|error| unstored(&error))?.ok_or_else(not_found)? {
        Put::Created => StatusCode::CREATED,
        Put::Replaced => StatusCode::OK,
        Put::TooMany => {
            let message =
                format!("You have notes for {NOTES_MAX} sessions; delete those of one first");
            return Err(HttpError::new(StatusCode::CONFLICT, "TOO_MANY_NOTES", message));
        }
    };
    Ok((status, Json(NotesView::new(id, row))))
}

async fn show(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
) -> Answer<Json<NotesView>> {
    let (user, session) = (Arc::clone(&caller.0.user_id), id.clone());
    let read = move |db: &Connection| notes::find(db, &session, &user);
    let found = voice.store.read(read).await.map_err(|error| unread(&error))?;
    found.map(|row| Json(NotesView::new(id, row))).ok_or_else(no_notes)
}

async fn remove(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
) -> Answer<Response> {
    let user = Arc::clone(&caller.0.user_id);
    let delete = move |tx: &Transaction<'_>| notes::delete(tx, &id, &user);
    let deleted = voice.store.commit(Lane::Interactive, delete).await;
    if deleted.map_err(|error| unstored(&error))? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(no_notes())
    }
}

/// Whether `user` may note anything for a session: they may join it or were in it, or nobody has made it yet.
fn may_note(db: &Connection, session: &str, user: &str) -> Result<bool> {
    let Some(row) = store::find(db, session)? else { return Ok(true) };
    Ok(store::may_join(db, &row, user)? || store::has_attended(db, session, user)?)
}

fn no_notes() -> HttpError {
    HttpError::not_found("NOT_FOUND", "You have no notes for this session")
}
