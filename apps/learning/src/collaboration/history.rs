//! The order of a document's edits: what came last, and where an edit that was made without sight of
//! some of it belongs.
//!
//! A client names the version it has seen. Its edit stands on that version *plus its own earlier
//! edits*, several of which may be on their way. Others' edits that it has not seen are carried over
//! those of its own, one after the other, as the client does with its own when it hears of them.
//!
//! **Invariants**
//! - Versions are dense: each edit is one, also one of which nothing is left.
//! - Of a connection's edits, the version they name never goes back.
//! - Contents are not kept: the transformation looks at places and sizes only.
//!
//! **Bounds.** The last [`EDITS_KEPT`] edits, 24 bytes each. For each connection among their authors, the
//! edits of others that its last edit had not seen, at most as many.
//!
//! **Pitfall.** A surrogate pair that somebody else took away in the meantime cannot be seen to be
//! split: the half of the edit that stood there is gone with it, and no half pair is ever left.

use std::collections::{HashMap, VecDeque};

use model::ConnectionId;

use super::edit::{Shape, Splice};
use super::transform::transform_position;

/// Edits that a client may be behind.
pub const EDITS_KEPT: usize = 1_000;

/// A text that can be measured in UTF-16 code units.
pub trait Measured {
    /// Its length.
    fn length(&self) -> u32;

    /// Whether `position` lies between the two halves of a surrogate pair.
    fn splits_pair(&self, position: u32) -> bool;
}

/// An edit as its author sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Who sent it.
    pub connection: ConnectionId,
    /// The version that its author had seen.
    pub base: u64,
    /// The edit, on that version plus the connection's own earlier edits.
    pub splice: Splice,
}

/// Why an edit cannot be applied; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its version is ahead of the document's, older than the edits kept, or older than the one its
    /// connection named before: the author needs the text anew.
    Resync,
    /// It does not lie within the text that its author saw.
    OutOfRange(Bound),
    /// It begins or ends within a surrogate pair.
    SplitsPair(Bound),
}

/// The field that is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Where the edit begins.
    Position,
    /// How much it takes away.
    Length,
}

/// An edit that can be applied now: [`History::append`] makes it the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The edit as it is applied to the newest text.
    pub splice: Splice,
    /// The version that it makes.
    pub version: u64,
    connection: ConnectionId,
    base: u64,
    /// What its author had not seen, carried over it.
    unseen: VecDeque<Unseen>,
}

/// An edit in the log.
#[derive(Clone, Copy, Debug)]
struct Entry {
    shape: Shape,
    connection: ConnectionId,
}

/// An edit that a connection had not seen when it sent its own last one, as it stands behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unseen {
    version: u64,
    shape: Shape,
}

/// What is known of a connection that has edited.
#[derive(Debug)]
struct Lane {
    /// The version it had seen when it sent its last edit.
    seen: u64,
    /// The version that this edit became.
    last: u64,
    /// What others did after `seen` and before `last`.
    unseen: VecDeque<Unseen>,
}

/// The last edits of a document, and how far its authors have seen them.
#[derive(Debug, Default)]
pub struct History {
    version: u64,
    /// The edits that made the versions up to `version`, oldest first.
    entries: VecDeque<Entry>,
    /// Only connections that have an edit in `entries`.
    lanes: HashMap<ConnectionId, Lane>,
}

impl History {
    /// Of a document whose newest version is `version`; whoever has seen less needs the text anew.
    #[must_use]
    pub fn starting_at(version: u64) -> Self {
        Self { version, ..Self::default() }
    }

    /// The newest version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The oldest version that an edit may stand on.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.version - self.entries.len() as u64
    }

    /// Judges an edit against `text`, the newest one, and transforms it over what its author had not
    /// seen. Changes nothing: [`Self::append`] does.
    ///
    /// # Errors
    ///
    /// All of [`Refused`].
    pub fn judge(&self, proposal: &Proposal, text: &impl Measured) -> Result<Admission, Refused> {
        let Proposal { connection, base, splice } = proposal;
        let mut unseen = self.unseen(*connection, *base).ok_or(Refused::Resync)?;
        within(splice, length_seen(text, &unseen))?;
        let mut shape = splice.shape();
        for other in &mut unseen {
            let over = other.shape;
            other.shape = over.over_later(shape);
            shape = shape.over_earlier(over);
        }
        whole(shape, text)?;
        let (splice, version) = (splice.shaped(shape), self.version + 1);
        Ok(Admission { splice, version, connection: *connection, base: *base, unseen })
    }

    /// Makes an edit that was just judged the newest version; the caller applies it to its text.
    ///
    /// # Panics
    ///
    /// In debug builds, where another edit was appended since it was judged.
    pub fn append(&mut self, admission: Admission) {
        let Admission { splice, version, connection, base, unseen } = admission;
        debug_assert_eq!(version, self.version + 1, "judged on another version");
        self.version = version;
        self.entries.push_back(Entry { shape: splice.shape(), connection });
        self.lanes.insert(connection, Lane { seen: base, last: version, unseen });
        if self.entries.len() > EDITS_KEPT {
            self.drop_oldest();
        }
    }

    /// Where a cursor is in the newest text that was at `position` in what `connection` saw: `base`
    /// plus its own edits. None where that is not known any more. What lies beyond the text stays so.
    #[must_use]
    pub fn follow(&self, connection: ConnectionId, base: u64, position: u32) -> Option<u32> {
        let unseen = self.unseen(connection, base)?;
        let step = |position, other: &Unseen| transform_position(position, other.shape);
        Some(unseen.iter().fold(position, step))
    }

    /// Forgets a connection that has left. Its edits stay.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.lanes.remove(&connection);
    }

    /// Others' edits after `base`, as they stand behind all edits of `connection`.
    fn unseen(&self, connection: ConnectionId, base: u64) -> Option<VecDeque<Unseen>> {
        if base > self.version || base < self.oldest() {
            return None;
        }
        let lane = self.lanes.get(&connection).filter(|lane| base < lane.last);
        let Some(lane) = lane else { return Some(self.entries_after(base).collect()) };
        if base < lane.seen {
            return None;
        }
        let before = lane.unseen.iter().copied().filter(|unseen| unseen.version > base);
        Some(before.chain(self.entries_after(lane.last)).collect())
    }

    fn entries_after(&self, version: u64) -> impl Iterator<Item = Unseen> + '_ {
        let count = usize::try_from(self.version - version).unwrap_or(usize::MAX);
        let entries = self.entries.iter().skip(self.entries.len().saturating_sub(count));
        entries.zip(version + 1..).map(|(entry, version)| Unseen { version, shape: entry.shape })
    }

    /// Drops the oldest edit, and its author where that was the last of theirs: whatever version they
    /// name from now on is at least as new.
    fn drop_oldest(&mut self) {
        let version = self.oldest() + 1;
        let Some(entry) = self.entries.pop_front() else { return };
        if self.lanes.get(&entry.connection).is_some_and(|lane| lane.last == version) {
            self.lanes.remove(&entry.connection);
        }
    }
}

/// The length of the text that the author of an edit saw: the newest without what they had not seen.
fn length_seen(text: &impl Measured, unseen: &VecDeque<Unseen>) -> i64 {
    i64::from(text.length()) - unseen.iter().map(|other| other.shape.growth()).sum::<i64>()
}

/// Whether an edit lies within a text of that length.
fn within(splice: &Splice, length: i64) -> Result<(), Refused> {
    let position = i64::from(splice.position);
    if position > length {
        return Err(Refused::OutOfRange(Bound::Position));
    }
    if position + i64::from(splice.deleted) > length {
        return Err(Refused::OutOfRange(Bound::Length));
    }
    Ok(())
}

/// Whether neither end of a transformed edit splits a surrogate pair. Contents are whole characters,
/// so nothing but the author's own bounds can.
fn whole(shape: Shape, text: &impl Measured) -> Result<(), Refused> {
    if text.splits_pair(shape.position) {
        return Err(Refused::SplitsPair(Bound::Position));
    }
    if text.splits_pair(shape.end()) {
        return Err(Refused::SplitsPair(Bound::Length));
    }
    Ok(())
}
