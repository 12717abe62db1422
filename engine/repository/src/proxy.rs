//! The one way from a fetch to the network: a CONNECT proxy on loopback, made for that fetch.
//!
//! It resolves the repository's host itself, checks each address of the answer, and connects to an
//! address that it checked. `git` knows the proxy alone and resolves nothing.
//!
//! **Invariants.** Only the repository's own host and port are connected to, and only for who knows
//! the proxy's secret. One address in an answer that is not allowed refuses the whole answer, at
//! each connection anew. Every byte of either direction is counted before it is passed on, and
//! past the bound none is. Dropping the proxy ends its task, its connections and its listener.
//!
//! **Bounds.** [`CONNECTIONS_MAX`] connections at once; a request's head has
//! [`request::HEAD_BYTES_MAX`] and comes within [`STEP`], as does a host's resolution and each
//! attempt to connect, of which there are [`ATTEMPTS_MAX`]. Connections last no longer than the
//! fetch.

mod request;
mod resolver;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::debug;

use crate::address::Reach;
use crate::source::Remote;

use request::Request;
pub(crate) use request::new_secret;
pub use resolver::Resolver;

/// Connections through one proxy at once; git opens one or two.
const CONNECTIONS_MAX: usize = 8;
/// Addresses of a host that are tried.
const ATTEMPTS_MAX: usize = 4;
/// How long each step before the first passed byte may take.
const STEP: Duration = Duration::from_secs(10);
/// Bytes passed at once.
const BUFFER_BYTES: usize = 32 << 10;

/// Why a proxy passes no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// More bytes would have been passed than are allowed.
    TooLarge,
    /// The host has an address that is not allowed, or another host was asked for.
    NotAllowed(String),
    /// The host does not resolve, or nobody answers there.
    Unreachable(String),
}

/// A proxy for one fetch.
pub(crate) struct Proxy {
    at: SocketAddr,
    route: Arc<Route>,
    /// Its accept loop, which owns the connections; dropped, all end.
    _tasks: JoinSet<()>,
}

/// What the connections of one proxy share.
struct Route {
    remote: Remote,
    resolver: Resolver,
    secret: String,
    bytes: AtomicU64,
    bytes_max: u64,
    verdict: Mutex<Option<Verdict>>,
    is_final: Notify,
}

impl Proxy {
    /// Listens on a free port of loopback, for `remote` alone.
    pub(crate) async fn start(
        remote: Remote,
        resolver: Resolver,
        bytes_max: u64,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let at = listener.local_addr()?;
        let route = Arc::new(Route {
            remote,
            resolver,
            secret: new_secret()?,
            bytes: AtomicU64::new(0),
            bytes_max,
            verdict: Mutex::new(None),
            is_final: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&route)));
        Ok(Self { at, route, _tasks: tasks })
    }

    /// Its address with the secret, as git's `http.proxy` takes it; for no log.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}@{}", request::USER, self.route.secret, self.at)
    }

    /// Bytes passed so far, both ways.
    pub(crate) fn bytes(&self) -> u64 {
        self.route.bytes.load(Ordering::Relaxed)
    }

    /// Why it refused something, if it did.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.route.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has refused what no second attempt would change.
    pub(crate) async fn refused(&self) {
        loop {
            let told = self.route.is_final.notified();
            if !matches!(self.verdict(), None | Some(Verdict::Unreachable(_))) {
                return;
            }
            told.await;
        }
    }
}

async fn accept(listener: TcpListener, route: Arc<Route>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((client, _)) => {
                let route = Arc::clone(&route);
                connections.spawn(async move {
                    if let Err(error) = route.serve(client).await {
                        debug!(%error, "a connection of a fetch ended");
                    }
                });
            }
            // No descriptor is free, or the client left already: let others finish first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

impl Route {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = timeout(STEP, Request::read(&mut client)).await??;
        if !request.knows(&self.secret) {
            return answer(&mut client, "407 Proxy Authentication Required").await;
        }
        let wanted = format!("{}:{}", self.remote.host, self.remote.port);
        if !request.target.eq_ignore_ascii_case(&wanted) {
            self.end(Verdict::NotAllowed("another host was asked for".to_owned()));
            return answer(&mut client, "403 Forbidden").await;
        }
        match self.connect().await {
            Ok(server) => {
                answer(&mut client, "200 Connection established").await?;
                self.relay(client, server).await
            }
            Err(verdict) => {
                self.end(verdict);
                answer(&mut client, "502 Bad Gateway").await
            }
        }
    }

    /// Resolves the host, checks every address, and connects to one of those.
    async fn connect(&self) -> Result<TcpStream, Verdict> {
        let Remote { host, port, is_private, .. } = &self.remote;
        let unreachable = |what: &str| Verdict::Unreachable(format!("{host} {what}"));
        let found = timeout(STEP, self.resolver.addresses(host)).await;
        let found = found.map_err(|_| unreachable("does not resolve in time"))?;
        let found = found.map_err(|_| unreachable("does not resolve"))?;
        for address in &found {
            let reach = Reach::of(*address);
            if reach == Reach::Nobody || (reach == Reach::Private && !is_private) {
                debug!(%host, %address, "a repository's host has an address that is not allowed");
                let reason = format!("{host} has an address that is not of the Internet");
                return Err(Verdict::NotAllowed(reason));
            }
        }
        for address in found.iter().take(ATTEMPTS_MAX) {
            let place = SocketAddr::new(address.to_canonical(), *port);
            if let Ok(Ok(server)) = timeout(STEP, TcpStream::connect(place)).await {
                return Ok(server);
            }
        }
        Err(unreachable("cannot be reached"))
    }

    async fn relay(&self, client: TcpStream, server: TcpStream) -> io::Result<()> {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::try_join!(self.pass(from_client, to_server), self.pass(from_server, to_client))?;
        Ok(())
    }

    /// Passes one direction, until its end or the bound.
    async fn pass(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = from.read(&mut buffer).await?;
            if read == 0 {
                return to.shutdown().await;
            }
            let before = self.bytes.fetch_add(read as u64, Ordering::Relaxed);
            if before.saturating_add(read as u64) > self.bytes_max {
                self.end(Verdict::TooLarge);
                return Err(io::Error::other("more bytes than are allowed"));
            }
            to.write_all(&buffer[..read]).await?;
        }
    }

    /// The first verdict stays, but for one that a second attempt could change.
    fn end(&self, verdict: Verdict) {
        let mut slot = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*slot, None | Some(Verdict::Unreachable(_))) {
            *slot = Some(verdict);
            self.is_final.notify_one();
        }
    }
}

async fn answer(client: &mut TcpStream, status: &str) -> io::Result<()> {
    let is_refused = !status.starts_with("200");
    let close = if is_refused { "Content-Length: 0\r\nConnection: close\r\n" } else { "" };
    client.write_all(format!("HTTP/1.1 {status}\r\n{close}\r\n").as_bytes()).await
}

#[cfg(test)]
mod tests;
