//! What people want their agents to mind, for a project or in general.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use storage::Lane;
use web::{Caller, HttpError, Page, PageRequest, Query, unread, unstored};

use super::{Answer, PAGE_BYTES_MAX, Service, cut, name};
use crate::protocol::CONTENT_CHARS_MAX;
use crate::store::{self, Added, InstructionRow};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    project_id: Option<String>,
    text: Option<String>,
}

/// Instructions, as shown to whom they belong.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    project_id: Option<String>,
    text: String,
}

/// Sets them; an empty text removes them.
pub(super) async fn set(
    State(sessions): Service,
    caller: Caller,
    web::Json(Asked { project_id, text }): web::Json<Asked>,
) -> Answer<Json<View>> {
    let project_id = name("projectId", project_id)?;
    let Some(text) = text else { return Err(HttpError::validation("text", "is missing")) };
    let text = text.trim().to_owned();
    if text.chars().nth(CONTENT_CHARS_MAX).is_some() {
        return Err(HttpError::validation("text", "must have at most 50,000 characters"));
    }
    let view = View { project_id: project_id.clone(), text: text.clone() };
    let user = Arc::clone(&caller.0.user_id);
    let set = move |tx: &storage::rusqlite::Transaction<'_>| {
        store::set_instructions(tx, &user, project_id.as_deref(), &text)
    };
    let added = sessions.store.commit(Lane::Interactive, set).await;
    if added.map_err(|error| unstored(&error))? == Added::Full {
        let message = "There are instructions for as many projects as one may have";
        return Err(HttpError::new(StatusCode::CONFLICT, "TOO_MANY_INSTRUCTIONS", message));
    }
    Ok(Json(view))
}

/// Lists the caller's, the general ones first.
pub(super) async fn list(
    State(sessions): Service,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<View>>> {
    let (limit, after) = (page.limit()?, page.after()?);
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &storage::rusqlite::Connection| {
        store::instructions_of(db, &user, after.as_deref(), (limit + 1, PAGE_BYTES_MAX))
    };
    let rows = sessions.store.read(read).await.map_err(|error| unread(&error))?;
    let (rows, has_more) = cut(rows, limit, |row: &InstructionRow| row.text.len());
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|row| row.project_id.clone().unwrap_or_default());
    let views = rows.into_iter().map(|row| View { project_id: row.project_id, text: row.text });
    Ok(Json(Page::new(views.collect(), next.as_deref())))
}
