//! What is asked of a document's text, what is answered, and who waits for a version to be stored.

use std::sync::Arc;

use super::{Body, Document, Told};
use crate::collaboration::{Denied, Splice, Text};
use crate::store::documents::Repeated;

/// An edit as its author sent it.
#[derive(Clone, Debug)]
pub(crate) struct NewEdit {
    /// The edit, on `base` plus the connection's own earlier edits.
    pub(crate) splice: Splice,
    /// The version its author has seen.
    pub(crate) base: u64,
    /// The id its client gave it.
    pub(crate) client_id: Option<Arc<str>>,
}

/// What became of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// The version it made.
    pub(crate) version: u64,
    /// Where it stands in the version before.
    pub(crate) position: u32,
    /// Its length there; 0 where nothing was left of it.
    pub(crate) length: u32,
}

impl Made {
    pub(super) fn new(version: u64, splice: &Splice) -> Self {
        Self { version, position: splice.position, length: splice.length() }
    }
}

impl From<Repeated> for Made {
    fn from(repeated: Repeated) -> Self {
        let Repeated { version, position, length, .. } = repeated;
        Self { version, position, length }
    }
}

/// The answer to an edit.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It is stored, and its author was told of it in the room.
    Made(Made),
    /// It has been stored since it came first; its author was not told.
    Repeated(Made),
    /// It stands on a version that is not known here: its author needs the text anew.
    Resync(Snapshot),
}

/// The text of a version that is stored.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    text: Text,
    version: u64,
}

impl Snapshot {
    pub(super) const fn new(text: Text, version: u64) -> Self {
        Self { text, version }
    }

    /// The whole text; made anew with each call.
    pub(crate) fn content(&self) -> String {
        self.text.content()
    }

    /// The version.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

/// Who waits for a version to be stored.
pub(super) enum Waiting {
    /// For the text of that version.
    Text(Snapshot, Told<Snapshot>),
    /// For an edit that was repeated before the first one was stored.
    Repeat(Made, Told<Answer>),
}

impl Waiting {
    const fn version(&self) -> u64 {
        match self {
            Self::Text(snapshot, _) => snapshot.version,
            Self::Repeat(made, _) => made.version,
        }
    }

    /// The version is stored.
    pub(super) fn tell(self) {
        match self {
            Self::Text(snapshot, told) => told(Ok(snapshot)),
            Self::Repeat(made, told) => told(Ok(Answer::Repeated(made))),
        }
    }

    /// The version will never be, and what is stored is `anew`.
    pub(super) fn tell_instead(self, anew: &Snapshot) {
        match self {
            Self::Text(_, told) => told(Ok(anew.clone())),
            Self::Repeat(_, told) => told(Err(Denied::Busy)),
        }
    }
}

impl Body {
    /// The newest text, stored or not.
    fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.text.clone(), self.history.version())
    }

    /// Has somebody told of a version once it is stored; gives them back where it is.
    pub(super) fn wait(&mut self, waiting: Waiting) -> Option<Waiting> {
        if waiting.version() <= self.committed {
            return Some(waiting);
        }
        self.waiting.push(waiting);
        None
    }

    /// Has somebody told the newest text once it is stored; gives them back where it is.
    pub(super) fn wait_for_text(&mut self, told: Told<Snapshot>) -> Option<Waiting> {
        self.wait(Waiting::Text(self.snapshot(), told))
    }

    /// Those who waited for versions that are stored now.
    pub(super) fn done_waiting(&mut self) -> Vec<Waiting> {
        let committed = self.committed;
        self.waiting.extract_if(.., |waiting| waiting.version() <= committed).collect()
    }
}

impl Document {
    pub(super) fn snapshot(&self, told: Told<Snapshot>) {
        let mut state = self.state();
        if state.rules.is_closed() {
            drop(state);
            return told(Err(Denied::NotFound));
        }
        let waiting = state.body.wait_for_text(told);
        drop(state);
        if let Some(waiting) = waiting {
            waiting.tell();
        }
    }
}
