//! The agents' answers: one at a time per session, in the order asked, stored before they are told.
//!
//! A question stands in the store from the commit of its message until the commit of its answer, so
//! that a crash or a drain leaves it there: it is found when the session is next joined, or at the
//! next start where the session is bridged (there people may ask without ever joining), and asked
//! again. One that was found is looked up once more before it is answered, so that none is
//! answered twice.
//!
//! **Invariants.** `heard` is called on the committer's thread, right after the message was told;
//! whatever an answer tells comes later. An answer's row and the end of its question are one
//! commit. Nothing here holds a lock across an await.
//!
//! **Bounds.** [`ANSWERS_MAX`] answers are read for and made at once; more wait their turn. Those
//! of waiting questions stand in `desks.rs`, of what an agent reads in `reading.rs`, of what it says
//! in `draft.rs`.

mod conclude;
mod desks;
mod draft;
mod reading;
mod stop;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use conversations::{Conversations, Message, RoomRef, Side};
use hub::{Delivery, Hub, Item};
use model::{Clock, ConnectionId};
use storage::{Lane, ReadError, Store};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use crate::agents::Agents;
use crate::protocol::{Code, Event, Notice, Refusal, System, encode};
use crate::store::{self, QuestionRow};
use desks::{Desks, Question, Taken};

/// Questions of one session that are looked up when it is joined: as many as may be brought.
pub(crate) const FOUND_MAX: usize = desks::WAITING_MAX + 1;
/// Answers that are made at once, each with what its agent was given to read.
const ANSWERS_MAX: usize = 128;
/// What answers that were told to stop get for it.
const STOPPING_MAX: Duration = Duration::from_secs(2);

/// What answers need.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) conversations: Arc<Conversations>,
    pub(crate) agents: Agents,
    pub(crate) runtime: Handle,
}

/// Everything that is answered or waits for an answer.
pub(crate) struct Answers {
    parts: Parts,
    desks: Mutex<Desks>,
    /// Messages between their commit and their telling, by id: as many as one batch has.
    asked: Mutex<HashMap<Arc<str>, Asked>>,
    places: Semaphore,
    worker_ended: Notify,
    counts: Counts,
}

/// What a message's sender said beside it.
pub(crate) struct Asked {
    pub(crate) connection: ConnectionId,
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) project_id: Option<Box<str>>,
}

/// A session and its open questions.
type Open = (Arc<str>, Vec<QuestionRow>);

/// What became of questions.
#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    cancelled: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
}

/// What answers did so far and what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerStats {
    /// Answers stored, those cut short by a cancel included.
    pub answered: u64,
    /// Answers that somebody cancelled.
    pub cancelled: u64,
    /// Questions an agent failed to answer.
    pub failed: u64,
    /// Questions refused because too many waited.
    pub refused: u64,
    /// Questions that wait now.
    pub waiting: usize,
    /// Sessions whose agent works now.
    pub working: usize,
}

impl Answers {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let (desks, asked, worker_ended, counts) = Default::default();
        let places = Semaphore::new(ANSWERS_MAX);
        Arc::new(Self { parts, desks, asked, places, worker_ended, counts })
    }

    /// A message was stored and is about to be told: what its sender said beside it.
    pub(crate) fn expect(&self, message_id: &Arc<str>, asked: Asked) {
        self.asked().insert(Arc::clone(message_id), asked);
    }

    /// A message was stored and told in the session. A person's is a question.
    pub(crate) fn heard(self: &Arc<Self>, session: &str, message: &Message) {
        if message.author.is_agent() {
            return;
        }
        let (session, message_id) = (Arc::<str>::from(session), Arc::clone(&message.id));
        let asked = self.asked().remove(&message.id);
        if asked.is_none() {
            self.note(&session, &message.id);
        }
        let project_id = asked.as_ref().and_then(|asked| asked.project_id.clone());
        let question = Question { message_id, project_id, is_found: false };
        if self.bring(&session, question) == Taken::Busy {
            self.refuse(&session, &message.id, asked);
        }
    }

    /// Asks again what the last stop left open in bridged sessions, before anybody asks anew.
    /// Blocks on one read.
    pub(crate) fn resume_bridged(self: &Arc<Self>) {
        let sessions = self.parts.conversations.bridged(Side::Session);
        if sessions.is_empty() {
            return;
        }
        match self.open_in(sessions) {
            Ok(open) => open.into_iter().for_each(|(session, found)| self.found(&session, found)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "open questions of bridged sessions were not read");
            }
        }
    }

    /// The open questions of these sessions.
    fn open_in(&self, sessions: Vec<Arc<str>>) -> Result<Vec<Open>, ReadError> {
        let (told, answer) = mpsc::sync_channel(1);
        let read = move |db: &storage::rusqlite::Connection| {
            let open = sessions.into_iter().map(|session| {
                let questions = store::asked(db, &session, FOUND_MAX)?;
                Ok((session, questions))
            });
            open.collect()
        };
        self.parts.store.read_then(read, move |open| {
            let _gone = told.send(open);
        })?;
        answer.recv().map_err(|_| ReadError::Panicked)?
    }

    /// Questions that were found in the store.
    pub(crate) fn found(self: &Arc<Self>, session: &Arc<str>, questions: Vec<QuestionRow>) {
        for QuestionRow { message_id, project_id } in questions {
            let (message_id, project_id) = (message_id.into(), project_id.map(Into::into));
            let question = Question { message_id, project_id, is_found: true };
            if self.bring(session, question) == Taken::Busy {
                return; // It stays in the store, to be found again.
            }
        }
    }

    /// Stops what is being answered in the session, if anything is.
    pub(crate) fn cancel(&self, session: &str) {
        self.desks().cancel(session);
    }

    /// No further answer starts; running ones get `within`, then are stopped, to be asked again
    /// after the restart.
    pub(crate) async fn drain(&self, within: Duration) {
        self.desks().stop_asking();
        if tokio::time::timeout(within, self.all_ended()).await.is_ok() {
            return;
        }
        self.desks().stop_all();
        if tokio::time::timeout(STOPPING_MAX, self.all_ended()).await.is_err() {
            tracing::warn!(sessions = self.desks().working(), "answers did not stop in time");
        }
    }

    pub(crate) fn stats(&self) -> AnswerStats {
        let counts = &self.counts;
        let desks = self.desks();
        AnswerStats {
            answered: counts.answered.load(Relaxed),
            cancelled: counts.cancelled.load(Relaxed),
            failed: counts.failed.load(Relaxed),
            refused: counts.refused.load(Relaxed),
            waiting: desks.waiting(),
            working: desks.working(),
        }
    }

    /// Somebody was added to the session.
    pub(crate) fn tell_member_added(&self, session: &Arc<str>, user_id: &str) {
        let message = format!("{user_id} was added to the session");
        self.tell(session, &System { code: Notice::MemberAdded, message: &message });
    }

    /// The agents' own figures.
    pub(crate) fn agents(&self) -> &Agents {
        &self.parts.agents
    }

    fn bring(self: &Arc<Self>, session: &Arc<str>, question: Question) -> Taken {
        let taken = self.desks().bring(session, question);
        if taken == Taken::First {
            let work = Arc::clone(self).work(Arc::clone(session));
            drop(self.parts.runtime.spawn(work));
        }
        taken
    }

    /// A message that came over a bridge is a question too. It was kept with the message, unless the
    /// bridge was made in the same commit: so it is kept here once more.
    fn note(&self, session: &Arc<str>, message_id: &Arc<str>) {
        let (session, message_id) = (Arc::clone(session), Arc::clone(message_id));
        self.write_behind(move |db| store::ask(db, &session, &message_id, None));
    }

    /// The question needs no answer any more; nobody waits for that to be stored.
    pub(crate) fn settle_behind(&self, session: &Arc<str>, message_id: &Arc<str>) {
        let (session, message_id) = (Arc::clone(session), Arc::clone(message_id));
        self.write_behind(move |db| store::settle(db, &session, &message_id));
    }

    fn write_behind(
        &self,
        mut apply: impl FnMut(&storage::rusqlite::Connection) -> storage::rusqlite::Result<()>
        + Send
        + 'static,
    ) {
        let told = |outcome: Result<(), storage::CommitError>| {
            if let Err(error) = outcome {
                tracing::warn!(%error, "an open question could not be kept up to date");
            }
        };
        match self.parts.store.reserve(Lane::Interactive) {
            Ok(place) => place.write(move |tx| apply(tx), told),
            Err(refused) => told(Err(refused.into())),
        }
    }

    /// Too many wait: the message's sender hears of it.
    fn refuse(&self, session: &Arc<str>, message_id: &Arc<str>, asked: Option<Asked>) {
        self.counts.refused.fetch_add(1, Relaxed);
        self.settle_behind(session, message_id);
        let Some(Asked { connection, request_id, .. }) = asked else { return };
        let refusal = Refusal::new(Code::AgentBusy, "Too many messages wait for the agent");
        let text = encode(&refusal, session, self.clock().wall(), request_id.as_deref());
        self.parts.hub.outlet().push(connection.shard(), Item::Send { connection, text });
    }

    /// Tells everybody in the session of something that is not stored.
    fn tell<E: Event>(&self, session: &Arc<str>, event: &E) {
        self.publish(session, Delivery::passing(self.text(session, event)));
    }

    fn text<E: Event>(&self, session: &str, event: &E) -> bytes::Bytes {
        encode(event, session, self.clock().wall(), None)
    }

    fn publish(&self, session: &Arc<str>, delivery: Delivery) {
        self.parts.hub.publish(&room(session).room_id(), &Arc::new(delivery));
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.parts.hub.clock()
    }

    /// Ready once no session has a worker.
    async fn all_ended(&self) {
        loop {
            let ended = self.worker_ended.notified();
            if self.desks().working() == 0 {
                return;
            }
            ended.await;
        }
    }

    fn desks(&self) -> MutexGuard<'_, Desks> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<Arc<str>, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session as a room.
fn room(session: &Arc<str>) -> RoomRef {
    RoomRef::new(Side::Session, Arc::clone(session))
}
