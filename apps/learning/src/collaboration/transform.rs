//! The one rule by which concurrent edits of a text merge, for the server and every replica.
//!
//! Two edits are concurrent when each was made without sight of the other, on the same text. One
//! of them was committed first, the *earlier*. [`transform`] gives the later one as it has to be
//! applied to the text that has the earlier one already; [`transform_earlier`] the other way about.
//!
//! # The rule
//!
//! Let `A` put `X` in the place of `[a, a′)` and `B` put `Y` in the place of `[b, b′)`.
//!
//! 1. What either takes away is gone.
//! 2. *Apart*: where `a′ ≤ b`, `A` is left of `B`, and both contents live in that order. So an
//!    insertion at the start of the other's range stays left of its content, one at its end stays
//!    right of it, whichever was first. Only two insertions at one place are each left of the
//!    other: there the earlier one stays left.
//! 3. *Overlapping* (they share a character, or one inserts strictly inside the other's range): the
//!    one that starts first *covers* the other, of two with one start the longer one. The covered
//!    one's content goes, and the covering one's range grows over whatever the covered one touched.
//! 4. *The same range* (and not empty): both contents live, the earlier one's left.
//!
//! # Why replicas cannot diverge
//!
//! The two ways round a pair give the same text (TP1). Write `T[i..j]` for a piece of the common text:
//!
//! - Apart, `A` left of `B`: both ways give `T[..a] X T[a′..b] Y T[b′..]`, as neither range contains
//!   anything of the other; the one on the right only moves by the other's growth.
//! - `A` covers `B`; let `e = max(a′, b′)`. `A` first: `T[..a] X T[a′..]`, and what is left of `B` is the
//!   deletion of `T[a′..e]` behind `X`. `B` first: `T[..b] Y T[b′..]`, and `A` then takes
//!   `T[a..b] Y T[b′..e]` away for `X`. Both give `T[..a] X T[e..]`.
//! - The same range: either way what comes second has nothing to take away any more, and puts its
//!   content on its side of the first one's: `T[..a] X Y T[a′..]` with `X` the earlier one's.
//!
//! An edit stays one range in each case. Since the server puts all edits into one order, and a
//! replica carries its own unconfirmed edits over each committed one in that order, every pair is
//! transformed once on each side with equal arguments, so TP1 is all that is needed: every path
//! from one text to another through this grid of pairs ends in the same text. Surrogate pairs stay
//! whole: a transformed bound is one of the bounds that went in or an end of a content.
//!
//! Both edits must lie within one text; [`History`](super::History) sees to that.

use std::cmp::{Ordering, Reverse};

use super::edit::{Shape, Splice};

/// `later` as it is applied to the text that has `earlier`.
#[must_use]
pub fn transform(later: &Splice, earlier: &Splice) -> Splice {
    later.shaped(later.shape().over_earlier(earlier.shape()))
}

/// `earlier`, which was committed first, as it is applied to the text that has `later`.
#[must_use]
pub fn transform_earlier(earlier: &Splice, later: &Splice) -> Splice {
    earlier.shaped(earlier.shape().over_later(later.shape()))
}

/// Where a cursor at `position` is once `edit` was applied: one at the place of an insertion stays
/// left of it, one within what is taken away goes behind what stands there now. Any number will do:
/// one beyond the text stays beyond it.
#[must_use]
pub const fn transform_position(position: u32, edit: Shape) -> u32 {
    if position <= edit.position {
        position
    } else if position >= edit.end() {
        (position - edit.deleted).saturating_add(edit.inserted)
    } else {
        edit.end_of_content()
    }
}

/// Which of two edits was committed first, seen from the one that is transformed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Committed {
    First,
    Second,
}

impl Shape {
    /// It, as it is applied to the text that has `earlier`, which was committed first.
    #[must_use]
    pub fn over_earlier(self, earlier: Self) -> Self {
        self.over(earlier, Committed::Second)
    }

    /// It, which was committed first, as it is applied to the text that has `later`.
    #[must_use]
    pub fn over_later(self, later: Self) -> Self {
        self.over(later, Committed::First)
    }

    fn over(self, other: Self, committed: Committed) -> Self {
        let is_left = self.end() <= other.position;
        let is_right = other.end() <= self.position;
        match (is_left, is_right) {
            (true, true) if committed == Committed::First => self,
            (true, false) => self,
            (_, true) => self.moved_right_of(other),
            (false, false) => self.over_overlapping(other, committed),
        }
    }

    const fn moved_right_of(self, other: Self) -> Self {
        Self { position: self.position - other.deleted + other.inserted, ..self }
    }

    fn over_overlapping(self, other: Self, committed: Committed) -> Self {
        let rank = |shape: Self| (shape.position, Reverse(shape.deleted));
        match rank(self).cmp(&rank(other)) {
            Ordering::Less => self.covering(other),
            Ordering::Greater => self.covered_by(other),
            Ordering::Equal => self.beside(other, committed),
        }
    }

    /// Its range grown over `other`'s content and over what `other` took away behind its end.
    fn covering(self, other: Self) -> Self {
        let end = self.end().max(other.end()) - other.deleted + other.inserted;
        Self { deleted: end - self.position, ..self }
    }

    /// The deletion of what it took away behind `other`'s end.
    const fn covered_by(self, other: Self) -> Self {
        let deleted = self.end().saturating_sub(other.end());
        Self { position: other.end_of_content(), deleted, inserted: 0 }
    }

    /// Its content beside that of `other`, which has taken the same range away.
    fn beside(self, other: Self, committed: Committed) -> Self {
        let position = match committed {
            Committed::First => other.position,
            Committed::Second => other.end_of_content(),
        };
        Self { position, deleted: 0, ..self }
    }
}
