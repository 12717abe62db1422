//! How long messages are kept.
//!
//! A sweep deletes from the beginning of each conversation, in slices through the bulk lane, so
//! that it never stands in the way of people. Whoever asks for what follows a deleted message is
//! told that it is not recovered.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use storage::{CommitError, Lane, ReadError};

use crate::Conversations;
use crate::store::sweep;

/// Messages deleted in one row of the committer's.
const SLICE_ROWS: usize = 256;
/// Conversations looked at in one read.
const SLICE_CONVERSATIONS: usize = 500;
/// The longest time between two sweeps.
const EVERY_MAX: Duration = Duration::from_secs(3600);
/// The shortest.
const EVERY_MIN: Duration = Duration::from_secs(1);

/// A sweep stopped; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A slice was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A slice was not deleted.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Conversations {
    /// Deletes messages once they are older than `kept`, until the future is dropped.
    pub async fn keep_for(self: Arc<Self>, kept: Duration) {
        let every = (kept / 10).clamp(EVERY_MIN, EVERY_MAX);
        loop {
            match self.sweep(kept).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "old messages deleted"),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "a sweep of old messages stopped");
                }
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Deletes messages that are older than `kept` now; how many.
    ///
    /// # Errors
    /// What stopped it; what was deleted until then is.
    pub async fn sweep(self: &Arc<Self>, kept: Duration) -> Result<usize, SweepError> {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let cutoff = self.hub.clock().wall().plus_millis(kept.saturating_neg());
        let (mut deleted, mut after) = (0, Some(0));
        while let Some(looked) = after {
            let (stale, last) = self
                .store
                .read(move |db| sweep::stale(db, looked, cutoff, SLICE_CONVERSATIONS))
                .await?;
            after = last;
            for conversation in stale {
                deleted += self.sweep_one(conversation, cutoff).await?;
            }
        }
        Ok(deleted)
    }

    async fn sweep_one(
        self: &Arc<Self>,
        conversation: i64,
        cutoff: Timestamp,
    ) -> Result<usize, SweepError> {
        let mut deleted = 0;
        loop {
            let slice = self.delete_slice(conversation, cutoff).await?;
            deleted += slice;
            if slice < SLICE_ROWS {
                return Ok(deleted);
            }
        }
    }

    async fn delete_slice(
        self: &Arc<Self>,
        conversation: i64,
        cutoff: Timestamp,
    ) -> Result<usize, CommitError> {
        let (tell, outcome) = tokio::sync::oneshot::channel();
        let service = Arc::clone(self);
        self.store.reserve(Lane::Bulk)?.write(
            move |tx| sweep::delete(tx, conversation, cutoff, SLICE_ROWS),
            move |deleted| {
                service.recent().forget_all();
                let _gone = tell.send(deleted);
            },
        );
        outcome.await.unwrap_or(Err(CommitError::Failed))
    }
}
