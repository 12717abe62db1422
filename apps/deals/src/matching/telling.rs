//! What connections are told of a change.

use std::sync::Arc;

use bytes::Bytes;
use hub::Delivery;
use model::Timestamp;

use crate::protocol::{DealUpdate, Number, PriceUpdate, encode};
use crate::{Change, Deal, PriceChange};

/// What telling one change came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Filters that were compared with the deal.
    pub visited: u64,
    /// Subscriptions that it met.
    pub matches: u64,
    /// Events that were pushed.
    pub pushed: u64,
}

/// A `DealUpdate` encoded but for the ids of the subscriptions, which differ from one connection to the
/// next.
pub(super) struct DealText {
    text: Bytes,
    /// Where the ids stand in it.
    ids_at: usize,
    deal_id: Arc<str>,
}

impl DealText {
    /// What is told of `change` at `at`.
    pub(super) fn new(change: &Change, at: Timestamp) -> Self {
        let deal = &change.deal;
        let update = DealUpdate {
            event: change.event,
            deal_id: &deal.id,
            title: &deal.title,
            category: &deal.category,
            merchant: &deal.merchant,
            price: Number(deal.price),
            original_price: Number(deal.original_price),
            discount: Number(deal.discount),
            currency: &deal.currency,
            url: &deal.url,
            updated_at: deal.updated_at.as_secs(),
            subscription_ids: &[],
        };
        let text = encode(&update, at, None);
        // The ids are the last of the data, and behind that there is a number only.
        let list = text.windows(2).rposition(|pair| pair == b"[]");
        let ids_at = list.expect("an empty list of ids was encoded") + 1;
        Self { text, ids_at, deal_id: Arc::clone(&deal.id) }
    }

    /// For a connection whose subscriptions have these ids, each as JSON; at least one.
    pub(super) fn naming<'a>(&self, ids: impl Iterator<Item = &'a str> + Clone) -> Arc<Delivery> {
        let (head, tail) = self.text.split_at(self.ids_at);
        // Exactly what it takes: a vector that is full becomes the delivery's text as it is.
        let ids_bytes: usize = ids.clone().map(|id| id.len() + 1).sum();
        let mut text = Vec::with_capacity(self.text.len() + ids_bytes - 1);
        text.extend_from_slice(head);
        for (index, id) in ids.enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(id.as_bytes());
        }
        text.extend_from_slice(tail);
        Arc::new(Delivery::passing(text).replaced_by_newer("deal", &self.deal_id))
    }
}

/// A `PriceUpdate`, the same for everybody.
pub(super) fn price_update(deal: &Deal, price: &PriceChange, at: Timestamp) -> Arc<Delivery> {
    let update = PriceUpdate {
        deal_id: &deal.id,
        title: &deal.title,
        old_price: Number(price.old_price),
        new_price: Number(price.new_price),
        currency: &deal.currency,
        changed_at: price.changed_at.as_secs(),
    };
    Arc::new(Delivery::passing(encode(&update, at, None)).replaced_by_newer("price", &deal.id))
}
