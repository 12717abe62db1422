//! The port between HTTP and whoever decides what a request gets.

use std::any::Any;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hub::Session;
use hyper::body::Incoming;
use model::{CloseReason, ConnectionId, Identity};

use crate::Policy;

/// What can go wrong with a body while it is sent.
pub type BoxError = Box<dyn Error + Send + Sync>;
/// The body of a response.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;

/// A whole body.
#[must_use]
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The other end of the socket; a proxy's, where there is one.
    pub address: SocketAddr,
    /// Whether the socket is encrypted.
    pub is_tls: bool,
    /// The id that the connection will have, where the request asks for a WebSocket.
    pub connection: Option<ConnectionId>,
}

/// Answers requests. Implemented by the server and by the example `echo`.
pub trait Door: Send + Sync + 'static {
    /// Answers one request: with a response, or by admitting it as a WebSocket. Runs on the
    /// connection's shard, so it must not block.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>>;
}

/// What a request gets.
pub enum Answer {
    /// A response.
    Response(Response<Body>),
    /// A connection. Only for requests that [`crate::is_upgrade`] holds for, the others get 426; where
    /// the policy's heartbeat is Engine.IO's, for every one that [`crate::engineio::Asked`] calls a
    /// handshake.
    Open(Box<Admission>),
    /// The request belongs to an Engine.IO session that is open already.
    Continue(Box<Continue>),
}

/// A request of an Engine.IO session: a poll, packets of the client, or a WebSocket to upgrade to.
pub struct Continue {
    /// The request, as it came.
    pub request: Request<Body>,
    /// What the door puts on the response.
    pub headers: HeaderMap,
    /// The subprotocol to select, one that the client offered.
    pub subprotocol: Option<&'static str>,
}

/// A connection that may open.
pub struct Admission {
    /// The application it speaks to, such as `sessions`.
    pub application: &'static str,
    /// What it is held to.
    pub policy: Arc<Policy>,
    /// The client's address behind trusted proxies.
    pub source_ip: IpAddr,
    /// The `User-Agent` header, at most 256 bytes of it.
    pub user_agent: Option<Box<str>>,
    /// Whose it is. Without one, the session has to tell within the policy's
    /// `authenticate_within`.
    pub identity: Option<Arc<Identity>>,
    /// The conversation.
    pub session: Box<dyn Session>,
    /// What the door puts on the response to an Engine.IO handshake by polling.
    pub headers: HeaderMap,
    /// The subprotocol to select, one that the client offered.
    pub subprotocol: Option<&'static str>,
    /// The handshake completes, and then this closes it; the session is never called.
    pub close: Option<CloseReason>,
    /// Dropped when the session has ended.
    pub lease: Option<Box<dyn Any + Send>>,
}
