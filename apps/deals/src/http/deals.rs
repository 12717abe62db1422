//! Deals: put, put many, removed, shown, listed, and the history of their prices.
//!
//! **Invariants.** Only producers change deals. A batch stores what is right of it, and names what is not.

mod batch;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{Name, Timestamp};
use serde::Serialize;
use storage::rusqlite::{Connection, Result as Read};
use storage::{CommitError, Lane};
use web::{Caller, HttpError, Page, PageRequest, Query, RequiredJson, unread, unstored};

use super::{Answer, producer};
use crate::catalogue::{Catalogue, Fields, Offer, Wrong, deal_id};
use crate::filters::Filters;
use crate::protocol::Number;
use crate::store::deals::{self, By, Key, Listing, Order, PriceRow};
use crate::{Deal, DealEvent};

type Service = State<Arc<Catalogue>>;

/// Bytes of the body of one deal.
const DEAL_BYTES_MAX: usize = 256 * 1024;
/// Characters of an unknown parameter's name that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;
/// What a list may be asked for with: the page's, where a token may stand, and what is wanted.
const PARAMETERS: [&str; 11] = [
    "limit",
    "cursor",
    "token",
    "updatedAfter",
    "category",
    "merchant",
    "minDiscount",
    "maxPrice",
    "minPrice",
    "keywords",
    "currency",
];

/// The routes of deals.
pub(crate) fn routes(catalogue: &Arc<Catalogue>) -> Router {
    let one = get(show).put(put).delete(remove).layer(DefaultBodyLimit::max(DEAL_BYTES_MAX));
    let many = post(batch::put).layer(DefaultBodyLimit::max(batch::BYTES_MAX));
    Router::new()
        .route("/api/deals", get(list))
        .route("/api/deals:batch", many)
        .route("/api/deals/{dealId}", one)
        .route("/api/deals/{dealId}/prices", get(prices))
        .with_state(Arc::clone(catalogue))
}

/// A deal's id in a path.
pub(super) struct DealId(pub(super) Name);

impl<S: Send + Sync> FromRequestParts<S> for DealId {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path: Result<Path<String>, PathRejection> =
            Path::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| HttpError::validation("dealId", "must be UTF-8"))?;
        deal_id(&id).map(Self).map_err(|wrong| invalid("", &wrong))
    }
}

/// The answer to a field that is not as it should be; it stands in `whole`, such as `deals[3]`.
pub(super) fn invalid(whole: &str, Wrong { field, problem }: &Wrong) -> HttpError {
    let dot = if whole.is_empty() || field.is_empty() { "" } else { "." };
    HttpError::validation(&format!("{whole}{dot}{field}"), problem)
}

/// The answer where there is no deal of this id.
pub(super) fn not_found() -> HttpError {
    HttpError::not_found("NOT_FOUND", "Deal not found")
}

/// A deal as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DealView<'a> {
    deal_id: &'a str,
    title: &'a str,
    category: &'a str,
    merchant: &'a str,
    price: Number,
    original_price: Number,
    /// Percent.
    discount: Number,
    currency: &'a str,
    url: &'a str,
    updated_at: String,
}

impl<'a> DealView<'a> {
    fn of(deal: &'a Deal) -> Self {
        Self {
            deal_id: &deal.id,
            title: &deal.title,
            category: &deal.category,
            merchant: &deal.merchant,
            price: Number(deal.price),
            original_price: Number(deal.original_price),
            discount: Number(deal.discount),
            currency: &deal.currency,
            url: &deal.url,
            updated_at: deal.updated_at.to_string(),
        }
    }
}

async fn put(
    State(catalogue): Service,
    caller: Caller,
    DealId(id): DealId,
    RequiredJson(fields): RequiredJson<Fields>,
) -> Answer<impl IntoResponse> {
    producer(caller)?;
    let offer = Offer::new(&id, &fields).map_err(|wrong| invalid("", &wrong))?;
    let places = catalogue.reserve(Lane::Interactive).map_err(|error| unstored(&error))?;
    let put = catalogue.put(places, offer).await.unwrap_or(Err(CommitError::Failed));
    let put = put.map_err(|error| unstored(&error))?;
    let status = match put.event {
        Some(DealEvent::Created) => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    Ok((status, Json(DealView::of(&put.deal)).into_response()))
}

async fn remove(
    State(catalogue): Service,
    caller: Caller,
    DealId(id): DealId,
) -> Answer<StatusCode> {
    producer(caller)?;
    let places = catalogue.reserve(Lane::Interactive).map_err(|error| unstored(&error))?;
    let removed = catalogue.remove(places, id.as_str().into()).await;
    match removed.unwrap_or(Err(CommitError::Failed)).map_err(|error| unstored(&error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found()),
    }
}

async fn show(
    State(catalogue): Service,
    _caller: Caller,
    DealId(id): DealId,
) -> Answer<impl IntoResponse> {
    let read = catalogue.store().read(move |db| deals::find(db, id.as_str()));
    let found = read.await.map_err(|error| unread(&error))?.ok_or_else(not_found)?;
    Ok(Json(DealView::of(&found.deal)).into_response())
}

/// What a list is asked for with: filters, and `updatedAfter`.
struct Search {
    filters: Filters,
    updated_after: Option<Timestamp>,
}

impl Search {
    fn read(query: &str) -> Answer<Self> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pairs = || pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // Or a filter that is misspelt would hold for everything.
        if let Some((name, _)) = pairs().find(|(name, _)| !PARAMETERS.contains(name)) {
            let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
            return Err(HttpError::validation(&name, "is no parameter of this list"));
        }
        let filters = Filters::of_query(pairs())
            .map_err(|error| HttpError { field: Some(error.field), ..bad_filter(error.message) })?;
        let mut times = pairs().filter(|(name, _)| *name == "updatedAfter");
        let updated_after = times.next().map(|(_, text)| time(text)).transpose()?;
        if times.next().is_some() {
            return Err(HttpError::validation("updatedAfter", "stands twice"));
        }
        Ok(Self { filters, updated_after })
    }
}

fn bad_filter(message: String) -> HttpError {
    HttpError::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
}

/// A time in ISO 8601, or in whole seconds since the epoch as WebSocket messages have them.
fn time(text: &str) -> Answer<Timestamp> {
    if let Ok(secs) = text.trim().parse() {
        return Ok(Timestamp::from_secs(secs));
    }
    // In a query a plus sign is a blank, if it is not written as %2B.
    let text = text.trim().replace(' ', "+");
    let problem = "must be a time in ISO 8601 or in whole seconds since 1970";
    text.parse().map_err(|_| HttpError::validation("updatedAfter", problem))
}

async fn list(
    State(catalogue): Service,
    _caller: Caller,
    Query(page): Query<PageRequest>,
    RawQuery(query): RawQuery,
) -> Answer<impl IntoResponse> {
    let Search { filters, updated_after } = Search::read(query.as_deref().unwrap_or_default())?;
    let count_max = page.limit()?;
    let past = page.after()?.map(|text| key(&text)).transpose()?;
    let (order, after) = match updated_after {
        Some(time) => (Order::OldestFirst, past.max(Some(end_of(time)))),
        None => (Order::NewestFirst, past),
    };
    let read = move |db: &Connection| {
        let by = narrowed(&filters);
        let wanted = |deal: &Deal| filters.matches(deal);
        deals::list(db, &Listing { by, wanted: &wanted, order, after, count_max })
    };
    let found = catalogue.store().read(read).await.map_err(|error| unread(&error))?;
    let next = found.next.map(|Key { updated_at, place }| format!("{updated_at} {place}"));
    let items = found.deals.iter().map(DealView::of).collect();
    Ok(Json(Page::new(items, next.as_deref())).into_response())
}

/// What the deals to look at are narrowed by: whatever is named, categories first.
fn narrowed(filters: &Filters) -> By<'_> {
    if !filters.categories().is_empty() {
        By::Categories(filters.categories())
    } else if !filters.merchants().is_empty() {
        By::Merchants(filters.merchants())
    } else {
        By::Nothing
    }
}

/// Where everything that was changed up to this time, in it included, lies behind.
fn end_of(time: Timestamp) -> Key {
    Key { updated_at: time.as_millis(), place: i64::MAX }
}

fn key(text: &str) -> Answer<Key> {
    let key = text.split_once(' ').and_then(|(updated_at, place)| {
        Some(Key { updated_at: updated_at.parse().ok()?, place: place.parse().ok()? })
    });
    key.ok_or_else(unknown_cursor)
}

/// The answer to a cursor that no page of the list gave.
pub(super) fn unknown_cursor() -> HttpError {
    HttpError::validation("cursor", "must be a nextCursor of this list")
}

/// A price as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PriceView {
    price: Number,
    original_price: Number,
    currency: String,
    changed_at: String,
}

impl From<PriceRow> for PriceView {
    fn from(row: PriceRow) -> Self {
        Self {
            price: Number(row.price),
            original_price: Number(row.original_price),
            currency: row.currency,
            changed_at: row.changed_at.to_string(),
        }
    }
}

async fn prices(
    State(catalogue): Service,
    _caller: Caller,
    DealId(id): DealId,
    Query(page): Query<PageRequest>,
) -> Answer<impl IntoResponse> {
    let limit = page.limit()?;
    let before = page.after()?.map(|text| text.parse::<i64>()).transpose();
    let before = before.map_err(|_| unknown_cursor())?;
    let read = move |db: &Connection| -> Read<Option<Vec<PriceRow>>> {
        let Some(found) = deals::find(db, id.as_str())? else { return Ok(None) };
        deals::prices(db, found.place, before, limit + 1).map(Some)
    };
    let read = catalogue.store().read(read).await.map_err(|error| unread(&error))?;
    let mut rows = read.ok_or_else(not_found)?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| row.number.to_string());
    let items: Vec<PriceView> = rows.into_iter().map(PriceView::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

#[cfg(test)]
mod tests;
