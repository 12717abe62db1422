//! Cursors on their way: told to the other connections, at most ten times a second each.
//!
//! A cursor that waits for its second is carried along with the edits that come meanwhile.
//!
//! **Invariant.** What a connection showed last is what the others heard last, at the latest a second
//! later; of a connection that has left its document nothing is told any more.
//!
//! **Bound**: [`CURSORS_MAX`] cursors at once; of further ones nothing is told. One is forgotten as soon
//! as its second is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hub::{Delivery, Except, Hub};
use model::{ConnectionId, Identity, Monotonic};
use tokio::sync::Notify;

use super::Document;
use crate::pace::{LOOK_EVERY, Pace};
use crate::protocol::collaboration::CursorMoved;
use crate::protocol::encode;

/// Cursors that were told of in the last second.
const CURSORS_MAX: usize = 65_536;

/// Where a connection is in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Where it is, or where its selection begins.
    pub(crate) position: u32,
    /// Where the selection ends.
    pub(crate) selection_end: Option<u32>,
    /// The version both stand on, with the connection's own edits; without it they are told as they are.
    pub(crate) base: Option<u64>,
}

/// Every cursor that moved in the last second.
pub(crate) struct Cursors {
    hub: Arc<Hub>,
    /// By connection, and by document, of which a connection may be in several.
    cursors: Mutex<HashMap<(ConnectionId, Arc<str>), Cursor>>,
    /// Told when one moves, and at the end.
    moved: Arc<Notify>,
}

/// What a connection shows with where it is in a document; dropped, the connection has left that.
pub(crate) struct Pointer {
    cursors: Arc<Cursors>,
    document: Arc<Document>,
    connection: ConnectionId,
}

struct Cursor {
    document: Arc<Document>,
    user_id: Arc<str>,
    username: Arc<str>,
    /// Names it among those that an outbox keeps the latest of.
    key: Arc<str>,
    /// What the others have yet to hear.
    waiting: Option<Shown>,
    pace: Pace,
}

impl Cursors {
    /// None yet.
    pub(crate) fn new(hub: Arc<Hub>) -> Arc<Self> {
        Arc::new(Self { hub, cursors: Mutex::default(), moved: Arc::default() })
    }

    /// The pointer of a connection that is in `document`.
    pub(crate) fn pointer(
        self: &Arc<Self>,
        document: &Arc<Document>,
        connection: ConnectionId,
    ) -> Pointer {
        Pointer { cursors: Arc::clone(self), document: Arc::clone(document), connection }
    }

    /// Tells what waits; whether anything is left to watch.
    fn look(&self, now: Monotonic) -> bool {
        let mut cursors = self.lock();
        cursors.retain(|(connection, _), cursor| {
            self.tell_if_due(*connection, cursor, now);
            cursor.waiting.is_some() || !cursor.pace.is_over(now)
        });
        !cursors.is_empty()
    }

    /// Looks while cursors move, else waits for that; ends with the application.
    pub(crate) async fn watch(cursors: Weak<Self>) {
        while let Some(alive) = cursors.upgrade() {
            let is_any = alive.look(alive.hub.clock().monotonic());
            let moved = Arc::clone(&alive.moved);
            drop(alive);
            if is_any {
                tokio::time::sleep(LOOK_EVERY).await;
            } else {
                moved.notified().await;
            }
        }
    }

    fn tell_if_due(&self, connection: ConnectionId, cursor: &mut Cursor, now: Monotonic) {
        if cursor.waiting.is_none() || !cursor.pace.may_tell(now) {
            return;
        }
        let shown = cursor.waiting.take();
        let Some(shown) = shown.and_then(|shown| shown.carried(connection, &cursor.document))
        else {
            return;
        };
        let Shown { position, selection_end, base: version } = shown;
        let Cursor { document, user_id, username, key, .. } = cursor;
        let session_id = document.id();
        let event = CursorMoved { session_id, user_id, username, position, selection_end, version };
        let text = encode(&event, self.hub.clock().wall(), None);
        let delivery = Delivery::passing(text)
            .except(Except::Connection(connection))
            .replaced_by_newer("cursor", key);
        self.hub.publish(document.room(), &Arc::new(delivery));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(ConnectionId, Arc<str>), Cursor>> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pointer {
    /// The connection, which is `who`'s, is there now.
    pub(crate) fn show(&self, who: &Identity, shown: Shown, now: Monotonic) {
        let Self { cursors: all, document, connection } = self;
        let mut cursors = all.lock();
        let key = (*connection, Arc::clone(document.id()));
        if cursors.len() >= CURSORS_MAX && !cursors.contains_key(&key) {
            return;
        }
        let cursor = cursors.entry(key).or_insert_with(|| Cursor {
            document: Arc::clone(document),
            user_id: Arc::clone(&who.user_id),
            username: Arc::clone(&who.username),
            key: format!("{connection} in {}", document.id()).into(),
            waiting: None,
            pace: Pace::new(now),
        });
        cursor.waiting = Some(shown);
        all.tell_if_due(*connection, cursor, now);
        drop(cursors);
        all.moved.notify_one();
    }
}

impl Drop for Pointer {
    fn drop(&mut self) {
        let key = (self.connection, Arc::clone(self.document.id()));
        self.cursors.lock().remove(&key);
    }
}

impl Shown {
    /// It, in the newest text. `None` where the version it stands on is not known any more: its
    /// connection needs the text anew, and will show where it is in that.
    fn carried(self, connection: ConnectionId, document: &Document) -> Option<Self> {
        let Some(base) = self.base else { return Some(self) };
        let both = [self.position, self.selection_end.unwrap_or(self.position)];
        let (version, [position, end]) = document.follow(connection, base, both)?;
        Some(Self { position, selection_end: self.selection_end.map(|_| end), base: Some(version) })
    }
}

impl Drop for Cursors {
    fn drop(&mut self) {
        self.moved.notify_one();
    }
}
