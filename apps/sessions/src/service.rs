//! The application as the server sees it: started once, asked for a connection's session, drained.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::RateLimiter;
use conversations::{Conversations, Side};
use hub::{Announce, Hub};
use model::Identity;
use storage::Store;
use storage::rusqlite::{Connection, Result};
use tokio::runtime::Handle;

use crate::agents::Agents;
use crate::announce::Comings;
use crate::answers::{self, AnswerStats, Answers};
use crate::form::Wire;
use crate::session::Visit;
use crate::store::{self, SessionRow};

/// What the application needs.
pub struct Parts {
    /// The store, opened with this crate's [`crate::MIGRATIONS`] and those of `conversations`.
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The stored messages.
    pub conversations: Arc<Conversations>,
    /// Who answers.
    pub agents: Agents,
    /// What connections and sessions are held to.
    pub limits: Limits,
    /// Where agents work.
    pub runtime: Handle,
}

/// What connections and sessions are held to; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one connection in any minute, typing left out.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Stored messages of one session in any minute.
    pub broadcasts_per_minute: Option<NonZeroU32>,
}

/// All sessions of this server.
pub struct Sessions {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) conversations: Arc<Conversations>,
    pub(crate) limits: Limits,
    pub(crate) announce: Arc<dyn Announce>,
    pub(crate) answers: Arc<Answers>,
    pub(crate) broadcasts: RateLimiter<Arc<str>>,
}

impl Sessions {
    /// Starts the application: from now on messages of sessions have its form, and wake its agents.
    /// Blocks on one read where sessions are bridged.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, conversations, agents, limits, runtime } = parts;
        let answers = Answers::new(answers::Parts {
            store: store.clone(),
            hub: Arc::clone(&hub),
            conversations: Arc::clone(&conversations),
            agents,
            runtime,
        });
        conversations.set_form(Side::Session, Arc::new(Wire::new(&answers)));
        answers.resume_bridged();
        let announce = Arc::new(Comings::new(Arc::clone(hub.clock())));
        let broadcasts = RateLimiter::default();
        Arc::new(Self { store, hub, conversations, limits, announce, answers, broadcasts })
    }

    /// The session of a new connection of `identity`'s to the session of this id, which need not
    /// exist: its messages are answered accordingly.
    #[must_use]
    pub fn session(
        self: &Arc<Self>,
        identity: Arc<Identity>,
        session_id: &str,
    ) -> Box<dyn hub::Session> {
        Box::new(Visit::new(Arc::clone(self), identity, session_id.into()))
    }

    /// No further answer starts; running ones get `within`, then are stopped: their questions are
    /// asked again when their session is next joined.
    pub async fn drain(&self, within: Duration) {
        self.answers.drain(within).await;
    }

    /// What answers did so far and what waits.
    #[must_use]
    pub fn stats(&self) -> AnswerStats {
        self.answers.stats()
    }

    /// Who answers, for their own figures.
    #[must_use]
    pub fn agents(&self) -> &Agents {
        self.answers.agents()
    }
}

/// The session, if `user` may join and read it: its owner, its members and administrators may, and
/// anybody where it is open. To others it does not exist.
pub(crate) fn visible(db: &Connection, id: &str, user: &Identity) -> Result<Option<SessionRow>> {
    let Some(row) = store::find(db, id)? else { return Ok(None) };
    let may_enter = row.open || user.is_admin() || store::is_member(db, &row.id, &user.user_id)?;
    Ok(may_enter.then_some(row))
}
