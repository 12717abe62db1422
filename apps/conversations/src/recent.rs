//! The newest messages of rooms that are read, kept in memory, so that a crowd that comes back at
//! once costs the store one read a room.
//!
//! **Invariants**
//! - What is kept of a room is dense and ends at the newest message told. A message enters on the
//!   committer's thread before it is published; one told while a room is being read is kept aside
//!   and joined to what was read.
//! - An answer from memory is the one the store would have given. What memory cannot tell is read.
//! - Whoever changes what a room shows, or deletes from it, forgets the room here in the same turn
//!   of the committer.
//!
//! **Bounds**: [`ROOMS_MAX`] rooms, of each [`ENTRIES_MAX`] messages and about [`BYTES_MAX`] bytes;
//! [`WAITING_MAX`] askers wait for one read, further ones read for themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hub::Log;
use storage::{ReadError, Refused};

use crate::page::Cut;
use crate::store::pages::{self, Newest};
use crate::{Anchor, Conversations, HistoryPage, Message, PageAsk, RoomRef};

/// Rooms kept; the one not read for longest goes first.
const ROOMS_MAX: usize = 512;
/// Messages kept of a room.
const ENTRIES_MAX: usize = 128;
/// Bytes kept of a room.
const BYTES_MAX: usize = 128 * 1024;
/// What a message weighs beside its content.
const ENTRY_BYTES: usize = 256;
/// Askers that wait for one read.
const WAITING_MAX: usize = 10_000;

/// Who is told of a page.
pub(crate) type Done = Box<dyn FnOnce(Result<HistoryPage, ReadError>) + Send>;

/// The rooms kept.
#[derive(Default)]
pub(crate) struct Recent {
    rooms: HashMap<RoomRef, Kept>,
    uses: u64,
}

struct Kept {
    state: State,
    /// When it was last read, in uses of the whole.
    used: u64,
}

enum State {
    /// It is being read.
    Loading {
        waiting: Waiting,
        /// Told meanwhile.
        since: Log<Arc<Message>>,
    },
    Ready(Tail),
}

type Waiting = Arc<Mutex<Vec<(PageAsk, Done)>>>;

/// The newest messages of one room.
struct Tail {
    log: Log<Arc<Message>>,
    /// The newest `seq` that is no longer kept anywhere, or 0.
    floor: u64,
}

/// What memory says to somebody who asks for a page.
pub(crate) enum Found {
    /// Here it is.
    Page(HistoryPage, Done),
    /// Somebody reads the room already and answers this one too.
    Waits,
    /// Not in memory.
    Elsewhere(PageAsk, Done),
    /// Nobody has read the room: read it, and answer from that.
    Missing(Load),
}

/// A room to read.
pub(crate) struct Load {
    room: RoomRef,
    ask: PageAsk,
    done: Done,
    waiting: Waiting,
}

impl Recent {
    /// Answers `ask` from memory, or says how it will be.
    pub(crate) fn find(&mut self, room: &RoomRef, ask: PageAsk, epoch: &str, done: Done) -> Found {
        if !may_be_kept(&ask) {
            return Found::Elsewhere(ask, done);
        }
        self.uses += 1;
        let Some(kept) = self.rooms.get_mut(room) else {
            return Found::Missing(self.begin(room.clone(), ask, done));
        };
        kept.used = self.uses;
        match &kept.state {
            State::Ready(tail) => match tail.answer(&ask, epoch) {
                Some(page) => Found::Page(page, done),
                None => Found::Elsewhere(ask, done),
            },
            State::Loading { waiting, .. } => {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if waiting.len() >= WAITING_MAX {
                    return Found::Elsewhere(ask, done);
                }
                waiting.push((ask, done));
                Found::Waits
            }
        }
    }

    /// A message was committed that these rooms show.
    pub(crate) fn append(&mut self, rooms: &[RoomRef], message: &Arc<Message>) {
        if self.rooms.is_empty() {
            return;
        }
        for room in rooms {
            match self.rooms.get_mut(room).map(|kept| &mut kept.state) {
                Some(State::Loading { since: log, .. } | State::Ready(Tail { log, .. })) => {
                    append(log, message);
                }
                None => {}
            }
        }
    }

    /// These rooms show something else from now on.
    pub(crate) fn forget(&mut self, rooms: &[RoomRef]) {
        for room in rooms {
            self.rooms.remove(room);
        }
    }

    /// Something was deleted.
    pub(crate) fn forget_all(&mut self) {
        self.rooms.clear();
    }

    fn begin(&mut self, room: RoomRef, ask: PageAsk, done: Done) -> Load {
        if self.rooms.len() >= ROOMS_MAX {
            let oldest = self.rooms.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(oldest) = oldest.map(|(room, _)| room.clone()) {
                self.rooms.remove(&oldest);
            }
        }
        let waiting = Waiting::default();
        let state = State::Loading { waiting: Arc::clone(&waiting), since: empty_log() };
        self.rooms.insert(room.clone(), Kept { state, used: self.uses });
        Load { room, ask, done, waiting }
    }

    /// The read of a room ended: keeps what it gave and what was told meanwhile. `None` where the
    /// room was forgotten since, so that nobody may be answered from it.
    fn end(&mut self, room: &RoomRef, waiting: &Waiting, read: Option<&Newest>) -> Option<Tail> {
        let kept = self.rooms.get_mut(room)?;
        let State::Loading { waiting: ours, since } = &kept.state else { return None };
        if !Arc::ptr_eq(ours, waiting) {
            return None;
        }
        let Some(newest) = read else {
            self.rooms.remove(room);
            return None;
        };
        let answer = Tail::of(newest, since);
        kept.state = State::Ready(Tail::of(newest, since));
        Some(answer)
    }
}

impl Conversations {
    /// Reads a room's newest messages, keeps them, and answers everybody who asked meanwhile.
    pub(crate) fn load(self: &Arc<Self>, load: Load) -> Result<(), Refused> {
        let Load { room, ask, done, waiting } = load;
        let (service, read_of) = (Arc::clone(self), room.clone());
        let (kept_for, waits) = (room.clone(), Arc::clone(&waiting));
        let started = self.store.read_then(
            move |db| pages::newest(db, &read_of, ENTRIES_MAX),
            move |read| service.loaded(&kept_for, &waits, read, (ask, done)),
        );
        if let Err(refused) = started {
            self.recent().end(&room, &waiting, None);
            for (_, done) in take(&waiting) {
                done(Err(ReadError::Refused(refused)));
            }
        }
        started
    }

    fn loaded(
        self: &Arc<Self>,
        room: &RoomRef,
        waiting: &Waiting,
        read: Result<Newest, ReadError>,
        first: (PageAsk, Done),
    ) {
        let tail = self.recent().end(room, waiting, read.as_ref().ok());
        let others = take(waiting);
        if let Err(error) = read {
            first.1(Err(error));
            for (_, done) in others {
                done(Err(ReadError::Refused(Refused::Busy)));
            }
            return;
        }
        for (ask, done) in std::iter::once(first).chain(others) {
            match tail.as_ref().and_then(|tail| tail.answer(&ask, self.epoch())) {
                Some(page) => done(Ok(page)),
                None => self.read_or_tell(room.clone(), ask, done),
            }
        }
    }

    /// A read of its own for somebody who is to hear in any case.
    fn read_or_tell(self: &Arc<Self>, room: RoomRef, ask: PageAsk, done: Done) {
        let slot = Arc::new(Mutex::new(Some(done)));
        let read = Arc::clone(&slot);
        let tell = move |slot: &Mutex<Option<Done>>, page| {
            if let Some(done) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                done(page);
            }
        };
        let started = self.read_page(room, ask, Box::new(move |page| tell(&read, page)));
        if let Err(refused) = started {
            tell(&slot, Err(ReadError::Refused(refused)));
        }
    }
}

impl Tail {
    /// What was read, and after it what was told since.
    fn of(newest: &Newest, since: &Log<Arc<Message>>) -> Self {
        let mut log = empty_log();
        let told = since.iter().map(|(_, message)| message);
        newest.page.messages.iter().chain(told).for_each(|message| append(&mut log, message));
        Self { log, floor: newest.floor }
    }

    fn last_seq(&self) -> u64 {
        self.log.last_offset().unwrap_or(self.floor)
    }

    /// Whether everything the store has of the room is here.
    fn is_whole(&self) -> bool {
        self.log.first_offset().is_none_or(|first| first == self.floor + 1)
    }

    fn answer(&self, ask: &PageAsk, epoch: &str) -> Option<HistoryPage> {
        let PageAsk::After { anchor, epoch: of, limit } = ask else {
            let PageAsk::Newest { limit } = ask else { return None };
            return self.newest(*limit);
        };
        if of.as_deref().is_some_and(|of| of != epoch) {
            return self.newest(*limit);
        }
        let after = match anchor {
            Anchor::Seq(seq) => *seq,
            Anchor::Id(id) => self.log.iter().find(|(_, message)| *message.id == **id)?.0,
            Anchor::Time(_) => return None,
        };
        if after < self.floor || after > self.last_seq() {
            return self.newest(*limit);
        }
        self.since(after, *limit)
    }

    fn newest(&self, limit: usize) -> Option<HistoryPage> {
        let mut cut = Cut::new(limit);
        let took_all = self.log.iter().rev().all(|(_, message)| cut.take(Arc::clone(message)));
        let mut page = cut.page(self.last_seq());
        if took_all && !self.is_whole() {
            if page.messages.len() < limit {
                return None;
            }
            page.has_more = true;
        }
        page.messages.reverse();
        Some(page)
    }

    fn since(&self, after: u64, limit: usize) -> Option<HistoryPage> {
        let mut cut = Cut::new(limit);
        for message in self.log.since(after).ok()? {
            if !cut.take(message) {
                break;
            }
        }
        Some(HistoryPage { recovered: true, ..cut.page(self.last_seq()) })
    }
}

fn may_be_kept(ask: &PageAsk) -> bool {
    match ask {
        PageAsk::Newest { .. } => true,
        PageAsk::After { anchor, .. } => !matches!(anchor, Anchor::Time(_)),
        _ => false,
    }
}

fn append(log: &mut Log<Arc<Message>>, message: &Arc<Message>) {
    log.append(message.seq, message.content.len() + ENTRY_BYTES, Arc::clone(message));
}

const fn empty_log() -> Log<Arc<Message>> {
    Log::new(ENTRIES_MAX, BYTES_MAX)
}

fn take(waiting: &Waiting) -> Vec<(PageAsk, Done)> {
    std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner))
}
