//! Many WebSocket connections on one thread, with as little work for each as possible.
//!
//! A member connects, upgrades, sends `ping` and is ready when the `pong` has come ([`Crowd::greet_with`]
//! changes both); then every text it receives, and every binary message, is handed to the caller. Pings are answered, closes noted.
//!
//! **Invariants:** what waits to be written to a member is at most [`OUTBOX_BYTES_MAX`]; an unfinished
//! frame is at most [`FRAME_BYTES_MAX`]; only loopback addresses are ever connected to.
//!
//! **Pitfall:** a member that is [`Crowd::pause`]d misses its edges; [`Crowd::drain`] reads at once.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::{BenchError, system};
use crate::poller::{Poller, Readiness};
use crate::stopwatch::{Stopwatch, nanos};
use crate::websocket;

/// Bytes that may wait to be written to one member; past that the run ends with an error.
pub const OUTBOX_BYTES_MAX: usize = 4 << 20;
/// Bytes of one frame from the server; past that the run ends with an error.
pub const FRAME_BYTES_MAX: usize = 4 << 20;

const SCRATCH_BYTES: usize = 256 << 10;
const UPGRADE_BYTES_MAX: usize = 8 << 10;
const OPENING_MAX: usize = 64;
/// A receive buffer, and segments as of Ethernet, of which the server's kernel also keeps few: with
/// loopback's 64 KiB segments it would take 2.7 MB before it refused a byte.
const NARROW_BUFFER_BYTES: usize = 4096;
const NARROW_SEGMENT_BYTES: u32 = 1460;
/// In the words of every protocol; each ignores the others'.
const PING: &[u8] = br#"{"type":"ping","action":"ping"}"#;
const PONG_MARK: &[u8] = br#""pong""#;

/// How to connect one member.
#[derive(Clone, Debug)]
pub struct Door {
    /// The server's address, on loopback.
    pub server: SocketAddr,
    /// The address to connect from, on loopback; `None` for the usual one.
    pub from: Option<IpAddr>,
    /// Path and query of the WebSocket; `None` for the bare server, which greets by itself.
    pub path: Option<String>,
    /// Receive little at a time, as over a slow line; else buffers are the kernel's choice.
    pub narrow: bool,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The close frame's code; `None` when the connection ended without one.
    pub code: Option<u16>,
    /// The close frame's reason, or what broke.
    pub reason: String,
    /// When it was seen, by the crowd's stopwatch.
    pub at: u64,
}

/// A message that a member received.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Which member.
    pub member: usize,
    /// The payload.
    pub text: &'a [u8],
    /// Whether it is a binary message.
    pub is_binary: bool,
    /// Bytes on the wire, with the frame's header.
    pub wire_bytes: usize,
    /// When it was read, by the crowd's stopwatch.
    pub at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Upgrading,
    Joining,
    Ready,
    Ended,
}

#[derive(Debug)]
struct Member {
    socket: TcpStream,
    stage: Stage,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    paused: bool,
    hung_up_at: Option<u64>,
    end: Option<End>,
}

/// The connections of a load.
#[derive(Debug)]
pub struct Crowd {
    poller: Poller,
    members: Vec<Member>,
    opening: usize,
    scratch: Vec<u8>,
    news: Vec<Readiness>,
    watch: Stopwatch,
    nonce: u64,
    /// What a member says once it is upgraded.
    greeting: Vec<Vec<u8>>,
    /// What stands in the message that makes it ready.
    ready_mark: &'static [u8],
}

impl Crowd {
    /// No connections yet; times are by `watch`.
    ///
    /// # Errors
    /// `System` when the kernel has no epoll to give.
    pub fn new(watch: Stopwatch) -> Result<Self, BenchError> {
        Ok(Self {
            poller: Poller::new()?,
            members: Vec::new(),
            opening: 0,
            scratch: vec![0; SCRATCH_BYTES],
            news: Vec::new(),
            watch,
            greeting: vec![PING.to_vec()],
            ready_mark: PONG_MARK,
            nonce: watch.nanos() ^ u64::from(std::process::id()).rotate_left(40),
        })
    }

    /// Now, by the crowd's stopwatch.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.watch.nanos()
    }

    /// How many members there are, ended ones included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Members that are admitted from now on say `texts` once they are upgraded, and are ready when a message
    /// with `ready_mark` in it has come.
    pub fn greet_with(&mut self, texts: &[String], ready_mark: &'static [u8]) {
        self.greeting = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        self.ready_mark = ready_mark;
    }

    /// Connects one member through each of `doors`, at most 64 at a time, and waits until all are
    /// ready. What they hear meanwhile is dropped.
    ///
    /// # Errors
    /// `Connection` for the first that was refused, or when `patience` ran out; `System` when a
    /// socket could not be made.
    pub fn admit(
        &mut self,
        doors: impl IntoIterator<Item = Door>,
        patience: Duration,
    ) -> Result<(), BenchError> {
        let deadline = self.now() + nanos(patience);
        let mut doors = doors.into_iter();
        loop {
            while self.opening < OPENING_MAX
                && let Some(door) = doors.next()
            {
                let index = self.members.len();
                let member = self.open(&door, index)?;
                self.members.push(member);
                self.greet(index, &door)?;
            }
            if self.opening == 0 {
                return Ok(());
            }
            self.wait_for_opening(deadline)?;
        }
    }

    /// Connects anew in the place of `index`, whose old connection is dropped, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Crowd::admit`].
    pub fn readmit(
        &mut self,
        index: usize,
        door: &Door,
        patience: Duration,
    ) -> Result<(), BenchError> {
        let deadline = self.now() + nanos(patience);
        self.members[index] = self.open(door, index)?;
        self.greet(index, door)?;
        while self.opening > 0 {
            self.wait_for_opening(deadline)?;
        }
        Ok(())
    }

    /// Appends to what `index` will be sent; `fill` writes whole frames. [`Crowd::flush`] sends them.
    pub fn queue(&mut self, index: usize, fill: impl FnOnce(&mut Vec<u8>)) {
        fill(&mut self.members[index].outbox);
    }

    /// Appends one masked text to what `index` will be sent.
    pub fn queue_text(&mut self, index: usize, text: &[u8]) {
        let mask = self.mask();
        websocket::push_masked(&mut self.members[index].outbox, websocket::TEXT, mask, text);
    }

    /// A mask that changes with every call.
    pub fn mask(&mut self) -> [u8; 4] {
        self.nonce =
            self.nonce.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let [.., a, b, c, d, _, _] = self.nonce.rotate_right(29).to_be_bytes();
        [a, b, c, d]
    }

    /// Writes what waits for `index`, as far as the kernel takes it; the rest follows when it may.
    ///
    /// # Errors
    /// `Connection` when more than [`OUTBOX_BYTES_MAX`] wait. A broken connection is noted as its end.
    pub fn flush(&mut self, index: usize) -> Result<(), BenchError> {
        let now = self.now();
        let member = &mut self.members[index];
        while !member.outbox.is_empty() && member.stage != Stage::Ended {
            match member.socket.write(&member.outbox) {
                Ok(written) => drop(member.outbox.drain(..written)),
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => break,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => member.finish(None, cause.to_string(), now),
            }
        }
        if member.outbox.len() > OUTBOX_BYTES_MAX {
            return Err(broken(index, "the server takes nothing more"));
        }
        Ok(())
    }

    /// Waits at most `wait` for something, and hands over every text that ready members received.
    ///
    /// # Errors
    /// `Connection` when a member could not be opened or broke the protocol. Ends are noted, not errors.
    pub fn poll(
        &mut self,
        wait: Duration,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), BenchError> {
        let mut news = std::mem::take(&mut self.news);
        news.clear();
        self.poller.wait(wait, &mut news)?;
        for one in &news {
            if one.writable && !self.members[one.index].outbox.is_empty() {
                self.flush(one.index)?;
            }
            if self.members[one.index].paused {
                self.note_hang_up(one);
            } else if one.readable {
                self.read(one.index, one.hung_up, hear)?;
            }
        }
        self.news = news;
        Ok(())
    }

    /// `index` reads nothing from now on, so that its buffers fill up.
    pub fn pause(&mut self, index: usize) {
        self.members[index].paused = true;
    }

    /// A paused `index` reads again all that has waited, until its connection has ended or `patience`
    /// has run out; what the others hear meanwhile is dropped.
    ///
    /// # Errors
    /// As [`Crowd::poll`].
    pub fn drain(
        &mut self,
        index: usize,
        patience: Duration,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), BenchError> {
        let deadline = self.now() + nanos(patience);
        self.members[index].paused = false;
        self.read(index, true, hear)?;
        while self.members[index].end.is_none() && self.now() < deadline {
            self.poll(Duration::from_millis(20), &mut |heard| {
                if heard.member == index {
                    hear(heard);
                }
            })?;
        }
        Ok(())
    }

    /// The stopwatch that times are by.
    #[must_use]
    pub fn watch(&self) -> Stopwatch {
        self.watch
    }

    /// When a paused `index` was hung up on, as far as the kernel told without reading.
    #[must_use]
    pub fn hung_up_at(&self, index: usize) -> Option<u64> {
        self.members[index].hung_up_at
    }

    /// How `index` ended; `None` while it has not.
    #[must_use]
    pub fn end(&self, index: usize) -> Option<&End> {
        self.members[index].end.as_ref()
    }

    /// The first member that has ended, with how.
    #[must_use]
    pub fn first_end(&self) -> Option<(usize, &End)> {
        let ends = self.members.iter().enumerate();
        ends.filter_map(|(index, member)| Some((index, member.end.as_ref()?))).next()
    }

    /// The address `index` connected from, or `None` once that is not known any more.
    #[must_use]
    pub fn local_address(&self, index: usize) -> Option<SocketAddr> {
        self.members[index].socket.local_addr().ok()
    }

    fn open(&mut self, door: &Door, index: usize) -> Result<Member, BenchError> {
        if !door.server.ip().is_loopback() || !door.from.is_none_or(|from| from.is_loopback()) {
            return Err(BenchError::Argument(format!("{} is not on loopback", door.server)));
        }
        let socket = connect(door).map_err(system(format!("connection {index}")))?;
        self.poller.add(&socket, index)?;
        self.opening += 1;
        let stage = if door.path.is_some() { Stage::Upgrading } else { Stage::Joining };
        let (inbox, outbox) = (Vec::new(), Vec::new());
        Ok(Member { socket, stage, inbox, outbox, paused: false, hung_up_at: None, end: None })
    }

    fn greet(&mut self, index: usize, door: &Door) -> Result<(), BenchError> {
        let Some(path) = &door.path else { return Ok(()) };
        self.nonce = self.nonce.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let request = websocket::upgrade_request(door.server, path, self.nonce);
        self.members[index].outbox.extend_from_slice(request.as_bytes());
        self.flush(index)
    }

    fn wait_for_opening(&mut self, deadline: u64) -> Result<(), BenchError> {
        self.poll(Duration::from_millis(20), &mut |_| {})?;
        if self.now() > deadline {
            let waiting = self
                .members
                .iter()
                .position(|member| matches!(member.stage, Stage::Upgrading | Stage::Joining));
            return Err(broken(waiting.unwrap_or(0), "not ready in time"));
        }
        Ok(())
    }

    fn note_hang_up(&mut self, one: &Readiness) {
        let now = self.now();
        if one.hung_up {
            self.members[one.index].hung_up_at.get_or_insert(now);
        }
    }

    fn read(
        &mut self,
        index: usize,
        to_the_end: bool,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), BenchError> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let outcome = self.read_into(&mut scratch, index, to_the_end, hear);
        self.scratch = scratch;
        outcome
    }

    fn read_into(
        &mut self,
        scratch: &mut [u8],
        index: usize,
        to_the_end: bool,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), BenchError> {
        while self.members[index].stage != Stage::Ended {
            let now = self.now();
            let opening = self.members[index].stage != Stage::Ready;
            match self.members[index].socket.read(scratch) {
                Ok(0) => self.members[index].finish(None, "end of stream".to_owned(), now),
                Ok(count) => {
                    self.take_in(index, &scratch[..count], now, hear)?;
                    if count < scratch.len() && !to_the_end {
                        return Ok(());
                    }
                }
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => self.members[index].finish(None, cause.to_string(), now),
            }
            if opening && self.members[index].stage == Stage::Ended {
                let end = self.members[index].end.clone();
                return Err(broken(index, &end.map_or_else(String::new, |end| end.reason)));
            }
        }
        Ok(())
    }

    /// Takes whole frames out of what came, keeps the rest for the next read.
    fn take_in(
        &mut self,
        index: usize,
        input: &[u8],
        now: u64,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), BenchError> {
        if self.members[index].inbox.is_empty() {
            let used = self.consume(index, input, now, hear)?;
            self.members[index].inbox.extend_from_slice(&input[used..]);
            return Ok(());
        }
        let mut inbox = std::mem::take(&mut self.members[index].inbox);
        inbox.extend_from_slice(input);
        let used = self.consume(index, &inbox, now, hear)?;
        inbox.drain(..used);
        self.members[index].inbox = inbox;
        Ok(())
    }

    fn consume(
        &mut self,
        index: usize,
        input: &[u8],
        now: u64,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<usize, BenchError> {
        let mut used = 0;
        if self.members[index].stage == Stage::Upgrading {
            let Some(end) = self.upgrade(index, input)? else { return Ok(0) };
            used = end;
        }
        loop {
            let rest = &input[used..];
            let head = websocket::header(rest).map_err(|what| broken(index, what))?;
            let Some(head) = head else { return Ok(used) };
            if head.payload_bytes > FRAME_BYTES_MAX {
                return Err(broken(index, "a frame of over 4 MiB"));
            }
            let wire_bytes = head.bytes + head.payload_bytes;
            let Some(text) = rest.get(head.bytes..wire_bytes) else { return Ok(used) };
            used += wire_bytes;
            let ready = self.members[index].stage == Stage::Ready;
            let is_binary = head.opcode == websocket::BINARY;
            if ready && (is_binary || head.opcode == websocket::TEXT) {
                hear(Heard { member: index, text, is_binary, wire_bytes, at: now });
            } else {
                self.take_other(index, head.opcode, text, now)?;
            }
        }
    }

    fn upgrade(&mut self, index: usize, input: &[u8]) -> Result<Option<usize>, BenchError> {
        let end = websocket::upgrade_end(input).map_err(|status| broken(index, &status))?;
        if end.is_none() && input.len() > UPGRADE_BYTES_MAX {
            return Err(broken(index, "an endless answer to the upgrade"));
        }
        if end.is_some() {
            self.members[index].stage = Stage::Joining;
            for text in self.greeting.clone() {
                self.queue_text(index, &text);
            }
            self.flush(index)?;
        }
        Ok(end)
    }

    /// A control frame, or a text before the member is ready.
    fn take_other(
        &mut self,
        index: usize,
        opcode: u8,
        payload: &[u8],
        now: u64,
    ) -> Result<(), BenchError> {
        let joining = self.members[index].stage == Stage::Joining;
        match opcode {
            websocket::TEXT | websocket::BINARY
                if joining && contains(payload, self.ready_mark) =>
            {
                self.members[index].stage = Stage::Ready;
                self.opening -= 1;
            }
            websocket::PING => {
                let mask = self.mask();
                let outbox = &mut self.members[index].outbox;
                websocket::push_masked(outbox, websocket::PONG, mask, payload);
                self.flush(index)?;
            }
            websocket::CLOSE => {
                let (code, reason) = websocket::close_reason(payload);
                self.members[index].finish(Some(code), reason, now);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Member {
    /// Notes the first end; a close frame and what follows it are one.
    fn finish(&mut self, code: Option<u16>, reason: String, at: u64) {
        self.stage = Stage::Ended;
        self.end.get_or_insert(End { code, reason, at });
    }
}

fn connect(door: &Door) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(door.server), Type::STREAM, Some(Protocol::TCP))?;
    if door.narrow {
        socket.set_recv_buffer_size(NARROW_BUFFER_BYTES)?;
        socket.set_tcp_mss(NARROW_SEGMENT_BYTES)?;
    }
    if let Some(from) = door.from {
        socket.bind(&SocketAddr::from((from, 0)).into())?;
    }
    socket.connect(&door.server.into())?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Whether `needle` stands somewhere in `text`.
#[must_use]
pub fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

fn broken(index: usize, what: &str) -> BenchError {
    BenchError::Connection { index, what: what.to_owned() }
}
