//! Events that are reported, and what is wrong with those that are refused.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Name, Timestamp};

use super::metric::{
    Aggregate, EVERYWHERE, Metric, PERFORMANCE, SCORE, WINDOW_SECS_DEFAULT, WINDOW_SECS_MAX,
};

/// Milliseconds that an event may be late.
pub const LATE_MILLIS_MAX: i64 = 5 * 60 * 1000;
/// Milliseconds that an event may be ahead of this server's clock; it counts as of now.
pub const AHEAD_MILLIS_MAX: i64 = 60 * 1000;
/// The greatest value, above and below zero.
pub const VALUE_MAX: f64 = 1e15;

/// Something that happened in a context.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What; the metric of this name is of such events.
    pub name: Name,
    /// How much.
    pub value: Option<f64>,
    /// Who did it.
    pub user: Arc<str>,
    /// When; now where nobody says.
    pub at: Option<Timestamp>,
    /// What is to be made of such events, where this is the first of them.
    pub aggregate: Option<Aggregate>,
    /// Seconds of the window it is made of, where this is the first of them.
    pub window: Option<u32>,
}

/// An event that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the list, from 0.
    pub index: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `at`.
    pub field: &'static str,
    /// The rest of a sentence that begins with the field.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// The second an event counts in, where it may count at all.
pub(crate) fn second_of(event: &Event, now: Timestamp) -> Result<u32, Problem> {
    let at = event.at.unwrap_or(now);
    let late = now.as_millis().saturating_sub(at.as_millis());
    if late > LATE_MILLIS_MAX {
        return Err(Problem::new("at", "is more than five minutes ago"));
    }
    if late < -AHEAD_MILLIS_MAX {
        return Err(Problem::new("at", "is more than a minute ahead"));
    }
    Ok(seconds(at.min(now)))
}

/// Whole seconds since the epoch.
pub(crate) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_secs().max(0)).unwrap_or(u32::MAX)
}

/// What an event is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Whether it belongs to [`PERFORMANCE`].
    pub(crate) is_performance: bool,
    /// The aggregate and the window of the metric of its name, where that is none every context has.
    pub(crate) own: Option<(Aggregate, u32)>,
}

/// What an event is of, where nothing is wrong with it; `known` is the metric of its name, if there is one.
pub(crate) fn judge(event: &Event, known: Option<(Aggregate, u32)>) -> Result<Wanted, Problem> {
    check_numbers(event)?;
    let name = event.name.as_str();
    let is_performance = matches!(name, PERFORMANCE | SCORE);
    if is_performance && event.value.is_none() {
        return Err(Problem::new("value", "is missing: performance is a mean of values"));
    }
    if EVERYWHERE.contains(&name) {
        let chosen = [("aggregate", event.aggregate.is_some()), ("window", event.window.is_some())];
        if let Some((field, _)) = chosen.into_iter().find(|(_, is_chosen)| *is_chosen) {
            let why = format!("cannot be chosen: every context has the metric {name}");
            return Err(Problem::new(field, why));
        }
        return Ok(Wanted { is_performance, own: None });
    }
    let own = known.unwrap_or_else(|| declared(event));
    check_declaration(event, own)?;
    Ok(Wanted { is_performance, own: Some(own) })
}

/// What the first event of its name declares.
fn declared(event: &Event) -> (Aggregate, u32) {
    let default = if event.value.is_some() { Aggregate::Mean } else { Aggregate::Count };
    (event.aggregate.unwrap_or(default), event.window.unwrap_or(WINDOW_SECS_DEFAULT))
}

fn check_numbers(event: &Event) -> Result<(), Problem> {
    if event.value.is_some_and(|value| !(-VALUE_MAX..=VALUE_MAX).contains(&value)) {
        return Err(Problem::new("value", "must be a number from -1e15 to 1e15"));
    }
    if event.window.is_some_and(|window| !(1..=WINDOW_SECS_MAX).contains(&window)) {
        return Err(Problem::new("window", "must be 1 to 3600 seconds"));
    }
    Ok(())
}

fn check_declaration(event: &Event, (aggregate, window): (Aggregate, u32)) -> Result<(), Problem> {
    let name = &event.name;
    if event.aggregate.is_some_and(|wanted| wanted != aggregate) {
        let why = format!("must be {aggregate}, as {name} was declared");
        return Err(Problem::new("aggregate", why));
    }
    if event.window.is_some_and(|wanted| wanted != window) {
        return Err(Problem::new("window", format!("must be {window}, as {name} was declared")));
    }
    if aggregate.needs_values() && event.value.is_none() {
        let why = format!("is missing: {name} is a {aggregate} of values");
        return Err(Problem::new("value", why));
    }
    Ok(())
}

/// The metrics an operator declared, by name.
#[derive(Debug, Default)]
pub(crate) struct Declared(HashMap<Name, (Aggregate, u32)>);

impl Declared {
    pub(crate) fn new(metrics: Vec<Metric>) -> Self {
        Self(metrics.into_iter().map(|it| (it.name, (it.aggregate, it.window))).collect())
    }

    pub(crate) fn get(&self, name: &Name) -> Option<(Aggregate, u32)> {
        self.0.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn event(name: &str) -> Event {
        let name = Name::new(name).unwrap();
        Event { name, value: None, user: "ann".into(), at: None, aggregate: None, window: None }
    }

    fn field(outcome: Result<Wanted, Problem>) -> &'static str {
        outcome.unwrap_err().field
    }

    #[test]
    fn an_event_counts_in_its_second_within_five_minutes_and_a_minute_ahead() {
        let second = |millis| {
            let event = Event { at: Some(NOW.plus_millis(millis)), ..event("a") };
            second_of(&event, NOW).map_err(|problem| problem.field)
        };
        assert_eq!(second_of(&event("a"), NOW), Ok(1_000_000));
        assert_eq!(second(-300_000), Ok(999_700));
        assert_eq!(second(-300_001), Err("at"));
        assert_eq!(second(-1), Ok(999_999));
        assert_eq!(second(60_000), Ok(1_000_000));
        assert_eq!(second(60_001), Err("at"));
    }

    #[test]
    fn the_first_event_declares_its_metric() {
        let own = |event: &Event| judge(event, None).unwrap().own;
        assert_eq!(own(&event("a")), Some((Aggregate::Count, 300)));
        let valued = Event { value: Some(1.0), ..event("a") };
        assert_eq!(own(&valued), Some((Aggregate::Mean, 300)));
        let chosen =
            Event { aggregate: Some(Aggregate::P95), window: Some(3600), ..valued.clone() };
        assert_eq!(own(&chosen), Some((Aggregate::P95, 3600)));
        let counted = Event { aggregate: Some(Aggregate::Count), ..valued };
        assert_eq!(own(&counted), Some((Aggregate::Count, 300)));
    }

    #[test]
    fn later_events_must_not_contradict_it() {
        let known = Some((Aggregate::Sum, 60));
        let valued = Event { value: Some(1.0), ..event("a") };
        assert_eq!(judge(&valued, known).unwrap().own, known);
        let same = Event { aggregate: Some(Aggregate::Sum), window: Some(60), ..valued.clone() };
        assert_eq!(judge(&same, known).unwrap().own, known);
        let other = Event { aggregate: Some(Aggregate::Mean), ..valued.clone() };
        assert_eq!(field(judge(&other, known)), "aggregate");
        let longer = Event { window: Some(61), ..valued };
        assert_eq!(field(judge(&longer, known)), "window");
        assert_eq!(field(judge(&event("a"), known)), "value");
    }

    #[test]
    fn numbers_have_bounds() {
        for value in [f64::NAN, f64::INFINITY, 1.1e15, -1.1e15] {
            let valued = Event { value: Some(value), ..event("a") };
            assert_eq!(field(judge(&valued, None)), "value");
        }
        for window in [0, 3601] {
            let windowed = Event { window: Some(window), ..event("a") };
            assert_eq!(field(judge(&windowed, None)), "window");
        }
    }

    #[test]
    fn the_metrics_of_every_context_are_nobodys_to_declare() {
        let plain = Wanted { is_performance: false, own: None };
        for name in ["activity", "engagement", "online"] {
            assert_eq!(judge(&event(name), None), Ok(plain));
            let chosen = Event { aggregate: Some(Aggregate::Count), ..event(name) };
            assert_eq!(field(judge(&chosen, None)), "aggregate");
            let chosen = Event { window: Some(5), ..event(name) };
            assert_eq!(field(judge(&chosen, None)), "window");
        }
    }

    #[test]
    fn performance_and_score_need_a_value_and_a_score_is_a_metric_as_well() {
        assert_eq!(field(judge(&event("performance"), None)), "value");
        assert_eq!(field(judge(&event("score"), None)), "value");
        let performance = Event { value: Some(1.0), ..event("performance") };
        let wanted = Wanted { is_performance: true, own: None };
        assert_eq!(judge(&performance, None), Ok(wanted));
        let score = Event { value: Some(1.0), ..event("score") };
        let wanted = Wanted { is_performance: true, own: Some((Aggregate::Mean, 300)) };
        assert_eq!(judge(&score, None), Ok(wanted));
    }
}
