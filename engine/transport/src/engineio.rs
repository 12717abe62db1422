//! Engine.IO, version 4 of the protocol: what a request asks for, and the packets of a connection.
//!
//! ```text
//! GET ?EIO=4&transport=websocket        → 101, then the packet 0{…}
//! GET ?EIO=4&transport=polling          → 200 0{…}                      a session, with a sid
//! GET ?EIO=4&transport=polling&sid=…    → 200, once packets are there   a poll
//! POST ?EIO=4&transport=polling&sid=…   → 200 ok                        packets of the client
//! GET ?EIO=4&transport=websocket&sid=…  → 101, 2probe, 3probe, 5        the session goes on there
//! ```
//!
//! A connection that speaks Engine.IO is like any other: a message is a packet of type 4 in a text
//! frame, or a binary frame; heartbeat, close and the rest are the transport's and reach no session.

pub(crate) mod packet;
pub mod payload;
mod pipe;
mod polling;
mod registry;
mod upgrade;

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};

use crate::door::{Body, full};
use crate::handshake::is_upgrade;
use crate::policy::{Heartbeat, Policy};
pub(crate) use packet::Packet;
pub(crate) use pipe::{NearEnd, Pipe};
pub(crate) use polling::{answer, open};
pub(crate) use registry::{Registration, Registry};
pub(crate) use upgrade::{Handover, upgrade};

/// The version of the protocol that is spoken.
const VERSION: &str = "4";
/// Random bytes of a sid: nobody guesses one.
const SID_BYTES: usize = 15;
/// What clients are told where there are no pings: they give up after interval and timeout, and their
/// timers have 31 bits of milliseconds.
const NEVER_MILLIS: u128 = 2_000_000_000;

/// What a request of Engine.IO asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new session, by polling or as a WebSocket: answered by [`crate::Answer::Open`].
    Handshake,
    /// Something of a session that its sid names: answered by [`crate::Answer::Continue`].
    Continue,
}

impl Asked {
    /// Reads a request's method, query and headers.
    ///
    /// # Errors
    /// The response, in Engine.IO's form, to a request that asks for nothing of it: another version,
    /// an unknown transport, a method or an upgrade that does not fit.
    pub fn of(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Self, Box<Response<Body>>> {
        let query = Query::of(uri);
        let asks_websocket = match query.transport.as_deref() {
            Some("websocket") => true,
            Some("polling") => false,
            _ => return Err(refuse(Refusal::UnknownTransport)),
        };
        if query.version.as_deref() != Some(VERSION) {
            return Err(refuse(Refusal::UnsupportedVersion));
        }
        if asks_websocket != is_upgrade(headers) || query.wants_script {
            return Err(refuse(Refusal::BadRequest));
        }
        let is_post = method == Method::POST && !asks_websocket && query.sid.is_some();
        if method != Method::GET && !is_post {
            return Err(refuse(Refusal::BadMethod));
        }
        Ok(if query.sid.is_some() { Self::Continue } else { Self::Handshake })
    }
}

/// The query of a request.
#[derive(Default)]
struct Query<'a> {
    version: Option<Cow<'a, str>>,
    transport: Option<Cow<'a, str>>,
    sid: Option<Cow<'a, str>>,
    /// Whether the response is to be a script (JSONP), which we do not serve.
    wants_script: bool,
}

impl<'a> Query<'a> {
    /// Reads a query; of a name that stands twice the first counts. Nothing that we know has to be
    /// encoded, so what is encoded is nothing that we know.
    fn of(uri: &'a Uri) -> Self {
        let mut query = Self::default();
        for pair in uri.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let field = match name {
                "EIO" => &mut query.version,
                "transport" => &mut query.transport,
                "sid" => &mut query.sid,
                "j" => {
                    query.wants_script = true;
                    continue;
                }
                _ => continue,
            };
            field.get_or_insert(Cow::Borrowed(value));
        }
        query
    }
}

/// The session that a request of [`Asked::Continue`] names, where there is one.
pub(crate) fn session_of<B>(request: &Request<B>, sessions: &Registry) -> Option<Arc<Pipe>> {
    sessions.find(&Query::of(request.uri()).sid?)
}

/// Why a request is refused, with Engine.IO's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownTransport = 0,
    UnknownSession = 1,
    BadMethod = 2,
    BadRequest = 3,
    UnsupportedVersion = 5,
}

/// The response that refuses, with status 400.
pub(crate) fn refuse(refusal: Refusal) -> Box<Response<Body>> {
    let message = match refusal {
        Refusal::UnknownTransport => "Transport unknown",
        Refusal::UnknownSession => "Session ID unknown",
        Refusal::BadMethod => "Bad handshake method",
        Refusal::BadRequest => "Bad request",
        Refusal::UnsupportedVersion => "Unsupported protocol version",
    };
    let body = format!(r#"{{"code":{},"message":"{message}"}}"#, refusal as u8);
    let mut response = Response::new(full(body));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Box::new(response)
}

/// A new session's id.
pub(crate) fn new_sid() -> String {
    URL_SAFE_NO_PAD.encode(model::random_bytes::<SID_BYTES>())
}

/// The packet that opens a session.
pub(crate) fn open_packet(sid: &str, can_upgrade: bool, policy: &Policy) -> Bytes {
    let Heartbeat::EngineIo { timeout } = policy.heartbeat else { return Bytes::new() };
    let upgrades = if can_upgrade { r#"["websocket"]"# } else { "[]" };
    let interval = policy.ping_interval.map_or(NEVER_MILLIS, |interval| interval.as_millis());
    let (timeout, payload) = (timeout.as_millis(), policy.message_bytes_max);
    Bytes::from(format!(
        r#"0{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{payload}}}"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, query: &str, upgrade: bool) -> Result<Asked, u16> {
        let uri = format!("/engine.io/?{query}").parse().unwrap();
        let mut headers = HeaderMap::new();
        if upgrade {
            headers.insert("upgrade", HeaderValue::from_static("websocket"));
        }
        Asked::of(&method.parse().unwrap(), &uri, &headers)
            .map_err(|response| response.status().as_u16())
    }

    #[test]
    fn a_request_asks_for_a_session_or_names_one() {
        assert_eq!(asked("GET", "EIO=4&transport=polling", false), Ok(Asked::Handshake));
        assert_eq!(asked("GET", "t=x&EIO=4&transport=websocket", true), Ok(Asked::Handshake));
        for (method, transport) in [("GET", "polling"), ("POST", "polling"), ("GET", "websocket")] {
            let query = format!("EIO=4&transport={transport}&sid=abc");
            assert_eq!(asked(method, &query, transport == "websocket"), Ok(Asked::Continue));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (method, query, upgrade) in [
            ("GET", "", false),
            ("GET", "transport=polling", false),
            ("GET", "EIO=3&transport=polling", false),
            ("GET", "EIO=abc&transport=polling", false),
            ("GET", "EIO=4", false),
            ("GET", "EIO=4&transport=abc", false),
            ("GET", "EIO=4&transport=websocket", false),
            ("GET", "EIO=4&transport=polling", true),
            ("GET", "EIO=4&transport=polling&j=0", false),
            ("POST", "EIO=4&transport=polling", false),
            ("PUT", "EIO=4&transport=polling", false),
            ("PUT", "EIO=4&transport=polling&sid=abc", false),
            ("POST", "EIO=4&transport=websocket&sid=abc", true),
            ("GET", "EIO=3&EIO=4&transport=polling", false),
        ] {
            assert_eq!(asked(method, query, upgrade), Err(400), "{method} {query}");
        }
    }

    #[test]
    fn the_open_packet_has_exactly_the_keys_of_the_protocol() {
        let timeout = std::time::Duration::from_secs(20);
        let policy = Policy { heartbeat: Heartbeat::EngineIo { timeout }, ..Policy::default() };
        assert_eq!(
            open_packet("abc", true, &policy),
            r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":30000,"pingTimeout":20000,"maxPayload":262144}"#
        );
        let policy = Policy { ping_interval: None, ..policy };
        let packet = open_packet("abc", false, &policy);
        assert!(packet.ends_with(
            br#""upgrades":[],"pingInterval":2000000000,"pingTimeout":20000,"maxPayload":262144}"#
        ));
    }

    #[test]
    fn no_two_sids_are_the_same() {
        let sids: std::collections::HashSet<String> = (0..1000).map(|_| new_sid()).collect();
        assert_eq!(sids.len(), 1000);
        assert!(sids.iter().all(|sid| sid.len() == 20));
    }
}
