//! What became of mail since the start.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use storage::ReadError;

use super::Mail;
use crate::store::mail;

/// How often entries that went untaken are counted.
const COUNTED_EVERY: Duration = Duration::from_secs(60);

/// What became of mail since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailStats {
    /// Pushes told to people who had a connection.
    pub told: u64,
    /// Pages of what waited, read for connections.
    pub pages: u64,
    /// Entries that went untaken, for more waited for their user than may; since the store was made, a
    /// minute ago.
    pub dropped: u64,
}

/// [`MailStats`] in the making.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) told: AtomicU64,
    pub(super) pages: AtomicU64,
    dropped: AtomicU64,
}

impl Mail {
    /// What became of mail since the start.
    pub(crate) fn stats(&self) -> MailStats {
        let Counts { told, pages, dropped } = &self.counts;
        MailStats {
            told: told.load(Relaxed),
            pages: pages.load(Relaxed),
            dropped: dropped.load(Relaxed),
        }
    }

    /// Counts each minute what went untaken, for [`Mail::stats`], until the mail is dropped.
    pub(super) fn keep_counting(self: &Arc<Self>) {
        let mail = Arc::downgrade(self);
        self.runtime.spawn(async move {
            while let Some(mail) = mail.upgrade() {
                if let Err(error) = mail.count_dropped().await {
                    tracing::debug!(%error, "what went untaken was not counted");
                }
                drop(mail);
                tokio::time::sleep(COUNTED_EVERY).await;
            }
        });
    }

    async fn count_dropped(&self) -> Result<(), ReadError> {
        let dropped = self.store.read(mail::dropped).await?;
        self.counts.dropped.store(dropped, Relaxed);
        Ok(())
    }
}
