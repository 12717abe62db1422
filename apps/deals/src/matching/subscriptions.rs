//! All subscriptions, by connection and by what they want.

use std::collections::HashMap;
use std::sync::Arc;

use hub::Delivery;
use model::{ConnectionId, Timestamp};
use slab::Slab;

use super::Subscription;
use super::index::{Index, Seat, Subscriber};
use super::telling::{DealText, Told, price_update};
use crate::filters::Facts;
use crate::{Change, Topic};

/// Where an event for a connection goes.
type Push<'a> = dyn FnMut(ConnectionId, Arc<Delivery>) + 'a;

/// The subscriptions there are. Belongs to one thread; nothing in it waits.
#[derive(Default)]
pub struct Subscriptions {
    new_deals: Index,
    price_updates: Index,
    /// The connections that have a subscription.
    listeners: Slab<Listener>,
    by_connection: HashMap<ConnectionId, u32>,
    count: usize,
    last_number: u64,
}

struct Listener {
    connection: ConnectionId,
    /// In the order of their numbers; never empty between two calls.
    held: Vec<Held>,
}

/// A subscription as its listener has it.
struct Held {
    number: u64,
    id: Arc<str>,
    topic: Topic,
    seat: Seat,
}

impl Subscriptions {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds one, in the place of one with the same id and connection. One of a topic without effect is
    /// not kept.
    pub fn add(&mut self, subscription: Subscription) {
        let Subscription { id, connection, topic, filters } = subscription;
        if self.is_there(connection, &id, |index, held| {
            held.topic == topic && *index.filters(held.seat) == *filters
        }) {
            return;
        }
        self.remove(connection, &id);
        if self.index(topic).is_none() {
            return;
        }
        self.last_number += 1;
        let (number, listener) = (self.last_number, self.listener(connection));
        let id_json = serde_json::to_string(&*id).expect("a text is JSON").into_boxed_str();
        let subscriber = Subscriber { listener, number, id_json };
        let Some(index) = self.index_mut(topic) else { return };
        let seat = index.insert(&filters, subscriber);
        self.listeners[listener as usize].held.push(Held { number, id, topic, seat });
        self.count += 1;
    }

    /// Removes one; whether it was there.
    pub fn remove(&mut self, connection: ConnectionId, id: &str) -> bool {
        let Some(&listener) = self.by_connection.get(&connection) else { return false };
        let held = &mut self.listeners[listener as usize].held;
        let Some(at) = held.iter().position(|held| *held.id == *id) else { return false };
        let removed = held.remove(at);
        if held.is_empty() {
            self.listeners.remove(listener as usize);
            self.by_connection.remove(&connection);
        }
        self.leave(&removed);
        true
    }

    /// Removes all of a connection.
    pub fn forget(&mut self, connection: ConnectionId) {
        let Some(listener) = self.by_connection.remove(&connection) else { return };
        while let Some(held) = self.listeners[listener as usize].held.pop() {
            self.leave(&held);
        }
        self.listeners.remove(listener as usize);
    }

    /// Tells every connection whose subscriptions the change meets, by `push`: of the deal, naming those
    /// subscriptions, and of the price, where that changed.
    pub fn tell(&mut self, change: &Change, at: Timestamp, push: &mut Push<'_>) -> Told {
        let facts = Facts::of(&change.deal);
        let mut told = Told::default();
        self.tell_deal(change, &facts, at, push, &mut told);
        if change.price.is_some() {
            self.tell_price(change, &facts, at, push, &mut told);
        }
        told
    }

    fn tell_deal(
        &mut self,
        change: &Change,
        facts: &Facts,
        at: Timestamp,
        push: &mut Push<'_>,
        told: &mut Told,
    ) {
        let found = self.new_deals.find(facts);
        told.visited += found.visited;
        let mut heard: Vec<&Subscriber> = self.new_deals.subscribers(&found).collect();
        if heard.is_empty() {
            return;
        }
        heard.sort_unstable_by_key(|subscriber| (subscriber.listener, subscriber.number));
        let text = DealText::new(change, at);
        for of_one in heard.chunk_by(|one, next| one.listener == next.listener) {
            let connection = self.listeners[of_one[0].listener as usize].connection;
            push(connection, text.naming(of_one.iter().map(|subscriber| &*subscriber.id_json)));
            told.pushed += 1;
        }
        told.matches += heard.len() as u64;
    }

    fn tell_price(
        &mut self,
        change: &Change,
        facts: &Facts,
        at: Timestamp,
        push: &mut Push<'_>,
        told: &mut Told,
    ) {
        let Some(price) = &change.price else { return };
        let found = self.price_updates.find(facts);
        told.visited += found.visited;
        let subscribers = self.price_updates.subscribers(&found);
        let mut listeners: Vec<u32> = subscribers.map(|subscriber| subscriber.listener).collect();
        if listeners.is_empty() {
            return;
        }
        told.matches += listeners.len() as u64;
        listeners.sort_unstable();
        listeners.dedup();
        let delivery = price_update(&change.deal, price, at);
        for listener in &listeners {
            push(self.listeners[*listener as usize].connection, Arc::clone(&delivery));
        }
        told.pushed += listeners.len() as u64;
    }

    fn is_there(
        &self,
        connection: ConnectionId,
        id: &str,
        is_same: impl Fn(&Index, &Held) -> bool,
    ) -> bool {
        let Some(listener) = self.by_connection.get(&connection) else { return false };
        let held = self.listeners[*listener as usize].held.iter().find(|held| *held.id == *id);
        held.is_some_and(|held| self.index(held.topic).is_some_and(|index| is_same(index, held)))
    }

    /// The number of the connection's listener, which is made where there is none.
    fn listener(&mut self, connection: ConnectionId) -> u32 {
        let listeners = &mut self.listeners;
        *self.by_connection.entry(connection).or_insert_with(|| {
            let listener = listeners.insert(Listener { connection, held: Vec::new() });
            u32::try_from(listener).expect("memory ends before 2^32 connections")
        })
    }

    /// Takes what was held out of its index, and tells who takes its seat.
    fn leave(&mut self, held: &Held) {
        self.count -= 1;
        let Some(index) = self.index_mut(held.topic) else { return };
        let Some(moved) = index.remove(held.seat) else { return };
        let (listener, number) = (moved.listener as usize, moved.number);
        let others = &mut self.listeners[listener].held;
        if let Ok(at) = others.binary_search_by_key(&number, |other| other.number) {
            others[at].seat = held.seat;
        }
    }

    fn index(&self, topic: Topic) -> Option<&Index> {
        match topic {
            Topic::NewDeals => Some(&self.new_deals),
            Topic::PriceUpdates => Some(&self.price_updates),
            Topic::PriceAlerts | Topic::Notifications | Topic::TaskStatus => None,
        }
    }

    fn index_mut(&mut self, topic: Topic) -> Option<&mut Index> {
        match topic {
            Topic::NewDeals => Some(&mut self.new_deals),
            Topic::PriceUpdates => Some(&mut self.price_updates),
            Topic::PriceAlerts | Topic::Notifications | Topic::TaskStatus => None,
        }
    }

    /// Whether nothing at all is kept.
    #[cfg(test)]
    pub(super) fn keeps_nothing(&self) -> bool {
        self.is_empty()
            && self.listeners.is_empty()
            && self.by_connection.is_empty()
            && self.new_deals.is_empty()
            && self.price_updates.is_empty()
    }
}
