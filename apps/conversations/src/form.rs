//! How an application shows stored messages to the members of its rooms.

use std::sync::Arc;

use bytes::Bytes;
use storage::rusqlite::{Connection, Result};

use crate::Message;

/// One protocol's form of a stored message, and what its application does when one was stored.
///
/// Called on the committer's thread: nothing here may block or wait.
pub trait Form: Send + Sync + 'static {
    /// What the members of `room` get.
    fn event(&self, room: &str, message: &Message) -> Bytes;

    /// The sending connection's own copy, which echoes its request's id; `None` where it is like
    /// the others'.
    fn own_event(&self, room: &str, message: &Message, request_id: Option<&str>) -> Option<Bytes>;

    /// A message said elsewhere is stored, to be shown in `room` too: rows that have to stand where
    /// it stands, in its own transaction. It may be called again, as [`storage::Place::write`] says.
    ///
    /// # Errors
    /// Whatever the store gave; then the message is not stored.
    fn storing(&self, _db: &Connection, _room: &str, _message: &Message) -> Result<()> {
        Ok(())
    }

    /// A message was stored and published in `room`. Not called for repeats.
    fn stored(&self, _room: &str, _message: &Arc<Message>) {}

    /// Whether a room of this name may be bridged; told in the transaction that bridges it. Where
    /// rooms begin with their first message, every one may.
    ///
    /// # Errors
    /// Whatever the look-up gave.
    fn is_known(&self, _db: &Connection, _room: &str) -> Result<bool> {
        Ok(true)
    }
}
