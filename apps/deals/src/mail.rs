//! What waits for a person: messages, notifications, price alerts, the status of tasks.
//!
//! A person's mail is a log of its own: a room that all of their connections are in, whose offsets are
//! the positions that the store gave. What is put into it waits in the store until a connection of its
//! user has taken it, which it shows by answering a ping that was sent behind it.
//!
//! **Invariants.** Every position that a commit took is told once the commit returned, in the order of
//! the commits, so that the log has no gap. Who opens a connection is sent what waits, in order, and
//! then everything after it, each thing once.

mod notify;
mod page;
mod stats;
mod taking;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use hub::{Announce, Delivery, Except, Hub, Member, Membership, Person, RoomId};
use model::Timestamp;
use serde_json::value::RawValue;
use storage::{ReadError, Refused, Store};
use tokio::runtime::Handle;

use crate::protocol::{ChatMessage, Event, PriceAlert, TaskStatus, encode_raw};
pub(crate) use crate::store::mail::{Entry, Kind, pass, put};
pub(crate) use page::{Ask, MailPage};
use stats::Counts;
pub use stats::MailStats;
pub(crate) use taking::Taking;

/// The kind of the rooms of people; a room's name is the user's id.
const ROOM_KIND: &str = "user";

/// How long a page waits, each time that the store is too busy to read it; then it is given up.
const BUSY_PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// The room that all connections of a user are in.
pub(crate) fn room(user: &str) -> RoomId {
    RoomId::new(ROOM_KIND, user)
}

/// Nobody is told who comes and who goes.
pub(crate) struct Silent;

impl Announce for Silent {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }
}

/// What a person's room keeps for connections that fall behind: every person who is here has one, and
/// the store has what they have not taken.
const KEPT_ENTRIES_MAX: usize = 32;
/// Its bytes.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// The rooms of people: nobody is told who comes and who goes, and little is kept.
struct OfPeople;

impl Announce for OfPeople {
    fn joined(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn left(&self, _room: &RoomId, _person: &Person<'_>) -> Option<Bytes> {
        None
    }

    fn log_bounds(&self) -> (usize, usize) {
        (KEPT_ENTRIES_MAX, KEPT_BYTES_MAX)
    }
}

/// Everybody's mail.
pub(crate) struct Mail {
    store: Store,
    hub: Arc<Hub>,
    announce: Arc<dyn Announce>,
    runtime: Handle,
    counts: Counts,
}

impl Mail {
    /// The mail in `store`, told through `hub`; what waits for a while does so on `runtime`.
    pub(crate) fn start(store: Store, hub: Arc<Hub>, runtime: &Handle) -> Arc<Self> {
        let (announce, counts) = (Arc::new(OfPeople), Counts::default());
        let mail = Arc::new(Self { store, hub, announce, runtime: runtime.clone(), counts });
        mail.keep_counting();
        mail
    }

    /// Tells the connections of `user` of what a commit put at `position` (by [`put`] or [`pass`]):
    /// to be called for each position, from the `done` of its commit, so in the order of the commits.
    /// Never blocks.
    pub(crate) fn tell(
        &self,
        user: &str,
        position: u64,
        kind: Kind,
        data: &RawValue,
        except: Except,
    ) {
        let Some(room) = self.hub.room(&room(user)) else { return };
        let text = encode_raw(event_type(kind), data, self.hub.clock().wall());
        let delivery = Delivery::stored(position, text).marked(position).except(except);
        room.publish(&Arc::new(delivery));
        self.counts.told.fetch_add(1, Relaxed);
    }

    /// The time, for what is stored.
    pub(crate) fn now(&self) -> Timestamp {
        self.hub.clock().wall()
    }

    /// Whether a connection of `user` is open at this moment.
    pub(crate) fn is_reachable(&self, user: &str) -> bool {
        self.hub.room(&room(user)).is_some_and(|room| room.is_connected(user))
    }

    /// Makes a connection of a user's a member of their room that hears nothing until it catches up,
    /// with the last position that was told before; 0 where the room does not know it.
    pub(crate) fn join(&self, member: Member) -> (Membership, u64) {
        let room = room(&member.user_id);
        // First, so that whatever is told once it has joined is past that.
        let kept = self.hub.room(&room).and_then(|room| room.kept());
        let membership = self.hub.join(&room, &self.announce, member, true).membership;
        (membership, kept.map_or(0, |kept| *kept.end()))
    }

    /// Reads a page of what waits for `user`, to be sent at `at`; never blocks. `done` is called on the
    /// runtime, late where many connect at once and the store is busy.
    pub(crate) fn read_page(
        self: &Arc<Self>,
        user: Arc<str>,
        ask: Ask,
        at: Timestamp,
        done: impl FnOnce(Result<MailPage, ReadError>) + Send + 'static,
    ) {
        self.counts.pages.fetch_add(1, Relaxed);
        let mail = Arc::clone(self);
        self.runtime.spawn(async move { done(mail.page(user, ask, at).await) });
    }

    async fn page(&self, user: Arc<str>, ask: Ask, at: Timestamp) -> Result<MailPage, ReadError> {
        let mut pauses = BUSY_PAUSES.into_iter();
        loop {
            let of = Arc::clone(&user);
            let page = self.store.read(move |db| page::read(db, &of, ask, at)).await;
            match (page, pauses.next()) {
                (Err(ReadError::Refused(Refused::Busy)), Some(pause)) => {
                    tokio::time::sleep(pause).await;
                }
                (page, _) => return page,
            }
        }
    }

    /// Where a connection of `user` notes what it has taken.
    pub(crate) fn taking(&self, user: &Arc<str>) -> Arc<Taking> {
        Taking::new(self.store.clone(), Arc::clone(user))
    }
}

/// The type of the push that tells of an entry of this kind.
const fn event_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => ChatMessage::TYPE,
        Kind::Alert => PriceAlert::TYPE,
        Kind::Task => TaskStatus::TYPE,
    }
}

#[cfg(test)]
mod tests;
