//! Coming into a document: it is found in memory, read, or made.

use std::sync::Arc;

use model::{ConnectionId, Identity, Name};
use storage::rusqlite::{Connection, Transaction};
use storage::{Lane, Place};

use super::{Documents, Kind, Slot};
use crate::collaboration::document::{Document, Seat, Told};
use crate::collaboration::{Denied, Role};
use crate::store::documents::{self, Draft, Loaded};

/// A connection that comes into a document.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// Whose it is.
    pub(crate) identity: Arc<Identity>,
    /// What it comes as, where it may.
    pub(crate) role: Role,
}

/// Who waits for a document.
pub(super) struct Waiting {
    /// What is to be made where there is none; without it there is nothing to wait for then.
    draft: Option<Draft>,
    told: Told<Arc<Document>>,
}

impl Documents {
    /// Gives `visitor` a seat in the document `id`, which is made where there is none. Never blocks;
    /// `told` is called at once where the document is in memory, else on another thread.
    ///
    /// The visitor then joins the hub's room of the document as a member that is behind, and asks for
    /// [`Seat::snapshot`].
    pub(crate) fn enter(
        self: &Arc<Self>,
        id: &Name,
        kind: Kind,
        visitor: Visitor,
        told: impl FnOnce(Result<Seat, Denied>) + Send + 'static,
    ) {
        if !visitor.identity.may_enter(id.as_str()) {
            return told(Err(Denied::NotOpened));
        }
        let id: Arc<str> = id.as_str().into();
        let draft = Draft {
            id: Arc::clone(&id),
            kind,
            creator: Arc::clone(&visitor.identity.user_id),
            title: None,
            at: self.tools.hub.clock().wall(),
        };
        self.with(&id, Some(draft), move |document| {
            told(document.and_then(|document| document.seat(kind, &visitor)));
        });
    }

    /// Hands the document `id` on once it is in memory.
    pub(super) fn with(
        self: &Arc<Self>,
        id: &Arc<str>,
        draft: Option<Draft>,
        told: impl FnOnce(Result<Arc<Document>, Denied>) + Send + 'static,
    ) {
        let has_room = self.loaded(id).is_some() || self.has_room();
        let mut slots = self.slots();
        match slots.get_mut(id) {
            Some(Slot::Ready(document)) => {
                let document = Arc::clone(document);
                drop(slots);
                told(Ok(document));
            }
            Some(Slot::Loading(waiting)) => waiting.push(Waiting { draft, told: Box::new(told) }),
            None if !has_room => {
                drop(slots);
                told(Err(Denied::Busy));
            }
            None => {
                let waiting = vec![Waiting { draft, told: Box::new(told) }];
                slots.insert(Arc::clone(id), Slot::Loading(waiting));
                drop(slots);
                self.read(id);
            }
        }
    }

    /// Reads a document whose slot is loading.
    fn read(self: &Arc<Self>, id: &Arc<str>) {
        let (documents, wanted, of) = (Arc::clone(self), Arc::clone(id), Arc::clone(id));
        let read = move |db: &Connection| documents::load(db, &wanted);
        let refused = self.tools.store.read_then(read, move |loaded| match loaded {
            Ok(Some(loaded)) => documents.install(&of, loaded),
            Ok(None) => documents.make(&of),
            Err(error) => documents.give_up(&of, &error.into()),
        });
        if let Err(refused) = refused {
            self.give_up(id, &refused.into());
        }
    }

    /// There is no such document: makes it for the first who wants that, and tells whoever does not.
    fn make(self: &Arc<Self>, id: &Arc<str>) {
        let mut slots = self.slots();
        let Some(Slot::Loading(waiting)) = slots.get_mut(id) else { return };
        let draft = waiting.iter().find_map(|waiting| waiting.draft.clone());
        let seekers: Vec<Waiting> = waiting.extract_if(.., |it| it.draft.is_none()).collect();
        if waiting.is_empty() {
            slots.remove(id);
        }
        drop(slots);
        for seeker in seekers {
            (seeker.told)(Err(Denied::NotFound));
        }
        let Some(draft) = draft else { return };
        match self.tools.store.reserve(Lane::Interactive) {
            Ok(place) => self.store_draft(draft, place),
            Err(refused) => self.give_up(id, &refused.into()),
        }
    }

    fn store_draft(self: &Arc<Self>, draft: Draft, place: Place) {
        let (documents, id) = (Arc::clone(self), Arc::clone(&draft.id));
        let apply = move |tx: &Transaction<'_>| match documents::make(tx, &draft)? {
            Some(facts) => Ok(Some(Loaded::fresh(facts))),
            // Somebody made it in the meantime.
            None => documents::load(tx, &draft.id),
        };
        place.write(apply, move |loaded| match loaded {
            Ok(Some(loaded)) => documents.install(&id, loaded),
            Ok(None) => documents.give_up(&id, &Denied::Failed),
            Err(error) => documents.give_up(&id, &error.into()),
        });
    }

    /// The document is in memory from now on.
    fn install(&self, id: &Arc<str>, loaded: Loaded) {
        let document = Document::new(Arc::clone(&self.tools), loaded);
        let slot = Slot::Ready(Arc::clone(&document));
        let waiting = self.slots().insert(Arc::clone(id), slot);
        if let Some(Slot::Loading(waiting)) = waiting {
            for waiting in waiting {
                (waiting.told)(Ok(Arc::clone(&document)));
            }
        }
    }

    /// The document could not be read or made.
    fn give_up(&self, id: &Arc<str>, denied: &Denied) {
        let waiting = self.slots().remove(id);
        if let Some(Slot::Loading(waiting)) = waiting {
            for waiting in waiting {
                (waiting.told)(Err(denied.clone()));
            }
        }
    }
}
