//! How long the edits of documents are kept, and with them their older versions.
//!
//! A sweep goes through all documents. Of each with edits that have outlived their time it keeps the text that
//! these had made, which is the oldest version from then on, and deletes them in slices through the bulk lane,
//! so that it never stands in the way of people.
//!
//! **Invariant.** A document's newest text stays, and so does every version younger than its youngest old edit.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use storage::rusqlite::Transaction;
use storage::{CommitError, Lane, ReadError};

use super::Documents;
use crate::store::documents;

/// Edits that one commit deletes.
const SLICE_ROWS: usize = 256;
/// Documents that are looked at in one read.
const SLICE_DOCUMENTS: usize = 500;
/// The longest time between two sweeps.
const EVERY_MAX: Duration = Duration::from_secs(3600);
/// The shortest.
const EVERY_MIN: Duration = Duration::from_secs(1);

/// A sweep stopped; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub(super) enum SweepError {
    /// A document was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A slice was not deleted.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A text was not compressed, for the server stops.
    #[error("the server stops")]
    Stopping,
}

impl Documents {
    /// Deletes edits once they are older than `kept`, until the future is dropped.
    pub(crate) async fn keep_edits_for(self: Arc<Self>, kept: Duration) {
        let every = (kept / 10).clamp(EVERY_MIN, EVERY_MAX);
        loop {
            match self.forget_edits(kept).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "old edits of documents deleted"),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "a sweep of old edits stopped");
                }
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Deletes the edits that are older than `kept` now; how many.
    pub(super) async fn forget_edits(&self, kept: Duration) -> Result<usize, SweepError> {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let before = self.hub().clock().wall().plus_millis(kept.saturating_neg());
        let (mut deleted, mut after) = (0, Some(0));
        while let Some(looked) = after {
            let read = move |db: &_| documents::stale(db, looked, before, SLICE_DOCUMENTS);
            let stale = self.store().read(read).await?;
            after = stale.last;
            for place in stale.places {
                deleted += self.forget_edits_of(place, before).await?;
            }
        }
        Ok(deleted)
    }

    async fn forget_edits_of(&self, place: i64, before: Timestamp) -> Result<usize, SweepError> {
        let mut deleted = self.delete_forgotten(place).await?;
        loop {
            let read = move |db: &_| documents::outlived(db, place, before);
            let Some((version, text)) = self.store().read(read).await? else { return Ok(deleted) };
            let deflated = self.runtime().spawn_blocking(move || text.deflated()).await;
            let deflated = deflated.map_err(|_| SweepError::Stopping)?;
            let forget =
                move |tx: &Transaction<'_>| documents::forget(tx, place, version, &deflated);
            self.store().commit(Lane::Bulk, forget).await?;
            deleted += self.delete_forgotten(place).await?;
        }
    }

    /// Deletes what is older than the document's oldest version.
    async fn delete_forgotten(&self, place: i64) -> Result<usize, CommitError> {
        let delete = move |tx: &Transaction<'_>| documents::delete(tx, place, SLICE_ROWS);
        let mut deleted = 0;
        loop {
            let slice = self.store().commit(Lane::Bulk, delete).await?;
            deleted += slice;
            if slice < SLICE_ROWS {
                return Ok(deleted);
            }
        }
    }
}
