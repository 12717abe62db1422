//! Speech to text behind one door: an engine on this machine, a server, or any program.
//!
//! [`Speech::begin`] hears an utterance while it is said: audio goes in by [`Utterance::push`],
//! partial texts come from [`Utterance::next_partial`], and [`Utterance::finish`] gives the text.
//! Providers are asked in the order of [`SpeechConfig::providers`]: the next one when one failed
//! twice, or does not know the language. Audio is mono, 16 kHz, 16 bits; whoever has something else
//! converts it before.
//!
//! **Invariants.** An utterance has its text or an error within the sum of the deadlines after its
//! end. A process serves one utterance at a time. What was said stands in no error and no log line.
//!
//! **Bounds.** [`OPEN_MAX`] utterances at once, [`SAMPLES_MAX`] each; processes and those who wait
//! for them as [`Load`] says.

mod audio;
mod config;
mod error;
mod job;
mod lines;
mod openai;
mod pool;
mod processes;
mod stats;
mod utterance;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

pub use audio::{SAMPLE_RATE, SAMPLES_MAX};
pub use config::{ProcessConfig, SpeechConfig, SpeechProvider};
pub use error::{SpeechError, Unavailable};
pub use pool::Load;
pub use stats::SpeechStats;
pub use utterance::Utterance;

use crate::SetupError;
use audio::{Audio, End};
use job::Job;
use lines::Heard;
use openai::Transcriptions;
use processes::Processes;
use stats::{Meters, Outcome};
use worker::Framing;

/// Utterances at once; one more ends with [`SpeechError::Busy`].
pub const OPEN_MAX: u64 = 1_000;
/// What a process of ours is asked with whether it could hear.
const CHECK: &str = "--check";

/// What was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The words, in one line; empty where none were understood.
    pub text: String,
    /// How sure the provider is, from 0 to 1; 1 where it does not tell.
    pub confidence: f32,
    /// The language that was spoken, as the provider tells it, else as it was asked for.
    pub language: String,
    /// Who heard it: `builtin`, `command` or `openai`.
    pub provider: &'static str,
}

/// Whoever hears.
#[derive(Debug)]
pub struct Speech {
    providers: Vec<Provider>,
    runtime: Handle,
    meters: Arc<Meters>,
}

#[derive(Debug)]
struct Provider {
    name: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Processes(Processes),
    Server(Box<Transcriptions>),
}

impl Speech {
    /// Whoever hears, as configured. It is looked whether the engine on this machine is there, and
    /// warned if not; nothing else is started before somebody speaks, or [`Speech::warm`].
    ///
    /// # Errors
    /// What of the configuration can't be used.
    pub fn start(config: &SpeechConfig, runtime: &Handle) -> Result<Arc<Self>, SetupError> {
        let meters = Arc::<Meters>::default();
        let made = config.providers.iter().map(|it| Provider::new(it, runtime, &meters));
        let providers = made.collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Self { providers, runtime: runtime.clone(), meters }))
    }

    /// Whether something can be heard, as far as is known.
    ///
    /// # Errors
    /// Why not.
    pub fn availability(&self) -> Result<(), Unavailable> {
        let mut problems = self.providers.iter().map(Provider::problem);
        let off =
            || Unavailable { message: "speech is switched off: ai.speech.provider".to_owned() };
        match problems.next() {
            None => Err(off()),
            Some(Some(first)) if problems.all(|problem| problem.is_some()) => Err(first),
            Some(_) => Ok(()),
        }
    }

    /// How much more can be heard; of several providers, by the one that is the most free.
    #[must_use]
    pub fn load(&self) -> Load {
        self.providers.iter().map(Provider::load).min().unwrap_or(Load::Full)
    }

    /// Starts the processes ahead: somebody is about to speak.
    pub fn warm(&self) {
        if let Some(Provider { kind: Kind::Processes(processes), .. }) = self.providers.first() {
            processes.pool.warm();
        }
    }

    /// What was heard so far.
    #[must_use]
    pub fn stats(&self) -> SpeechStats {
        let workers = self.providers.iter().map(|Provider { kind, .. }| match kind {
            Kind::Processes(processes) => processes.pool.running() as u64,
            Kind::Server(_) => 0,
        });
        SpeechStats { workers: workers.sum(), ..self.meters.snapshot() }
    }

    /// Begins to hear, at once. `language` as in `en` or `en-US`; without one, the provider's own.
    #[must_use]
    pub fn begin(self: &Arc<Self>, language: Option<&str>, wants_partials: bool) -> Utterance {
        let audio = Arc::new(Audio::new());
        let (result_to, result) = oneshot::channel();
        let (partials, partials_from) = watch::channel(None);
        let job = Job {
            audio: Arc::clone(&audio),
            language: language.map(str::to_owned),
            partials: wants_partials.then_some(partials),
            provider: "",
            meters: Arc::clone(&self.meters),
        };
        if self.meters.open.fetch_add(1, Relaxed) >= OPEN_MAX {
            let _ = result_to.send(Err(SpeechError::Busy));
            self.meters.ended(Outcome::Failure);
        } else {
            let speech = Arc::clone(self);
            self.runtime.spawn(async move {
                let result = speech.transcribe(job).await;
                let _ = result_to.send(result);
            });
        }
        let meters = Arc::clone(&self.meters);
        Utterance { audio, partials: wants_partials.then_some(partials_from), result, meters }
    }

    /// Asks the providers in their order, and counts how it ended.
    async fn transcribe(&self, mut job: Job) -> Result<Transcript, SpeechError> {
        let result = self.ask_in_order(&mut job).await;
        if job.audio.end() == Some(End::GivenUp) {
            self.meters.ended(Outcome::GivenUp);
            return Err(SpeechError::GivenUp);
        }
        if result.is_err() {
            job.partials = None;
            job.audio.ended().await;
        }
        self.meters.ended(match &result {
            Ok(_) => Outcome::Text(job.audio.since_end(Instant::now())),
            Err(_) => Outcome::Failure,
        });
        result
    }

    async fn ask_in_order(&self, job: &mut Job) -> Result<Transcript, SpeechError> {
        let unknown = SpeechError::Language(job.language.clone().unwrap_or_default());
        let (mut first, mut asked) = (None, 0);
        for provider in &self.providers {
            if !provider.knows(job.language.as_deref()) {
                continue;
            }
            self.meters.fallbacks.fetch_add(u64::from(asked > 0), Relaxed);
            asked += 1;
            job.provider = provider.name;
            match provider.transcribe(job).await {
                Ok(heard) => return Ok(job.transcript(heard)),
                Err(SpeechError::GivenUp) => return Err(SpeechError::GivenUp),
                Err(error) => {
                    tracing::warn!(provider = provider.name, %error, "speech was not heard");
                    first.get_or_insert(error);
                }
            }
        }
        Err(match first {
            Some(error) => error,
            None => self.availability().err().map_or(unknown, SpeechError::from),
        })
    }
}

impl Provider {
    fn new(
        provider: &SpeechProvider,
        runtime: &Handle,
        meters: &Arc<Meters>,
    ) -> Result<Self, SetupError> {
        let kind = match provider {
            SpeechProvider::Builtin(config) => {
                let processes = Processes::new(config, Framing::Many, runtime, meters);
                let pool = Arc::clone(&processes.pool);
                runtime.spawn(async move { pool.probe(CHECK).await });
                Kind::Processes(processes)
            }
            SpeechProvider::Command(config) => {
                Kind::Processes(Processes::new(config, Framing::One, runtime, meters))
            }
            SpeechProvider::Openai(config) => {
                Kind::Server(Box::new(Transcriptions::new(config, Arc::clone(meters))?))
            }
        };
        Ok(Self { name: provider.as_str(), kind })
    }

    /// Whether it understands the language; the engine on this machine has English only.
    fn knows(&self, language: Option<&str>) -> bool {
        let is_english = language.is_none_or(|language| {
            let main = language.split(['-', '_']).next().unwrap_or_default();
            main.eq_ignore_ascii_case("en")
        });
        is_english || self.name != "builtin"
    }

    fn problem(&self) -> Option<Unavailable> {
        match &self.kind {
            Kind::Processes(processes) => processes.pool.problem(),
            Kind::Server(_) => None,
        }
    }

    fn load(&self) -> Load {
        match &self.kind {
            Kind::Processes(processes) => processes.pool.load(),
            Kind::Server(server) => server.load(),
        }
    }

    async fn transcribe(&self, job: &Job) -> Result<Heard, SpeechError> {
        match &self.kind {
            Kind::Processes(processes) => processes.transcribe(job).await,
            Kind::Server(server) => server.transcribe(job).await,
        }
    }
}
