//! The management API, as API Gateway's: `POST`, `GET` and `DELETE` `/@connections/{connectionId}`,
//! also below a stage, so that the AWS SDKs reach open connections by setting their endpoint.
//!
//! ```text
//! stage ─► method ─► who calls: admin token, or signature ─► body ─► signature of the body
//!  403       405                        403                   413           403
//!   ─► connection ─► size ─► done
//!         410         413
//! ```
//!
//! **Invariants**
//! - Nobody learns whether a connection is open, or what its limits are, before it is known who calls.
//! - What is refused is answered in API Gateway's form; bad tokens too, with 403.
//! - Where `server.public_host` is set, a signature made for another host is none.
//! - Of a body at most the greatest message of all applications is kept; the rest is read to be
//!   hashed, up to what any request may have.

mod answer;
mod payload;
mod target;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use access::TokenError;
use access::signature::{self, Head, Signed, SigningKey};
use axum::Json;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::request;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hub::{Connection, Hub, Item};
use model::{CloseReason, ConnectionId, Identity};
use serde_json::json;

pub use answer::{Answered, Outcome};
pub use target::Target;

use crate::config::{Application, Config};
use answer::Refusal;
use payload::Payload;

/// The service that a signature has to be for.
const SERVICE: &str = "execute-api";
/// The stage of protocol A, which is always there.
const FIXED_STAGE: &str = "v1";
/// The applications whose connections are reached.
const REACHED: [Application; 4] =
    [Application::Analysis, Application::Deals, Application::Learning, Application::Sessions];
/// The greatest message where `max_message_bytes` is off.
const MESSAGE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Who a bearer token says calls; `None` where the request has none.
pub type Bearer = Result<Option<Arc<Identity>>, TokenError>;

/// What the management API works with.
pub struct Management {
    hub: Arc<Hub>,
    key: Option<SigningKey>,
    /// The only host that signatures may be made for, where it is known, without a scheme's own port.
    host: Option<String>,
    stages: Vec<String>,
    /// Of each reached application: its name, and the bytes of a message.
    messages: Vec<(&'static str, usize)>,
    /// Bytes of the body of any request.
    body_bytes_max: usize,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever signs with the configured access key, which has this id.
    Key(String),
    /// An administrator, by user id.
    Admin(Arc<str>),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "access key {id}"),
            Self::Admin(user) => write!(f, "user {user}"),
        }
    }
}

/// Who calls, as far as the head of the request tells.
enum Claim<'a> {
    /// It is known.
    Admin(Arc<str>),
    /// It will be once the body is known.
    Signed(&'a SigningKey, Signed<'a>),
}

impl Management {
    /// Reaches the connections of `hub`, as `config` says.
    #[must_use]
    pub fn new(config: &Config, hub: Arc<Hub>) -> Self {
        let key = config.management.key();
        let bytes = |application| {
            let most = config.limits.of(application).max_message_bytes;
            let most = most.map_or(MESSAGE_BYTES_MAX, NonZeroU32::get);
            (application.name(), usize::try_from(most).unwrap_or(usize::MAX))
        };
        let stages = config.deals.stages.iter().map(|stage| stage.as_str().to_owned());
        Self {
            hub,
            key: key.map(|(id, secret)| SigningKey::new(id, secret, SERVICE)),
            host: config.server.public_host.as_ref().map(|host| bare_host(host.as_str())),
            stages: stages.chain([FIXED_STAGE.to_owned()]).collect(),
            messages: REACHED.map(bytes).to_vec(),
            body_bytes_max: config.limits.http.body_bytes.max(config.limits.http.batch_bytes),
        }
    }

    /// Answers one call.
    pub async fn answer(
        &self,
        request: Request<Body>,
        target: &Target,
        bearer: Bearer,
    ) -> Answered {
        let (head, body) = request.into_parts();
        let claim = match self.claim(&head, target, bearer) {
            Ok(claim) => claim,
            Err(refusal) => {
                payload::pass_over(body, self.kept_max()).await;
                return Answered::refused(None, refusal);
            }
        };
        let payload = Payload::read(&head.headers, body, self.kept_max(), self.body_bytes_max);
        let payload = match payload.await {
            Ok(payload) => payload,
            Err(refusal) => return Answered::refused(claim.proven(), refusal),
        };
        match claim.prove(payload.sha256) {
            Ok(who) => match self.carry_out(&head.method, target, payload.content) {
                Ok(response) => Answered::done(who, response),
                Err(refusal) => Answered::refused(Some(who), refusal),
            },
            Err(refusal) => Answered::refused(None, refusal),
        }
    }

    /// Who calls, as far as the head tells.
    fn claim(
        &self,
        head: &request::Parts,
        target: &Target,
        bearer: Bearer,
    ) -> Result<Claim<'_>, Refusal> {
        if target.stage().is_some_and(|stage| !self.stages.iter().any(|it| it == stage)) {
            return Err(Refusal::stage());
        }
        if ![Method::POST, Method::GET, Method::DELETE].contains(&head.method) {
            return Err(Refusal::method());
        }
        if signature::is_signed(&head.headers) {
            return self.signed(head);
        }
        match bearer {
            Ok(Some(identity)) if identity.is_admin() => {
                Ok(Claim::Admin(Arc::clone(&identity.user_id)))
            }
            Ok(Some(identity)) => Err(Refusal::not_an_admin(&identity.user_id)),
            Ok(None) => Err(Refusal::nobody()),
            Err(error) => Err(Refusal::token(error)),
        }
    }

    fn signed(&self, head: &request::Parts) -> Result<Claim<'_>, Refusal> {
        let key = self.key.as_ref().ok_or_else(Refusal::unknown_key)?;
        let request = Head {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            headers: &head.headers,
        };
        let signed = key
            .read(request, self.hub.clock().wall())
            .map_err(|error| Refusal::signature(&error))?;
        // That the header is signed was looked at just now.
        match &self.host {
            Some(host) if !is_for(&head.headers, host) => Err(Refusal::other_host()),
            _ => Ok(Claim::Signed(key, signed)),
        }
    }

    /// Bytes of a body that are kept: of the greatest message of all applications.
    fn kept_max(&self) -> usize {
        self.messages.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default()
    }

    /// Does what was asked for; `content` is missing where it is too long for any connection.
    fn carry_out(
        &self,
        method: &Method,
        target: &Target,
        content: Option<Bytes>,
    ) -> Result<Response, Refusal> {
        let (connection, message_bytes_max) = self.find(target).ok_or_else(Refusal::gone)?;
        let (id, outlet) = (connection.id, self.hub.outlet());
        match *method {
            Method::GET => return Ok(describe(&connection)),
            Method::DELETE => {
                let reason = CloseReason::DISCONNECTED;
                outlet.push(id.shard(), Item::Close { connection: id, fault: None, reason });
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            _ => {}
        }
        let content = content.filter(|content| content.len() <= message_bytes_max);
        outlet.push(id.shard(), message(id, content.ok_or_else(Refusal::too_large)?));
        Ok(StatusCode::OK.into_response())
    }

    /// The open connection that is meant, with the bytes of a message to it.
    fn find(&self, target: &Target) -> Option<(Arc<Connection>, usize)> {
        let connection = self.hub.connections().get(target.connection()?)?;
        let mut reached = self.messages.iter();
        let (_, bytes) = reached.find(|(application, _)| *application == connection.application)?;
        Some((connection, *bytes))
    }
}

impl Claim<'_> {
    /// Who calls, where that does not wait for the body.
    fn proven(self) -> Option<Who> {
        match self {
            Self::Admin(user) => Some(Who::Admin(user)),
            Self::Signed(..) => None,
        }
    }

    /// Who calls, now that the body's hash is known.
    fn prove(self, body_sha256: [u8; 32]) -> Result<Who, Refusal> {
        match self {
            Self::Admin(user) => Ok(Who::Admin(user)),
            Self::Signed(key, signed) => {
                signed.verify(body_sha256).map_err(|error| Refusal::signature(&error))?;
                Ok(Who::Key(key.id().to_owned()))
            }
        }
    }
}

/// Whether a request names this host, once.
fn is_for(headers: &HeaderMap, host: &str) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let only = named.next().filter(|_| named.next().is_none());
    only.and_then(|named| named.to_str().ok()).is_some_and(|named| bare_host(named) == host)
}

/// A host without the port that its scheme has by itself, which clients leave out or not.
fn bare_host(host: &str) -> String {
    let host = host.trim().to_ascii_lowercase();
    let bare = [":443", ":80"].into_iter().find_map(|port| host.strip_suffix(port));
    bare.map_or_else(|| host.clone(), ToOwned::to_owned)
}

/// A text where the bytes are one, else a binary message.
fn message(connection: ConnectionId, bytes: Bytes) -> Item {
    if std::str::from_utf8(&bytes).is_ok() {
        Item::Send { connection, text: bytes }
    } else {
        Item::SendBinary { connection, bytes }
    }
}

fn describe(connection: &Connection) -> Response {
    Json(json!({
        "connectedAt": connection.connected_at.to_string(),
        "lastActiveAt": connection.last_active_at().to_string(),
        "identity": {
            "sourceIp": connection.source_ip.to_string(),
            "userAgent": connection.user_agent.as_deref(),
        },
    }))
    .into_response()
}

#[cfg(test)]
mod tests;
