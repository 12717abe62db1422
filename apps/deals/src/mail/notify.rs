//! Notifications: stored, told, acknowledged, and swept once they are old.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use hub::Delivery;
use model::Timestamp;
use storage::{CommitError, Lane, ReadError};
use tokio::sync::oneshot;

use super::{Mail, room};
use crate::protocol::{NotificationStatus, encode};
pub(crate) use crate::store::notifications::Acknowledged;
use crate::store::notifications::{self, NotificationRow};

/// Notifications deleted in one row of the committer's.
const SLICE_ROWS: usize = 256;

impl Mail {
    /// Stores a notification for `user` and tells their connections, whoever still waits for this.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub(crate) async fn notify(
        self: &Arc<Self>,
        user: Arc<str>,
        new: Arc<NotificationRow>,
    ) -> Result<(), CommitError> {
        let (told, hears) = oneshot::channel();
        let insert = {
            let (user, new) = (Arc::clone(&user), Arc::clone(&new));
            move |tx: &storage::rusqlite::Transaction<'_>| notifications::insert(tx, &user, &new)
        };
        let mail = Arc::clone(self);
        self.store.reserve(Lane::Interactive)?.write(insert, move |position| {
            let stored = position.map(|position| mail.tell_notification(&user, position, &new));
            let _gone = told.send(stored);
        });
        hears.await.unwrap_or(Err(CommitError::Failed))
    }

    /// Without a mark: a notification waits until it is acknowledged.
    fn tell_notification(&self, user: &str, position: u64, row: &NotificationRow) {
        let Some(room) = self.hub.room(&room(user)) else { return };
        let text = encode(&row.event(), self.hub.clock().wall(), None);
        room.publish(&Arc::new(Delivery::stored(position, text)));
        self.counts.told.fetch_add(1, Relaxed);
    }

    /// `user` acknowledges the notification `id`; never blocks. `done` is called on the committer's
    /// thread, or at once where the store takes nothing; it must not block.
    pub(crate) fn acknowledge(
        &self,
        user: Arc<str>,
        id: Box<str>,
        done: impl FnOnce(Result<Acknowledged, CommitError>) + Send + 'static,
    ) {
        let now = self.hub.clock().wall();
        match self.store.reserve(Lane::Interactive) {
            Ok(place) => {
                place.write(move |tx| notifications::acknowledge(tx, &user, &id, now), done);
            }
            Err(refused) => done(Err(refused.into())),
        }
    }

    /// Notifications of `user`, newest first, before the position `before`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub(crate) async fn notifications(
        &self,
        user: Arc<str>,
        status: Option<NotificationStatus>,
        before: Option<u64>,
        count_max: usize,
    ) -> Result<Vec<NotificationRow>, ReadError> {
        let read = move |db: &storage::rusqlite::Connection| {
            notifications::of_user(db, &user, status, before, count_max)
        };
        self.store.read(read).await
    }

    /// Deletes notifications that were read before `before`; how many. Unread ones stay.
    ///
    /// # Errors
    /// What stopped it; what was deleted until then is.
    pub(crate) async fn sweep(&self, before: Timestamp) -> Result<usize, CommitError> {
        let mut deleted = 0;
        loop {
            let delete = move |tx: &storage::rusqlite::Transaction<'_>| {
                notifications::sweep(tx, before, SLICE_ROWS)
            };
            let slice = self.store.commit(Lane::Bulk, delete).await?;
            deleted += slice;
            if slice < SLICE_ROWS {
                return Ok(deleted);
            }
        }
    }
}
