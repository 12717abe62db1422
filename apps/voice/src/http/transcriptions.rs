//! Results that the backend has of its own transcription: they take their place among the session's.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use model::Name;
use serde::Deserialize;
use storage::rusqlite::{Connection, Result};
use web::{Caller, HttpError, RequiredJson, unread, unstored};

use super::{Answer, Service, SessionId, not_found};
use crate::protocol::{LANGUAGE_CHARS_MAX, ProcessingMode, ResultMetadata, TranscriptionResult};
use crate::room::Room;
use crate::service::Voice;
use crate::store::transcript::SaidRow;
use crate::store::{self, SessionRow};
use crate::transcript::{self, TEXT_CHARS_MAX, TranscriptError};

/// Milliseconds that a session's clock may show: a year.
const TIME_MAX: u64 = 366 * 24 * 60 * 60 * 1000;
/// The language of a result that does not say: undetermined (ISO 639-2).
const LANGUAGE_DEFAULT: &str = "und";
/// The provider of a result that does not say.
const PROVIDER_DEFAULT: &str = "backend";

pub(super) fn routes() -> Router<Arc<Voice>> {
    Router::new().route("/api/voice/sessions/{id}/transcriptions", post(publish))
}

/// A result, as `transcription:result` has it; what may be left out has a default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    session_id: Option<String>,
    user_id: String,
    item_id: Option<String>,
    text: String,
    is_final: Option<bool>,
    confidence: Option<f32>,
    language: Option<String>,
    request_id: Option<String>,
    start_time: Option<u64>,
    end_time: Option<u64>,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    provider: Option<String>,
    processing_mode: Option<ProcessingMode>,
}

impl Published {
    /// What is wrong with it, if anything is.
    fn check(&self, session: &str) -> Answer<()> {
        if self.session_id.as_deref().is_some_and(|id| id != session) {
            return Err(HttpError::validation("sessionId", "must be that of the path"));
        }
        let names = [
            ("userId", Some(&self.user_id)),
            ("itemId", self.item_id.as_ref()),
            ("requestId", self.request_id.as_ref()),
            ("metadata.provider", self.metadata.as_ref().and_then(|data| data.provider.as_ref())),
        ];
        for (field, name) in names {
            if let Some(name) = name {
                Name::new(name).map_err(|error| HttpError::validation(field, error))?;
            }
        }
        if self.text.chars().nth(TEXT_CHARS_MAX).is_some() {
            let problem = format!("must have at most {TEXT_CHARS_MAX} characters");
            return Err(HttpError::validation("text", problem));
        }
        if self.text.trim().is_empty() {
            return Err(HttpError::validation("text", "must not be blank"));
        }
        if self.confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
            return Err(HttpError::validation("confidence", "must be a number from 0 to 1"));
        }
        let language = self.language.as_deref().unwrap_or(LANGUAGE_DEFAULT);
        if language.is_empty() || language.chars().nth(LANGUAGE_CHARS_MAX).is_some() {
            let problem = format!("must have 1 to {LANGUAGE_CHARS_MAX} characters");
            return Err(HttpError::validation("language", problem));
        }
        self.check_times()
    }

    fn check_times(&self) -> Answer<()> {
        for (field, time) in [("startTime", self.start_time), ("endTime", self.end_time)] {
            if time.is_some_and(|time| time > TIME_MAX) {
                let problem = format!("must be at most {TIME_MAX} milliseconds");
                return Err(HttpError::validation(field, problem));
            }
        }
        let ends_before = self.start_time.zip(self.end_time).is_some_and(|(from, to)| to < from);
        if ends_before {
            return Err(HttpError::validation("endTime", "must not be before startTime"));
        }
        Ok(())
    }

    /// The result at `now`, in milliseconds of the session; its item is still to be found.
    fn into_result(self, session_id: String, now: u64) -> TranscriptionResult {
        let Metadata { provider, processing_mode } = self.metadata.unwrap_or_default();
        let end_time =
            self.end_time.unwrap_or_else(|| now.max(self.start_time.unwrap_or_default()));
        TranscriptionResult {
            session_id,
            user_id: self.user_id,
            item_id: self.item_id.unwrap_or_default(),
            previous_item_id: None,
            text: self.text,
            is_final: self.is_final.unwrap_or(true),
            confidence: self.confidence.unwrap_or(1.0),
            language: self.language.unwrap_or_else(|| LANGUAGE_DEFAULT.to_owned()),
            request_id: self.request_id,
            start_time: self.start_time.unwrap_or(end_time),
            end_time,
            metadata: ResultMetadata {
                provider: provider.unwrap_or_else(|| PROVIDER_DEFAULT.to_owned()),
                processing_mode: processing_mode.unwrap_or(ProcessingMode::Realtime),
            },
        }
    }
}

/// What the store knows of the session, of the speaker and of the item.
struct Known {
    session: SessionRow,
    user_name: Option<String>,
    item: Option<SaidRow>,
}

async fn publish(
    State(voice): Service,
    caller: Caller,
    SessionId(id): SessionId,
    RequiredJson(published): RequiredJson<Published>,
) -> Answer<Response> {
    if !caller.0.is_publisher() {
        return Err(
            HttpError::forbidden("This needs the role publisher").refused("not a publisher")
        );
    }
    published.check(&id)?;
    let Known { session, user_name, item } = voice.known_of(&id, &published).await?;
    if let Some(known) = item {
        return repeated(&published, known.result);
    }
    if session.ended_at.is_some() {
        let message = "The session has ended";
        return Err(HttpError::new(StatusCode::CONFLICT, "SESSION_ENDED", message));
    }
    let room = voice.rooms.open(&session);
    let room = room.ok_or_else(|| HttpError::unavailable("Too many sessions are going on"))?;
    let user_name = user_name.unwrap_or_else(|| published.user_id.clone());
    let outcome = voice.publish(&room, published, &user_name).await;
    voice.forget(room);
    outcome
}

/// The item has its final result already: the same one is answered once more.
fn repeated(published: &Published, known: TranscriptionResult) -> Answer<Response> {
    let is_same = published.is_final != Some(false)
        && (&published.text, &published.user_id) == (&known.text, &known.user_id);
    if is_same { Ok(axum::Json(known).into_response()) } else { Err(finished()) }
}

fn finished() -> HttpError {
    let message = "The item has a final result already";
    HttpError::new(StatusCode::CONFLICT, "ITEM_FINISHED", message)
}

impl Voice {
    async fn publish(
        self: &Arc<Self>,
        room: &Arc<Room>,
        published: Published,
        user_name: &str,
    ) -> Answer<Response> {
        let now = room.milliseconds(self.hub.clock().monotonic());
        let name = published.item_id.clone();
        let mut result = published.into_result(room.id().to_string(), now);
        let item = room.chain.named(&self.store, room.id(), name.as_deref(), result.is_final).await;
        let item = item.map_err(|error| refused(&error))?;
        (result.item_id, result.previous_item_id) = (item.id.clone(), item.previous.clone());
        if !result.is_final {
            transcript::tell(room, &result);
            return Ok(axum::Json(result).into_response());
        }
        let said = transcript::conclude(&self.store, room, &item, user_name, result).await;
        let (result, is_new) = said.map_err(|error| refused(&error))?;
        if is_new {
            self.suggesting.heard(room, &result);
        }
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, axum::Json(result)).into_response())
    }

    async fn known_of(&self, id: &str, published: &Published) -> Answer<Known> {
        let (id, user) = (id.to_owned(), published.user_id.clone());
        let item = published.item_id.clone();
        let read = move |db: &Connection| -> Result<Option<Known>> {
            let Some(session) = store::find(db, &id)? else { return Ok(None) };
            let user_name = store::username(db, &id, &user)?;
            let find = |item: String| store::transcript::find(db, &id, &item);
            let item = item.map(find).transpose()?.flatten();
            Ok(Some(Known { session, user_name, item }))
        };
        let known = self.store.read(read).await.map_err(|error| unread(&error))?;
        known.ok_or_else(not_found)
    }
}

fn refused(error: &TranscriptError) -> HttpError {
    match error {
        TranscriptError::Full => {
            let message = "The session's transcript is full";
            HttpError::new(StatusCode::CONFLICT, "TRANSCRIPT_FULL", message)
        }
        TranscriptError::Read(error) => unread(error),
        TranscriptError::Commit(error) => unstored(error),
        TranscriptError::Finished => finished(),
    }
}
