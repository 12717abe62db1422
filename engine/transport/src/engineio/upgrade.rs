//! From polling to a WebSocket: the probe, and what becomes of the socket.
//!
//! A plain socket is handed to the session's shard, with what was read behind the last packet of the
//! upgrade. One with TLS cannot leave the shard that accepted it: a relay carries bytes between it and
//! the pipe for as long as it lives.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use model::{CloseReason, ConnectionId};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::pipe::{Pipe, Turn, Work};
use crate::decoder::{Decoder, DecoderLimits, Message};
use crate::frame::{Opcode, close_frame, frame};
use crate::gate::{Command, OpenSocket};
use crate::shard::Shard;
use crate::stream::Stream;

/// How long an upgrade may take.
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);
/// How long the close of a socket that is not wanted may take to be written.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Bytes read at once.
const READ_BYTES: usize = 4096;
/// What a probe is held to.
const LIMITS: DecoderLimits =
    DecoderLimits { message_bytes_max: 64, fragments_max: 4, deflate: false };
/// How a socket ends that a session cannot be upgraded to.
const NOT_NOW: CloseReason = CloseReason::new(1008, "No upgrade now");

/// A socket for a connection that polled so far.
pub(crate) struct Handover {
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// Its new socket, which does not block.
    pub(crate) socket: TcpStream,
    /// What was read of it already.
    pub(crate) first: Vec<u8>,
    /// The socket's place among the open ones.
    pub(crate) open: OpenSocket,
}

/// What a client says during an upgrade.
enum Said {
    Probe,
    Upgrade,
    Ping(Vec<u8>),
}

/// Upgrades a session to `socket`, of which `first` was read already, if the client goes through with it.
pub(crate) async fn upgrade<S>(
    shard: &Shard,
    mut socket: S,
    into_stream: fn(S) -> Stream,
    (pipe, open): (Arc<Pipe>, OpenSocket),
    first: &[u8],
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Ok(probe) = pipe.begin(Work::Probe, shard.now()) else {
        return hang_up(&mut socket).await;
    };
    let agreed = tokio::select! {
        agreed = timeout(UPGRADE_WITHIN, agree(shard, &mut socket, &pipe, first)) => agreed.ok().flatten(),
        () = pipe.near_gone() => None,
        () = shard.accepting_stopped() => None,
    };
    match agreed {
        Some(first) if pipe.set_upgraded() => {
            shard.gate.stats().upgrades.add(1);
            go_on(shard, into_stream(socket), (pipe, open), first, probe).await;
        }
        _ => {
            drop(probe); // Polls are served again.
            hang_up(&mut socket).await;
        }
    }
}

async fn hang_up(socket: &mut (impl AsyncWrite + Unpin)) {
    // Best effort: a client that is not told sees a closed connection.
    let _ = timeout(CLOSE_WITHIN, socket.write_all(&close_frame(&NOT_NOW))).await;
    let _ = timeout(CLOSE_WITHIN, socket.shutdown()).await;
}

/// Goes through the probe; what was read behind the client's word that it upgrades, or `None` where it
/// does not.
async fn agree(
    shard: &Shard,
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    pipe: &Pipe,
    first: &[u8],
) -> Option<Vec<u8>> {
    let (mut decoder, mut input, mut is_probed) = (Decoder::default(), first.to_vec(), false);
    loop {
        let (said, consumed) = shard.with_inflater(|inflater| {
            let step = decoder.decode(&mut input, &LIMITS, inflater).ok()?;
            Some((step.message.map(|message| said(&message)), step.consumed))
        })?;
        input.drain(..consumed);
        match said {
            None => {}
            Some(Some(Said::Probe)) if !is_probed => {
                is_probed = true;
                socket.write_all(&frame(Opcode::Text, b"3probe")).await.ok()?;
                pipe.set_probed();
            }
            Some(Some(Said::Upgrade)) if is_probed => return Some(input),
            Some(Some(Said::Ping(payload))) => {
                socket.write_all(&frame(Opcode::Pong, &payload)).await.ok()?;
            }
            Some(_) => return None,
        }
        if input.is_empty() {
            input.resize(READ_BYTES, 0);
            let count = socket.read(&mut input).await.ok().filter(|count| *count > 0)?;
            input.truncate(count);
        }
    }
}

fn said(message: &Message<'_>) -> Option<Said> {
    match message {
        Message::Text("2probe") => Some(Said::Probe),
        Message::Text("5") => Some(Said::Upgrade),
        Message::Ping(payload) => Some(Said::Ping(payload.to_vec())),
        _ => None,
    }
}

/// The session goes on over `stream`.
async fn go_on(
    shard: &Shard,
    stream: Stream,
    (pipe, open): (Arc<Pipe>, OpenSocket),
    first: Vec<u8>,
    probe: Turn,
) {
    match stream {
        Stream::Plain(socket) => {
            let Ok(socket) = socket.into_std() else {
                return pipe.end(super::pipe::LastWord::Noop, None);
            };
            let connection = pipe.connection;
            let handover = Handover { connection, socket, first, open };
            shard.gate.command(connection.shard(), Command::Upgrade(Box::new(handover)));
        }
        Stream::Tls(socket) => {
            let relay = relay(socket.into_inner(), &pipe, first);
            relay.await;
            pipe.end(super::pipe::LastWord::Noop, None);
            drop(open);
        }
        Stream::Pipe(_) => {}
    }
    drop(probe);
}

/// Carries bytes between a socket and the pipe until either is gone.
async fn relay(socket: impl AsyncRead + AsyncWrite, pipe: &Pipe, first: Vec<u8>) {
    let (mut reader, mut writer) = tokio::io::split(socket);
    let inwards = async {
        let mut bytes = first;
        loop {
            if !bytes.is_empty() && !pipe.relay_in(&bytes).await {
                return;
            }
            bytes.resize(READ_BYTES, 0);
            match reader.read(&mut bytes).await {
                Ok(count) if count > 0 => bytes.truncate(count),
                _ => return,
            }
        }
    };
    let outwards = async {
        while let Some(bytes) = pipe.relay_out().await {
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
        }
        // The peer ends its side once it has seen that ours is.
        let _ = writer.shutdown().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = inwards => {}
        () = outwards => {}
        () = pipe.near_gone() => {}
    }
}
