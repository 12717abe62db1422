//! How long sessions that ended are kept, with what was said in them.
//!
//! **Bounds.** A sweep deletes them in slices of [`SLICE_ROWS`] through the bulk lane, so that it never stands
//! in the way of people.

use std::sync::Arc;
use std::time::Duration;

use storage::rusqlite::Transaction;
use storage::{CommitError, Lane};

use crate::service::Voice;
use crate::store::old;

/// Rows that one commit deletes.
const SLICE_ROWS: usize = 256;
/// The longest time between two sweeps.
const EVERY_MAX: Duration = Duration::from_secs(3600);
/// The shortest.
const EVERY_MIN: Duration = Duration::from_secs(1);

impl Voice {
    /// Deletes sessions once they ended longer than `kept` ago, until the future is dropped.
    pub async fn keep_ended_for(self: Arc<Self>, kept: Duration) {
        let every = (kept / 10).clamp(EVERY_MIN, EVERY_MAX);
        loop {
            match self.delete_ended(kept).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "old voice sessions deleted"),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "a sweep of old voice sessions stopped");
                }
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Deletes the sessions that ended longer than `kept` ago; how many rows they had.
    ///
    /// # Errors
    /// See [`CommitError`]; what was deleted until then is.
    pub async fn delete_ended(&self, kept: Duration) -> Result<usize, CommitError> {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let before = self.hub.clock().wall().plus_millis(kept.saturating_neg());
        let delete = move |tx: &Transaction<'_>| old::delete(tx, before, SLICE_ROWS);
        let mut deleted = 0;
        loop {
            let slice = self.store.commit(Lane::Bulk, delete).await?;
            deleted += slice;
            if slice < SLICE_ROWS {
                return Ok(deleted);
            }
        }
    }
}
