//! Sends every message back: the transport alone, with no limits of its own up to 16 MiB.
//!
//!     cargo run --release -p transport --example echo -- --listen 127.0.0.1:9001

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;

use clap::Parser;
use http::{Request, Response, StatusCode};
use hub::{Context, Fault, Hub, Session};
use hyper::body::Incoming;
use model::{Identity, SystemClock, Timestamp};
use transport::{Admission, Answer, Door, Gate, Peer, Policy, Server, Settings, full};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of a message.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Sends every message back.
#[derive(Parser)]
struct Cli {
    /// The address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
}

struct Echo;

impl Session for Echo {
    fn on_text(&mut self, text: &str, context: &mut Context<'_>) {
        context.reply(text.to_owned());
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
    fn new() -> Self {
        let policy = Policy {
            message_bytes_max: MESSAGE_BYTES_MAX,
            fragments_max: u32::MAX,
            fragments_within: None,
            ping_interval: None,
            pings_per_ten_seconds_max: None,
            reply_bytes_max: 4 * MESSAGE_BYTES_MAX,
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

    fn admit(&self, headers: &http::HeaderMap, peer: Peer) -> Answer {
        if !transport::is_upgrade(headers) {
            let mut response = Response::new(full("This is a WebSocket echo\n"));
            *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
            return Answer::Response(response);
        }
        Answer::Open(Box::new(Admission {
            application: "echo",
            policy: Arc::clone(&self.policy),
            source_ip: peer.address.ip(),
            user_agent: None,
            identity: Some(Arc::clone(&self.anybody)),
            session: Box::new(Echo),
            headers: http::HeaderMap::new(),
            subprotocol: None,
            close: None,
            lease: None,
        }))
    }
}

impl Door for EchoDoor {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        let answer = self.admit(request.headers(), peer);
        Box::pin(std::future::ready(answer))
    }
}

#[expect(clippy::print_stdout, reason = "it tells where it listens")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cli = Cli::parse();
    let shards = std::thread::available_parallelism().map_or(1, usize::from);
    let gate = Gate::new(u8::try_from(shards).unwrap_or(u8::MAX));
    let hub = Hub::new(Arc::clone(&gate) as Arc<dyn hub::Outlet>, Arc::new(SystemClock::new()));
    let listener = TcpListener::bind(cli.listen)?;
    let door: Arc<dyn Door> = Arc::new(EchoDoor::new());
    let server = Server::start(&gate, &hub, &door, Settings::default(), listener)?;
    println!("listening on ws://{}", server.address());
    loop {
        std::thread::park();
    }
}
