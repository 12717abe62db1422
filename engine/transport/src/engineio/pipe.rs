//! A socket in memory: the connection's shard reads and writes one end, HTTP requests work the other.
//!
//! What goes through it are WebSocket frames, both ways, so that a session that polls is a connection
//! like any other: its outbox, its limits and its close are those of a socket that takes bytes slowly.
//!
//! **Invariants.** Frames of the client go in whole. What a poll did not take stays, in order, and goes
//! to the socket of an upgrade before anything else. After [`Phase::Ended`] what the shard writes is
//! thrown away.
//!
//! **Bounds.** [`PIPE_BYTES`] either way; towards the client one whole frame where that is longer and a
//! poll waits for it, from the client one whole frame more.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use model::{CloseReason, ConnectionId, Monotonic};
use tokio::sync::Notify;

use super::payload::{self, Payload};
use crate::frame::{Opcode, client_frame, close_frame, header_of};

/// Bytes that may wait either way: what a system keeps of a socket.
const PIPE_BYTES: usize = 64 * 1024;

/// The pipe of one session.
pub(crate) struct Pipe {
    /// Whose it is.
    pub(crate) connection: ConnectionId,
    /// Bytes that a client may post at once.
    pub(crate) payload_bytes_max: usize,
    /// How long a client may be silent; `None` for ever.
    silence_max: Option<Duration>,
    state: Mutex<State>,
    /// Whatever changed that a request may wait for.
    changed: Notify,
}

struct State {
    phase: Phase,
    outbound: BytesMut,
    inbound: BytesMut,
    /// The shard ended its side.
    is_shut: bool,
    /// The connection is gone.
    is_near_gone: bool,
    is_polling: bool,
    is_posting: bool,
    /// Somebody tries an upgrade.
    is_probing: bool,
    /// The client closed while no poll of its waited: one may be on its way, and is told so.
    owes_noop: bool,
    /// When the client last asked for something.
    alive_at: Monotonic,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How far the session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The client polls.
    Polls,
    /// A WebSocket was probed: polls are to end.
    Probed,
    /// The session goes on over a WebSocket.
    Upgraded,
    /// It is over; a poll that waits is told so.
    Ended(LastWord),
}

/// What a poll that waits is told at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastWord {
    /// Nothing: the client knows.
    Noop,
    /// That the session is closed.
    Close,
}

/// What there is for a poll.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    /// Packets.
    Packets(Vec<u8>),
    /// Nothing yet.
    Nothing(Phase),
}

/// What a request may be of which a session takes one at a time; dropped, the next may come.
pub(crate) struct Turn {
    pipe: Arc<Pipe>,
    of: Work,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Poll,
    Post,
    Probe,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.pipe.lock();
        *state.working(self.of) = false;
        if self.of == Work::Probe && state.phase == Phase::Probed {
            state.phase = Phase::Polls;
        }
        drop(state);
        self.pipe.changed.notify_waiters();
    }
}

impl Pipe {
    pub(crate) fn new(
        connection: ConnectionId,
        payload_bytes_max: usize,
        silence_max: Option<Duration>,
        now: Monotonic,
    ) -> Arc<Self> {
        let state = State {
            phase: Phase::Polls,
            outbound: BytesMut::new(),
            inbound: BytesMut::new(),
            is_shut: false,
            is_near_gone: false,
            is_polling: false,
            is_posting: false,
            is_probing: false,
            owes_noop: false,
            alive_at: now,
            reader: None,
            writer: None,
        };
        let (state, changed) = (Mutex::new(state), Notify::new());
        Arc::new(Self { connection, payload_bytes_max, silence_max, state, changed })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The client's end.

    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Begins a poll, a post or a probe; where there is one already, or where the phase is another, the
    /// phase. A client that was silent for too long finds its session ended.
    pub(crate) fn begin(self: &Arc<Self>, of: Work, now: Monotonic) -> Result<Turn, Phase> {
        let mut state = self.lock();
        let is_silent = self.silence_max.is_some_and(|span| state.alive_at.after(span) <= now);
        if is_silent && matches!(state.phase, Phase::Polls | Phase::Probed) {
            state.end(LastWord::Close, None);
            self.changed.notify_waiters();
        }
        let phase = state.phase;
        if !matches!(phase, Phase::Polls | Phase::Probed) || *state.working(of) {
            return Err(phase);
        }
        state.alive_at = now;
        *state.working(of) = true;
        drop(state);
        Ok(Turn { pipe: Arc::clone(self), of })
    }

    /// Whether a poll comes whose client has closed meanwhile; the next one finds no session.
    pub(crate) fn take_owed(&self) -> bool {
        let mut state = self.lock();
        state.wake_reader();
        std::mem::take(&mut state.owes_noop)
    }

    /// Takes what there is for a poll.
    pub(crate) fn take_packets(&self) -> Polled {
        let mut state = self.lock();
        if let Phase::Ended(_) | Phase::Upgraded = state.phase {
            return Polled::Nothing(state.phase);
        }
        let Payload { bytes, consumed, is_last } = payload::of_frames(&state.outbound);
        state.outbound.advance(consumed);
        // There is room, or a frame longer than the pipe is waited for.
        state.wake_writer();
        if is_last {
            state.end(LastWord::Close, None);
            self.changed.notify_waiters();
        }
        match bytes.is_empty() {
            true => Polled::Nothing(state.phase),
            false => Polled::Packets(bytes),
        }
    }

    /// Puts a client's frame in, once there is room; whether the session still takes one.
    pub(crate) async fn push(&self, frame: &[u8]) -> bool {
        self.push_while(frame, |phase| matches!(phase, Phase::Polls | Phase::Probed)).await
    }

    async fn push_while(&self, bytes: &[u8], is_taken: impl Fn(Phase) -> bool) -> bool {
        self.wait_for(|state| {
            if !is_taken(state.phase) || state.is_near_gone {
                return Some(false);
            }
            if state.inbound.len() >= PIPE_BYTES {
                return None;
            }
            state.inbound.extend_from_slice(bytes);
            state.wake_reader();
            Some(true)
        })
        .await
    }

    /// Ends the session from the client's side: the connection reads a close with `reason`, or, without
    /// one, its end.
    pub(crate) fn end(&self, word: LastWord, reason: Option<&CloseReason>) {
        self.lock().end(word, reason);
        self.changed.notify_waiters();
    }

    /// The WebSocket was probed: polls that wait are to end.
    pub(crate) fn set_probed(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Polls {
            state.phase = Phase::Probed;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// The WebSocket takes over; whether the session is still there.
    pub(crate) fn set_upgraded(&self) -> bool {
        let mut state = self.lock();
        let is_probed = state.phase == Phase::Probed && !state.is_near_gone;
        if is_probed {
            state.phase = Phase::Upgraded;
        }
        drop(state);
        self.changed.notify_waiters();
        is_probed
    }

    /// Ready once something changed since `look` found nothing.
    pub(crate) async fn changed<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(found) = look() {
                return found;
            }
            changed.await;
        }
    }

    async fn wait_for<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        self.changed(|| look(&mut self.lock())).await
    }

    // A relay between the pipe and an upgraded socket.

    /// Puts bytes of the socket in, once there is room; whether the connection is still there.
    pub(crate) async fn relay_in(&self, bytes: &[u8]) -> bool {
        self.push_while(bytes, |phase| phase == Phase::Upgraded).await
    }

    /// Takes bytes for the socket; `None` once there will be no more.
    pub(crate) async fn relay_out(&self) -> Option<BytesMut> {
        self.wait_for(|state| {
            if state.outbound.is_empty() {
                return (state.is_shut || state.is_near_gone).then_some(None);
            }
            let bytes = state.outbound.split();
            state.wake_writer();
            Some(Some(bytes))
        })
        .await
    }

    /// Ready once the session is over and no poll is on its way that tells of it.
    pub(crate) async fn told(&self) {
        let is_told = |state: &State| matches!(state.phase, Phase::Ended(_)) && !state.is_polling;
        self.wait_for(|state| is_told(state).then_some(())).await;
    }

    /// Ready once the connection is gone.
    pub(crate) async fn near_gone(&self) {
        self.wait_for(|state| state.is_near_gone.then_some(())).await;
    }

    // The shard's end.

    /// Everything that waits in the pipe, the client's bytes first; from now on nothing does.
    pub(crate) fn empty(&self) -> (BytesMut, BytesMut) {
        let mut state = self.lock();
        let waiting = (state.inbound.split(), state.outbound.split());
        state.wake_reader();
        state.wake_writer();
        waiting
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if state.inbound.is_empty() {
            if let Phase::Ended(_) = state.phase
                && !state.owes_noop
            {
                return Poll::Ready(Ok(0));
            }
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = state.inbound.len().min(buffer.len());
        buffer[..count].copy_from_slice(&state.inbound[..count]);
        state.inbound.advance(count);
        drop(state);
        self.changed.notify_waiters();
        Poll::Ready(Ok(count))
    }

    pub(crate) fn try_write(&self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let written = self.lock().write(slices);
        if written == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.changed.notify_waiters();
        Ok(written)
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let written = state.write(slices);
        if written == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(state);
        self.changed.notify_waiters();
        Poll::Ready(Ok(written))
    }

    pub(crate) fn shutdown_write(&self) {
        self.lock().is_shut = true;
        self.changed.notify_waiters();
    }
}

/// The shard's end of a pipe; dropped, the connection is gone, or has left the pipe for a socket.
pub(crate) struct NearEnd(pub(crate) Arc<Pipe>);

impl Drop for NearEnd {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_near_gone = true;
        if state.phase != Phase::Upgraded {
            state.end(LastWord::Close, None);
        }
        drop(state);
        self.0.changed.notify_waiters();
    }
}

impl State {
    fn working(&mut self, of: Work) -> &mut bool {
        match of {
            Work::Poll => &mut self.is_polling,
            Work::Post => &mut self.is_posting,
            Work::Probe => &mut self.is_probing,
        }
    }

    fn end(&mut self, word: LastWord, reason: Option<&CloseReason>) {
        if let Phase::Ended(_) = self.phase {
            return;
        }
        self.owes_noop = word == LastWord::Noop && self.phase == Phase::Polls && !self.is_polling;
        self.phase = Phase::Ended(word);
        self.outbound.clear();
        if let Some(reason) = reason {
            let frame = close_frame(reason);
            let payload = frame.get(2..).unwrap_or_default();
            self.inbound.extend_from_slice(&client_frame(Opcode::Close, payload));
        }
        self.wake_reader();
        self.wake_writer();
    }

    /// Takes what there is room for; what is written after the end goes nowhere.
    fn write(&mut self, slices: &[io::IoSlice<'_>]) -> usize {
        let is_over = matches!(self.phase, Phase::Ended(_));
        let mut written = 0;
        for slice in slices {
            let room = if is_over { slice.len() } else { self.room() };
            let taken = slice.len().min(room);
            if !is_over {
                self.outbound.extend_from_slice(&slice[..taken]);
            }
            written += taken;
            if taken < slice.len() {
                break;
            }
        }
        written
    }

    fn room(&self) -> usize {
        let whole = || header_of(&self.outbound).map_or(0, |(_, header, length)| header + length);
        let bytes_max = if self.is_polling { PIPE_BYTES.max(whole()) } else { PIPE_BYTES };
        bytes_max.saturating_sub(self.outbound.len())
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn wake_writer(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}
