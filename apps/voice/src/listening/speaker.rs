//! One user of a session who is listened to: what waits for them, and what was begun.
//!
//! **Invariants.** While a speaker is kept by anything, something may be told of what they said: a session
//! that ended waits for that. A speaker stands in the threads' queue at most once, and one thread at a time
//! works on them. The lock of what waits is held for moments only; that of the desk while a piece of audio is
//! decoded, by that thread alone.
//!
//! **Bounds.** While [`ENDED_MAX`] utterances that are over wait for their text, or [`ERRANDS_MAX`] answers
//! for their turn, nothing further is worked on: audio waits, within the bounds of `inbox`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use model::ConnectionId;
use tokio::sync::mpsc;

use super::inbox::{Chunk, Command, Inbox, Taken};
use super::line::Line;
use super::talk::Piece;
use super::work::Work;
use crate::room::Room;

/// Utterances of a speaker that are over and whose text is not known yet.
const ENDED_MAX: usize = 3;
/// Answers that wait for what has to be told before them.
const ERRANDS_MAX: usize = 256;

/// One user of a session who is listened to.
pub(super) struct Speaker {
    pub(super) room: Arc<Room>,
    pub(super) user_id: Arc<str>,
    pub(super) user_name: Arc<str>,
    waiting: Mutex<Waiting>,
    pub(super) desk: Mutex<Desk>,
}

#[derive(Default)]
struct Waiting {
    inbox: Inbox,
    /// Whether the speaker stands in the threads' queue, or is being worked on.
    is_queued: bool,
    ended: usize,
    errands: usize,
    /// The user's connections that anything came from.
    connections: Vec<ConnectionId>,
    /// Of which connection audio of which format was put in.
    begun: Vec<(ConnectionId, audio::Format)>,
    /// Nothing more comes.
    is_gone: bool,
}

impl Waiting {
    /// Whether a thread has to be asked for: then it counts as asked.
    fn wants_thread(&mut self) -> bool {
        let is_held = self.ended >= ENDED_MAX || self.errands >= ERRANDS_MAX;
        let wants = !self.is_queued && !is_held && !self.inbox.is_empty();
        self.is_queued |= wants;
        wants
    }

    fn note(&mut self, connection: ConnectionId) {
        if !self.connections.contains(&connection) {
            self.connections.push(connection);
        }
    }
}

/// What a thread works with.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) work: Work,
    /// Where the pieces of utterances go that are not over.
    pub(super) talks: HashMap<u64, mpsc::Sender<Piece>>,
    pub(super) line: Line,
}

/// What became of something that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) taken: Taken,
    /// A thread is to be asked for.
    pub(super) wants_thread: bool,
    /// Bytes that wait now, less those that did before.
    pub(super) bytes: isize,
}

impl Speaker {
    pub(super) fn new(room: Arc<Room>, user_id: Arc<str>, user_name: Arc<str>) -> Self {
        room.begin_speaker();
        Self { room, user_id, user_name, waiting: Mutex::default(), desk: Mutex::default() }
    }

    /// Takes audio; `header` gives that with which its stream began. `None`: it is not wanted.
    pub(super) fn audio(
        &self,
        mut chunk: Chunk,
        header: impl FnOnce() -> Option<Bytes>,
        streamed_bytes_max: usize,
    ) -> Option<Put> {
        let stream = (chunk.from, chunk.sound.format);
        let mut waiting = self.lock();
        let is_wanted = chunk.is_request() || waiting.inbox.is_listening();
        if waiting.is_gone || !is_wanted {
            return None;
        }
        if !waiting.begun.contains(&stream) {
            // Not under this lock: it is the room's.
            drop(waiting);
            chunk.header = header();
            waiting = self.lock();
            if waiting.is_gone {
                return None;
            }
            waiting.begun.push(stream);
        }
        waiting.note(chunk.from);
        let before = waiting.inbox.bytes();
        let taken = waiting.inbox.audio(chunk, streamed_bytes_max);
        let bytes = waiting.inbox.bytes().cast_signed() - before.cast_signed();
        Some(Put { taken, wants_thread: waiting.wants_thread(), bytes })
    }

    /// Takes whatever is not audio. `None`: nothing more is taken.
    pub(super) fn signal(&self, from: Option<ConnectionId>, command: Command) -> Option<Put> {
        let mut waiting = self.lock();
        if waiting.is_gone {
            return None;
        }
        if let Some(from) = from {
            waiting.note(from);
        }
        let taken = waiting.inbox.signal(command);
        Some(Put { taken, wants_thread: waiting.wants_thread(), bytes: 0 })
    }

    /// A connection is gone; whether none is left that anything came from.
    pub(super) fn left(&self, connection: ConnectionId) -> (Option<Put>, bool) {
        let mut waiting = self.lock();
        let was_known = waiting.connections.contains(&connection);
        waiting.connections.retain(|one| *one != connection);
        waiting.begun.retain(|(one, _)| *one != connection);
        let is_alone = waiting.connections.is_empty();
        drop(waiting);
        let left = Command::Left { from: connection };
        (was_known.then(|| self.signal(None, left)).flatten(), is_alone)
    }

    /// Whether no connection is there that anything came from.
    pub(super) fn is_alone(&self) -> bool {
        self.lock().connections.is_empty()
    }

    /// Nothing more comes; what waits is still worked on.
    pub(super) fn gone(&self) -> Option<Put> {
        // Both under one lock: an utterance that began behind this would never end.
        let mut waiting = self.lock();
        if std::mem::replace(&mut waiting.is_gone, true) {
            return None;
        }
        let taken = waiting.inbox.signal(Command::Gone);
        Some(Put { taken, wants_thread: waiting.wants_thread(), bytes: 0 })
    }

    /// What is to be done next, of audio at most `bytes_max`; and how many bytes that is.
    pub(super) fn take(&self, bytes_max: usize) -> (Option<Command>, usize) {
        let mut waiting = self.lock();
        let before = waiting.inbox.bytes();
        let command = waiting.inbox.take(bytes_max);
        (command, before - waiting.inbox.bytes())
    }

    /// A thread has done what it took; whether one is to be asked for again.
    pub(super) fn rest(&self) -> bool {
        let mut waiting = self.lock();
        waiting.is_queued = false;
        waiting.wants_thread()
    }

    /// An utterance is over and waits for its text, or an answer for its turn.
    pub(super) fn begin(&self, what: Pending) {
        *what.of(&mut self.lock()) += 1;
    }

    /// It waits no more; whether a thread is to be asked for.
    pub(super) fn settle(&self, what: Pending) -> bool {
        let mut waiting = self.lock();
        let count = what.of(&mut waiting);
        *count = count.saturating_sub(1);
        waiting.wants_thread()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.room.end_speaker();
    }
}

/// What may wait for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// An utterance that is over.
    Utterance,
    /// An answer.
    Errand,
}

impl Pending {
    fn of(self, waiting: &mut Waiting) -> &mut usize {
        match self {
            Self::Utterance => &mut waiting.ended,
            Self::Errand => &mut waiting.errands,
        }
    }
}
