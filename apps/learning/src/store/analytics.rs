//! Series of metrics as rows.
//!
//! **Invariants.** The seconds of a metric stand in pieces, one for each time they were written, and a
//! second may stand in several: it is their sum. Minutes and hours are rows that are added to, with what
//! their value is made of until they are over ([`OPEN_SECS`]); from then on only the value.
//!
//! **Pitfall.** The row of `activity` stands for `engagement` too: its `value` is how many people there
//! were, its `count` how many events.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Timestamp;
use storage::Migration;
use storage::rusqlite::{
    CachedStatement, Connection, OptionalExtension, Result, Row, Transaction, params,
};

use crate::analytics::{
    ACTIVITY, Aggregate, Cell, ONLINE, Point, Series, Sketch, Step, decode_cells, encode_cells,
};

pub(crate) const SERIES: Migration = Migration {
    name: "learning.analytics.0001",
    sql: "
CREATE TABLE analytics_secret(secret BLOB NOT NULL) STRICT;
INSERT INTO analytics_secret VALUES (randomblob(32));
CREATE TABLE analytics_series(
    id INTEGER NOT NULL PRIMARY KEY,
    context TEXT NOT NULL,
    metric TEXT NOT NULL,
    aggregate TEXT NOT NULL,
    window INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    UNIQUE (context, metric)
) STRICT;
CREATE INDEX analytics_series_used ON analytics_series(used_at);
CREATE TABLE analytics_seconds(
    id INTEGER NOT NULL PRIMARY KEY,
    series INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    cells BLOB NOT NULL
) STRICT;
CREATE INDEX analytics_seconds_last ON analytics_seconds(series, last);
CREATE TABLE analytics_points(
    series INTEGER NOT NULL,
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    total REAL NOT NULL,
    value REAL,
    sketch BLOB,
    PRIMARY KEY (series, step, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX analytics_points_at ON analytics_points(step, at);
CREATE INDEX analytics_points_open ON analytics_points(step, at) WHERE sketch IS NOT NULL;
",
};

/// By when they end: a clock that was ahead left pieces among the first that are not over for long.
pub(crate) const SECONDS_BY_END: Migration = Migration {
    name: "learning.analytics.0002",
    sql: "CREATE INDEX analytics_seconds_end ON analytics_seconds(last);",
};

/// Seconds after its end that something may still be added to a minute or an hour: late events, and
/// what could not be written at once.
const OPEN_SECS: u32 = 30 * 60;

/// What makes hashes of people in this database.
pub(crate) fn secret(db: &Connection) -> Result<Vec<u8>> {
    db.query_row("SELECT secret FROM analytics_secret", [], |row| row.get(0))
}

/// Adds seconds to a series.
pub(crate) fn write(tx: &Transaction<'_>, context: &str, series: &Series) -> Result<()> {
    let (Some((first, _)), Some((last, _))) =
        (series.cells.first_key_value(), series.cells.last_key_value())
    else {
        return Ok(());
    };
    let id = keep(tx, context, series, *last)?;
    let sql = "INSERT INTO analytics_seconds(series, first, last, cells) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(params![id, first, last, encode_cells(&series.cells)])?;
    for step in [Step::Minute, Step::Hour] {
        let mut points: BTreeMap<u32, Cell> = BTreeMap::new();
        for (at, cell) in &series.cells {
            points.entry(at - at % step.secs()).or_default().merge(cell);
        }
        for (at, cell) in points {
            add(tx, (id, step, at), cell, series)?;
        }
    }
    Ok(())
}

/// The id of a series, which is used until `last` and made where it is new.
fn keep(tx: &Transaction<'_>, context: &str, series: &Series, last: u32) -> Result<i64> {
    let used_at = last - last % Step::Hour.secs();
    let (metric, aggregate) = (&*series.metric, series.aggregate.as_str());
    let sql = "SELECT id, aggregate = ?3 AND window = ?4 AND used_at >= ?5 FROM analytics_series
               WHERE context = ?1 AND metric = ?2";
    let values = params![context, metric, aggregate, series.window, used_at];
    let known: Option<(i64, bool)> = tx
        .prepare_cached(sql)?
        .query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, true)) = known {
        return Ok(id);
    }
    let sql = "INSERT INTO analytics_series(context, metric, aggregate, window, used_at)
               VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT(context, metric) DO UPDATE SET aggregate = excluded.aggregate,
                   window = excluded.window, used_at = max(used_at, excluded.used_at)
               RETURNING id";
    tx.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Adds a cell to a minute or an hour.
fn add(
    tx: &Transaction<'_>,
    (id, step, at): (i64, Step, u32),
    mut cell: Cell,
    series: &Series,
) -> Result<()> {
    let sql = "SELECT count, total, value, sketch FROM analytics_points
               WHERE series = ?1 AND step = ?2 AND at = ?3";
    let stored: Option<(Cell, Option<f64>)> = tx
        .prepare_cached(sql)?
        .query_row(params![id, step.secs(), at], |row| {
            let sketch: Option<Vec<u8>> = row.get(3)?;
            let sketch = sketch.and_then(|bytes| Sketch::decode(&bytes)).unwrap_or_default();
            Ok((Cell { count: row.get(0)?, total: row.get(1)?, sketch }, row.get(2)?))
        })
        .optional()?;
    let mut value = None;
    if let Some((stored, old)) = stored {
        if stored.sketch == Sketch::None && cell.sketch != Sketch::None {
            cell.sketch = Sketch::None; // The point is over: what it said stands.
            value = old;
        }
        cell.merge(&stored);
    }
    let value = value.or_else(|| match &*series.metric {
        ACTIVITY => Some(cell.people_count()),
        _ => cell.value(series.aggregate),
    });
    let sketch = (cell.sketch != Sketch::None).then(|| cell.sketch.encode());
    let sql = "INSERT INTO analytics_points(series, step, at, count, total, value, sketch)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET count = excluded.count, total = excluded.total,
                   value = excluded.value, sketch = excluded.sketch";
    let values = params![id, step.secs(), at, cell.count, cell.total, value, sketch];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The series of a metric, and what is made of its events.
pub(crate) fn find(
    db: &Connection,
    context: &str,
    metric: &str,
) -> Result<Option<(i64, Aggregate)>> {
    let sql = "SELECT id, aggregate FROM analytics_series WHERE context = ?1 AND metric = ?2";
    let found = db
        .prepare_cached(sql)?
        .query_row([context, metric], |row| Ok((row.get(0)?, aggregate(row, 1)?)));
    found.optional()
}

/// The seconds of a series from the second `from`, before the second `to`.
pub(crate) fn seconds(db: &Connection, id: i64, from: u32, to: u32) -> Result<BTreeMap<u32, Cell>> {
    let sql = "SELECT cells FROM analytics_seconds WHERE series = ?1 AND last >= ?2 AND first < ?3";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![id, from, to])?;
    let mut seconds: BTreeMap<u32, Cell> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let Some(cells) = decode_cells(row.get_ref(0)?.as_blob()?) else {
            tracing::error!(series = id, "a piece of a series does not read back; it is left out");
            continue;
        };
        for (at, cell) in cells.into_iter().filter(|(at, _)| (from..to).contains(at)) {
            seconds.entry(at).or_default().merge(&cell);
        }
    }
    Ok(seconds)
}

/// Minutes or hours of a series from `from`, before `to`, at most `count_max`.
pub(crate) fn points(
    db: &Connection,
    id: i64,
    step: Step,
    from: u32,
    to: u32,
    count_max: usize,
) -> Result<Vec<Point>> {
    let sql = "SELECT at, value, count, total FROM analytics_points
               WHERE series = ?1 AND step = ?2 AND at >= ?3 AND at < ?4 ORDER BY at LIMIT ?5";
    let mut statement = db.prepare_cached(sql)?;
    let values = params![id, step.secs(), from, to, count_max];
    let points = statement.query_map(values, |row| {
        let at = Timestamp::from_secs(row.get(0)?);
        Ok(Point { at, value: row.get(1)?, count: row.get(2)?, sum: row.get(3)? })
    })?;
    points.collect()
}

/// Every series of a context, with the seconds of its window that ends with the second `now`.
pub(crate) fn past(db: &Connection, context: &str, now: u32) -> Result<Vec<Series>> {
    let sql = "SELECT id, metric, aggregate, window FROM analytics_series
               WHERE context = ?1 AND metric <> ?2";
    let mut statement: CachedStatement<'_> = db.prepare_cached(sql)?;
    let series = statement.query_map([context, ONLINE], |row| {
        let metric: String = row.get(1)?;
        let (aggregate, window) = (aggregate(row, 2)?, row.get(3)?);
        let cells = BTreeMap::new();
        Ok((row.get(0)?, Series { metric: metric.into(), aggregate, window, cells }))
    })?;
    let series: Vec<(i64, Series)> = series.collect::<Result<_>>()?;
    let read = |(id, mut series): (i64, Series)| {
        let back = reach(&series.metric, series.window);
        let from = now.saturating_sub(back).saturating_add(1);
        series.cells = seconds(db, id, from, now.saturating_add(1))?;
        Ok(series)
    };
    series.into_iter().map(read).collect()
}

/// Seconds that a metric looks back; the rows of `activity` are those of `engagement` too.
fn reach(metric: &Arc<str>, window: u32) -> u32 {
    match &**metric {
        ACTIVITY => crate::analytics::ENGAGEMENT_SECS,
        _ => window,
    }
}

fn aggregate(row: &Row<'_>, column: usize) -> Result<Aggregate> {
    let name: String = row.get(column)?;
    Ok(Aggregate::parse(&name).unwrap_or(Aggregate::Count))
}

/// One step of a sweep: what it deletes at the second `now`, at most so many rows; how many it did.
pub(crate) type Sweep = fn(&Transaction<'_>, u32, usize) -> Result<usize>;

/// The steps of a sweep, each to be repeated until it finds no more.
pub(crate) const SWEEPS: [Sweep; 5] =
    [sweep_seconds, sweep_minutes, sweep_hours, close, sweep_series];

fn sweep_seconds(tx: &Transaction<'_>, now: u32, rows_max: usize) -> Result<usize> {
    let sql = "DELETE FROM analytics_seconds WHERE id IN
                   (SELECT id FROM analytics_seconds WHERE last < ?1 LIMIT ?2)";
    let before = now.saturating_sub(Step::Second.kept_secs());
    tx.prepare_cached(sql)?.execute(params![before, rows_max])
}

fn sweep_minutes(tx: &Transaction<'_>, now: u32, rows_max: usize) -> Result<usize> {
    sweep_points(tx, Step::Minute, now, rows_max)
}

fn sweep_hours(tx: &Transaction<'_>, now: u32, rows_max: usize) -> Result<usize> {
    sweep_points(tx, Step::Hour, now, rows_max)
}

fn sweep_points(tx: &Transaction<'_>, step: Step, now: u32, rows_max: usize) -> Result<usize> {
    let sql = "DELETE FROM analytics_points WHERE (series, step, at) IN
                   (SELECT series, step, at FROM analytics_points
                    WHERE step = ?1 AND at < ?2 LIMIT ?3)";
    let before = now.saturating_sub(step.kept_secs());
    tx.prepare_cached(sql)?.execute(params![step.secs(), before, rows_max])
}

/// Leaves of points that are over their value alone.
fn close(tx: &Transaction<'_>, now: u32, rows_max: usize) -> Result<usize> {
    let sql = "UPDATE analytics_points SET sketch = NULL WHERE (series, step, at) IN
                   (SELECT series, step, at FROM analytics_points
                    WHERE sketch IS NOT NULL AND step = ?1 AND at < ?2 LIMIT ?3)";
    let mut closed = 0;
    for step in [Step::Minute, Step::Hour] {
        let before = now.saturating_sub(OPEN_SECS + step.secs());
        closed += tx.prepare_cached(sql)?.execute(params![step.secs(), before, rows_max])?;
    }
    Ok(closed)
}

/// Forgets the series of which no point is left.
fn sweep_series(tx: &Transaction<'_>, now: u32, rows_max: usize) -> Result<usize> {
    let sql = "DELETE FROM analytics_series WHERE id IN
                   (SELECT id FROM analytics_series WHERE used_at < ?1 LIMIT ?2)";
    let before = now.saturating_sub(Step::Hour.kept_secs());
    tx.prepare_cached(sql)?.execute(params![before, rows_max])
}
