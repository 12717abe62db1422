//! What a dashboard sends, and what it is told.

use bytes::Bytes;
use model::{Name, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::request::{self, Invalid, Request, checked_name, fault, fields};
use super::schema::{MessageSchema, auth, event, name_schema, request as request_schema};
use super::{Authenticated, Event, Pong, Refusal, encode};
use crate::analytics::Reading;

/// Metrics of one message.
pub const METRICS_MAX: usize = 50;

/// Where they stand.
const METRICS: &str = "data.metrics";

/// What a dashboard asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Show these metrics: 1–50, each once, in the order in which they were named first.
    Subscribe(Vec<Name>),
    /// Show them no more; `None` is all that are shown.
    Unsubscribe(Option<Vec<Name>>),
}

#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    metrics: Option<&'a RawValue>,
}

/// Decodes a dashboard's text.
///
/// # Errors
/// [`Invalid`] for whatever is not a message of analytics.
pub fn decode(text: &str) -> Result<Request<Action>, Invalid> {
    request::decode(text, |kind, data| match kind {
        "subscribe" => Some(metrics(data).and_then(|metrics| {
            metrics.map(Action::Subscribe).ok_or_else(|| fault(METRICS, "is missing"))
        })),
        "unsubscribe" => Some(metrics(data).map(Action::Unsubscribe)),
        _ => None,
    })
}

fn metrics(data: Option<&RawValue>) -> Result<Option<Vec<Name>>, Invalid> {
    let data: Data<'_> = fields(data)?;
    let Some(list) = data.metrics else { return Ok(None) };
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
        return Err(fault(METRICS, "must be a list of names"));
    };
    if !(1..=METRICS_MAX).contains(&list.len()) {
        return Err(fault(METRICS, "must have 1 to 50 names"));
    }
    let mut metrics = Vec::with_capacity(list.len());
    for (place, raw) in list.into_iter().enumerate() {
        let metric = metric(place, raw)?;
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok(Some(metrics))
}

/// The name at this place of the list; what is wrong with it is told with the place.
fn metric(place: usize, raw: &RawValue) -> Result<Name, Invalid> {
    let name = checked_name("", Some(raw)).map_err(|invalid| {
        let message = format!("{METRICS}[{place}]{}", invalid.message);
        Invalid { field: METRICS, message, ..invalid }
    })?;
    name.ok_or_else(|| fault(METRICS, "must be a list of names"))
}

/// These metrics are shown from now on: the current value of each follows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Subscribed<'a> {
    /// Those that were named, each once.
    pub metrics: &'a [&'a str],
}

/// These metrics are not shown any more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unsubscribed<'a> {
    /// Those that were named, each once; where none was, all that were shown.
    pub metrics: &'a [&'a str],
}

/// A metric's value: told once it is subscribed to, then at most once a second and only when it changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MetricUpdate<'a> {
    /// Its name.
    pub metric: &'a str,
    /// The value over the window; `null` where nothing in it has one.
    pub value: Option<serde_json::Number>,
    /// When that was so, ISO 8601.
    pub timestamp: String,
    /// Seconds that the value looks back; 0 for what holds at the moment.
    pub window: u32,
}

impl<'a> MetricUpdate<'a> {
    /// The value `value` of `metric` over `window` seconds, as it was at `at`.
    #[must_use]
    pub fn new(metric: &'a str, value: Option<f64>, at: Timestamp, window: u32) -> Self {
        Self { metric, value: value.and_then(number), timestamp: at.to_string(), window }
    }
}

/// The text that tells of a metric what it is.
#[must_use]
pub fn update(metric: &str, reading: &Reading) -> Bytes {
    let Reading { value, at, window } = *reading;
    encode(&MetricUpdate::new(metric, value, at, window), at, None)
}

/// The greatest number whose neighbours are all told apart, 2⁵³.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A number as people write it, whole ones without a decimal point. `None` for what is no number.
#[must_use]
pub fn number(value: f64) -> Option<serde_json::Number> {
    if value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Some((value as i64).into());
    }
    serde_json::Number::from_f64(value)
}

impl Event for Subscribed<'_> {
    const TYPE: &'static str = "subscribed";
}

impl Event for Unsubscribed<'_> {
    const TYPE: &'static str = "unsubscribed";
}

impl Event for MetricUpdate<'_> {
    const TYPE: &'static str = "metric_update";
}

/// Every message of analytics, the client's first.
#[must_use]
pub fn messages() -> Vec<MessageSchema> {
    let name = name_schema();
    let metrics = json!({"type": "array", "minItems": 1, "maxItems": METRICS_MAX, "items": name});
    let some = json!({"type": "object", "properties": {"metrics": metrics}});
    let mut named = some.clone();
    named["required"] = json!(["metrics"]);
    vec![
        auth(&name),
        request_schema("subscribe", &named, true, &name),
        request_schema("unsubscribe", &some, false, &name),
        request_schema("ping", &json!({"type": "object"}), false, &name),
        event::<Authenticated<'_>>(),
        event::<Subscribed<'_>>(),
        event::<Unsubscribed<'_>>(),
        event::<MetricUpdate<'_>>(),
        event::<Pong>(),
        event::<Refusal>(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Asked;
    use super::*;

    fn action(text: &str) -> Action {
        match decode(text).unwrap().action {
            Asked::Of(action) => action,
            other => panic!("{other:?}"),
        }
    }

    fn names(names: &[&str]) -> Vec<Name> {
        names.iter().map(|name| Name::new(name).unwrap()).collect()
    }

    fn subscribe(metrics: &Value) -> String {
        json!({"type": "subscribe", "data": {"metrics": metrics}}).to_string()
    }

    #[test]
    fn metrics_are_named_in_order_and_each_is_taken_once() {
        let text = subscribe(&json!(["b", "a", "b", "ü 1"]));
        assert_eq!(action(&text), Action::Subscribe(names(&["b", "a", "ü 1"])));
        let text = r#"{"type":"unsubscribe","data":{"metrics":["a"],"colour":7}}"#;
        assert_eq!(action(text), Action::Unsubscribe(Some(names(&["a"]))));
    }

    #[test]
    fn whoever_unsubscribes_without_names_means_all() {
        for text in [
            r#"{"type":"unsubscribe"}"#,
            r#"{"type":"unsubscribe","data":null}"#,
            r#"{"type":"unsubscribe","data":{"metrics":null}}"#,
        ] {
            assert_eq!(action(text), Action::Unsubscribe(None), "{text}");
        }
    }

    #[test]
    fn a_message_names_1_to_50_metrics() {
        let many =
            |count: usize| Value::from((0..count).map(|n| n.to_string()).collect::<Vec<_>>());
        assert!(decode(&subscribe(&many(50))).is_ok());
        for count in [0, 51] {
            let invalid = decode(&subscribe(&many(count))).unwrap_err();
            assert_eq!(invalid.message, "data.metrics must have 1 to 50 names");
        }
    }

    #[test]
    fn every_fault_names_its_field_and_a_name_its_place() {
        let long = "x".repeat(257);
        let cases = [
            (json!(null), "data.metrics is missing"),
            (json!("a"), "data.metrics must be a list of names"),
            (json!({"a": 1}), "data.metrics must be a list of names"),
            (json!(["a", 7]), "data.metrics[1] must be a text"),
            (json!([null]), "data.metrics[0] must be a text"),
            (json!(["a", "b", ""]), "data.metrics[2] must not be empty"),
            (json!(["a\nb"]), "data.metrics[0] must not contain control characters"),
            (json!([long]), "data.metrics[0] must have at most 256 characters"),
        ];
        for (metrics, message) in cases {
            let invalid = decode(&subscribe(&metrics)).unwrap_err();
            assert_eq!((invalid.field, &*invalid.message), ("data.metrics", message));
        }
        let faulty = [
            (r#"{"type":"subscribe","id":"x"}"#, "data.metrics"),
            (r#"{"type":"subscribe","id":"x","data":[]}"#, "data"),
            (r#"{"type":"message","id":"x","data":{"content":"hi"}}"#, "type"),
        ];
        for (text, field) in faulty {
            let invalid = decode(text).unwrap_err();
            assert_eq!((invalid.field, invalid.id.as_deref()), (field, Some("x")), "{text}");
        }
    }

    #[test]
    fn a_value_is_a_number_as_people_write_it_or_null() {
        let told = |value| {
            let reading = Reading { value, at: Timestamp::from_millis(0), window: 300 };
            String::from_utf8(update("m", &reading).to_vec()).unwrap()
        };
        let expected = concat!(
            r#"{"type":"metric_update","timestamp":"1970-01-01T00:00:00.000Z","#,
            r#""data":{"metric":"m","value":12,"timestamp":"1970-01-01T00:00:00.000Z","window":300}}"#
        );
        assert_eq!(told(Some(12.0)), expected);
        assert!(told(Some(0.5)).contains(r#""value":0.5,"#));
        assert!(told(Some(1e300)).contains(r#""value":1e+300,"#));
        for nothing in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            assert!(told(nothing).contains(r#""value":null,"#));
        }
    }

    #[test]
    fn every_schema_names_its_type_and_needs_no_other_document() {
        for message in messages() {
            let schema = serde_json::to_value(&message.schema).unwrap();
            assert_eq!(schema["properties"]["type"]["const"], message.name);
            assert!(!schema.to_string().contains("$ref"), "{schema}");
        }
    }
}
