//! `learning.*`: the metrics an operator declares for every context.

use std::time::Duration;

use learning::analytics::{
    Aggregate, CUSTOM_MAX, EVERYWHERE, Metric, WINDOW_SECS_DEFAULT, WINDOW_SECS_MAX,
};
use model::Name;
use serde_json::{Map, Value as Json, json};

use super::reader::section;
use super::value::{NONE, Value};

/// What a metric's table may say.
const KEYS: [&str; 3] = ["name", "aggregate", "window"];

/// All metrics that are declared, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics(pub Vec<Metric>);

impl Value for Metrics {
    const FORMAT: &'static str = "tables of `name`, `aggregate` (`count`, `mean`, `sum` or `p95`) and \
                                  `window` (duration, 1s to 1h; default 5m); in the environment a JSON list \
                                  of such objects";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let entries: Vec<Map<String, Json>> = serde_json::from_str(text)
            .map_err(|_| "not a JSON list of objects with `name` and `aggregate`".to_owned())?;
        if entries.len() > CUSTOM_MAX {
            return Err(format!("more than {CUSTOM_MAX} metrics"));
        }
        let mut metrics: Vec<Metric> = Vec::with_capacity(entries.len());
        for (at, entry) in (1..).zip(&entries) {
            let metric = read(entry).map_err(|why| format!("metric {at} {why}"))?;
            if metrics.iter().any(|earlier| earlier.name == metric.name) {
                return Err(format!("metric {at} has the name of one before it"));
            }
            metrics.push(metric);
        }
        Ok(Self(metrics))
    }

    fn show(&self) -> String {
        if self.0.is_empty() {
            return NONE.to_owned();
        }
        let shown = |metric: &Metric| {
            let window = Duration::from_secs(metric.window.into()).show();
            json!({
                "name": metric.name.as_str(),
                "aggregate": metric.aggregate.as_str(),
                "window": window,
            })
        };
        Json::Array(self.0.iter().map(shown).collect()).to_string()
    }
}

/// Reads one; an error continues a sentence that names the metric.
fn read(entry: &Map<String, Json>) -> Result<Metric, String> {
    if entry.keys().any(|key| !KEYS.contains(&key.as_str())) {
        return Err("has a key that is none of `name`, `aggregate` and `window`".to_owned());
    }
    let text = |key: &str| match entry.get(key) {
        None => Err(format!("has no `{key}`")),
        Some(value) => value.as_str().ok_or_else(|| format!("has a `{key}` that is no text")),
    };
    let name = Name::new(text("name")?).map_err(|why| format!("has a `name` that {why}"))?;
    if EVERYWHERE.contains(&name.as_str()) {
        return Err(format!("has the name of one that every context has: {name}"));
    }
    let aggregate = Aggregate::parse(text("aggregate")?).ok_or_else(|| {
        let all = Aggregate::ALL.map(Aggregate::as_str).join(", ");
        format!("has an `aggregate` that is none of {all}")
    })?;
    let window = entry.get("window").map_or(Ok(WINDOW_SECS_DEFAULT), window)?;
    Ok(Metric { name, aggregate, window })
}

/// Whole seconds, written as any duration.
fn window(value: &Json) -> Result<u32, String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let span = Duration::parse(&text).map_err(|why| format!("has a wrong `window`: {why}"))?;
    let secs = u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    let is_window = span.subsec_nanos() == 0 && (1..=WINDOW_SECS_MAX).contains(&secs);
    is_window.then_some(secs).ok_or_else(|| "has a `window` that is not of 1s to 1h".to_owned())
}

section! {
    /// What a class learns by: figures about its contexts.
    pub struct Learning {
        /// Metrics that every context has besides `engagement`, `activity`, `performance` and `online`: each is
        /// made of the events of its name. What stands here goes before what the first event of that name
        /// says. In the file each is a table `[[learning.metrics]]`.
        metrics: Metrics = "";
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, faults, file};
    use super::super::{Config, Inputs};
    use super::*;

    const METRICS: &str = "QUINTET_LEARNING__METRICS";

    fn metric(name: &str, aggregate: Aggregate, window: u32) -> Metric {
        Metric { name: Name::new(name).unwrap(), aggregate, window }
    }

    #[test]
    fn metrics_are_tables_in_the_file_and_a_list_in_the_environment() {
        let expected = [
            metric("latency", Aggregate::P95, 900),
            metric("coins", Aggregate::Sum, 90),
            metric("hands", Aggregate::Count, 300),
        ];
        let (_folder, path) = file(
            "[[learning.metrics]]\nname = 'latency'\naggregate = 'p95'\nwindow = '15m'\n\
             [[learning.metrics]]\nname = 'coins'\naggregate = 'sum'\nwindow = 90\n\
             [[learning.metrics]]\nname = 'hands'\naggregate = 'count'\n",
        );
        let config = Config::load(&Inputs { file: Some(path), ..Inputs::default() }).unwrap();
        assert_eq!(config.learning.metrics.0, expected);
        let list = r#"[{"name": "latency", "aggregate": "p95", "window": "15m"},
                       {"name": "coins", "aggregate": "sum", "window": 90},
                       {"name": "hands", "aggregate": "count"}]"#;
        let config = Config::load(&environment(&[(METRICS, list)])).unwrap();
        assert_eq!(config.learning.metrics.0, expected);
        let shown = config.learning.metrics.show();
        assert_eq!(Metrics::parse(&shown).unwrap(), config.learning.metrics, "{shown}");
        assert!(Config::defaults().learning.metrics.0.is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_metric_is_told_with_its_place_in_the_list() {
        let cases = [
            (r#"{"name":"a"}"#, "not a JSON list"),
            (r#"[{"aggregate":"sum"}]"#, "metric 1 has no `name`"),
            (r#"[{"name":"a"}]"#, "metric 1 has no `aggregate`"),
            (r#"[{"name":"","aggregate":"sum"}]"#, "metric 1 has a `name` that must not be empty"),
            (r#"[{"name":7,"aggregate":"sum"}]"#, "metric 1 has a `name` that is no text"),
            (r#"[{"name":"a","aggregate":"max"}]"#, "none of count, mean, sum, p95"),
            (r#"[{"name":"online","aggregate":"sum"}]"#, "one that every context has"),
            (r#"[{"name":"a","aggregate":"sum","window":"0"}]"#, "`window`"),
            (r#"[{"name":"a","aggregate":"sum","window":"2h"}]"#, "not of 1s to 1h"),
            (r#"[{"name":"a","aggregate":"sum","window":"1500ms"}]"#, "not of 1s to 1h"),
            (
                r#"[{"name":"a","aggregate":"sum","window":"soon"}]"#,
                "metric 1 has a wrong `window`",
            ),
            (r#"[{"name":"a","aggregate":"sum","of":"b"}]"#, "metric 1 has a key that is none of"),
            (
                r#"[{"name":"a","aggregate":"sum"},{"name":"a","aggregate":"mean"}]"#,
                "metric 2 has the name of one before it",
            ),
        ];
        for (list, expected) in cases {
            let told = faults(&environment(&[(METRICS, list)]));
            assert!(told.len() == 1 && told[0].contains(expected), "{list}: {told:?}");
            assert!(told[0].starts_with("learning.metrics"), "{told:?}");
        }
        let name = |at| json!({"name": format!("m{at}"), "aggregate": "sum"});
        let many = Json::Array((0..=CUSTOM_MAX).map(name).collect()).to_string();
        assert!(faults(&environment(&[(METRICS, &many)]))[0].contains("more than 200"));
    }
}
