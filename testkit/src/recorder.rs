//! An [`Outlet`] that keeps what leaves, for tests that have no sockets.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub::{Item, Outlet};

/// How long [`Recorder::wait_for`] waits before the test fails. Generous: a busy machine is no
/// failure.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Items a recorder keeps; a test that makes more without taking them fails.
const ITEMS_MAX: usize = 1 << 20;

/// Keeps every item in the order in which it was pushed, with its shard.
#[derive(Default)]
pub struct Recorder {
    items: Mutex<Vec<(u8, Item)>>,
    pushed: Condvar,
}

impl Recorder {
    /// A recorder that has nothing yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Takes everything that was pushed so far.
    #[must_use]
    pub fn take(&self) -> Vec<Item> {
        self.lock().drain(..).map(|(_, item)| item).collect()
    }

    /// The same with the shard each was for.
    #[must_use]
    pub fn take_by_shard(&self) -> Vec<(u8, Item)> {
        self.lock().drain(..).collect()
    }

    /// Waits until there is something, and takes everything.
    ///
    /// # Panics
    /// When nothing came within [`PATIENCE`].
    #[must_use]
    pub fn wait(&self) -> Vec<Item> {
        self.wait_for(1)
    }

    /// Waits until there are at least `count` items, and takes everything.
    ///
    /// # Panics
    /// When fewer came within [`PATIENCE`].
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Item> {
        let few = |items: &mut Vec<(u8, Item)>| items.len() < count;
        let waited = self.pushed.wait_timeout_while(self.lock(), PATIENCE, few);
        let (mut items, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "{} of {count} items came: {}", items.len(), names(&items));
        items.drain(..).map(|(_, item)| item).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u8, Item)>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Recorder {
    fn push(&self, shard: u8, item: Item) {
        let mut items = self.lock();
        assert!(items.len() < ITEMS_MAX, "a test that pushes so much must take it");
        items.push((shard, item));
        self.pushed.notify_all();
    }
}

/// What the items are, for a failure's message.
fn names(items: &[(u8, Item)]) -> String {
    items.iter().map(|(_, item)| describe(item)).collect::<Vec<_>>().join("; ")
}

/// One item in words: what it is, and the text it carries.
#[must_use]
pub fn describe(item: &Item) -> String {
    match item {
        Item::Join { connection, room, behind } => {
            format!("join {connection} {} behind={behind}", room.id)
        }
        Item::FallBehind { connection, .. } => format!("fall behind {connection}"),
        Item::CatchUp { connection, after, .. } => format!("catch up {connection} after {after}"),
        Item::Leave { connection, .. } => format!("leave {connection}"),
        Item::Deliver { delivery, .. } => {
            let text = String::from_utf8_lossy(&delivery.text);
            format!("deliver {:?} {text}", delivery.offset)
        }
        Item::Tell { connection, delivery } => {
            format!("tell {connection} {}", String::from_utf8_lossy(&delivery.text))
        }
        Item::Send { connection, text } => {
            format!("send {connection} {}", String::from_utf8_lossy(text))
        }
        Item::SendBinary { connection, bytes } => {
            format!("send {connection} {} bytes", bytes.len())
        }
        Item::SendWith { connection, text, attachments } => {
            let text = String::from_utf8_lossy(text);
            format!("send {connection} {text} and {} attachments", attachments.len())
        }
        Item::Finish { connection, operation, .. } => format!("finish {connection} {operation}"),
        Item::Close { connection, fault, reason } => {
            format!("close {connection} {fault:?} {} {}", reason.code, reason.text)
        }
        Item::Probe { connection } => format!("probe {connection}"),
    }
}

#[cfg(test)]
mod tests {
    use model::ConnectionId;

    use super::*;

    #[test]
    fn items_come_out_in_the_order_in_which_they_were_pushed() {
        let recorder = Recorder::new();
        for slot in 0..3 {
            let connection = ConnectionId::new(1, slot, 1);
            recorder.push(1, Item::Probe { connection });
        }
        let slots = recorder.wait_for(3).into_iter().map(|item| match item {
            Item::Probe { connection } => connection.slot(),
            other => panic!("{}", describe(&other)),
        });
        assert_eq!(slots.collect::<Vec<_>>(), [0, 1, 2]);
        assert!(recorder.take().is_empty());
    }
}
