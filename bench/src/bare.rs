//! The bare server: what a fan-out costs at the least.
//!
//! It relays bytes. Connections are taken in the order they come: the first `room_size` are room 0, the next
//! ones room 1, and so on. What a member sends is written, unchanged, to every member of its room, one
//! `write` for each. There is no handshake, no parsing, no queue, no store: what any server on TCP pays
//! for the same bytes to the same sockets. It waits until `gather_bytes` have come from a member, so
//! that with a window of W messages exactly W go out in one write, as a perfect fan-out would do.
//!
//! **Invariant:** a write that would block, or is short, ends the server: a floor that queues is none.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::error::{BenchError, system};
use crate::poller::{Poller, Readiness};
use crate::websocket;

const LISTENER: usize = usize::MAX;
const READ_BYTES: usize = 64 << 10;
const GREETING: &[u8] = br#"{"type":"pong"}"#;

/// How the bare server relays.
#[derive(Clone, Copy, Debug)]
pub struct Relay {
    /// Members of a room, at least 1.
    pub room_size: usize,
    /// Bytes to gather from a member before they are written to its room; 1 relays whatever has come.
    pub gather_bytes: usize,
}

struct Member {
    socket: TcpStream,
    gathered: Vec<u8>,
}

/// Serves on `address` until a write fails.
///
/// # Errors
/// `System` when it cannot listen, or a member does not take what is written to it.
pub fn serve(address: SocketAddr, relay: Relay, out: &mut dyn Write) -> Result<(), BenchError> {
    let listener = listen(address).map_err(system(format!("listen on {address}")))?;
    let mut poller = Poller::new()?;
    poller.add(&listener, LISTENER)?;
    writeln!(out, "listening on {address}").map_err(system("tell the address"))?;
    let mut members: Vec<Member> = Vec::new();
    let mut news: Vec<Readiness> = Vec::new();
    loop {
        news.clear();
        poller.wait(Duration::from_secs(60), &mut news)?;
        for one in &news {
            if one.index == LISTENER {
                accept(&listener, &poller, &mut members)?;
            } else if one.readable {
                relay_from(one.index, relay, &mut members).map_err(system("relay"))?;
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn accept(
    listener: &TcpListener,
    poller: &Poller,
    members: &mut Vec<Member>,
) -> Result<(), BenchError> {
    loop {
        let mut socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(cause) => return Err(system("accept")(cause)),
        };
        socket.set_nodelay(true).map_err(system("accept"))?;
        socket.set_nonblocking(true).map_err(system("accept"))?;
        poller.add(&socket, members.len())?;
        let mut greeting = Vec::new();
        websocket::push_plain(&mut greeting, websocket::TEXT, GREETING);
        socket.write_all(&greeting).map_err(system("greet"))?;
        members.push(Member { socket, gathered: Vec::new() });
    }
}

fn relay_from(index: usize, relay: Relay, members: &mut [Member]) -> io::Result<()> {
    let mut input = [0u8; READ_BYTES];
    loop {
        let count = match members[index].socket.read(&mut input) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(cause) if cause.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(cause) => return Err(cause),
        };
        let mut gathered = std::mem::take(&mut members[index].gathered);
        gathered.extend_from_slice(&input[..count]);
        let whole = gathered.len() - gathered.len() % relay.gather_bytes;
        if whole > 0 {
            let first = index - index % relay.room_size;
            let end = members.len().min(first + relay.room_size);
            for member in &mut members[first..end] {
                write_whole(&mut member.socket, &gathered[..whole])?;
            }
            gathered.drain(..whole);
        }
        members[index].gathered = gathered;
        if count < input.len() {
            return Ok(());
        }
    }
}

fn write_whole(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let written = socket.write(bytes)?;
    if written < bytes.len() {
        return Err(io::Error::new(ErrorKind::WriteZero, "a member does not keep up"));
    }
    Ok(())
}
