//! A server that speaks the OpenAI transcription API: an utterance is sent whole, as a WAV file.
//!
//! While somebody speaks, what was said so far is sent at most every [`PARTIAL_EVERY`], and never
//! two at once of an utterance; the answers are the partial texts.
//!
//! **Bounds.** [`CALLS_MAX`] requests at once, partial ones while at most half of that run;
//! [`WAITING_MAX`] utterances wait, one more is refused.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::audio::{Audio, End, SAMPLE_RATE, SAMPLES_MAX};
use super::error::SpeechError;
use super::job::Job;
use super::lines::{Heard, Said};
use super::pool::Load;
use super::stats::Meters;
use crate::wire::{Body, Wire};
use crate::{ModelError, OpenaiConfig, SetupError, retry};

/// Requests at once.
const CALLS_MAX: usize = 32;
/// Utterances that have ended and wait for their request.
const WAITING_MAX: usize = 256;
/// How often what was said so far is sent.
const PARTIAL_EVERY: Duration = Duration::from_secs(1);
/// How much more must have been said for that: a third of a second.
const PARTIAL_SAMPLES_MIN: usize = SAMPLE_RATE as usize / 3;

/// The client of a server.
pub(super) struct Transcriptions {
    wire: Wire,
    model: String,
    deadline: Duration,
    running: Semaphore,
    waiting: Semaphore,
    meters: Arc<Meters>,
}

/// The JSON of an answer; `segments` with those who tell more than the text.
#[derive(Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    segments: Option<Vec<Segment>>,
}

#[derive(Deserialize)]
struct Segment {
    /// The mean of the natural logarithms of the words' probabilities.
    #[serde(default)]
    avg_logprob: Option<f32>,
}

impl fmt::Debug for Transcriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcriptions").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Transcriptions {
    pub(super) fn new(config: &OpenaiConfig, meters: Arc<Meters>) -> Result<Self, SetupError> {
        Ok(Self {
            wire: Wire::new(config, "audio/transcriptions")?,
            model: config.model.clone(),
            deadline: config.deadline,
            running: Semaphore::new(CALLS_MAX),
            waiting: Semaphore::new(WAITING_MAX),
            meters,
        })
    }

    /// How much more can be heard.
    pub(super) fn load(&self) -> Load {
        if self.waiting.available_permits() == 0 {
            Load::Full
        } else if self.running.available_permits() <= CALLS_MAX / 2 {
            Load::FinalsOnly
        } else {
            Load::Free
        }
    }

    /// Hears an utterance, from its start to its end.
    ///
    /// # Errors
    /// Any but `Unavailable` and `Language`.
    pub(super) async fn transcribe(&self, job: &Job) -> Result<Heard, SpeechError> {
        let begun = Instant::now();
        if job.partials.is_some() {
            self.while_speaking(job).await;
        }
        if job.audio.ended().await == End::GivenUp {
            return Err(SpeechError::GivenUp);
        }
        if job.audio.len() == 0 {
            return Ok(Heard { confidence: 1.0, ..Heard::default() });
        }
        tokio::select! {
            heard = self.at_the_end(job) => heard,
            () = job.audio.given_up() => Err(SpeechError::GivenUp),
            () = job.audio.expired(begun, self.deadline) => Err(SpeechError::Deadline),
        }
    }

    /// Sends what was said so far, again and again, until the end. What fails is not missed.
    async fn while_speaking(&self, job: &Job) {
        let mut sent = 0;
        loop {
            let more = async {
                tokio::time::sleep(PARTIAL_EVERY).await;
                job.audio.more_than(sent + PARTIAL_SAMPLES_MIN).await;
            };
            tokio::select! {
                _ = job.audio.ended() => return,
                () = more => {}
            }
            if self.load() != Load::Free {
                continue;
            }
            let Ok(_place) = self.running.try_acquire() else { continue };
            sent = job.audio.len();
            tokio::select! {
                _ = job.audio.ended() => return,
                heard = tokio::time::timeout(self.deadline, self.ask(job)) => {
                    if let Ok(Ok(heard)) = heard {
                        job.tell(heard);
                    }
                }
            }
        }
    }

    /// Sends all that was said, twice if the first time fails in passing.
    async fn at_the_end(&self, job: &Job) -> Result<Heard, SpeechError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| SpeechError::Busy)?;
        let _place = self.running.acquire().await.map_err(|_| SpeechError::Busy)?;
        let first = tokio::time::timeout(self.deadline / 2, self.ask(job)).await;
        let error = match first.unwrap_or(Err(ModelError::Deadline)) {
            Ok(heard) => return Ok(heard),
            Err(error) if error.is_passing() || matches!(error, ModelError::Deadline) => error,
            Err(error) => return Err(SpeechError::Failed(error.to_string())),
        };
        tracing::debug!(%error, "asking the speech provider again");
        self.meters.retries.fetch_add(1, Relaxed);
        if !matches!(error, ModelError::Deadline) {
            let random = u32::from_le_bytes(model::random_bytes());
            tokio::time::sleep(retry::wait(0, error.retry_after(), random)).await;
        }
        self.ask(job).await.map_err(|error| SpeechError::Failed(error.to_string()))
    }

    /// Sends what there is and reads the answer.
    async fn ask(&self, job: &Job) -> Result<Heard, ModelError> {
        let language = job.language.as_deref().map(main_language);
        let (kind, body) = form(&job.audio, &self.model, language.as_deref());
        let response = self.wire.send_as(&kind, body).await?;
        read(&Body::new(response).whole().await?)
    }
}

/// The language's code of two or three letters, which is all the API takes.
fn main_language(language: &str) -> String {
    let main = language.split(['-', '_']).next().unwrap_or_default();
    main.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_lowercase()
}

fn read(body: &[u8]) -> Result<Heard, ModelError> {
    let rubbish = |_| ModelError::Rubbish("not the API's JSON");
    let answer: Answer = serde_json::from_slice(body).map_err(rubbish)?;
    let confidence = answer.segments.and_then(|segments| {
        let logarithms: Vec<f32> = segments.iter().filter_map(|it| it.avg_logprob).collect();
        let mean = logarithms.iter().sum::<f32>() / logarithms.len() as f32;
        (!logarithms.is_empty()).then(|| mean.exp())
    });
    // As a line of a program's, whose bounds are the same.
    let line = serde_json::json!({
        "type": "final", "text": answer.text, "confidence": confidence, "language": answer.language,
    });
    match super::lines::read(line.to_string().as_bytes()) {
        Ok(Some(Said::Final(heard))) => Ok(heard),
        Ok(_) => Err(ModelError::Rubbish("no text")),
        Err(_) => Err(ModelError::TooLong("more text than an utterance has")),
    }
}

/// The form of a request and its content type.
fn form(audio: &Audio, model: &str, language: Option<&str>) -> (String, Bytes) {
    // Random, so that it cannot stand in the audio but by chance.
    let boundary: String =
        model::random_bytes::<16>().iter().map(|it| format!("{it:02x}")).collect();
    let mut body = Vec::with_capacity(audio.len() * 2 + 1024);
    let mut field = |name: &str, value: &str| {
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    };
    field("model", model);
    field("response_format", "json");
    if let Some(language) = language.filter(|language| !language.is_empty()) {
        field("language", language);
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"speech.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    wav(audio, &mut body);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}

/// The audio as a WAV file: mono PCM of 16 bits.
fn wav(audio: &Audio, out: &mut Vec<u8>) {
    let mut samples = Vec::with_capacity(audio.len() * 2);
    audio.copy(0, SAMPLES_MAX, &mut samples);
    let bytes = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(bytes + 36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    out.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend_from_slice(&bytes.to_le_bytes());
    out.extend_from_slice(&samples);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_what_they_tell_and_bounded() {
        let heard = read(br#"{"text":" Good\nmorning. ","usage":{"seconds":1}}"#).unwrap();
        assert_eq!(
            (heard.text.as_str(), heard.confidence, heard.language),
            ("Good morning.", 1.0, None)
        );
        let told = br#"{"text":"Ja","language":"german","segments":[{"avg_logprob":-0.5},{}]}"#;
        let heard = read(told).unwrap();
        assert!((heard.confidence - 0.606_53).abs() < 1e-4);
        assert_eq!(heard.language.as_deref(), Some("german"));
        for rubbish in ["", "{}", r#"{"text":7}"#, "<html>"] {
            assert!(matches!(read(rubbish.as_bytes()), Err(ModelError::Rubbish(_))), "{rubbish}");
        }
        let long = serde_json::json!({ "text": "x".repeat(10_001) }).to_string();
        assert!(matches!(read(long.as_bytes()), Err(ModelError::TooLong(_))));
    }

    #[test]
    fn a_form_holds_a_wav_file_of_all_that_was_said() {
        let audio = Audio::new();
        audio.push(&[1, -2, 3]);
        let (kind, body) = form(&audio, "whisper-1", Some("en"));
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let text = String::from_utf8_lossy(&body);
        assert_eq!(text.matches(&format!("--{boundary}\r\n")).count(), 4);
        assert!(text.ends_with(&format!("\r\n--{boundary}--\r\n")));
        assert!(text.contains("name=\"model\"\r\n\r\nwhisper-1\r\n"));
        assert!(text.contains("name=\"language\"\r\n\r\nen\r\n"));
        let at = body.windows(4).position(|it| it == b"RIFF").unwrap();
        let file = &body[at..at + 50];
        assert_eq!(file[4..8], 42_u32.to_le_bytes());
        assert_eq!(file[24..28], 16_000_u32.to_le_bytes());
        assert_eq!(file[40..44], 6_u32.to_le_bytes());
        assert_eq!(file[44..50], [1, 0, 254, 255, 3, 0]);
    }

    #[test]
    fn a_language_is_cut_to_its_code() {
        assert_eq!(["en-US", "DE_ch", "", "x\r\ny"].map(main_language), ["en", "de", "", "xy"]);
    }
}
