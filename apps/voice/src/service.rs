//! The application as the server sees it: started once, asked for a connection's conversation.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use access::{Leases, RefusedTokens, Tokens};
use hub::Hub;
use intelligence::speech::Speech;
use model::{ConnectionId, Identity, Name};
use socketio::Client;
use storage::{CommitError, Lane, Store};
use tokio::runtime::Handle;

use crate::listening::{self, Listening, ListeningStats};
use crate::protocol::{Code, Refusal};
use crate::room::Room;
use crate::rooms::Rooms;
use crate::session::{Door, Handshake};
use crate::store::{self, Attendee, Entered};
use crate::suggesting::{Suggester, Suggesting, SuggestionStats};
use crate::sweep;

/// The application's name, in limits and in the list of connections.
pub(crate) const APPLICATION: &str = "voice";

/// What the application needs.
pub struct Parts {
    /// The store, opened with this crate's [`crate::MIGRATIONS`].
    pub store: Store,
    /// The hub.
    pub hub: Arc<Hub>,
    /// Who verifies the tokens that do not come in the handshake.
    pub tokens: Arc<Tokens>,
    /// Who counts the connections of each person.
    pub leases: Arc<Leases>,
    /// Who counts the tokens that were refused.
    pub refused_tokens: Arc<RefusedTokens>,
    /// What connections are held to.
    pub limits: Limits,
    /// Who suggests answers.
    pub suggester: Suggester,
    /// Who turns speech into text.
    pub speech: Arc<Speech>,
    /// Where keys are waited for, and where sessions are swept.
    pub runtime: Handle,
}

/// What connections are held to; `None` is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events of one connection in any minute, audio left out.
    pub messages_per_minute: Option<NonZeroU32>,
    /// Connections one person may have.
    pub max_connections_per_user: Option<NonZeroU32>,
    /// Refused tokens of a client address in any minute.
    pub refused_tokens_per_minute: Option<NonZeroU32>,
    /// Bytes of one event with what is attached to it.
    pub packet_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_minute: None,
            max_connections_per_user: None,
            refused_tokens_per_minute: None,
            packet_bytes_max: 1024 * 1024,
        }
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sessions in memory.
    pub rooms: usize,
    /// Sessions that ended.
    pub ended: u64,
    /// Chunks of audio that were told on.
    pub chunks: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Of suggestions.
    pub suggestions: SuggestionStats,
    /// Of what is transcribed.
    pub listening: ListeningStats,
}

/// What happened so far.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) ended: AtomicU64,
    pub(crate) chunks: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// All voice sessions of this server.
pub struct Voice {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) refused_tokens: Arc<RefusedTokens>,
    pub(crate) limits: Limits,
    pub(crate) runtime: Handle,
    pub(crate) rooms: Rooms,
    pub(crate) counts: Counts,
    pub(crate) suggesting: Arc<Suggesting>,
    pub(crate) listening: Listening,
}

impl Voice {
    /// Starts the application; sessions are swept from now on, until it is dropped.
    #[must_use]
    pub fn start(parts: Parts) -> Arc<Self> {
        let Parts {
            store,
            hub,
            tokens,
            leases,
            refused_tokens,
            limits,
            suggester,
            speech,
            runtime,
        } = parts;
        let rooms = Rooms::new(Arc::clone(&hub));
        let suggesting = Suggesting::new(suggester, store.clone(), &hub, runtime.clone());
        let listening = Listening::start(listening::Parts {
            speech,
            suggesting: Arc::clone(&suggesting),
            store: store.clone(),
            hub: Arc::clone(&hub),
            runtime: runtime.clone(),
        });
        let counts = Counts::default();
        let voice = Arc::new(Self {
            store,
            hub,
            tokens,
            leases,
            refused_tokens,
            limits,
            runtime,
            rooms,
            suggesting,
            listening,
            counts,
        });
        voice.runtime.spawn(sweep::keep_sweeping(Arc::downgrade(&voice)));
        voice
    }

    /// The conversation of a new connection whose handshake brought that token.
    #[must_use]
    pub fn session(self: &Arc<Self>, handshake: Handshake) -> Box<dyn hub::Session> {
        let packet_bytes_max = self.limits.packet_bytes_max;
        let limits = socketio::Limits { packet_bytes_max, ..socketio::Limits::default() };
        Box::new(Client::new(Door::new(Arc::clone(self), handshake), limits))
    }

    /// What is going on.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Counts { ended, chunks, bytes } = &self.counts;
        Stats {
            rooms: self.rooms.count(),
            ended: ended.load(Relaxed),
            chunks: chunks.load(Relaxed),
            bytes: bytes.load(Relaxed),
            suggestions: self.suggesting.stats(),
            listening: self.listening.stats(),
        }
    }

    /// Nothing more is listened to; what was said gets `within` to be transcribed and stored.
    pub async fn drain(&self, within: Duration) {
        self.listening.drain(within).await;
    }

    /// The session, if somebody is in it or was a moment ago.
    #[must_use]
    pub fn room(&self, id: &str) -> Option<Arc<Room>> {
        self.rooms.get(id)
    }

    /// Who suggests what could be answered.
    #[must_use]
    pub fn suggesting(&self) -> &Arc<Suggesting> {
        &self.suggesting
    }

    /// `identity` joins a session, which is made where there is none; `joined` is told its room, or why not.
    /// It is called at once where the store has no place, else on the committer's thread, so that a session
    /// which ends later finds the room.
    pub(crate) fn join(
        self: &Arc<Self>,
        session_id: &Name,
        identity: &Identity,
        joined: impl FnOnce(Result<Arc<Room>, Refusal>) + Send + 'static,
    ) {
        let voice = Arc::clone(self);
        let (id, now) = (session_id.as_str().to_owned(), self.hub.clock().wall());
        let attendee = Attendee {
            user_id: identity.user_id.to_string(),
            username: identity.username.to_string(),
        };
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => return joined(Err(unstored(&refused.into()))),
        };
        place.write(
            move |tx| store::enter(tx, &id, &attendee, now),
            move |outcome| joined(voice.entered(outcome)),
        );
    }

    fn entered(&self, outcome: Result<Entered, CommitError>) -> Result<Arc<Room>, Refusal> {
        match outcome.map_err(|error| unstored(&error))? {
            Entered::Yes(row) => self.rooms.open(&row).ok_or_else(|| {
                Refusal::new(Code::Unavailable, "Too many sessions are going on; try again later")
            }),
            Entered::No => Err(Refusal::session_not_found()),
            Entered::TooMany => {
                let message = "You have as many open sessions as one may have";
                Err(Refusal::new(Code::RateLimitExceeded, message))
            }
            Entered::Full => Err(Refusal::new(Code::Unavailable, "The session is full")),
        }
    }

    /// The session is over for good; `ended` is called once that is stored and everybody was told of it, or
    /// with why not.
    pub(crate) fn end(
        self: &Arc<Self>,
        room: &Room,
        user_id: &Arc<str>,
        message: Option<Box<str>>,
        ended: impl FnOnce(Result<(), Refusal>) + Send + 'static,
    ) {
        let (voice, id, user) = (Arc::clone(self), Arc::clone(room.id()), Arc::clone(user_id));
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => return ended(Err(unstored(&refused.into()))),
        };
        let (stored, now) = (Arc::clone(&id), self.hub.clock().wall());
        place.write(
            move |tx| store::end(tx, &stored, now),
            move |outcome| {
                let outcome = outcome.map_err(|error| unstored(&error));
                if let Ok(is_new) = &outcome {
                    voice.counts.ended.fetch_add(u64::from(*is_new), Relaxed);
                    voice.rooms.end(&id, Some(&user), message.as_deref(), &voice.runtime);
                    voice.listening.ended(&id);
                }
                ended(outcome.map(|_| ()));
            },
        );
    }

    /// Forgets a session that nobody is in and nothing uses. When anybody in it last did something is
    /// stored, unless the store has no place for that now.
    pub(crate) fn forget(&self, room: Arc<Room>) {
        let Some((id, at)) = self.rooms.forget(room) else { return };
        if let Ok(place) = self.store.reserve(Lane::Bulk) {
            place.write(move |tx| store::set_activity(tx, &id, at), |_stored| ());
        }
    }

    /// Stores what a session is doing, for when it comes back into memory; unless the store has no place for
    /// that now. Whoever joins later finds it, for a join is a row of the same lane.
    pub(crate) fn keep_status(&self, room: &Room) {
        if let Ok(place) = self.store.reserve(Lane::Interactive) {
            let (id, status) = (Arc::clone(room.id()), room.status());
            place.write(move |tx| store::set_status(tx, &id, status), |_stored| ());
        }
    }

    /// A chunk of audio is told on.
    pub(crate) fn count_chunk(&self, bytes: usize) {
        self.counts.chunks.fetch_add(1, Relaxed);
        self.counts.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Leaves a line in the log of refusals.
    pub(crate) fn note_refusal(&self, reason: &str, user: Option<&str>, connection: ConnectionId) {
        let known = self.hub.connections().get(connection);
        let address = known.map(|known| tracing::field::display(known.source_ip));
        tracing::warn!(target: "security", user, address, reason, %connection, "message refused");
    }
}

/// The refusal for what was not stored.
pub(crate) fn unstored(error: &CommitError) -> Refusal {
    match error {
        CommitError::Busy => Refusal::new(Code::Unavailable, "The store is busy; try again"),
        CommitError::StorageFull => {
            Refusal::new(Code::Unavailable, "The store is full; try again later")
        }
        CommitError::Closed => Refusal::new(Code::Unavailable, "The server stops"),
        error => {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "a row of a voice session was not stored");
            Refusal::new(Code::InternalError, "Something went wrong")
        }
    }
}
