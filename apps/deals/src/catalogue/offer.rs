//! What producers put: read, checked, and brought into the form in which it is stored.
//!
//! **Invariants.** Whatever is wrong is told with its field. Texts are stored without blanks at their
//! ends, currencies in upper case. Fields that are not known are ignored.

use std::sync::Arc;

use model::{Name, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use crate::Deal;

/// Characters of a title.
const TITLE_CHARS_MAX: usize = 500;
/// Characters of a category, and of a merchant.
const LABEL_CHARS_MAX: usize = 256;
/// Characters of an address.
const URL_CHARS_MAX: usize = 2_048;
/// The highest price.
pub(crate) const PRICE_MAX: f64 = 1e12;

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The field, such as `price`; empty for the whole.
    pub(crate) field: &'static str,
    /// What is wrong with it, as the second half of a sentence that names it.
    pub(crate) problem: String,
}

impl Wrong {
    fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// The fields of a deal as they came.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Fields {
    deal_id: Option<Box<RawValue>>,
    title: Option<Box<RawValue>>,
    category: Option<Box<RawValue>>,
    merchant: Option<Box<RawValue>>,
    price: Option<Box<RawValue>>,
    original_price: Option<Box<RawValue>>,
    currency: Option<Box<RawValue>>,
    url: Option<Box<RawValue>>,
}

impl Fields {
    /// The id that stands among the fields.
    pub(crate) fn id(&self) -> Result<Name, Wrong> {
        let id: String = read("dealId", self.deal_id.as_deref(), "must be a string")?;
        deal_id(&id)
    }
}

/// A deal's id: 1–256 characters without control characters.
pub(crate) fn deal_id(text: &str) -> Result<Name, Wrong> {
    Name::new(text).map_err(|problem| Wrong::new("dealId", problem.to_string()))
}

/// A deal as it is to be, checked.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// Its time of change is none yet.
    deal: Deal,
}

impl Offer {
    /// The offer `id` with these fields; without an original price, that is the price.
    pub(crate) fn new(id: &Name, fields: &Fields) -> Result<Self, Wrong> {
        let price = amount("price", fields.price.as_deref())?;
        let original_price = match fields.original_price.as_deref() {
            Some(original) => amount("originalPrice", Some(original))?,
            None => price,
        };
        let deal = Deal {
            id: id.as_str().into(),
            title: text("title", fields.title.as_deref(), TITLE_CHARS_MAX)?,
            category: text("category", fields.category.as_deref(), LABEL_CHARS_MAX)?,
            merchant: text("merchant", fields.merchant.as_deref(), LABEL_CHARS_MAX)?,
            price,
            original_price,
            discount: Deal::discount_of(price, original_price),
            currency: currency(fields.currency.as_deref())?,
            url: address(fields.url.as_deref())?,
            updated_at: Timestamp::default(),
        };
        Ok(Self { deal })
    }

    /// Which deal.
    pub(crate) fn id(&self) -> &str {
        &self.deal.id
    }

    /// The deal, as changed at this time.
    pub(crate) fn at(&self, updated_at: Timestamp) -> Deal {
        Deal { updated_at, ..self.deal.clone() }
    }
}

/// A price, or what a price is compared with: a number from 0 to [`PRICE_MAX`].
pub(crate) fn amount(field: &'static str, raw: Option<&RawValue>) -> Result<f64, Wrong> {
    let problem = "must be a number from 0 to 1000000000000";
    let amount: f64 = read(field, raw, problem)?;
    if !(0.0..=PRICE_MAX).contains(&amount) {
        return Err(Wrong::new(field, problem));
    }
    Ok(amount + 0.0) // Never the zero below zero.
}

fn text(field: &'static str, raw: Option<&RawValue>, chars_max: usize) -> Result<Arc<str>, Wrong> {
    let text: String = read(field, raw, "must be a string")?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::new(field, "must not be blank"));
    }
    if text.chars().nth(chars_max).is_some() {
        return Err(Wrong::new(field, format!("must have at most {chars_max} characters")));
    }
    Ok(text.into())
}

fn currency(raw: Option<&RawValue>) -> Result<Arc<str>, Wrong> {
    let problem = "must be three letters, such as EUR";
    let currency: String = read("currency", raw, problem)?;
    let currency = currency.trim();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(Wrong::new("currency", problem));
    }
    Ok(currency.to_ascii_uppercase().into())
}

fn address(raw: Option<&RawValue>) -> Result<Arc<str>, Wrong> {
    let address = text("url", raw, URL_CHARS_MAX)?;
    let is_of_the_web =
        Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    // What a parser of addresses takes out silently is not to be passed on.
    let is_clean = !address.chars().any(|char| char.is_control() || char.is_whitespace());
    if !is_of_the_web || !is_clean {
        return Err(Wrong::new("url", "must be an http or https address"));
    }
    Ok(address)
}

/// The value of a field; `null` is as good as absent.
fn read<T: DeserializeOwned>(
    field: &'static str,
    raw: Option<&RawValue>,
    problem: &str,
) -> Result<T, Wrong> {
    let raw = raw.ok_or_else(|| Wrong::new(field, "is missing"))?;
    serde_json::from_str(raw.get()).map_err(|_| Wrong::new(field, problem))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn fields() -> Value {
        json!({
            "title": " A lamp ", "category": "Home", "merchant": "Lumen", "price": 80,
            "originalPrice": 100.0, "currency": "eur", "url": "https://example.com/lamp?x=1#y",
            "colour": ["ignored"],
        })
    }

    fn offer(fields: &Value) -> Result<Offer, Wrong> {
        let fields: Fields = serde_json::from_str(&fields.to_string()).unwrap();
        Offer::new(&Name::new("lamp").unwrap(), &fields)
    }

    fn with(field: &str, value: Value) -> Result<Deal, Wrong> {
        let mut all = fields();
        all[field] = value;
        offer(&all).map(|offer| offer.at(Timestamp::from_secs(7)))
    }

    #[test]
    fn an_offer_is_stored_in_one_form() {
        let deal = offer(&fields()).unwrap().at(Timestamp::from_secs(7));
        assert_eq!((&*deal.id, &*deal.title, &*deal.currency), ("lamp", "A lamp", "EUR"));
        assert_eq!(deal.updated_at, Timestamp::from_secs(7));
        assert!((deal.discount - 20.0).abs() < 1e-9);
        for missing in [Value::Null, json!(80)] {
            let deal = with("originalPrice", missing).unwrap();
            assert!((deal.original_price - 80.0).abs() < 1e-9 && deal.discount.abs() < 1e-9);
        }
        assert!(with("price", json!(-0.0)).unwrap().price.is_sign_positive());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_field() {
        let long = |chars: usize| json!("é".repeat(chars));
        for (field, value) in [
            ("title", Value::Null),
            ("title", json!(" \n ")),
            ("title", json!(7)),
            ("title", long(501)),
            ("category", json!([])),
            ("category", long(257)),
            ("merchant", json!({})),
            ("merchant", json!("")),
            ("price", Value::Null),
            ("price", json!("80")),
            ("price", json!(-0.01)),
            ("price", json!(1_000_000_000_001_i64)),
            ("originalPrice", json!(-1)),
            ("originalPrice", json!(true)),
            ("currency", json!("EURO")),
            ("currency", json!("€")),
            ("currency", json!("E1R")),
            ("url", json!("javascript:alert(1)")),
            ("url", json!("ftp://example.com/")),
            ("url", json!("/lamp")),
            ("url", json!("https://exa\nmple.com/")),
            ("url", json!("https://example.com/a b")),
            ("url", json!(format!("https://example.com/{}", "a".repeat(2_029)))),
        ] {
            assert_eq!(with(field, value.clone()).unwrap_err().field, field, "{value}");
        }
        assert!(with("title", long(500)).is_ok() && with("merchant", long(256)).is_ok());
        assert!(with("price", json!(1e12)).is_ok());
        assert!(with("url", json!(format!("https://example.com/{}", "a".repeat(2_028)))).is_ok());
        let endless: Fields = serde_json::from_str(r#"{"price": 1e999}"#).unwrap();
        assert_eq!(Offer::new(&Name::new("x").unwrap(), &endless).unwrap_err().field, "price");
    }

    #[test]
    fn an_id_is_a_name() {
        let id = |json: &str| serde_json::from_str::<Fields>(json).unwrap().id();
        assert_eq!(id(r#"{"dealId": "a/b c"}"#).unwrap().as_str(), "a/b c");
        for json in ["{}", r#"{"dealId": 7}"#, r#"{"dealId": ""}"#, r#"{"dealId": "a\n"}"#] {
            assert_eq!(id(json).unwrap_err().field, "dealId", "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_amount_is_out_of_bounds_whatever_comes(number in any::<f64>(), cents in 0_u32..) {
            let raw = serde_json::value::to_raw_value(&number).unwrap();
            if let Ok(amount) = amount("price", Some(&raw)) {
                prop_assert!((0.0..=PRICE_MAX).contains(&amount));
            }
            let price = f64::from(cents) / 100.0;
            let raw = serde_json::value::to_raw_value(&price).unwrap();
            prop_assert_eq!(amount("price", Some(&raw)), Ok(price));
        }
    }
}
