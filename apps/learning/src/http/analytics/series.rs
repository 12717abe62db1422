//! What a metric was: the points of a range, cut into pages.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use storage::ReadError;
use web::{Caller, HttpError, Page, PageRequest, Query};

use super::{Answer, Segments, Service, check_context, name};
use crate::analytics::{Point, Range, Step};
use crate::protocol::analytics::number;

/// Points of a page, where the caller does not say; and the most there are.
const POINTS_MAX: usize = 2_000;
/// Points that the range has where the caller does not say.
const POINTS_DEFAULT: i64 = 300;

#[derive(Deserialize)]
pub(super) struct Asked {
    from: Option<String>,
    to: Option<String>,
    step: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize)]
struct SeriesView {
    metric: String,
    step: &'static str,
    #[serde(flatten)]
    page: Page<PointView>,
}

#[derive(Serialize)]
struct PointView {
    at: String,
    value: Option<serde_json::Number>,
    count: u64,
}

impl From<&Point> for PointView {
    fn from(point: &Point) -> Self {
        let Point { at, value, count, .. } = *point;
        Self { at: at.to_string(), value: value.and_then(number), count }
    }
}

pub(super) async fn series(
    State(learning): Service,
    Caller(who): Caller,
    Segments((context, metric)): Segments<(String, String)>,
    Query(asked): Query<Asked>,
    Query(page): Query<PageRequest>,
) -> Answer<impl IntoResponse> {
    let (context, metric) = (name("contextId", &context)?, name("metric", &metric)?);
    check_context(&who, &context)?;
    let limit = asked.limit()?;
    let after = page.after()?.map(|text| time("cursor", &text)).transpose()?;
    let range = asked.range(learning.hub.clock().wall())?;
    let step = range.step;
    let range = Range { from: after.unwrap_or(range.from), count_max: limit + 1, ..range };
    let points = learning.analytics.series(&context, &metric, range).await;
    let points = points.map_err(|error| unread(&error))?;
    let next = points.get(limit).map(|point| point.at.to_string());
    let items = points.iter().take(limit).map(PointView::from).collect();
    let metric = metric.as_str().to_owned();
    let page = Page::new(items, next.as_deref());
    Ok(Json(SeriesView { metric, step: step.as_str(), page }))
}

impl Asked {
    fn limit(&self) -> Answer<usize> {
        let Some(limit) = &self.limit else { return Ok(POINTS_MAX) };
        match limit.parse() {
            Ok(limit @ 1..=POINTS_MAX) => Ok(limit),
            _ => Err(HttpError::validation("limit", "must be a whole number from 1 to 2000")),
        }
    }

    /// Which points: from the one that `from` lies in, to the one before `to`; without both the last ones.
    fn range(&self, now: Timestamp) -> Answer<Range> {
        let step = match self.step.as_deref().map(Step::parse) {
            None => Step::Minute,
            Some(Some(step)) => step,
            Some(None) => return Err(HttpError::validation("step", "must be 1s, 1m or 1h")),
        };
        let length = i64::from(step.secs()) * 1000;
        let to = self.to.as_deref().map(|text| time("to", text)).transpose()?;
        let to = to.unwrap_or(begin_of(now, length).plus_millis(length));
        let from = match &self.from {
            Some(text) => time("from", text)?,
            None => {
                begin_of(to.plus_millis(length - 1), length).plus_millis(-POINTS_DEFAULT * length)
            }
        };
        if from > to {
            return Err(HttpError::validation("from", "must not be later than to"));
        }
        let from = begin_of(from, length);
        Ok(Range { step, from, to, count_max: POINTS_MAX })
    }
}

/// When the point began that `at` lies in; points are `length` milliseconds long.
fn begin_of(at: Timestamp, length: i64) -> Timestamp {
    at.plus_millis(-at.as_millis().rem_euclid(length))
}

fn time(field: &str, text: &str) -> Answer<Timestamp> {
    // In a query a plus sign is a blank, if it is not written as %2B.
    let text = text.trim().replace(' ', "+");
    text.parse().map_err(|error| HttpError::validation(field, error))
}

fn unread(error: &ReadError) -> HttpError {
    tracing::warn!(error = error as &dyn std::error::Error, "figures were not read");
    HttpError::unavailable("The store is busy; try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-29T12:34:56.789Z";

    fn range(from: Option<&str>, to: Option<&str>, step: Option<&str>) -> Answer<(String, String)> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let asked = Asked { from: owned(from), to: owned(to), step: owned(step), limit: None };
        let range = asked.range(NOW.parse().unwrap())?;
        Ok((range.from.to_string(), range.to.to_string()))
    }

    fn of(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn without_a_range_it_is_the_last_300_points_with_the_one_that_runs() {
        let minutes = of("2026-11-29T07:35:00.000Z", "2026-11-29T12:35:00.000Z");
        assert_eq!(range(None, None, None).unwrap(), minutes);
        let seconds = of("2026-11-29T12:29:57.000Z", "2026-11-29T12:34:57.000Z");
        assert_eq!(range(None, None, Some("1s")).unwrap(), seconds);
        let hours = of("2026-11-17T01:00:00.000Z", "2026-11-29T13:00:00.000Z");
        assert_eq!(range(None, None, Some("1h")).unwrap(), hours);
    }

    #[test]
    fn a_range_begins_with_the_point_that_its_beginning_lies_in() {
        let (from, to) = ("2026-11-29T12:00:30Z", "2026-11-29T12:10:00.500Z");
        let expected = of("2026-11-29T12:00:00.000Z", "2026-11-29T12:10:00.500Z");
        assert_eq!(range(Some(from), Some(to), Some("1m")).unwrap(), expected);
        let before = of("2026-11-29T07:11:00.000Z", "2026-11-29T12:10:00.500Z");
        assert_eq!(range(None, Some(to), None).unwrap(), before);
        let offset = range(Some("2026-11-29T14:00:30 02:00"), Some(to), None).unwrap();
        assert_eq!(offset, expected);
    }

    #[test]
    fn what_is_wrong_with_a_range_is_named() {
        let field = |from, to, step| range(from, to, step).unwrap_err().field.unwrap();
        assert_eq!(field(Some("yesterday"), None, None), "from");
        assert_eq!(field(None, Some("1"), None), "to");
        assert_eq!(field(None, None, Some("5m")), "step");
        assert_eq!(field(Some("2026-11-29T12:40:00Z"), None, None), "from");
        let within_a_minute = ("2026-11-29T12:10:40Z", "2026-11-29T12:10:30Z");
        assert_eq!(field(Some(within_a_minute.0), Some(within_a_minute.1), None), "from");
    }

    #[test]
    fn a_step_is_written_as_durations_are() {
        for (step, alike) in [
            ("1s", &["1", "1s"][..]),
            ("1m", &["60", "60s", "1m", "1min"]),
            ("1h", &["3600", "3600s", "60m", "60min", "1h"]),
        ] {
            let expected = range(None, None, Some(step)).unwrap();
            for step in alike {
                assert_eq!(range(None, None, Some(step)).unwrap(), expected, "{step}");
            }
        }
        for step in ["", "s", "0", "2s", "1d", "-1", "1.5h", "1S", "99999999999h"] {
            assert_eq!(range(None, None, Some(step)).unwrap_err().field.unwrap(), "step");
        }
    }
}
