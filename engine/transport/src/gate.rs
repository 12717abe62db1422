//! The gate: one inbox for each shard, through which everything that is to be written enters.
//!
//! **Bound.** Replies are bounded by the operations a connection may have in flight, stored events
//! by the committer's queue; passing events are dropped, and counted, while an inbox has
//! [`PASSING_MAX`] items.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hub::{Fault, Item, Outlet};
use model::{CloseReason, ConnectionId};
use tokio::sync::Notify;

use crate::engineio::{Handover, Registry};
use crate::stats::Stats;

/// Items in an inbox from which on passing events are dropped.
const PASSING_MAX: usize = 65_536;

/// What a shard is told.
pub(crate) enum Command {
    /// By rooms and sessions.
    Item(Item),
    /// By a connection of its own: a control frame to send.
    Frame(ConnectionId, Bytes),
    /// By a session: what was sent so far is to be confirmed by this mark.
    Mark(ConnectionId, u64),
    /// By an upgrade: the connection goes on over a socket.
    Upgrade(Box<Handover>),
    /// Take no new connection.
    StopAccepting,
    /// Close every connection, spread over a time.
    CloseAll { fault: Option<Fault>, reason: CloseReason, spread: Duration },
    /// End.
    Stop,
}

/// The inboxes of all shards.
pub struct Gate {
    inboxes: Vec<Inbox>,
    stats: Stats,
    sockets: AtomicUsize,
    emptied: Notify,
    sessions: Arc<Registry>,
}

/// Counts one open socket while it lives.
pub(crate) struct OpenSocket(Arc<Gate>);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if self.0.sockets.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}

impl Gate {
    /// A gate for this many shards, 1–255.
    #[must_use]
    pub fn new(shards: u8) -> Arc<Self> {
        let inboxes = (0..shards.max(1)).map(|_| Inbox::default()).collect();
        let (stats, sockets, emptied, sessions) = Default::default();
        Arc::new(Self { inboxes, stats, sockets, emptied, sessions })
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> u8 {
        u8::try_from(self.inboxes.len()).unwrap_or(u8::MAX)
    }

    /// What passed through.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Items that wait in all inboxes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inboxes.iter().map(|inbox| inbox.length.load(Ordering::Relaxed)).sum()
    }

    /// Open sockets, WebSockets and others; a session that polls counts as one.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Acquire)
    }

    /// Sessions of Engine.IO that began by polling, upgraded ones included.
    #[must_use]
    pub fn polling_sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The same by their sids.
    pub(crate) fn sessions(&self) -> &Arc<Registry> {
        &self.sessions
    }

    /// A place for one more socket, unless `sockets_max` are open.
    pub(crate) fn enter(self: &Arc<Self>, sockets_max: usize) -> Option<OpenSocket> {
        let one_more = |open| (open < sockets_max).then_some(open + 1);
        self.sockets.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(OpenSocket(Arc::clone(self)))
    }

    /// Ready once no socket is open.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.sockets() == 0 {
                return;
            }
            emptied.await;
        }
    }

    pub(crate) fn inbox(&self, shard: u8) -> &Inbox {
        &self.inboxes[usize::from(shard)]
    }

    pub(crate) fn command(&self, shard: u8, command: Command) {
        if let Some(inbox) = self.inboxes.get(usize::from(shard)) {
            inbox.push(command);
        }
    }
}

impl Outlet for Gate {
    fn push(&self, shard: u8, item: Item) {
        let Some(inbox) = self.inboxes.get(usize::from(shard)) else { return };
        if let Item::Deliver { delivery, .. } | Item::Tell { delivery, .. } = &item
            && delivery.offset.is_none()
            && inbox.length.load(Ordering::Relaxed) >= PASSING_MAX
        {
            self.stats.passing_dropped.add(1);
            return;
        }
        inbox.push(Command::Item(item));
    }

    fn waiting(&self, shard: u8) -> usize {
        let inbox = self.inboxes.get(usize::from(shard));
        inbox.map_or(0, |inbox| inbox.length.load(Ordering::Relaxed))
    }
}

/// One shard's inbox: first in, first out.
#[derive(Default)]
pub(crate) struct Inbox {
    queue: Mutex<Vec<Command>>,
    length: AtomicUsize,
    is_woken: AtomicBool,
    wake: Notify,
}

impl Inbox {
    fn push(&self, command: Command) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(command);
        self.length.store(queue.len(), Ordering::Relaxed);
        drop(queue);
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }

    /// Waits until something is there, then takes all of it into `batch`, which is empty.
    pub(crate) async fn take(&self, batch: &mut Vec<Command>) {
        loop {
            self.wake.notified().await;
            self.is_woken.store(false, Ordering::Release);
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut *queue, batch);
            self.length.store(0, Ordering::Relaxed);
            if !batch.is_empty() {
                return;
            }
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.length.load(Ordering::Relaxed) == 0
    }
}
