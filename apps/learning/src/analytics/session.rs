//! One connection to the figures of a context: which of them it is shown.
//!
//! **Invariants.** A connection enters one context and stays there. It is told of a metric only between its
//! `subscribed` and its `unsubscribed`. Looking at figures is not activity.
//!
//! **Bounds.** A connection is shown at most [`SHOWN_MAX`] metrics at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub::{Announce, Context, Member, Membership, Person, RoomId};
use model::{ConnectionId, Name};

use super::{Reading, Unavailable, rooms};
use crate::entrance::{Entrance, Guest, Lesson, reply};
use crate::protocol::analytics::{self, Action, Subscribed, Unsubscribed, update};
use crate::protocol::{Code, Invalid, Refusal, Request};

/// Metrics that a connection is shown.
const SHOWN_MAX: usize = 200;
/// When a client may try again whose context could not be opened.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A connection to the figures.
#[derive(Default)]
pub(crate) struct Dashboard {
    place: Option<Membership>,
    /// What it is shown, by metric.
    shown: BTreeMap<Name, Membership>,
}

impl Lesson for Dashboard {
    type Action = Action;

    const ENDS_WHEN_TOO_FAST: bool = true;

    fn decode(text: &str) -> Result<Request<Action>, Invalid> {
        analytics::decode(text)
    }

    fn enter(
        &mut self,
        name: &str,
        guest: &Guest<'_>,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        guest.check_context(name, "contextId", context)?;
        let place = join(&rooms::dashboards(name), guest, context.connection);
        let (connection, user) = (context.connection, &guest.identity.user_id);
        tracing::debug!(%connection, %user, room = %place.room().id, "connection joined context");
        self.place = Some(place);
        Ok(())
    }

    fn context_id(&self) -> Option<Arc<str>> {
        self.place.as_ref().map(|place| Arc::clone(&place.room().id.name))
    }

    fn act(
        &mut self,
        action: Action,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let Some(context_id) = self.context_id() else {
            let refusal = Refusal::new(Code::NotJoined, "The connection is in no context");
            return reply(&refusal, id, context);
        };
        match action {
            Action::Subscribe(metrics) => self.subscribe(metrics, &context_id, id, guest, context),
            Action::Unsubscribe(metrics) => self.unsubscribe(metrics, id, context),
        }
    }
}

impl Dashboard {
    /// Shows metrics once what the context was before is known. What the client asks meanwhile waits.
    fn subscribe(
        &self,
        metrics: Vec<Name>,
        context_id: &str,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let fresh = metrics.iter().filter(|metric| !self.shown.contains_key(metric)).count();
        if self.shown.len() + fresh > SHOWN_MAX {
            let problem = "is too much: a connection is shown at most 200 metrics at once";
            return reply(&Refusal::invalid("data.metrics", problem), id, context);
        }
        let (learning, identity) = (Arc::clone(guest.learning), Arc::clone(guest.identity));
        let (ticket, id) = (context.hold(), id.map(Box::<str>::from));
        guest.learning.analytics.open(context_id, move |opened| {
            ticket.resume(move |entrance: &mut Entrance<Self>, context| {
                let guest = Guest { learning: &learning, identity: &identity };
                let shown = opened
                    .and_then(|()| entrance.lesson.show(&metrics, &guest, context.connection));
                match shown {
                    Ok(readings) => tell(&metrics, &readings, id.as_deref(), context),
                    Err(why) => reply(&refusal(why), id.as_deref(), context),
                }
            });
        });
    }

    /// Shows metrics from now on, all or none; what they are now.
    fn show(
        &mut self,
        metrics: &[Name],
        guest: &Guest<'_>,
        connection: ConnectionId,
    ) -> Result<Vec<Reading>, Unavailable> {
        let Some(context_id) = self.context_id() else { return Ok(Vec::new()) };
        let analytics = &guest.learning.analytics;
        let (mut readings, mut places) = (Vec::new(), BTreeMap::new());
        for metric in metrics {
            let is_shown = self.shown.contains_key(metric) || places.contains_key(metric);
            readings.push(if is_shown {
                analytics.current(&context_id, metric)?
            } else {
                let join = |room: &RoomId| join(room, guest, connection);
                let (reading, place) = analytics.watch(&context_id, metric, join)?;
                places.insert(metric.clone(), place);
                reading
            });
        }
        self.shown.append(&mut places);
        Ok(readings)
    }

    fn unsubscribe(
        &mut self,
        metrics: Option<Vec<Name>>,
        id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let metrics = metrics.unwrap_or_else(|| self.shown.keys().cloned().collect());
        for metric in &metrics {
            if let Some(place) = self.shown.remove(metric) {
                place.leave();
            }
        }
        reply(&Unsubscribed { metrics: &texts(&metrics) }, id, context);
    }
}

/// Tells what the metrics are that are shown from now on.
fn tell(metrics: &[Name], readings: &[Reading], id: Option<&str>, context: &mut Context<'_>) {
    reply(&Subscribed { metrics: &texts(metrics) }, id, context);
    for (metric, reading) in metrics.iter().zip(readings) {
        context.reply(update(metric.as_str(), reading));
    }
}

fn refusal(why: Unavailable) -> Refusal {
    let text = match why {
        Unavailable::Full => "Too many contexts are in use; try again",
        Unavailable::Busy => "The server is busy; try again",
    };
    Refusal::new(Code::Unavailable, text).retry_after(RETRY_AFTER)
}

fn texts(metrics: &[Name]) -> Vec<&str> {
    metrics.iter().map(Name::as_str).collect()
}

/// A place in a room whose members are not told of each other.
fn join(room: &RoomId, guest: &Guest<'_>, connection: ConnectionId) -> Membership {
    let announce: Arc<dyn Announce> = Arc::new(Silent);
    let user_id = Arc::clone(&guest.identity.user_id);
    let username = Arc::clone(&guest.identity.username);
    let member = Member { connection, user_id, username };
    guest.learning.hub.join(room, &announce, member, false).membership
}

/// Tells nobody of comings and goings.
struct Silent;

impl Announce for Silent {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }
}
