//! Random subscriptions and deals: the index finds what a look at every subscription finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{ConnectionId, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Subscription, Subscriptions, Told};
use crate::filters::Filters;
use crate::{Change, Deal, DealEvent, PriceChange, Topic};

const CATEGORIES: [&str; 4] = ["Books", " music", "GAMES", "Électronique"];
const MERCHANTS: [&str; 4] = ["Shop A", "shop b", "ÜBER & Co", "x"];
const CURRENCIES: [&str; 3] = ["EUR", "usd", "GBP"];
const WORDS: [&str; 6] = ["red", "Blue", "SHOE", "laptop", "16", "é"];
const PRICES: [f64; 9] = [0.0, 0.01, 9.99, 10.0, 10.000_1, 99.99, 100.0, 1e6, 1e12];
const DISCOUNTS: [f64; 6] = [0.0, 0.1, 33.3, 33.4, 50.0, 100.0];

/// Filters as a client writes them.
#[derive(Clone, Debug)]
struct Wanted {
    category: Vec<&'static str>,
    merchant: Vec<&'static str>,
    keywords: Vec<String>,
    currency: Option<&'static str>,
    prices: (Option<f64>, Option<f64>),
    min_discount: Option<f64>,
}

impl Wanted {
    fn filters(&self) -> Arc<Filters> {
        let mut filters = serde_json::Map::new();
        let mut put = |name: &str, value: Value| {
            let is_none = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if !is_none {
                filters.insert(name.to_owned(), value);
            }
        };
        put("category", json!(self.category));
        put("merchant", json!(self.merchant));
        put("keywords", json!(self.keywords));
        put("currency", json!(self.currency));
        put("minPrice", json!(self.prices.0));
        put("maxPrice", json!(self.prices.1));
        put("minDiscount", json!(self.min_discount));
        let raw: Box<RawValue> = serde_json::value::to_raw_value(&filters).unwrap();
        Arc::new(Filters::read(Some(&raw)).unwrap())
    }

    fn matches(&self, deal: &Deal) -> bool {
        let same =
            |one: &str, other: &str| one.trim().to_lowercase() == other.trim().to_lowercase();
        let any =
            |list: &[&str], text: &str| list.is_empty() || list.iter().any(|it| same(it, text));
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
            words.filter(|word| !word.is_empty()).collect()
        };
        let title = words(&deal.title);
        let is_said = |keyword: &String| {
            let keyword = words(keyword);
            title.windows(keyword.len()).any(|part| part == keyword)
        };
        any(&self.category, &deal.category)
            && any(&self.merchant, &deal.merchant)
            && any(self.currency.as_slice(), &deal.currency)
            && (self.keywords.is_empty() || self.keywords.iter().any(is_said))
            && self.prices.0.unwrap_or(0.0) <= deal.price
            && deal.price <= self.prices.1.unwrap_or(f64::INFINITY)
            && self.min_discount.unwrap_or(0.0) <= deal.discount
    }
}

fn text_of_words(most: usize) -> impl Strategy<Value = String> {
    let separator = select(vec![" ", "-", ", ", "  "]);
    let rest = vec((separator, select(WORDS.to_vec())), 0..most);
    (select(WORDS.to_vec()), rest).prop_map(|(first, rest)| {
        rest.iter().fold(first.to_owned(), |text, (between, word)| text + between + word)
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let prices = (option::of(select(PRICES.to_vec())), option::of(select(PRICES.to_vec())));
    let prices = prices.prop_map(|prices| match prices {
        (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
        other => other,
    });
    (
        subsequence(CATEGORIES.to_vec(), 0..3),
        subsequence(MERCHANTS.to_vec(), 0..3),
        vec(text_of_words(3), 0..3),
        option::of(select(CURRENCIES.to_vec())),
        prices,
        option::of(select(DISCOUNTS.to_vec())),
    )
        .prop_map(|(category, merchant, keywords, currency, prices, min_discount)| Wanted {
            category,
            merchant,
            keywords,
            currency,
            prices,
            min_discount,
        })
}

fn deal() -> impl Strategy<Value = Deal> {
    (
        text_of_words(6),
        select(CATEGORIES.to_vec()),
        select(MERCHANTS.to_vec()),
        select(CURRENCIES.to_vec()),
        select(PRICES.to_vec()),
        select(DISCOUNTS.to_vec()),
    )
        .prop_map(|(title, category, merchant, currency, price, discount)| Deal {
            id: "d".into(),
            title: title.into(),
            category: category.to_lowercase().into(),
            merchant: merchant.to_uppercase().into(),
            price,
            original_price: price,
            discount,
            currency: currency.into(),
            url: "https://example.com".into(),
            updated_at: Timestamp::from_millis(7_000),
        })
}

#[derive(Clone, Debug)]
enum Step {
    Subscribe {
        connection: u32,
        id: u8,
        topic: Topic,
        wanted: Wanted,
    },
    /// With the filters that the subscription with this number had.
    SubscribeLike {
        connection: u32,
        id: u8,
        topic: Topic,
        like: usize,
    },
    Unsubscribe {
        connection: u32,
        id: u8,
    },
    Forget {
        connection: u32,
    },
    Change {
        deal: Deal,
        price: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let topic = || select(vec![Topic::NewDeals, Topic::PriceUpdates, Topic::TaskStatus]);
    prop_oneof![
        6 => (0..5u32, 0..4u8, topic(), wanted()).prop_map(|(connection, id, topic, wanted)| {
            Step::Subscribe { connection, id, topic, wanted }
        }),
        3 => (0..5u32, 0..4u8, topic(), 0..40usize).prop_map(|(connection, id, topic, like)| {
            Step::SubscribeLike { connection, id, topic, like }
        }),
        3 => (0..5u32, 0..4u8).prop_map(|(connection, id)| Step::Unsubscribe { connection, id }),
        1 => (0..5u32).prop_map(|connection| Step::Forget { connection }),
        6 => (deal(), any::<bool>()).prop_map(|(deal, price)| Step::Change { deal, price }),
    ]
}

/// The subscriptions beside a list of them.
#[derive(Default)]
struct Pair {
    real: Subscriptions,
    naive: Vec<(u32, u8, Topic, Wanted)>,
}

/// Whom a change is told to: the subscriptions of each connection, and who hears of the price.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    deals: BTreeMap<u32, Vec<String>>,
    prices: BTreeSet<u32>,
}

fn connection(number: u32) -> ConnectionId {
    ConnectionId::new(u8::try_from(number % 3).unwrap(), number, 1)
}

impl Pair {
    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Subscribe { connection, id, topic, wanted } => {
                self.subscribe(connection, id, topic, wanted);
            }
            Step::SubscribeLike { connection, id, topic, like } => {
                let like = self.naive.get(like % self.naive.len().max(1));
                if let Some(wanted) = like.map(|(_, _, _, wanted)| wanted.clone()) {
                    self.subscribe(connection, id, topic, wanted);
                }
            }
            Step::Unsubscribe { connection: of, id } => {
                let before = self.naive.len();
                self.naive.retain(|held| (held.0, held.1) != (of, id));
                let was_there = self.real.remove(connection(of), &id.to_string());
                prop_assert_eq!(was_there, self.naive.len() < before);
            }
            Step::Forget { connection: of } => {
                self.naive.retain(|held| held.0 != of);
                self.real.forget(connection(of));
            }
            Step::Change { deal, price } => self.change(deal, price)?,
        }
        prop_assert_eq!(self.real.len(), self.naive.len());
        Ok(())
    }

    fn subscribe(&mut self, of: u32, id: u8, topic: Topic, wanted: Wanted) {
        let filters = wanted.filters();
        let is_same = |held: &(u32, u8, Topic, Wanted)| {
            (held.0, held.1, held.2) == (of, id, topic) && held.3.filters() == filters
        };
        if !self.naive.iter().any(is_same) {
            self.naive.retain(|held| (held.0, held.1) != (of, id));
            if topic != Topic::TaskStatus {
                self.naive.push((of, id, topic, wanted));
            }
        }
        let (id, connection) = (id.to_string().into(), connection(of));
        self.real.add(Subscription { id, connection, topic, filters });
    }

    fn change(&mut self, deal: Deal, has_price: bool) -> Result<(), TestCaseError> {
        let mut expected = Heard::default();
        let met = self.naive.iter().filter(|held| held.3.matches(&deal));
        for (connection, id, topic, _) in met {
            match topic {
                Topic::NewDeals => {
                    expected.deals.entry(*connection).or_default().push(id.to_string());
                }
                _ if has_price => drop(expected.prices.insert(*connection)),
                _ => {}
            }
        }
        let at = Timestamp::from_millis(8_000);
        let price =
            has_price.then_some(PriceChange { old_price: 1.5, new_price: 2.0, changed_at: at });
        let change = Change { event: DealEvent::Updated, deal: Arc::new(deal), price };
        let mut pushed = Vec::new();
        let told = self.real.tell(&change, at, &mut |connection, delivery| {
            pushed.push((connection.slot(), delivery));
        });
        prop_assert_eq!(told.pushed, pushed.len() as u64);
        let mut heard = Heard::default();
        for (connection, delivery) in pushed {
            let text: Value = serde_json::from_slice(&delivery.text).unwrap();
            let is_first = match text["type"].as_str().unwrap() {
                "DealUpdate" => {
                    let ids = text["data"]["subscriptionIds"].as_array().unwrap().iter();
                    let ids = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
                    heard.deals.insert(connection, ids).is_none()
                }
                _ => heard.prices.insert(connection),
            };
            prop_assert!(is_first, "one push of a kind for a connection");
        }
        prop_assert_eq!(heard, expected);
        Ok(())
    }
}

proptest! {
    #[test]
    fn whoever_a_look_at_every_subscription_finds_is_told_and_nobody_else(
        steps in vec(step(), 1..80),
    ) {
        let mut pair = Pair::default();
        for step in steps {
            pair.take(step)?;
        }
        for number in 0..5 {
            pair.real.forget(connection(number));
        }
        prop_assert!(pair.real.keeps_nothing());
    }

    #[test]
    fn filters_hold_where_a_naive_reading_of_them_holds(wanted in wanted(), deal in deal()) {
        let filters = wanted.filters();
        prop_assert_eq!(filters.matches(&deal), wanted.matches(&deal));
        let stored: Box<RawValue> = serde_json::from_str(&filters.to_json()).unwrap();
        prop_assert_eq!(Filters::read(Some(&stored)), Ok((*filters).clone()));
    }
}

fn subscription(number: u32, filters: &Value) -> Subscription {
    let raw = serde_json::value::to_raw_value(filters).unwrap();
    Subscription {
        id: number.to_string().into(),
        connection: connection(number),
        topic: Topic::NewDeals,
        filters: Arc::new(Filters::read(Some(&raw)).unwrap()),
    }
}

fn tell(subscriptions: &mut Subscriptions, title: &str, category: &str, merchant: &str) -> Told {
    let deal = Deal {
        id: "d".into(),
        title: title.into(),
        category: category.into(),
        merchant: merchant.into(),
        price: 11.5,
        original_price: 12.0,
        discount: 30.0,
        currency: "EUR".into(),
        url: "https://example.com".into(),
        updated_at: Timestamp::from_millis(0),
    };
    let change = Change { event: DealEvent::Created, deal: Arc::new(deal), price: None };
    subscriptions.tell(&change, Timestamp::from_millis(0), &mut |_, _| {})
}

#[test]
fn what_a_deal_is_compared_with_grows_with_matches_and_not_with_subscriptions() {
    let mut subscriptions = Subscriptions::default();
    let mut told = Vec::new();
    for number in 0..20_000u32 {
        // Every category, merchant, word, price and discount near the deal's and far from it.
        let filters = json!({
            "category": format!("category {}", number % 50),
            "minPrice": number % 700,
            "maxPrice": f64::from(number % 700) + 10.0 + f64::from(number) / 100_000.0,
            "minDiscount": number % 90,
            "keywords": [format!("word{} and more", number % 40), "never said"],
        });
        subscriptions.add(subscription(number, &filters));
        if number == 199 || number == 19_999 {
            told.push(tell(&mut subscriptions, "Word7 and more, 16", "Category 7", "m"));
        }
    }
    assert_eq!((told[0].visited, told[0].matches), (1, 1));
    assert!(told[1].visited == told[1].matches && told[1].matches < 50, "{told:?}");
}

#[test]
fn filters_with_long_lists_hold_in_all_of_them() {
    let list = |kind: &str| (0..50).map(|number| format!("{kind}{number}")).collect::<Vec<_>>();
    let filters = json!({"category": list("c"), "merchant": list("m"), "keywords": list("k")});
    let mut subscriptions = Subscriptions::default();
    subscriptions.add(subscription(1, &filters));
    let mut matches = |title: &str, category: &str, merchant: &str| {
        tell(&mut subscriptions, title, category, merchant).matches
    };
    assert_eq!(matches("a k49 k3 k7", "c0", "M49"), 1);
    assert_eq!(matches("a k50", "c0", "m0"), 0);
    assert_eq!(matches("k0", "c50", "m0"), 0);
    assert_eq!(matches("k0", "c0", "m50"), 0);
}
