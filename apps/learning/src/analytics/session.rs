//! One connection to the figures of a context: which of them it is shown.
//!
//! **Invariants.** A connection enters one context and stays there. It is told of a metric only between its
//! `subscribed` and its `unsubscribed`. Looking at figures is not activity.
//!
//! **Bounds.** A connection is shown at most [`SHOWN_MAX`] metrics at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hub::{Announce, Context, Member, Membership, Person, RoomId};
use model::{ConnectionId, Name};

use super::rooms;
use crate::entrance::{Guest, Lesson, reply};
use crate::protocol::analytics::{self, Action, Subscribed, Unsubscribed};
use crate::protocol::{Code, Invalid, Refusal, Request};

/// Metrics that a connection is shown.
const SHOWN_MAX: usize = 200;

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
            Action::Subscribe(metrics) => self.subscribe(&metrics, &context_id, id, guest, context),
            Action::Unsubscribe(metrics) => self.unsubscribe(metrics, id, context),
        }
    }
}

impl Dashboard {
    fn subscribe(
        &mut self,
        metrics: &[Name],
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
        for metric in metrics {
            self.shown.entry(metric.clone()).or_insert_with(|| {
                let room = rooms::watchers(context_id, metric.as_str());
                join(&room, guest, context.connection)
            });
        }
        reply(&Subscribed { metrics: &texts(metrics) }, id, context);
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
