//! Suggestions of the backend's, told to who is in a session.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use model::Name;
use serde::{Deserialize, Serialize};
use storage::rusqlite::Connection;
use web::{Caller, HttpError, unread};

use super::{Answer, Service, SessionId, not_found};
use crate::protocol::Suggestion;
use crate::service::Voice;
use crate::store::{self, transcript};
use crate::suggesting::{TEXT_CHARS_MAX, TONE_CHARS_MAX};

/// Suggestions of one request.
const RESPONSES_MAX: usize = 10;
/// Characters of what they answer.
const FOR_TEXT_CHARS_MAX: usize = 50_000;

pub(super) fn routes() -> Router<Arc<Voice>> {
    Router::new().route("/api/voice/sessions/{id}/suggestions", post(push))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewSuggestions {
    user_id: Option<String>,
    responses: Option<Vec<Suggestion>>,
    for_text: Option<String>,
}

/// Who was told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    session_id: String,
    /// Users who were in the session.
    told: usize,
}

async fn push(
    State(voice): Service,
    Caller(caller): Caller,
    SessionId(id): SessionId,
    web::RequiredJson(new): web::RequiredJson<NewSuggestions>,
) -> Answer<Json<Told>> {
    if !caller.is_publisher() {
        let error = HttpError::forbidden("This needs the role publisher");
        return Err(error.refused("not a publisher"));
    }
    let NewSuggestions { user_id, responses, for_text } = new;
    if let Some(user) = &user_id {
        Name::new(user).map_err(|error| HttpError::validation("userId", error))?;
    }
    let responses = responses.ok_or_else(|| HttpError::validation("responses", "is missing"))?;
    check(&responses)?;
    let for_text = for_text.unwrap_or_default();
    at_most("forText", &for_text, FOR_TEXT_CHARS_MAX)?;
    let room = voice.room(&id);
    let (session, since) = (id.clone(), room.as_ref().map_or(0, |room| room.loaded_at()));
    let read = move |db: &Connection| {
        let Some(_) = store::find(db, &session)? else { return Ok(None) };
        transcript::count_before(db, &session, since).map(Some)
    };
    let base = voice.store.read(read).await.map_err(|error| unread(&error))?;
    let base = base.ok_or_else(not_found)?;
    let user = user_id.as_deref();
    let told =
        room.map_or(0, |room| voice.suggesting.push(&room, base, user, &responses, &for_text));
    Ok(Json(Told { session_id: id, told }))
}

fn check(responses: &[Suggestion]) -> Answer<()> {
    if responses.is_empty() || responses.len() > RESPONSES_MAX {
        let problem = format!("must be 1 to {RESPONSES_MAX} suggestions");
        return Err(HttpError::validation("responses", problem));
    }
    for (index, Suggestion { text, tone, confidence }) in responses.iter().enumerate() {
        let field = |name: &str| format!("responses[{index}].{name}");
        if text.trim().is_empty() {
            return Err(HttpError::validation(&field("text"), "must not be blank"));
        }
        at_most(&field("text"), text, TEXT_CHARS_MAX)?;
        at_most(&field("tone"), tone.as_deref().unwrap_or_default(), TONE_CHARS_MAX)?;
        if confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
            return Err(HttpError::validation(&field("confidence"), "must be from 0 to 1"));
        }
    }
    Ok(())
}

fn at_most(field: &str, text: &str, chars_max: usize) -> Answer<()> {
    if text.chars().nth(chars_max).is_some() {
        let problem = format!("must have at most {chars_max} characters");
        return Err(HttpError::validation(field, problem));
    }
    Ok(())
}
