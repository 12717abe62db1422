//! Starting an interview.

use std::sync::Arc;

use model::{Name, Timestamp, message_id};
use storage::Lane;
use storage::rusqlite::{Connection, Result};

use super::{Asked, Interview, Phase, unstored};
use crate::protocol::{AskedQuestion, Code, InterviewStarted, Refusal, SessionType, Status};
use crate::service::{Analyses, owned};
use crate::store::{interviews, stages};

/// An interview that is to begin.
pub(crate) struct Begin {
    /// About which analysis.
    pub(crate) analysis_id: Name,
    /// How.
    pub(crate) session_type: SessionType,
}

/// What became of it.
enum Outcome {
    NotFound,
    NotReady,
    /// The analysis failed: there will be no questions.
    Failed,
    /// The request began an interview of another kind.
    Conflict,
    Begun(Box<Begun>),
}

/// An interview that this request began, now or before.
struct Begun {
    interview: Interview,
    questions: Vec<appraisal::Question>,
    /// Those that were active before and are paused now.
    paused: Vec<Interview>,
}

impl Analyses {
    /// Begins an interview and answers; one that is active about the same analysis is paused.
    pub(crate) fn start_interview(self: &Arc<Self>, begin: Begin, asked: Asked) {
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => return asked.reply(self, &unstored(&refused.into())),
        };
        let Begin { analysis_id, session_type } = begin;
        let (user, request_id) = (Arc::clone(&asked.user), asked.request_id.clone());
        let (id, now) = (message_id(), self.hub.clock().wall());
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            let fresh =
                || Interview::start(id.clone(), (&user, analysis_id.as_str()), session_type, now);
            begin_in(tx, fresh, request_id.as_deref(), now)
        };
        let analyses = Arc::clone(self);
        place.write(apply, move |outcome| match outcome {
            Ok(outcome) => analyses.started(outcome, asked),
            Err(error) => asked.reply(&analyses, &unstored(&error)),
        });
    }

    /// The commit returned.
    fn started(&self, outcome: Outcome, asked: Asked) {
        let Begun { interview, questions, paused } = match outcome {
            Outcome::Begun(begun) => *begun,
            Outcome::NotFound => {
                let refusal = Refusal::new(Code::AnalysisNotFound, "Analysis not found");
                return asked.reply(self, &refusal);
            }
            Outcome::NotReady => {
                let message = "The questions of this analysis are not there yet";
                return asked.reply(self, &Refusal::new(Code::AnalysisNotReady, message));
            }
            Outcome::Failed => {
                let message = "The analysis failed, and has no questions";
                let refusal = Refusal::new(Code::AnalysisNotReady, message);
                return asked.reply(self, &Refusal { retryable: false, ..refusal });
            }
            Outcome::Conflict => {
                let problem = "was used for another message of yours";
                return asked.reply(self, &Refusal::invalid("requestId", problem));
            }
        };
        for other in &paused {
            self.interviews.end(&other.id);
        }
        if interview.phase == Phase::Active {
            self.hears_of(&interview, &asked);
        }
        let request_id = asked.request_id.clone();
        asked.resume(move |visit, context| {
            visit.attached(&interview);
            let Some(first) = questions.first() else { return };
            let event = InterviewStarted {
                session_id: &interview.id,
                analysis_id: &interview.analysis_id,
                first_question: AskedQuestion::from(first),
                total_questions: questions.len(),
            };
            super::reply(&event, request_id.as_deref(), context);
        });
    }
}

fn begin_in(
    db: &Connection,
    fresh: impl Fn() -> Interview,
    request_id: Option<&str>,
    now: Timestamp,
) -> Result<Outcome> {
    let interview = fresh();
    let (user, analysis) = (&*interview.user_id, &*interview.analysis_id);
    let Some(row) = owned(db, analysis, user)? else { return Ok(Outcome::NotFound) };
    let questions = stages::questions(db, analysis)?.filter(|questions| !questions.is_empty());
    let Some(questions) = questions else {
        let has_failed = row.status == Status::Failed;
        return Ok(if has_failed { Outcome::Failed } else { Outcome::NotReady });
    };
    let begun = match request_id {
        Some(request_id) => interviews::begun_by(db, (user, analysis), request_id)?,
        None => None,
    };
    if let Some(mut begun) = begun {
        if begun.session_type != interview.session_type {
            return Ok(Outcome::Conflict);
        }
        // Sent again after a drop: its events go to the connection that asks now.
        if begun.phase == Phase::Active && begun.resume(now).is_ok() {
            interviews::update(db, &begun)?;
        }
        let begun = Begun { interview: begun, questions, paused: Vec::new() };
        return Ok(Outcome::Begun(Box::new(begun)));
    }
    let paused = pause_active(db, analysis, None, now)?;
    interviews::insert(db, &interview, request_id)?;
    Ok(Outcome::Begun(Box::new(Begun { interview, questions, paused })))
}

/// Pauses what is active about the analysis, but for `except`.
pub(super) fn pause_active(
    db: &Connection,
    analysis: &str,
    except: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Interview>> {
    let mut paused = Vec::new();
    for mut interview in interviews::active(db, Some(analysis))? {
        if except != Some(&*interview.id) && interview.pause(now).is_ok() {
            interviews::update(db, &interview)?;
            paused.push(interview);
        }
    }
    Ok(paused)
}
