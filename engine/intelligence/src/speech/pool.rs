//! The processes of a provider: started ahead, lent to one utterance at a time.
//!
//! Whoever still speaks gets a process if one is free, so that partial texts come meanwhile.
//! Whoever has ended gets the next one that is free, and where none is, one is taken away from
//! somebody who still speaks: partial texts stop first. He gets one again when nobody waits.
//!
//! **Invariants.** Never more than [`ProcessConfig::workers`] processes. A process that failed is
//! never lent again. Nothing waits for a process that cannot be started. No lock is held while a
//! process is dropped.
//!
//! **Bounds.** [`WAITING_PER_WORKER_MAX`]; one more utterance is refused. After [`IDLE_MAX`]
//! without work the processes are ended, and started again when somebody speaks.

mod desk;
mod lent;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::config::ProcessConfig;
use super::error::{SpeechError, Unavailable};
use super::stats::{Meters, add};
use super::worker::{Framing, Worker};
use desk::Desk;
pub(super) use lent::Lent;

/// Utterances that have ended and wait for a process, for each process.
pub(super) const WAITING_PER_WORKER_MAX: usize = 8;
/// How long processes stay without work.
const IDLE_MAX: Duration = Duration::from_secs(600);
/// How often it is looked for processes without work.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The wait after the first failed start; each further one in a row is twice as long.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// Samples after which a process is replaced by a new one: three minutes.
const SAMPLES_A_LIFE: u64 = 180 * 16_000;

/// The processes of one provider.
#[derive(Debug)]
pub(super) struct Pool {
    config: ProcessConfig,
    framing: Framing,
    runtime: Handle,
    meters: Arc<Meters>,
    desk: Mutex<Desk>,
}

/// How much more can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// Whoever speaks now gets partial texts.
    Free,
    /// Whoever speaks now gets a text when he has ended, and no partial ones before.
    FinalsOnly,
    /// Some of what is said now will not be heard.
    Full,
}

impl Pool {
    /// No process is started yet.
    pub(super) fn new(
        config: &ProcessConfig,
        framing: Framing,
        runtime: &Handle,
        meters: &Arc<Meters>,
    ) -> Arc<Self> {
        let config = ProcessConfig { workers: config.workers.max(1), ..config.clone() };
        let (runtime, meters) = (runtime.clone(), Arc::clone(meters));
        let pool = Arc::new(Self { config, framing, runtime, meters, desk: Mutex::default() });
        pool.runtime.spawn(end_idle(Arc::downgrade(&pool)));
        pool
    }

    /// Starts what of the processes is missing, unless the last start failed a moment ago.
    pub(super) fn warm(self: &Arc<Self>) {
        let missing = self.desk().begin_starts(self.config.workers, Instant::now());
        for _ in 0..missing {
            let pool = Arc::clone(self);
            self.runtime.spawn(async move { pool.start_one().await });
        }
    }

    /// Starts a process with one more argument, which has to say that it is ready, and ends it.
    pub(super) async fn probe(&self, argument: &str) {
        let mut config = self.config.clone();
        config.arguments.push(argument.to_owned());
        if let Err(message) = Worker::start(&config, Framing::Many).await {
            tracing::warn!(reason = message, "speech cannot be heard; all else goes on");
            self.desk().problem = Some((Instant::now(), Unavailable { message }));
        }
    }

    /// Why no process can be had, where that is so.
    pub(super) fn problem(&self) -> Option<Unavailable> {
        self.desk().hopeless()
    }

    /// How many processes run.
    pub(super) fn running(&self) -> usize {
        let desk = self.desk();
        desk.count - desk.starting
    }

    /// How much more can be heard.
    pub(super) fn load(&self) -> Load {
        let desk = self.desk();
        if desk.ended.len() >= self.waiting_max() {
            Load::Full
        } else if desk.has_one_to_spare(self.config.workers) {
            Load::Free
        } else {
            Load::FinalsOnly
        }
    }

    /// A process for somebody who still speaks; may never come.
    pub(super) async fn take_while_speaking(self: &Arc<Self>) -> Result<Lent, SpeechError> {
        self.take(false).await
    }

    /// A process for somebody who has ended.
    pub(super) async fn take_at_the_end(self: &Arc<Self>) -> Result<Lent, SpeechError> {
        self.take(true).await
    }

    async fn take(self: &Arc<Self>, has_ended: bool) -> Result<Lent, SpeechError> {
        self.warm();
        match self.find(has_ended)?.await {
            Ok(lent) => Ok(lent?),
            Err(_) => Err(SpeechError::GivenUp),
        }
    }

    /// Where a process will come, or is already.
    fn find(self: &Arc<Self>, has_ended: bool) -> Result<Coming, SpeechError> {
        let (sender, receiver) = oneshot::channel();
        let mut desk = self.desk();
        let mut dead = Vec::new();
        let alive = loop {
            let Some(mut worker) = desk.idle.pop() else { break None };
            if worker.is_alive() {
                break Some(worker);
            }
            dead.push(worker);
            desk.count -= 1;
            add(&self.meters.crashes, 1);
        };
        let found = if let Some(worker) = alive {
            let _ = sender.send(Ok(self.lend(worker)));
            Ok(receiver)
        } else if let Some(problem) = desk.hopeless() {
            Err(problem.into())
        } else if has_ended && desk.ended.len() >= self.waiting_max() {
            Err(SpeechError::Busy)
        } else {
            desk.enqueue(sender, has_ended);
            Ok(receiver)
        };
        drop(desk);
        if !dead.is_empty() {
            self.warm();
        }
        found
    }

    fn lend(self: &Arc<Self>, worker: Worker) -> Lent {
        Lent::new(worker, Arc::clone(self))
    }

    /// Gives a process to who waits longest, those who have ended first.
    fn dispatch(self: &Arc<Self>, worker: Worker) {
        let mut desk = self.desk();
        let mut lent = self.lend(worker);
        while let Some(waiting) = desk.next_waiting() {
            match waiting.send(Ok(lent)) {
                Ok(()) => return,
                // He does not wait any more.
                Err(Ok(back)) => lent = back,
                Err(Err(_)) => return,
            }
        }
        if let Some(worker) = lent.into_worker() {
            desk.idle.push(worker);
            desk.idle_since = Some(Instant::now());
        }
    }

    /// Takes a process back that did its work.
    fn take_back(self: &Arc<Self>, mut worker: Worker) {
        let is_good = worker.is_reusable() && worker.samples < SAMPLES_A_LIFE && worker.is_alive();
        if is_good {
            self.dispatch(worker);
        } else {
            drop(worker);
            self.desk().count -= 1;
            self.warm();
        }
    }

    /// A process failed while it was lent.
    fn lost(self: &Arc<Self>) {
        add(&self.meters.crashes, 1);
        self.desk().count -= 1;
        self.warm();
    }

    async fn start_one(self: Arc<Self>) {
        add(&self.meters.starts, 1);
        let started = Worker::start(&self.config, self.framing).await;
        let mut desk = self.desk();
        desk.starting -= 1;
        match started {
            Ok(worker) => {
                desk.failures_in_a_row = 0;
                desk.problem = None;
                drop(desk);
                self.dispatch(worker);
            }
            Err(message) => {
                tracing::warn!(reason = message, "a speech process could not be started");
                let problem = Unavailable { message };
                desk.failed(problem.clone());
                let hopeless = desk.hopeless().map(|_| desk.everybody_waiting());
                drop(desk);
                add(&self.meters.crashes, 1);
                for waiting in hopeless.into_iter().flatten() {
                    let _ = waiting.send(Err(problem.clone()));
                }
            }
        }
    }

    fn waiting_max(&self) -> usize {
        self.config.workers * WAITING_PER_WORKER_MAX
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a process will come.
type Coming = oneshot::Receiver<Result<Lent, Unavailable>>;

/// Ends processes that are without work for long, as long as the pool is there.
async fn end_idle(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(pool) = pool.upgrade() else { return };
        let idle = pool.desk().take_idle(IDLE_MAX, Instant::now());
        drop(idle);
    }
}
