//! Sends every message of Engine.IO back, text and binary: what the protocol's own test suite expects.
//!
//!     cargo run --release -p transport --example engineio_echo -- --listen 127.0.0.1:3000

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hub::{Context, Fault, Hub, Session};
use hyper::body::Incoming;
use model::{Identity, SystemClock, Timestamp};
use transport::engineio::Asked;
use transport::{
    Admission, Answer, BoxError, Continue, Door, Gate, Heartbeat, Peer, Policy, Server, Settings,
    full,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where Engine.IO is served.
const PATH: &str = "/engine.io/";

/// Sends every message of Engine.IO back.
#[derive(Parser)]
struct Cli {
    /// The address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Between pings, in milliseconds.
    #[arg(long, default_value_t = 25_000)]
    ping_interval_ms: u64,
    /// For the answer to a ping, in milliseconds.
    #[arg(long, default_value_t = 20_000)]
    ping_timeout_ms: u64,
    /// Bytes of a message, and of what is posted at once.
    #[arg(long, default_value_t = 1_000_000)]
    max_payload: usize,
}

struct Echo;

impl Session for Echo {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        context.reply(format!("4{text}"));
    }

    fn on_binary(&mut self, bytes: &[u8], context: &mut Context<'_>) {
        context.reply_binary(bytes.to_vec());
    }

    fn on_fault(&mut self, _fault: Fault, _context: &mut Context<'_>) {}
}

struct EchoDoor {
    policy: Arc<Policy>,
    anybody: Arc<Identity>,
}

impl EchoDoor {
    fn new(cli: &Cli) -> Self {
        let timeout = Duration::from_millis(cli.ping_timeout_ms);
        let policy = Policy {
            message_bytes_max: cli.max_payload,
            ping_interval: Some(Duration::from_millis(cli.ping_interval_ms)),
            heartbeat: Heartbeat::EngineIo { timeout },
            deflate: false,
            ..Policy::default()
        };
        let anybody = Identity {
            user_id: "anybody".into(),
            username: "anybody".into(),
            roles: Vec::new(),
            contexts: None,
            issued_at: None,
            is_ours: true,
            expires_at: Timestamp::from_millis(i64::MAX),
        };
        Self { policy: Arc::new(policy), anybody: Arc::new(anybody) }
    }

    fn admit(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        if request.uri().path() != PATH {
            let mut response = Response::new(full("There is an Engine.IO echo at /engine.io/\n"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Answer::Response(response);
        }
        match Asked::of(request.method(), request.uri(), request.headers()) {
            Err(refusal) => Answer::Response(*refusal),
            Ok(Asked::Continue) => {
                let request = request.map(|body| body.map_err(BoxError::from).boxed_unsync());
                Answer::Continue(Box::new(Continue {
                    request,
                    headers: HeaderMap::new(),
                    subprotocol: None,
                }))
            }
            Ok(Asked::Handshake) => Answer::Open(Box::new(Admission {
                application: "echo",
                policy: Arc::clone(&self.policy),
                source_ip: peer.address.ip(),
                user_agent: None,
                identity: Some(Arc::clone(&self.anybody)),
                session: Box::new(Echo),
                headers: HeaderMap::new(),
                subprotocol: None,
                close: None,
                lease: None,
            })),
        }
    }
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

#[expect(clippy::print_stdout, reason = "it tells where it listens")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cli = Cli::parse();
    let shards = std::thread::available_parallelism().map_or(1, usize::from);
    let gate = Gate::new(u8::try_from(shards).unwrap_or(u8::MAX));
    let hub = Hub::new(Arc::clone(&gate) as Arc<dyn hub::Outlet>, Arc::new(SystemClock::new()));
    let listener = TcpListener::bind(cli.listen)?;
    let door: Arc<dyn Door> = Arc::new(EchoDoor::new(&cli));
    let server = Server::start(&gate, &hub, &door, Settings::default(), listener)?;
    println!("listening on http://{}", server.address());
    loop {
        std::thread::park();
    }
}
