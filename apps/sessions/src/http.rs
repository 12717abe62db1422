//! Protocol E's HTTP: sessions, their messages and members, and people's instructions.
//!
//! **Invariants.** Only the owner, members and administrators see a session, and anybody where it
//! is open; to others it does not exist. Members are added by the owner and administrators. Lists
//! end at their count or at 256 KiB.

mod instructions;
mod messages;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use model::{Name, message_id};
use serde::Deserialize;
use serde_json::json;
use storage::Lane;
use web::{Caller, HttpError, Page, PageRequest, Query, unread, unstored};

use crate::protocol::SessionView;
use crate::service::{Sessions, visible};
use crate::store::{self, Added, SessionRow};

/// Bytes of a list's texts past which a page ends; one item it always has.
const PAGE_BYTES_MAX: usize = 256 * 1024;

type Answer<T> = Result<T, HttpError>;
type Service = State<Arc<Sessions>>;

impl Sessions {
    /// Everything of this protocol that is not a WebSocket; the server leaves a [`Caller`] in each
    /// request's extensions.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/api/sessions", post(create).get(list))
            .route("/api/sessions/{id}", get(show))
            .route("/api/sessions/{id}/messages", get(messages::list))
            .route("/api/sessions/{id}/members", post(add_member))
            .route("/api/instructions", put(instructions::set).get(instructions::list))
            .with_state(Arc::clone(self))
    }

    /// The session as `caller` sees it.
    async fn seen_by(&self, caller: &Caller, id: String) -> Answer<SessionRow> {
        let user = Arc::clone(&caller.0);
        let row = self
            .store
            .read(move |db| visible(db, &id, &user))
            .await
            .map_err(|error| unread(&error))?;
        row.ok_or_else(not_found)
    }
}

/// A session's id in a path.
struct SessionId(String);

impl<S: Send + Sync> FromRequestParts<S> for SessionId {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| not_found())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewSession {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    project_id: Option<String>,
    open: Option<bool>,
}

async fn create(
    State(sessions): Service,
    caller: Caller,
    web::Json(asked): web::Json<NewSession>,
) -> Answer<impl IntoResponse> {
    let NewSession { kind, title, project_id, open } = asked;
    let Some(kind) = name("type", kind)? else {
        return Err(HttpError::validation("type", "is missing"));
    };
    let row = SessionRow {
        id: message_id(),
        kind,
        title: name("title", title.map(|title| title.trim().to_owned()))?,
        project_id: name("projectId", project_id)?,
        open: open.unwrap_or(false),
        owner_id: caller.0.user_id.to_string(),
        created_at: sessions.hub.clock().wall(),
    };
    let stored = row.clone();
    let insert = move |tx: &storage::rusqlite::Transaction<'_>| store::insert(tx, &stored);
    sessions.store.commit(Lane::Interactive, insert).await.map_err(|error| unstored(&error))?;
    Ok((StatusCode::CREATED, Json(SessionView::from(row))))
}

async fn list(
    State(sessions): Service,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<SessionView>>> {
    let (limit, before) = (page.limit()?, page.after()?);
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &storage::rusqlite::Connection| {
        store::of_user(db, &user, before.as_deref(), limit + 1)
    };
    let rows = sessions.store.read(read).await.map_err(|error| unread(&error))?;
    let (rows, has_more) = cut(rows, limit, SessionRow::bytes);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.clone());
    let items = rows.into_iter().map(SessionView::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

async fn show(
    State(sessions): Service,
    caller: Caller,
    SessionId(id): SessionId,
) -> Answer<Json<SessionView>> {
    Ok(Json(sessions.seen_by(&caller, id).await?.into()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMember {
    user_id: Option<String>,
}

async fn add_member(
    State(sessions): Service,
    caller: Caller,
    SessionId(id): SessionId,
    web::Json(NewMember { user_id }): web::Json<NewMember>,
) -> Answer<Response> {
    let row = sessions.seen_by(&caller, id).await?;
    if *row.owner_id != *caller.0.user_id && !caller.0.is_admin() {
        let user = &caller.0.user_id;
        tracing::warn!(target: "security", %user, session = row.id, "may not add members");
        return Err(not_found());
    }
    let Some(member) = name("userId", user_id)? else {
        return Err(HttpError::validation("userId", "is missing"));
    };
    let (session, user) = (row.id.clone(), member.clone());
    let add = move |tx: &storage::rusqlite::Transaction<'_>| store::add_member(tx, &session, &user);
    let added = sessions.store.commit(Lane::Interactive, add).await;
    let status = match added.map_err(|error| unstored(&error))? {
        Added::New => {
            sessions.answers.tell_member_added(&row.id.as_str().into(), &member);
            StatusCode::CREATED
        }
        Added::Already => StatusCode::OK,
        Added::Full => {
            let message = "The session has as many members as a session may have";
            return Err(HttpError::new(StatusCode::CONFLICT, "TOO_MANY_MEMBERS", message));
        }
    };
    Ok((status, Json(json!({"sessionId": row.id, "userId": member}))).into_response())
}

/// A name, where one was given.
fn name(field: &str, text: Option<String>) -> Answer<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    Name::new(&text).map_err(|error| HttpError::validation(field, error))?;
    Ok(Some(text))
}

/// The first items, as many as a page may have, and whether there are more.
fn cut<T>(items: Vec<T>, limit: usize, bytes_of: impl Fn(&T) -> usize) -> (Vec<T>, bool) {
    let (count, mut bytes) = (items.len(), 0);
    let fits = |(index, item): &(usize, T)| {
        bytes += bytes_of(item);
        *index < limit && (*index == 0 || bytes <= PAGE_BYTES_MAX)
    };
    let kept: Vec<T> =
        items.into_iter().enumerate().take_while(fits).map(|(_, item)| item).collect();
    let has_more = kept.len() < count;
    (kept, has_more)
}

fn not_found() -> HttpError {
    HttpError::not_found("SESSION_NOT_FOUND", "Session not found")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_page_ends_at_its_count_or_its_bytes_and_is_never_empty(
            sizes in prop::collection::vec(0_usize..200_000, 0..12), limit in 1_usize..8,
        ) {
            let (kept, has_more) = cut(sizes.clone(), limit, |size| *size);
            prop_assert_eq!(&sizes[..kept.len()], &kept[..]);
            prop_assert_eq!(has_more, kept.len() < sizes.len());
            prop_assert!(kept.len() <= limit);
            prop_assert!(kept.len() == 1 || kept.iter().sum::<usize>() <= PAGE_BYTES_MAX);
            let next = sizes.get(kept.len()).map(|next| kept.iter().sum::<usize>() + next);
            let is_full = kept.len() == limit || next.is_none_or(|bytes| bytes > PAGE_BYTES_MAX);
            prop_assert!(is_full);
        }
    }
}
