//! What the protocol's own test suite expects of a server: two namespaces that send everything back.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hub::Fault;
use hyper::body::Incoming;
use model::{Identity, Timestamp};
use serde_json::value::RawValue;
use socketio::{Client, Event, Limits, Namespaces, Problem, Socket, SocketContext};
use transport::engineio::Asked;
use transport::{Admission, Answer, BoxError, Continue, Door, Heartbeat, Peer, Policy, full};

/// Where Socket.IO is served.
const PATH: &str = "/socket.io/";

/// The namespaces `/` and `/custom`.
struct House;

impl Namespaces for House {
    type Socket = Echo;

    fn open(&mut self, namespace: &str) -> Option<Echo> {
        matches!(namespace, "/" | "/custom").then_some(Echo)
    }
}

/// Sends everything back.
struct Echo;

impl Socket for Echo {
    fn on_connect(&mut self, auth: Option<&RawValue>, context: &mut SocketContext<'_, '_>) {
        context.authenticated(anybody());
        context.emit_raw("auth", auth.map_or("{}", RawValue::get));
    }

    fn on_event(&mut self, event: Event<'_>, context: &mut SocketContext<'_, '_>) {
        let arguments: Vec<&str> = event.arguments.iter().map(|value| value.get()).collect();
        let json = arguments.join(",");
        match (&*event.name, event.acknowledge) {
            ("message", _) => context.emit_with("message-back", &json, event.attachments),
            ("message-with-ack", Some(id)) => {
                context.acknowledge_with(id, &json, event.attachments);
            }
            ("leave", _) => context.disconnect(model::CloseReason::NORMAL),
            _ => {}
        }
    }

    fn on_problem(
        &mut self,
        name: &str,
        problem: Problem,
        _acknowledge: Option<u64>,
        context: &mut SocketContext<'_, '_>,
    ) {
        context.emit("problem", &format!("{name}: {problem:?}"));
    }

    fn on_skipped(&mut self, count: u64, context: &mut SocketContext<'_, '_>) {
        context.emit("skipped", &count);
    }

    fn on_fault(&mut self, fault: Fault, context: &mut SocketContext<'_, '_>) {
        context.emit("fault", &format!("{fault:?}"));
    }
}

/// Everybody, for as long as they like.
fn anybody() -> Arc<Identity> {
    Arc::new(Identity {
        user_id: "anybody".into(),
        username: "anybody".into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::from_millis(i64::MAX),
    })
}

/// What the example's connections are held to.
pub fn policy(
    (ping_interval, ping_timeout): (Duration, Duration),
    max_payload: usize,
    connect_timeout: Duration,
) -> Policy {
    Policy {
        message_bytes_max: max_payload,
        ping_interval: Some(ping_interval),
        heartbeat: Heartbeat::EngineIo { timeout: ping_timeout },
        authenticate_within: connect_timeout,
        deflate: false,
        ..Policy::default()
    }
}

/// Lets everybody in, from pages of any origin.
pub struct EchoDoor {
    policy: Arc<Policy>,
}

impl EchoDoor {
    /// A door whose connections are held to `policy`.
    pub fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy) }
    }

    fn admit(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        if request.uri().path() != PATH {
            let mut response = Response::new(full("There is a Socket.IO echo at /socket.io/\n"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Answer::Response(response);
        }
        let headers = allowed(request.headers().get(header::ORIGIN));
        if request.method() == Method::OPTIONS {
            let mut response = Response::new(full(""));
            *response.headers_mut() = headers;
            return Answer::Response(response);
        }
        match Asked::of(request.method(), request.uri(), request.headers()) {
            Err(refusal) => Answer::Response(*refusal),
            Ok(Asked::Continue) => {
                let request = request.map(|body| body.map_err(BoxError::from).boxed_unsync());
                Answer::Continue(Box::new(Continue { request, headers, subprotocol: None }))
            }
            Ok(Asked::Handshake) => Answer::Open(Box::new(Admission {
                application: "echo",
                policy: Arc::clone(&self.policy),
                source_ip: peer.address.ip(),
                user_agent: None,
                identity: None,
                session: Box::new(Client::new(House, Limits::default())),
                headers,
                subprotocol: None,
                close: None,
                lease: None,
            })),
        }
    }
}

/// What lets a page of `origin` read the response.
fn allowed(origin: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let methods = HeaderValue::from_static("GET, POST");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        let names = HeaderValue::from_static("content-type");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    }
    headers
}

impl Door for EchoDoor {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        Box::pin(std::future::ready(self.admit(request, peer)))
    }
}
