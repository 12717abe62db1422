//! `/api/bridges`, for administrators.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::StatusCode;
use model::Name;
use serde::{Deserialize, Serialize};
use storage::{CommitError, ReadError};
use web::{Caller, HttpError, Page, PageRequest, Query};

use crate::{Bridge, BridgeError, Conversations, Sides};

#[derive(Deserialize)]
struct NewBridge {
    chat: Option<String>,
    room: Option<String>,
    session: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BridgeView {
    id: String,
    chat: Option<String>,
    room: Option<String>,
    session: Option<String>,
    created_at: String,
}

impl Conversations {
    /// The routes of bridges.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/api/bridges", get(list).post(make))
            .route("/api/bridges/{id}", delete(remove))
            .with_state(Arc::clone(self))
    }
}

async fn list(
    State(conversations): State<Arc<Conversations>>,
    caller: Caller,
    Query(asked): Query<PageRequest>,
) -> Result<Json<Page<BridgeView>>, HttpError> {
    caller.admin()?;
    let (limit, after) = (asked.limit()?, asked.after()?.unwrap_or_default());
    let mut bridges =
        conversations.bridges(&after, limit + 1).await.map_err(|error| read(&error))?;
    let more = bridges.len() > limit;
    bridges.truncate(limit);
    let next = bridges.last().filter(|_| more).map(|bridge| bridge.id.clone());
    let items = bridges.into_iter().map(BridgeView::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

async fn make(
    State(conversations): State<Arc<Conversations>>,
    caller: Caller,
    web::Json(asked): web::Json<NewBridge>,
) -> Result<(StatusCode, Json<BridgeView>), HttpError> {
    let caller = caller.admin()?;
    let sides = Sides {
        chat: name("chat", asked.chat)?,
        room: name("room", asked.room)?,
        session: name("session", asked.session)?,
    };
    let bridge = conversations.bridge(sides).await.map_err(refusal)?;
    tracing::info!(target: "security", user = %caller.0.user_id, bridge = %bridge.id, "rooms bridged");
    Ok((StatusCode::CREATED, Json(bridge.into())))
}

async fn remove(
    State(conversations): State<Arc<Conversations>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, HttpError> {
    let caller = caller.admin()?;
    conversations.separate(&id).await.map_err(refusal)?;
    tracing::info!(target: "security", user = %caller.0.user_id, bridge = %id, "rooms separated");
    Ok(StatusCode::NO_CONTENT)
}

impl From<Bridge> for BridgeView {
    fn from(Bridge { id, sides, created_at }: Bridge) -> Self {
        let text = |name: Option<Name>| name.map(|name| name.as_str().to_owned());
        let Sides { chat, room, session } = sides;
        let created_at = created_at.to_string();
        Self { id, chat: text(chat), room: text(room), session: text(session), created_at }
    }
}

fn name(field: &str, text: Option<String>) -> Result<Option<Name>, HttpError> {
    let Some(text) = text else { return Ok(None) };
    Name::new(&text).map(Some).map_err(|error| HttpError::validation(field, error))
}

fn refusal(error: BridgeError) -> HttpError {
    let message = sentence(&error);
    match error {
        BridgeError::TooFewSides => {
            HttpError::validation("body", "must name at least two of chat, room and session")
        }
        BridgeError::UnknownRoom(side) => {
            let error = HttpError::not_found("NOT_FOUND", message);
            HttpError { field: Some(side.kind().to_owned()), ..error }
        }
        BridgeError::NotFound => HttpError::not_found("NOT_FOUND", message),
        BridgeError::Taken(side) => {
            let error = HttpError::new(StatusCode::CONFLICT, "CONFLICT", message);
            HttpError { field: Some(side.kind().to_owned()), ..error }
        }
        BridgeError::BothHaveMessages | BridgeError::TooMany => {
            HttpError::new(StatusCode::CONFLICT, "CONFLICT", message)
        }
        BridgeError::Commit(error) => commit(&error),
        BridgeError::Read(error) => read(&error),
    }
}

/// The error's text, as a sentence.
fn sentence(error: &BridgeError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn commit(error: &CommitError) -> HttpError {
    match error {
        CommitError::Busy => HttpError::unavailable("The store is busy"),
        CommitError::StorageFull => HttpError::unavailable("The store's disk is full"),
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "a bridge was not committed");
            HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal error")
        }
    }
}

fn read(error: &ReadError) -> HttpError {
    tracing::warn!(error = error as &dyn std::error::Error, "bridges were not read");
    HttpError::unavailable("The store is busy")
}
