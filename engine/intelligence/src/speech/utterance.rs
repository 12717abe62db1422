//! What one person says without a longer pause, while it is heard.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::{oneshot, watch};

use super::audio::{Audio, End};
use super::stats::Meters;
use super::{SpeechError, Transcript};

/// An utterance that is heard; dropped before its end it is forgotten.
#[derive(Debug)]
pub struct Utterance {
    pub(super) audio: Arc<Audio>,
    /// `None` where no partial texts are wanted.
    pub(super) partials: Option<watch::Receiver<Option<Transcript>>>,
    pub(super) result: oneshot::Receiver<Result<Transcript, SpeechError>>,
    pub(super) meters: Arc<Meters>,
}

impl Utterance {
    /// Adds what was said: mono samples at [`super::SAMPLE_RATE`]. Never blocks. Past
    /// [`super::SAMPLES_MAX`] nothing more is heard.
    pub fn push(&self, samples: &[i16]) {
        let dropped = self.audio.push(samples);
        self.meters.samples_dropped.fetch_add(dropped as u64, Relaxed);
    }

    /// The next partial text: all that is understood so far, the newest if several came since the
    /// last. `None` when no more will come; at once where none are wanted. Cancel-safe.
    pub async fn next_partial(&mut self) -> Option<Transcript> {
        let partials = self.partials.as_mut()?;
        partials.changed().await.ok()?;
        partials.borrow_and_update().clone()
    }

    /// Ends it and waits for its text, which is empty where nothing was understood. Ends within the
    /// sum of the providers' deadlines. Once this was called there is no partial text any more;
    /// dropped, the utterance is forgotten.
    ///
    /// # Errors
    /// The first provider's error, after all were asked.
    pub fn finish(mut self) -> impl Future<Output = Result<Transcript, SpeechError>> + Send {
        self.audio.finish(End::Finished);
        async move { (&mut self.result).await.unwrap_or(Err(SpeechError::GivenUp)) }
    }
}

impl Drop for Utterance {
    fn drop(&mut self) {
        self.audio.finish(End::GivenUp);
    }
}
