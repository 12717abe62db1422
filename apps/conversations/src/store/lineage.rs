//! A conversation and those it continues, as one log.

use model::Timestamp;
use storage::rusqlite::{Connection, Result};

use super::rooms;

/// A stretch of a log: the messages of `conversation` after `base`, up to `upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) conversation: i64,
    /// The last `seq` before it.
    pub(crate) base: u64,
    /// Its last `seq`; of the newest part as large as can be.
    pub(crate) upto: u64,
}

/// The parts of one log, the newest first.
#[derive(Clone, Debug)]
pub(crate) struct Lineage {
    pub(crate) parts: Vec<Part>,
    /// The newest `seq` that is no longer kept, or 0.
    pub(crate) floor: u64,
}

/// The log that `conversation` shows.
pub(crate) fn of(db: &Connection, conversation: i64) -> Result<Lineage> {
    let mut statement =
        db.prepare_cached("SELECT parent, base, dropped FROM conversations WHERE id = ?1")?;
    let mut lineage = Lineage { parts: Vec::with_capacity(1), floor: 0 };
    let mut next = Some((conversation, u64::try_from(i64::MAX).unwrap_or_default()));
    while let Some((conversation, upto)) = next {
        let (parent, base, dropped): (Option<i64>, u64, u64) = statement
            .query_row([conversation], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        lineage.parts.push(Part { conversation, base, upto });
        lineage.floor = lineage.floor.max(dropped.min(upto));
        next = parent.map(|parent| (parent, base.min(upto)));
    }
    Ok(lineage)
}

impl Lineage {
    /// The part that holds `seq`.
    pub(crate) fn holder(&self, seq: u64) -> Option<&Part> {
        self.parts.iter().find(|part| part.base < seq && seq <= part.upto)
    }

    /// Whether the message at `seq` of `conversation` belongs to this log.
    pub(crate) fn has(&self, conversation: i64, seq: u64) -> bool {
        self.holder(seq).is_some_and(|part| part.conversation == conversation)
    }

    /// When the message at `seq` was stored, where it is kept.
    pub(crate) fn created_at(&self, db: &Connection, seq: u64) -> Result<Option<Timestamp>> {
        match self.holder(seq) {
            Some(part) => rooms::created_at(db, part.conversation, seq),
            None => Ok(None),
        }
    }

    /// The last `seq` stored before `moment`, of those kept up to `last_seq`; the floor where
    /// there is none. Times are taken to ascend; after the clock was set back it is a near one.
    pub(crate) fn last_before(
        &self,
        db: &Connection,
        last_seq: u64,
        moment: Timestamp,
    ) -> Result<u64> {
        let (mut before, mut after) = (self.floor, last_seq + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            match self.created_at(db, middle)? {
                Some(at) if at >= moment => after = middle,
                _ => before = middle,
            }
        }
        Ok(before)
    }
}
