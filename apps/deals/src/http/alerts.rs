//! Price alerts: one's own, set, removed and listed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use storage::Lane;
use storage::rusqlite::{Connection, Result as Sql, Transaction};
use web::{Caller, HttpError, Page, PageRequest, Query, unread, unstored};

use super::deals::{DealId, invalid, not_found, unknown_cursor};
use super::{Answer, cut};
use crate::catalogue::{Catalogue, Wrong, amount};
use crate::protocol::Number;
use crate::store::alerts::{self, AlertRow, Set};
use crate::store::deals;

type Service = State<Arc<Catalogue>>;

/// The routes of price alerts.
pub(crate) fn routes(catalogue: &Arc<Catalogue>) -> Router {
    Router::new()
        .route("/api/price-alerts", get(list))
        .route("/api/price-alerts/{dealId}", put(set).delete(remove))
        .with_state(Arc::clone(catalogue))
}

/// An alert as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertView {
    deal_id: String,
    title: String,
    /// What the price is to be below.
    below: Number,
    /// The currency of that; no price in another one meets the alert.
    below_currency: String,
    /// What the price is.
    price: Number,
    /// The currency of the price.
    currency: String,
}

impl From<AlertRow> for AlertView {
    fn from(row: AlertRow) -> Self {
        Self {
            deal_id: row.deal_id,
            title: row.title,
            below: Number(row.below),
            below_currency: row.below_currency,
            price: Number(row.price),
            currency: row.currency,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Limit {
    below: Option<Box<RawValue>>,
}

async fn set(
    State(catalogue): Service,
    caller: Caller,
    DealId(id): DealId,
    web::Json(Limit { below }): web::Json<Limit>,
) -> Answer<impl IntoResponse> {
    let below = limit(below.as_deref()).map_err(|wrong| invalid("", &wrong))?;
    let user = Arc::clone(&caller.0.user_id);
    let apply = move |tx: &Transaction<'_>| -> Sql<Option<(Set, AlertRow)>> {
        let Some(placed) = deals::find(tx, id.as_str())? else { return Ok(None) };
        let set = alerts::set(tx, placed.place, &user, (below, &placed.deal.currency))?;
        Ok(Some((set, AlertRow::on(&placed, below))))
    };
    let set = catalogue.store().commit(Lane::Interactive, apply).await;
    let (set, row) = set.map_err(|error| unstored(&error))?.ok_or_else(not_found)?;
    let status = match set {
        Set::Created => StatusCode::CREATED,
        Set::Changed => StatusCode::OK,
        Set::TooMany => return Err(too_many()),
    };
    Ok((status, Json(AlertView::from(row))))
}

/// A limit that a price can be below.
fn limit(raw: Option<&RawValue>) -> Result<f64, Wrong> {
    let below = amount("below", raw)?;
    if below > 0.0 {
        return Ok(below);
    }
    Err(Wrong { field: "below", problem: "must be more than 0".into() })
}

fn too_many() -> HttpError {
    let message = format!("You have {} price alerts; remove one first", alerts::PER_USER_MAX);
    HttpError::new(StatusCode::CONFLICT, "TOO_MANY_ALERTS", message)
}

async fn remove(
    State(catalogue): Service,
    caller: Caller,
    DealId(id): DealId,
) -> Answer<StatusCode> {
    let user = Arc::clone(&caller.0.user_id);
    let apply = move |tx: &Transaction<'_>| alerts::remove(tx, id.as_str(), &user);
    let removed = catalogue.store().commit(Lane::Interactive, apply).await;
    match removed.map_err(|error| unstored(&error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(HttpError::not_found("NOT_FOUND", "Price alert not found")),
    }
}

async fn list(
    State(catalogue): Service,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Answer<impl IntoResponse> {
    let limit = page.limit()?;
    let before = page.after()?.map(|text| text.parse::<i64>()).transpose();
    let before = before.map_err(|_| unknown_cursor())?;
    let user = Arc::clone(&caller.0.user_id);
    let read = move |db: &Connection| alerts::of_user(db, &user, before, limit + 1);
    let mut rows = catalogue.store().read(read).await.map_err(|error| unread(&error))?;
    let has_more = cut(&mut rows, limit, |row| row.deal_id.len() + row.title.len());
    let next = rows.last().filter(|_| has_more).map(|row| row.deal.to_string());
    let items: Vec<AlertView> = rows.into_iter().map(AlertView::from).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

#[cfg(test)]
mod tests;
