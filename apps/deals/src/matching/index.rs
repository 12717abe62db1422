//! The filters of one topic, found by the deals that may meet them.
//!
//! Equal filters are one *wish* with several subscribers. A wish stands in a bucket for each combination
//! of its labels (currency, category, merchant, a word that the title must have; any, where it names
//! none), and in the bucket under its price and discount. A deal looks into the buckets of its own labels
//! alone, and there meets what its price and discount allow; each find is compared, in full where its labels
//! do not say all.
//!
//! **Invariants**
//! - Every wish whose filters a deal meets is among those it finds.
//! - What stands in a bucket is what the placements of the wishes say; a bucket that is empty is gone.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;
use smallvec::SmallVec;

use super::bucket::Bucket;
use super::lexicon::Lexicon;
use super::placement::{KINDS, Labels, Numbers, Placement, combinations};
use super::prices::{leaf, rank};
use crate::filters::{Facts, Filters, words};

/// A label that stands for any.
const ANY: u32 = 0;

/// Whom a wish is to be told to.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    /// The listener's number.
    pub(super) listener: u32,
    /// The subscription's number, in the order in which they came.
    pub(super) number: u64,
    /// The subscription's id as JSON, as it is told with every deal.
    pub(super) id_json: Box<str>,
}

/// Where a subscriber stands: its wish, and its place among the wish's subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    wish: u32,
    place: usize,
}

struct Wish {
    filters: Arc<Filters>,
    /// What to compare instead of the filters, where that is enough for those that its labels find.
    rest: Option<Numbers>,
    /// Never empty.
    subscribers: SmallVec<[Subscriber; 1]>,
    /// The last search that came across it.
    search: u64,
}

impl Wish {
    /// Whether a deal that its labels found meets it.
    fn is_met_by(&self, facts: &Facts) -> bool {
        match &self.rest {
            Some(numbers) => numbers.are_met_by(facts),
            None => self.filters.are_met_by(facts),
        }
    }
}

/// The wishes that a deal meets.
#[derive(Default)]
pub(super) struct Found {
    wishes: Vec<u32>,
    /// How many were compared.
    pub(super) visited: u64,
}

/// Wishes and where they stand.
#[derive(Default)]
pub(super) struct Index {
    wishes: Slab<Wish>,
    by_filters: HashMap<Arc<Filters>, u32>,
    lexicons: [Lexicon; KINDS],
    buckets: HashMap<Labels, Bucket>,
    /// How many buckets there are of each shape: which of their labels are not any.
    shapes: [usize; 1 << KINDS],
    searches: u64,
}

impl Index {
    /// Adds a subscriber to these filters.
    pub(super) fn insert(&mut self, filters: &Arc<Filters>, subscriber: Subscriber) -> Seat {
        let known = self.by_filters.get(filters).copied();
        let wish = known.unwrap_or_else(|| self.add(filters));
        let subscribers = &mut self.wishes[wish as usize].subscribers;
        subscribers.push(subscriber);
        Seat { wish, place: subscribers.len() - 1 }
    }

    /// Removes a subscriber; gives the one that stands in its place now, if one does.
    pub(super) fn remove(&mut self, seat: Seat) -> Option<&Subscriber> {
        let subscribers = &mut self.wishes[seat.wish as usize].subscribers;
        subscribers.swap_remove(seat.place);
        if subscribers.is_empty() {
            self.drop_wish(seat.wish);
            return None;
        }
        self.wishes[seat.wish as usize].subscribers.get(seat.place)
    }

    /// The filters of who stands there.
    pub(super) fn filters(&self, seat: Seat) -> &Filters {
        &self.wishes[seat.wish as usize].filters
    }

    /// The wishes that a deal meets.
    pub(super) fn find(&mut self, facts: &Facts) -> Found {
        self.searches += 1;
        let mut found = Found::default();
        let mut candidates = Vec::new();
        let (leaf, discount) = (leaf(facts.price), rank(facts.discount));
        for labels in combinations(&self.labels_of(facts)) {
            if self.shapes[shape(labels)] == 0 {
                continue;
            }
            if let Some(bucket) = self.buckets.get(&labels) {
                bucket.find(leaf, discount, &mut candidates);
            }
        }
        for number in candidates {
            let wish = &mut self.wishes[number as usize];
            if wish.search == self.searches {
                continue;
            }
            wish.search = self.searches;
            found.visited += 1;
            if wish.is_met_by(facts) {
                found.wishes.push(number);
            }
        }
        found
    }

    /// Everybody who is to be told of what was found.
    pub(super) fn subscribers(&self, found: &Found) -> impl Iterator<Item = &Subscriber> {
        found.wishes.iter().flat_map(|wish| &self.wishes[*wish as usize].subscribers)
    }

    /// The labels a deal has of each kind, among those that wishes name.
    fn labels_of(&self, facts: &Facts) -> [Vec<u32>; KINDS] {
        let [currencies, categories, merchants, title] = &self.lexicons;
        let one = |lexicon: &Lexicon, text: &str| {
            [ANY].into_iter().chain(lexicon.number(text)).collect::<Vec<_>>()
        };
        let mut numbers: Vec<u32> =
            words(&facts.title).filter_map(|word| title.number(word)).chain([ANY]).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let currency = one(currencies, &facts.currency);
        [currency, one(categories, &facts.category), one(merchants, &facts.merchant), numbers]
    }

    fn add(&mut self, filters: &Arc<Filters>) -> u32 {
        let placement = Placement::of(filters);
        let wish = Wish {
            filters: Arc::clone(filters),
            rest: placement.rest,
            subscribers: SmallVec::new(),
            search: 0,
        };
        let wish = u32::try_from(self.wishes.insert(wish)).expect("memory ends before 2^32 wishes");
        self.by_filters.insert(Arc::clone(filters), wish);
        let labels = self.labels(&placement, Lexicon::hold);
        for labels in combinations(&labels) {
            let bucket = self.buckets.entry(labels).or_insert_with(|| {
                self.shapes[shape(labels)] += 1;
                Bucket::default()
            });
            placement.entries(wish).for_each(|entry| bucket.insert(entry));
        }
        wish
    }

    fn drop_wish(&mut self, wish: u32) {
        let filters = self.wishes.remove(wish as usize).filters;
        self.by_filters.remove(&filters);
        let placement = Placement::of(&filters);
        let number = |lexicon: &mut Lexicon, text: &str| lexicon.number(text).unwrap_or(ANY);
        let labels = self.labels(&placement, number);
        for labels in combinations(&labels) {
            let Some(bucket) = self.buckets.get_mut(&labels) else { continue };
            placement.entries(wish).for_each(|entry| bucket.remove(entry));
            if bucket.is_empty() {
                self.buckets.remove(&labels);
                self.shapes[shape(labels)] -= 1;
            }
        }
        for (lexicon, texts) in self.lexicons.iter_mut().zip(&placement.texts) {
            texts.iter().for_each(|text| lexicon.release(text));
        }
    }

    /// The labels of a placement, each text's as `number` gives it.
    fn labels(
        &mut self,
        placement: &Placement<'_>,
        number: fn(&mut Lexicon, &str) -> u32,
    ) -> [Vec<u32>; KINDS] {
        let mut kinds = self.lexicons.iter_mut().zip(&placement.texts);
        std::array::from_fn(|_| {
            let (lexicon, texts) = kinds.next().expect("a lexicon for each kind");
            if texts.is_empty() {
                return vec![ANY];
            }
            texts.iter().map(|text| number(lexicon, text)).collect()
        })
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.wishes.is_empty()
            && self.by_filters.is_empty()
            && self.buckets.is_empty()
            && self.shapes.iter().all(|count| *count == 0)
            && self.lexicons.iter().all(Lexicon::is_empty)
    }
}

/// Which of the labels are not any, as bits.
fn shape(labels: Labels) -> usize {
    (0..KINDS).filter(|kind| labels[*kind] != ANY).map(|kind| 1 << kind).sum()
}
