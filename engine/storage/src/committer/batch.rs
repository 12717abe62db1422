//! One batch: apply, commit, and repeat row by row what failed together.
//!
//! Three ways, each dearer than the one before: all rows in one transaction (the usual case); all
//! in one transaction with a savepoint each, so that a failing row leaves alone; each in a
//! transaction of its own, for a commit that is refused as a whole (a deferred constraint).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use model::{Clock, Monotonic};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Transaction, TransactionBehavior, ffi};

use super::queue::Row;
use crate::CommitError;
use crate::health::{Fault, Gauge};

/// Rows in one batch.
pub(super) const ROWS_MAX: usize = 512;
/// Applying longer than this closes the batch.
const APPLYING_MAX: Duration = Duration::from_millis(2);

/// The only connection that writes rows.
pub(crate) struct Writer {
    pub(super) conn: Connection,
    /// Set while a row's `apply` has the connection.
    lent: Arc<AtomicBool>,
}

impl Writer {
    /// Takes `conn`, and from rows the power to end the transaction they share or to attach other
    /// databases to it.
    pub(crate) fn new(mut conn: Connection) -> rusqlite::Result<Self> {
        let lent = Arc::new(AtomicBool::new(false));
        let is_lent = Arc::clone(&lent);
        conn.authorizer(Some(move |asked: AuthContext<'_>| {
            let is_ours =
                matches!(asked.action, AuthAction::Transaction { .. } | AuthAction::Attach { .. });
            let denied = is_ours && is_lent.load(Relaxed);
            if denied { Authorization::Deny } else { Authorization::Allow }
        }))?;
        Ok(Self { conn, lent })
    }
}

pub(super) type Outcome = Result<(), CommitError>;

/// Applies rows as `next` gives them and commits. Every row that `next` gave is in `rows`
/// afterwards, whatever the result.
pub(super) fn commit_together(
    writer: &Writer,
    clock: &dyn Clock,
    rows: &mut Vec<Box<dyn Row>>,
    mut next: impl FnMut() -> Option<Box<dyn Row>>,
) -> Result<(), Fault> {
    rows.extend(next());
    let tx = begin(writer)?;
    let started = clock.monotonic();
    let mut applied = 0;
    while let Some(row) = rows.get_mut(applied) {
        apply(writer, &tx, row.as_mut())?;
        applied += 1;
        if !is_closed(clock, started, applied) {
            rows.extend(next());
        }
    }
    tx.commit().map_err(Fault::of)
}

/// The outcome of each row after the batch failed together with `fault`; changes the health when
/// the fault is the store's.
pub(super) fn commit_apart(
    writer: &Writer,
    clock: &dyn Clock,
    rows: &mut Vec<Box<dyn Row>>,
    next: impl FnMut() -> Option<Box<dyn Row>>,
    fault: Fault,
    health: &Gauge,
) -> Vec<Outcome> {
    let fault = match fault {
        Fault::Row(_) => match commit_with_savepoints(writer, clock, rows, next) {
            Ok(outcomes) => return outcomes,
            Err(Fault::Row(_)) => return commit_alone(writer, rows, health),
            Err(fault) => fault,
        },
        fault => fault,
    };
    rows.iter().map(|_| Err(give_up(&fault, health))).collect()
}

/// The batch stays open here as it would have, or each failing row would cost a sync of its own.
fn commit_with_savepoints(
    writer: &Writer,
    clock: &dyn Clock,
    rows: &mut Vec<Box<dyn Row>>,
    mut next: impl FnMut() -> Option<Box<dyn Row>>,
) -> Result<Vec<Outcome>, Fault> {
    let tx = begin(writer)?;
    let started = clock.monotonic();
    let mut outcomes = Vec::with_capacity(rows.len());
    while let Some(row) = rows.get_mut(outcomes.len()) {
        outcomes.push(apply_in_savepoint(writer, &tx, row.as_mut())?);
        if outcomes.len() == rows.len() && !is_closed(clock, started, rows.len()) {
            rows.extend(next());
        }
    }
    tx.commit().map_err(Fault::of)?;
    Ok(outcomes)
}

/// The row's own outcome; an error is the store's.
fn apply_in_savepoint(
    writer: &Writer,
    tx: &Transaction<'_>,
    row: &mut dyn Row,
) -> Result<Outcome, Fault> {
    run(tx, "SAVEPOINT one_row")?;
    let outcome = match apply(writer, tx, row) {
        Ok(()) => Ok(()),
        Err(Fault::Row(error)) => {
            run(tx, "ROLLBACK TO one_row")?;
            Err(error)
        }
        Err(fault) => return Err(fault),
    };
    run(tx, "RELEASE one_row")?;
    Ok(outcome)
}

fn is_closed(clock: &dyn Clock, started: Monotonic, rows: usize) -> bool {
    rows >= ROWS_MAX || clock.monotonic().since(started) >= APPLYING_MAX
}

fn commit_alone(writer: &Writer, rows: &mut [Box<dyn Row>], health: &Gauge) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(rows.len());
    let mut stopped: Option<Fault> = None;
    for row in rows {
        if let Some(fault) = &stopped {
            outcomes.push(Err(give_up(fault, health)));
            continue;
        }
        outcomes.push(match commit_one(writer, row.as_mut()) {
            Ok(()) => Ok(()),
            Err(Fault::Row(error)) => Err(error),
            Err(fault) => {
                let error = give_up(&fault, health);
                stopped = Some(fault);
                Err(error)
            }
        });
    }
    outcomes
}

fn commit_one(writer: &Writer, row: &mut dyn Row) -> Result<(), Fault> {
    let tx = begin(writer)?;
    apply(writer, &tx, row)?;
    tx.commit().map_err(Fault::of)
}

/// Begins a transaction; one that the last failure left open cannot be trusted and is a fault.
fn begin(writer: &Writer) -> Result<Transaction<'_>, Fault> {
    if !writer.conn.is_autocommit() {
        let left_open = Some("a failed transaction could not be rolled back".to_owned());
        let abort = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
        return Err(Fault::Broken(rusqlite::Error::SqliteFailure(abort, left_open)));
    }
    Transaction::new_unchecked(&writer.conn, TransactionBehavior::Immediate).map_err(Fault::of)
}

fn run(tx: &Transaction<'_>, sql: &str) -> Result<(), Fault> {
    tx.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map_err(Fault::of)?;
    Ok(())
}

fn apply(writer: &Writer, tx: &Transaction<'_>, row: &mut dyn Row) -> Result<(), Fault> {
    writer.lent.store(true, Relaxed);
    let applied = catch_unwind(AssertUnwindSafe(|| row.apply(tx)));
    writer.lent.store(false, Relaxed);
    match applied {
        Err(_) => {
            tracing::error!("a row's apply panicked; the row is not stored");
            return Err(Fault::Row(CommitError::Misbehaved));
        }
        Ok(Err(error)) => return Err(Fault::of(error)),
        Ok(Ok(())) => {}
    }
    // A row that swallowed an error after which SQLite rolls back by itself, such as a full disk.
    if tx.is_autocommit() {
        tracing::error!(
            "a row's apply hid an error that ended the transaction; the row is not stored"
        );
        return Err(Fault::Row(CommitError::Misbehaved));
    }
    Ok(())
}

/// What a row is told of a fault that is the store's.
fn give_up(fault: &Fault, health: &Gauge) -> CommitError {
    match fault {
        Fault::Busy => CommitError::Busy,
        Fault::Full => {
            health.fill();
            CommitError::StorageFull
        }
        Fault::Broken(error) => {
            health.fail(error);
            CommitError::Failed
        }
        Fault::Row(_) => CommitError::Misbehaved,
    }
}
