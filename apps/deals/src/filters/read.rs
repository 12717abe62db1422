//! Reading filters: from a message's JSON and from the query of an address.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::facts::phrase;
use super::{Bound, FILTER_CHARS_MAX, FILTER_ENTRIES_MAX, Filters};
use crate::deal::folded;

/// Characters of an unknown filter's name that its refusal repeats.
const ECHO_CHARS_MAX: usize = 64;
/// The filters there are.
const NAMES: [&str; 7] =
    ["category", "merchant", "minDiscount", "maxPrice", "minPrice", "keywords", "currency"];

/// Why filters were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// The offending filter with its path, such as `data.filters.minPrice`.
    pub field: String,
    /// A sentence that names it.
    pub message: String,
}

impl Filters {
    /// The filters of a subscription, as `data.filters` of its request has them; absent and null are
    /// none.
    ///
    /// # Errors
    /// [`FilterError`] for an unknown filter, one of a wrong type or out of its bounds, and for a
    /// `minPrice` above `maxPrice`.
    pub fn read(raw: Option<&RawValue>) -> Result<Self, FilterError> {
        let Fields(fields) = match raw.map(RawValue::get) {
            None | Some("null") => Fields::default(),
            Some(text) if text.starts_with('{') => serde_json::from_str(text)
                .map_err(|_| FilterError::new("data.filters", "is not valid JSON"))?,
            Some(_) => return Err(FilterError::new("data.filters", "must be a JSON object")),
        };
        let mut given = BTreeMap::new();
        for (name, raw) in fields {
            if given.contains_key(&name) {
                return Err(Field { name: &name, path: "data.filters." }.fault("stands twice"));
            }
            given.insert(name, raw);
        }
        given.retain(|name, raw| raw.get() != "null" || !NAMES.contains(&name.as_str()));
        let given = given.into_iter();
        Self::of("data.filters.", given.map(|(name, raw)| (name, Given::Json(raw))))
    }

    /// The filters among the parameters of an address; parameters that are none are left alone.
    /// `category`, `merchant` and `keywords` may be repeated, and `keywords` may be several between
    /// commas.
    ///
    /// # Errors
    /// [`FilterError`] for a filter out of its bounds, for one that is repeated and must not be, and
    /// for a `minPrice` above `maxPrice`.
    pub fn of_query<'a>(
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, FilterError> {
        let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in pairs.filter(|(name, _)| NAMES.contains(name)) {
            let values = given.entry(name).or_default();
            if name == "keywords" {
                values.extend(value.split(','));
            } else {
                values.push(value);
            }
        }
        let given = given.into_iter();
        Self::of("", given.map(|(name, values)| (name.to_owned(), Given::Query(values))))
    }

    fn of<'a>(
        path: &str,
        given: impl Iterator<Item = (String, Given<'a>)>,
    ) -> Result<Self, FilterError> {
        let mut filters = Self::default();
        for (name, given) in given {
            let field = Field { name: &name, path };
            match name.as_str() {
                "category" => filters.categories = given.list(field, label)?,
                "merchant" => filters.merchants = given.list(field, label)?,
                "keywords" => filters.keywords = given.list(field, keyword)?,
                "currency" => filters.currency = Some(given.text(field)?),
                "minPrice" => filters.min_price = given.number(field, f64::MAX)?,
                "maxPrice" => filters.max_price = given.number(field, f64::MAX)?,
                "minDiscount" => filters.min_discount = given.number(field, 100.0)?,
                _ => return Err(field.fault("is no filter")),
            }
        }
        // No deal costs less than nothing or has less than nothing off.
        filters.min_price = filters.min_price.filter(|bound| bound.0 > 0.0);
        filters.min_discount = filters.min_discount.filter(|bound| bound.0 > 0.0);
        match (filters.min_price, filters.max_price) {
            (Some(min), Some(max)) if min.0 > max.0 => {
                Err(Field { name: "minPrice", path }.fault("must not be above maxPrice"))
            }
            _ => Ok(filters),
        }
    }
}

impl FilterError {
    fn new(field: impl Into<String>, problem: &str) -> Self {
        let field = field.into();
        Self { message: format!("{field} {problem}"), field }
    }
}

/// The fields of an object as they stand in it, whether twice or not.
#[derive(Default)]
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(field) = map.next_entry()? {
            self.0.push(field);
        }
        Ok(self)
    }
}

/// A filter that is read.
#[derive(Clone, Copy)]
struct Field<'a> {
    name: &'a str,
    path: &'a str,
}

impl Field<'_> {
    fn fault(self, problem: &str) -> FilterError {
        let name: String = self.name.chars().take(ECHO_CHARS_MAX).collect();
        FilterError::new(format!("{}{name}", self.path), problem)
    }

    fn entry_fault(self, index: usize, problem: &str) -> FilterError {
        FilterError::new(format!("{}{}[{index}]", self.path, self.name), problem)
    }
}

/// What a filter was given.
enum Given<'a> {
    Json(&'a RawValue),
    Query(Vec<&'a str>),
}

impl Given<'_> {
    /// Its texts, each made what it is compared as by `entry`, sorted, each once.
    fn list(
        &self,
        field: Field<'_>,
        entry: fn(&str) -> Result<String, &'static str>,
    ) -> Result<Box<[Box<str>]>, FilterError> {
        let texts = self.texts().ok_or_else(|| field.fault("must be a text or a list of texts"))?;
        if !(1..=FILTER_ENTRIES_MAX).contains(&texts.len()) {
            return Err(field.fault(&format!("must have 1 to {FILTER_ENTRIES_MAX} entries")));
        }
        let mut entries = BTreeSet::new();
        for (index, text) in texts.iter().enumerate() {
            let read = entry(text).map_err(|problem| match texts.len() {
                1 => field.fault(problem),
                _ => field.entry_fault(index, problem),
            })?;
            entries.insert(read.into_boxed_str());
        }
        Ok(entries.into_iter().collect())
    }

    /// Its one text, folded.
    fn text(&self, field: Field<'_>) -> Result<Box<str>, FilterError> {
        let text = self.one().ok_or_else(|| field.fault("must be one text"))?;
        let folded = label(&text).map_err(|it| field.fault(it))?;
        Ok(folded.into())
    }

    /// Its one number, from 0 to `at_most`.
    fn number(&self, field: Field<'_>, at_most: f64) -> Result<Option<Bound>, FilterError> {
        let number = match self {
            Self::Json(raw) => serde_json::from_str(raw.get()).ok(),
            Self::Query(_) => self.one().and_then(|text| text.trim().parse().ok()),
        };
        let number = number.filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| field.fault("must be a number"))?;
        if !(0.0..=at_most).contains(&number) {
            let bound = if at_most < f64::MAX { "from 0 to 100" } else { "at least 0" };
            return Err(field.fault(&format!("must be {bound}")));
        }
        Ok(Bound::new(number))
    }

    fn texts(&self) -> Option<Vec<String>> {
        match self {
            Self::Json(raw) => {
                serde_json::from_str(raw.get()).ok().or_else(|| Some(vec![self.one()?]))
            }
            Self::Query(values) => Some(values.iter().map(|value| (*value).to_owned()).collect()),
        }
    }

    fn one(&self) -> Option<String> {
        match self {
            Self::Json(raw) => serde_json::from_str(raw.get()).ok(),
            Self::Query(values) => match values[..] {
                [value] => Some(value.to_owned()),
                _ => None,
            },
        }
    }
}

/// A category, a merchant, a currency.
fn label(text: &str) -> Result<String, &'static str> {
    within_bounds(folded(text))
}

fn keyword(text: &str) -> Result<String, &'static str> {
    let phrase = phrase(&within_bounds(text.trim().to_owned())?);
    if phrase.is_empty() { Err("must have a letter or a digit") } else { Ok(phrase) }
}

fn within_bounds(text: String) -> Result<String, &'static str> {
    let chars = text.chars().take(FILTER_CHARS_MAX + 1).count();
    let is_within = (1..=FILTER_CHARS_MAX).contains(&chars);
    is_within.then_some(text).ok_or("must have 1 to 256 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Filters, FilterError> {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        Filters::read(Some(&raw))
    }

    fn query(query: &[(&'static str, &'static str)]) -> Result<Filters, FilterError> {
        Filters::of_query(query.iter().copied())
    }

    #[test]
    fn absent_and_null_are_no_filters() {
        assert_eq!(Filters::read(None), Ok(Filters::default()));
        assert_eq!(read("null"), Ok(Filters::default()));
        assert_eq!(read(r#"{"minPrice":null,"keywords":null}"#), Ok(Filters::default()));
    }

    #[test]
    fn every_fault_names_its_filter() {
        let many = format!(r#"{{"category":[{}"x"]}}"#, r#""x","#.repeat(50));
        let long = format!(r#"{{"merchant":"{}"}}"#, "ü".repeat(257));
        let name = "n".repeat(100);
        let unknown = format!(r#"{{"{name}":1}}"#);
        let echoed = format!("data.filters.{}", &name[..64]);
        let cases = [
            ("[]", "data.filters"),
            ("7", "data.filters"),
            (r#"{"colour":"red"}"#, "data.filters.colour"),
            (r#"{"colour":null,"category":"x"}"#, "data.filters.colour"),
            (unknown.as_str(), echoed.as_str()),
            (r#"{"category":7}"#, "data.filters.category"),
            (r#"{"category":[]}"#, "data.filters.category"),
            (r#"{"category":["x",7]}"#, "data.filters.category"),
            (r#"{"category":"  "}"#, "data.filters.category"),
            (r#"{"category":["x",""]}"#, "data.filters.category[1]"),
            (many.as_str(), "data.filters.category"),
            (long.as_str(), "data.filters.merchant"),
            (r#"{"keywords":"?!"}"#, "data.filters.keywords"),
            (r#"{"keywords":["x","-"]}"#, "data.filters.keywords[1]"),
            (r#"{"currency":["EUR"]}"#, "data.filters.currency"),
            (r#"{"minPrice":"1"}"#, "data.filters.minPrice"),
            (r#"{"minPrice":-1}"#, "data.filters.minPrice"),
            (r#"{"maxPrice":true}"#, "data.filters.maxPrice"),
            (r#"{"maxPrice":1e999}"#, "data.filters.maxPrice"),
            (r#"{"minDiscount":100.1}"#, "data.filters.minDiscount"),
            (r#"{"minPrice":2,"maxPrice":1.99}"#, "data.filters.minPrice"),
            (r#"{"maxPrice":10,"category":"x","maxPrice":20}"#, "data.filters.maxPrice"),
            (r#"{"category":null,"category":"x"}"#, "data.filters.category"),
        ];
        for (json, field) in cases {
            let error = read(json).unwrap_err();
            assert_eq!(error.field, field, "{json}");
            assert!(error.message.starts_with(&format!("{field} ")), "{json}: {error}");
        }
    }

    #[test]
    fn at_the_bounds_all_is_taken() {
        let fifty = (0..50).map(|number| format!(r#""{number}""#)).collect::<Vec<_>>().join(",");
        assert_eq!(read(&format!(r#"{{"category":[{fifty}]}}"#)).unwrap().categories().len(), 50);
        assert!(read(&format!(r#"{{"merchant":" {} "}}"#, "ü".repeat(256))).is_ok());
        let all = r#"{"minDiscount":100,"minPrice":5,"maxPrice":5}"#;
        assert_eq!(read(all).unwrap().min_price(), Some(5.0));
    }

    #[test]
    fn a_query_says_the_same_as_json() {
        let pairs = [
            ("category", "Books"),
            ("page", "2"),
            ("category", " music"),
            ("keywords", "red shoes,Hat"),
            ("keywords", "hat"),
            ("minPrice", "1.5"),
            ("maxPrice", "1e3"),
            ("currency", "EUR"),
        ];
        let json = r#"{"category":["music","books"],"keywords":["hat","red shoes"],
            "minPrice":1.5,"maxPrice":1000,"currency":"eur"}"#;
        assert_eq!(query(&pairs), read(json));
        assert_eq!(query(&[("updatedAfter", "x")]), Ok(Filters::default()));
    }

    #[test]
    fn every_fault_of_a_query_names_its_parameter() {
        let cases: [(&[(&str, &str)], &str); 8] = [
            (&[("minPrice", "x")], "minPrice"),
            (&[("minPrice", "inf")], "minPrice"),
            (&[("minPrice", "NaN")], "minPrice"),
            (&[("maxPrice", "")], "maxPrice"),
            (&[("maxPrice", "1"), ("maxPrice", "2")], "maxPrice"),
            (&[("currency", "EUR"), ("currency", "EUR")], "currency"),
            (&[("keywords", "a,,b")], "keywords[1]"),
            (&[("minPrice", "3"), ("maxPrice", "2")], "minPrice"),
        ];
        for (pairs, field) in cases {
            assert_eq!(query(pairs).unwrap_err().field, field, "{pairs:?}");
        }
    }
}
