//! From an accepted socket to an answered request or an open WebSocket.
//!
//! **Bounds.** [`HEADER_WITHIN`] for the first byte, for the TLS handshake and for each request's
//! head; [`HEADERS_MAX`] headers in [`HEADER_BYTES_MAX`]; [`ANSWER_WITHIN`] for an answer;
//! [`HTTP_LIFE_MAX`] for a socket that never becomes a WebSocket.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::door::Body;
use crate::engineio::Pipe;
use crate::gate::OpenSocket;
use crate::handshake::{Handshake, is_upgrade, refuse};
use crate::shard::{Reservation, Shard};
use crate::stream::Stream;
use crate::{Admission, Answer, Door, Peer, engineio};

/// How long a client may take for its first byte, for TLS, and for the head of a request.
pub const HEADER_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// How long a request may take to be answered, its body's arrival included.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a socket may speak HTTP before it has to come anew.
const HTTP_LIFE_MAX: Duration = Duration::from_secs(300);
/// How long a last response may take to be written.
const GOODBYE_WITHIN: Duration = Duration::from_secs(10);
/// How long polls may wait for the close of their session once nothing more is accepted.
const LAST_POLLS_WITHIN: Duration = Duration::from_secs(8);
/// How long to wait after the system had no descriptor or memory for a socket.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What one socket too many is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
    Retry-After: 5\r\nConnection: close\r\nContent-Length: 73\r\n\r\n\
    {\"error\":\"UNAVAILABLE\",\"message\":\"Too many connections\",\"statusCode\":503}";

/// Accepts sockets until the shard is told to stop.
pub(crate) async fn accept(shard: Rc<Shard>, listener: TcpListener, door: Arc<dyn Door>) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = shard.accepting_stopped() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let stats = shard.gate.stats();
                stats.accepted.add(1);
                let Some(open) = shard.gate.enter(shard.settings.connections_max) else {
                    stats.refused_full.add(1);
                    // Best effort: a client that is not told sees a closed connection.
                    let _ = stream.try_write(FULL);
                    continue;
                };
                let served = serve(Rc::clone(&shard), Arc::clone(&door), stream, address, open);
                tokio::task::spawn_local(served);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(
    shard: Rc<Shard>,
    door: Arc<dyn Door>,
    stream: TcpStream,
    address: SocketAddr,
    open: OpenSocket,
) {
    let Some(tls) = &shard.settings.tls else {
        if timeout(HEADER_WITHIN, stream.readable()).await.is_ok_and(|ready| ready.is_ok()) {
            let peer = Peer { address, is_tls: false, connection: None };
            speak(shard, door, stream, peer, open, Stream::Plain).await;
        }
        return;
    };
    if let Ok(Ok(stream)) = timeout(HEADER_WITHIN, tls.acceptor().accept(stream)).await {
        let peer = Peer { address, is_tls: true, connection: None };
        Box::pin(speak(shard, door, stream, peer, open, Stream::tls)).await;
    }
}

/// A WebSocket whose response is being sent.
struct Pending {
    upgrade: OnUpgrade,
    purpose: Purpose,
}

/// What a WebSocket is for.
enum Purpose {
    /// A connection of its own.
    Open { admission: Box<Admission>, reservation: Reservation, deflate: bool },
    /// A session that polled so far.
    Upgrade(Arc<Pipe>),
}

/// Tells requests that wait on a socket that it is to be given up.
#[derive(Default)]
struct Leaving {
    is_leaving: Cell<bool>,
    told: Notify,
}

impl Leaving {
    fn tell(&self) {
        self.is_leaving.set(true);
        self.told.notify_waiters();
    }

    async fn told(&self) {
        let told = self.told.notified();
        if !self.is_leaving.get() {
            told.await;
        }
    }
}

/// Speaks HTTP until the client goes, or a WebSocket opens.
async fn speak<S>(
    shard: Rc<Shard>,
    door: Arc<dyn Door>,
    socket: S,
    peer: Peer,
    open: OpenSocket,
    into_stream: fn(S) -> Stream,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (pending, leaving) = (Rc::new(Cell::new(None)), Rc::<Leaving>::default());
    let service = service_fn(|request| {
        let (door, pending) = (Arc::clone(&door), Rc::clone(&pending));
        let (shard, leaving) = (Rc::clone(&shard), Rc::clone(&leaving));
        async move {
            let answered = answer(request, peer, (&shard, &*door), &pending, &leaving);
            Ok::<_, Infallible>(answered.await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WITHIN)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let patience = tokio::select! {
        _ = connection.as_mut() => None,
        () = shard.accepting_stopped() => Some(LAST_POLLS_WITHIN),
        () = sleep(HTTP_LIFE_MAX) => Some(Duration::ZERO),
    };
    if let Some(patience) = patience {
        connection.as_mut().graceful_shutdown();
        // Polls may still be told that their session is closed; then they are sent away.
        if timeout(patience, connection.as_mut()).await.is_err() {
            leaving.tell();
            // Whoever does not read its response in time loses it.
            let _ = timeout(GOODBYE_WITHIN.saturating_sub(patience), connection).await;
        }
    }
    let Some(Pending { upgrade, purpose }) = pending.take() else { return };
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<S>>() else { return };
    let (socket, first) = (parts.io.into_inner(), &parts.read_buf);
    match purpose {
        Purpose::Open { admission, reservation, deflate } => {
            shard.open(into_stream(socket), (*admission, reservation), deflate, open, first);
        }
        Purpose::Upgrade(pipe) => {
            engineio::upgrade(&shard, socket, into_stream, (pipe, open), first).await;
        }
    }
}

/// Answers one request; a WebSocket to open is left in `pending`.
async fn answer(
    mut request: Request<Incoming>,
    mut peer: Peer,
    (shard, door): (&Rc<Shard>, &dyn Door),
    pending: &Cell<Option<Pending>>,
    leaving: &Leaving,
) -> Response<Body> {
    let upgrade = if is_upgrade(request.headers()) {
        match Handshake::read(&request) {
            Ok(handshake) => {
                let Some(reservation) = shard.reserve() else {
                    return *refuse(StatusCode::SERVICE_UNAVAILABLE, "Too many connections");
                };
                peer.connection = Some(reservation.id);
                Some((hyper::upgrade::on(&mut request), handshake, reservation))
            }
            Err(refusal) => return *refusal,
        }
    } else {
        None
    };
    let Ok(answer) = timeout(ANSWER_WITHIN, door.answer(request, peer)).await else {
        return *refuse(StatusCode::SERVICE_UNAVAILABLE, "No answer in time");
    };
    match (answer, upgrade) {
        (Answer::Response(response), _) => response,
        (Answer::Open(admission), Some((upgrade, handshake, reservation))) => {
            let deflate = handshake.offers_deflate && admission.policy.deflate;
            let response = handshake.response(deflate, admission.subprotocol);
            let purpose = Purpose::Open { admission, reservation, deflate };
            pending.set(Some(Pending { upgrade, purpose }));
            response
        }
        (Answer::Continue(asked), Some((upgrade, handshake, _))) => {
            match engineio::session_of(&asked.request, shard.gate.sessions()) {
                Some(pipe) => {
                    let purpose = Purpose::Upgrade(pipe);
                    pending.set(Some(Pending { upgrade, purpose }));
                    handshake.response(false, asked.subprotocol)
                }
                None => *engineio::refuse(engineio::Refusal::UnknownSession),
            }
        }
        (Answer::Continue(asked), None) => engineio::answer(shard, *asked, leaving.told()).await,
        (Answer::Open(admission), None) if admission.policy.is_engine_io() => {
            engineio::open(shard, *admission)
        }
        (Answer::Open(_), None) => {
            *refuse(StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_one_socket_too_many_has_the_length_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
