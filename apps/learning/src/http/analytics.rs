//! Figures of a context over HTTP: events are reported, metrics and their series shown.
//!
//! **Invariants.** Nobody reports or sees anything of a context that their token does not open. Whoever is
//! no publisher reports only what they did themselves.

mod events;
mod series;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{Identity, Name};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web::{Caller, HttpError, Page, PageRequest, Query};

use crate::analytics::{Reading, Unavailable};
use crate::protocol::analytics::number;
use crate::service::Learning;

type Service = State<Arc<Learning>>;
type Answer<T> = Result<T, HttpError>;

/// The routes of analytics.
pub(super) fn routes(learning: &Arc<Learning>) -> Router {
    // A context may be called as the events are.
    let events = post(events::report).layer(DefaultBodyLimit::max(events::BYTES_MAX));
    Router::new()
        .route("/api/analytics/events", events.get(metrics_of_events))
        .route("/api/analytics/{contextId}", get(metrics))
        .route("/api/analytics/{contextId}/{metric}", get(series::series))
        .with_state(Arc::clone(learning))
}

/// A metric as it is now.
#[derive(Serialize)]
struct MetricView {
    metric: String,
    value: Option<serde_json::Number>,
    timestamp: String,
    /// Seconds.
    window: u32,
}

impl MetricView {
    fn of(metric: &str, reading: &Reading) -> Self {
        let Reading { value, at, window } = *reading;
        let (metric, value) = (metric.to_owned(), value.and_then(number));
        Self { metric, value, timestamp: at.to_string(), window }
    }
}

async fn metrics(
    State(learning): Service,
    Caller(who): Caller,
    Segments(context): Segments<String>,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<MetricView>>> {
    metrics_of(&learning, &who, &context, &page).await
}

async fn metrics_of_events(
    State(learning): Service,
    Caller(who): Caller,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<MetricView>>> {
    metrics_of(&learning, &who, "events", &page).await
}

async fn metrics_of(
    learning: &Arc<Learning>,
    who: &Identity,
    context: &str,
    page: &PageRequest,
) -> Answer<Json<Page<MetricView>>> {
    let (limit, after) = (page.limit()?, page.after()?);
    let context = name("contextId", context)?;
    check_context(who, &context)?;
    let metrics = learning.analytics.metrics(&context).await.map_err(unavailable)?;
    let shown = match &after {
        None => &metrics[..],
        Some(after) => match metrics.iter().position(|(name, _)| **name == **after) {
            Some(place) => &metrics[place + 1..],
            None => &[],
        },
    };
    let next = shown.get(limit).and_then(|_| shown.get(limit - 1)).map(|(name, _)| &**name);
    let items = shown.iter().take(limit).map(|(name, it)| MetricView::of(name, it)).collect();
    Ok(Json(Page::new(items, next)))
}

/// What a path names.
struct Segments<T>(T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named))
            .map_err(|_| HttpError::validation("path", "must be UTF-8"))
    }
}

fn name(field: &str, text: &str) -> Answer<Name> {
    Name::new(text).map_err(|error| HttpError::validation(field, error))
}

/// 403 for what the token does not open.
fn check_context(who: &Identity, context: &Name) -> Answer<()> {
    if who.may_enter(context.as_str()) {
        return Ok(());
    }
    note_refusal(who, "context not opened by the token");
    Err(HttpError::forbidden("The token does not open this context"))
}

fn note_refusal(who: &Identity, reason: &str) {
    tracing::warn!(target: "security", user = %who.user_id, reason, "call refused");
}

fn unavailable(why: Unavailable) -> HttpError {
    HttpError::unavailable(match why {
        Unavailable::Full => "Too many contexts are in use; try again",
        Unavailable::Busy => "The store is busy; try again",
    })
}
