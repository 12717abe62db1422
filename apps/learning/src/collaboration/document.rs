//! One document in memory: its rules, its text, and the edits that are being stored.
//!
//! An edit is admitted (transformed, applied, given its version) and handed to the committer under the
//! document's *gate*, so that the order of commits is that of versions. It is told once it is stored:
//! to its author, to the room, to whoever waits for that version.
//!
//! **Invariants.** Nobody hears of a version, as an edit or as a text, that is not stored. After a commit
//! that failed nothing is admitted until the text was read anew and everybody in it was given that.
//!
//! **Bounds**: [`EDITS_IN_FLIGHT_MAX`] edits are being stored; further ones are refused as busy. Who waits
//! is an operation of a connection, and those are the transport's. The log is [`History`]'s.

mod asking;
mod editing;
mod keeping;
mod repeats;
mod telling;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::RoomId;
use model::{ConnectionId, Identity, Monotonic};
use storage::Lane;
use storage::rusqlite::Transaction;

pub(crate) use asking::{Answer, Made, NewEdit, Snapshot};
use editing::Editing;
use keeping::Due;
use repeats::Repeats;

use super::documents::{Kind, Tools, Visitor};
use super::roles::Rules;
use super::{Asked, Change, Denied, History, Measured, Role, Text};
use crate::store::documents::{self, Facts, Loaded, Rebuilt};

/// Edits of one document that are being stored.
const EDITS_IN_FLIGHT_MAX: usize = 4_096;

/// Who hears what became of what they asked; called once. It is not to block, and not to ask anything of
/// the document itself.
pub(crate) type Told<T> = Box<dyn FnOnce(Result<T, Denied>) + Send>;

/// One document.
pub(crate) struct Document {
    id: Arc<str>,
    place: i64,
    kind: Kind,
    creator: Arc<str>,
    room: RoomId,
    tools: Arc<Tools>,
    /// Held from before a version is given until its row is in the committer's queue. Taken before
    /// `state`, which a row's outcome needs alone: it may come while the row is handed over.
    gate: Mutex<()>,
    state: Mutex<State>,
}

struct State {
    rules: Rules,
    /// When somebody left it last, or edited it.
    used_at: Monotonic,
    body: Body,
}

/// The text, and what is going on with it.
struct Body {
    /// With all edits that were admitted.
    text: Text,
    history: History,
    repeats: Repeats,
    /// The newest version that is stored, and was told.
    committed: u64,
    /// Edits that are being stored.
    in_flight: usize,
    /// A commit failed: `text` and `history` are ahead of what is stored.
    is_failing: bool,
    /// Who waits for a version to be stored.
    waiting: Vec<asking::Waiting>,
    /// Edits whose client's ids are being looked up, with what came behind them.
    lines: editing::Lines,
    /// Texts to be kept once their versions are stored, by version.
    due: Vec<Due>,
    /// Bytes of the contents of edits since the last of them.
    bytes_since_due: usize,
}

impl Body {
    fn new(read: Rebuilt, version: u64, has_client_ids: bool) -> Self {
        Self {
            text: read.text,
            history: History::starting_at(version),
            repeats: Repeats::new(!has_client_ids),
            committed: version,
            in_flight: 0,
            is_failing: false,
            waiting: Vec::new(),
            lines: editing::Lines::default(),
            due: Vec::new(),
            bytes_since_due: read.edits_bytes,
        }
    }
}

impl Document {
    /// The document as it was read.
    pub(super) fn new(tools: Arc<Tools>, loaded: Loaded) -> Arc<Self> {
        let Loaded { facts, roles, text: read, has_client_ids } = loaded;
        let Facts { place, id, kind, creator, is_locked, is_closed, version, .. } = facts;
        let rules = Rules::new(Arc::clone(&creator), roles, (is_locked, is_closed));
        tools.text_changed(0, read.text.bytes());
        let due = Due::of_read(version, &read);
        let body = Body::new(read, version, has_client_ids);
        let used_at = tools.hub.clock().monotonic();
        let state = Mutex::new(State { rules, used_at, body });
        let (room, gate) = (kind.room(&id), Mutex::new(()));
        let document = Self { id, place, kind, creator, room, tools, gate, state };
        document.keep(due);
        Arc::new(document)
    }

    /// Its name.
    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Where it stands in the store; its own for ever.
    pub(crate) fn place(&self) -> i64 {
        self.place
    }

    /// Who made it.
    pub(crate) fn creator(&self) -> &Arc<str> {
        &self.creator
    }

    /// The hub's room of the connections that are in it.
    pub(crate) fn room(&self) -> &RoomId {
        &self.room
    }

    /// The highest role `user` may take in it.
    pub(crate) fn role_of(&self, user: &str) -> Role {
        self.state().rules.role_of(user)
    }

    /// What a connection of `user` is at this moment that came as `asked`.
    pub(crate) fn role_in(&self, user: &str, asked: Asked) -> Role {
        self.state().rules.role_in(user, asked)
    }

    /// Where in the newest text is what was at `positions` in the version `base` with the own edits of
    /// `connection`, and that text's version. `None` where that is not known any more.
    pub(crate) fn follow<const N: usize>(
        &self,
        connection: ConnectionId,
        base: u64,
        positions: [u32; N],
    ) -> Option<(u64, [u32; N])> {
        let state = self.state();
        let Body { history, text, .. } = &state.body;
        let mut now = [0; N];
        for (now, position) in now.iter_mut().zip(positions) {
            *now = history.follow(connection, base, position)?.min(text.length());
        }
        Some((history.version(), now))
    }

    /// Whether nobody may edit it.
    pub(crate) fn is_locked(&self) -> bool {
        self.state().rules.is_locked()
    }

    /// Whether it has ended: nobody is in it any more, whoever still has a seat.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().rules.is_closed()
    }

    /// When somebody left it last, or edited it.
    pub(super) fn used_at(&self) -> Monotonic {
        self.state().used_at
    }

    /// A seat for a visitor whose token opens it.
    ///
    /// # Errors
    /// [`Denied::OtherKind`], [`Denied::NotFound`] for one that has ended.
    pub(super) fn seat(self: &Arc<Self>, kind: Kind, visitor: &Visitor) -> Result<Seat, Denied> {
        if self.is_closed() {
            return Err(Denied::NotFound);
        }
        if self.kind != kind {
            return Err(Denied::OtherKind);
        }
        let user = Arc::clone(&visitor.identity.user_id);
        self.note_person(Arc::clone(&user));
        let connection = visitor.connection;
        let asked = self.state().rules.asked(visitor.role);
        Ok(Seat { document: Arc::clone(self), connection, user, asked })
    }

    /// Remembers that somebody took part; where the store has no room for that, it is let be.
    fn note_person(&self, user: Arc<str>) {
        let place = self.place;
        if user == self.creator {
            return; // Since it was made.
        }
        let Ok(row) = self.tools.store.reserve(Lane::Bulk) else { return };
        let apply = move |tx: &Transaction<'_>| documents::note_person(tx, place, &user);
        row.write(apply, |outcome| {
            if let Err(error) = outcome {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "who takes part in a document was not stored");
            }
        });
    }

    /// Changes a rule; see [`super::Documents::change`].
    pub(super) fn change(
        self: &Arc<Self>,
        by: &Identity,
        connection: Option<ConnectionId>,
        change: Change,
        told: Told<()>,
    ) {
        let gate = self.gate();
        let row = self.tools.store.reserve(Lane::Interactive).map_err(Denied::from);
        let asked = row.and_then(|row| {
            self.state().rules.ask(&by.user_id, &change)?;
            Ok(row)
        });
        let row = match asked {
            Ok(row) => row,
            Err(denied) => {
                drop(gate);
                return told(Err(denied));
            }
        };
        let (place, at, stored) = (self.place, self.tools.hub.clock().wall(), change.clone());
        let document = Arc::clone(self);
        let apply = move |tx: &Transaction<'_>| documents::change(tx, place, &stored, at);
        row.write(apply, move |outcome| {
            document.state().rules.settle(outcome.is_ok());
            let outcome = outcome.map_err(Denied::from);
            let is_stored = outcome.is_ok();
            told(outcome);
            if is_stored {
                document.tell_change(&change, connection);
            }
        });
        drop(gate);
    }

    fn gate(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        let bytes = self.state().body.text.bytes();
        self.tools.text_changed(bytes, 0);
    }
}

/// A connection's place in a document, which stays in memory for it. Dropped, the connection has left.
pub(crate) struct Seat {
    document: Arc<Document>,
    pub(super) connection: ConnectionId,
    pub(super) user: Arc<str>,
    asked: Asked,
}

impl Seat {
    /// The document.
    pub(crate) fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// The connection.
    pub(crate) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// What the connection came as.
    pub(crate) fn asked(&self) -> Asked {
        self.asked
    }

    /// What the connection is at this moment: what it came as, or the lower role that was granted, or
    /// whatever was granted since.
    pub(crate) fn role(&self) -> Role {
        self.document.role_in(&self.user, self.asked)
    }

    /// Whether the connection may edit at this moment.
    ///
    /// # Errors
    /// [`Denied::NotFound`] where the document has ended, [`Denied::Forbidden`] for an observer, and for
    /// everybody where it is locked.
    pub(crate) fn check_edit(&self) -> Result<(), Denied> {
        self.document.state().rules.check_edit(&self.user, self.asked)
    }

    /// The newest text, once its version is stored. Never blocks; `told` is called at once where it is
    /// stored, else on the committer's thread.
    pub(crate) fn snapshot(&self, told: impl FnOnce(Result<Snapshot, Denied>) + Send + 'static) {
        self.document.snapshot(Box::new(told));
    }

    /// Makes an edit. Never blocks; once it is stored everybody in the room hears of it, the connection by
    /// an `edit_ack` in the same place of the order, and then `told` does, on the committer's thread.
    /// What was refused is told at once.
    ///
    /// An edit with an id is made once: a repeat of the same user's is told what the first one was.
    pub(crate) fn edit(
        &self,
        edit: NewEdit,
        told: impl FnOnce(Result<Answer, Denied>) + Send + 'static,
    ) {
        let (connection, user, asked) = (self.connection, Arc::clone(&self.user), self.asked);
        self.document.edit(Editing { connection, user, asked, edit, told: Box::new(told) });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let now = self.document.tools.hub.clock().monotonic();
        let mut state = self.document.state();
        state.used_at = now;
        state.body.history.forget(self.connection);
    }
}
