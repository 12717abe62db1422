//! The state of one connection, owned by its shard.

use std::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use hub::{RoomKey, Session};
use model::{CloseReason, ConnectionId, Monotonic, Timestamp};
use smallvec::SmallVec;

use crate::decoder::{Decoder, DecoderLimits};
use crate::engineio::Registration;
use crate::gate::OpenSocket;
use crate::outbox::Outbox;
use crate::policy::{Heartbeat, Policy};
use crate::stream::Stream;

/// Operations of a connection in flight from which on it is not read.
const OPERATIONS_MAX: usize = 32;
/// How long a socket may take no byte.
pub(crate) const BLOCKED_MAX: Duration = Duration::from_secs(10);
/// How long a close of ours waits for the peer's end.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// What is read and thrown away meanwhile.
pub(crate) const LINGER_BYTES_MAX: usize = 1024 * 1024;
/// How long a probed peer has to show a sign of life.
pub(crate) const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// One open connection.
///
/// What every delivery touches stands first, in one cache line: a room's message passes all of its
/// members.
#[repr(C, align(64))]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// Frames of this turn, by their index in the turn.
    pub(crate) queue: Vec<u32>,
    pub(crate) outbox: Option<Box<Outbox>>,
    pub(crate) stream: Rc<Stream>,
    /// The last application message either way.
    pub(crate) last_message: Monotonic,
    /// Whether it stands in the turn's list of connections to write to.
    pub(crate) is_listed: bool,
    /// The last mark that was sent and that no pong has confirmed. Later pings repeat it: a peer need
    /// only answer the latest ping (RFC 6455, section 5.5.3).
    pub(crate) unconfirmed: Option<u64>,
    /// Whether permessage-deflate was agreed on.
    pub(crate) deflate: bool,
    pub(crate) phase: Phase,
    pub(crate) known: Arc<hub::Connection>,
    pub(crate) policy: Arc<Policy>,
    /// Taken out while it is called; gone once the connection closes.
    pub(crate) session: Option<Box<dyn Session>>,
    pub(crate) decoder: Decoder,
    /// The rooms it is in, each with its place in the shard's list of the room's members.
    pub(crate) rooms: SmallVec<[(RoomKey, u32); 1]>,
    pub(crate) operations: Operations,
    /// Bytes read and not yet handed on, while the connection is paused.
    pub(crate) rest: Vec<u8>,
    pub(crate) reader: Option<Waker>,
    pub(crate) times: Times,
    /// What the connection holds of others' until its session has ended.
    pub(crate) lease: Option<Box<dyn Any + Send>>,
    /// Its sid, where it began by polling.
    pub(crate) registration: Option<Registration>,
    /// Its place among the open sockets, held to be dropped with the connection.
    pub(crate) socket: OpenSocket,
}

/// How far a connection's end has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is read and written.
    Open,
    /// Its end is decided and stands in the inbox: nothing more is read.
    Ending,
    /// The close frame is on its way or out; what comes is thrown away, so many bytes so far.
    Closing {
        /// Bytes thrown away.
        discarded: usize,
        /// Whether our side was ended.
        is_shut: bool,
    },
}

/// What a session is told at its end, and how the connection is closed.
pub(crate) type Ending = (Option<hub::Fault>, CloseReason);

/// The times that matter to a connection.
#[derive(Debug)]
pub(crate) struct Times {
    /// Since when its age counts.
    pub(crate) began: Monotonic,
    /// When the next ping is due.
    pub(crate) next_ping: Option<Monotonic>,
    /// Pings since the last sign of life.
    pub(crate) pings_missed: u8,
    /// When the token expires.
    pub(crate) expires_at: Option<Timestamp>,
    /// By when a token must have come.
    pub(crate) authenticate_by: Option<Monotonic>,
    /// Since when the socket takes no byte.
    pub(crate) blocked_since: Option<Monotonic>,
    /// Since when a message is incomplete.
    pub(crate) amid_message_since: Option<Monotonic>,
    /// Since when something is incomplete that takes several messages.
    pub(crate) amid_parts_since: Option<Monotonic>,
    /// By when a probed peer must have answered.
    pub(crate) probe_by: Option<Monotonic>,
    /// When it ends at the latest.
    pub(crate) close_by: Option<Monotonic>,
    /// When a drain closes it.
    pub(crate) drain_at: Option<(Monotonic, Rc<Ending>)>,
    /// Pings of the peer, in the window that began then.
    pub(crate) pings_in: (Monotonic, u32),
    /// When the wheel looks at it next.
    pub(crate) scheduled: Monotonic,
}

impl Times {
    pub(crate) fn new(now: Monotonic, policy: &Policy) -> Self {
        Self {
            began: now,
            next_ping: policy.ping_interval.map(|interval| now.after(interval)),
            pings_missed: 0,
            expires_at: None,
            authenticate_by: Some(now.after(policy.authenticate_within)),
            blocked_since: None,
            amid_message_since: None,
            amid_parts_since: None,
            probe_by: None,
            close_by: None,
            drain_at: None,
            pings_in: (now, 0),
            scheduled: Monotonic(u64::MAX),
        }
    }

    /// The earliest time at which something may be due.
    pub(crate) fn next(
        &self,
        policy: &Policy,
        last_message: Monotonic,
        (now, wall): (Monotonic, Timestamp),
    ) -> Monotonic {
        let expires = self.expires_at.map(|at| {
            let left = at.as_millis().saturating_sub(wall.as_millis()).max(0);
            now.after(Duration::from_millis(left.unsigned_abs()))
        });
        [
            self.next_ping,
            expires,
            self.authenticate_by,
            self.blocked_since.map(|since| since.after(BLOCKED_MAX)),
            self.amid_message_since.zip(policy.fragments_within).map(|(at, span)| at.after(span)),
            self.amid_parts_since.zip(policy.fragments_within).map(|(at, span)| at.after(span)),
            self.probe_by,
            self.close_by,
            self.drain_at.as_ref().map(|(at, _)| *at),
            policy.idle_timeout.map(|span| last_message.after(span)),
            policy.connection_age_max.map(|span| self.began.after(span)),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Monotonic(u64::MAX))
    }
}

/// Replies in the order of their requests.
#[derive(Default)]
pub(crate) struct Operations {
    slots: VecDeque<Slot>,
    /// The next operation's number.
    pub(crate) next: u32,
    open: usize,
    held: Option<u32>,
}

/// What waits for its turn.
#[derive(Debug)]
pub(crate) enum Slot {
    /// An operation that has not ended.
    Open(u32),
    /// A text to send.
    Reply(Bytes),
    /// A binary message to send.
    Binary(Bytes),
    /// A text to send, and the binary messages right behind it.
    With(Bytes, Vec<Bytes>),
    /// A ping that has what was sent before it confirmed.
    Mark(u64),
    /// The end of the connection.
    Close(CloseReason),
}

impl Operations {
    /// Operations that have not ended.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// Whether no further message may be handed on.
    pub(crate) fn is_paused(&self) -> bool {
        self.held.is_some() || self.open >= OPERATIONS_MAX
    }

    /// An operation began; with `hold`, messages behind it wait. Its place is [`Slot::Open`].
    pub(crate) fn note_begun(&mut self, operation: u32, hold: bool) {
        self.open += 1;
        if hold {
            self.held = Some(operation);
        }
    }

    /// Puts `slot` in its turn; it comes back at once if nothing is before it and it is not open.
    pub(crate) fn put(&mut self, slot: Slot) -> Option<Slot> {
        if self.slots.is_empty() && !matches!(slot, Slot::Open(_)) {
            return Some(slot);
        }
        self.slots.push_back(slot);
        None
    }

    /// An operation ended, with `outcome` in its place; what may go out now is appended to
    /// `ready`, in order.
    pub(crate) fn end(&mut self, operation: u32, outcome: Vec<Slot>, ready: &mut Vec<Slot>) {
        let place =
            self.slots.iter().position(|slot| matches!(slot, Slot::Open(n) if *n == operation));
        let Some(place) = place else { return };
        self.open -= 1;
        self.held = self.held.filter(|held| *held != operation);
        self.slots.remove(place);
        for (nth, slot) in outcome.into_iter().enumerate() {
            self.slots.insert(place + nth, slot);
        }
        while self.slots.front().is_some_and(|slot| !matches!(slot, Slot::Open(_))) {
            ready.extend(self.slots.pop_front());
        }
        if self.slots.is_empty() {
            self.slots = VecDeque::new();
        }
    }
}

impl Connection {
    /// Whether the next message may be handed on.
    pub(crate) fn may_read(&self) -> bool {
        self.phase == Phase::Open
            && !self.operations.is_paused()
            && !self.outbox.as_ref().is_some_and(|outbox| outbox.has_reply())
    }

    /// The peer's side took bytes that had waited: it is not dead, only slow. A ping packet may stand
    /// behind them, so its time begins anew.
    pub(crate) fn note_taken(&mut self, now: Monotonic) {
        let times = &mut self.times;
        times.blocked_since = Some(now);
        match self.policy.heartbeat {
            Heartbeat::EngineIo { timeout } if times.pings_missed > 0 => {
                times.next_ping = Some(now.after(timeout));
            }
            Heartbeat::EngineIo { .. } => {}
            Heartbeat::WebSocket => times.pings_missed = 0,
        }
    }

    /// Something came from the peer. Whether the next ping is due at another time by that.
    pub(crate) fn note_life(&mut self, now: Monotonic) -> bool {
        let times = &mut self.times;
        times.probe_by = None;
        let had_missed = std::mem::take(&mut times.pings_missed) > 0;
        let is_answered = had_missed && self.policy.is_engine_io();
        if is_answered {
            times.next_ping = self.policy.ping_interval.map(|interval| now.after(interval));
        }
        is_answered
    }

    pub(crate) fn decoder_limits(&self) -> DecoderLimits {
        DecoderLimits {
            message_bytes_max: self.policy.message_bytes_max,
            fragments_max: self.policy.fragments_max,
            deflate: self.deflate,
        }
    }

    /// Lets the reading task look again.
    pub(crate) fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn replies_leave_in_the_order_of_their_requests(order in prop::collection::vec(any::<prop::sample::Index>(), 1..30)) {
            let mut operations = Operations::default();
            let count = u32::try_from(order.len()).unwrap();
            let mut sent = Vec::new();
            for number in 0..count {
                if number % 3 == 2 {
                    sent.extend(operations.put(Slot::Reply(Bytes::from(number.to_string()))));
                } else {
                    operations.note_begun(number, false);
                    assert!(operations.put(Slot::Open(number)).is_none());
                }
            }
            let mut open: Vec<u32> = (0..count).filter(|number| number % 3 != 2).collect();
            for index in order {
                if open.is_empty() { break; }
                let number = open.remove(index.index(open.len()));
                let outcome = vec![Slot::Reply(Bytes::from(number.to_string()))];
                operations.end(number, outcome, &mut sent);
            }
            for number in open {
                operations.end(number, vec![Slot::Reply(Bytes::from(number.to_string()))], &mut sent);
            }
            let texts: Vec<String> = sent.iter().map(|slot| match slot {
                Slot::Reply(text) => String::from_utf8(text.to_vec()).unwrap(),
                other => panic!("{other:?}"),
            }).collect();
            let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            prop_assert_eq!(texts, expected);
            prop_assert!(!operations.is_paused());
        }
    }

    #[test]
    fn a_held_connection_waits_for_that_operation_alone() {
        let mut operations = Operations::default();
        for (number, hold) in [(1, false), (2, true)] {
            operations.note_begun(number, hold);
            operations.put(Slot::Open(number));
        }
        assert!(operations.is_paused());
        operations.end(1, Vec::new(), &mut Vec::new());
        assert!(operations.is_paused());
        operations.end(2, Vec::new(), &mut Vec::new());
        assert!(!operations.is_paused());
    }
}
