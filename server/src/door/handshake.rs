//! WebSockets: who gets one, and on which terms.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use access::{Lease, TokenError, claimed_user};
use deals::integrations::Opening;
use http::header::{HeaderMap, USER_AGENT};
use http::request::Parts;
use hub::{Item, Session};
use model::{CloseReason, ConnectionId, Identity};
use transport::Admission;
use web::HttpError;

use super::closed::Closed;
use super::credential::{self, Query};
use super::endpoint::Endpoint;
use super::place::Place;
use super::{DealsHandshake, Inside, Visitor, too_many};

/// How long a user at the cap waits for a dead connection to give its place free: the two seconds
/// that the probed ones have to answer, and what it takes to end them.
const PLACE_WITHIN: Duration = Duration::from_millis(2_500);
/// Bytes that are kept of `User-Agent`.
const USER_AGENT_BYTES_MAX: usize = 256;

/// How a handshake ends.
enum Entry {
    /// The connection opens; without an identity it has to bring its token by message.
    Open(Option<Arc<Identity>>, Option<Lease>),
    /// It opens and is closed at once.
    Close(CloseReason),
}

impl Inside {
    /// Admits a WebSocket, if only to close it.
    ///
    /// # Errors
    /// What is answered instead of the handshake.
    pub(super) async fn admit(
        &self,
        head: &Parts,
        visitor: Visitor,
        connection: Option<ConnectionId>,
    ) -> Result<Box<Admission>, HttpError> {
        let Some(endpoint) = Endpoint::of(head.uri.path(), &self.places.stages) else {
            return Err(HttpError::not_found("NOT_FOUND", "There is no WebSocket at this address"));
        };
        let place = self.places.at(&endpoint);
        self.count_connect(&endpoint, place, visitor)?;
        let query = Query::of(&head.uri);
        let entry = self.enter(place, credential::of_handshake(&head.headers, &query), visitor);
        let (session, identity, lease, close) = match entry.await? {
            Entry::Open(identity, lease) => {
                let session = match (&endpoint, &identity, connection) {
                    (Endpoint::Deals(stage), Some(identity), Some(connection)) => {
                        let opening = self.opening(stage, identity, connection, head, visitor);
                        Box::pin((self.parts.open_deals)(opening)).await?
                    }
                    _ => self.open(&endpoint, &query, identity.clone()),
                };
                (session, identity, lease, None)
            }
            Entry::Close(reason) => {
                (Box::new(Closed) as Box<dyn Session>, None, None, Some(reason))
            }
        };
        Ok(Box::new(Admission {
            application: place.application,
            policy: Arc::clone(&place.policy),
            source_ip: visitor.client,
            user_agent: user_agent(&head.headers),
            identity,
            session,
            headers: HeaderMap::new(),
            subprotocol: credential::selected(&head.headers),
            close,
            lease: lease.map(|lease| Box::new(lease) as Box<dyn Any + Send>),
        }))
    }

    pub(super) fn count_connect(
        &self,
        endpoint: &Endpoint,
        place: &Place,
        visitor: Visitor,
    ) -> Result<(), HttpError> {
        let Some(limit) = place.connects_per_minute else { return Ok(()) };
        let key = (endpoint.name(), visitor.group);
        self.connects.check(key, limit, visitor.now).map_err(|wait| {
            self.log.limit_reached(visitor, place.application, None, "connects_per_minute");
            too_many(wait, "Too many connections in a minute")
        })
    }

    async fn enter(
        &self,
        place: &Place,
        token: Result<&str, TokenError>,
        visitor: Visitor,
    ) -> Result<Entry, HttpError> {
        let verified = match token {
            Ok(text) => self.parts.tokens.verify(text).await,
            Err(error) => Err(error),
        };
        match verified {
            Ok(identity) => Ok(self.take_place(place, identity, visitor).await),
            Err(TokenError::Missing) if place.takes_token_by_message => Ok(Entry::Open(None, None)),
            Err(error) => {
                let user = token.ok().and_then(claimed_user);
                self.refuse_token(place, error, user.as_deref(), visitor).map(Entry::Close)
            }
        }
    }

    /// Closes a connection with a refused token, or refuses the handshake where the protocol does so; past
    /// the limit there is never one.
    fn refuse_token(
        &self,
        place: &Place,
        error: TokenError,
        user: Option<&str>,
        visitor: Visitor,
    ) -> Result<CloseReason, HttpError> {
        self.log.token_refused(visitor, place.application, user, error);
        if error == TokenError::Unavailable {
            let message = "Tokens cannot be verified at the moment; try again";
            return match place.refuses_by_status {
                true => Err(HttpError::unavailable(message)),
                false => Ok(CloseReason::OVERLOADED),
            };
        }
        if error != TokenError::Missing {
            self.count_refused_token(place, user, visitor)?;
        }
        match place.refuses_by_status {
            true => Err(HttpError::unauthorized()),
            false => Ok(CloseReason::UNAUTHORIZED),
        }
    }

    /// Counts a refused token.
    ///
    /// # Errors
    /// 429 past the limit.
    pub(super) fn count_refused_token(
        &self,
        place: &Place,
        user: Option<&str>,
        visitor: Visitor,
    ) -> Result<(), HttpError> {
        let (counted, limit) = (&self.parts.refused_tokens, place.refused_tokens_per_minute);
        counted.count(place.application, visitor.client, limit, visitor.now).map_err(|wait| {
            let limit = "refused_tokens_per_minute";
            self.log.limit_reached(visitor, place.application, user, limit);
            too_many(wait, "Too many refused tokens in a minute")
        })
    }

    /// Takes one of the user's places; at the cap, asks the connections that hold them for a sign
    /// of life first.
    async fn take_place(&self, place: &Place, identity: Arc<Identity>, visitor: Visitor) -> Entry {
        let Some(cap) = place.connections_per_user else {
            return Entry::Open(Some(identity), None);
        };
        let (leases, application) = (&self.parts.leases, place.application);
        let mut lease = leases.acquire(application, &identity.user_id, Some(cap));
        if lease.is_none() {
            self.probe(application, &identity);
            let user = &identity.user_id;
            lease = leases.acquire_within(application, user, Some(cap), PLACE_WITHIN).await;
        }
        if lease.is_some() {
            return Entry::Open(Some(identity), lease);
        }
        let user = Some(&*identity.user_id);
        self.log.limit_reached(visitor, application, user, "max_connections_per_user");
        Entry::Close(CloseReason::TOO_MANY_CONNECTIONS)
    }

    fn probe(&self, application: &'static str, identity: &Identity) {
        let hub = &self.parts.hub;
        let theirs = hub.connections().select(|connection| {
            connection.application == application
                && connection.identity().is_some_and(|other| other.user_id == identity.user_id)
        });
        for connection in theirs {
            hub.outlet().push(connection.id.shard(), Item::Probe { connection: connection.id });
        }
    }

    /// What is known of a connection of protocol B before it opens.
    fn opening(
        &self,
        stage: &Arc<str>,
        identity: &Arc<Identity>,
        connection: ConnectionId,
        head: &Parts,
        visitor: Visitor,
    ) -> DealsHandshake {
        let opening = Opening {
            connection,
            stage: Arc::clone(stage),
            source_ip: visitor.client,
            user_agent: user_agent(&head.headers),
            connected_at: self.parts.hub.clock().wall(),
            domain: Arc::clone(&self.parts.domain),
            identity: Arc::clone(identity),
        };
        let query = head.uri.query().map(ToOwned::to_owned);
        DealsHandshake { opening, headers: head.headers.clone(), query }
    }

    fn open(
        &self,
        endpoint: &Endpoint,
        query: &Query<'_>,
        identity: Option<Arc<Identity>>,
    ) -> Box<dyn Session> {
        match (endpoint, identity) {
            (Endpoint::Session(id), Some(identity)) => (self.parts.open_session)(identity, id),
            (Endpoint::Session(_), None) | (Endpoint::Deals(_) | Endpoint::Voice, _) => {
                Box::new(Closed)
            }
            (Endpoint::Class(lesson), identity) => {
                (self.parts.open_class)(lesson, identity, query.context_id.as_deref())
            }
            (Endpoint::Analysis, identity) => (self.parts.open_analysis)(identity),
        }
    }
}

/// The beginning of `User-Agent`, where it is text.
pub(super) fn user_agent(headers: &HeaderMap) -> Option<Box<str>> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text[..text.len().min(USER_AGENT_BYTES_MAX)].into())
}
