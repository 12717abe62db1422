//! The way in: what every request passes before an application or a route sees it.
//!
//! ```text
//! address rules ─► origin ─┬─ WebSocket ─► endpoint ─► connects ─► token ─► refused tokens
//!   403             403    │                  404         429                  429
//!                          │               ─► connections of the user ─► open, or open and close
//!                          ├─ Engine.IO ┬► connects ─► refused tokens ─► open, by polling or WebSocket
//!                          │            │    429           429
//!                          │            └► with a sid: on with that session
//!                          └─ HTTP ┬► token ─► requests ─► body ─► routes
//!                                  │   401       429       413
//!                                  └► management API (of refused calls: 429)
//!                                      403
//! ```
//!
//! **Invariants**
//! - A token is read here and goes to the verifier alone: no log line, answer or error has one, and
//!   no URL is logged, for it may carry one.
//! - A browser reads no HTTP status of a failed handshake: where the protocol says so, the handshake
//!   completes and the connection is closed at once, and no application is asked. Protocol A answers
//!   with the status.
//! - All refusals are logged on target `security`, a bounded number of lines for each address.

mod closed;
mod cors;
mod credential;
mod endpoint;
mod handshake;
mod manage;
mod place;
mod requests;
mod security;
#[cfg(test)]
mod tests;
mod voice;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{
    AddressRules, ClientAddresses, Leases, Origins, RateLimiter, RefusedTokens, Tokens, group_of,
};
use axum::Router;
use axum::response::IntoResponse;
use bytes::Bytes;
use deals::integrations::Opening;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hub::{Hub, Session};
use hyper::body::Incoming;
use model::{Identity, Monotonic};
use transport::{Answer, BoxError, Door, Peer, is_upgrade};
use web::HttpError;

use crate::config::{Config, HttpLimits};
use crate::http::Management;
pub use endpoint::Lesson;
use place::Places;
use requests::Requester;
use security::SecurityLog;
pub use voice::Brought;

/// Gives a new connection its conversation with the session of this id.
pub type OpenSession = Box<dyn Fn(Arc<Identity>, &str) -> Box<dyn Session> + Send + Sync>;
/// Gives a new connection its conversation in a class, where one names a context in that of this id;
/// without an identity the first message has to bring one.
pub type OpenClass =
    Box<dyn Fn(&Lesson, Option<Arc<Identity>>, Option<&str>) -> Box<dyn Session> + Send + Sync>;
/// Gives a new connection its conversation about analyses; without an identity the first message has to
/// bring one.
pub type OpenAnalysis = Box<dyn Fn(Option<Arc<Identity>>) -> Box<dyn Session> + Send + Sync>;

/// A handshake of protocol B that may open a connection.
pub struct DealsHandshake {
    /// What is known of the connection.
    pub opening: Opening,
    /// The headers of its request.
    pub headers: HeaderMap,
    /// The query of its request.
    pub query: Option<String>,
}
/// Gives a new connection its conversation about deals, or what is answered instead of the handshake.
pub type OpenDeals = Box<
    dyn Fn(DealsHandshake) -> Pin<Box<dyn Future<Output = Result<Box<dyn Session>, HttpError>>>>
        + Send
        + Sync,
>;

/// Gives a new connection its conversation about voice; a refused token is answered there, and the
/// user's places are taken there.
pub type OpenVoice = Box<dyn Fn(Brought) -> Box<dyn Session> + Send + Sync>;

/// What lies behind the door.
pub struct Parts {
    /// Rooms and open connections.
    pub hub: Arc<Hub>,
    /// Who verifies tokens.
    pub tokens: Arc<Tokens>,
    /// Who counts the tokens that were refused, also those that do not come in the handshake.
    pub refused_tokens: Arc<RefusedTokens>,
    /// Who counts connections of users.
    pub leases: Arc<Leases>,
    /// The application `sessions`.
    pub open_session: OpenSession,
    /// The application `learning`.
    pub open_class: OpenClass,
    /// The application `analysis`.
    pub open_analysis: OpenAnalysis,
    /// The application `deals`.
    pub open_deals: OpenDeals,
    /// The application `voice`.
    pub open_voice: OpenVoice,
    /// The management API.
    pub management: Management,
    /// The host and port under which handlers find the management API.
    pub domain: Arc<str>,
    /// All HTTP routes; they find [`crate::http::Client`] and, of a verified token, [`web::Caller`]
    /// in the request's extensions.
    pub router: Router,
}

/// The door of the server.
pub struct ServerDoor(Arc<Inside>);

impl ServerDoor {
    /// A door that keeps to `config`.
    #[must_use]
    pub fn new(config: &Config, parts: Parts) -> Self {
        Self(Arc::new(Inside::new(config, parts)))
    }
}

impl Door for ServerDoor {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        Box::pin(Arc::clone(&self.0).answer(request, peer))
    }
}

/// What the answers to all requests share.
struct Inside {
    parts: Parts,
    addresses: ClientAddresses,
    rules: AddressRules,
    origins: Origins,
    places: Places,
    http: HttpLimits,
    /// By endpoint and address.
    connects: RateLimiter<(&'static str, IpAddr)>,
    requests: RateLimiter<Requester>,
    log: SecurityLog,
}

/// Who sent a request, as far as its socket and headers tell.
#[derive(Clone, Copy)]
struct Visitor {
    peer: IpAddr,
    /// The address behind trusted proxies.
    client: IpAddr,
    /// What limits count by.
    group: IpAddr,
    now: Monotonic,
}

impl Inside {
    fn new(config: &Config, parts: Parts) -> Self {
        let origins = config.auth.frontend_url.iter().map(|origin| origin.as_str());
        Self {
            addresses: ClientAddresses::new(config.server.trusted_proxies.clone()),
            rules: AddressRules::new(
                config.access.allow_ips.clone(),
                config.access.deny_ips.clone(),
            ),
            origins: Origins::new(origins),
            places: Places::new(config),
            http: config.limits.http.clone(),
            connects: RateLimiter::new(),
            requests: RateLimiter::new(),
            log: SecurityLog::default(),
            parts,
        }
    }

    async fn answer<B>(self: Arc<Self>, request: Request<B>, peer: Peer) -> Answer
    where
        B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let headers = request.headers();
        let visitor = self.visitor(headers, peer);
        if !self.rules.allows(visitor.client) {
            self.log.address_refused(visitor);
            return response(HttpError::forbidden("This address is not served").into_response());
        }
        let is_secure = self.addresses.is_secure(peer.address.ip(), peer.is_tls, headers);
        let Ok(origin) = self.origins.check(headers, is_secure) else {
            self.log.origin_refused(visitor, headers);
            return response(HttpError::forbidden("This origin is not allowed").into_response());
        };
        let origin = origin.cloned();
        if voice::is_at(request.uri().path()) && !cors::is_preflight(&request) {
            return self.converse(request, visitor, origin).await;
        }
        let answered = if is_upgrade(headers) {
            let (head, _) = request.into_parts();
            match self.admit(&head, visitor, peer.connection).await {
                Ok(admission) => return Answer::Open(admission),
                Err(error) => error.into_response(),
            }
        } else if cors::is_preflight(&request) {
            cors::preflight()
        } else {
            let served = self.serve(request, visitor).await;
            served.unwrap_or_else(IntoResponse::into_response)
        };
        response(cors::open_to(origin, answered))
    }

    fn visitor(&self, headers: &HeaderMap, peer: Peer) -> Visitor {
        let peer = peer.address.ip().to_canonical();
        let client = self.addresses.client(peer, headers);
        let now = self.parts.hub.clock().monotonic();
        Visitor { peer, client, group: group_of(client), now }
    }
}

fn response(response: axum::response::Response) -> Answer {
    Answer::Response(response.map(|body| body.map_err(BoxError::from).boxed_unsync()))
}

/// 429, to be tried again after `wait`.
fn too_many(wait: Duration, message: &str) -> HttpError {
    let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let error = HttpError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", message);
    HttpError { retry_after_secs: Some(secs), ..error }
}
