//! Analyses as durable jobs: fetched, read, judged stage by stage.
//!
//! What is to be done stands in the store; here are only places and ids. A job begins when a worker
//! is free, the one asked for first before the others. Each stage is stored when it is written, and
//! told when it is stored; whatever ends the process, the next start begins with the first stage that
//! is missing, on the very commit that was fetched.
//!
//! **Invariants.** An analysis has at most one worker. Nobody is told of a stage before its commit,
//! nor of one whose analysis was deleted. What a job fetched is removed with its analysis, also where
//! a crash came between the two. No lock is held across an await.
//!
//! **Bounds.** As many jobs run as there are workers, each with one repository in memory;
//! `analyses::WAITING_MAX` wait. A stage has [`work::STAGE_WITHIN`], reading
//! [`work::READ_WITHIN`], fetching the bounds of [`Sources`]. A job that was begun [`work::ATTEMPTS_MAX`] times without getting further fails: it
//! may be what ends the process.

mod clones;
mod estimate;
mod failure;
mod job;
mod queue;
mod telling;
mod work;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use appraisal::Appraiser;
use hub::Hub;
use repository::{Refused, Source, Sources};
use storage::{ReadError, Store};
use tokio::runtime::Handle;
use tokio::sync::Notify;

pub(crate) use clones::Clones;
use estimate::Estimate;
pub(crate) use failure::is_retryable;
use queue::{Job, Queue};

use crate::store::analyses::{self, Unfinished};

/// What jobs that were told to stop get for it.
const STOPPING_MAX: Duration = Duration::from_secs(5);

/// What jobs need.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) appraiser: Arc<Appraiser>,
    pub(crate) sources: Sources,
    pub(crate) data_dir: PathBuf,
    pub(crate) workers: usize,
    pub(crate) runtime: Handle,
}

/// All jobs, and who carries them out.
pub(crate) struct Pipeline {
    store: Store,
    hub: Arc<Hub>,
    appraiser: Arc<Appraiser>,
    sources: Sources,
    clones: Clones,
    runtime: Handle,
    queue: Mutex<Queue>,
    estimate: Mutex<Estimate>,
    worker_ended: Notify,
    counts: Counts,
}

/// What became of analyses.
#[derive(Default)]
struct Counts {
    completed: AtomicU64,
    failed: AtomicU64,
    dropped_claims: AtomicU64,
}

/// What became of analyses since the start, and what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelineStats {
    /// Analyses whose stages are all there.
    pub completed: u64,
    /// Analyses that failed.
    pub failed: u64,
    /// Claims that were dropped because they could not be cited.
    pub dropped_claims: u64,
    /// Analyses that wait for a worker now.
    pub waiting: usize,
    /// Analyses that have a worker now.
    pub running: usize,
}

impl Pipeline {
    /// Takes up what the last stop left. Blocks on one read.
    pub(crate) fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, appraiser, sources, data_dir, workers, runtime } = parts;
        let (counts, worker_ended, estimate) = Default::default();
        let queue = Mutex::new(Queue::new(workers));
        let clones = Clones::new(data_dir);
        let pipeline = Arc::new(Self {
            store,
            hub,
            appraiser,
            sources,
            clones,
            runtime,
            queue,
            estimate,
            worker_ended,
            counts,
        });
        pipeline.runtime.spawn(Arc::clone(&pipeline).sweep(pipeline.clones.all()));
        pipeline.resume();
        pipeline
    }

    /// Queues what is not over.
    fn resume(self: &Arc<Self>) {
        match self.unfinished() {
            Ok(unfinished) => {
                for Unfinished { place, id, owner_id } in unfinished {
                    self.queue().add(place, Job::new(&id, &owner_id));
                }
                self.begin_more();
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    error,
                    "unfinished analyses were not read; a restart takes them up"
                );
            }
        }
    }

    fn unfinished(&self) -> Result<Vec<Unfinished>, ReadError> {
        let (told, answer) = mpsc::sync_channel(1);
        self.store.read_then(analyses::unfinished, move |unfinished| {
            let _gone = told.send(unfinished);
        })?;
        answer.recv().map_err(|_| ReadError::Panicked)?
    }

    /// The repository that a text names, where the text alone allows it.
    pub(crate) fn check(&self, url: &str) -> Result<Source, Refused> {
        self.sources.check(url)
    }

    /// Where what was fetched stands.
    pub(crate) fn clones(&self) -> &Clones {
        &self.clones
    }

    /// An analysis was stored: it begins when a worker is free.
    pub(crate) fn add(self: &Arc<Self>, place: i64, id: &str, owner_id: &str) {
        self.queue().add(place, Job::new(id, owner_id));
        self.begin_more();
    }

    /// The analysis was deleted: its job stops, and what was fetched goes.
    pub(crate) fn forget(self: &Arc<Self>, id: &Arc<str>) {
        if !self.queue().forget(id) {
            self.remove_behind(id);
        }
    }

    /// Removes what was fetched for the analysis; nobody waits for that.
    fn remove_behind(self: &Arc<Self>, id: &Arc<str>) {
        let (pipeline, id) = (Arc::clone(self), Arc::clone(id));
        drop(self.runtime.spawn(async move { pipeline.clones.remove(&id).await }));
    }

    /// How many wait for a worker up to and including this one; `None` if it does not wait.
    pub(crate) fn queue_position(&self, id: &str) -> Option<usize> {
        self.queue().position(id)
    }

    /// About how many seconds an analysis that came now would take, its waiting included.
    pub(crate) fn estimated_seconds(&self) -> u64 {
        let queue = self.queue();
        let (ahead, workers) = (queue.waiting() + queue.running(), queue.workers());
        drop(queue);
        self.estimate().seconds(ahead, workers)
    }

    /// No further job begins; running ones get `within`, then are stopped, to go on after the
    /// restart.
    pub(crate) async fn drain(&self, within: Duration) {
        self.queue().stop_beginning();
        if tokio::time::timeout(within, self.all_ended()).await.is_ok() {
            return;
        }
        self.queue().stop_all();
        if tokio::time::timeout(STOPPING_MAX, self.all_ended()).await.is_err() {
            tracing::warn!(analyses = self.queue().running(), "analyses did not stop in time");
        }
    }

    pub(crate) fn stats(&self) -> PipelineStats {
        let queue = self.queue();
        PipelineStats {
            completed: self.counts.completed.load(Relaxed),
            failed: self.counts.failed.load(Relaxed),
            dropped_claims: self.counts.dropped_claims.load(Relaxed),
            waiting: queue.waiting(),
            running: queue.running(),
        }
    }

    /// Gives free workers the next jobs.
    fn begin_more(self: &Arc<Self>) {
        loop {
            let next = self.queue().begin();
            let Some(job) = next else { return };
            drop(self.runtime.spawn(Arc::clone(self).work(job)));
        }
    }

    /// Ready once no job runs.
    async fn all_ended(&self) {
        loop {
            let ended = self.worker_ended.notified();
            if self.queue().running() == 0 {
                return;
            }
            ended.await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn estimate(&self) -> MutexGuard<'_, Estimate> {
        self.estimate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
