//! The tables of analyses, their stages, interviews and answers, and the SQL on them.
//!
//! **Invariants.** Whatever belongs to an analysis goes with it, in one commit. Functions take the
//! connection of a read or the transaction of a commit; none begins or ends one.

pub(crate) mod analyses;
pub(crate) mod answers;
pub(crate) mod interviews;
pub(crate) mod stages;
pub(crate) mod times;

use storage::Migration;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] = &[analyses::ANALYSES, interviews::INTERVIEWS, times::TIMES];
