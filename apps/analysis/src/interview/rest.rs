//! Pausing and resuming, by message and because a connection was lost.

use std::sync::{Arc, Weak};
use std::time::Duration;

use model::Name;
use storage::Lane;
use storage::rusqlite::{Connection, Result};

use super::start::pause_active;
use super::{Abandoned, Asked, Interview, Phase, unstored};
use crate::protocol::{Code, InterviewPaused, InterviewResumed, Refusal};
use crate::service::Analyses;
use crate::store::{interviews, stages};

/// How often the watch looks while somebody is lost.
const WATCH_EVERY: Duration = Duration::from_millis(100);

/// Why an interview was not paused or resumed.
enum Outcome<T> {
    NotFound,
    NotActive,
    Done(T),
}

/// An interview that goes on.
struct Resumed {
    interview: Interview,
    questions: Vec<appraisal::Question>,
    /// Those that were active before and are paused now.
    paused: Vec<Interview>,
}

impl Analyses {
    /// Pauses an interview and answers.
    pub(crate) fn pause_interview(self: &Arc<Self>, session_id: &Name, asked: Asked) {
        let now = self.hub.clock().wall();
        let (id, user) = (session_id.clone(), Arc::clone(&asked.user));
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            let Some(mut interview) = interviews::find(tx, id.as_str(), &user)? else {
                return Ok(Outcome::NotFound);
            };
            if interview.pause(now).is_err() {
                return Ok(Outcome::NotActive);
            }
            interviews::update(tx, &interview)?;
            Ok(Outcome::Done(interview))
        };
        self.carry_out(asked, apply, |analyses, interview, asked| {
            analyses.interviews.end(&interview.id);
            let event = InterviewPaused {
                session_id: &interview.id,
                current_question_index: interview.index,
                can_resume: true,
            };
            asked.reply(analyses, &event);
        });
    }

    /// Lets an interview go on, with the connection that asks, and answers.
    pub(crate) fn resume_interview(self: &Arc<Self>, session_id: &Name, asked: Asked) {
        let now = self.hub.clock().wall();
        let (id, user) = (session_id.clone(), Arc::clone(&asked.user));
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            let Some(mut interview) = interviews::find(tx, id.as_str(), &user)? else {
                return Ok(Outcome::NotFound);
            };
            if interview.resume(now).is_err() {
                return Ok(Outcome::NotActive);
            }
            let analysis = &interview.analysis_id;
            let questions = stages::questions(tx, analysis)?.unwrap_or_default();
            let paused = pause_active(tx, analysis, Some(&interview.id), now)?;
            interviews::update(tx, &interview)?;
            Ok(Outcome::Done(Resumed { interview, questions, paused }))
        };
        self.carry_out(asked, apply, Self::resumed);
    }

    fn resumed(&self, resumed: Resumed, asked: Asked) {
        let Resumed { interview, questions, paused } = resumed;
        for other in &paused {
            self.interviews.end(&other.id);
        }
        self.hears_of(&interview, &asked);
        let request_id = asked.request_id.clone();
        asked.resume(move |visit, context| {
            visit.attached(&interview);
            let Some(current_question) = interview.current(&questions) else { return };
            let event = InterviewResumed { session_id: &interview.id, current_question };
            super::reply(&event, request_id.as_deref(), context);
        });
    }

    /// Commits `apply`; then `done` answers, or the refusal does.
    fn carry_out<T: Send + 'static>(
        self: &Arc<Self>,
        asked: Asked,
        apply: impl FnMut(&storage::rusqlite::Transaction<'_>) -> Result<Outcome<T>> + Send + 'static,
        done: impl FnOnce(&Self, T, Asked) + Send + 'static,
    ) {
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => return asked.reply(self, &unstored(&refused.into())),
        };
        let analyses = Arc::clone(self);
        place.write(apply, move |outcome| {
            let refusal = match outcome {
                Ok(Outcome::Done(value)) => return done(&analyses, value, asked),
                Ok(Outcome::NotFound) => not_found(),
                Ok(Outcome::NotActive) => not_active(),
                Err(error) => unstored(&error),
            };
            asked.reply(&analyses, &refusal);
        });
    }

    /// Takes up the interviews that a stop of the server left active, and from now on pauses those
    /// whose connection is lost. To be called once, before the first connection.
    pub(crate) fn watch_interviews(self: &Arc<Self>) {
        self.recover_interviews();
        self.runtime.spawn(watch(Arc::downgrade(self)));
        self.note_times();
    }

    /// Pauses the interviews that nobody has been with for long enough; whether any is left that
    /// somebody may come back to.
    async fn pause_abandoned(&self) -> bool {
        let clock = self.hub.clock();
        let (abandoned, is_any_lost) = self.interviews.abandoned(clock.monotonic());
        let is_any = is_any_lost || !abandoned.is_empty();
        for Abandoned { session_id, attachment, overdue } in abandoned {
            let overdue = i64::try_from(overdue.as_millis()).unwrap_or(i64::MAX);
            let at = clock.wall().plus_millis(overdue.saturating_neg());
            let id = Arc::clone(&session_id);
            let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
                pause_attachment(tx, &id, attachment, at)
            };
            match self.store.commit(Lane::Interactive, apply).await {
                Ok(()) => self.interviews.end_attachment(&session_id, attachment),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, session = %session_id, "interview was not paused yet");
                }
            }
        }
        is_any
    }
}

/// Looks while somebody is lost, else waits for that; ends with the application.
async fn watch(analyses: Weak<Analyses>) {
    while let Some(alive) = analyses.upgrade() {
        let is_any_lost = alive.pause_abandoned().await;
        let lost = alive.interviews.lost();
        drop(alive);
        if is_any_lost {
            tokio::time::sleep(WATCH_EVERY).await;
        } else {
            lost.notified().await;
        }
    }
}

/// Pauses the interview, unless it was started or resumed anew meanwhile.
fn pause_attachment(
    db: &Connection,
    id: &str,
    attachment: u64,
    at: model::Timestamp,
) -> Result<()> {
    let Some(mut interview) = interviews::of_any(db, id)? else { return Ok(()) };
    if interview.attachment == attachment
        && interview.phase == Phase::Active
        && interview.pause(at.max(interview.since)).is_ok()
    {
        interviews::update(db, &interview)?;
    }
    Ok(())
}

/// To its owner alone an interview exists.
pub(super) fn not_found() -> Refusal {
    Refusal::new(Code::SessionNotFound, "Interview not found")
}

pub(super) fn not_active() -> Refusal {
    Refusal::new(Code::SessionNotActive, "The interview is paused or over")
}
