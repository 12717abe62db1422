//! Events are reported, many at once: what is right of them counts, and what is not is named.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use model::{Identity, Name, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use web::{Caller, HttpError};

use super::{Answer, Service, check_context, name, note_refusal, unavailable};
use crate::analytics::{Aggregate, Event, Problem};
use crate::protocol::CONTEXT_DEFAULT;

/// Events of one request.
const EVENTS_MAX: usize = 1_000;
/// Bytes of its body.
pub(super) const BYTES_MAX: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Batch {
    context_id: Option<String>,
    events: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    at: Option<&'a RawValue>,
    #[serde(borrow)]
    aggregate: Option<&'a RawValue>,
    #[serde(borrow)]
    window: Option<&'a RawValue>,
}

/// What became of the events.
#[derive(Serialize)]
struct Report {
    /// How many count.
    accepted: usize,
    /// Which do not, in order.
    refused: Vec<Refusal>,
}

#[derive(Serialize)]
struct Refusal {
    /// The event's place in the request, from 0.
    index: usize,
    field: &'static str,
    /// A sentence that names the field.
    message: String,
}

impl Refusal {
    fn new(index: usize, problem: &Problem) -> Self {
        let Problem { field, message } = problem;
        Self { index, field, message: format!("{field} {message}") }
    }
}

pub(super) async fn report(
    State(learning): Service,
    Caller(who): Caller,
    web::Json(Batch { context_id, events }): web::Json<Batch>,
) -> Answer<impl IntoResponse> {
    let context = name("contextId", context_id.as_deref().unwrap_or(CONTEXT_DEFAULT))?;
    let events = events.ok_or_else(|| HttpError::validation("events", "is missing"))?;
    if events.len() > EVENTS_MAX {
        return Err(HttpError::validation("events", "must have at most 1000 entries"));
    }
    check_context(&who, &context)?;
    let (mut right, mut places, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        match read(event, &who) {
            Ok(event) => {
                check_user(&event, index, &who)?;
                right.push(event);
                places.push(index);
            }
            Err(problem) => refused.push(Refusal::new(index, &problem)),
        }
    }
    let not_taken = learning.analytics.ingest(&context, &right).await.map_err(unavailable)?;
    let named = not_taken.iter().filter_map(|refused| {
        let index = places.get(refused.index)?;
        Some(Refusal::new(*index, &refused.problem))
    });
    refused.extend(named);
    refused.sort_unstable_by_key(|refusal| refusal.index);
    let report = Report { accepted: events.len() - refused.len(), refused };
    Ok((StatusCode::ACCEPTED, Json(report)))
}

/// The event as it was written; it is the caller's own where it names nobody.
fn read(event: &RawValue, who: &Identity) -> Result<Event, Problem> {
    // Only an object: a list would be taken for its fields in order.
    let fields = Some(event.get()).filter(|text| text.starts_with('{'));
    let fields = fields.and_then(|text| serde_json::from_str::<Fields<'_>>(text).ok());
    let Some(fields) = fields else {
        return Err(Problem::new("events", "must be objects that have each field once"));
    };
    let Some(name) = named("name", fields.name)? else {
        return Err(Problem::new("name", "is missing"));
    };
    let user = match named("userId", fields.user_id)? {
        Some(user) => user.as_str().into(),
        None => Arc::clone(&who.user_id),
    };
    Ok(Event {
        name,
        value: value("value", "a number", fields.value)?,
        user,
        at: moment("at", fields.at)?,
        aggregate: aggregate("aggregate", fields.aggregate)?,
        window: value("window", "a whole number of seconds, 1 to 3600", fields.window)?,
    })
}

/// A value of this type; `what` says what it must be. `None` where it is missing or null.
fn value<'a, T: Deserialize<'a>>(
    field: &'static str,
    what: &str,
    raw: Option<&'a RawValue>,
) -> Result<Option<T>, Problem> {
    let read = raw.map(|raw| serde_json::from_str(raw.get())).transpose();
    read.map_err(|_| Problem::new(field, format!("must be {what}")))
}

fn named(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Name>, Problem> {
    let text = value::<String>(field, "a text", raw)?;
    let name = text.map(|text| Name::new(&text)).transpose();
    name.map_err(|error| Problem::new(field, error.to_string()))
}

fn moment(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Timestamp>, Problem> {
    let text = value::<String>(field, "a text", raw)?;
    let at = text.map(|text| text.parse()).transpose();
    at.map_err(|error| Problem::new(field, format!("is {error}")))
}

fn aggregate(field: &'static str, raw: Option<&RawValue>) -> Result<Option<Aggregate>, Problem> {
    let Some(text) = value::<String>(field, "a text", raw)? else { return Ok(None) };
    let known = Aggregate::parse(&text).map(Some);
    known.ok_or_else(|| Problem::new(field, "must be count, mean, sum or p95"))
}

/// 403 for an event of somebody else's, save from those who may report them.
fn check_user(event: &Event, index: usize, who: &Identity) -> Answer<()> {
    if event.user == who.user_id || who.is_publisher() {
        return Ok(());
    }
    note_refusal(who, "event of another user");
    let field = format!("events[{index}].userId");
    let message = format!("{field}: events of other users need the role publisher");
    Err(HttpError { field: Some(field), ..HttpError::forbidden(message) })
}
