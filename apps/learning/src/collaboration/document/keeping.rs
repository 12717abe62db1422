//! What keeps a document whole: snapshots, so that no version is far from one, and the text read anew after
//! a commit that failed.
//!
//! **Invariant.** A snapshot is written once its version is stored, never before.
//! **Bound**: a snapshot is taken every [`SNAPSHOT_EVERY`] edits, and every [`SNAPSHOT_EVERY_BYTES`] of their
//! contents. One that could not be written leaves its place to the next, or to the next time the document
//! is read.

use std::sync::Arc;
use std::time::Duration;

use storage::rusqlite::{Connection, Transaction};
use storage::{Lane, ReadError, Refused};

use super::{Body, Document, Snapshot};
use crate::collaboration::Text;
use crate::store::documents::{self, Loaded, Rebuilt};

/// Edits from one snapshot to the next.
const SNAPSHOT_EVERY: u64 = 500;
/// Bytes of edits' contents from one snapshot to the next.
const SNAPSHOT_EVERY_BYTES: usize = 4 * 1024 * 1024;
/// How long a text that could not be read anew is let be.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A text to be kept once its version is stored.
pub(super) struct Due {
    version: u64,
    text: Text,
}

impl Due {
    /// What is to be kept of a text that was read.
    pub(super) fn of_read(version: u64, read: &Rebuilt) -> Vec<Self> {
        let is_far = read.edits >= SNAPSHOT_EVERY || read.edits_bytes >= SNAPSHOT_EVERY_BYTES;
        is_far.then(|| Self { version, text: read.text.clone() }).into_iter().collect()
    }
}

impl Body {
    /// An edit with so long a content made the newest version: keeps its text in mind where it is time.
    pub(super) fn note_edit(&mut self, content_bytes: usize) {
        let version = self.history.version();
        self.bytes_since_due += content_bytes;
        if version.is_multiple_of(SNAPSHOT_EVERY) || self.bytes_since_due >= SNAPSHOT_EVERY_BYTES {
            self.bytes_since_due = 0;
            self.due.push(Due { version, text: self.text.clone() });
        }
    }

    /// What is to be kept now that its version is stored.
    pub(super) fn due_now(&mut self) -> Vec<Due> {
        let committed = self.committed;
        self.due.extract_if(.., |due| due.version <= committed).collect()
    }
}

impl Document {
    /// Writes snapshots, in the background.
    pub(super) fn keep(&self, due: Vec<Due>) {
        for Due { version, text } in due {
            let (tools, place) = (Arc::clone(&self.tools), self.place);
            drop(self.tools.runtime.spawn(async move {
                let Ok(_permit) = tools.snapshots.acquire().await else { return };
                let deflated = tools.runtime.spawn_blocking(move || text.deflated()).await;
                let Ok(deflated) = deflated else { return };
                let write = move |tx: &Transaction<'_>| {
                    documents::add_snapshot(tx, place, version, &deflated)
                };
                if let Err(error) = tools.store.commit(Lane::Bulk, write).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, version, "the snapshot of a document was not stored");
                }
            }));
        }
    }

    /// Reads the text anew, and again until that works or the store is closed.
    pub(super) fn read_anew(self: &Arc<Self>) {
        let document = Arc::clone(self);
        drop(self.tools.runtime.spawn(async move {
            loop {
                let id = Arc::clone(&document.id);
                let read = move |db: &Connection| documents::load(db, &id);
                match document.tools.store.read(read).await {
                    Ok(Some(loaded)) => return document.begin_anew(loaded),
                    Ok(None) | Err(ReadError::Refused(Refused::Closed)) => return,
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "a document was not read anew");
                    }
                }
                tokio::time::sleep(READ_AGAIN_AFTER).await;
            }
        }));
    }

    /// The text is what is stored. Everybody in the document is given it before anything is admitted, and
    /// so before they can hear of another version.
    fn begin_anew(&self, loaded: Loaded) {
        let Loaded { facts, text: read, has_client_ids, .. } = loaded;
        let anew = Snapshot::new(read.text.clone(), facts.version);
        self.tell_anew(&anew);
        let due = Due::of_read(facts.version, &read);
        let mut state = self.state();
        let before =
            std::mem::replace(&mut state.body, Body::new(read, facts.version, has_client_ids));
        self.tools.text_changed(before.text.bytes(), state.body.text.bytes());
        state.body.lines = before.lines;
        drop(state);
        for waiting in before.waiting {
            waiting.tell_instead(&anew);
        }
        self.keep(due);
        tracing::warn!(document = %self.id, version = facts.version, "a document was read anew");
    }
}
