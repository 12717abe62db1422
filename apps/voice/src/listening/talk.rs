//! One utterance, from its first samples to its final result.
//!
//! **Invariants.** Nothing is told of an utterance before the final results of the speaker's earlier ones.
//! No partial result comes after the final one. Where partial results were told there is a final one, also
//! where the provider failed at last: then it says what the last partial one did.
//!
//! **Bounds.** [`PARTIAL_EVERY`] between two partial results. Pieces wait in a channel of [`PIECES_MAX`]: an
//! utterance has no more of them.

use std::sync::Arc;
use std::time::Duration;

use intelligence::speech::{Load, SpeechError, Transcript, Utterance};
use model::{ConnectionId, Monotonic};
use tokio::sync::mpsc;

use super::line::Turn;
use super::speaker::{Pending, Speaker};
use super::{Shared, refusals};
use crate::protocol::{
    ProcessingMode, ResultMetadata, TranscriptionCompleted, TranscriptionResult,
};
use crate::transcript::{self, Item, TranscriptError};

/// The least time between two partial results of an utterance.
const PARTIAL_EVERY: Duration = Duration::from_millis(333);
/// Pieces of an utterance: 30 s of 100 ms each, and one for each request that wants its end.
pub(super) const PIECES_MAX: usize = 1024;
/// Samples of a millisecond.
const SAMPLES: u64 = (audio::RATE / 1000) as u64;

/// What a thread tells of an utterance.
pub(super) enum Piece {
    /// More of it.
    Samples {
        samples: Vec<i16>,
        /// If nothing more comes for so long, it is over.
        quiet: Duration,
    },
    /// It is over.
    End {
        /// When, in milliseconds of the session.
        end: u64,
        /// The requests that are completed with it.
        requests: Vec<Arc<str>>,
        /// Until it is told it is one that waits for its text.
        waits: Waits,
    },
}

/// An utterance that has begun.
pub(super) struct Talk {
    pub(super) shared: Arc<Shared>,
    pub(super) speaker: Arc<Speaker>,
    pub(super) number: u64,
    pub(super) from: ConnectionId,
    /// When it began, in milliseconds of the session.
    pub(super) start: u64,
    /// The request in whose audio it began.
    pub(super) request: Option<Arc<str>>,
    pub(super) language: Option<Arc<str>>,
    pub(super) turn: Turn,
}

/// What was told of an utterance so far.
#[derive(Default)]
struct Told {
    item: Option<Item>,
    last: Option<Transcript>,
    at: Option<Monotonic>,
}

/// How an utterance ended.
struct End {
    end: u64,
    requests: Vec<Arc<str>>,
    /// Dropped once all is told.
    _waits: Waits,
}

impl Talk {
    /// Works until the utterance's final result is told.
    pub(super) async fn run(mut self, mut pieces: mpsc::Receiver<Piece>) {
        let is_free = self.shared.speech.load() == Load::Free;
        if !is_free {
            self.shared.advise(&self.speaker, self.from, refusals::PARTIALS_PAUSED);
        }
        let mut utterance = self.shared.speech.begin(self.language.as_deref(), is_free);
        let mut told = Told::default();
        let end = self.listen(&mut utterance, &mut pieces, &mut told).await;
        let heard = utterance.finish().await;
        self.turn.come().await;
        self.conclude(heard, told, end).await;
    }

    /// Hears the utterance to its end, and tells what is understood meanwhile.
    async fn listen(
        &mut self,
        utterance: &mut Utterance,
        pieces: &mut mpsc::Receiver<Piece>,
        told: &mut Told,
    ) -> End {
        let (mut samples_heard, mut count) = (0_u64, 0_u64);
        let mut quiet: Option<Duration> = None;
        let mut has_partials = true;
        loop {
            tokio::select! {
                biased;
                piece = pieces.recv() => match piece {
                    Some(Piece::Samples { samples, quiet: after }) => {
                        utterance.push(&samples);
                        samples_heard += samples.len() as u64;
                        count += 1;
                        quiet = Some(after);
                    }
                    Some(Piece::End { end, requests, waits }) => {
                        return End { end, requests, _waits: waits };
                    }
                    None => return self.broken_off(samples_heard),
                },
                partial = utterance.next_partial(), if has_partials => match partial {
                    Some(heard) => self.tell_partial(heard, samples_heard, told).await,
                    None => has_partials = false,
                },
                () = silence(quiet) => {
                    quiet = None;
                    self.shared.quiet(&self.speaker, self.number, count);
                }
            }
        }
    }

    /// The thread that decoded it failed.
    fn broken_off(&self, samples: u64) -> End {
        let waits = Waits::begin(&self.shared, &self.speaker, Pending::Utterance);
        let end = self.start + samples / SAMPLES;
        End { end, requests: Vec::new(), _waits: waits }
    }

    async fn tell_partial(&mut self, heard: Transcript, samples: u64, told: &mut Told) {
        let now = self.shared.clock.monotonic();
        let is_early = told.at.is_some_and(|at| now.since(at) < PARTIAL_EVERY);
        let is_known = told.last.as_ref().is_some_and(|last| last.text == heard.text);
        if is_early || is_known || heard.text.trim().is_empty() || !self.turn.has_come() {
            return;
        }
        let item = match self.item(told).await {
            Ok(item) => item,
            Err(error) => return tracing::debug!(%error, "a partial result has no place"),
        };
        let end = self.start + samples / SAMPLES;
        let result = self.result(&item, &heard, false, end, None);
        transcript::tell(&self.speaker.room, &result);
        self.shared.counts.partials();
        (told.last, told.at) = (Some(heard), Some(now));
    }

    async fn item(&self, told: &mut Told) -> Result<Item, TranscriptError> {
        if let Some(item) = &told.item {
            return Ok(item.clone());
        }
        let room = &self.speaker.room;
        let item = room.chain.next(&self.shared.store, room.id()).await?;
        told.item = Some(item.clone());
        Ok(item)
    }

    async fn conclude(&mut self, heard: Result<Transcript, SpeechError>, mut told: Told, end: End) {
        let request = end.requests.last().or(self.request.as_ref()).cloned();
        let failed = match &heard {
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, session = %self.speaker.room.id(), "an utterance was not understood");
                Some(refusals::unheard(error))
            }
        };
        let text = match heard {
            Ok(heard) if !heard.text.trim().is_empty() => Some(heard),
            // What was shown stands: nobody is left with half a sentence.
            _ => told.last.take(),
        };
        let kept = match text {
            Some(text) => self.keep(&text, &mut told, end.end, request.as_deref()).await,
            None => Ok(()),
        };
        let refusal = kept.err().map(|error| error.refusal()).or(failed);
        match refusal {
            None => self.complete(&end.requests),
            Some(refusal) if end.requests.is_empty() => {
                self.shared.refuse(&self.speaker, self.from, refusal, self.request.as_deref());
            }
            Some(refusal) => end.requests.iter().for_each(|request| {
                self.shared.refuse(&self.speaker, self.from, refusal.clone(), Some(request));
            }),
        }
    }

    async fn keep(
        &self,
        heard: &Transcript,
        told: &mut Told,
        end: u64,
        request: Option<&str>,
    ) -> Result<(), TranscriptError> {
        let item = self.item(told).await?;
        let result = self.result(&item, heard, true, end, request);
        let Speaker { room, user_name, .. } = &*self.speaker;
        let kept = transcript::conclude(&self.shared.store, room, &item, user_name, result).await;
        let (result, _) = kept.inspect_err(|error| {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, session = %room.id(), "a final result was not stored");
        })?;
        self.shared.counts.finals();
        self.shared.suggesting.heard(room, &result);
        Ok(())
    }

    fn complete(&self, requests: &[Arc<str>]) {
        for request_id in requests {
            let completed = TranscriptionCompleted { request_id };
            self.speaker.room.tell_connection(self.from, &completed);
        }
    }

    fn result(
        &self,
        item: &Item,
        heard: &Transcript,
        is_final: bool,
        end: u64,
        request: Option<&str>,
    ) -> TranscriptionResult {
        let Transcript { text, confidence, language, provider } = heard;
        let is_request = self.request.is_some();
        let processing_mode =
            if is_request { ProcessingMode::Request } else { ProcessingMode::Realtime };
        TranscriptionResult {
            session_id: self.speaker.room.id().to_string(),
            user_id: self.speaker.user_id.to_string(),
            item_id: item.id.clone(),
            previous_item_id: item.previous.clone(),
            text: text.chars().take(transcript::TEXT_CHARS_MAX).collect(),
            is_final,
            confidence: confidence.clamp(0.0, 1.0),
            language: language.clone(),
            request_id: request.or(self.request.as_deref()).map(ToOwned::to_owned),
            start_time: self.start,
            end_time: end.max(self.start),
            metadata: ResultMetadata { provider: (*provider).to_owned(), processing_mode },
        }
    }
}

/// Ready after that time; never without one.
async fn silence(quiet: Option<Duration>) {
    match quiet {
        Some(quiet) => tokio::time::sleep(quiet).await,
        None => std::future::pending().await,
    }
}

/// Something of a speaker's that waits for others; dropped, it waits no more.
pub(super) struct Waits {
    pub(super) shared: Arc<Shared>,
    pub(super) speaker: Arc<Speaker>,
    pub(super) what: Pending,
}

impl Waits {
    pub(super) fn begin(shared: &Arc<Shared>, speaker: &Arc<Speaker>, what: Pending) -> Self {
        speaker.begin(what);
        Self { shared: Arc::clone(shared), speaker: Arc::clone(speaker), what }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        if self.speaker.settle(self.what) {
            self.shared.ready.push(Arc::clone(&self.speaker));
        }
    }
}
