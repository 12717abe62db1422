//! What was said in a session, for whoever was in it: as JSON page by page, as text, or as WebVTT.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use storage::rusqlite::{Connection, Result};
use web::{Caller, HttpError, Page, PageRequest, Query, unread};

use super::{Answer, Service, SessionId, not_found};
use crate::protocol::TranscriptionResult;
use crate::service::Voice;
use crate::store::transcript::{SaidRow, page};
use crate::store::{self};
use crate::transcript::ITEMS_MAX;
use crate::transcript::shown::{plain, vtt};

/// Bytes of what was said past which a page ends.
const PAGE_BYTES_MAX: usize = 256 * 1024;
/// Rows that are read at once for a transcript in one piece.
const ROWS_MAX: usize = 1000;
/// Bytes of what was said that a transcript in one piece may have; longer ones are read page by page.
const WHOLE_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<Voice>> {
    Router::new().route("/api/voice/sessions/{id}/transcript", get(show))
}

/// How a transcript may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Json,
    Text,
    Vtt,
}

#[derive(Deserialize)]
struct Asked {
    format: Option<String>,
    #[serde(flatten)]
    page: PageRequest,
}

/// One page of a transcript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TranscriptPage {
    session_id: String,
    #[serde(flatten)]
    page: Page<ResultView>,
}

/// A final result, and its speaker's name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultView {
    user_name: String,
    #[serde(flatten)]
    result: TranscriptionResult,
}

async fn show(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
    headers: HeaderMap,
    Query(Asked { format, page }): Query<Asked>,
) -> Answer<Response> {
    match form(format.as_deref(), &headers)? {
        Form::Json => {
            let (limit, after) = (page.limit()?, place(page.after()?)?);
            let rows = voice.said(&caller, &id, after, limit + 1).await?;
            Ok(axum::Json(json(id, rows, limit)).into_response())
        }
        Form::Text => {
            let rows = voice.all_said(&caller, &id).await?;
            Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], plain(&rows))
                .into_response())
        }
        Form::Vtt => {
            let rows = voice.all_said(&caller, &id).await?;
            Ok(([(header::CONTENT_TYPE, "text/vtt; charset=utf-8")], vtt(&rows)).into_response())
        }
    }
}

/// What is asked for: by name, else by the types that the caller accepts, the dearest first.
fn form(format: Option<&str>, headers: &HeaderMap) -> Answer<Form> {
    match format {
        Some("json") => return Ok(Form::Json),
        Some("text") => return Ok(Form::Text),
        Some("vtt") => return Ok(Form::Vtt),
        Some(_) => return Err(HttpError::validation("format", "must be json, text or vtt")),
        None => {}
    }
    let values =
        headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let mut best = (Form::Json, 0.0);
    for (form, weight) in values.flat_map(|value| value.split(',')).filter_map(accepted) {
        if weight > best.1 {
            best = (form, weight);
        }
    }
    Ok(best.0)
}

/// One entry of `Accept` (RFC 9110, 12.5.1) and its weight.
fn accepted(entry: &str) -> Option<(Form, f32)> {
    let mut parts = entry.split(';').map(str::trim);
    let form = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/json" | "application/*" | "*/*" => Form::Json,
        "text/plain" | "text/*" => Form::Text,
        "text/vtt" => Form::Vtt,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    Some((form, weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0))))
}

fn place(cursor: Option<String>) -> Answer<u64> {
    let Some(cursor) = cursor else { return Ok(0) };
    let unknown = |_| HttpError::validation("cursor", "must be a nextCursor of this list");
    cursor.parse().map_err(unknown)
}

/// As many rows as fit on a page, at least one.
fn json(session_id: String, mut rows: Vec<SaidRow>, limit: usize) -> TranscriptPage {
    let (count, mut bytes) = (rows.len(), 0);
    let fits = |row: &&SaidRow| {
        bytes += row.result.text.len();
        bytes <= PAGE_BYTES_MAX
    };
    let kept = rows.iter().take(limit).take_while(fits).count().max(1);
    rows.truncate(kept);
    let next = rows.last().filter(|_| rows.len() < count).map(|last| last.place.to_string());
    let view = |SaidRow { user_name, result, .. }| ResultView { user_name, result };
    let items = rows.into_iter().map(view).collect();
    TranscriptPage { session_id, page: Page::new(items, next.as_deref()) }
}

impl Voice {
    /// What was said in the session past the place `after`, at most `count_max` results.
    async fn said(
        &self,
        caller: &Caller,
        id: &str,
        after: u64,
        count_max: usize,
    ) -> Answer<Vec<SaidRow>> {
        let (id, user) = (id.to_owned(), Arc::clone(&caller.0.user_id));
        let read = move |db: &Connection| -> Result<Option<Vec<SaidRow>>> {
            if !store::has_attended(db, &id, &user)? {
                return Ok(None);
            }
            page(db, &id, after, count_max).map(Some)
        };
        let rows = self.store.read(read).await.map_err(|error| unread(&error))?;
        rows.ok_or_else(|| not_found().refused("was not in the session"))
    }

    /// All that was said in the session.
    async fn all_said(&self, caller: &Caller, id: &str) -> Answer<Vec<SaidRow>> {
        let (mut all, mut bytes) = (Vec::new(), 0);
        let mut after = 0;
        while after < ITEMS_MAX {
            let mut rows = self.said(caller, id, after, ROWS_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = last.place;
            bytes += rows.iter().map(|row| row.result.text.len()).sum::<usize>();
            if bytes > WHOLE_BYTES_MAX {
                let message =
                    "The transcript is too long for one piece; read it as JSON, page by page";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Err(HttpError::new(status, "TRANSCRIPT_TOO_LARGE", message));
            }
            all.append(&mut rows);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepts(value: &'static str) -> Form {
        let headers = [(header::ACCEPT, HeaderValue::from_static(value))].into_iter().collect();
        form(None, &headers).unwrap()
    }

    #[test]
    fn the_form_is_what_was_asked_for_by_name_or_the_dearest_accepted_type() {
        for (value, expected) in [
            ("*/*", Form::Json),
            ("text/plain", Form::Text),
            ("text/vtt", Form::Vtt),
            ("text/plain;q=0.5, text/vtt", Form::Vtt),
            ("text/html, application/json;q=0.9, text/plain; q=0.1", Form::Json),
            ("TEXT/VTT", Form::Vtt),
            ("image/png", Form::Json),
            ("text/vtt;q=0", Form::Json),
            ("text/vtt;q=NaN", Form::Json),
        ] {
            assert_eq!(accepts(value), expected, "{value}");
        }
        let headers =
            [(header::ACCEPT, HeaderValue::from_static("text/plain"))].into_iter().collect();
        assert_eq!(form(Some("vtt"), &headers).unwrap(), Form::Vtt);
        assert_eq!(form(Some("srt"), &headers).unwrap_err().field.as_deref(), Some("format"));
    }
}
