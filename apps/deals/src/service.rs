//! The application as the server sees it: started once, asked for a connection's session.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::Tokens;
use axum::Router;
use conversations::Conversations;
use hub::Hub;
use storage::Store;
use tokio::runtime::Handle;

use crate::integrations::{Integrations, Opening};
use crate::session::Visit;

/// What the application needs.
pub struct Parts {
    /// The store, opened with this crate's [`crate::MIGRATIONS`] and those of `conversations`.
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The stored messages.
    pub conversations: Arc<Conversations>,
    /// Who signs fresh tokens.
    pub tokens: Arc<Tokens>,
    /// How long a fresh token lives.
    pub token_life: Duration,
    /// What connections and rooms are held to.
    pub limits: Limits,
    /// Who may join a room.
    pub rooms: RoomPolicy,
    /// The routes that are handled elsewhere.
    pub integrations: Arc<Integrations>,
    /// Where everything that waits is done.
    pub runtime: Handle,
}

/// What connections and rooms are held to; `None` is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one connection in any minute.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Stored messages of one room, or of two people with each other, in any minute.
    pub broadcasts_per_minute: Option<NonZeroU32>,
}

/// Who may join a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoomPolicy {
    /// Everybody.
    #[default]
    Open,
    /// Whoever was invited; a room that nobody was in yet is its first one's.
    Invited,
}

/// All deals of this server, and what people say about them.
pub struct Deals {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) conversations: Arc<Conversations>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) token_life: Duration,
    pub(crate) limits: Limits,
    pub(crate) rooms: RoomPolicy,
    pub(crate) integrations: Arc<Integrations>,
}

impl Deals {
    /// Starts the application.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, conversations, tokens, token_life, limits, rooms, .. } = parts;
        let integrations = parts.integrations;
        Arc::new(Self {
            store,
            hub,
            conversations,
            tokens,
            token_life,
            limits,
            rooms,
            integrations,
        })
    }

    /// The session of a new connection; the route `$connect` was asked before.
    #[must_use]
    pub fn session(self: &Arc<Self>, opening: Arc<Opening>) -> Box<dyn hub::Session> {
        Box::new(Visit::new(Arc::clone(self), opening))
    }

    /// Everything of this protocol that is not a WebSocket; the server leaves a [`web::Caller`] in each
    /// request's extensions.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
    }
}
