//! Suggestions: after somebody spoke, each of the others is told what they could answer.
//!
//! Without a model they are made by rules ([`rules`]): the same session and notes give the same ones. With
//! one, the model's are told as they come, as a list that grows under one generation; where it gives none
//! the rules stand in, if that is configured.
//!
//! **Invariants.** What is suggested to somebody is made of what was said in the session and of their own
//! notes, and told to nobody else. A newer utterance ends the older generation of whoever is to answer
//! ([`seat`]). Suggestions are told within [`WITHIN`] or not at all. Work for the processor never runs on a
//! thread that serves others.
//!
//! **Bounds.** One generation of each user of a session is worked on, and [`RULES_MAX`] at once by rules. A
//! model's calls are bounded by `intelligence`. [`HISTORY_MAX`] earlier turns are read.

mod brief;
mod draft;
mod rules;
mod seat;
mod written;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hub::Hub;
use intelligence::{ModelError, SetupError, TextModel, TextProvider, TextStats};
use model::Clock;
use storage::rusqlite::Connection;
use storage::{ReadError, Store};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use self::brief::{Brief, Turn};
pub(crate) use self::brief::{TEXT_CHARS_MAX, TONE_CHARS_MAX};
pub(crate) use self::seat::Seats;
use crate::protocol::{ResponsesSuggestions, Suggestion, SuggestionMetadata, TranscriptionResult};
use crate::room::Room;
use crate::store::transcript::SaidRow;
use crate::store::{notes, transcript};

/// How long after an utterance suggestions for it may come.
pub const WITHIN: Duration = Duration::from_secs(5);
/// How long of it a model may take; the rest is for the rules that stand in.
const MODEL_WITHIN: Duration = Duration::from_secs(4);
/// Suggestions that are made by rules at once.
const RULES_MAX: usize = 4;
/// Earlier turns of a session that are read, the newest.
pub(crate) const HISTORY_MAX: usize = 200;

/// Who made suggestions.
const BUILTIN: &str = "builtin";
const OPENAI: &str = "openai";

/// Who suggests.
pub struct Suggester {
    voice: Voice,
    may_stand_in: bool,
}

/// Makes suggestions and tells them.
pub struct Suggesting {
    store: Store,
    suggester: Suggester,
    clock: Arc<dyn Clock>,
    runtime: Handle,
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
    begun: AtomicU64,
    told: AtomicU64,
    late: AtomicU64,
    failed: AtomicU64,
    unseated: AtomicU64,
    calls: AtomicU64,
    failures: AtomicU64,
    millis: AtomicU64,
    stand_ins: AtomicU64,
}

/// What became of suggestions since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SuggestionStats {
    /// Generations that began.
    pub begun: u64,
    /// Generations of which something was told.
    pub told: u64,
    /// Generations of which nothing was ready in time.
    pub late: u64,
    /// Generations that failed: the store or the model did, and nothing stands in.
    pub failed: u64,
    /// Utterances for which a user had no seat left.
    pub unseated: u64,
    /// Generations made by rules, the failed ones and the stand-ins included.
    pub builtin_calls: u64,
    /// Of these, the failed ones.
    pub builtin_failures: u64,
    /// Milliseconds that they took in all, waiting for their turn included.
    pub builtin_millis: u64,
    /// Of these, the ones that stood in for a model's.
    pub fallbacks: u64,
    /// What was asked of the model, where there is one.
    pub openai: Option<TextStats>,
}

/// Why nothing was suggested.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the session's history and the notes could not be read")]
    Unread(#[from] ReadError),
    #[error("the model failed and nothing stands in for it")]
    Model(#[source] Option<ModelError>),
    #[error("the rules failed")]
    Broken(#[from] tokio::task::JoinError),
}

/// What was said, for whoever is to answer.
struct Utterance {
    room: Arc<Room>,
    item_id: String,
    text: String,
    language: String,
}

/// One generation of one user.
struct Generation {
    utterance: Arc<Utterance>,
    user: Arc<str>,
    turn: seat::Turn,
}

impl Suggester {
    /// Suggestions by `provider`; `fallback` lets the rules stand in for a failing model.
    ///
    /// # Errors
    /// What of the model's configuration can't be used.
    pub fn new(
        provider: &TextProvider,
        fallback: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let voice = match provider {
            TextProvider::Builtin => Voice::Rules,
            TextProvider::Openai(config) => Voice::Model(Box::new(TextModel::new(config, clock)?)),
            TextProvider::Off => Voice::Off,
        };
        Ok(Self { voice, may_stand_in: fallback })
    }
}

impl Suggesting {
    /// Ready to suggest; nothing runs yet.
    pub(crate) fn new(suggester: Suggester, store: Store, hub: &Hub, runtime: Handle) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(RULES_MAX));
        let (clock, counts) = (Arc::clone(hub.clock()), Counts::default());
        Arc::new(Self { store, suggester, clock, runtime, places, counts })
    }

    /// Somebody's utterance is over and was told. Each other user of the session is told what they could
    /// answer; the speaker, where they are alone; nobody once the session has ended. The caller holds no lock
    /// of a room.
    pub fn heard(self: &Arc<Self>, room: &Arc<Room>, result: &TranscriptionResult) {
        if !result.is_final
            || room.has_ended()
            || result.text.trim().is_empty()
            || matches!(self.suggester.voice, Voice::Off)
        {
            return;
        }
        let utterance = Arc::new(Utterance {
            room: Arc::clone(room),
            item_id: result.item_id.clone(),
            text: result.text.clone(),
            language: result.language.clone(),
        });
        for user in to_answer(room.users(), &result.user_id) {
            let Some(turn) = room.seats().begin(&user) else {
                self.counts.unseated.fetch_add(1, Relaxed);
                continue;
            };
            self.counts.begun.fetch_add(1, Relaxed);
            let utterance = Arc::clone(&utterance);
            let generation = Generation { utterance, user: Arc::clone(&user), turn };
            let work = self.runtime.spawn(Arc::clone(self).work(generation));
            room.seats().worked_on(&user, turn, work.abort_handle());
        }
    }

    /// Suggestions of the backend's, for one user of the session or for all, in a generation of their own that
    /// counts from `base` ([`Seats::count_from`]). How many users were told.
    pub(crate) fn push(
        &self,
        room: &Arc<Room>,
        base: u64,
        user: Option<&str>,
        responses: &[Suggestion],
        for_text: &str,
    ) -> usize {
        room.seats().count_from(base);
        let users = room.users().into_iter().filter(|one| user.is_none_or(|user| **one == *user));
        let told = users.filter(|user| {
            let Some(turn) = room.seats().begin(user) else { return false };
            let metadata = SuggestionMetadata { provider: "backend" };
            tell(
                room,
                user,
                turn,
                &ResponsesSuggestions { responses, for_text, generation: 0, metadata },
            )
        });
        told.count()
    }

    /// What was done so far.
    pub(crate) fn stats(&self) -> SuggestionStats {
        let counts = &self.counts;
        SuggestionStats {
            begun: counts.begun.load(Relaxed),
            told: counts.told.load(Relaxed),
            late: counts.late.load(Relaxed),
            failed: counts.failed.load(Relaxed),
            unseated: counts.unseated.load(Relaxed),
            builtin_calls: counts.calls.load(Relaxed),
            builtin_failures: counts.failures.load(Relaxed),
            builtin_millis: counts.millis.load(Relaxed),
            fallbacks: counts.stand_ins.load(Relaxed),
            openai: match &self.suggester.voice {
                Voice::Model(model) => Some(model.stats()),
                Voice::Rules | Voice::Off => None,
            },
        }
    }

    async fn work(self: Arc<Self>, generation: Generation) {
        let mut told = false;
        let made = self.make(&generation, &mut told);
        let made = tokio::time::timeout(WITHIN, made).await;
        if told {
            self.counts.told.fetch_add(1, Relaxed);
            return;
        }
        let session = generation.utterance.room.id();
        match made {
            // A newer one began meanwhile.
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                self.counts.failed.fetch_add(1, Relaxed);
                let error: &dyn std::error::Error = &failure;
                tracing::warn!(error, %session, "nothing could be suggested");
            }
            Err(_) => {
                self.counts.late.fetch_add(1, Relaxed);
                tracing::warn!(%session, "suggestions were not ready in time");
            }
        }
    }

    async fn make(&self, generation: &Generation, told: &mut bool) -> Result<(), Failure> {
        let brief = Arc::new(self.brief(generation).await?);
        if let Voice::Model(model) = &self.suggester.voice {
            let prompt = written::prompt(&brief);
            let asked = written::suggest(model, &prompt, |made| {
                *told |= generation.tell(made, OPENAI);
            });
            let error = match tokio::time::timeout(MODEL_WITHIN, asked).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => Some(error),
                Err(_) => None,
            };
            if *told {
                return Ok(());
            }
            self.stand_in(error)?;
        }
        let made = self.by_rules(brief).await?;
        *told |= generation.tell(&made, BUILTIN);
        Ok(())
    }

    /// Lets the rules stand in for a model that failed, or took too long where there is no error.
    fn stand_in(&self, error: Option<ModelError>) -> Result<(), Failure> {
        if !self.suggester.may_stand_in {
            return Err(Failure::Model(error));
        }
        let error = error.unwrap_or(ModelError::Deadline);
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, "the rules stand in for the model");
        self.counts.stand_ins.fetch_add(1, Relaxed);
        Ok(())
    }

    async fn by_rules(&self, brief: Arc<Brief>) -> Result<Vec<Suggestion>, Failure> {
        let started = self.clock.monotonic();
        // The semaphore is never closed, so there always is a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let work = move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _place = place;
            rules::suggest(&brief)
        };
        let made = self.runtime.spawn_blocking(work).await;
        let took = self.clock.monotonic().since(started).as_millis();
        self.counts.calls.fetch_add(1, Relaxed);
        self.counts.failures.fetch_add(u64::from(made.is_err()), Relaxed);
        self.counts.millis.fetch_add(u64::try_from(took).unwrap_or(u64::MAX), Relaxed);
        Ok(made?)
    }

    /// What was said before, and what the user noted.
    async fn brief(&self, generation: &Generation) -> Result<Brief, ReadError> {
        let Generation { utterance, user, .. } = generation;
        let (session, user) = (Arc::clone(utterance.room.id()), Arc::clone(user));
        let (item, since) = (utterance.item_id.clone(), utterance.room.loaded_at());
        let read = move |db: &Connection| {
            let notes = notes::find(db, &session, &user)?;
            let said = transcript::before(db, &session, &item, HISTORY_MAX)?;
            let history = said.into_iter().map(|row| turn(row, &user)).collect();
            Ok((notes, history, transcript::count_before(db, &session, since)?))
        };
        let (notes, history, base) = self.store.read(read).await?;
        utterance.room.seats().count_from(base);
        let notes = notes.map(|notes| notes.text).unwrap_or_default();
        let (utterance, language) = (utterance.text.clone(), utterance.language.clone());
        Ok(Brief { utterance, language, history, notes })
    }
}

impl Generation {
    /// Tells the user the list so far, unless a newer generation began; whether it was told.
    fn tell(&self, responses: &[Suggestion], provider: &'static str) -> bool {
        let Utterance { room, text, .. } = &*self.utterance;
        let metadata = SuggestionMetadata { provider };
        let event = ResponsesSuggestions { responses, for_text: text, generation: 0, metadata };
        tell(room, &self.user, self.turn, &event)
    }
}

/// Tells a user of a generation, with its number, unless a newer one began; whether it was told.
fn tell(room: &Room, user: &str, turn: seat::Turn, event: &ResponsesSuggestions<'_>) -> bool {
    room.seats().tell(user, turn, |generation| {
        room.tell_user(user, &ResponsesSuggestions { generation, ..*event });
    })
}

/// Something that was said, as `user` sees it.
fn turn(row: SaidRow, user: &str) -> Turn {
    let SaidRow { user_name, result, .. } = row;
    Turn { speaker: user_name, is_own: result.user_id == user, text: result.text }
}

/// Who is to answer a speaker: the others, or the speaker where nobody else is there.
fn to_answer(users: Vec<Arc<str>>, speaker: &str) -> Vec<Arc<str>> {
    let (own, others): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| **user == *speaker);
    if others.is_empty() { own } else { others }
}

#[cfg(test)]
mod tests;
