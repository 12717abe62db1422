//! Sends every event of Socket.IO back: what the protocol's own test suite expects.
//!
//!     cargo run --release -p socketio --example socketio_echo -- --listen 127.0.0.1:3000

mod echo;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use hub::Hub;
use model::SystemClock;
use transport::{Door, Gate, Server, Settings};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sends every event of Socket.IO back.
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
    /// For a client to enter a namespace, in milliseconds.
    #[arg(long, default_value_t = 10_000)]
    connect_timeout_ms: u64,
}

#[expect(clippy::print_stdout, reason = "it tells where it listens")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cli = Cli::parse();
    let [interval, timeout, connect] =
        [cli.ping_interval_ms, cli.ping_timeout_ms, cli.connect_timeout_ms]
            .map(Duration::from_millis);
    let shards = std::thread::available_parallelism().map_or(1, usize::from);
    let gate = Gate::new(u8::try_from(shards).unwrap_or(u8::MAX));
    let hub = Hub::new(Arc::clone(&gate) as Arc<dyn hub::Outlet>, Arc::new(SystemClock::new()));
    let listener = TcpListener::bind(cli.listen)?;
    let policy = echo::policy((interval, timeout), cli.max_payload, connect);
    let door: Arc<dyn Door> = Arc::new(echo::EchoDoor::new(policy));
    let server = Server::start(&gate, &hub, &door, Settings::default(), listener)?;
    println!("listening on http://{}", server.address());
    loop {
        std::thread::park();
    }
}
