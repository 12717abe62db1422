//! The embedded store: one SQLite file, one thread that writes it, a few that read it.
//!
//! A row is handed to the committer as two closures: `apply` writes it inside a transaction, `done`
//! hears the outcome. The committer applies whatever has queued up, commits it with one fsync, and
//! only then calls every `done`, in the order the rows were applied. `done` is what publishes.
//!
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use storage::{Lane, Migration, Options, Store};
//! const MIGRATIONS: &[Migration] =
//!     &[Migration { name: "notes.0001", sql: "CREATE TABLE notes(id INTEGER PRIMARY KEY, text)" }];
//! let clock = std::sync::Arc::new(model::SystemClock::new());
//! let store = Store::open("data".as_ref(), MIGRATIONS, &Options::default(), clock)?;
//! store.reserve(Lane::Interactive)?.write(
//!     |tx| tx.prepare_cached("INSERT INTO notes(text) VALUES ('hi') RETURNING id")?
//!            .query_row([], |row| row.get::<_, i64>(0)),
//!     |outcome| drop(outcome), // committed and synced, or a clear refusal
//! );
//! # Ok(()) }
//! ```
//!
//! **Invariants.**
//! - Nobody is told of a row before the COMMIT that holds it returned (`synchronous=FULL`).
//! - Rows of one lane are applied and told in the order they were written to it.
//! - A failing row leaves nothing behind and fails no other row.
//! - After a failed fsync, or a database found corrupt while writing, nothing is acknowledged or
//!   checkpointed by this handle any more ([`Health::Failed`]).
//! - A damaged database or write-ahead log is refused at open, not silently shortened.
//! - Every queue has a bound; past it the caller is [`Refused`].
//!
//! **Pitfalls.** `apply` may run up to three times for one row, so it must be a function of what it
//! captured and of the transaction. `done` runs on the committer thread: it must not block, and must
//! not wait for another commit. What SQLite cannot see, this crate cannot either: a flipped bit
//! inside a stored text is returned as stored, and a write-ahead log cut after power was lost looks
//! like one that ended there.
//!
//! This crate knows no application and no table of one.

mod backup;
mod checkpoint;
mod committer;
mod connection;
mod directory;
mod error;
mod health;
mod migration;
mod opening;
mod readers;
mod stats;
mod store;
mod wal;

pub use backup::{Existing, backup_offline, restore};
pub use committer::{Lane, Place};
pub use error::{CommitError, ReadError, Refused, StorageError};
pub use health::Health;
pub use migration::Migration;
pub use rusqlite;
pub use stats::{Histogram, Stats};
pub use store::{Options, Store};
