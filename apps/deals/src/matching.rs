//! Which subscriptions a changed deal concerns, and telling them.
//!
//! One thread owns all subscriptions. It is handed changes after their commit, finds whom each concerns
//! in an index, and pushes to every such connection once.
//!
//! **Invariants**
//! - Changes are told in the order in which they were published, each to whoever was subscribed when its
//!   turn came. Commands of one connection are carried out in their order.
//! - A connection is told of a change at most once for each topic, by a passing event that a newer one of
//!   the same deal replaces where its outbox is full.
//! - What a change costs grows with the subscriptions that it concerns, not with those that there are.
//!
//! **Bounds.** [`CHANGES_MAX`] changes wait or may come, [`BULK_CHANGES_MAX`] where they come in bulk; past
//! that there is no [`Place`], and who stores a deal is refused before it is stored. Where shards do not
//! keep up, the thread waits for them, so that changes pile up here, and producers are refused, before a
//! passing event is dropped; it waits for half a minute, in which subscriptions wait as well.

mod bucket;
mod index;
mod lexicon;
mod placement;
mod prices;
mod queue;
#[cfg(test)]
mod random;
mod subscriptions;
mod telling;
mod worker;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hub::Hub;
use model::ConnectionId;
use storage::Lane;

use crate::Topic;
use crate::filters::Filters;

use queue::{Command, Queue};
use worker::{Meters, Worker};

pub use queue::{BULK_CHANGES_MAX, CHANGES_MAX, Place};
pub use subscriptions::Subscriptions;
pub use telling::Told;

/// What a connection wants to hear of.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its id, told with each deal that meets it; unique in its connection.
    pub id: Arc<str>,
    /// Whose it is.
    pub connection: ConnectionId,
    /// What is subscribed to. Only [`Topic::NewDeals`] and [`Topic::PriceUpdates`] have an effect.
    pub topic: Topic,
    /// Which deals.
    pub filters: Arc<Filters>,
}

/// What the matcher did so far, and what it has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatcherStats {
    /// Subscriptions there are.
    pub subscriptions: u64,
    /// Changes that wait.
    pub waiting: u64,
    /// Changes that were told.
    pub changes: u64,
    /// Filters that were compared with a deal; near the number that were met by one.
    pub visited: u64,
    /// Subscriptions that changes met.
    pub matches: u64,
    /// Events that were pushed to connections.
    pub pushed: u64,
    /// Milliseconds, about, that were waited for shards with too much to write.
    pub rests: u64,
    /// Time spent on changes, without those rests. Right over many changes: the clock counts milliseconds.
    pub busy: Duration,
    /// The longest time spent on one change, rests included, in whole milliseconds.
    pub longest: Duration,
}

/// The thread that owns the subscriptions, and the way to it. It ends when this is dropped; whom it had
/// not told by then is told nothing.
pub struct Matcher {
    queue: Arc<Queue>,
    meters: Arc<Meters>,
    thread: Option<JoinHandle<()>>,
}

impl Matcher {
    /// Starts the thread. Where the machine gives none, nothing is ever taken: there are no places, and
    /// no subscription is confirmed.
    #[must_use]
    pub fn start(hub: Arc<Hub>) -> Arc<Self> {
        let (queue, meters) = (Arc::<Queue>::default(), Arc::<Meters>::default());
        let worker = Worker::new(hub, Arc::clone(&queue), Arc::clone(&meters));
        let name = String::from("deals-matching");
        let thread = thread::Builder::new().name(name).spawn(move || worker.run());
        if let Err(error) = &thread {
            tracing::error!(%error, "deals are matched by nobody: there is no thread for it");
            queue.end();
        }
        Arc::new(Self { queue, meters, thread: thread.ok() })
    }

    /// A place for one change that comes in this lane, to be taken before the commit that makes it; none
    /// while [`CHANGES_MAX`] changes wait or may come, for one of a bulk [`BULK_CHANGES_MAX`].
    #[must_use]
    pub fn reserve(&self, lane: Lane) -> Option<Place> {
        Queue::reserve(&self.queue, lane)
    }

    /// Adds a subscription, then calls `told`, on the matcher's thread: it must not block. From then on
    /// the connection hears of every change whose turn comes. One of the same id and connection is
    /// replaced.
    pub fn subscribe(&self, subscription: Subscription, told: impl FnOnce() + Send + 'static) {
        self.queue.command(Command::Subscribe(subscription, Box::new(told)));
    }

    /// Ends a subscription, then calls `told`, on the matcher's thread, with whether there was one; from
    /// then on nothing is pushed for it.
    pub fn unsubscribe(
        &self,
        connection: ConnectionId,
        id: Arc<str>,
        told: impl FnOnce(bool) + Send + 'static,
    ) {
        self.queue.command(Command::Unsubscribe(connection, id, Box::new(told)));
    }

    /// Ends all subscriptions of a connection that is gone.
    pub fn forget(&self, connection: ConnectionId) {
        self.queue.command(Command::Forget(connection));
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> MatcherStats {
        self.meters.read(self.queue.waiting())
    }
}

impl Drop for Matcher {
    fn drop(&mut self) {
        self.queue.end();
        let Some(thread) = self.thread.take() else { return };
        // What the thread calls may hold, and drop, the last of this.
        if thread.thread().id() != thread::current().id() && thread.join().is_err() {
            tracing::error!("the thread that matches deals panicked");
        }
    }
}

#[cfg(test)]
mod tests;
