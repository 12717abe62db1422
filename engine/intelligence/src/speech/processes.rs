//! Hearing by processes: while somebody speaks if one is free, else when he has ended; twice if the
//! first time fails.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::audio::End;
use super::config::ProcessConfig;
use super::error::SpeechError;
use super::job::Job;
use super::lines::Heard;
use super::pool::{Lent, Pool};
use super::stats::Meters;
use super::worker::{Ended, Framing};

/// The processes of a provider, and how long one may take.
#[derive(Debug)]
pub(super) struct Processes {
    pub(super) pool: Arc<Pool>,
    deadline: Duration,
    meters: Arc<Meters>,
}

impl Processes {
    pub(super) fn new(
        config: &ProcessConfig,
        framing: Framing,
        runtime: &Handle,
        meters: &Arc<Meters>,
    ) -> Self {
        let pool = Pool::new(config, framing, runtime, meters);
        Self { pool, deadline: config.deadline, meters: Arc::clone(meters) }
    }

    /// Hears an utterance, from its start to its end.
    ///
    /// # Errors
    /// Any but `Language`.
    pub(super) async fn transcribe(&self, job: &Job) -> Result<Heard, SpeechError> {
        let begun = Instant::now();
        let first = self.while_speaking(job, begun).await?;
        if job.audio.ended().await == End::GivenUp {
            return Err(SpeechError::GivenUp);
        }
        let error = match first {
            Some(Ok(heard)) => return Ok(heard),
            Some(Err(error)) => error,
            None => match self.at_the_end(job, begun, self.deadline / 2).await {
                Err(error @ (SpeechError::Failed(_) | SpeechError::Deadline)) => error,
                ended => return ended,
            },
        };
        tracing::debug!(%error, "asking the speech provider again");
        self.meters.retries.fetch_add(1, Relaxed);
        self.at_the_end(job, begun, self.deadline).await
    }

    /// Hears what is said while it is said. `None` if it ended before a process was free.
    async fn while_speaking(
        &self,
        job: &Job,
        begun: Instant,
    ) -> Result<Option<Result<Heard, SpeechError>>, SpeechError> {
        loop {
            let lent = tokio::select! {
                biased;
                _ = job.audio.ended() => return Ok(None),
                lent = self.pool.take_while_speaking() => lent?,
            };
            let heard = tokio::select! {
                heard = hear(job, lent, true) => heard,
                () = job.audio.expired(begun, self.deadline / 2) => Err(SpeechError::Deadline),
            };
            match heard {
                Ok(Some(heard)) => return Ok(Some(Ok(heard))),
                Ok(None) => {}
                Err(error) => return Ok(Some(Err(error))),
            }
        }
    }

    /// Hears what was said, within `limit`; waiting for a process may take the whole deadline.
    async fn at_the_end(
        &self,
        job: &Job,
        begun: Instant,
        limit: Duration,
    ) -> Result<Heard, SpeechError> {
        let lent = tokio::select! {
            lent = self.pool.take_at_the_end() => lent?,
            () = job.audio.given_up() => return Err(SpeechError::GivenUp),
            () = job.audio.expired(begun, self.deadline) => return Err(SpeechError::Busy),
        };
        let heard = tokio::select! {
            heard = hear(job, lent, false) => heard?,
            () = tokio::time::sleep(limit) => return Err(SpeechError::Deadline),
            () = job.audio.expired(begun, self.deadline) => return Err(SpeechError::Deadline),
        };
        heard.ok_or(SpeechError::GivenUp)
    }
}

/// One process hears an utterance; `None` if it was stopped.
async fn hear(job: &Job, lent: Lent, may_stop: bool) -> Result<Option<Heard>, SpeechError> {
    match lent.hear(&job.audio, may_stop, |heard| job.tell(heard)).await {
        Ok(Ended::Heard(heard)) => Ok(Some(heard)),
        Ok(Ended::Stopped) => Ok(None),
        Err(message) => Err(SpeechError::Failed(message)),
    }
}
