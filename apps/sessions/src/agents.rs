//! The agents that answer in sessions: one kind per session type, by rules or by a model.
//!
//! Without a model each agent answers by rules of ours ([`code`], [`context`], [`socratic`]): the
//! same brief gives the same answer. With one, the model streams its answer; where it fails before
//! a word of it was told, the rules answer instead if that is configured. What was told cannot be
//! taken back, so after a part of an answer a failure is a failure.
//!
//! **Invariants.** An answer is never longer than [`ANSWER_CHARS_MAX`]. Dropping the future of an
//! answer ends it: nothing more is told. Work for the processor never runs on a thread that serves
//! others.
//!
//! **Bounds.** [`RULES_CALLS_MAX`] answers by rules are made at once; one takes at most
//! [`RULES_WITHIN`], waiting included. A model's bounds stand in `intelligence`.

mod code;
mod context;
mod prompts;
mod quote;
mod socratic;
mod wishes;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use intelligence::{ModelError, SetupError, TextModel, TextProvider, TextStats};
use model::Clock;
use tokio::sync::Semaphore;

/// Characters of an answer; the rest is cut off.
pub(crate) const ANSWER_CHARS_MAX: usize = 50_000;
/// Answers by rules that are made at once.
const RULES_CALLS_MAX: usize = 4;
/// How long an answer by rules may take, waiting for its turn included.
const RULES_WITHIN: Duration = Duration::from_secs(60);
/// Put before the answer that stands in for a model's.
const STAND_IN: &str =
    "*The language model could not be reached; this answer was made by fixed rules.*\n\n";

/// Which agent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgentId {
    /// Leads on with questions.
    Socratic,
    /// Reviews code.
    Code,
    /// Answers from the conversation and the instructions.
    Context,
}

impl AgentId {
    /// The agent of sessions of this type.
    pub(crate) fn of_session_type(kind: &str) -> Self {
        match kind {
            "socratic" => Self::Socratic,
            "code_review" => Self::Code,
            _ => Self::Context,
        }
    }

    /// Its id on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Socratic => "socratic",
            Self::Code => "code",
            Self::Context => "context",
        }
    }
}

/// What an agent is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brief {
    /// Who answers.
    pub(crate) agent: AgentId,
    /// The message to answer.
    pub(crate) question: Turn,
    /// What was said before, oldest first, without the question.
    pub(crate) history: Vec<Turn>,
    /// What the question's author asks of agents in this project, or in general.
    pub(crate) instructions: Option<String>,
    /// The agent's own earlier answers in the session, oldest first, as far as they matter to it.
    pub(crate) asked_before: Vec<String>,
}

/// One message of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// A person's display name, or the agent's id.
    pub(crate) author: String,
    /// Whether an agent said it.
    pub(crate) is_agent: bool,
    /// What was said.
    pub(crate) content: String,
}

/// Why there is no answer, or none to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    /// Agents are turned off.
    #[error("agents are turned off")]
    Off,
    /// The model failed.
    #[error("the model failed")]
    Model(#[from] ModelError),
    /// The rules took too long.
    #[error("the answer took too long to make")]
    Late,
    /// The rules have a fault.
    #[error("making the answer failed")]
    Broken(#[from] tokio::task::JoinError),
}

/// Everything that answers.
pub struct Agents {
    voice: Voice,
    may_stand_in: bool,
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
    counts: Counts,
}

enum Voice {
    Rules,
    Model(Box<TextModel>),
    Off,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    failures: AtomicU64,
    millis: AtomicU64,
    stand_ins: AtomicU64,
}

/// What the agents did since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentStats {
    /// Answers made by rules, the failed ones and the stand-ins included.
    pub builtin_calls: u64,
    /// Answers by rules that failed.
    pub builtin_failures: u64,
    /// Milliseconds answers by rules took in all.
    pub builtin_millis: u64,
    /// Answers by rules that stood in for a model's.
    pub fallbacks: u64,
    /// What was asked of the model, where there is one.
    pub openai: Option<TextStats>,
}

impl Agents {
    /// Agents that answer by `provider`; `fallback` lets the rules stand in for a failing model.
    ///
    /// # Errors
    ///
    /// What of the model's configuration can't be used.
    pub fn new(
        provider: &TextProvider,
        fallback: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let voice = match provider {
            TextProvider::Builtin => Voice::Rules,
            TextProvider::Openai(config) => {
                Voice::Model(Box::new(TextModel::new(config, Arc::clone(&clock))?))
            }
            TextProvider::Off => Voice::Off,
        };
        let places = Arc::new(Semaphore::new(RULES_CALLS_MAX));
        Ok(Self { voice, may_stand_in: fallback, clock, places, counts: Counts::default() })
    }

    /// Whether answers come in pieces, as a model makes them.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self.voice, Voice::Model(_))
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> AgentStats {
        let counts = &self.counts;
        AgentStats {
            builtin_calls: counts.calls.load(Relaxed),
            builtin_failures: counts.failures.load(Relaxed),
            builtin_millis: counts.millis.load(Relaxed),
            fallbacks: counts.stand_ins.load(Relaxed),
            openai: match &self.voice {
                Voice::Model(model) => Some(model.stats()),
                Voice::Rules | Voice::Off => None,
            },
        }
    }

    /// Answers, telling `sink` the answer piece by piece, none of them empty; the rules tell it
    /// whole. Dropping the future ends the answer.
    ///
    /// # Errors
    ///
    /// Any [`AgentError`]; pieces may have been told before a `Model` one.
    pub(crate) async fn answer(
        &self,
        brief: Brief,
        sink: impl FnMut(&str) + Send,
    ) -> Result<(), AgentError> {
        let mut mouth = Mouth::new(sink);
        let brief = Arc::new(brief);
        match &self.voice {
            Voice::Off => return Err(AgentError::Off),
            Voice::Rules => {}
            Voice::Model(model) => {
                let Err(error) = self.by_model(model, &brief, &mut mouth).await else {
                    return Ok(());
                };
                if !self.may_stand_in || mouth.has_spoken() {
                    return Err(error);
                }
                let (agent, error) = (brief.agent.as_str(), &error as &dyn std::error::Error);
                tracing::warn!(error, agent, "the rules stand in for the model");
                self.counts.stand_ins.fetch_add(1, Relaxed);
                let _ = mouth.say(STAND_IN);
            }
        }
        let _ = mouth.say(&self.by_rules(&brief).await?);
        Ok(())
    }

    async fn by_rules(&self, brief: &Arc<Brief>) -> Result<String, AgentError> {
        let started = self.clock.monotonic();
        let made = self.aside(brief, rules).await;
        let took = self.clock.monotonic().since(started).as_millis();
        self.counts.calls.fetch_add(1, Relaxed);
        self.counts.failures.fetch_add(u64::from(made.is_err()), Relaxed);
        self.counts.millis.fetch_add(u64::try_from(took).unwrap_or(u64::MAX), Relaxed);
        made
    }

    async fn by_model<F: FnMut(&str) + Send>(
        &self,
        model: &TextModel,
        brief: &Arc<Brief>,
        mouth: &mut Mouth<F>,
    ) -> Result<(), AgentError> {
        let prompt = self.aside(brief, prompts::prompt).await?;
        if brief.agent != AgentId::Socratic {
            return Ok(model.stream(&prompt, |piece| mouth.say(piece)).await?);
        }
        let mut fresh = socratic::Fresh::new(brief);
        model.stream(&prompt, |piece| fresh.take(piece, |sentence| mouth.say(sentence))).await?;
        let _ = fresh.end(|sentence| mouth.say(sentence));
        if mouth.has_spoken() { Ok(()) } else { Err(ModelError::Empty.into()) }
    }

    /// Does work for the processor where it holds nobody up.
    async fn aside<T: Send + 'static>(
        &self,
        brief: &Arc<Brief>,
        work: fn(&Brief) -> T,
    ) -> Result<T, AgentError> {
        let brief = Arc::clone(brief);
        let done = async {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let work = move || {
                // Held until the work is done, also when nobody waits for it any more.
                let _place = place;
                work(&brief)
            };
            Ok(tokio::task::spawn_blocking(work).await?)
        };
        tokio::time::timeout(RULES_WITHIN, done).await.unwrap_or(Err(AgentError::Late))
    }
}

/// The answer by rules.
fn rules(brief: &Brief) -> String {
    match brief.agent {
        AgentId::Code => code::answer(brief),
        AgentId::Context => context::answer(brief),
        AgentId::Socratic => socratic::answer(brief),
    }
}

/// Tells what an answer may hold.
struct Mouth<F> {
    sink: F,
    /// Characters that may still be told.
    left: usize,
}

impl<F: FnMut(&str)> Mouth<F> {
    fn new(sink: F) -> Self {
        Self { sink, left: ANSWER_CHARS_MAX }
    }

    fn has_spoken(&self) -> bool {
        self.left < ANSWER_CHARS_MAX
    }

    /// Tells what fits; breaks when no more does.
    fn say(&mut self, piece: &str) -> ControlFlow<()> {
        let end = piece.char_indices().nth(self.left).map_or(piece.len(), |(end, _)| end);
        let piece = &piece[..end];
        if !piece.is_empty() {
            self.left -= piece.chars().count();
            (self.sink)(piece);
        }
        if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests;
