//! The application as the server sees it: started once, asked for a connection's session.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::{Leases, RateLimiter, Tokens};
use conversations::{Conversations, Side};
use hub::{Announce, Hub};
use model::{ConnectionId, Identity};
use storage::Store;
use tokio::runtime::Handle;

use crate::analytics::{self, Analytics, Dashboard};
use crate::announce::Comings;
use crate::chat::{Chat, Typists, Wire};
use crate::collaboration::{Cursors, Documents, Editing, People};
use crate::entrance::Entrance;
use crate::yjs::{self, Pace, Writing, Yjs};

/// The application's name, in limits and in the list of connections.
pub(crate) const APPLICATION: &str = "learning";

/// What the application needs.
pub struct Parts {
    /// The store, opened with this crate's [`crate::MIGRATIONS`] and those of `conversations`.
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The stored messages.
    pub conversations: Arc<Conversations>,
    /// The figures of contexts.
    pub analytics: Arc<Analytics>,
    /// Who verifies the tokens that come by message.
    pub tokens: Arc<Tokens>,
    /// Who counts the connections that authenticate by message.
    pub leases: Arc<Leases>,
    /// What connections and contexts are held to.
    pub limits: Limits,
    /// Where keys are waited for, and where typing ends.
    pub runtime: Handle,
}

/// What connections and contexts are held to; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one connection in any minute; typing, cursors and edits left out.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Edits of one connection in any minute.
    pub edits_per_minute: Option<NonZeroU32>,
    /// Stored messages of one context in any minute.
    pub broadcasts_per_minute: Option<NonZeroU32>,
    /// Connections one person may have; asked here of those that authenticate by message.
    pub max_connections_per_user: Option<NonZeroU32>,
}

/// The class of this server.
pub struct Learning {
    pub(crate) hub: Arc<Hub>,
    pub(crate) conversations: Arc<Conversations>,
    pub(crate) analytics: Arc<Analytics>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) limits: Limits,
    pub(crate) runtime: Handle,
    pub(crate) announce: Arc<dyn Announce>,
    pub(crate) broadcasts: RateLimiter<Arc<str>>,
    pub(crate) typists: Arc<Typists>,
    pub(crate) documents: Arc<Documents>,
    pub(crate) people: Arc<People>,
    pub(crate) cursors: Arc<Cursors>,
    pub(crate) yjs: Arc<Yjs>,
}

/// What became of figures since the start, and how many documents are in memory.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// Of figures.
    pub figures: analytics::Stats,
    /// Documents in memory.
    pub documents: usize,
    /// Bytes of their texts.
    pub document_bytes: usize,
    /// Edits of texts that were stored since the start.
    pub document_edits: u64,
    /// Of Yjs documents, which [`Self::documents`] counts as well.
    pub yjs: yjs::Stats,
}

impl Learning {
    /// Starts the application: from now on messages of contexts have its form.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, conversations, analytics, tokens, leases, limits, runtime } = parts;
        conversations.set_form(Side::Chat, Arc::new(Wire));
        let typists = Typists::new(Arc::clone(&hub));
        runtime.spawn(Typists::watch(Arc::downgrade(&typists)));
        let documents = Documents::start(store.clone(), Arc::clone(&hub), runtime.clone());
        let people = People::new(Arc::clone(&documents), Arc::clone(hub.clock()));
        let cursors = Cursors::new(Arc::clone(&hub));
        runtime.spawn(Cursors::watch(Arc::downgrade(&cursors)));
        let pace = Pace { edits: limits.edits_per_minute, messages: limits.messages_per_minute };
        let yjs = Yjs::start(store, Arc::clone(&hub), runtime.clone(), pace);
        let announce = Arc::new(Comings::new(Arc::clone(hub.clock())));
        Arc::new(Self {
            hub,
            conversations,
            analytics,
            tokens,
            leases,
            limits,
            runtime,
            announce,
            broadcasts: RateLimiter::default(),
            typists,
            documents,
            people,
            cursors,
            yjs,
        })
    }

    /// The session of a new connection to the chat. Without an identity its first message must
    /// bring a token; with one it enters `context_id`, or the context `default`.
    #[must_use]
    pub fn chat(
        self: &Arc<Self>,
        identity: Option<Arc<Identity>>,
        context_id: Option<&str>,
    ) -> Box<dyn hub::Session> {
        Box::new(Entrance::new(Arc::clone(self), identity, context_id, Chat::default()))
    }

    /// The session of a new connection to the figures of a context; identity and context as in
    /// [`Self::chat`].
    #[must_use]
    pub fn analytics(
        self: &Arc<Self>,
        identity: Option<Arc<Identity>>,
        context_id: Option<&str>,
    ) -> Box<dyn hub::Session> {
        Box::new(Entrance::new(Arc::clone(self), identity, context_id, Dashboard::default()))
    }

    /// The session of a new connection to the documents; identity and context as in [`Self::chat`].
    #[must_use]
    pub fn collaboration(
        self: &Arc<Self>,
        identity: Option<Arc<Identity>>,
        context_id: Option<&str>,
    ) -> Box<dyn hub::Session> {
        let editing = Editing::new(self.limits.edits_per_minute);
        Box::new(Entrance::new(Arc::clone(self), identity, context_id, editing))
    }

    /// Stores what is stored behind what happens, in `within`; to be called at the end, before the store
    /// is closed.
    pub async fn take_leave(&self, within: Duration) {
        if tokio::time::timeout(within, self.analytics.write()).await.is_err() {
            tracing::warn!("the last seconds of figures were not written in time");
        }
    }

    /// Deletes edits of documents once they are older than `kept`, and older versions with them, until the
    /// future is dropped. The newest text of a document stays.
    pub async fn keep_edits_for(self: Arc<Self>, kept: Duration) {
        Arc::clone(&self.documents).keep_edits_for(kept).await;
    }

    /// What became of figures since the start, and how many documents are in memory.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let documents = self.documents.stats();
        Stats {
            figures: self.analytics.stats(),
            documents: documents.loaded,
            document_bytes: documents.bytes,
            document_edits: self.documents.edits_stored(),
            yjs: self.yjs.stats(),
        }
    }

    /// The session of a new connection of Yjs to the document `session_id`, which is made where there is
    /// none. Without an identity the connection ends at once: no message may bring a token. What is written
    /// counts in the figures of `context_id`, where there is one.
    #[must_use]
    pub fn yjs(
        self: &Arc<Self>,
        identity: Option<Arc<Identity>>,
        session_id: &str,
        context_id: Option<&str>,
    ) -> Box<dyn hub::Session> {
        Box::new(Writing::new(Arc::clone(self), identity, session_id, context_id))
    }

    /// Leaves a line in the log of refusals.
    pub(crate) fn note_refusal(&self, reason: &str, user: Option<&str>, connection: ConnectionId) {
        let known = self.hub.connections().get(connection);
        let address = known.map(|known| tracing::field::display(known.source_ip));
        tracing::warn!(target: "security", user, address, reason, %connection, "message refused");
    }
}
