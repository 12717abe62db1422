//! Editing: what became of an edit, to its author.
//!
//! The `edit_ack` of an edit comes through the document's room, in the place of its version; everything
//! else that answers one comes from here.

use std::sync::Arc;

use hub::Context;

use super::text::Stale;
use super::{Edit, Editing, Entrance, Guest, refusal, reply};
use crate::collaboration::{Answer, Denied, Made, NewEdit, Snapshot};
use crate::protocol::Refusal;
use crate::protocol::collaboration::EditAck;

/// An edit whose outcome is awaited.
struct Sent {
    document: Arc<str>,
    /// The version it stands on.
    base: u64,
    id: Option<Arc<str>>,
}

impl Editing {
    /// Makes an edit.
    ///
    /// # Errors
    /// The connection is not in the document.
    pub(super) fn edit(
        &mut self,
        edit: Edit,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let Edit { session_id, splice, version: base } = edit;
        let class = self.context_id.clone();
        let place = self.place(session_id.as_ref())?;
        let client_id: Option<Arc<str>> = id.map(Into::into);
        let sent = Sent { document: Arc::clone(place.id()), base, id: client_id.clone() };
        let (learning, user) = (Arc::clone(guest.learning), Arc::clone(&guest.identity.user_id));
        let ticket = context.begin();
        place.seat.edit(NewEdit { splice, base, client_id }, move |answer| {
            // Here, for the connection may be gone by now: what was edited counts all the same.
            if let (Ok(Answer::Made(_)), Some(name)) = (&answer, &class) {
                learning.analytics.note(name, &user);
            }
            ticket.resume(|entrance: &mut Entrance<Self>, context| {
                let Some((editing, guest)) = entrance.at_work() else { return };
                editing.answer(answer, sent, &guest, context);
                editing.ended(&guest, context);
            });
        });
        self.open += 1;
        Ok(())
    }

    fn answer(
        &mut self,
        answer: Result<Answer, Denied>,
        sent: Sent,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let id = sent.id.as_deref();
        match answer {
            Ok(Answer::Made(Made { version, .. })) => {
                let (connection, document) = (context.connection, &sent.document);
                tracing::trace!(%connection, %document, version, "connection edited document");
            }
            Ok(Answer::Repeated(Made { version, position, length })) => {
                let session_id = &sent.document;
                reply(&EditAck { session_id, version, position, length }, id, context);
            }
            Ok(Answer::Resync(snapshot)) => self.resync(snapshot, sent, guest, context),
            Err(denied) => reply(&refusal::of(&denied, guest, context), id, context),
        }
    }

    /// An edit stands on a version that is not known. Its author gets the text, and then what comes
    /// behind it. An edit that was sent before its author had such a text is answered with one
    /// alone: that of the other edit that it stood on, where that has yet to be sent.
    fn resync(
        &mut self,
        snapshot: Snapshot,
        sent: Sent,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let Sent { document, base, id } = sent;
        if let Some(stale) = self.stale.iter_mut().find(|stale| stale.document == document) {
            return stale.others.push((id, context.begin()));
        }
        let place = self.find(&document).map(|number| &self.places[number]);
        if place.is_none_or(|place| base < place.shown) {
            return self.send_text(snapshot, document, id, guest, context);
        }
        // One hold is enough, and the end of a later one would end the earlier.
        let is_held = self.next.is_some() || !self.stale.is_empty();
        let ticket = if is_held { context.begin() } else { context.hold() };
        self.stale.push_back(Stale { document, id, ticket, others: Vec::new() });
    }
}
