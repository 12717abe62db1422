//! The thread that owns the subscriptions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hub::{Delivery, Hub, Item};
use model::ConnectionId;

use super::queue::{Command, Queue};
use super::{MatcherStats, Subscriptions};
use crate::Change;

/// Items that wait for a shard from which on the thread waits for it; well below where the transport
/// drops passing events.
const SHARD_ITEMS_MAX: usize = 16_384;
/// Events pushed to a shard between two looks at it.
const PUSHES_A_LOOK: u32 = 256;
/// How long one wait for a shard is.
const REST: Duration = Duration::from_millis(1);
/// Waits for a shard that takes nothing: half a minute. After them it is pushed to all the same, until it
/// has room; then the shard's own bound drops what is too much, and nobody is told.
const RESTS_MAX: u32 = 30_000;

/// What is counted; written by the thread alone.
#[derive(Default)]
pub(super) struct Meters {
    subscriptions: AtomicU64,
    changes: AtomicU64,
    visited: AtomicU64,
    matches: AtomicU64,
    pushed: AtomicU64,
    rests: AtomicU64,
    busy_millis: AtomicU64,
    longest_millis: AtomicU64,
}

impl Meters {
    pub(super) fn read(&self, waiting: usize) -> MatcherStats {
        MatcherStats {
            subscriptions: self.subscriptions.load(Relaxed),
            waiting: waiting as u64,
            changes: self.changes.load(Relaxed),
            visited: self.visited.load(Relaxed),
            matches: self.matches.load(Relaxed),
            pushed: self.pushed.load(Relaxed),
            rests: self.rests.load(Relaxed),
            busy: Duration::from_millis(self.busy_millis.load(Relaxed)),
            longest: Duration::from_millis(self.longest_millis.load(Relaxed)),
        }
    }
}

/// What the thread works with.
pub(super) struct Worker {
    subscriptions: Subscriptions,
    hub: Arc<Hub>,
    queue: Arc<Queue>,
    meters: Arc<Meters>,
    pace: Pace,
}

impl Worker {
    pub(super) fn new(hub: Arc<Hub>, queue: Arc<Queue>, meters: Arc<Meters>) -> Self {
        let subscriptions = Subscriptions::default();
        Self { subscriptions, hub, queue, meters, pace: Pace::default() }
    }

    /// Works until all has ended.
    pub(super) fn run(mut self) {
        while let Some(turn) = self.queue.take() {
            for command in turn.commands {
                survive(|| self.carry_out(command));
            }
            for change in turn.changes {
                survive(|| self.tell(&change));
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Subscribe(subscription, told) => {
                self.subscriptions.add(subscription);
                self.count();
                told();
            }
            Command::Unsubscribe(connection, id, told) => {
                let was_there = self.subscriptions.remove(connection, &id);
                self.count();
                told(was_there);
            }
            Command::Forget(connection) => {
                self.subscriptions.forget(connection);
                self.count();
            }
        }
    }

    fn count(&self) {
        self.meters.subscriptions.store(self.subscriptions.len() as u64, Relaxed);
    }

    fn tell(&mut self, change: &Change) {
        let Self { subscriptions, hub, queue, meters, pace } = self;
        let clock = hub.clock();
        let (started, rests_before) = (clock.monotonic(), pace.rests);
        let mut push = |connection: ConnectionId, delivery: Arc<Delivery>| {
            let shard = connection.shard();
            pace.before_push(shard, || hub.outlet().waiting(shard), || queue.rest(REST));
            hub.outlet().push(shard, Item::Tell { connection, delivery });
        };
        let told = subscriptions.tell(change, clock.wall(), &mut push);
        let took = clock.monotonic().since(started);
        let rests = pace.rests - rests_before;
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        meters.changes.fetch_add(1, Relaxed);
        meters.visited.fetch_add(told.visited, Relaxed);
        meters.matches.fetch_add(told.matches, Relaxed);
        meters.pushed.fetch_add(told.pushed, Relaxed);
        meters.rests.fetch_add(rests, Relaxed);
        meters.busy_millis.fetch_add(millis.saturating_sub(rests), Relaxed);
        meters.longest_millis.fetch_max(millis, Relaxed);
    }
}

/// A panic is a defect of what was carried out; the thread goes on with the rest.
fn survive(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!("matching deals panicked; what was carried out is lost");
    }
}

/// Waits for shards that have much to write, each for a bounded time.
#[derive(Default)]
struct Pace {
    rests: u64,
    /// By their numbers.
    shards: Vec<ShardPace>,
}

#[derive(Clone, Default)]
struct ShardPace {
    /// Pushes since it was last looked at.
    pushes: u32,
    /// Waits for it since it last had room.
    rests: u32,
}

impl Pace {
    /// Waits, by `rest`, while [`SHARD_ITEMS_MAX`] items or more are `waiting` for the shard.
    fn before_push(&mut self, shard: u8, waiting: impl Fn() -> usize, rest: impl Fn() -> bool) {
        let shard = usize::from(shard);
        if self.shards.len() <= shard {
            self.shards.resize(shard + 1, ShardPace::default());
        }
        let pace = &mut self.shards[shard];
        pace.pushes += 1;
        if pace.pushes < PUSHES_A_LOOK {
            return;
        }
        pace.pushes = 0;
        while waiting() >= SHARD_ITEMS_MAX {
            if pace.rests >= RESTS_MAX || !rest() {
                return;
            }
            pace.rests += 1;
            self.rests += 1;
        }
        pace.rests = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_shard_with_much_to_write_is_waited_for_and_not_for_ever() {
        let (mut pace, items) = (Pace::default(), Cell::new(SHARD_ITEMS_MAX + 10));
        let push = |pace: &mut Pace, shrinks: bool| {
            for _ in 0..PUSHES_A_LOOK {
                let rest = || {
                    items.set(items.get() - usize::from(shrinks));
                    true
                };
                pace.before_push(3, || items.get(), rest);
            }
        };
        push(&mut pace, true);
        assert_eq!((pace.rests, items.get()), (11, SHARD_ITEMS_MAX - 1));
        push(&mut pace, true);
        assert_eq!(pace.rests, 11, "it has room");
        items.set(SHARD_ITEMS_MAX);
        push(&mut pace, false);
        push(&mut pace, false);
        assert_eq!(pace.rests, 11 + u64::from(RESTS_MAX), "once half a minute is over, no more");
        assert_eq!(REST * RESTS_MAX, Duration::from_secs(30));
        items.set(0);
        push(&mut pace, false);
        items.set(SHARD_ITEMS_MAX);
        push(&mut pace, true);
        assert_eq!(
            pace.rests,
            12 + u64::from(RESTS_MAX),
            "having had room, it is waited for again"
        );
    }

    #[test]
    fn each_shard_is_looked_at_however_pushes_alternate() {
        let mut pace = Pace::default();
        let looks = [Cell::new(0), Cell::new(0)];
        for number in 0..PUSHES_A_LOOK * 6 {
            let shard = u8::from(number % 2 == 1);
            let look = || {
                let looks = &looks[usize::from(shard)];
                looks.set(looks.get() + 1);
                0
            };
            pace.before_push(shard, look, || panic!("there is room"));
        }
        assert_eq!(looks.map(Cell::into_inner), [3, 3]);
    }

    #[test]
    fn a_wait_ends_when_all_ends() {
        let mut pace = Pace::default();
        for _ in 0..PUSHES_A_LOOK {
            pace.before_push(0, || SHARD_ITEMS_MAX, || false);
        }
        assert_eq!(pace.rests, 0);
    }
}
