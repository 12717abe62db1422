//! The shards' threads: starting them, closing what they hold, ending them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hub::{Fault, Hub};
use model::CloseReason;
use socket2::SockRef;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::gate::Command;
use crate::shard::Shard;
use crate::{Door, Gate, Tls, accept};

/// What the kernel may hold of a socket's unsent bytes (it doubles this). Its default grows to
/// 4 MB, which would hide a slow consumer for minutes.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// What all connections have in common.
pub struct Settings {
    /// How hard to compress: 1 is fastest, 9 is smallest.
    pub deflate_level: u32,
    /// Messages of at least so many bytes are compressed.
    pub deflate_from: usize,
    /// Open sockets at most, those that only speak HTTP included; the next is told 503.
    pub connections_max: usize,
    /// How long a shard holds messages back so that one write carries more of them.
    pub gather_delay: Option<Duration>,
    /// The keys to serve TLS with.
    pub tls: Option<Arc<Tls>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deflate_level: 1,
            deflate_from: 1024,
            connections_max: 100_000,
            gather_delay: None,
            tls: None,
        }
    }
}

/// The server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The listener cannot be used.
    #[error("cannot use the listening socket")]
    Listener(#[source] io::Error),
    /// A shard's thread or its runtime cannot be made.
    #[error("cannot start a shard")]
    Shard(#[source] io::Error),
}

/// A running server. Dropped, it goes on; [`Server::stop`] ends it.
pub struct Server {
    gate: Arc<Gate>,
    address: SocketAddr,
    shards: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts one thread for each of the gate's shards, all of which accept from `listener`, a socket
    /// that listens.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub fn start(
        gate: &Arc<Gate>,
        hub: &Arc<Hub>,
        door: &Arc<dyn Door>,
        settings: Settings,
        listener: TcpListener,
    ) -> Result<Self, ServerError> {
        let address = prepare(&listener).map_err(ServerError::Listener)?;
        let settings = Arc::new(settings);
        let mut shards = Vec::new();
        for index in 0..gate.shards() {
            let listener = listener.try_clone().map_err(ServerError::Listener)?;
            let runtime =
                Builder::new_current_thread().enable_all().build().map_err(ServerError::Shard)?;
            let (gate, hub) = (Arc::clone(gate), Arc::clone(hub));
            let (door, settings) = (Arc::clone(door), Arc::clone(&settings));
            let work = move || {
                run(&runtime, listener, door, || Shard::new(index, gate, hub, settings));
            };
            let name = format!("shard-{index}");
            let thread = thread::Builder::new().name(name).spawn(work);
            shards.push(thread.map_err(ServerError::Shard)?);
        }
        // The shards hold the socket now: once they stop accepting, nobody waits in vain.
        drop(listener);
        Ok(Self { gate: Arc::clone(gate), address, shards })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connection, and no further request on open ones.
    pub fn stop_accepting(&self) {
        self.tell_all(|| Command::StopAccepting);
    }

    /// Closes every WebSocket, spread evenly over `spread`; sessions are told of `fault` first.
    pub fn close_all(&self, fault: Option<Fault>, reason: &CloseReason, spread: Duration) {
        self.tell_all(|| Command::CloseAll { fault, reason: reason.clone(), spread });
    }

    /// Ready once no socket is open any more.
    pub async fn emptied(&self) {
        self.gate.emptied().await;
    }

    /// Ends the shards, dropping what is still open. Blocks for as long as their last turn takes.
    pub fn stop(self) {
        self.tell_all(|| Command::Stop);
        for shard in self.shards {
            if shard.join().is_err() {
                tracing::error!("a shard's thread panicked");
            }
        }
    }

    fn tell_all(&self, command: impl Fn() -> Command) {
        for shard in 0..self.gate.shards() {
            self.gate.command(shard, command());
        }
    }
}

/// Sets what accepted sockets inherit from their listener.
fn prepare(listener: &TcpListener) -> io::Result<SocketAddr> {
    listener.set_nonblocking(true)?;
    let socket = SockRef::from(listener);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.set_tcp_nodelay(true)?;
    listener.local_addr()
}

/// A shard's thread.
fn run(
    runtime: &Runtime,
    listener: TcpListener,
    door: Arc<dyn Door>,
    shard: impl FnOnce() -> Rc<Shard>,
) {
    let _guard = AbortOnPanic;
    let shard = shard();
    let local = LocalSet::new();
    local.block_on(runtime, async {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => {
                let accepting = accept::accept(Rc::clone(&shard), listener, door);
                tokio::task::spawn_local(accepting);
            }
            Err(error) => tracing::error!(%error, "a shard cannot accept"),
        }
        tokio::task::spawn_local(Rc::clone(&shard).keep_time());
        shard.run().await;
    });
}

/// A shard that is gone would leave its connections hanging: better none of the process is left.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("a shard panicked; the process ends");
            std::process::abort();
        }
    }
}
