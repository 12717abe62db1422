//! Pages of a conversation's history.

use std::sync::Arc;

use model::Timestamp;
use storage::{ReadError, Refused};

use crate::recent::{Done, Found};
use crate::store::pages;
use crate::{Conversations, Message, RoomRef};

/// Bytes of content past which a page ends, whatever its count; one message it always has.
pub(crate) const CONTENT_BYTES_MAX: usize = 256 * 1024;

/// A place in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// A message, by its id.
    Id(Box<str>),
    /// A message, by its `seq`; 0 is before the first.
    Seq(u64),
    /// A moment.
    Time(Timestamp),
}

/// Which messages are asked for. At most `limit` come, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAsk {
    /// The newest.
    Newest {
        /// How many at most.
        limit: usize,
    },
    /// The oldest that are kept.
    Oldest {
        /// How many at most.
        limit: usize,
    },
    /// The newest of those before `anchor`; none where the conversation has no such message.
    Before {
        /// Where they end, itself left out.
        anchor: Anchor,
        /// How many at most.
        limit: usize,
    },
    /// The first of those after `anchor`: what somebody missed.
    After {
        /// Where their copy ends.
        anchor: Anchor,
        /// The history their copy belongs to, where they kept it.
        epoch: Option<Box<str>>,
        /// How many at most.
        limit: usize,
    },
    /// The first of those after `after` and before `before`.
    Between {
        /// Where they begin, itself left out.
        after: Anchor,
        /// Where they end, itself left out.
        before: Anchor,
        /// The history `after` belongs to, where it was kept.
        epoch: Option<Box<str>>,
        /// How many at most.
        limit: usize,
    },
}

/// A piece of a conversation. It ends at its count or at 256 KiB of content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// Oldest first, without a gap.
    pub messages: Vec<Arc<Message>>,
    /// Whether there are more in the direction asked: newer ones after an anchor (and before the
    /// other one), else older ones.
    pub has_more: bool,
    /// Whether `messages` continues from the anchor asked for. `false` for an unknown anchor, one
    /// older than what is kept, or another history (then this is the newest page), and where
    /// nothing was to be continued.
    pub recovered: bool,
    /// The newest `seq` of the conversation when this was read.
    pub last_seq: u64,
}

impl Conversations {
    /// Reads a page of what `room` shows; never blocks. `done` is called on a reader's thread, or
    /// before this returns where the answer is in memory; it must not block.
    ///
    /// A member that joined before asking misses nothing that came after the page's `last_seq`.
    ///
    /// # Errors
    /// [`Refused`] where too many reads wait; then `done` is not called.
    pub fn page(
        self: &Arc<Self>,
        room: &RoomRef,
        ask: PageAsk,
        done: impl FnOnce(Result<HistoryPage, ReadError>) + Send + 'static,
    ) -> Result<(), Refused> {
        let found = self.recent().find(room, ask, self.epoch(), Box::new(done));
        match found {
            Found::Page(page, done) => {
                done(Ok(page));
                Ok(())
            }
            Found::Waits => Ok(()),
            Found::Elsewhere(ask, done) => self.read_page(room.clone(), ask, done),
            Found::Missing(load) => self.load(load),
        }
    }

    /// Reads a page from the store.
    pub(crate) fn read_page(
        self: &Arc<Self>,
        room: RoomRef,
        ask: PageAsk,
        done: Done,
    ) -> Result<(), Refused> {
        let service = Arc::clone(self);
        self.store.read_then(move |db| pages::read(db, &room, &ask, service.epoch()), done)
    }
}

impl PageAsk {
    /// Whether it asks for what follows the very beginning of this history.
    pub(crate) fn is_from_the_start(&self, epoch: &str) -> bool {
        let (Self::After { anchor, epoch: of, .. }
        | Self::Between { after: anchor, epoch: of, .. }) = self
        else {
            return false;
        };
        let is_start = matches!(anchor, Anchor::Seq(0) | Anchor::Time(_));
        is_start && of.as_deref().is_none_or(|of| of == epoch)
    }
}

/// A page in the making, which ends at its count or its bytes.
pub(crate) struct Cut {
    messages: Vec<Arc<Message>>,
    bytes: usize,
    limit: usize,
    is_full: bool,
}

impl Cut {
    /// An empty page of at most `limit` messages, at least one.
    pub(crate) fn new(limit: usize) -> Self {
        Self { messages: Vec::new(), bytes: 0, limit: limit.max(1), is_full: false }
    }

    /// Takes the next message; `false` where the page has no room for it.
    pub(crate) fn take(&mut self, message: Arc<Message>) -> bool {
        let bytes = self.bytes + message.content.len();
        let has_room = self.messages.len() < self.limit && bytes <= CONTENT_BYTES_MAX;
        if !has_room && !self.messages.is_empty() {
            self.is_full = true;
            return false;
        }
        self.bytes = bytes;
        self.messages.push(message);
        true
    }

    /// The page, in the order of taking.
    pub(crate) fn page(self, last_seq: u64) -> HistoryPage {
        let Self { messages, is_full, .. } = self;
        HistoryPage { messages, has_more: is_full, recovered: false, last_seq }
    }
}
