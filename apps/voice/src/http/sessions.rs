//! Making a session for some people, and looking at one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{Name, message_id};
use serde::{Deserialize, Serialize};
use storage::Lane;
use storage::rusqlite::{Connection, Result, Transaction};
use web::{Caller, HttpError, unread, unstored};

use super::{Answer, Service, SessionId, not_found};
use crate::protocol::Status;
use crate::service::Voice;
use crate::store::{self, MEMBERS_MAX, Made, SessionRow};

pub(super) fn routes() -> Router<Arc<Voice>> {
    Router::new()
        .route("/api/voice/sessions", post(create))
        .route("/api/voice/sessions/{id}", get(show))
}

/// A session, as a caller sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    session_id: String,
    owner_id: String,
    /// Who may join beside the owner; `null` where anybody may.
    members: Option<Vec<String>>,
    status: Status,
    /// People who are in it now.
    connected_users: usize,
    created_at: String,
    last_activity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl SessionView {
    /// The stored session, and what memory knows of it.
    fn new(row: SessionRow, members: Option<Vec<String>>, voice: &Voice) -> Self {
        let live = voice.rooms.get(&row.id).map(|room| room.stats());
        let (status, connected_users, last_activity) = match live {
            Some(stats) => (stats.status, stats.connected_users, stats.last_activity),
            None => (row.status, 0, row.last_activity.to_string()),
        };
        Self {
            session_id: row.id,
            owner_id: row.owner_id,
            members,
            status,
            connected_users,
            created_at: row.created_at.to_string(),
            last_activity,
            ended_at: row.ended_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewSession {
    session_id: Option<String>,
    members: Option<Vec<String>>,
}

async fn create(
    State(voice): Service,
    caller: Caller,
    web::Json(NewSession { session_id, members }): web::Json<NewSession>,
) -> Answer<impl IntoResponse> {
    let id = match session_id {
        Some(id) => name("sessionId", id)?,
        None => message_id(),
    };
    let members = members.map(checked_members).transpose()?;
    let now = voice.hub.clock().wall();
    let row = SessionRow {
        id,
        owner_id: caller.0.user_id.to_string(),
        restricted: members.is_some(),
        created_at: now,
        last_activity: now,
        ended_at: None,
        status: Status::default(),
    };
    let (stored, named) = (row.clone(), members.clone());
    let insert = move |tx: &Transaction<'_>| store::insert(tx, &stored, named.as_deref());
    let made = voice.store.commit(Lane::Interactive, insert).await;
    match made.map_err(|error| unstored(&error))? {
        Made::Yes => Ok((StatusCode::CREATED, Json(SessionView::new(row, members, &voice)))),
        Made::Taken => {
            let message = "There is a session of this id";
            Err(HttpError::new(StatusCode::CONFLICT, "SESSION_EXISTS", message))
        }
        Made::TooMany => {
            let message = "You have as many open sessions as one may have";
            Err(HttpError::new(StatusCode::CONFLICT, "TOO_MANY_SESSIONS", message))
        }
    }
}

async fn show(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
) -> Answer<Json<SessionView>> {
    let (user, is_admin) = (Arc::clone(&caller.0.user_id), caller.0.is_admin());
    let read = move |db: &Connection| seen_by(db, &id, &user, is_admin);
    let found = voice.store.read(read).await.map_err(|error| unread(&error))?;
    let (row, members) = found.ok_or_else(not_found)?;
    Ok(Json(SessionView::new(row, members, &voice)))
}

/// The session and its members, if `user` may join it or was in it, or looks at all.
fn seen_by(
    db: &Connection,
    id: &str,
    user: &str,
    is_admin: bool,
) -> Result<Option<(SessionRow, Option<Vec<String>>)>> {
    let Some(row) = store::find(db, id)? else { return Ok(None) };
    let is_seen =
        is_admin || store::may_join(db, &row, user)? || store::has_attended(db, id, user)?;
    if !is_seen {
        return Ok(None);
    }
    let members = if row.restricted { Some(store::members(db, id)?) } else { None };
    Ok(Some((row, members)))
}

fn checked_members(members: Vec<String>) -> Answer<Vec<String>> {
    if members.len() > MEMBERS_MAX {
        let problem = format!("must be at most {MEMBERS_MAX} users");
        return Err(HttpError::validation("members", problem));
    }
    let mut members =
        members.into_iter().map(|member| name("members", member)).collect::<Answer<Vec<_>>>()?;
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

fn name(field: &str, text: String) -> Answer<String> {
    Name::new(&text).map_err(|error| HttpError::validation(field, error))?;
    Ok(text)
}
