//! Interviews: who hears of which, and what is done with them.
//!
//! The state of an interview is in the store ([`state`]); what is kept here is only which connection hears
//! of it: the one that last started or resumed it or, where that is gone, the first that answers.
//!
//! **Invariants.** Whatever is told was committed before, and in the order of the commits. An interview
//! whose connection was lost is paused [`GRACE`] later, unless another one resumed it before.
//!
//! **Bounds.** One entry for each active interview, of which an analysis has at most one.

mod answer;
mod rest;
mod start;
mod state;
mod time;
mod turn;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hub::{Context, Item, Ticket};
use model::{ConnectionId, Monotonic};
use storage::{CommitError, ReadError};
use tokio::sync::{Notify, watch};

pub(crate) use answer::Submission;
pub(crate) use start::Begin;
pub(crate) use state::{Interview, Phase, Posed, shown};
pub(crate) use turn::Turns;

use crate::protocol::{self, Event, Reason, Refusal};
use crate::service::Analyses;
use crate::session::Visit;

/// How long an interview goes on without its connection.
pub(crate) const GRACE: Duration = Duration::from_secs(60);
/// When a client may try again that the store had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A message that waits for its answer.
pub(crate) struct Asked {
    /// The place of its answer.
    pub(crate) ticket: Ticket,
    /// Whose message it is.
    pub(crate) user: Arc<str>,
    /// Echoed by the answer.
    pub(crate) request_id: Option<Box<str>>,
    /// Dropped behind the answer, whatever that is.
    pub(crate) _until_answered: Option<watch::Sender<()>>,
}

impl Asked {
    /// A message that holds the connection's further ones back.
    pub(crate) fn new(ticket: Ticket, user: Arc<str>, request_id: Option<Box<str>>) -> Self {
        Self { ticket, user, request_id, _until_answered: None }
    }

    /// Answers with an event.
    pub(crate) fn reply<E: Event>(self, analyses: &Analyses, event: &E) {
        let wall = analyses.hub.clock().wall();
        self.ticket.reply(protocol::encode(event, wall, self.request_id.as_deref()));
    }

    /// Answers with what `run` does with the session.
    pub(crate) fn resume(self, run: impl FnOnce(&mut Visit, &mut Context<'_>) + Send + 'static) {
        self.ticket.resume(run);
    }
}

/// Which connection hears of which active interview.
#[derive(Default)]
pub(crate) struct Interviews {
    runs: Mutex<HashMap<Arc<str>, Run>>,
    /// Told when a connection may have been lost, and at the end.
    lost: Arc<Notify>,
    /// Told when an interview may have become active, and at the end.
    begun: Arc<Notify>,
}

/// An active interview.
struct Run {
    analysis_id: Arc<str>,
    /// Whose it is.
    user_id: Arc<str>,
    /// The [`Interview::attachment`] that this is.
    attachment: u64,
    /// Who hears of it, until it is known to be gone.
    listener: Option<ConnectionId>,
    /// Since when nobody is known to be there; `None` while somebody is.
    lost_at: Option<Monotonic>,
}

/// An interview that nobody has been with for [`GRACE`].
pub(crate) struct Abandoned {
    pub(crate) session_id: Arc<str>,
    pub(crate) attachment: u64,
    /// For how long it should have been paused already.
    pub(crate) overdue: Duration,
}

impl Interviews {
    /// The commit of a start or a resumption returned: `listener` hears of the interview from now
    /// on. Until it shows that it is there ([`Self::confirm`]) it counts as lost.
    pub(crate) fn attach(
        &self,
        interview: &Interview,
        listener: Option<ConnectionId>,
        now: Monotonic,
    ) {
        let run = Run {
            analysis_id: interview.analysis_id.as_str().into(),
            user_id: interview.user_id.as_str().into(),
            attachment: interview.attachment,
            listener,
            lost_at: Some(now),
        };
        self.lock().insert(interview.id.as_str().into(), run);
        self.lost.notify_one();
        self.begun.notify_one();
    }

    /// The connection is there. Called by its session, so never after [`Self::lose`]; whether it is
    /// still the one that hears of the interview.
    pub(crate) fn confirm(&self, session_id: &str, attachment: u64) -> bool {
        let mut runs = self.lock();
        let Some(run) = runs.get_mut(session_id) else { return false };
        let is_current = run.attachment == attachment;
        if is_current {
            run.lost_at = None;
        }
        is_current
    }

    /// Its person answers: where nobody hears of the interview, `connection` does from now on, under the
    /// attachment that comes back. Called by the session of the connection, so never after [`Self::lose`].
    pub(crate) fn adopt(
        &self,
        session_id: &str,
        user: &str,
        connection: ConnectionId,
    ) -> Option<u64> {
        let mut runs = self.lock();
        let run = runs.get_mut(session_id)?;
        if *run.user_id != *user || run.listener.is_some() {
            return None;
        }
        run.listener = Some(connection);
        run.lost_at = None;
        Some(run.attachment)
    }

    /// Whether the connection of this attachment still hears of the interview.
    pub(crate) fn is_current(&self, session_id: &str, attachment: u64) -> bool {
        self.lock().get(session_id).is_some_and(|run| run.attachment == attachment)
    }

    /// The connection of this attachment is gone.
    pub(crate) fn lose(&self, session_id: &str, attachment: u64, now: Monotonic) {
        if let Some(run) = self.lock().get_mut(session_id)
            && run.attachment == attachment
        {
            run.listener = None;
            run.lost_at = Some(now);
            self.lost.notify_one();
        }
    }

    /// The interview is not active any more.
    pub(crate) fn end(&self, session_id: &str) {
        self.lock().remove(session_id);
    }

    /// The same, unless it was started or resumed anew since this attachment.
    pub(crate) fn end_attachment(&self, session_id: &str, attachment: u64) {
        let mut runs = self.lock();
        if runs.get(session_id).is_some_and(|run| run.attachment == attachment) {
            runs.remove(session_id);
        }
    }

    /// The analysis was deleted, and its interviews with it.
    pub(crate) fn forget_analysis(&self, analysis_id: &str) {
        self.lock().retain(|_, run| *run.analysis_id != *analysis_id);
    }

    /// Who hears of the interview.
    pub(crate) fn listener(&self, session_id: &str) -> Option<ConnectionId> {
        self.lock().get(session_id).and_then(|run| run.listener)
    }

    /// Interviews that nobody has been with for [`GRACE`], by id; and whether any other is lost.
    pub(crate) fn abandoned(&self, now: Monotonic) -> (Vec<Abandoned>, bool) {
        let (mut found, mut is_any_lost) = (Vec::new(), false);
        for (session_id, run) in &*self.lock() {
            let Some(lost_at) = run.lost_at else { continue };
            let due = lost_at.after(GRACE);
            if due > now {
                is_any_lost = true;
                continue;
            }
            found.push(Abandoned {
                session_id: Arc::clone(session_id),
                attachment: run.attachment,
                overdue: now.since(due),
            });
        }
        found.sort_by(|one, other| one.session_id.cmp(&other.session_id));
        (found, is_any_lost)
    }

    /// Told when [`Self::abandoned`] may change.
    pub(crate) fn lost(&self) -> Arc<Notify> {
        Arc::clone(&self.lost)
    }

    /// Whether any interview is active.
    pub(crate) fn is_any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Told when [`Self::is_any`] may change to yes.
    pub(crate) fn begun(&self) -> Arc<Notify> {
        Arc::clone(&self.begun)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Interviews {
    fn drop(&mut self) {
        self.lost.notify_one();
        self.begun.notify_one();
    }
}

impl Analyses {
    /// Who asked hears of the interview from now on; nobody does where their connection is gone already.
    fn hears_of(&self, interview: &Interview, asked: &Asked) {
        let connection = self.hub.connections().get(asked.ticket.connection());
        let listener = connection.map(|connection| connection.id);
        self.interviews.attach(interview, listener, self.hub.clock().monotonic());
    }

    /// Tells one connection something that answers nothing.
    pub(crate) fn send(&self, connection: ConnectionId, text: Bytes) {
        self.hub.outlet().push(connection.shard(), Item::Send { connection, text });
    }
}

/// A time as it is told.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Answers in the place of the operation that a session resumes.
fn reply<E: Event>(event: &E, request_id: Option<&str>, context: &mut Context<'_>) {
    context.reply(protocol::encode(event, context.wall, request_id));
}

/// The refusal for a row that was not stored.
pub(crate) fn unstored(error: &CommitError) -> Refusal {
    match error {
        CommitError::Busy => Refusal::unavailable(Reason::Busy, "The server is busy; try again")
            .retry_after(RETRY_AFTER),
        CommitError::StorageFull => {
            Refusal::unavailable(Reason::StorageFull, "The server's disk is full; try later")
                .retry_after(RETRY_AFTER)
        }
        _ => fault(error),
    }
}

/// The refusal for what could not be read.
pub(crate) fn unread(error: &ReadError) -> Refusal {
    match error {
        ReadError::Refused(_) | ReadError::Timeout => {
            Refusal::unavailable(Reason::Busy, "The server is busy; try again")
                .retry_after(RETRY_AFTER)
        }
        ReadError::Database(_) | ReadError::Panicked => fault(error),
    }
}

fn fault(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "a message could not be carried out");
    Refusal::new(protocol::Code::InternalError, "Something went wrong")
}
