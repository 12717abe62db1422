//! Tasks: whose they are, and how far they have come.
//!
//! **Invariants.** A task belongs to the user it was first told of. Each change of it is put into that
//! user's mailbox in the same commit, in the place of the one that still waits there.

use model::Timestamp;
use serde_json::value::to_raw_value;
use storage::Migration;
use storage::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use super::mail::{self, Entry, Kind};
use crate::protocol::{Number, TaskStatus};

pub(crate) const TASKS: Migration = Migration {
    name: "deals.tasks.0001",
    sql: "
CREATE TABLE deals_tasks(
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    progress REAL,
    message TEXT,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
};

/// How far a task has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaskRow {
    /// Its id, given by its producer.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user_id: String,
    /// A word of its producer's.
    pub(crate) status: String,
    /// Percent that is done: 0–100.
    pub(crate) progress: Option<f64>,
    /// A sentence about it.
    pub(crate) message: Option<String>,
    pub(crate) updated_at: Timestamp,
}

impl TaskRow {
    /// The task as it is pushed.
    pub(crate) fn event(&self) -> TaskStatus<'_> {
        TaskStatus {
            task_id: &self.id,
            status: &self.status,
            progress: self.progress.map(Number),
            message: self.message.as_deref(),
            updated_at: self.updated_at.as_secs(),
        }
    }

    /// Whether both say the same, whenever they did.
    fn says_the_same(&self, other: &Self) -> bool {
        (&self.status, self.progress, &self.message)
            == (&other.status, other.progress, &other.message)
    }
}

/// What putting a task's status did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TaskPut {
    /// The task is new; its position in its user's mailbox.
    Created(u64),
    /// It changed; the position of that.
    Changed(u64),
    /// It stood so already, since this time.
    Unchanged(Timestamp),
    /// It is somebody else's.
    NotTheirs,
}

/// Stores how far the task has come, and puts that into its user's mailbox.
pub(crate) fn put(db: &Connection, task: &TaskRow) -> Result<TaskPut> {
    let before = find(db, &task.id)?;
    match &before {
        Some(before) if before.user_id != task.user_id => return Ok(TaskPut::NotTheirs),
        Some(before) if before.says_the_same(task) => {
            return Ok(TaskPut::Unchanged(before.updated_at));
        }
        _ => {}
    }
    let sql = "INSERT INTO deals_tasks(id, user_id, status, progress, message, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT DO UPDATE SET status = excluded.status, progress = excluded.progress,
                   message = excluded.message, updated_at = excluded.updated_at";
    let TaskRow { id, user_id, status, progress, message, updated_at } = task;
    let values = params![id, user_id, status, progress, message, updated_at.as_millis()];
    db.prepare_cached(sql)?.execute(values)?;
    let unwritable = |error| Error::ToSqlConversionFailure(Box::new(error));
    let data = to_raw_value(&task.event()).map_err(unwritable)?;
    let stored_at = *updated_at;
    let entry = Entry { user: user_id, kind: Kind::Task, key: id, data: &data, stored_at };
    let position = mail::put(db, &entry)?;
    Ok(if before.is_some() { TaskPut::Changed(position) } else { TaskPut::Created(position) })
}

/// The task, whosever it is.
pub(crate) fn find(db: &Connection, id: &str) -> Result<Option<TaskRow>> {
    let sql = "SELECT id, user_id, status, progress, message, updated_at FROM deals_tasks
               WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], task).optional()
}

fn task(row: &Row<'_>) -> Result<TaskRow> {
    Ok(TaskRow {
        id: row.get(0)?,
        user_id: row.get(1)?,
        status: row.get(2)?,
        progress: row.get(3)?,
        message: row.get(4)?,
        updated_at: Timestamp::from_millis(row.get(5)?),
    })
}
