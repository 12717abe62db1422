//! The application as the server sees it: started once, asked for a connection's session.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::{RateLimiter, Revocations, Tokens};
use axum::Router;
use conversations::{Conversations, RoomRef, Side};
use hub::{Announce, Hub};
use storage::Store;
use tokio::runtime::Handle;

use crate::catalogue::{Catalogue, CatalogueStats};
use crate::integrations::{Entered, Integrations, Opening};
use crate::mail::{Mail, MailStats, Silent};
use crate::matching::{Matcher, MatcherStats};
use crate::messages::Wire;
use crate::register::{Register, RegisterStats};
use crate::rooms::Seated;
use crate::session::Visit;
use crate::{http, integrations};

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
    /// Whose tokens are believed no more.
    pub revocations: Arc<Revocations>,
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
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) token_life: Duration,
    pub(crate) limits: Limits,
    pub(crate) rooms: RoomPolicy,
    pub(crate) integrations: Arc<Integrations>,
    pub(crate) runtime: Handle,
    pub(crate) mail: Arc<Mail>,
    pub(crate) matcher: Arc<Matcher>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) register: Arc<Register>,
    /// Which rooms everybody's connections are in.
    pub(crate) seated: Seated,
    pub(crate) announce: Arc<dyn Announce>,
    /// Messages of each conversation in the last minute.
    pub(crate) broadcasts: RateLimiter<RoomRef>,
}

/// What became of everything since the start.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// Of deals.
    pub catalogue: CatalogueStats,
    /// Of deals and subscriptions.
    pub matching: MatcherStats,
    /// Of people's mail.
    pub mail: MailStats,
    /// Of the tables of connections.
    pub register: RegisterStats,
    /// Of calls to handlers.
    pub integrations: integrations::Stats,
}

impl Deals {
    /// Starts the application: from now on messages in rooms have its form, and deals are matched.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts { store, hub, conversations, integrations, runtime, .. } = parts;
        let mail = Mail::start(store.clone(), Arc::clone(&hub), &runtime);
        let register = Register::start(store.clone(), Arc::clone(hub.clock()), &runtime);
        let matcher = Matcher::start(Arc::clone(&hub));
        let matched = Arc::clone(&matcher);
        let catalogue = Catalogue::start(store.clone(), &hub, matched, Arc::clone(&mail), &runtime);
        conversations.set_form(Side::Room, Arc::new(Wire));
        Arc::new(Self {
            matcher,
            catalogue,
            store,
            hub,
            conversations,
            tokens: parts.tokens,
            revocations: parts.revocations,
            token_life: parts.token_life,
            limits: parts.limits,
            rooms: parts.rooms,
            integrations,
            runtime,
            mail,
            register,
            seated: Seated::default(),
            announce: Arc::new(Silent),
            broadcasts: RateLimiter::default(),
        })
    }

    /// The session of a new connection; the route `$connect`, where there is one, was asked before and
    /// gave `entered`.
    #[must_use]
    pub fn session(
        self: &Arc<Self>,
        opening: Arc<Opening>,
        entered: Option<Entered>,
    ) -> Box<dyn hub::Session> {
        Box::new(Visit::new(Arc::clone(self), opening, entered))
    }

    /// Everything of this protocol that is not a WebSocket; the server leaves a [`web::Caller`] in each
    /// request's extensions.
    pub fn routes(self: &Arc<Self>) -> Router {
        http::rooms::routes(Arc::clone(self))
            .merge(http::deals::routes(&self.catalogue))
            .merge(http::alerts::routes(&self.catalogue))
            .merge(http::notifications::routes(Arc::clone(&self.mail)))
            .merge(http::tasks::routes(Arc::clone(&self.mail)))
    }

    /// What became of everything since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            catalogue: self.catalogue.stats(),
            matching: self.matcher.stats(),
            mail: self.mail.stats(),
            register: self.register.stats(),
            integrations: self.integrations.stats(),
        }
    }
}
