//! Who is invited to a room. Its members and administrators see and change that; to others there is no
//! such room.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use model::Name;
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::Lane;
use storage::rusqlite::{Connection, Transaction};
use web::{Caller, HttpError, Page, PageRequest, Query, unread, unstored};

use super::Answer;
use crate::service::Deals;
use crate::store::rooms::{self, Added};

/// The routes about members of rooms.
pub(crate) fn routes(deals: Arc<Deals>) -> Router {
    Router::new()
        .route("/api/rooms/{roomId}/members", get(list).post(add))
        .route("/api/rooms/{roomId}/members/{userId}", delete(remove))
        .with_state(deals)
}

/// Somebody who is invited.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView {
    user_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMember {
    user_id: Option<String>,
}

async fn list(
    State(deals): State<Arc<Deals>>,
    caller: Caller,
    room: Result<Path<String>, PathRejection>,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<MemberView>>> {
    let (limit, after) = (page.limit()?, page.after()?.unwrap_or_default());
    let room = deals.room_of(&caller, room.map(|Path(room)| room).ok()).await?;
    let read = move |db: &Connection| rooms::members(db, &room, &after, limit + 1);
    let mut members = deals.store.read(read).await.map_err(|error| unread(&error))?;
    let has_more = members.len() > limit;
    members.truncate(limit);
    let next = members.last().filter(|_| has_more).cloned();
    let items = members.into_iter().map(|user_id| MemberView { user_id }).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

async fn add(
    State(deals): State<Arc<Deals>>,
    caller: Caller,
    room: Result<Path<String>, PathRejection>,
    web::Json(NewMember { user_id }): web::Json<NewMember>,
) -> Answer<Response> {
    let room = deals.room_of(&caller, room.map(|Path(room)| room).ok()).await?;
    let Some(user) = user_id else {
        return Err(HttpError::validation("userId", "is missing"));
    };
    Name::new(&user).map_err(|error| HttpError::validation("userId", error))?;
    let (of, member) = (Arc::clone(&room), user.clone());
    let write = move |tx: &Transaction<'_>| rooms::add(tx, &of, &member);
    let added = deals.store.commit(Lane::Interactive, write).await;
    let status = match added.map_err(|error| unstored(&error))? {
        Added::New => StatusCode::CREATED,
        Added::Already => StatusCode::OK,
        Added::Full => {
            let message = "The room has as many members as a room may have";
            return Err(HttpError::new(StatusCode::CONFLICT, "TOO_MANY_MEMBERS", message));
        }
    };
    Ok((status, Json(json!({"roomId": &*room, "userId": user}))).into_response())
}

async fn remove(
    State(deals): State<Arc<Deals>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Answer<StatusCode> {
    let (room, user) = path.map(|Path(ids)| ids).map_err(|_| not_found())?;
    let room = deals.room_of(&caller, Some(room)).await?;
    let (of, member) = (Arc::clone(&room), user.clone());
    let write = move |tx: &Transaction<'_>| rooms::remove(tx, &of, &member);
    let removed = deals.store.commit(Lane::Interactive, write).await;
    if !removed.map_err(|error| unstored(&error))? {
        return Err(HttpError::not_found("NOT_FOUND", "The room has no such member"));
    }
    deals.remove_from_room(&room, &user);
    Ok(StatusCode::NO_CONTENT)
}

impl Deals {
    /// The room of this name, if the caller may see and change who is invited to it.
    async fn room_of(&self, caller: &Caller, name: Option<String>) -> Answer<Arc<str>> {
        let room: Arc<str> = name.ok_or_else(not_found)?.into();
        Name::new(&room).map_err(|_| not_found())?;
        if caller.0.is_admin() {
            return Ok(room);
        }
        let (of, id) = (Arc::clone(&room), Arc::clone(&caller.0.user_id));
        let read = move |db: &Connection| rooms::is_member(db, &of, &id);
        if self.store.read(read).await.map_err(|error| unread(&error))? {
            return Ok(room);
        }
        Err(not_found().refused("not a member"))
    }
}

fn not_found() -> HttpError {
    HttpError::not_found("NOT_FOUND", "Room not found")
}
