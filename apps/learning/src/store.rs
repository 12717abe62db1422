//! The tables of this crate and the SQL on them.
//!
//! Functions take the connection of a read or the transaction of a commit; none begins or ends one.

pub(crate) mod analytics;
pub(crate) mod documents;
pub(crate) mod yjs;

use storage::Migration;

/// The tables of this crate, oldest migration first.
pub const MIGRATIONS: &[Migration] = &[
    documents::DOCUMENTS,
    analytics::SERIES,
    yjs::UPDATES,
    documents::OLDEST,
    analytics::SECONDS_BY_END,
];
