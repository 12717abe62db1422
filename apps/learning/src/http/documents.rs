//! Documents over HTTP: made, listed, and read, also as they were at an older version.
//!
//! **Invariants.** What is shown is stored. Whoever's token opens a document may read it, as they may join
//! it; what has ended may still be read. A document's id is never given again. A version, and an edit, is either
//! shown as it was or said to be kept no longer.

use std::num::ParseIntError;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use model::{Identity, Name};
use serde::{Deserialize, Serialize};
use storage::Lane;
use storage::rusqlite::{Connection, Result as Read, Transaction};
use web::{Caller, HttpError, Page, PageRequest, Query, fault, unread, unstored};

use crate::collaboration::{Documents, Kind, TEXT_BYTES_MAX, Text};
use crate::store::documents::{self, Draft, Facts, Listed, Logged};

type Answer<T> = Result<T, HttpError>;
type Service = State<Arc<Documents>>;

/// Bytes of the body of a new document: each byte of its text may be written as six.
const BODY_BYTES_MAX: usize = 6 * TEXT_BYTES_MAX + 16 * 1024;
/// Characters of a title.
const TITLE_CHARS_MAX: usize = 500;
/// Bytes of the contents of a page of edits.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// The routes of documents.
pub(crate) fn routes(documents: &Arc<Documents>) -> Router {
    let all = get(list).post(make).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new()
        .route("/api/documents", all)
        .route("/api/documents/{id}", get(show))
        .route("/api/documents/{id}/edits", get(edits))
        .with_state(Arc::clone(documents))
}

/// A document as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentView {
    id: String,
    kind: &'static str,
    title: Option<String>,
    creator_id: String,
    locked: bool,
    closed: bool,
    version: u64,
    oldest_version: u64,
    /// Left out in lists; `null` where the kind has no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<String>>,
    created_at: String,
    updated_at: String,
}

impl DocumentView {
    fn listed(facts: &Facts) -> Self {
        Self {
            id: facts.id.to_string(),
            kind: facts.kind.as_str(),
            title: facts.title.as_deref().map(str::to_owned),
            creator_id: facts.creator.to_string(),
            locked: facts.is_locked,
            closed: facts.is_closed,
            version: facts.version,
            oldest_version: facts.oldest,
            content: None,
            created_at: facts.created_at.to_string(),
            updated_at: facts.updated_at.to_string(),
        }
    }

    fn whole(facts: &Facts, text: &Text) -> Self {
        let content = (facts.kind == Kind::Text).then(|| text.content());
        Self { content: Some(content), ..Self::listed(facts) }
    }
}

/// An edit as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EditView {
    version: u64,
    operation: &'static str,
    position: u32,
    length: u32,
    content: String,
    author: String,
    edited_at: String,
    /// The id its author gave it, for the author alone: whoever was away sees what of theirs arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl EditView {
    fn of(edit: &Logged, to: &Identity) -> Self {
        let own = edit.client_id.as_ref().filter(|_| edit.user == to.user_id);
        Self {
            id: own.map(|client_id| client_id.id.to_string()),
            version: edit.version,
            operation: edit.splice.operation().as_str(),
            position: edit.splice.position,
            length: edit.splice.length(),
            content: edit.splice.content.as_str().to_owned(),
            author: edit.user.to_string(),
            edited_at: edit.at.to_string(),
        }
    }
}

#[derive(Deserialize)]
struct NewDocument {
    id: Option<String>,
    kind: Option<String>,
    title: Option<String>,
    content: Option<String>,
}

/// A new document, checked: what it is, and its text.
fn checked(asked: NewDocument, by: &Identity, documents: &Documents) -> Answer<(Draft, Text)> {
    let NewDocument { id, kind, title, content } = asked;
    let id = id.unwrap_or_else(model::message_id);
    Name::new(&id).map_err(|error| HttpError::validation("id", error))?;
    let kind = kind.as_deref().map_or(Some(Kind::Text), Kind::named);
    let kind = kind.ok_or_else(|| HttpError::validation("kind", "must be text or yjs"))?;
    let title = title.map(|title| checked_title(&title)).transpose()?;
    if kind == Kind::Yjs && content.is_some() {
        return Err(HttpError::validation("content", "must be absent where kind is yjs"));
    }
    let text = Text::new(content.as_deref().unwrap_or_default()).ok_or_else(|| {
        HttpError::validation("content", "must have at most 1048576 bytes of UTF-8")
    })?;
    let (creator, at) = (Arc::clone(&by.user_id), documents.hub().clock().wall());
    Ok((Draft { id: id.into(), kind, creator, title, at }, text))
}

fn checked_title(title: &str) -> Answer<Arc<str>> {
    let title = title.trim();
    if title.is_empty() {
        return Err(HttpError::validation("title", "must not be blank"));
    }
    if title.chars().nth(TITLE_CHARS_MAX).is_some() {
        return Err(HttpError::validation("title", "must have at most 500 characters"));
    }
    Ok(title.into())
}

async fn make(
    State(documents): Service,
    Caller(who): Caller,
    web::Json(asked): web::Json<NewDocument>,
) -> Answer<impl IntoResponse> {
    let (draft, text) = checked(asked, &who, &documents)?;
    check_opened(&who, &draft.id)?;
    let (snapshot, content) = deflated(&documents, text.clone()).await?;
    let write = move |tx: &Transaction<'_>| {
        let Some(facts) = documents::make(tx, &draft)? else { return Ok(None) };
        if let Some(snapshot) = &snapshot {
            documents::add_snapshot(tx, facts.place, 0, snapshot)?;
        }
        Ok(Some(facts))
    };
    let made = documents.store().commit(Lane::Interactive, write).await;
    let Some(facts) = made.map_err(|error| unstored(&error))? else {
        let message = "There is a document of this id";
        return Err(HttpError::new(StatusCode::CONFLICT, "DOCUMENT_EXISTS", message));
    };
    Ok((StatusCode::CREATED, Json(DocumentView::whole(&facts, &content))))
}

/// The snapshot that a text needs, and the text.
async fn deflated(documents: &Documents, text: Text) -> Answer<(Option<Vec<u8>>, Text)> {
    if text.bytes() == 0 {
        return Ok((None, text));
    }
    let work = move || (Some(text.deflated()), text);
    documents.runtime().spawn_blocking(work).await.map_err(|error| fault(&error))
}

async fn list(
    State(documents): Service,
    Caller(who): Caller,
    Query(asked): Query<PageRequest>,
) -> Answer<Json<Page<DocumentView>>> {
    let limit = asked.limit()?;
    let before = asked.after()?.map(|before| before.parse()).transpose();
    let before = before.map_err(|_: ParseIntError| no_cursor())?;
    let (user, open) = ((*who.user_id).into(), who.contexts.clone());
    let listed = Listed { user, open, before, count_max: limit + 1 };
    let read = move |db: &Connection| documents::list(db, &listed);
    let mut found = documents.store().read(read).await.map_err(|error| unread(&error))?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|facts| facts.place.to_string());
    let items = found.iter().map(DocumentView::listed).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

#[derive(Deserialize)]
struct Shown {
    version: Option<String>,
}

async fn show(
    State(documents): Service,
    Caller(who): Caller,
    DocumentId(id): DocumentId,
    Query(Shown { version }): Query<Shown>,
) -> Answer<Json<DocumentView>> {
    check_opened(&who, &id)?;
    let version = version.map(|version| number("version", &version)).transpose()?;
    let read = move |db: &Connection| shown(db, &id, version);
    let shown = documents.store().read(read).await.map_err(|error| unread(&error))?;
    let (facts, text) = shown.ok_or_else(not_found)?;
    if version.is_some_and(|version| version < facts.oldest) {
        return Err(gone("version", facts.oldest));
    }
    let Some(text) = text else {
        let problem = format!("must be at most {}, the newest", facts.version);
        return Err(HttpError::validation("version", problem));
    };
    let version = version.unwrap_or(facts.version);
    Ok(Json(DocumentView::whole(&Facts { version, ..facts }, &text)))
}

/// A document and its text at `version`, the newest where none is named; no text where the document has
/// not had that version, or it is kept no longer.
fn shown(db: &Connection, id: &str, version: Option<u64>) -> Read<Option<(Facts, Option<Text>)>> {
    let Some(facts) = documents::find(db, id)? else { return Ok(None) };
    let version = version.unwrap_or(facts.version);
    let is_known = (facts.oldest..=facts.version).contains(&version);
    let text = is_known.then(|| documents::text_at(db, facts.place, version)).transpose()?;
    Ok(Some((facts, text.map(|rebuilt| rebuilt.text))))
}

#[derive(Deserialize)]
struct EditsAsked {
    after: Option<String>,
}

async fn edits(
    State(documents): Service,
    Caller(who): Caller,
    DocumentId(id): DocumentId,
    Query(page): Query<PageRequest>,
    Query(EditsAsked { after }): Query<EditsAsked>,
) -> Answer<Json<Page<EditView>>> {
    check_opened(&who, &id)?;
    let limit = page.limit()?;
    let after = match page.after()? {
        Some(cursor) => Some(cursor.parse().map_err(|_| no_cursor())?),
        None => after.map(|after| number("after", &after)).transpose()?,
    };
    let read = move |db: &Connection| {
        let Some(facts) = documents::find(db, &id)? else { return Ok(None) };
        let after = after.unwrap_or(facts.oldest);
        // What follows a version that is kept no longer would be a part.
        let is_kept = after >= facts.oldest;
        let edits = is_kept.then(|| documents::edits(db, facts.place, after, limit + 1));
        Ok(Some((facts.oldest, edits.transpose()?)))
    };
    let found = documents.store().read(read).await.map_err(|error| unread(&error))?;
    let (oldest, found) = found.ok_or_else(not_found)?;
    let mut found = found.ok_or_else(|| gone("after", oldest))?;
    let has_more = cut(&mut found, limit);
    let next = found.last().filter(|_| has_more).map(|edit| edit.version.to_string());
    Ok(Json(Page::new(
        found.iter().map(|edit| EditView::of(edit, &who)).collect(),
        next.as_deref(),
    )))
}

/// Leaves of `edits` as many as a page may have, at least one; whether there were more.
fn cut(edits: &mut Vec<Logged>, limit: usize) -> bool {
    let (count, mut bytes) = (edits.len(), 0);
    let fits = |edit: &&Logged| {
        bytes += edit.splice.content.as_str().len();
        bytes <= PAGE_BYTES_MAX
    };
    let kept = edits.iter().take(limit).take_while(fits).count().max(1);
    edits.truncate(kept);
    edits.len() < count
}

/// A document's id in a path.
struct DocumentId(Arc<str>);

impl<S: Send + Sync> FromRequestParts<S> for DocumentId {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path: Result<Path<String>, PathRejection> =
            Path::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| HttpError::validation("id", "must be UTF-8"))?;
        let name = Name::new(&id).map_err(|error| HttpError::validation("id", error))?;
        Ok(Self(name.as_str().into()))
    }
}

fn check_opened(who: &Identity, id: &str) -> Answer<()> {
    if who.may_enter(id) {
        return Ok(());
    }
    let user = &who.user_id;
    let reason = "document not opened by the token";
    tracing::warn!(target: "security", %user, reason, "call refused");
    Err(HttpError::forbidden("The token does not open this document"))
}

/// A version in a query.
fn number(field: &str, text: &str) -> Answer<u64> {
    // Past what the store counts, and so past every version.
    let number = text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
    number.ok_or_else(|| HttpError::validation(field, "must be a whole number, 0 or more"))
}

fn no_cursor() -> HttpError {
    HttpError::validation("cursor", "must be a nextCursor of this list")
}

fn not_found() -> HttpError {
    HttpError::not_found("NOT_FOUND", "Document not found")
}

/// 410 for what was deleted with old edits.
fn gone(field: &str, oldest: u64) -> HttpError {
    let message = format!("Versions before {oldest} are not kept any more");
    let error = HttpError::new(StatusCode::GONE, "VERSION_GONE", message);
    HttpError { field: Some(field.to_owned()), ..error }
}
