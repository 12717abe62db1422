//! Publishes into rooms and keeps the books of what comes back.
//!
//! Members are seated in rooms in the order they were admitted: member `m` sits in room `m / room_size`; the
//! first of a room is its sender, and receives its own messages like everybody else. A message carries its
//! number in its content, `q=` and twelve digits, which is found again in whatever the server makes of it.
//!
//! **Invariants:** never more in flight than the pace says, closed loop; at most [`OUTSTANDING_MAX`], open
//! loop. A block ends with nothing in flight, or is marked as stuck after [`PATIENCE`] without a delivery.
//! An open loop's latencies count from when a message was *due*, so that a late sender hides nothing.

use std::collections::VecDeque;
use std::time::Duration;

use crate::crowd::{Crowd, Heard, contains};
use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::ledger::{Faults, Ledger};
use crate::stopwatch::{nanos, seconds};
use crate::websocket;

/// How long a block waits for a delivery before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Messages that may be under way in an open loop; past that the rate is more than the server can do.
pub const OUTSTANDING_MAX: usize = 20_000;

/// The part of a beat in which a load does not read.
pub const DEAF: f64 = 0.75;

const MARK: &[u8] = b"q=";
const DIGITS: usize = 12;
const CONTENT_BYTES_MIN: usize = MARK.len() + DIGITS;
const TAIL: Duration = Duration::from_millis(300);

/// What a message looks like.
#[derive(Clone, Copy, Debug)]
pub enum Speech {
    /// A chat message in a masked frame.
    Chat {
        /// Bytes of the content, at least 14.
        content_bytes: usize,
        /// Whether messages carry an id, so that the server remembers them for a repetition.
        with_ids: bool,
    },
    /// For the bare server: the very frame that is to be relayed, with this much payload, at least 14.
    Bare {
        /// Bytes of the payload.
        payload_bytes: usize,
    },
}

/// When messages are sent.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// The next one when one is complete.
    Closed {
        /// In flight in one room at most.
        per_room: usize,
        /// In flight over all rooms at most; rooms take turns.
        in_total: usize,
    },
    /// At a fixed rate over all rooms, which take turns.
    Open {
        /// Messages a second.
        per_second: f64,
    },
    /// At a fixed rate, one message at a time, rooms taking turns. The load sleeps for [`DEAF`] of the time to
    /// the next message and reads then, so that nothing it does costs the server that writes.
    Beat {
        /// Messages a second.
        per_second: f64,
    },
}

/// What happened in a stretch of traffic.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// When it began, by the crowd's stopwatch.
    pub began: u64,
    /// Seconds until the last delivery.
    pub seconds: f64,
    /// Messages published.
    pub published: u64,
    /// Messages delivered to members, each counted for each.
    pub deliveries: u64,
    /// Bytes of those deliveries on the wire, with frame headers.
    pub wire_bytes: u64,
    /// Time from a message's sending (or due time) to each delivery.
    pub latency: Histogram,
    /// It was given up because nothing came any more.
    pub stuck: bool,
}

impl Block {
    /// Mean payload of a delivery, in whole bytes.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        let frame = self.wire_bytes.checked_div(self.deliveries).unwrap_or(0);
        let header = if frame < 128 { 2 } else { 4 };
        usize::try_from(frame.saturating_sub(header)).unwrap_or(0)
    }
}

/// The books of all rooms, apart from the connections.
#[derive(Debug)]
struct Books {
    rooms: Vec<Ledger>,
    room_size: usize,
    /// Rooms that may send, each as often as it has messages to send.
    turns: VecDeque<usize>,
    /// Where the last number was found; the next is nearly always there too.
    found_at: usize,
    block: Block,
    outstanding: usize,
    last_delivery: u64,
    complaints: Vec<String>,
}

/// Rooms full of members, and what is said in them.
#[derive(Debug)]
pub struct Traffic {
    /// The connections.
    pub crowd: Crowd,
    speech: Speech,
    books: Books,
    patience: Duration,
}

impl Traffic {
    /// Traffic among the members of `crowd`, all admitted, in rooms of `room_size`.
    #[must_use]
    pub fn new(crowd: Crowd, room_size: usize, speech: Speech) -> Self {
        let rooms = crowd.size() / room_size;
        let books = Books {
            rooms: (0..rooms).map(|_| Ledger::new(room_size)).collect(),
            room_size,
            turns: VecDeque::new(),
            found_at: 0,
            block: Block::default(),
            outstanding: 0,
            last_delivery: 0,
            complaints: Vec::new(),
        };
        Self { crowd, speech, books, patience: PATIENCE }
    }

    /// The same, but a block gives up after `patience` without a delivery.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends one message and sizes the following ones so that a delivery's payload has `payload_bytes`,
    /// as nearly as a content of at least 14 bytes allows.
    ///
    /// # Errors
    /// `Server` when the message does not come back; else as [`Traffic::run`].
    pub fn calibrate(&mut self, payload_bytes: usize) -> Result<(), BenchError> {
        let probe = self.run(Pace::Closed { per_room: 1, in_total: 1 }, Duration::ZERO)?;
        if probe.deliveries == 0 {
            return Err(BenchError::Server(format!("relays nothing: {:?}", self.books.complaints)));
        }
        if let Speech::Chat { content_bytes, .. } = &mut self.speech {
            let wanted = (*content_bytes + payload_bytes).saturating_sub(probe.payload_bytes());
            *content_bytes = wanted.max(CONTENT_BYTES_MIN);
        }
        Ok(())
    }

    /// Publishes at `pace` for `span` (at least once), then waits for what is in flight.
    ///
    /// # Errors
    /// `Connection` when a member's connection ended, `Server` when an open loop is too fast for it,
    /// `System` when the kernel refuses.
    pub fn run(&mut self, pace: Pace, span: Duration) -> Result<Block, BenchError> {
        let began = self.crowd.now();
        let end = began + nanos(span);
        self.books.begin(began, pace);
        loop {
            let now = self.crowd.now();
            let next_due = if now < end || self.books.block.published == 0 {
                self.publish_due(pace, now, end)?
            } else if self.books.outstanding == 0 {
                break;
            } else {
                None
            };
            self.hear(wait_until(next_due, now))?;
            if self.books.is_stuck(self.crowd.now(), self.patience) {
                self.books.block.stuck = true;
                break;
            }
        }
        if let Some((index, end)) = self.books.block.stuck.then(|| self.crowd.first_end()).flatten()
        {
            let what = format!("ended: {:?} {}", end.code, end.reason);
            return Err(BenchError::Connection { index, what });
        }
        let mut block = std::mem::take(&mut self.books.block);
        block.seconds = seconds(self.books.last_delivery.saturating_sub(began));
        Ok(block)
    }

    /// Waits a little for what should not come any more, and closes the books.
    ///
    /// # Errors
    /// As [`Crowd::poll`].
    pub fn close_books(&mut self) -> Result<Faults, BenchError> {
        let until = self.crowd.now() + nanos(TAIL);
        while self.crowd.now() < until {
            self.hear(Duration::from_millis(20))?;
        }
        let mut faults = Faults::default();
        for room in &self.books.rooms {
            faults.add(room.faults());
        }
        Ok(faults)
    }

    /// Errors the server told, at most 3.
    #[must_use]
    pub fn complaints(&self) -> &[String] {
        &self.books.complaints
    }

    /// `member` stops reading, and is not waited for; call it with nothing in flight.
    pub fn stall(&mut self, member: usize) {
        self.crowd.pause(member);
        let size = self.books.room_size;
        self.books.rooms[member / size].leave(member % size);
    }

    /// `member` is waited for again.
    pub fn unstall(&mut self, member: usize) {
        let size = self.books.room_size;
        self.books.rooms[member / size].rejoin(member % size);
    }

    /// How many messages were published in `room`.
    #[must_use]
    pub fn published(&self, room: usize) -> u64 {
        self.books.rooms[room].published()
    }

    fn hear(&mut self, wait: Duration) -> Result<(), BenchError> {
        let books = &mut self.books;
        self.crowd.poll(wait, &mut |heard| books.hear(heard))
    }

    /// Publishes all that is due; when the next message is due, if that is known.
    fn publish_due(&mut self, pace: Pace, now: u64, end: u64) -> Result<Option<u64>, BenchError> {
        match pace {
            Pace::Closed { in_total, .. } => {
                self.publish_turns(in_total, now)?;
                Ok(None)
            }
            Pace::Open { per_second } => self.publish_by_clock(per_second, now, end),
            Pace::Beat { per_second } => self.publish_beat(per_second, now, end),
        }
    }

    /// Publishes the message of this beat once the one before is complete, and sleeps until it is read.
    fn publish_beat(
        &mut self,
        per_second: f64,
        now: u64,
        end: u64,
    ) -> Result<Option<u64>, BenchError> {
        if self.books.outstanding > 0 {
            return Ok(Some(now));
        }
        let due = self.books.block.began + due_after(self.books.block.published, per_second);
        sleep(due.saturating_sub(now));
        if due < end {
            self.publish_by_clock(per_second, due, due + 1)?;
            sleep(nanos(Duration::from_secs_f64(DEAF / per_second)));
        }
        Ok(Some(now))
    }

    fn publish_turns(&mut self, in_total: usize, now: u64) -> Result<(), BenchError> {
        let mut free = in_total.saturating_sub(self.books.outstanding);
        let mut last = None;
        while free > 0
            && let Some(room) = self.books.turns.pop_front()
        {
            if let Some(before) = last.replace(room).filter(|before| *before != room) {
                self.crowd.flush(before * self.books.room_size)?;
            }
            self.publish(room, now);
            free -= 1;
        }
        last.map_or(Ok(()), |room| self.crowd.flush(room * self.books.room_size))
    }

    fn publish_by_clock(
        &mut self,
        per_second: f64,
        now: u64,
        end: u64,
    ) -> Result<Option<u64>, BenchError> {
        let began = self.books.block.began;
        loop {
            let due = began + due_after(self.books.block.published, per_second);
            if due > now || due >= end {
                return Ok(Some(due.min(end)));
            }
            if self.books.outstanding >= OUTSTANDING_MAX {
                return Err(BenchError::Server(format!("does not keep up with {per_second}/s")));
            }
            let turn = self.books.block.published % self.books.rooms.len() as u64;
            let room = usize::try_from(turn).unwrap_or(0);
            self.publish(room, due);
            self.crowd.flush(room * self.books.room_size)?;
        }
    }

    fn publish(&mut self, room: usize, due: u64) {
        let number = self.books.rooms[room].publish(due);
        self.books.outstanding += 1;
        self.books.block.published += 1;
        let sender = room * self.books.room_size;
        match self.speech {
            Speech::Chat { content_bytes, with_ids } => {
                let content = content(number, content_bytes);
                let id = if with_ids { format!("\"id\":\"{number}\",") } else { String::new() };
                let text = format!(
                    r#"{{"type":"message",{id}"data":{{"content":"{content}","messageType":"text"}}}}"#
                );
                self.crowd.queue_text(sender, text.as_bytes());
            }
            Speech::Bare { payload_bytes } => {
                let content = content(number, payload_bytes);
                self.crowd.queue(sender, |out| {
                    websocket::push_plain(out, websocket::TEXT, content.as_bytes());
                });
            }
        }
    }
}

impl Books {
    fn begin(&mut self, began: u64, pace: Pace) {
        self.block = Block { began, ..Block::default() };
        self.last_delivery = began;
        self.turns.clear();
        if let Pace::Closed { per_room, .. } = pace {
            let rooms = 0..self.rooms.len();
            self.turns.extend((0..per_room).flat_map(|_| rooms.clone()));
        }
    }

    fn is_stuck(&self, now: u64, patience: Duration) -> bool {
        now.saturating_sub(self.last_delivery) > nanos(patience) && self.outstanding > 0
    }

    fn hear(&mut self, heard: Heard<'_>) {
        let Some(number) = find_number(heard.text, &mut self.found_at) else {
            if contains(heard.text, b"\"error\"") && self.complaints.len() < 3 {
                self.complaints.push(String::from_utf8_lossy(heard.text).into_owned());
            }
            return;
        };
        let room = heard.member / self.room_size;
        let receipt = self.rooms[room].receive(heard.member % self.room_size, number, heard.at);
        self.block.deliveries += 1;
        self.block.wire_bytes += heard.wire_bytes as u64;
        self.last_delivery = heard.at;
        if let Some(latency) = receipt.latency {
            self.block.latency.record(latency);
        }
        if receipt.completes {
            self.outstanding -= 1;
            self.turns.push_back(room);
        }
    }
}

/// Nanoseconds from the start until the message `number` is due at `per_second`.
#[must_use]
pub fn due_after(number: u64, per_second: f64) -> u64 {
    let gap = nanos(Duration::from_secs_f64(1.0 / per_second));
    number.saturating_mul(gap)
}

/// The number a message carries; `found_at` is where the last one was found.
#[must_use]
pub fn find_number(text: &[u8], found_at: &mut usize) -> Option<u64> {
    if let Some(number) = number_at(text, *found_at) {
        return Some(number);
    }
    let at = (0..text.len()).find(|at| number_at(text, *at).is_some())?;
    *found_at = at;
    number_at(text, at)
}

fn number_at(text: &[u8], at: usize) -> Option<u64> {
    let digits = text.get(at..)?.strip_prefix(MARK)?.get(..DIGITS)?;
    digits.iter().try_fold(0u64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })
}

fn content(number: u64, bytes: usize) -> String {
    let padding = bytes.saturating_sub(CONTENT_BYTES_MIN);
    format!("q={number:0DIGITS$}{:x<padding$}", "")
}

/// How long to wait for news: a due time within a millisecond is waited for without sleeping.
/// Sleeps by the kernel's fine clock, without watching any socket.
fn sleep(span: u64) {
    let seconds = i64::try_from(span / 1_000_000_000).unwrap_or(i64::MAX);
    let nanos = i64::try_from(span % 1_000_000_000).unwrap_or(0);
    // A signal ends it early; the beat is a little uneven then.
    let _ =
        rustix::thread::nanosleep(&rustix::thread::Timespec { tv_sec: seconds, tv_nsec: nanos });
}

fn wait_until(due: Option<u64>, now: u64) -> Duration {
    let longest = Duration::from_millis(20);
    due.map_or(longest, |due| Duration::from_nanos(due.saturating_sub(now)).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_wherever_the_server_puts_the_content() {
        let mut found_at = 0;
        for text in [
            format!(r#"{{"data":{{"content":"{}"}}}}"#, content(42, 40)),
            format!(r#"{{"type":"message","seq":1,"data":{{"content":"{}"}}}}"#, content(42, 14)),
        ] {
            assert_eq!(find_number(text.as_bytes(), &mut found_at), Some(42));
        }
        assert_eq!(find_number(br#"{"q=12":"q=abc"}"#, &mut found_at), None);
    }

    #[test]
    fn content_has_the_bytes_that_were_asked_for() {
        assert_eq!(content(7, 100).len(), 100);
        assert_eq!(content(7, 3).len(), CONTENT_BYTES_MIN);
    }
}
