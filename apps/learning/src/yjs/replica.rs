//! A document of yrs, behind a guard: what a client says may break it, and then only it.
//!
//! yrs recurses, panics on some updates it has accepted, and commits while it unwinds, which would abort the
//! process. So an update is outlined first (`outline.rs`), applied and committed in two calls that each may
//! panic, and what it changed is encoded again and outlined again before anybody hears of it. Whatever goes
//! wrong after the outline leaves a replica that is thrown away; [`Recipe`] makes it anew.
//!
//! **Invariants.** A replica has nothing pending: what an update leaves waiting for structs that are not here
//! is dropped, and its sender is asked for the rest. What was applied can be encoded.
//!
//! **Bounds**: [`UPDATE_BYTES_MAX`] an update, and [`JOINED_BYTES_MAX`] of work on it; [`STATE_BYTES_MAX`] a document as encoded,
//! [`TYPES_MAX`] types and [`DOCUMENTS_MAX`] documents in it. A call takes as long as yrs does: whoever makes it sets
//! the limit. A thread that calls needs [`STACK_BYTES`] of stack, for yrs deletes nested types by recursion.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Doc, OffsetKind, Options, ReadTxn, StateVector, Transact, TransactionMut, Update, WriteTxn,
};

use super::encoding::Malformed;
use super::outline::{Outline, check_state_vector};

/// Bytes of an update.
pub(super) const UPDATE_BYTES_MAX: usize = 256 * 1024;
/// Bytes that joining the structs of an update may write. Clients join what they wrote before they send it.
const JOINED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a document as it is encoded, what was deleted included.
pub(super) const STATE_BYTES_MAX: usize = 1024 * 1024;
/// Types in a document; each may stand in another, and yrs recurses through them.
const TYPES_MAX: usize = 40_000;
/// Documents within a document; each is a store of its own in memory.
const DOCUMENTS_MAX: usize = 1000;
/// The stack that [`TYPES_MAX`] nested types need, and as much again.
pub(super) const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What became of an update.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// Everything in it was known.
    Nothing,
    /// It changed something; whether a part of it waits for what is not here.
    Change {
        /// The change, encoded anew.
        update: Bytes,
        /// Whether its sender is to be asked for the rest.
        lacks: bool,
    },
    /// It stands on what is not here; nothing was applied.
    Lacking,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what it should be; the replica is as before.
    Malformed(Malformed),
    /// It is well-formed and cannot be applied; the replica is to be thrown away.
    Broken,
    /// The document would be too large; the replica is to be thrown away.
    TooLarge,
}

impl Fault {
    /// Whether the replica can go on.
    pub(super) const fn leaves_it_whole(self) -> bool {
        matches!(self, Self::Malformed(_))
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// From what a replica is made: a state, and what was changed since.
#[derive(Clone, Debug, Default)]
pub(super) struct Recipe {
    /// The state as an update; empty for a document that never had one.
    pub(super) base: Bytes,
    /// The changes since, in order.
    pub(super) changes: Vec<Bytes>,
}

impl Recipe {
    /// Bytes of the changes.
    pub(super) fn change_bytes(&self) -> usize {
        self.changes.iter().map(Bytes::len).sum()
    }
}

/// A document in memory.
#[derive(Debug)]
pub(super) struct Replica {
    doc: Doc,
    /// At most so much is in it; counted anew when a bound is reached.
    weight: Weight,
}

#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    bytes: usize,
    types: usize,
    documents: usize,
}

impl Weight {
    const fn is_within_bounds(self) -> bool {
        self.bytes <= STATE_BYTES_MAX && self.types <= TYPES_MAX && self.documents <= DOCUMENTS_MAX
    }

    fn of(update: &[u8]) -> Result<Self, Malformed> {
        let outline = Outline::of(update)?;
        let (types, documents) = (outline.types as usize, outline.documents as usize);
        Ok(Self { bytes: update.len(), types, documents })
    }

    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.types += other.types;
        self.documents += other.documents;
    }
}

impl Replica {
    /// An empty one.
    pub(super) fn new() -> Self {
        let options = Options {
            offset_kind: OffsetKind::Utf16,
            // Clients clean up; what the server deleted by itself, nobody would be told of.
            cleanup_formatting: false,
            ..Options::default()
        };
        Self { doc: Doc::with_options(options), weight: Weight::default() }
    }

    /// The replica that a recipe makes.
    ///
    /// # Errors
    /// [`Fault::Broken`] where it makes none.
    pub(super) fn of(recipe: &Recipe) -> Result<Self, Fault> {
        let mut replica = Self::new();
        for update in [&recipe.base].into_iter().chain(&recipe.changes) {
            if !update.is_empty() {
                replica.take(update)?;
            }
        }
        Ok(replica)
    }

    /// Applies an update of a client's.
    ///
    /// # Errors
    /// Why not; see [`Fault::leaves_it_whole`].
    pub(super) fn apply(&mut self, update: &[u8]) -> Result<Applied, Fault> {
        if update.len() > UPDATE_BYTES_MAX {
            return Err(Malformed("the update is too large").into());
        }
        let outline = Outline::of(update)?;
        if outline.joined_bytes > JOINED_BYTES_MAX {
            return Err(Malformed("its structs are too many for what they say").into());
        }
        if outline.has_gaps || self.is_ahead(&outline) {
            return Ok(Applied::Lacking);
        }
        let Some((change, lacks)) = self.integrate(update)? else { return Ok(Applied::Nothing) };
        if change.is_empty() {
            return Ok(Applied::Lacking);
        }
        self.weigh(&change)?;
        Ok(Applied::Change { update: change.into(), lacks })
    }

    /// What whoever knows `state_vector` lacks.
    ///
    /// # Errors
    /// As [`Replica::apply`].
    pub(super) fn missing(&self, state_vector: &[u8]) -> Result<Vec<u8>, Fault> {
        check_state_vector(state_vector)?;
        guarded(|| {
            let known = StateVector::decode_v1(state_vector).map_err(|_| NOT_READ)?;
            Ok(self.doc.transact().encode_diff_v1(&known))
        })
    }

    /// How much is known here, as a state vector.
    ///
    /// # Errors
    /// [`Fault::Broken`].
    pub(super) fn state_vector(&self) -> Result<Vec<u8>, Fault> {
        guarded(|| Ok(self.doc.transact().state_vector().encode_v1()))
    }

    /// All of it, as an update.
    ///
    /// # Errors
    /// [`Fault::Broken`].
    pub(super) fn state(&self) -> Result<Vec<u8>, Fault> {
        guarded(|| Ok(self.doc.transact().encode_diff_v1(&StateVector::default())))
    }

    /// Applies what was encoded here before.
    fn take(&mut self, update: &[u8]) -> Result<(), Fault> {
        self.integrate(update)?;
        // Whatever it holds: it was within bounds when it was stored.
        self.weight.add(Weight::of(update).map_err(|_| Fault::Broken)?);
        Ok(())
    }

    /// Whether an update continues somebody from a point that is not reached here.
    fn is_ahead(&self, outline: &Outline) -> bool {
        let known = self.doc.transact().state_vector();
        let mut clients = outline.clients.iter();
        clients.any(|(client, from)| *from > known.get(&yrs::block::ClientID::new(*client)))
    }

    /// Applies an update: what it changed, encoded, and whether a part of it waited for more; `None` where
    /// it changed nothing and waits for nothing. What only waits is an empty change.
    fn integrate(&mut self, update: &[u8]) -> Result<Option<(Vec<u8>, bool)>, Fault> {
        let update = guarded(|| Update::decode_v1(update).map_err(|_| NOT_READ))?;
        let mut transaction = self.doc.transact_mut();
        let applied = guarded(|| {
            transaction.apply_update(update).map_err(|_| Fault::Broken)?;
            Ok(transaction.prune_pending().is_some())
        });
        // Committed here, whatever happened: a transaction that is dropped commits, and where that panics
        // while the stack unwinds, the process ends. One that began to commit does not begin again.
        let committed = guarded(|| {
            transaction.commit();
            Ok(())
        });
        let lacks = applied?;
        committed?;
        if !transaction.has_changes() {
            return Ok(lacks.then(|| (Vec::new(), true)));
        }
        let change = guarded(|| changed(&transaction))?;
        Ok(Some((change, lacks)))
    }

    /// Counts what was added, and everything anew where that reaches a bound.
    fn weigh(&mut self, change: &[u8]) -> Result<(), Fault> {
        self.weight.add(Weight::of(change).map_err(|_| Fault::Broken)?);
        if self.weight.is_within_bounds() {
            return Ok(());
        }
        self.weight = Weight::of(&self.state()?).map_err(|_| Fault::Broken)?;
        if self.weight.is_within_bounds() { Ok(()) } else { Err(Fault::TooLarge) }
    }
}

/// What a transaction changed, provided that it left no hole.
fn changed(transaction: &TransactionMut<'_>) -> Result<Vec<u8>, Fault> {
    let known = transaction.state_vector();
    let mut inserted = transaction.insert_set().iter();
    let has_hole =
        inserted.any(|(client, ranges)| ranges.iter().any(|range| range.end > known.get(client)));
    if has_hole { Err(Fault::Broken) } else { Ok(transaction.encode_update_v1()) }
}

const NOT_READ: Fault = Fault::Malformed(Malformed("it cannot be decoded"));

/// Runs what may panic.
fn guarded<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Whoever sees a fault that does not leave the replica whole throws it away.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Fault::Broken))
}

#[cfg(test)]
mod tests;
