//! The tables of open connections and of their subscriptions, for whoever looks into the store.
//!
//! They are written behind: nothing waits for them, and nothing here reads them. At the start they are
//! emptied of the former process's; a row that outlived its connection goes once its `ttl` is over.
//!
//! **Invariants.** Changes are written in their order, one slice of them at a time.
//!
//! **Bounds.** [`WAITING_MAX`] changes wait; past that they are lost and counted.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, ConnectionId};
use storage::{CommitError, Lane, Store};
use tokio::runtime::Handle;

use crate::Topic;
use crate::store::register::{self, Change};

/// Changes that wait to be written.
const WAITING_MAX: usize = 65_536;
/// Changes in one row of the committer's, and rows deleted in one.
const SLICE_ROWS: usize = 512;
/// Seconds a row is kept: 24 hours.
const TTL_SECS: i64 = 24 * 60 * 60;
/// How often rows that are over are deleted.
const SWEPT_EVERY: Duration = Duration::from_secs(60);

/// What became of changes since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegisterStats {
    /// They were written.
    pub written: u64,
    /// They were not, and never will be.
    pub lost: u64,
    /// They wait.
    pub waiting: usize,
}

/// Who writes the two tables.
pub(crate) struct Register {
    store: Store,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    written: AtomicU64,
    lost: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Change>,
    is_writing: bool,
}

impl Register {
    /// Empties the tables, and sweeps them each minute until the register is dropped.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>, runtime: &Handle) -> Arc<Self> {
        let (written, lost) = (AtomicU64::new(0), AtomicU64::new(0));
        let register = Arc::new(Self { store, clock, state: Mutex::default(), written, lost });
        register.note(Change::Began);
        let weak = Arc::downgrade(&register);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(SWEPT_EVERY).await;
                let Some(register) = weak.upgrade() else { return };
                register.go_on();
                if let Err(error) = register.sweep().await {
                    tracing::debug!(%error, "the tables of connections were not swept");
                }
            }
        });
        register
    }

    /// A connection of `user` opened.
    pub(crate) fn opened(self: &Arc<Self>, connection: ConnectionId, user: &str) {
        let (created_at, ttl) = self.times();
        let connection = connection.to_string().into();
        self.note(Change::Opened { connection, user: user.into(), created_at, ttl });
    }

    /// A connection ended, and its subscriptions with it.
    pub(crate) fn closed(self: &Arc<Self>, connection: ConnectionId) {
        self.note(Change::Closed { connection: connection.to_string().into() });
    }

    /// A connection of `user` has the subscription `id` from now on; `filters` is JSON.
    pub(crate) fn subscribed(
        self: &Arc<Self>,
        id: &str,
        connection: ConnectionId,
        user: &str,
        topic: Topic,
        filters: &str,
    ) {
        let (created_at, ttl) = self.times();
        self.note(Change::Subscribed {
            id: id.into(),
            connection: connection.to_string().into(),
            user: user.into(),
            topic: topic.as_str(),
            filters: filters.into(),
            created_at,
            ttl,
        });
    }

    /// A connection ended its subscription `id`.
    pub(crate) fn unsubscribed(self: &Arc<Self>, id: &str, connection: ConnectionId) {
        let connection = connection.to_string().into();
        self.note(Change::Unsubscribed { id: id.into(), connection });
    }

    /// What became of changes since the start.
    pub(crate) fn stats(&self) -> RegisterStats {
        RegisterStats {
            written: self.written.load(Relaxed),
            lost: self.lost.load(Relaxed),
            waiting: self.lock().waiting.len(),
        }
    }

    /// When a row of now was made, in milliseconds, and when it is over, in seconds.
    fn times(&self) -> (i64, i64) {
        let now = self.clock.wall();
        (now.as_millis(), now.as_secs().saturating_add(TTL_SECS))
    }

    fn note(self: &Arc<Self>, change: Change) {
        let mut state = self.lock();
        if state.waiting.len() >= WAITING_MAX {
            self.lost.fetch_add(1, Relaxed);
        } else {
            state.waiting.push_back(change);
        }
        drop(state);
        self.go_on();
    }

    /// Begins to write what waits, unless that is being done.
    fn go_on(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.is_writing || state.waiting.is_empty() {
            return;
        }
        state.is_writing = true;
        drop(state);
        self.write();
    }

    /// Writes slices of what waits, until nothing does or the store takes nothing.
    fn write(self: &Arc<Self>) {
        let Ok(place) = self.store.reserve(Lane::Bulk) else {
            self.lock().is_writing = false; // The next change, or the next minute, tries again.
            return;
        };
        let mut state = self.lock();
        let count = state.waiting.len().min(SLICE_ROWS);
        let slice: Vec<Change> = state.waiting.drain(..count).collect();
        state.is_writing = !slice.is_empty();
        drop(state);
        if slice.is_empty() {
            return;
        }
        let register = Arc::clone(self);
        place.write(
            move |tx| slice.iter().try_for_each(|change| register::write(tx, change)),
            move |outcome| register.note_written(count, outcome),
        );
    }

    fn note_written(self: &Arc<Self>, count: usize, outcome: Result<(), CommitError>) {
        let counter = if outcome.is_ok() { &self.written } else { &self.lost };
        counter.fetch_add(count as u64, Relaxed);
        if let Err(error) = outcome {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, count, "changes of connections were not written down");
        }
        self.write();
    }

    /// Deletes the rows that are over; how many.
    async fn sweep(&self) -> Result<usize, CommitError> {
        let now = self.clock.wall().as_secs();
        let mut deleted = 0;
        loop {
            let delete =
                move |tx: &storage::rusqlite::Transaction<'_>| register::sweep(tx, now, SLICE_ROWS);
            let slice = self.store.commit(Lane::Bulk, delete).await?;
            if slice == 0 {
                return Ok(deleted);
            }
            deleted += slice;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::{ManualClock, Timestamp};
    use storage::Options;
    use tempfile::TempDir;
    use tokio::runtime::Runtime;

    use super::*;

    struct Play {
        register: Arc<Register>,
        store: Store,
        clock: Arc<ManualClock>,
        runtime: Runtime,
        directory: TempDir,
    }

    fn play() -> Play {
        open(TempDir::new().unwrap())
    }

    fn open(directory: TempDir) -> Play {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(5_500)));
        let path = directory.path().join("data");
        let store = Store::open(&path, crate::MIGRATIONS, &Options::default(), clock.clone());
        let store = store.unwrap();
        let register = Register::start(store.clone(), clock.clone(), runtime.handle());
        Play { register, store, clock, runtime, directory }
    }

    impl Play {
        /// The rows that `sql` gives, each as one text, once everything noted is written.
        fn rows(&self, sql: &'static str) -> Vec<String> {
            for looked in 0.. {
                let state = self.register.lock();
                if state.waiting.is_empty() && !state.is_writing {
                    break;
                }
                drop(state);
                assert!(looked < 1000, "what waits is being written");
                self.runtime.block_on(self.store.commit(Lane::Bulk, |_| Ok(()))).unwrap();
            }
            let read = self.store.read(move |db| {
                db.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()
            });
            self.runtime.block_on(read).unwrap()
        }

        fn connections(&self) -> Vec<String> {
            self.rows(
                "SELECT concat_ws(' ', connection_id, user_id, created_at, ttl)
                 FROM deals_connections ORDER BY 1",
            )
        }

        fn subscriptions(&self) -> Vec<String> {
            self.rows(
                "SELECT concat_ws(' ', subscription_id, connection_id, user_id, topic, filters,
                     created_at, ttl) FROM deals_subscriptions ORDER BY 1",
            )
        }
    }

    const ANN: ConnectionId = ConnectionId::new(0, 1, 1);
    const BOB: ConnectionId = ConnectionId::new(0, 2, 1);

    #[test]
    fn connections_and_subscriptions_stand_in_the_tables_while_they_last() {
        let play = play();
        let register = &play.register;
        register.opened(ANN, "ann");
        register.opened(BOB, "bob");
        register.subscribed("s", ANN, "ann", Topic::NewDeals, r#"{"minPrice":1}"#);
        register.subscribed("s", BOB, "bob", Topic::NewDeals, "{}");
        register.subscribed("t", BOB, "bob", Topic::PriceUpdates, "{}");
        let (ann, bob) = ("0000000100000001", "0000000200000001");
        let both = [format!("{ann} ann 5500 86405"), format!("{bob} bob 5500 86405")];
        assert_eq!(play.connections(), both);
        let all = [
            format!(r#"s {ann} ann new-deals {{"minPrice":1}} 5500 86405"#),
            format!("s {bob} bob new-deals {{}} 5500 86405"),
            format!("t {bob} bob price-updates {{}} 5500 86405"),
        ];
        assert_eq!(play.subscriptions(), all);
        register.unsubscribed("s", BOB);
        assert_eq!(play.subscriptions(), [all[0].as_str(), all[2].as_str()]);
        register.closed(BOB);
        assert_eq!((play.subscriptions().len(), play.connections()), (1, vec![both[0].clone()]));
        let stats = RegisterStats { written: 8, lost: 0, waiting: 0 };
        assert_eq!(register.stats(), stats);
    }

    #[test]
    fn a_new_process_begins_with_empty_tables() {
        let play = play();
        play.register.opened(ANN, "ann");
        play.register.subscribed("s", ANN, "ann", Topic::NewDeals, "{}");
        assert_eq!(play.subscriptions().len(), 1);
        let Play { store, directory, .. } = play;
        store.close();
        let play = open(directory);
        assert!(play.connections().is_empty() && play.subscriptions().is_empty());
    }

    #[test]
    fn rows_go_when_their_time_is_over() {
        let play = play();
        play.register.opened(ANN, "ann");
        play.register.subscribed("s", ANN, "ann", Topic::NewDeals, "{}");
        play.clock.advance(Duration::from_secs(60));
        for slot in 0..600 {
            play.register.opened(ConnectionId::new(1, slot, 1), "many");
        }
        assert_eq!(play.connections().len(), 601);
        let sweep = || play.runtime.block_on(play.register.sweep()).unwrap();
        play.clock.advance(Duration::from_secs(24 * 60 * 60 - 61));
        assert_eq!(sweep(), 0);
        play.clock.advance(Duration::from_secs(1));
        assert_eq!(sweep(), 2);
        assert_eq!((play.connections().len(), play.subscriptions().len()), (600, 0));
        play.clock.advance(Duration::from_secs(60));
        assert_eq!(sweep(), 600);
    }

    #[test]
    fn what_the_store_has_no_place_for_is_written_with_the_next_change() {
        let play = play();
        assert!(play.connections().is_empty());
        let places: Vec<_> = std::iter::from_fn(|| play.store.reserve(Lane::Bulk).ok()).collect();
        play.register.opened(ANN, "ann");
        drop(places);
        assert_eq!(play.register.stats().waiting, 1);
        play.register.opened(BOB, "bob");
        assert_eq!(play.connections().len(), 2);
    }

    #[test]
    fn what_finds_no_room_is_lost_and_counted() {
        let play = play();
        assert!(play.connections().is_empty());
        play.store.close();
        for slot in (0..).take(WAITING_MAX + 3) {
            play.register.opened(ConnectionId::new(0, slot, 1), "many");
        }
        let stats = RegisterStats { written: 1, lost: 3, waiting: WAITING_MAX };
        assert_eq!(play.register.stats(), stats);
    }
}
