//! What a socket did not take yet.
//!
//! **Bounds.** Events: [`EVENT_BYTES_MAX`]; past that a passing event replaces a waiting one of its
//! key or is dropped, and a stored one leaves the member behind its room. Replies: the policy's
//! `reply_bytes_max`; nothing more is read from the connection while one waits.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use hub::{Delivery, RoomKey};
use smallvec::SmallVec;

/// Bytes of events that may wait.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// A frame of this turn, on its way to one or many sockets.
pub(crate) struct TurnFrame {
    pub(crate) bytes: Bytes,
    /// The event, or nothing for a reply or a control frame.
    pub(crate) event: Option<(RoomKey, Arc<Delivery>)>,
}

struct Waiting {
    bytes: Bytes,
    /// A part of it was written: it may not be replaced.
    is_begun: bool,
    event: Option<Arc<Delivery>>,
}

/// What happened to a frame that was put into the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits.
    Waits,
    /// A passing event found no room.
    Dropped,
    /// A stored event found no room: the member is behind from here on.
    Behind,
    /// Replies over the bound: the connection cannot go on.
    Overflow,
}

/// The frames that wait, and the rooms the connection is behind in.
#[derive(Default)]
pub(crate) struct Outbox {
    frames: VecDeque<Waiting>,
    event_bytes: usize,
    reply_bytes: usize,
    /// Rooms with the offset up to which the connection has everything.
    pub(crate) behind: SmallVec<[(RoomKey, u64); 1]>,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Whether a reply waits; the connection is not read meanwhile.
    pub(crate) fn has_reply(&self) -> bool {
        self.reply_bytes > 0
    }

    /// Puts a frame behind the others, of which the first `written` bytes are out already.
    pub(crate) fn put(&mut self, frame: &TurnFrame, written: usize, reply_bytes_max: usize) -> Put {
        let mut bytes = frame.bytes.clone();
        bytes.advance(written);
        let is_begun = written > 0;
        let Some((room, delivery)) = &frame.event else {
            if self.reply_bytes > 0 && self.reply_bytes + bytes.len() > reply_bytes_max {
                return Put::Overflow;
            }
            self.reply_bytes += bytes.len();
            self.frames.push_back(Waiting { bytes, is_begun, event: None });
            return Put::Waits;
        };
        if let Some(offset) = delivery.offset
            && self.behind.iter().any(|(behind, _)| behind == room)
            && offset > 0
        {
            return Put::Behind;
        }
        if is_begun || self.event_bytes + bytes.len() <= EVENT_BYTES_MAX {
            self.event_bytes += bytes.len();
            let event = Some(Arc::clone(delivery));
            self.frames.push_back(Waiting { bytes, is_begun, event });
            return Put::Waits;
        }
        match delivery.offset {
            Some(offset) => {
                self.behind.push((*room, offset.saturating_sub(1)));
                Put::Behind
            }
            None if self.replace(delivery, bytes) => Put::Waits,
            None => Put::Dropped,
        }
    }

    /// Puts a passing event in the place of a waiting one of its key.
    fn replace(&mut self, delivery: &Arc<Delivery>, bytes: Bytes) -> bool {
        let Some(key) = &delivery.key else { return false };
        let older = self.frames.iter_mut().find(|waiting| {
            let waiting_key = waiting.event.as_ref().and_then(|event| event.key.as_ref());
            !waiting.is_begun && waiting_key == Some(key)
        });
        let Some(older) = older else { return false };
        self.event_bytes = self.event_bytes + bytes.len() - older.bytes.len();
        *older = Waiting { bytes, is_begun: false, event: Some(Arc::clone(delivery)) };
        true
    }

    /// The first frames that wait, as many as `slices` has room for.
    pub(crate) fn front(&self, count_max: usize) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().take(count_max).map(|waiting| waiting.bytes.as_ref())
    }

    /// The socket took `written` bytes.
    pub(crate) fn advance(&mut self, mut written: usize) {
        while written > 0 {
            let Some(first) = self.frames.front_mut() else { return };
            let taken = written.min(first.bytes.len());
            first.bytes.advance(taken);
            first.is_begun = true;
            written -= taken;
            let bytes =
                if first.event.is_some() { &mut self.event_bytes } else { &mut self.reply_bytes };
            *bytes -= taken;
            if first.bytes.is_empty() {
                self.frames.pop_front();
            }
        }
    }

    /// Drops events that have not begun, to make way for a last word and a close.
    pub(crate) fn drop_events(&mut self) {
        let dropped: usize = self
            .frames
            .iter()
            .filter(|waiting| !waiting.is_begun && waiting.event.is_some())
            .map(|waiting| waiting.bytes.len())
            .sum();
        self.frames.retain(|waiting| waiting.is_begun || waiting.event.is_none());
        self.event_bytes -= dropped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomKey = RoomKey(1);

    fn event(delivery: Delivery) -> TurnFrame {
        TurnFrame { bytes: delivery.text.clone(), event: Some((ROOM, Arc::new(delivery))) }
    }

    fn stored(offset: u64, length: usize) -> TurnFrame {
        event(Delivery::stored(offset, vec![b'x'; length]))
    }

    fn typing(of: &Arc<str>, text: &'static str) -> TurnFrame {
        event(Delivery::passing(text).replaced_by_newer("typing", of))
    }

    fn contents(outbox: &Outbox) -> Vec<u8> {
        outbox.front(usize::MAX).flatten().copied().collect()
    }

    #[test]
    fn a_full_outbox_keeps_the_latest_typing_and_marks_the_room_behind() {
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann".into(), "bob".into());
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&typing(&ann, "ann 1;"), 0, 0), Put::Waits);
        assert_eq!(outbox.put(&stored(7, EVENT_BYTES_MAX - 6), 0, 0), Put::Waits);
        assert_eq!(outbox.put(&typing(&ann, "ann 2;"), 0, 0), Put::Waits);
        assert_eq!(outbox.put(&typing(&bob, "bob 1;"), 0, 0), Put::Dropped);
        assert_eq!(outbox.put(&stored(8, 10), 0, 0), Put::Behind);
        assert_eq!(outbox.put(&stored(9, 10), 0, 0), Put::Behind);
        assert_eq!(outbox.behind.as_slice(), [(ROOM, 7)]);
        assert!(contents(&outbox).starts_with(b"ann 2;x"));
        outbox.advance(EVENT_BYTES_MAX);
        assert!(outbox.is_empty() && outbox.event_bytes == 0);
    }

    #[test]
    fn a_frame_that_has_begun_is_finished_as_it_was() {
        let ann: Arc<str> = "ann".into();
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&typing(&ann, "ann 1;"), 3, 0), Put::Waits);
        assert_eq!(outbox.put(&stored(1, EVENT_BYTES_MAX - 3), 0, 0), Put::Waits);
        assert_eq!(outbox.put(&typing(&ann, "ann 2;"), 0, 0), Put::Dropped);
        outbox.drop_events();
        assert_eq!(contents(&outbox), b" 1;");
    }

    #[test]
    fn one_reply_of_any_size_waits_and_more_only_within_the_bound() {
        let reply = |length| TurnFrame { bytes: vec![b'r'; length].into(), event: None };
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&reply(500), 0, 100), Put::Waits);
        assert!(outbox.has_reply());
        assert_eq!(outbox.put(&reply(1), 0, 100), Put::Overflow);
        outbox.advance(500);
        assert!(!outbox.has_reply());
        assert_eq!(outbox.put(&reply(50), 0, 100), Put::Waits);
        assert_eq!(outbox.put(&reply(50), 0, 100), Put::Waits);
    }
}
