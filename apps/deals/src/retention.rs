//! How long is kept what people no longer need: notifications that were read, and what is known of messages
//! that are kept no longer themselves, the copies that wait for somebody with it.
//!
//! Alerts and tasks stay: of each there is one a deal or task, and nothing says when their user is done
//! with them; a task that was forgotten would be anybody's who puts its id next.

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use storage::rusqlite::Transaction;
use storage::{CommitError, Lane};

use crate::service::Deals;
use crate::store::{mail, sent};

/// Rows that one commit deletes.
const SLICE_ROWS: usize = 256;
/// The longest time between two sweeps.
const EVERY_MAX: Duration = Duration::from_secs(3600);
/// The shortest.
const EVERY_MIN: Duration = Duration::from_secs(1);

impl Deals {
    /// Deletes notifications once it is longer than `kept` that they were read, until the future is
    /// dropped.
    pub async fn keep_notifications_for(self: Arc<Self>, kept: Duration) {
        loop {
            match self.mail.sweep(self.before(kept)).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "old notifications deleted"),
                Err(error) => stopped("notifications", &error),
            }
            tokio::time::sleep(every(kept)).await;
        }
    }

    /// Forgets of messages older than `kept` how they were answered, and deletes the copies that still wait
    /// for their recipients, until the future is dropped; for where messages themselves are kept no longer.
    pub async fn keep_messages_for(self: Arc<Self>, kept: Duration) {
        loop {
            if let Err(error) = self.forget_messages(kept).await {
                stopped("messages", &error);
            }
            tokio::time::sleep(every(kept)).await;
        }
    }

    async fn forget_messages(&self, kept: Duration) -> Result<(), CommitError> {
        let before = self.before(kept);
        let forget = move |tx: &Transaction<'_>| sent::forget(tx, before, SLICE_ROWS);
        while self.store.commit(Lane::Bulk, forget).await? == SLICE_ROWS {}
        let sweep = move |tx: &Transaction<'_>| mail::sweep_messages(tx, before, SLICE_ROWS);
        while self.store.commit(Lane::Bulk, sweep).await? == SLICE_ROWS {}
        Ok(())
    }

    fn before(&self, kept: Duration) -> Timestamp {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        self.hub.clock().wall().plus_millis(kept.saturating_neg())
    }
}

fn every(kept: Duration) -> Duration {
    (kept / 10).clamp(EVERY_MIN, EVERY_MAX)
}

fn stopped(what: &str, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, what, "a sweep of what is old stopped; the next one goes on");
}
