//! A session's worker: takes one question after the other and has it answered.

use std::sync::Arc;
use std::time::Duration;

use hub::Delivery;
use model::message_id;
use tokio::time::sleep;

use super::Answers;
use super::desks::Question;
use super::draft::Draft;
use super::reading::Reading;
use super::stop::{Stop, Why};
use crate::agents::{AgentError, Brief};
use crate::protocol::{AgentDelta, AgentTyping};

/// How often it is told that an agent works, for those who came meanwhile.
const TYPING_EVERY: Duration = Duration::from_secs(3);

/// How an answer ended.
pub(super) enum End {
    /// The agent said all it had to say.
    Said(String),
    /// Somebody cancelled it; what was said so far, unless it is blank.
    Cancelled(Option<String>),
    /// The agent failed, or said nothing.
    Failed,
    /// The server stops.
    Draining,
}

/// An answer that ended.
pub(super) struct Answer {
    /// The id its drafts were told under.
    pub(super) id: String,
    /// The agent.
    pub(super) agent: &'static str,
    /// How it ended.
    pub(super) end: End,
}

impl Answer {
    /// One that was stopped before it began.
    fn stopped(why: Why) -> Self {
        let end = match why {
            Why::Cancelled => End::Cancelled(None),
            Why::Draining => End::Draining,
        };
        Self { id: message_id(), agent: "", end }
    }
}

/// Gives a worker's desk up where the worker did not end in good order.
struct Desk<'a> {
    answers: &'a Answers,
    session: &'a str,
    is_open: bool,
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.answers.desks().close(self.session);
        }
        self.answers.worker_ended.notify_waiters();
    }
}

impl Answers {
    /// Answers the session's questions until none waits.
    pub(super) async fn work(self: Arc<Self>, session: Arc<str>) {
        let mut desk = Desk { answers: &self, session: &session, is_open: true };
        loop {
            let next = self.desks().next(&session);
            let Some((question, stop)) = next else { break };
            self.answer(&session, &question, &stop).await;
        }
        desk.is_open = false;
    }

    async fn answer(self: &Arc<Self>, session: &Arc<str>, question: &Question, stop: &Stop) {
        let place = tokio::select! {
            biased;
            why = stop.stopped() => Err(why),
            place = self.places.acquire() => Ok(place),
        };
        if let Err(why) = place {
            return self.conclude(session, question, Answer::stopped(why)).await;
        }
        match self.read(session, question).await {
            Ok(Reading::Ask(brief)) => {
                let answer = self.ask(session, *brief, stop).await;
                self.conclude(session, question, answer).await;
            }
            Ok(Reading::Nothing) => self.settle_behind(session, &question.message_id),
            Err(error) => {
                tracing::warn!(%error, %session, "a question could not be read");
                self.fail(session, question).await;
            }
        }
    }

    /// Has the agent answer, telling that it works and, where a model streams, what it says.
    async fn ask(&self, session: &Arc<str>, brief: Brief, stop: &Stop) -> Answer {
        let (id, agent) = (message_id(), brief.agent.as_str());
        let mut draft = Draft::default();
        let is_told = self.parts.agents.is_streaming();
        let sink = |piece: &str| {
            if let Some((index, delta)) = draft.add(piece)
                && is_told
            {
                self.tell(session, &AgentDelta { id: &id, delta, index });
            }
        };
        let outcome = self.run(session, brief, sink, stop).await;
        let text = draft.into_text();
        let end = match (outcome, text) {
            (Ok(Ok(())), Some(text)) => End::Said(text),
            (Ok(Ok(())), None) => {
                tracing::warn!(%session, agent, "an agent said nothing");
                End::Failed
            }
            (Ok(Err(error)), _) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, %session, agent, "an agent failed");
                End::Failed
            }
            (Err(Why::Cancelled), text) => End::Cancelled(text),
            (Err(Why::Draining), _) => End::Draining,
        };
        Answer { id, agent, end }
    }

    async fn run(
        &self,
        session: &Arc<str>,
        brief: Brief,
        sink: impl FnMut(&str) + Send,
        stop: &Stop,
    ) -> Result<Result<(), AgentError>, Why> {
        let agent: Arc<str> = brief.agent.as_str().into();
        let mut answer = Box::pin(self.parts.agents.answer(brief, sink));
        loop {
            if stop.why().is_none() {
                self.tell_typing(session, &agent);
            }
            tokio::select! {
                biased;
                why = stop.stopped() => return Err(why),
                outcome = &mut answer => return Ok(outcome),
                () = sleep(TYPING_EVERY) => {}
            }
        }
    }

    fn tell_typing(&self, session: &Arc<str>, agent: &Arc<str>) {
        let text = self.text(session, &AgentTyping { agent_id: agent });
        let delivery = Delivery::passing(text).replaced_by_newer("agent_typing", agent);
        self.publish(session, delivery);
    }
}
