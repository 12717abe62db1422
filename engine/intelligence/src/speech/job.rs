//! What is to be done of one utterance: its audio, and who is told.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::watch;

use super::Transcript;
use super::audio::Audio;
use super::lines::Heard;
use super::stats::Meters;

/// An utterance as a provider sees it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) audio: Arc<Audio>,
    /// As it was asked for, such as `en-US`.
    pub(super) language: Option<String>,
    /// Where partial texts go, if they are wanted; the newest replaces the others.
    pub(super) partials: Option<watch::Sender<Option<Transcript>>>,
    /// Who hears at the moment.
    pub(super) provider: &'static str,
    pub(super) meters: Arc<Meters>,
}

impl Job {
    /// Tells what is understood so far, if it is something new.
    pub(super) fn tell(&self, heard: Heard) {
        let Some(partials) = &self.partials else { return };
        let transcript = self.transcript(heard);
        let is_told = partials.send_if_modified(|last| {
            let old = last.as_ref().map_or("", |last| last.text.as_str());
            let is_new = old != transcript.text;
            if is_new {
                *last = Some(transcript);
            }
            is_new
        });
        self.meters.partials.fetch_add(u64::from(is_told), Relaxed);
    }

    /// A text with where it comes from.
    pub(super) fn transcript(&self, heard: Heard) -> Transcript {
        let asked = || self.language.clone().unwrap_or_else(|| "en".to_owned());
        Transcript {
            text: heard.text,
            confidence: heard.confidence,
            language: heard.language.unwrap_or_else(asked),
            provider: self.provider,
        }
    }
}
