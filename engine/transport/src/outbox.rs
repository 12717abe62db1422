//! What a socket did not take yet.
//!
//! **Bounds.** Events: [`EVENT_BYTES_MAX`]; past that a passing event takes the place of the newest one
//! of its key that waits (so that the newest is the last of its key to arrive), or the place of older
//! ones that a newer one follows, or is dropped and counted; a stored one leaves the member behind its
//! room. From then on until it is empty it takes no passing event that replaces none: the stored ones
//! have their turn however many pass. What waits keeps nothing alive but its own bytes. Replies: the policy's `reply_bytes_max`; nothing more is read from the connection while one
//! waits.

mod newest;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use hub::{Delivery, PassingKey, RoomKey};
use smallvec::SmallVec;

use newest::Newest;

/// Bytes of events that may wait.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// By how much events that replace shorter ones may exceed that.
const REPLACED_BYTES_MAX: usize = 64 * 1024;

/// A frame of this turn, on its way to one or many sockets.
pub(crate) struct TurnFrame {
    pub(crate) bytes: Bytes,
    /// The event, or nothing for a reply or a control frame.
    pub(crate) event: Option<(RoomKey, Arc<Delivery>)>,
    /// What the peer is asked to confirm by it.
    pub(crate) mark: Option<u64>,
}

struct Waiting {
    bytes: Bytes,
    /// A part of it was written: it may not be replaced.
    is_begun: bool,
    is_event: bool,
    /// Of a passing event: what may replace it.
    key: Option<PassingKey>,
}

impl Waiting {
    /// What may replace it.
    fn key(&self) -> Option<&PassingKey> {
        self.key.as_ref().filter(|_| !self.is_begun)
    }
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
    /// Where the newest event of each key stands; made when events first find no room.
    newest: Option<Newest>,
    /// Passing events that were dropped.
    pub(crate) skipped: u64,
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
            self.push(Waiting { bytes, is_begun, is_event: false, key: None });
            return Put::Waits;
        };
        if let Some(offset) = delivery.offset
            && self.behind.iter().any(|(behind, _)| behind == room)
            && offset > 0
        {
            return Put::Behind;
        }
        let is_crowded_out = delivery.offset.is_none() && self.has_missed();
        let fits = self.event_bytes + bytes.len() <= EVENT_BYTES_MAX && !is_crowded_out;
        if is_begun || fits {
            return self.put_event(bytes, is_begun, delivery);
        }
        match delivery.offset {
            Some(offset) => {
                self.behind.push((*room, offset.saturating_sub(1)));
                Put::Behind
            }
            None => self.squeeze(bytes, delivery),
        }
    }

    fn put_event(&mut self, bytes: Bytes, is_begun: bool, delivery: &Arc<Delivery>) -> Put {
        self.event_bytes += bytes.len();
        let key = delivery.key.clone().filter(|_| delivery.offset.is_none());
        self.push(Waiting { bytes, is_begun, is_event: true, key });
        Put::Waits
    }

    /// Whether something found no room since it was last empty.
    fn has_missed(&self) -> bool {
        self.skipped > 0 || !self.behind.is_empty()
    }

    fn push(&mut self, waiting: Waiting) {
        if let Some(newest) = &mut self.newest {
            newest.pushed(self.frames.len(), waiting.key());
        }
        self.frames.push_back(waiting);
    }

    /// Finds room for a passing event in a full outbox, or drops it.
    fn squeeze(&mut self, bytes: Bytes, delivery: &Arc<Delivery>) -> Put {
        if let Some(key) = &delivery.key {
            if self.replace(key, &bytes) {
                return Put::Waits;
            }
            if !self.has_missed() {
                self.drop_superseded();
                if self.event_bytes + bytes.len() <= EVENT_BYTES_MAX {
                    return self.put_event(bytes, false, delivery);
                }
            }
        }
        self.skipped += 1;
        Put::Dropped
    }

    /// Puts a passing event in the place of the newest waiting one of its key.
    fn replace(&mut self, key: &PassingKey, bytes: &Bytes) -> bool {
        let frames = &self.frames;
        let newest = self.newest.get_or_insert_with(|| Newest::of(frames.iter().map(Waiting::key)));
        let Some(older) = newest.place(key).and_then(|place| self.frames.get_mut(place)) else {
            return false;
        };
        let event_bytes = self.event_bytes + bytes.len() - older.bytes.len();
        if older.is_begun || event_bytes > EVENT_BYTES_MAX + REPLACED_BYTES_MAX {
            return false;
        }
        self.event_bytes = event_bytes;
        older.bytes = bytes.clone();
        true
    }

    /// Drops events that a newer one of their key follows.
    fn drop_superseded(&mut self) {
        let Some(newest) = self.newest.take_if(|newest| newest.superseded() > 0) else { return };
        let mut at = 0;
        self.frames.retain(|waiting| {
            let place = at;
            at += 1;
            let is_newest = waiting.key().is_none_or(|key| newest.place(key) == Some(place));
            if !is_newest {
                self.event_bytes -= waiting.bytes.len();
            }
            is_newest
        });
        self.newest = Some(Newest::of(self.frames.iter().map(Waiting::key)));
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
            let was_replaceable = !first.is_begun;
            first.bytes.advance(taken);
            first.is_begun = true;
            written -= taken;
            let bytes = if first.is_event { &mut self.event_bytes } else { &mut self.reply_bytes };
            *bytes -= taken;
            if let Some((newest, key)) = self.newest.as_mut().zip(first.key.as_ref())
                && was_replaceable
            {
                newest.begun(key);
            }
            if first.bytes.is_empty() {
                self.frames.pop_front();
                if let Some(newest) = &mut self.newest {
                    newest.popped();
                }
            }
        }
    }

    /// Puts bytes before everything that waits; they are part of what was written already.
    pub(crate) fn put_first(&mut self, bytes: Bytes) {
        self.newest = None; // Its places are others now.
        self.reply_bytes += bytes.len();
        self.frames.push_front(Waiting { bytes, is_begun: true, is_event: false, key: None });
    }

    /// Drops events that have not begun, to make way for a last word and a close.
    pub(crate) fn drop_events(&mut self) {
        self.newest = None;
        let dropped: usize = self
            .frames
            .iter()
            .filter(|waiting| !waiting.is_begun && waiting.is_event)
            .map(|waiting| waiting.bytes.len())
            .sum();
        self.frames.retain(|waiting| waiting.is_begun || !waiting.is_event);
        self.event_bytes -= dropped;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: RoomKey = RoomKey(1);

    fn event(delivery: Delivery) -> TurnFrame {
        TurnFrame {
            bytes: delivery.text.clone(),
            mark: delivery.mark,
            event: Some((ROOM, Arc::new(delivery))),
        }
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
        assert_eq!(outbox.skipped, 1);
        outbox.drop_events();
        assert_eq!(contents(&outbox), b" 1;");
    }

    #[test]
    fn one_reply_of_any_size_waits_and_more_only_within_the_bound() {
        let reply =
            |length| TurnFrame { bytes: vec![b'r'; length].into(), event: None, mark: None };
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&reply(500), 0, 100), Put::Waits);
        assert!(outbox.has_reply());
        assert_eq!(outbox.put(&reply(1), 0, 100), Put::Overflow);
        outbox.advance(500);
        assert!(!outbox.has_reply());
        assert_eq!(outbox.put(&reply(50), 0, 100), Put::Waits);
        assert_eq!(outbox.put(&reply(50), 0, 100), Put::Waits);
    }

    #[test]
    fn what_waits_keeps_nothing_alive_but_its_bytes() {
        let delivery = Arc::new(Delivery::passing("long").replaced_by_newer("deal", &"d".into()));
        let frame = TurnFrame {
            bytes: "short".into(),
            mark: None,
            event: Some((ROOM, Arc::clone(&delivery))),
        };
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&frame, 0, 0), Put::Waits);
        drop(frame);
        assert_eq!(Arc::strong_count(&delivery), 1);
    }

    #[test]
    fn passing_events_leave_the_outbox_to_empty_once_a_stored_one_found_no_room() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.put(&stored(1, EVENT_BYTES_MAX), 0, 0), Put::Waits);
        assert_eq!(outbox.put(&stored(2, 10), 0, 0), Put::Behind);
        for round in 0..100 {
            outbox.advance(EVENT_BYTES_MAX / 50);
            let put = outbox.put(&deal(&format!("deal-{round}"), round, 400), 0, 0);
            assert_eq!(put, Put::Dropped);
        }
        assert!(outbox.is_empty());
        assert_eq!(outbox.skipped, 100);
    }

    /// What a client ends up with: the last of each deal that arrived, in the order of arrival.
    fn arrived(outbox: &mut Outbox) -> Vec<(String, usize)> {
        let text = String::from_utf8(contents(outbox)).unwrap();
        outbox.advance(text.len());
        let deals = text.split_terminator(';').map(|deal| {
            let (name, version) = deal.split_once('=').unwrap();
            (name.to_owned(), version.trim().parse().unwrap())
        });
        deals.collect()
    }

    fn deal(name: &str, version: usize, length: usize) -> TurnFrame {
        let text = format!("{name}={version}");
        let text = format!("{text}{};", " ".repeat(length.saturating_sub(text.len())));
        event(Delivery::passing(text).replaced_by_newer("deal", &name.into()))
    }

    #[test]
    fn ten_thousand_updates_of_a_hundred_deals_leave_the_newest_of_each_within_the_bound() {
        let mut outbox = Outbox::default();
        for version in 0..100 {
            for name in 0..100 {
                let put = outbox.put(&deal(&format!("deal-{name}"), version, 400), 0, 0);
                assert_eq!(put, Put::Waits);
                assert!(outbox.event_bytes <= EVENT_BYTES_MAX + REPLACED_BYTES_MAX);
            }
        }
        let arrived = arrived(&mut outbox);
        assert!(arrived.len() < 3000);
        for name in 0..100 {
            let name = format!("deal-{name}");
            let of_it = arrived.iter().filter(|(of, _)| *of == name);
            let versions: Vec<usize> = of_it.map(|(_, version)| *version).collect();
            assert_eq!(versions.last(), Some(&99));
            assert!(versions.is_sorted_by(|earlier, later| earlier < later), "{name}");
        }
        assert_eq!((outbox.event_bytes, outbox.skipped), (0, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn of_each_deal_the_newest_that_was_taken_arrives_last(
            steps in prop::collection::vec((0_usize..6, 0_usize..3, 100_usize..250_000), 1..120),
        ) {
            let mut outbox = Outbox::default();
            let (mut newest, mut heard) = (std::collections::HashMap::new(), Vec::new());
            let mut partial = Vec::new();
            for (version, (name, written, length)) in steps.into_iter().enumerate() {
                if written == 2 {
                    // The socket takes a part of what waits.
                    let all = contents(&outbox);
                    let taken = all.len().min(length * 3);
                    partial.extend_from_slice(&all[..taken]);
                    outbox.advance(taken);
                }
                let name = format!("d{name}");
                let frame = deal(&name, version, length);
                match outbox.put(&frame, 0, 0) {
                    Put::Waits => { newest.insert(name, version); }
                    Put::Dropped => {}
                    other => prop_assert!(false, "{:?}", other),
                }
                prop_assert!(outbox.event_bytes <= EVENT_BYTES_MAX + REPLACED_BYTES_MAX);
                let waiting: usize = outbox.frames.iter().map(|waiting| waiting.bytes.len()).sum();
                prop_assert_eq!(outbox.event_bytes, waiting);
            }
            partial.extend(contents(&outbox));
            for text in String::from_utf8(partial).unwrap().split_terminator(';') {
                let (name, version) = text.split_once('=').unwrap();
                heard.push((name.to_owned(), version.trim().parse::<usize>().unwrap()));
            }
            for (name, version) in newest {
                let mut versions = heard.iter().filter(|(of, _)| *of == name).map(|(_, version)| *version);
                prop_assert!(versions.clone().is_sorted());
                prop_assert_eq!(versions.next_back(), Some(version));
            }
        }
    }
}
