//! Subscribing to deals and their prices; one's own alerts, notifications and tasks come anyway, and what
//! is said about them here is confirmed and changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use hub::{Context, Ticket};
use model::{Name, message_id};

use super::{Visit, reply};
use crate::Topic;
use crate::filters::Filters;
use crate::matching;
use crate::protocol::{
    Code, Refusal, SubscriptionCancelled, SubscriptionConfirmed, SubscriptionStatus, Wish,
};

/// Subscriptions one connection may have at once.
const SUBSCRIPTIONS_MAX: usize = 1000;

/// The subscriptions of a connection, by what they are for and by their ids.
#[derive(Default)]
pub(super) struct Subscriptions {
    ids: HashMap<(Topic, Arc<Filters>), Arc<str>>,
    wishes: HashMap<Arc<str>, (Topic, Arc<Filters>)>,
}

impl Subscriptions {
    /// Whether one of them has to be told when the connection ends.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    fn insert(&mut self, topic: Topic, filters: &Arc<Filters>) -> Arc<str> {
        let id: Arc<str> = message_id().into();
        self.ids.insert((topic, Arc::clone(filters)), Arc::clone(&id));
        self.wishes.insert(Arc::clone(&id), (topic, Arc::clone(filters)));
        id
    }

    fn remove(&mut self, id: &str) -> Option<(Arc<str>, Topic)> {
        let (id, wish) = self.wishes.remove_entry(id)?;
        self.ids.remove(&wish);
        Some((id, wish.0))
    }
}

impl Visit {
    /// Subscribes once everything that was asked before is answered, so that the confirmation comes before
    /// the first deal. What is subscribed to already is confirmed again.
    pub(super) fn subscribe(
        &mut self,
        wish: Wish,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let Wish { topic, filters } = wish;
        let filters = Arc::new(filters);
        if let Some(id) = self.subscriptions.ids.get(&(topic, Arc::clone(&filters))) {
            return confirm(id, topic, request_id.as_deref(), context);
        }
        if self.subscriptions.ids.len() >= SUBSCRIPTIONS_MAX {
            let message = format!(
                "This connection has {SUBSCRIPTIONS_MAX} subscriptions, the most it may have"
            );
            let refusal = Refusal::new(Code::RateLimitExceeded, message);
            return reply(&refusal, request_id.as_deref(), context);
        }
        let id = self.subscriptions.insert(topic, &filters);
        let (connection, user) = (context.connection, &self.identity.user_id);
        self.deals.register.subscribed(&id, connection, user, topic, &filters.to_json());
        if !is_matched(topic) {
            return confirm(&id, topic, request_id.as_deref(), context);
        }
        let subscription = matching::Subscription { id, connection, topic, filters };
        self.after_all(context, move |visit, ticket, _| {
            visit.listen(subscription, request_id, ticket);
        });
    }

    fn listen(
        &self,
        subscription: matching::Subscription,
        request_id: Option<Box<str>>,
        ticket: Ticket,
    ) {
        let (id, topic) = (Arc::clone(&subscription.id), subscription.topic);
        self.deals.matcher.subscribe(subscription, move || {
            ticket.resume(move |_: &mut Self, context| {
                confirm(&id, topic, request_id.as_deref(), context);
            });
        });
    }

    /// Ends a subscription of this connection.
    pub(super) fn unsubscribe(
        &mut self,
        id: &Name,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let Some((id, topic)) = self.subscriptions.remove(id.as_str()) else {
            let refusal = Refusal::new(Code::NotFound, "This connection has no such subscription");
            let refusal = refusal.on("data.subscriptionId");
            return reply(&refusal, request_id.as_deref(), context);
        };
        self.deals.register.unsubscribed(&id, context.connection);
        if !is_matched(topic) {
            return cancelled(&id, request_id.as_deref(), context);
        }
        let ticket = context.hold();
        self.deals.matcher.unsubscribe(context.connection, Arc::clone(&id), move |_| {
            ticket.resume(move |_: &mut Self, context| {
                cancelled(&id, request_id.as_deref(), context);
            });
        });
    }
}

/// Whether pushes of this topic need a subscription.
const fn is_matched(topic: Topic) -> bool {
    matches!(topic, Topic::NewDeals | Topic::PriceUpdates)
}

fn confirm(id: &str, topic: Topic, request_id: Option<&str>, context: &mut Context<'_>) {
    let status = SubscriptionStatus::Active;
    reply(&SubscriptionConfirmed { subscription_id: id, topic, status }, request_id, context);
}

fn cancelled(id: &str, request_id: Option<&str>, context: &mut Context<'_>) {
    reply(&SubscriptionCancelled { subscription_id: id }, request_id, context);
}
