//! The routes of analytics: events, metrics and series of a context.

use serde_json::{Value, json};

use super::Route;
use super::route::{count, name, nullable, object, string, time};

/// Who may not.
const NOT_OPENED: &str = "The token does not open the context";
/// When there is no place.
const BUSY: &str = "Too many contexts are in use, or the store is busy";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/analytics/events", "reportEvents", "Report up to 1,000 events, 2 MiB")
            .takes(batch())
            .answers(202, "How many count, and what is wrong with the others", report())
            .fails(
                403,
                "The token does not open the context, or another user's event of no publisher",
            )
            .fails(503, BUSY),
        Route::get("/api/analytics/{contextId}", "listMetrics", "Metrics of a context as they are")
            .pages("Those that every context has, then its own by name", &metric())
            .fails(403, NOT_OPENED)
            .fails(503, BUSY),
        Route::get("/api/analytics/{contextId}/{metric}", "showSeries", "What a metric was")
            .query("from", "The first point is the one that this time lies in; 300 before `to`")
            .query("to", "Points begin before this time; now, with the point that runs")
            .query("step", "`1s`, `1m` or `1h`, which are kept an hour, 7 and 400 days; `1m`")
            .query("limit", "Points of a page, 1 to 2,000; 2,000")
            .query("cursor", "The `nextCursor` of the page before")
            .answers(200, "The points that had events, oldest first", series())
            .fails(403, NOT_OPENED)
            .fails(503, BUSY),
    ]
}

fn value() -> Value {
    json!({"type": ["number", "null"]})
}

fn batch() -> Value {
    let event = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": name(),
            "value": {"type": "number", "minimum": -1e15, "maximum": 1e15},
            "userId": {
                "type": "string", "minLength": 1, "maxLength": 256,
                "description": "The caller where it is missing; others need the role publisher",
            },
            "at": {
                "type": "string", "format": "date-time",
                "description": "Now where it is missing; at most 5 minutes ago",
            },
            "aggregate": {
                "enum": ["count", "mean", "sum", "p95"],
                "description": "Of the first event of its name: what its metric is; else mean where \
                    it has a value, count where it has none",
            },
            "window": {
                "type": "integer", "minimum": 1, "maximum": 3600, "default": 300,
                "description": "Of the first event of its name: seconds that its metric looks back",
            },
        },
    });
    json!({
        "type": "object",
        "required": ["events"],
        "properties": {
            "contextId": {"type": "string", "minLength": 1, "maxLength": 256, "default": "default"},
            "events": {"type": "array", "maxItems": 1_000, "items": event},
        },
    })
}

fn report() -> Value {
    let refused = object(&[
        ("index", count()),
        ("field", string()),
        ("message", json!({"type": "string", "description": "A sentence that names the field"})),
    ]);
    object(&[("accepted", count()), ("refused", json!({"type": "array", "items": refused}))])
}

fn metric() -> Value {
    object(&[
        ("metric", name()),
        ("value", value()),
        ("timestamp", time()),
        ("window", json!({"type": "integer", "minimum": 0, "description": "Seconds; 0 for now"})),
    ])
}

fn series() -> Value {
    let point = object(&[("at", time()), ("value", value()), ("count", count())]);
    object(&[
        ("metric", name()),
        ("step", json!({"enum": ["1s", "1m", "1h"]})),
        ("items", json!({"type": "array", "items": point})),
        ("nextCursor", nullable()),
    ])
}
