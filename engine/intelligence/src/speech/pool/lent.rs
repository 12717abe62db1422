//! A process that is lent.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Pool;
use crate::speech::audio::Audio;
use crate::speech::lines::Heard;
use crate::speech::worker::{Ended, Worker};

/// A process that is lent. Dropped in the middle of an utterance it is killed, and another is started
/// in its place.
#[derive(Debug)]
pub(in crate::speech) struct Lent {
    worker: Option<Worker>,
    /// Whether it was given an utterance.
    is_used: bool,
    pool: Arc<Pool>,
}

/// That somebody who still speaks has a process.
struct Hold<'a> {
    ask: Arc<Notify>,
    pool: &'a Pool,
}

impl Lent {
    pub(super) fn new(worker: Worker, pool: Arc<Pool>) -> Self {
        Self { worker: Some(worker), is_used: false, pool }
    }

    /// The process, which is not lent any more.
    pub(super) fn into_worker(mut self) -> Option<Worker> {
        self.worker.take()
    }

    /// Hears an utterance, and gives the process back if it did that well. `may_stop`: whether
    /// somebody else may need the process more.
    ///
    /// # Errors
    /// What the process did wrong.
    pub(in crate::speech) async fn hear(
        mut self,
        audio: &Audio,
        may_stop: bool,
        on_partial: impl FnMut(Heard),
    ) -> Result<Ended, String> {
        self.is_used = true;
        let Some(worker) = self.worker.as_mut() else { return Err("it ended".to_owned()) };
        let ended = if may_stop {
            let hold = Hold { ask: self.pool.desk().hold(), pool: &self.pool };
            worker.hear(audio, hold.ask.notified(), on_partial).await?
        } else {
            worker.hear(audio, std::future::pending(), on_partial).await?
        };
        if let Some(worker) = self.worker.take() {
            self.pool.take_back(worker);
        }
        Ok(ended)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        match self.worker.take() {
            Some(worker) if self.is_used => {
                drop(worker);
                self.pool.lost();
            }
            Some(worker) => self.pool.take_back(worker),
            None => {}
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.pool.desk().let_go(&self.ask);
    }
}
