//! Into a document, and out of it.

use std::sync::Arc;

use hub::{Announce, Context, Member, Ticket};
use model::Name;

use super::text::Asked;
use super::{Editing, Entrance, Guest, PLACES_MAX, Place, refusal, reply};
use crate::collaboration::{Denied, Kind, Role, Seat, Visitor};
use crate::protocol::collaboration::SessionLeft;
use crate::protocol::{Refusal, encode};

/// What is done once no operation is open.
pub(super) struct Next {
    session_id: Name,
    /// As what the document is joined; `None` where it is left.
    role: Option<Role>,
    id: Option<Box<str>>,
    ticket: Ticket,
}

impl Editing {
    /// Joins a document, or asks once more for the text of one that the connection is in.
    ///
    /// # Errors
    /// It is in too many.
    pub(super) fn ask_to_join(
        &mut self,
        session_id: Name,
        role: Role,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        if self.place(Some(&session_id)).is_err() && self.places.len() >= PLACES_MAX {
            let problem = "is one too many; a connection may be in 100 documents";
            return Err(Refusal::invalid("data.sessionId", problem));
        }
        self.ask(session_id, Some(role), id, guest, context);
        Ok(())
    }

    /// Leaves a document.
    ///
    /// # Errors
    /// The connection is not in it.
    pub(super) fn ask_to_leave(
        &mut self,
        session_id: &Name,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        self.place(Some(session_id))?;
        self.ask(session_id.clone(), None, id, guest, context);
        Ok(())
    }

    fn ask(
        &mut self,
        session_id: Name,
        role: Option<Role>,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let ticket = context.hold();
        self.next = Some(Next { session_id, role, id: id.map(Into::into), ticket });
        self.go_on(guest, context);
    }

    /// An operation ended.
    pub(super) fn ended(&mut self, guest: &Guest<'_>, context: &mut Context<'_>) {
        self.open = self.open.saturating_sub(1);
        self.go_on(guest, context);
    }

    /// Does what waits for the end of the open operations, one after the other: what answers edits
    /// first, for they were sent before.
    fn go_on(&mut self, guest: &Guest<'_>, context: &mut Context<'_>) {
        while self.open == 0 && !self.is_asking {
            if let Some(stale) = self.stale.pop_front() {
                self.refresh(stale, guest, context);
            } else if let Some(next) = self.next.take() {
                match next.role {
                    Some(role) => self.join(next, role, guest, context),
                    None => self.leave(&next.session_id, next.id.as_deref(), next.ticket, context),
                }
            } else {
                return;
            }
        }
    }

    fn leave(
        &mut self,
        session_id: &Name,
        id: Option<&str>,
        ticket: Ticket,
        context: &Context<'_>,
    ) {
        self.leave_place(session_id.as_str());
        let event = SessionLeft { session_id: session_id.as_str() };
        ticket.reply(encode(&event, context.wall, id));
    }

    /// Leaves a document on purpose: the others are told at once.
    pub(super) fn leave_place(&mut self, id: &str) {
        if let Some(number) = self.find(id) {
            self.places.swap_remove(number).leave();
        }
    }

    fn join(&mut self, next: Next, role: Role, guest: &Guest<'_>, context: &Context<'_>) {
        let Next { session_id, id, ticket, .. } = next;
        self.is_asking = true;
        let (connection, identity) = (context.connection, Arc::clone(guest.identity));
        let visitor = Visitor { connection, identity, role };
        let told = move |seat: Result<Seat, Denied>| {
            ticket.resume(move |entrance: &mut Entrance<Self>, context| {
                let Some((editing, guest)) = entrance.at_work() else { return };
                match seat {
                    Ok(seat) => editing.enter(seat, id, &guest, context),
                    Err(denied) => {
                        let refusal = refusal::of(&denied, &guest, context);
                        reply(&refusal, id.as_deref(), context);
                        editing.asked(&guest, context);
                    }
                }
            });
        };
        guest.learning.documents.enter(&session_id, Kind::Text, visitor, told);
    }

    /// A member from now on, or still one, that is told nothing until the text was sent.
    fn enter(
        &mut self,
        seat: Seat,
        id: Option<Box<str>>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let asked = Asked::Join { id };
        let place = match self.find(seat.document().id()) {
            Some(number) => {
                self.places[number].take_again(seat);
                &self.places[number]
            }
            None => {
                self.places.push(Place::take(seat, guest));
                &self.places[self.places.len() - 1]
            }
        };
        place.ask_for_text(asked, context.hold(), Vec::new(), guest);
    }

    /// A text was sent, or could not be.
    pub(super) fn asked(&mut self, guest: &Guest<'_>, context: &mut Context<'_>) {
        self.is_asking = false;
        self.go_on(guest, context);
    }

    /// The number of the place in a document.
    pub(super) fn find(&self, document: &str) -> Option<usize> {
        self.places.iter().position(|place| **place.id() == *document)
    }
}

impl Place {
    /// Joins the document's room, behind.
    fn take(seat: Seat, guest: &Guest<'_>) -> Self {
        let Guest { learning, identity } = guest;
        let (document, connection) = (seat.document(), seat.connection());
        let user = &identity.user_id;
        let presence = learning.people.come(document, identity, connection, seat.asked());
        let username = Arc::clone(&identity.username);
        let member = Member { connection, user_id: Arc::clone(user), username };
        let announce: Arc<dyn Announce> = learning.people.clone();
        let room = document.room();
        let membership = learning.hub.join(room, &announce, member, true).membership;
        tracing::debug!(%connection, %user, %room, "connection joined document");
        let pointer = learning.cursors.pointer(document, connection);
        Self { pointer, membership, presence, seat, shown: 0 }
    }

    /// Joins once more, maybe as something else.
    fn take_again(&mut self, seat: Seat) {
        self.presence.come_again(seat.asked());
        self.seat = seat;
        self.membership.fall_behind();
    }

    /// Leaves on purpose: the others are told at once.
    fn leave(self) {
        let Self { pointer, membership, presence, seat, .. } = self;
        drop(pointer);
        membership.leave();
        drop((presence, seat));
    }
}
