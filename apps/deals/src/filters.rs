//! What a subscription, or a search, wants of a deal.
//!
//! **Invariants**
//! - Equal wishes are equal values: texts are folded, lists sorted and without repetition, bounds that
//!   every deal meets left out.
//! - A filter that is empty holds for every deal.

mod facts;
mod read;

use std::hash::{Hash, Hasher};

use serde::Serialize;

use crate::Deal;
use crate::protocol::Number;

pub(crate) use facts::{Facts, words};
pub use read::FilterError;

/// Entries of a list in a filter.
pub const FILTER_ENTRIES_MAX: usize = 50;
/// Characters of a text in a filter.
pub const FILTER_CHARS_MAX: usize = 256;

/// What is wanted of a deal; all of it must hold. Made by [`Filters::read`] and [`Filters::of_query`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filters {
    /// Any of these, folded and sorted; empty: whatever it is.
    categories: Box<[Box<str>]>,
    /// Likewise.
    merchants: Box<[Box<str>]>,
    /// Any of these, as [`facts::phrase`] writes them, sorted; empty: whatever the title says.
    keywords: Box<[Box<str>]>,
    /// This one, folded.
    currency: Option<Box<str>>,
    min_price: Option<Bound>,
    max_price: Option<Bound>,
    min_discount: Option<Bound>,
}

/// A finite number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound(f64);

// Not NaN, so equal to itself.
impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // There is one zero: `Bound::new` makes -0.0 that.
        self.0.to_bits().hash(state);
    }
}

impl Bound {
    fn new(number: f64) -> Option<Self> {
        (number.is_finite() && number >= 0.0).then_some(Self(number + 0.0))
    }
}

impl Filters {
    /// Whether `deal` has all that is wanted.
    #[must_use]
    pub fn matches(&self, deal: &Deal) -> bool {
        self.are_met_by(&Facts::of(deal))
    }

    /// The same of a deal that was prepared for many comparisons.
    pub(crate) fn are_met_by(&self, facts: &Facts) -> bool {
        let has = |any_of: &[Box<str>], what: &str| {
            any_of.is_empty() || any_of.binary_search_by(|one| (**one).cmp(what)).is_ok()
        };
        self.min_price.is_none_or(|bound| facts.price >= bound.0)
            && self.max_price.is_none_or(|bound| facts.price <= bound.0)
            && self.min_discount.is_none_or(|bound| facts.discount >= bound.0)
            && self.currency.as_deref().is_none_or(|currency| *currency == *facts.currency)
            && has(&self.categories, &facts.category)
            && has(&self.merchants, &facts.merchant)
            && (self.keywords.is_empty()
                || self.keywords.iter().any(|keyword| facts.title.contains(&**keyword)))
    }

    /// The categories of which a deal must have one, folded; empty: whatever it is.
    #[must_use]
    pub fn categories(&self) -> &[Box<str>] {
        &self.categories
    }

    /// The merchants of which a deal must have one, folded; empty: whoever it is.
    #[must_use]
    pub fn merchants(&self) -> &[Box<str>] {
        &self.merchants
    }

    /// The keywords of which a title must have one: words in lower case with one blank between them;
    /// none: whatever it says.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(|keyword| keyword.trim())
    }

    /// The currency, folded.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// What a deal costs at least.
    #[must_use]
    pub fn min_price(&self) -> Option<f64> {
        self.min_price.map(|bound| bound.0)
    }

    /// What a deal costs at most.
    #[must_use]
    pub fn max_price(&self) -> Option<f64> {
        self.max_price.map(|bound| bound.0)
    }

    /// Percent that are off at least.
    #[must_use]
    pub fn min_discount(&self) -> Option<f64> {
        self.min_discount.map(|bound| bound.0)
    }

    /// The filters as JSON, which [`Filters::read`] reads back; equal filters give equal texts.
    #[must_use]
    pub fn to_json(&self) -> String {
        let stored = Stored {
            category: &self.categories,
            merchant: &self.merchants,
            keywords: self.keywords().collect(),
            currency: self.currency(),
            min_price: self.min_price().map(Number),
            max_price: self.max_price().map(Number),
            min_discount: self.min_discount().map(Number),
        };
        serde_json::to_string(&stored).expect("texts, numbers and lists of them are JSON")
    }
}

/// Filters as they are stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    category: &'a [Box<str>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    merchant: &'a [Box<str>],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_price: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_price: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_discount: Option<Number>,
}

#[cfg(test)]
mod tests {
    use model::Timestamp;
    use serde_json::value::RawValue;

    use super::*;

    fn deal() -> Deal {
        Deal {
            id: "d1".into(),
            title: "ASUS Gaming-Laptop 16\" (2025)".into(),
            category: " Electronics".into(),
            merchant: "Müller & Söhne".into(),
            price: 80.0,
            original_price: 100.0,
            discount: 20.0,
            currency: "EUR".into(),
            url: "https://example.com".into(),
            updated_at: Timestamp::from_millis(0),
        }
    }

    fn filters(json: &str) -> Filters {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        Filters::read(Some(&raw)).unwrap()
    }

    #[test]
    fn each_filter_holds_or_does_not() {
        let holds = [
            "{}",
            r#"{"category":"electronics"}"#,
            r#"{"category":["books","  ELECTRONICS "]}"#,
            r#"{"merchant":"MÜLLER & SÖHNE"}"#,
            r#"{"currency":"eur"}"#,
            r#"{"minPrice":80,"maxPrice":80}"#,
            r#"{"minDiscount":20}"#,
            r#"{"keywords":"laptop"}"#,
            r#"{"keywords":["desktop","gaming laptop"]}"#,
            r#"{"keywords":"16 2025"}"#,
            r#"{"category":"electronics","keywords":["asus"],"minDiscount":19.9,"maxPrice":80.5}"#,
        ];
        for json in holds {
            assert!(filters(json).matches(&deal()), "{json}");
        }
        let fails = [
            r#"{"category":"electronic"}"#,
            r#"{"merchant":["Muller & Sohne","x"]}"#,
            r#"{"currency":"USD"}"#,
            r#"{"minPrice":80.01}"#,
            r#"{"maxPrice":79.99}"#,
            r#"{"minDiscount":20.1}"#,
            r#"{"keywords":"lap"}"#,
            r#"{"keywords":"laptop gaming"}"#,
            r#"{"keywords":["asus laptop","top 16"]}"#,
            r#"{"category":"electronics","keywords":["asus"],"minDiscount":20,"maxPrice":79}"#,
        ];
        for json in fails {
            assert!(!filters(json).matches(&deal()), "{json}");
        }
    }

    #[test]
    fn words_are_compared_as_they_stand_alone() {
        // Lower case of a final sigma depends on what follows it.
        let deal = Deal { title: "ΟΔΟΣ.ΑΒΓ İstanbul".into(), ..deal() };
        for keyword in ["οδος", "ΟΔΟΣ αβγ", "İSTANBUL"] {
            assert!(filters(&format!(r#"{{"keywords":"{keyword}"}}"#)).matches(&deal), "{keyword}");
        }
    }

    #[test]
    fn equal_wishes_are_equal_values_and_come_back_from_the_store() {
        let groups: [&[&str]; 5] = [
            &["{}", r#"{"minPrice":0,"minDiscount":-0.0,"category":null}"#],
            &[r#"{"category":"Books"}"#, r#"{"category":["books"," BOOKS "]}"#],
            &[r#"{"merchant":["b","a"]}"#, r#"{"merchant":["A","B","a"]}"#],
            &[r#"{"keywords":["x-y","Z!"]}"#, r#"{"keywords":["z","X  y"]}"#],
            &[r#"{"maxPrice":100,"currency":"EUR"}"#, r#"{"currency":" eur","maxPrice":1e2}"#],
        ];
        for (number, group) in groups.iter().enumerate() {
            for json in *group {
                let it = filters(json);
                assert_eq!(it, filters(group[0]), "{json}");
                assert_eq!(filters(&it.to_json()), it, "{json}");
                let others = groups.iter().enumerate().filter(|(other, _)| *other != number);
                assert!(others.into_iter().all(|(_, other)| filters(other[0]) != it), "{json}");
            }
        }
        let all = r#"{"category":["a"],"merchant":["m"],"keywords":["k l"],"currency":"eur","minPrice":1,"maxPrice":2.5,"minDiscount":3}"#;
        assert_eq!(filters(all).to_json(), all);
        assert_eq!(Filters::default().to_json(), "{}");
    }
}
