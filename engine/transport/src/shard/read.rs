//! Opening a connection, and reading what it sends.
//!
//! All connections of a shard read into one buffer, one after the other; what a paused connection
//! has not handed on is kept in `rest`, at most one buffer full (after an upgrade also what waited in
//! its pipe), and its socket is not read until that is gone.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use hub::{Fault, Item};
use model::{CloseReason, ConnectionId};

use super::{Reservation, Shard};
use crate::Admission;
use crate::connection::{Connection, LINGER_BYTES_MAX, Operations, Phase, Slot, Times};
use crate::decoder::{DecodeError, Decoder, DecoderLimits, Message};
use crate::engineio::{self, Packet, packet};
use crate::frame::{Opcode, frame, mark_of};
use crate::gate::{Command, OpenSocket};
use crate::stream::Stream;

/// The window in which a peer's pings are counted.
const PING_WINDOW: Duration = Duration::from_secs(10);
/// What a connection may leave unread for its turn to be over.
const READS_PER_TURN: usize = 8;

/// What came of an attempt to read.
enum Read {
    /// So many bytes stand in the shard's buffer.
    Bytes(usize),
    /// The peer ended its side, or the connection is gone.
    End,
}

impl Shard {
    /// Takes a socket whose handshake is complete. `first` is what came behind the handshake.
    pub(crate) fn open(
        self: &Rc<Self>,
        stream: Stream,
        (admission, reservation): (Admission, Reservation),
        deflate: bool,
        socket: OpenSocket,
        first: &[u8],
    ) {
        let closing = self.state.borrow().closing.as_ref().map(|ending| ending.1.clone());
        let close = admission.close.clone().or(closing);
        let id = reservation.id;
        let greeting = (admission.policy.is_engine_io() && close.is_none() && !stream.is_pipe())
            .then(|| engineio::open_packet(&engineio::new_sid(), false, &admission.policy));
        self.insert(id, (stream, socket), admission, deflate);
        drop(reservation); // Its place is filled.
        self.gate.stats().opened.add(1);
        if let Some(text) = greeting {
            self.outlet.push(self.index, Item::Send { connection: id, text });
        }
        match close {
            Some(reason) => self.end(id, None, reason),
            None => {
                let effects = self.call(id, |session, context| session.on_open(context));
                self.apply(id, effects.unwrap_or_default());
            }
        }
        self.reschedule(id);
        let first = first.to_vec();
        let shard = Rc::clone(self);
        tokio::task::spawn_local(async move { shard.read_on(id, first).await });
    }

    fn insert(
        &self,
        id: ConnectionId,
        (stream, socket): (Stream, OpenSocket),
        admission: Admission,
        deflate: bool,
    ) {
        let Admission { application, policy, source_ip, user_agent, identity, .. } = admission;
        let (now, wall) = (self.now(), self.clock().wall());
        let known = hub::Connection::new(id, application, wall, source_ip, user_agent);
        let mut times = Times::new(now, &policy);
        if let Some(identity) = identity {
            times.authenticate_by = None;
            times.expires_at = Some(identity.expires_at);
            known.identify(identity);
        }
        let known = Arc::new(known);
        if tracing::enabled!(tracing::Level::DEBUG) {
            let user = known.identity().map(|identity| identity.user_id.to_string());
            tracing::debug!(connection = %id, application, user, "connection opened");
        }
        self.hub.connections().insert(Arc::clone(&known));
        self.state.borrow_mut().connections.fill(Box::new(Connection {
            id,
            queue: Vec::new(),
            outbox: None,
            stream: Rc::new(stream),
            last_message: now,
            is_listed: false,
            unconfirmed: None,
            deflate,
            phase: Phase::Open,
            known,
            policy,
            session: Some(admission.session),
            decoder: Decoder::default(),
            rooms: smallvec::SmallVec::new(),
            operations: Operations::default(),
            rest: Vec::new(),
            reader: None,
            times,
            lease: admission.lease,
            registration: None,
            socket,
        }));
    }

    /// Reads a connection until its end.
    async fn read_on(self: Rc<Self>, id: ConnectionId, first: Vec<u8>) {
        if let Some(connection) = self.state.borrow_mut().connection(id) {
            connection.rest.splice(0..0, first);
        }
        let mut reads = 0;
        while let Ok(Read::Bytes(count)) = poll_fn(|cx| self.poll_read(id, cx)).await {
            self.take_in(id, count);
            reads += 1;
            if reads % READS_PER_TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        self.remove(id, &CloseReason::LOST);
    }

    fn poll_read(
        self: &Rc<Self>,
        id: ConnectionId,
        cx: &mut TaskContext<'_>,
    ) -> Poll<io::Result<Read>> {
        let mut scratch = self.scratch.borrow_mut();
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return Poll::Ready(Ok(Read::End)) };
        let is_closing = matches!(connection.phase, Phase::Closing { .. });
        if !is_closing && !connection.may_read() {
            connection.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if !is_closing && !connection.rest.is_empty() {
            let count = connection.rest.len().min(scratch.len());
            scratch[..count].copy_from_slice(&connection.rest[..count]);
            connection.rest.drain(..count);
            if connection.rest.is_empty() {
                connection.rest = Vec::new();
            }
            return Poll::Ready(Ok(Read::Bytes(count)));
        }
        let stream = Rc::clone(&connection.stream);
        // Whoever ends the connection meanwhile wakes this task by the same waker.
        connection.reader = Some(cx.waker().clone());
        drop(state);
        match ready!(stream.poll_read(cx, &mut scratch)) {
            Ok(0) => Poll::Ready(Ok(Read::End)),
            Ok(count) => Poll::Ready(Ok(Read::Bytes(count))),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Takes in the first `count` bytes of the shard's buffer.
    fn take_in(self: &Rc<Self>, id: ConnectionId, count: usize) {
        self.gate.stats().bytes_in.add(count as u64);
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let ponged = connection.note_life(self.now());
        match &mut connection.phase {
            Phase::Open => {}
            Phase::Ending => return,
            Phase::Closing { discarded, .. } => {
                *discarded += count;
                if *discarded > LINGER_BYTES_MAX {
                    drop(state);
                    self.remove(id, &CloseReason::LOST);
                }
                return;
            }
        }
        let decoder = std::mem::take(&mut connection.decoder);
        let limits = connection.decoder_limits();
        let is_engine_io = connection.policy.is_engine_io();
        drop(state);
        if ponged {
            self.reschedule(id);
        }
        self.decode(id, decoder, (&limits, is_engine_io), count);
    }

    fn decode(
        self: &Rc<Self>,
        id: ConnectionId,
        mut decoder: Decoder,
        (limits, is_engine_io): (&DecoderLimits, bool),
        count: usize,
    ) {
        let mut scratch = self.scratch.borrow_mut();
        let mut inflater = self.inflater.borrow_mut();
        let mut done = 0;
        while done < count && self.may_read(id) {
            match decoder.decode(&mut scratch[done..count], limits, &mut inflater) {
                Ok(step) => {
                    done += step.consumed;
                    match step.message {
                        Some(Message::Text(text)) if is_engine_io => self.take_packet(id, text),
                        Some(message) => self.take_message(id, &message),
                        None => {}
                    }
                }
                Err(error) => {
                    self.fail(id, error);
                    return;
                }
            }
        }
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        if done < count {
            connection.rest.splice(0..0, scratch[done..count].iter().copied());
        }
        let is_amid = decoder.is_amid_message();
        connection.decoder = decoder;
        let since = connection.times.amid_message_since;
        let begins = is_amid && since.is_none();
        connection.times.amid_message_since = is_amid.then(|| since.unwrap_or_else(|| self.now()));
        drop(state);
        if begins && limits.fragments_max < u32::MAX {
            self.reschedule(id);
        }
    }

    fn may_read(&self, id: ConnectionId) -> bool {
        self.state.borrow_mut().connection(id).is_some_and(|connection| connection.may_read())
    }

    fn take_message(self: &Rc<Self>, id: ConnectionId, message: &Message<'_>) {
        let effects = match *message {
            Message::Text(text) => {
                self.note_message(id);
                self.call(id, |session, context| session.on_text(text, context))
            }
            Message::Binary(bytes) => {
                self.note_message(id);
                self.call(id, |session, context| session.on_binary(bytes, context))
            }
            Message::Ping(payload) => return self.answer_ping(id, payload),
            Message::Pong(payload) => match mark_of(payload) {
                Some(mark) => {
                    self.note_confirmed(id, mark);
                    self.call(id, |session, context| session.on_mark(mark, context))
                }
                None => return,
            },
            Message::Close(given) => return self.answer_close(id, given),
        };
        self.apply(id, effects.unwrap_or_default());
    }

    /// Takes a packet of Engine.IO.
    fn take_packet(self: &Rc<Self>, id: ConnectionId, text: &str) {
        match Packet::of(text) {
            Some(Packet::Message(text)) => self.take_message(id, &Message::Text(text)),
            Some(Packet::Close) => self.answer_close(id, None),
            Some(Packet::Pong | Packet::Noop) => {}
            None => self.end(id, None, packet::NOT_A_PACKET),
        }
    }

    fn note_confirmed(&self, id: ConnectionId, mark: u64) {
        if let Some(connection) = self.state.borrow_mut().connection(id)
            && connection.unconfirmed.is_some_and(|last| last <= mark)
        {
            connection.unconfirmed = None;
        }
    }

    fn note_message(&self, id: ConnectionId) {
        self.gate.stats().messages_in.add(1);
        if let Some(connection) = self.state.borrow_mut().connection(id) {
            connection.last_message = self.now();
            connection.known.touch(self.clock().wall());
        }
    }

    fn answer_ping(&self, id: ConnectionId, payload: &[u8]) {
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let now = self.now();
        let (since, count) = &mut connection.times.pings_in;
        if now.since(*since) >= PING_WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        let is_flood = connection.policy.pings_per_ten_seconds_max.is_some_and(|max| *count > max);
        drop(state);
        if is_flood {
            return self.end(id, None, CloseReason::RATE_LIMIT);
        }
        self.gate.command(self.index, Command::Frame(id, frame(Opcode::Pong, payload)));
    }

    /// The peer closes: so do we, with its own code, once what it asked for before is answered.
    fn answer_close(&self, id: ConnectionId, given: Option<(u16, &str)>) {
        let reason = match given {
            Some((code, text)) => CloseReason { code, text: text.to_owned().into() },
            None => CloseReason::NORMAL,
        };
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        connection.phase = Phase::Ending;
        let ready = connection.operations.put(Slot::Close(reason));
        drop(state);
        self.send_ready(id, ready);
    }

    /// The peer cannot be understood any further.
    fn fail(&self, id: ConnectionId, error: DecodeError) {
        match error {
            DecodeError::TooLarge => self.end(id, Some(Fault::TooLarge), CloseReason::TOO_LARGE),
            DecodeError::Invalid => self.end(id, None, CloseReason::NOT_UTF8),
            DecodeError::Protocol(broken) => {
                let reason = CloseReason { text: broken.into(), ..CloseReason::PROTOCOL_ERROR };
                self.end(id, None, reason);
            }
        }
    }
}
