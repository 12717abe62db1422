//! One write for each connection of a turn, and what becomes of what a socket does not take.

use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Poll, ready};

use hub::{Fault, Item};
use model::{CloseReason, ConnectionId, Monotonic};
use smallvec::SmallVec;

use super::{Sees, Shard, WRITES_PER_YIELD};
use crate::connection::{Connection, LINGER, Phase};
use crate::outbox::{Outbox, Put, TurnFrame};

/// Frames of one connection are put together into one buffer up to this size: one plain write of
/// a buffer that many connections share is cheaper than one vectored write for each.
const GATHER_BYTES_MAX: usize = 16 * 1024;
/// Slices of one vectored write.
const SLICES_MAX: usize = 64;
/// An emptied list of frames keeps room for so many.
const QUEUE_KEEP: usize = 32;

/// What a turn has counted.
#[derive(Default)]
struct Counts {
    deliveries: u64,
    bytes: u64,
    writes: u64,
    blocked: u64,
    behind: u64,
    dropped: u64,
}

/// What happened to the frames of one connection.
enum Written {
    /// The socket took all of them.
    All,
    /// Some wait in the outbox.
    Waits,
    /// The socket is broken.
    Broken,
    /// More replies wait than may.
    Overflow,
}

impl Shard {
    /// Writes what the turn has listed.
    pub(super) async fn write_turn(self: &Rc<Self>) {
        let mut listed = std::mem::take(&mut self.state.borrow_mut().turn.listed);
        let mut gathered = Gathered::default();
        let mut counts = Counts::default();
        for chunk in listed.chunks(WRITES_PER_YIELD) {
            let now = self.now();
            for id in chunk {
                self.write_listed(*id, now, &mut gathered, &mut counts);
            }
            if listed.len() > WRITES_PER_YIELD {
                tokio::task::yield_now().await;
            }
        }
        listed.clear();
        let mut state = self.state.borrow_mut();
        state.turn.frames.clear();
        state.turn.listed = listed;
        drop(state);
        let stats = self.gate.stats();
        stats.deliveries.add(counts.deliveries);
        stats.bytes_out.add(counts.bytes);
        stats.writes.add(counts.writes);
        stats.blocked.add(counts.blocked);
        stats.behind.add(counts.behind);
        stats.passing_dropped.add(counts.dropped);
    }

    fn write_listed(
        self: &Rc<Self>,
        id: ConnectionId,
        now: Monotonic,
        gathered: &mut Gathered,
        counts: &mut Counts,
    ) {
        let mut state = self.state.borrow_mut();
        let frames = std::mem::take(&mut state.turn.frames);
        let Some(connection) = state.connection(id) else {
            state.turn.frames = frames;
            return;
        };
        connection.is_listed = false;
        let was_waiting = connection.outbox.is_some();
        let mut behind = SmallVec::<[_; 1]>::new();
        let written = connection.write(&frames, gathered, counts, &mut behind);
        counts.deliveries += connection.queue.len() as u64;
        connection.queue.clear();
        connection.queue.shrink_to(QUEUE_KEEP);
        let is_closing = matches!(connection.phase, Phase::Closing { .. });
        for room in behind {
            state.set_behind(id, room, Sees::Nothing);
        }
        state.turn.frames = frames;
        drop(state);
        match written {
            Written::All if is_closing => self.after_all_written(id),
            Written::All => {}
            Written::Waits if !was_waiting => self.begin_drain(id, now),
            Written::Waits => {}
            Written::Broken => self.remove(id, &CloseReason::LOST),
            Written::Overflow => {
                self.end(id, Some(Fault::TooSlow), CloseReason::SLOW_CONSUMER);
            }
        }
    }

    /// Starts the task that empties a connection's outbox as its socket takes bytes.
    pub(super) fn begin_drain(self: &Rc<Self>, id: ConnectionId, now: Monotonic) {
        if let Some(connection) = self.state.borrow_mut().connection(id) {
            connection.times.blocked_since = Some(now);
        }
        self.reschedule(id);
        let shard = Rc::clone(self);
        tokio::task::spawn_local(async move {
            match std::future::poll_fn(|cx| shard.poll_drain(id, cx)).await {
                Ok(()) => shard.after_drain(id),
                Err(_) => shard.remove(id, &CloseReason::LOST),
            }
        });
    }

    fn poll_drain(
        &self,
        id: ConnectionId,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut state = self.state.borrow_mut();
            let Some(connection) = state.connection(id) else { return Poll::Ready(Ok(())) };
            let Some(outbox) = &mut connection.outbox else { return Poll::Ready(Ok(())) };
            if outbox.is_empty() {
                return connection.stream.poll_flush(cx);
            }
            let slices: SmallVec<[IoSlice<'_>; SLICES_MAX]> =
                outbox.front(SLICES_MAX).map(IoSlice::new).collect();
            let written = ready!(connection.stream.poll_write(cx, &slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            drop(slices);
            outbox.advance(written);
            connection.note_taken(self.clock.monotonic());
            self.gate.stats().bytes_out.add(written as u64);
            self.gate.stats().writes.add(1);
        }
    }

    /// The outbox is empty: rooms are caught up with, and the connection is read again.
    fn after_drain(self: &Rc<Self>, id: ConnectionId) {
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        connection.times.blocked_since = None;
        let outbox = connection.outbox.take();
        connection.wake_reader();
        drop(state);
        let Outbox { behind, skipped, .. } = outbox.map_or_else(Outbox::default, |outbox| *outbox);
        for (room, after) in behind {
            self.outlet.push(self.index, Item::CatchUp { connection: id, room, after });
        }
        if skipped > 0 {
            let effects = self.call(id, |session, context| session.on_skipped(skipped, context));
            self.apply(id, effects.unwrap_or_default());
        }
        self.after_all_written(id);
    }

    /// A close frame that is out ends our side.
    pub(super) fn after_all_written(self: &Rc<Self>, id: ConnectionId) {
        let mut state = self.state.borrow_mut();
        if let Some(connection) = state.connection(id)
            && let Phase::Closing { is_shut: is_shut @ false, .. } = &mut connection.phase
        {
            *is_shut = true;
            connection.stream.shutdown_write();
            connection.times.close_by = Some(self.now().after(LINGER));
            drop(state);
            self.reschedule(id);
        }
    }
}

/// The bytes of the frames last written, for the next connection with the same frames.
#[derive(Default)]
struct Gathered {
    indices: Vec<u32>,
    bytes: Vec<u8>,
}

impl Connection {
    /// Writes the frames of this turn, or puts them behind those that wait already. Rooms whose
    /// stored events found no room are added to `behind`.
    fn write(
        &mut self,
        frames: &[TurnFrame],
        gathered: &mut Gathered,
        counts: &mut Counts,
        behind: &mut SmallVec<[hub::RoomKey; 1]>,
    ) -> Written {
        let mut written = 0;
        if self.outbox.is_none() {
            let total: usize =
                self.queue.iter().map(|index| frames[*index as usize].bytes.len()).sum();
            counts.writes += 1;
            match self.write_now(frames, gathered, total) {
                Ok(count) if count == total => {
                    counts.bytes += count as u64;
                    self.note_marks(frames);
                    return Written::All;
                }
                Ok(count) => written = count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Written::Broken,
            }
            counts.bytes += written as u64;
            counts.blocked += 1;
        }
        let outbox = self.outbox.get_or_insert_with(Box::<Outbox>::default);
        for index in &self.queue {
            let frame = &frames[*index as usize];
            let skipped = written.min(frame.bytes.len());
            written -= skipped;
            if skipped == frame.bytes.len() {
                self.unconfirmed = frame.mark.or(self.unconfirmed);
                continue;
            }
            match outbox.put(frame, skipped, self.policy.reply_bytes_max) {
                Put::Waits => self.unconfirmed = frame.mark.or(self.unconfirmed),
                Put::Dropped => counts.dropped += 1,
                Put::Behind => {
                    counts.behind += 1;
                    behind.extend(frame.event.as_ref().map(|(room, _)| *room));
                }
                Put::Overflow => return Written::Overflow,
            }
        }
        Written::Waits
    }

    /// Remembers the last mark of what was written whole.
    fn note_marks(&mut self, frames: &[TurnFrame]) {
        let marks = self.queue.iter().rev().filter_map(|index| frames[*index as usize].mark);
        if let Some(mark) = marks.take(1).next() {
            self.unconfirmed = Some(mark);
        }
    }

    fn write_now(
        &self,
        frames: &[TurnFrame],
        gathered: &mut Gathered,
        total: usize,
    ) -> io::Result<usize> {
        if let [index] = self.queue.as_slice() {
            return self.stream.try_write(&frames[*index as usize].bytes);
        }
        if total > GATHER_BYTES_MAX {
            let frames = self.queue.iter().map(|index| &frames[*index as usize]);
            let slices: SmallVec<[IoSlice<'_>; SLICES_MAX]> =
                frames.take(SLICES_MAX).map(|frame| IoSlice::new(&frame.bytes)).collect();
            return self.stream.try_write_vectored(&slices);
        }
        if gathered.indices != self.queue {
            gathered.bytes.clear();
            for index in &self.queue {
                gathered.bytes.extend_from_slice(&frames[*index as usize].bytes);
            }
            gathered.indices.clone_from(&self.queue);
        }
        self.stream.try_write(&gathered.bytes)
    }
}
