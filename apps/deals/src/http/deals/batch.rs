//! Many deals in one request.
//!
//! Each deal is a row of its own in the bulk lane, so that many of them neither stand in anybody's way
//! nor fail with one another. Places for all that are right are taken before the first is written: a
//! batch is refused as busy whole, with nothing stored.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use storage::{CommitError, Lane};
use web::{Caller, HttpError, RequiredJson, unstored};

use super::{Service, invalid};
use crate::DealEvent;
use crate::catalogue::{Catalogue, Fields, Offer, Put, Wrong};
use crate::http::{Answer, producer};

/// Deals of one batch.
const DEALS_MAX: usize = 1_000;
/// Bytes of its body.
pub(super) const BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Deserialize)]
pub(super) struct Batch {
    deals: Option<Vec<Box<RawValue>>>,
}

/// What became of a batch: how many, and of each deal what, in the order of the request.
#[derive(Serialize)]
struct Report {
    created: usize,
    updated: usize,
    unchanged: usize,
    failed: usize,
    items: Vec<Item>,
}

/// What became of one deal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    deal_id: Option<String>,
    result: Kind,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Created,
    Updated,
    Unchanged,
    Failed,
}

/// Why a deal was not stored, as a request of its own would have been answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemError {
    error: &'static str,
    message: String,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl From<HttpError> for ItemError {
    fn from(error: HttpError) -> Self {
        let HttpError { status, code, message, field, .. } = error;
        Self { error: code, message, status_code: status.as_u16(), field }
    }
}

impl Item {
    fn failed(deal_id: Option<String>, error: HttpError) -> Self {
        Self { deal_id, result: Kind::Failed, error: Some(error.into()) }
    }
}

pub(super) async fn put(
    State(catalogue): Service,
    caller: Caller,
    RequiredJson(Batch { deals }): RequiredJson<Batch>,
) -> Answer<impl IntoResponse> {
    producer(caller)?;
    let deals = deals.ok_or_else(|| HttpError::validation("deals", "is missing"))?;
    if deals.len() > DEALS_MAX {
        return Err(HttpError::validation("deals", "must have at most 1000 entries"));
    }
    let offers = (0..).zip(deals).map(|(index, deal)| read(index, &deal)).collect();
    let items = store(&catalogue, offers).await?;
    let count = |kind: Kind| items.iter().filter(|item| item.result == kind).count();
    let report = Report {
        created: count(Kind::Created),
        updated: count(Kind::Updated),
        unchanged: count(Kind::Unchanged),
        failed: count(Kind::Failed),
        items,
    };
    Ok((StatusCode::OK, Json(report)))
}

/// The offer that stands at `index`, or what becomes of it.
fn read(index: usize, deal: &RawValue) -> Result<Offer, Item> {
    let whole = format!("deals[{index}]");
    let failed = |deal_id, wrong: &Wrong| Item::failed(deal_id, invalid(&whole, wrong));
    // Only an object: a list would be taken for its fields in order.
    let fields = Some(deal.get()).filter(|text| text.starts_with('{'));
    let fields = fields.and_then(|text| serde_json::from_str::<Fields>(text).ok());
    let not_a_deal = || Wrong { field: "", problem: "must be an object, each field once".into() };
    let fields = fields.ok_or_else(|| failed(None, &not_a_deal()))?;
    let id = fields.id().map_err(|wrong| failed(None, &wrong))?;
    let offer = Offer::new(&id, &fields);
    offer.map_err(|wrong| failed(Some(id.as_str().to_owned()), &wrong))
}

/// Stores the offers; what became of each, in order.
async fn store(catalogue: &Arc<Catalogue>, offers: Vec<Result<Offer, Item>>) -> Answer<Vec<Item>> {
    let mut placed = Vec::with_capacity(offers.len());
    for offer in offers {
        placed.push(match offer {
            Ok(offer) => {
                let places = catalogue.reserve(Lane::Bulk).map_err(|error| unstored(&error))?;
                Ok((places, offer))
            }
            Err(item) => Err(item),
        });
    }
    // All are begun before the first is waited for.
    let begun: Vec<_> = placed
        .into_iter()
        .map(|placed| {
            placed.map(|(places, offer)| (offer.id().to_owned(), catalogue.put(places, offer)))
        })
        .collect();
    let mut items = Vec::with_capacity(begun.len());
    for begun in begun {
        items.push(match begun {
            Ok((id, put)) => item(id, put.await.unwrap_or(Err(CommitError::Failed))),
            Err(item) => item,
        });
    }
    Ok(items)
}

fn item(id: String, put: Result<Put, CommitError>) -> Item {
    let result = match put {
        Ok(Put { event: None, .. }) => Kind::Unchanged,
        Ok(Put { event: Some(DealEvent::Created), .. }) => Kind::Created,
        Ok(Put { event: Some(_), .. }) => Kind::Updated,
        Err(error) => return Item::failed(Some(id), unstored(&error)),
    };
    Item { deal_id: Some(id), result, error: None }
}
