//! How an answer ends: stored together with the end of its question, then told.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use conversations::{Author, PostError, Posting};
use storage::Lane;
use tokio::sync::oneshot;

use super::desks::Question;
use super::work::{Answer, End};
use super::{Answers, room};
use crate::protocol::{Code, Notice, Refusal, System};
use crate::store;

/// How often an answer is offered to a store that is busy or full.
const OFFERS_MAX: u32 = 5;
/// How long it waits between.
const OFFER_EVERY: Duration = Duration::from_secs(1);

impl Answers {
    /// Stores what was said and settles the question; tells the session what it is to know.
    pub(super) async fn conclude(
        self: &Arc<Self>,
        session: &Arc<str>,
        question: &Question,
        answer: Answer,
    ) {
        let Answer { id, agent, end } = answer;
        match end {
            End::Said(text) => {
                self.say(session, question, agent, &id, text).await;
            }
            End::Cancelled(Some(text)) => {
                self.say(session, question, agent, &id, text).await;
                self.tell_cancelled(session);
            }
            End::Cancelled(None) => {
                self.settle(session, question).await;
                self.tell_cancelled(session);
            }
            End::Failed => self.fail(session, question).await,
            End::Draining => {}
        }
    }

    /// The agent gives no answer: everybody hears of it, and the question is settled.
    pub(super) async fn fail(&self, session: &Arc<str>, question: &Question) {
        self.counts.failed.fetch_add(1, Relaxed);
        self.settle(session, question).await;
        self.tell(session, &Refusal::new(Code::AgentFailed, "Agent failed to respond"));
    }

    async fn say(
        self: &Arc<Self>,
        session: &Arc<str>,
        question: &Question,
        agent: &'static str,
        id: &str,
        text: String,
    ) {
        let content: Arc<str> = text.into();
        for offer in 1..=OFFERS_MAX {
            match self.post(session, question, agent, id, &content).await {
                Ok(()) => return,
                Err(PostError::Busy | PostError::StorageFull) if offer < OFFERS_MAX => {
                    tokio::time::sleep(OFFER_EVERY).await;
                }
                Err(error) => {
                    tracing::warn!(%error, %session, "an answer could not be stored");
                    break;
                }
            }
        }
        self.fail(session, question).await;
    }

    /// Stores the answer; ready once it was told as well, so that nothing told later overtakes it.
    async fn post(
        self: &Arc<Self>,
        session: &Arc<str>,
        question: &Question,
        agent: &'static str,
        id: &str,
        content: &Arc<str>,
    ) -> Result<(), PostError> {
        let (session_id, message_id) = (Arc::clone(session), Arc::clone(&question.message_id));
        let author = Author::Agent { id: agent.into() };
        let posting = Posting {
            id: Some(id.to_owned()),
            extra: Some(Box::new(move |tx, _| store::settle(tx, &session_id, &message_id))),
            ..Posting::new(room(session), author, Arc::clone(content))
        };
        let (failed, outcome) = oneshot::channel();
        let answers = Arc::clone(self);
        self.parts.conversations.post(posting, move |posted| match posted {
            Ok(_) => {
                answers.counts.answered.fetch_add(1, Relaxed);
                Some(failed) // Dropped once the session was told.
            }
            Err(error) => {
                let _gone = failed.send(error);
                None
            }
        });
        outcome.await.map_or(Ok(()), Err)
    }

    async fn settle(&self, session: &Arc<str>, question: &Question) {
        let (session_id, message_id) = (Arc::clone(session), Arc::clone(&question.message_id));
        let apply = move |tx: &storage::rusqlite::Transaction<'_>| {
            store::settle(tx, &session_id, &message_id)
        };
        if let Err(error) = self.parts.store.commit(Lane::Interactive, apply).await {
            tracing::warn!(%error, %session, "a question stays open");
        }
    }

    fn tell_cancelled(&self, session: &Arc<str>) {
        self.counts.cancelled.fetch_add(1, Relaxed);
        let message = "The agent's answer was cancelled";
        self.tell(session, &System { code: Notice::AgentCancelled, message });
    }
}
