//! A server in this process whose sessions do what they are told.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hub::{
    Announce, Context, Delivery, Fault, Hub, Member, Membership, Outlet, Person, RoomId, Session,
    Ticket,
};
use hyper::body::Incoming;
use model::{Clock, CloseReason, ConnectionId, Identity, ManualClock, Timestamp};
use serde_json::{Value, json};
use testkit::{Dial, TestClient};
use transport::engineio::Asked;
use transport::{
    Admission, Answer, BoxError, Continue, Door, Gate, Heartbeat, Peer, Policy, Server, Settings,
    full,
};

/// When the clock of a house stands at its start.
pub const START: Timestamp = Timestamp::from_millis(1_000_000_000_000);

/// What the sessions leave for the test.
#[derive(Default)]
pub struct Left {
    pub tickets: Vec<Ticket>,
    pub closes: Vec<CloseReason>,
    /// What clients confirmed.
    pub marks: Vec<u64>,
    /// The ids that connections were to have, as the door was told.
    pub reserved: Vec<ConnectionId>,
}

/// The running server.
pub struct House {
    pub hub: Arc<Hub>,
    pub gate: Arc<Gate>,
    pub clock: Arc<ManualClock>,
    pub left: Arc<Mutex<Left>>,
    pub server: Option<Server>,
    address: SocketAddr,
    packet: &'static str,
}

impl House {
    pub fn open(policy: Policy) -> Self {
        Self::with(policy, Settings::default(), true)
    }

    /// With `identified` false, connections have to be authenticated by message.
    pub fn with(policy: Policy, settings: Settings, identified: bool) -> Self {
        let gate = Gate::new(2);
        let clock = Arc::new(ManualClock::at(START));
        let hub = Hub::new(Arc::clone(&gate) as Arc<dyn Outlet>, clock.clone() as Arc<dyn Clock>);
        let left = Arc::new(Mutex::new(Left::default()));
        let packet = packet(&policy);
        let door: Arc<dyn Door> = Arc::new(TestDoor {
            policy: Arc::new(policy),
            hub: Arc::clone(&hub),
            left: Arc::clone(&left),
            identified,
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start(&gate, &hub, &door, settings, listener).unwrap();
        let address = server.address();
        Self { hub, gate, clock, left, server: Some(server), address, packet }
    }

    pub fn dial(&self) -> Dial {
        Dial::new(self.address, "/")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn client(&self) -> TestClient {
        self.dial().open().await
    }

    /// A client in the room.
    pub async fn member(&self) -> TestClient {
        let mut client = self.client().await;
        client.send(&json!({"do": "join"})).await;
        client.expect("joined").await;
        client
    }

    pub fn room() -> RoomId {
        RoomId::new("test", "room")
    }

    /// Publishes the stored event at `offset`, with `filler` characters besides.
    pub fn publish(&self, offset: u64, filler: usize) {
        let text = json!({"type": "event", "offset": offset, "filler": "x".repeat(filler)});
        let text = format!("{}{text}", self.packet);
        self.hub.publish(&Self::room(), &Arc::new(Delivery::stored(offset, text)));
    }

    /// Lets time pass until `is_over` holds; the timers look at the clock by themselves.
    pub async fn pass_until(&self, is_over: impl Fn() -> bool) {
        while !is_over() {
            self.clock.advance(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn closes(&self) -> Vec<u16> {
        self.left.lock().unwrap().closes.iter().map(|reason| reason.code).collect()
    }

    /// Waits until clients have confirmed `count` marks; all of them.
    pub async fn marks(&self, count: usize) -> Vec<u64> {
        while self.left.lock().unwrap().marks.len() < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.left.lock().unwrap().marks.clone()
    }

    /// Waits until sessions have left `count` tickets, and takes them.
    pub async fn tickets(&self, count: usize) -> Vec<Ticket> {
        while self.left.lock().unwrap().tickets.len() < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        std::mem::take(&mut self.left.lock().unwrap().tickets)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}

pub fn identity(user: &str, expires_at: Timestamp) -> Arc<Identity> {
    Arc::new(Identity {
        user_id: user.into(),
        username: user.into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at,
    })
}

/// What stands before the texts of connections with this policy.
fn packet(policy: &Policy) -> &'static str {
    if policy.heartbeat == Heartbeat::WebSocket { "" } else { "4" }
}

struct TestDoor {
    policy: Arc<Policy>,
    hub: Arc<Hub>,
    left: Arc<Mutex<Left>>,
    identified: bool,
}

impl TestDoor {
    fn admit(&self, request: &Request<Incoming>, peer: Peer) -> Answer {
        if !transport::is_upgrade(request.headers()) && request.uri().path() != "/forced" {
            return Answer::Response(Response::new(full(format!("tls={}", peer.is_tls))));
        }
        self.left.lock().unwrap().reserved.extend(peer.connection);
        if request.uri().path() == "/denied" {
            return Answer::Response(Response::new(full("denied")));
        }
        self.open(request, peer)
    }

    /// The same for Engine.IO, at every path.
    fn converse(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("x-door", HeaderValue::from_static("was here"));
        match Asked::of(request.method(), request.uri(), request.headers()) {
            Err(refusal) => Answer::Response(*refusal),
            Ok(Asked::Handshake) => self.open(&request, peer),
            Ok(Asked::Continue) => {
                let request = request.map(|body| body.map_err(BoxError::from).boxed_unsync());
                Answer::Continue(Box::new(Continue { request, headers, subprotocol: None }))
            }
        }
    }

    fn open(&self, request: &Request<Incoming>, peer: Peer) -> Answer {
        let close = (request.uri().path() == "/refused").then_some(CloseReason::UNAUTHORIZED);
        let expires_at = START.plus_millis(60_000_000);
        let (hub, left) = (Arc::clone(&self.hub), Arc::clone(&self.left));
        let packet = packet(&self.policy);
        let session = Told { hub, left, membership: None, packet };
        Answer::Open(Box::new(Admission {
            application: "test",
            policy: Arc::clone(&self.policy),
            source_ip: peer.address.ip(),
            user_agent: None,
            identity: self.identified.then(|| identity("ann", expires_at)),
            session: Box::new(session),
            headers: http::HeaderMap::new(),
            subprotocol: None,
            close,
            lease: None,
        }))
    }
}

impl Door for TestDoor {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        let answer = match self.policy.heartbeat {
            Heartbeat::WebSocket => self.admit(&request, peer),
            Heartbeat::EngineIo { .. } => self.converse(request, peer),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// A session that does what it is told.
struct Told {
    hub: Arc<Hub>,
    left: Arc<Mutex<Left>>,
    membership: Option<Membership>,
    /// What stands before every text: the type of Engine.IO's packets, where that is spoken.
    packet: &'static str,
}

struct Silent;

impl Announce for Silent {
    fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<bytes::Bytes> {
        None
    }

    fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<bytes::Bytes> {
        None
    }
}

impl Told {
    fn say(&self, context: &mut Context<'_>, message: &Value) {
        context.reply(format!("{}{message}", self.packet));
    }

    fn join(&mut self, behind: bool, context: &mut Context<'_>) {
        let member = Member {
            connection: context.connection,
            user_id: "ann".into(),
            username: "Ann".into(),
        };
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let joined = self.hub.join(&House::room(), &announce, member, behind);
        self.membership = Some(joined.membership);
    }
}

#[expect(clippy::panic, reason = "a test tells it to")]
impl Session for Told {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        match message["do"].as_str() {
            Some("join") => {
                self.join(false, context);
                self.say(context, &json!({"type": "joined"}));
            }
            Some("join behind") => {
                self.join(true, context);
                let ticket = context.begin();
                self.left.lock().unwrap().tickets.push(ticket);
            }
            Some("fall behind") => {
                self.membership.as_ref().map(Membership::fall_behind);
            }
            Some("catch up") => {
                if let Some(membership) = &self.membership {
                    membership.catch_up(message["after"].as_u64().unwrap());
                }
            }
            Some("later") => self.left.lock().unwrap().tickets.push(context.begin()),
            Some("hold") => self.left.lock().unwrap().tickets.push(context.hold()),
            Some("sign in") => {
                let expires_at = START.plus_millis(message["for"].as_i64().unwrap());
                context.authenticated(identity("ann", expires_at));
                self.say(context, &json!({"type": "signed in"}));
            }
            Some("mark") => {
                self.say(context, &json!({"type": "marked"}));
                context.mark(message["as"].as_u64().unwrap());
            }
            Some("amid") => context.amid(message["is"].as_bool().unwrap()),
            Some("with") => {
                let attachments = vec![bytes::Bytes::from_static(b"a"), vec![7; 200].into()];
                context.reply_with(json!({"type": "with"}).to_string(), attachments);
            }
            Some("close") => context.close(CloseReason::RATE_LIMIT),
            Some("panic") => panic!("told to"),
            _ => self.say(context, &json!({"type": "echo", "text": text})),
        }
    }

    fn on_binary(&mut self, bytes: &[u8], context: &mut Context<'_>) {
        context.reply_binary(bytes.to_vec());
    }

    fn on_mark(&mut self, mark: u64, _context: &mut Context<'_>) {
        self.left.lock().unwrap().marks.push(mark);
    }

    fn on_skipped(&mut self, count: u64, context: &mut Context<'_>) {
        self.say(context, &json!({"type": "skipped", "count": count}));
    }

    fn on_fault(&mut self, fault: Fault, context: &mut Context<'_>) {
        self.say(context, &json!({"type": "fault", "fault": format!("{fault:?}")}));
    }

    fn on_close(&mut self, reason: &CloseReason) {
        self.left.lock().unwrap().closes.push(reason.clone());
    }
}
