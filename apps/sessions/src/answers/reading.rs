//! What an agent is given to read before it answers.
//!
//! A question that waited is older than the answers given meanwhile: they are read too, so that an
//! agent knows what it said a moment ago. What people said meanwhile waits for its own turn.
//!
//! **Bounds.** At most [`HISTORY_MAX`] messages before the question, or 256 KiB of them; answers
//! among the [`PAGES_MAX`] such pages after it; of an agent that must not repeat itself its own
//! answers among the last [`PAGES_MAX`] pages before it.

use std::sync::Arc;

use conversations::{Anchor, Author, HistoryPage, Message, PageAsk, ReadError};
use storage::rusqlite;

use super::desks::Question;
use super::{Answers, room};
use crate::agents::{AgentId, Brief, Turn};
use crate::store;

/// Messages before the question that an agent gets.
const HISTORY_MAX: usize = 200;
/// Pages of that size that are read for answers, before the question and after it.
const PAGES_MAX: usize = 10;

/// What there is to answer.
pub(super) enum Reading {
    /// This.
    Ask(Box<Brief>),
    /// Nothing: it was answered meanwhile, or the message is gone.
    Nothing,
}

/// What the session's own tables say.
struct Known {
    kind: String,
    instructions: Option<String>,
    is_open: bool,
}

impl Answers {
    /// Reads the question, what was said before, and the sender's instructions.
    pub(super) async fn read(
        &self,
        session: &Arc<str>,
        question: &Question,
    ) -> Result<Reading, ReadError> {
        let before = self.before(session, &question.message_id).await?;
        let Some((message, since)) = self.message(session, question, &before).await? else {
            return Ok(Reading::Nothing);
        };
        let Author::User { id: author, .. } = &message.author else { return Ok(Reading::Nothing) };
        let Some(known) = self.known(session, question, author).await? else {
            return Ok(Reading::Nothing);
        };
        if question.is_found && !known.is_open {
            return Ok(Reading::Nothing);
        }
        let agent = AgentId::of_session_type(&known.kind);
        let mut asked_before = self.said_by(session, agent, &before).await?;
        asked_before.extend(said_in(&since, agent));
        Ok(Reading::Ask(Box::new(Brief {
            agent,
            question: turn(&message),
            history: before.messages.iter().chain(&since).map(|message| turn(message)).collect(),
            instructions: known.instructions,
            asked_before,
        })))
    }

    async fn before(&self, session: &Arc<str>, id: &str) -> Result<HistoryPage, ReadError> {
        let anchor = Anchor::Id(id.into());
        self.page(session, PageAsk::Before { anchor, limit: HISTORY_MAX }).await
    }

    /// The message itself, the one right after those before it, and what agents said since.
    async fn message(
        &self,
        session: &Arc<str>,
        question: &Question,
        before: &HistoryPage,
    ) -> Result<Option<(Arc<Message>, Vec<Arc<Message>>)>, ReadError> {
        let first = match before.messages.last() {
            Some(last) => after(last),
            None => PageAsk::Oldest { limit: HISTORY_MAX },
        };
        let mut page = self.page(session, first).await?;
        let mut messages = std::mem::take(&mut page.messages).into_iter();
        let Some(message) = messages.next().filter(|it| it.id == question.message_id) else {
            return Ok(None);
        };
        let mut last = messages.as_slice().last().unwrap_or(&message).clone();
        let mut since: Vec<Arc<Message>> = messages.filter(|it| it.author.is_agent()).collect();
        for _ in 1..PAGES_MAX {
            if last.seq >= page.last_seq {
                break;
            }
            page = self.page(session, after(&last)).await?;
            let Some(newest) = page.messages.last() else { break };
            last = Arc::clone(newest);
            since.extend(page.messages.drain(..).filter(|it| it.author.is_agent()));
        }
        Ok(Some((message, since)))
    }

    async fn known(
        &self,
        session: &Arc<str>,
        question: &Question,
        author: &Arc<str>,
    ) -> Result<Option<Known>, ReadError> {
        let (session, author) = (Arc::clone(session), Arc::clone(author));
        let Question { message_id, project_id, .. } = question.clone();
        let read = move |db: &rusqlite::Connection| {
            let Some(row) = store::find(db, &session)? else { return Ok(None) };
            let project = project_id.as_deref().or(row.project_id.as_deref());
            let instructions = store::instructions_for(db, &author, project)?;
            let is_open = store::is_asked(db, &session, &message_id)?;
            Ok(Some(Known { kind: row.kind, instructions, is_open }))
        };
        self.parts.store.read(read).await
    }

    /// What the agent said earlier in the session, oldest first, where that matters to it.
    async fn said_by(
        &self,
        session: &Arc<str>,
        agent: AgentId,
        newest: &HistoryPage,
    ) -> Result<Vec<String>, ReadError> {
        if agent != AgentId::Socratic {
            return Ok(Vec::new());
        }
        let mut pages = vec![said_in(&newest.messages, agent)];
        let mut first = newest.messages.first().filter(|_| newest.has_more).cloned();
        while let Some(oldest) = first.filter(|_| pages.len() < PAGES_MAX) {
            let anchor = Anchor::Seq(oldest.seq);
            let page = self.page(session, PageAsk::Before { anchor, limit: HISTORY_MAX }).await?;
            pages.push(said_in(&page.messages, agent));
            first = page.messages.first().filter(|_| page.has_more).cloned();
        }
        Ok(pages.into_iter().rev().flatten().collect())
    }

    async fn page(&self, session: &Arc<str>, ask: PageAsk) -> Result<HistoryPage, ReadError> {
        let (told, answer) = tokio::sync::oneshot::channel();
        let done = move |page| {
            let _gone = told.send(page);
        };
        self.parts.conversations.page(&room(session), ask, done)?;
        answer.await.unwrap_or(Err(ReadError::Panicked))
    }
}

/// Asks for what follows a message.
fn after(message: &Message) -> PageAsk {
    PageAsk::After { anchor: Anchor::Seq(message.seq), epoch: None, limit: HISTORY_MAX }
}

fn said_in(messages: &[Arc<Message>], agent: AgentId) -> Vec<String> {
    let said = messages.iter().filter(|message| match &message.author {
        Author::Agent { id } => **id == *agent.as_str(),
        Author::User { .. } => false,
    });
    said.map(|message| message.content.to_string()).collect()
}

fn turn(message: &Message) -> Turn {
    Turn {
        author: message.author.name().to_string(),
        is_agent: message.author.is_agent(),
        content: message.content.to_string(),
    }
}
