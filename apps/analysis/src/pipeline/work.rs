//! A worker with one job: has it carried out, tells what it stored, and sees to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use storage::rusqlite::{Result as Sql, Transaction};
use storage::{CommitError, Lane};
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::sleep;

use super::Pipeline;
use super::failure::{Failure, is_retryable};
use super::job::End;
use super::queue::{Job, Why};
use super::telling::Telling;
use crate::announce;
use crate::protocol::{AnalysisFailed, Stage};
use crate::store::analyses;

/// How long a fetched repository may be read.
pub(super) const READ_WITHIN: Duration = Duration::from_secs(300);
/// How long a stage may be written at.
pub(super) const STAGE_WITHIN: Duration = Duration::from_secs(600);
/// How often a job is begun without getting further before it fails.
pub(super) const ATTEMPTS_MAX: u32 = 5;
/// The first and the longest wait for a store that is busy or full.
const STORE_WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Gives a worker's place up, however its job ended.
struct Place<'a> {
    pipeline: &'a Arc<Pipeline>,
    job: &'a Job,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let why = self.pipeline.queue().end(&self.job.id);
        if why == Some(Why::Deleted) {
            self.pipeline.remove_behind(&self.job.id);
        }
        self.pipeline.worker_ended.notify_waiters();
        self.pipeline.begin_more();
    }
}

impl Pipeline {
    /// Carries one job out.
    pub(super) async fn work(self: Arc<Self>, job: Job) {
        let _place = Place { pipeline: &self, job: &job };
        let begun = self.hub.clock().monotonic();
        match self.supervise(&job).await {
            Ok(()) => {
                let took = self.hub.clock().monotonic().since(begun);
                self.estimate().learn(took);
                self.counts.completed.fetch_add(1, Relaxed);
                tracing::info!(analysis = %job.id, ?took, "analysis completed");
            }
            Err(End::Failed { failure, .. }) => self.fail(&job, failure).await,
            Err(End::Stopped(Why::Draining)) => self.leave(&job).await,
            // Whoever deleted it sees to what was fetched, or has left that to the end of this.
            Err(End::Gone | End::Stopped(Why::Deleted)) => {}
            Err(End::NoStore) => {
                tracing::warn!(analysis = %job.id, "analysis waits for the next start");
            }
        }
    }

    /// Has the job carried out, and tells of each stage that was stored.
    async fn supervise(self: &Arc<Self>, job: &Job) -> Result<(), End> {
        let mut telling = Telling::new(&self.hub, &job.id, &job.owner_id);
        let (told, mut hears) = mpsc::channel(Stage::ALL.len());
        let carried = Arc::clone(self).carry_out(Arc::clone(&job.id), told);
        let mut carried = self.runtime.spawn(carried);
        let end = loop {
            tokio::select! {
                biased;
                why = job.stop.stopped() => {
                    carried.abort();
                    // Waits until all it held is let go of: the process that fetched, the folder.
                    let _ended = (&mut carried).await;
                    break Err(End::Stopped(why));
                }
                Some(stage) = hears.recv() => telling.stored(stage),
                () = telling.due() => telling.tell_waiting(),
                ended = &mut carried => break ended.unwrap_or_else(|error| Err(crashed(&error))),
            }
        };
        // Of an analysis that was deleted nobody is told anything.
        if !matches!(end, Err(End::Gone | End::Stopped(Why::Deleted))) {
            while let Ok(stage) = hears.try_recv() {
                telling.stored(stage);
            }
            telling.tell_waiting();
        }
        end
    }

    /// The analysis failed: that is stored, then told.
    async fn fail(&self, job: &Job, failure: Failure) {
        let (id, code, message) = (Arc::clone(&job.id), failure.code, failure.message.clone());
        let store = self.commit(move |tx| analyses::fail(tx, &id, code, &message));
        let stored = tokio::select! {
            biased;
            _why = job.stop.stopped() => Ok(None),
            stored = store => stored,
        };
        let Ok(Some(completed)) = stored else { return };
        self.counts.failed.fetch_add(1, Relaxed);
        let stage = Stage::ALL.get(usize::from(completed)).copied();
        let stage = stage.unwrap_or(Stage::InterviewSimulation);
        tracing::info!(analysis = %job.id, code, stage = stage.as_str(), "analysis failed");
        let failed = AnalysisFailed {
            analysis_id: &job.id,
            stage,
            error_message: &failure.message,
            error_code: code,
            retryable: is_retryable(code),
        };
        announce::tell_failed(&self.hub, &failed, completed);
        if completed == 0 {
            // Nothing cites a file of it.
            self.clones.remove(&job.id).await;
        }
    }

    /// The server stops: the next start goes on with the job.
    async fn leave(&self, job: &Job) {
        let id = Arc::clone(&job.id);
        let take_back = move |tx: &Transaction<'_>| analyses::take_back_attempt(tx, &id);
        if let Err(error) = self.store.commit(Lane::Interactive, take_back).await {
            tracing::warn!(%error, analysis = %job.id, "an attempt was not taken back");
        }
    }

    /// Commits; waits for a store that is busy or full.
    pub(super) async fn commit<T: Send + 'static>(
        &self,
        apply: impl FnMut(&Transaction<'_>) -> Sql<T> + Clone + Send + 'static,
    ) -> Result<T, End> {
        let (mut wait, longest) = STORE_WAITS;
        loop {
            match self.store.commit(Lane::Interactive, apply.clone()).await {
                Ok(value) => return Ok(value),
                Err(CommitError::Busy | CommitError::StorageFull) => sleep(wait).await,
                Err(CommitError::Failed | CommitError::Closed) => return Err(End::NoStore),
                Err(error @ (CommitError::Rejected(_) | CommitError::Misbehaved)) => {
                    return Err(End::failed(Failure::internal(), &error));
                }
            }
            wait = (wait * 2).min(longest);
        }
    }
}

/// The job's own code failed.
fn crashed(error: &JoinError) -> End {
    End::failed(Failure::internal(), error)
}
