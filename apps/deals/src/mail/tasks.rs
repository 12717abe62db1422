//! The status of tasks: stored and told in one.

use std::sync::Arc;

use hub::Except;
use serde_json::value::to_raw_value;
use storage::{CommitError, Lane, ReadError};
use tokio::sync::oneshot;

use super::{Kind, Mail};
use crate::store::tasks::{self, TaskPut, TaskRow};

impl Mail {
    /// Stores how far a task has come and tells its user's connections, whoever still waits for this.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub(crate) async fn put_task(
        self: &Arc<Self>,
        task: Arc<TaskRow>,
    ) -> Result<TaskPut, CommitError> {
        let (told, hears) = oneshot::channel();
        let put = {
            let task = Arc::clone(&task);
            move |tx: &storage::rusqlite::Transaction<'_>| tasks::put(tx, &task)
        };
        let mail = Arc::clone(self);
        self.store.reserve(Lane::Interactive)?.write(put, move |outcome| {
            if let Ok(TaskPut::Created(position) | TaskPut::Changed(position)) = outcome {
                mail.tell_task(position, &task);
            }
            let _gone = told.send(outcome);
        });
        hears.await.unwrap_or(Err(CommitError::Failed))
    }

    fn tell_task(&self, position: u64, task: &TaskRow) {
        let data = to_raw_value(&task.event()).expect("texts and numbers are JSON");
        self.tell(&task.user_id, position, Kind::Task, &data, Except::Nobody);
    }

    /// The task, whosever it is.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub(crate) async fn task(&self, id: String) -> Result<Option<TaskRow>, ReadError> {
        self.store.read(move |db| tasks::find(db, &id)).await
    }
}
