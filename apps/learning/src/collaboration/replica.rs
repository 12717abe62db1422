//! The client's half: a replica of a document that shows its own edits at once and never diverges.
//!
//! A state machine without input or output: the caller tells it what the user did and what the
//! server said, and sends what [`Replica::next_to_send`] gives. It specifies what any client has to do.
//!
//! ```text
//!              edit, undo, redo; edited, acknowledged; refused (its last edit)
//!             ┌──────────┐
//!             ▼          │
//!  joined ─► live ───────┘
//!             │ ▲
//!   a gap in  │ │ joined, resync
//!   versions, │ │
//!   a refused ▼ │
//!   edit     lost ───┐ everything else is ignored
//!             ▲      │
//!             └──────┘
//! ```
//!
//! **Invariants**
//! - The text shown is the confirmed text plus the pending edits, in order.
//! - The edits in flight are the first of the pending ones, in the order in which they were sent.
//! - Each edit sent gets one answer: `edit_ack`, `error` or `resync`, told apart by its id.
//! - What undoes an edit stands on the text shown, what undoes the one before it on that text once
//!   the former was undone, and so on; all of them are carried over others' edits like pending ones.
//!
//! **Bounds.** [`PENDING_MAX`] pending edits, [`IN_FLIGHT_MAX`] of them in flight; [`STEPS_MAX`] to undo.

use std::collections::{BTreeMap, VecDeque};

use super::edit::{Shape, Splice};
use super::transform::{transform, transform_earlier, transform_position};
use super::units::Units;

/// Edits that are not confirmed; past that the user has to wait.
pub const PENDING_MAX: usize = 1_000;
/// Edits that are sent and not answered; the server keeps no more than 1,000 edits to stand on.
pub const IN_FLIGHT_MAX: usize = 100;
/// Edits that can be undone, and as many redone.
pub const STEPS_MAX: usize = 100;

/// An edit as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Names the edit in its answer; never used twice by a replica.
    pub id: u64,
    /// The version it stands on, with the edits sent before it.
    pub base: u64,
    /// The edit.
    pub splice: Splice,
}

/// What came of a message of the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was taken.
    Taken,
    /// It says nothing new: the text has it already, or it answers an edit given up before.
    Known,
    /// The replica cannot follow any more: join the session again.
    Lost,
}

/// Where somebody's cursor is, and how far their selection goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Where it is.
    pub position: u32,
    /// The other end of the selection, where there is one.
    pub selection_end: Option<u32>,
}

impl Cursor {
    /// A cursor without a selection.
    #[must_use]
    pub const fn at(position: u32) -> Self {
        Self { position, selection_end: None }
    }

    /// It, once `edit` was applied.
    #[must_use]
    pub fn over(self, edit: Shape) -> Self {
        let moved = |position| transform_position(position, edit);
        Self { position: moved(self.position), selection_end: self.selection_end.map(moved) }
    }

    /// It, at the nearest places before that lie within `text` and split no pair.
    fn within(self, text: &Units) -> Self {
        let nearest = |position| text.boundary_before(position);
        Self { position: nearest(self.position), selection_end: self.selection_end.map(nearest) }
    }
}

/// How a pending edit came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Typed,
    Undone,
    Redone,
}

/// An edit of one's own that is not confirmed.
#[derive(Debug)]
struct Pending {
    id: u64,
    /// It, on the confirmed text plus the pending edits before it.
    splice: Splice,
    origin: Origin,
    is_sent: bool,
}

/// Edits that stand one on the other, the last one on the text shown.
#[derive(Debug, Default)]
struct Steps(VecDeque<Splice>);

/// A document as one client has it.
#[derive(Debug, Default)]
pub struct Replica {
    /// The text of `version`.
    confirmed: Units,
    version: u64,
    pending: VecDeque<Pending>,
    /// The text shown.
    text: Units,
    /// The id of the next edit.
    next_id: u64,
    undo: Steps,
    redo: Steps,
    cursor: Cursor,
    /// Those of others, by user id; on the text shown.
    cursors: BTreeMap<String, Cursor>,
    is_lost: bool,
}

/// What the user does.
impl Replica {
    /// The user edits the text shown. False where the edit cannot be taken: it lies outside the text,
    /// splits a surrogate pair or changes nothing, or the replica is lost or full.
    pub fn edit(&mut self, splice: Splice) -> bool {
        let is_taken = self.apply_own(splice, Origin::Typed);
        if is_taken {
            self.redo = Steps::default();
        }
        is_taken
    }

    /// Takes the user's newest edit back, as an edit of its own; one that others' edits have made void
    /// is passed over. False where there is none.
    pub fn undo(&mut self) -> bool {
        let step = self.undo.next();
        step.is_some_and(|step| self.apply_own(step, Origin::Undone))
    }

    /// Does again what was undone last and not followed by another edit. False where there is none.
    pub fn redo(&mut self) -> bool {
        let step = self.redo.next();
        step.is_some_and(|step| self.apply_own(step, Origin::Redone))
    }

    /// The next edit to send; to be asked after whatever happened, until there is none.
    pub fn next_to_send(&mut self) -> Option<Outgoing> {
        if self.is_lost || self.in_flight() >= IN_FLIGHT_MAX {
            return None;
        }
        self.pending.retain(|pending| pending.is_sent || !pending.splice.is_nothing());
        let next = self.pending.iter_mut().find(|pending| !pending.is_sent)?;
        next.is_sent = true;
        Some(Outgoing { id: next.id, base: self.version, splice: next.splice.clone() })
    }

    /// The user's own cursor moves.
    pub fn move_cursor(&mut self, cursor: Cursor) {
        self.cursor = cursor;
    }

    fn apply_own(&mut self, splice: Splice, origin: Origin) -> bool {
        if self.is_lost || splice.is_nothing() || self.pending.len() >= PENDING_MAX {
            return false;
        }
        let Some(inverse) = self.text.apply(&splice) else { return false };
        self.steps_against(origin).push(inverse);
        self.move_cursors(splice.shape());
        self.cursor = Cursor::at(splice.shape().end_of_content());
        let id = self.next_id;
        self.next_id += 1;
        self.pending.push_back(Pending { id, splice, origin, is_sent: false });
        true
    }

    /// The steps that take back what came about like that.
    const fn steps_against(&mut self, origin: Origin) -> &mut Steps {
        match origin {
            Origin::Typed | Origin::Redone => &mut self.undo,
            Origin::Undone => &mut self.redo,
        }
    }
}

/// What the server says.
impl Replica {
    /// `session_joined`: the text anew. Returns the edits given up, as they stood on the text before;
    /// those that were in flight may be in the new one.
    pub fn joined(&mut self, content: &str, version: u64) -> Vec<Splice> {
        self.confirmed = Units::from(content);
        self.text = self.confirmed.clone();
        self.version = version;
        self.is_lost = false;
        (self.undo, self.redo) = (Steps::default(), Steps::default());
        self.clamp_cursors();
        self.pending.drain(..).map(|pending| pending.splice).collect()
    }

    /// `resync`, as the answer to the edit `id`, or to none where the server had to begin anew. One
    /// that answers an edit given up before is not news. Returns the edits given up.
    pub fn resync(&mut self, id: Option<u64>, content: &str, version: u64) -> Vec<Splice> {
        if id.is_some_and(|id| self.place_of(id).is_none()) {
            return Vec::new();
        }
        self.joined(content, version)
    }

    /// `edit`: somebody else's edit became `version`.
    pub fn edited(&mut self, version: u64, splice: &Splice) -> Heard {
        match self.following(version) {
            Heard::Taken => {}
            other => return other,
        }
        if self.confirmed.apply(splice).is_none() {
            return self.lose();
        }
        self.version = version;
        let mut over = splice.clone();
        for pending in &mut self.pending {
            let next = transform_earlier(&over, &pending.splice);
            pending.splice = transform(&pending.splice, &over);
            over = next;
        }
        if self.text.apply(&over).is_none() {
            return self.lose();
        }
        self.undo.carry(&over);
        self.redo.carry(&over);
        self.cursor = self.cursor.over(over.shape());
        self.move_cursors(over.shape());
        Heard::Taken
    }

    /// `edit_ack`: the edit `id` became `version`, at `position` and with that `length`.
    pub fn acknowledged(&mut self, id: u64, version: u64, position: u32, length: u32) -> Heard {
        match self.following(version) {
            Heard::Taken => {}
            other => return other,
        }
        let is_the_same = |Pending { id: own, splice, .. }: &mut Pending| {
            *own == id && splice.position == position && splice.length() == length
        };
        let confirmed = self.pending.pop_front_if(is_the_same);
        if confirmed.is_none_or(|own| self.confirmed.apply(&own.splice).is_none()) {
            return self.lose();
        }
        self.version = version;
        Heard::Taken
    }

    /// `error`: the edit `id` was refused. The last edit is taken back; where others stand on it, what
    /// the server makes of those is not what was meant, and the text has to come anew.
    pub fn refused(&mut self, id: u64) -> Heard {
        match self.place_of(id) {
            None => Heard::Known,
            Some(place) if place + 1 == self.pending.len() => self.take_back(),
            Some(_) => self.lose(),
        }
    }

    /// `cursor`: where somebody else's is, in the text of this replica's version. One that lies beyond
    /// the text, or within a surrogate pair, is shown at the nearest place before.
    pub fn cursor_seen(&mut self, user: &str, cursor: Cursor) {
        let over = |cursor: Cursor, pending: &Pending| cursor.over(pending.splice.shape());
        let cursor = self.pending.iter().fold(cursor, over);
        self.cursors.insert(user.to_owned(), cursor.within(&self.text));
    }

    /// `participant_left`: somebody's cursor is gone.
    pub fn cursor_gone(&mut self, user: &str) {
        self.cursors.remove(user);
    }

    /// Whether `version` is the next one.
    fn following(&mut self, version: u64) -> Heard {
        if self.is_lost {
            Heard::Lost
        } else if version <= self.version {
            Heard::Known
        } else if version == self.version + 1 {
            Heard::Taken
        } else {
            self.lose()
        }
    }

    const fn lose(&mut self) -> Heard {
        self.is_lost = true;
        Heard::Lost
    }

    fn take_back(&mut self) -> Heard {
        let Some(Pending { splice, origin, .. }) = self.pending.pop_back() else {
            return Heard::Known;
        };
        self.text = self.confirmed.clone();
        for pending in &self.pending {
            self.text.apply(&pending.splice);
        }
        let Shape { position, deleted, inserted } = splice.shape();
        let inverse = Shape { position, deleted: inserted, inserted: deleted };
        self.cursor = self.cursor.over(inverse);
        self.move_cursors(inverse);
        self.steps_against(origin).0.pop_back();
        match origin {
            Origin::Typed => {}
            Origin::Undone => self.undo.push(splice),
            Origin::Redone => self.redo.push(splice),
        }
        Heard::Taken
    }
}

/// What there is to see.
impl Replica {
    /// The text shown: what is confirmed, with one's own edits.
    #[must_use]
    pub const fn text(&self) -> &Units {
        &self.text
    }

    /// The text of [`Self::version`].
    #[must_use]
    pub const fn confirmed(&self) -> &Units {
        &self.confirmed
    }

    /// The newest version heard of.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Edits sent and not answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.pending.iter().take_while(|pending| pending.is_sent).count()
    }

    /// How many edits are not confirmed, sent or not.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The edits not confirmed: the first one stands on the confirmed text, each other on the one before.
    pub fn pending_edits(&self) -> impl Iterator<Item = &Splice> {
        self.pending.iter().map(|pending| &pending.splice)
    }

    /// Whether the session has to be joined again.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The user's own cursor.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The cursors of others, by user id.
    #[must_use]
    pub const fn cursors(&self) -> &BTreeMap<String, Cursor> {
        &self.cursors
    }
}

impl Replica {
    /// Which of the pending edits `id` is, where it is in flight.
    fn place_of(&self, id: u64) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id == id && pending.is_sent)
    }

    fn move_cursors(&mut self, edit: Shape) {
        for cursor in self.cursors.values_mut() {
            *cursor = cursor.over(edit);
        }
    }

    /// Keeps cursors within a text that came anew.
    fn clamp_cursors(&mut self) {
        for cursor in self.cursors.values_mut().chain([&mut self.cursor]) {
            *cursor = cursor.within(&self.text);
        }
    }
}

impl Steps {
    fn push(&mut self, step: Splice) {
        if self.0.len() == STEPS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(step);
    }

    /// The newest step of which something is left.
    fn next(&mut self) -> Option<Splice> {
        loop {
            let step = self.0.pop_back()?;
            if !step.is_nothing() {
                return Some(step);
            }
        }
    }

    /// Carries the steps over somebody else's edit of the text shown.
    fn carry(&mut self, edit: &Splice) {
        let mut over = edit.clone();
        for step in self.0.iter_mut().rev() {
            let next = transform_earlier(&over, step);
            *step = transform(step, &over);
            over = next;
        }
    }
}
