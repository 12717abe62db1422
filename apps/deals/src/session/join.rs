//! Joining a room: a place, may they, what was said there, and then everything past that.

use std::sync::Arc;

use conversations::{Anchor, HistoryPage, PageAsk};
use hub::{Context, Member, Ticket};
use model::Name;
use storage::ReadError;

use super::{Visit, reply, unread, unstored};
use crate::messages::{sender_id, shown};
use crate::protocol::{After, Code, Entry, Refusal, RoomJoined, RoomLeft};
use crate::rooms::{EntryError, ROOMS_MAX, TooManyRooms, room_ref};
use crate::service::RoomPolicy;

/// Messages that a client gets that has none.
const NEWEST: usize = 50;
/// Messages that continue a client's copy.
const MISSED_MAX: usize = 500;
/// Ids of members that are told.
const MEMBERS_SHOWN_MAX: usize = 200;

/// A join on its way.
struct Joining {
    room: Arc<str>,
    page: PageAsk,
    request_id: Option<Box<str>>,
}

impl Visit {
    /// Begins to join once everything that was asked before is answered.
    pub(super) fn join(
        &mut self,
        entry: Entry,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let Entry { room, after, epoch } = entry;
        let joining =
            Joining { room: room.as_str().into(), page: page_ask(after, epoch), request_id };
        self.after_all(context, |visit, ticket, context| visit.sit(joining, ticket, context));
    }

    /// Takes a seat, and asks whether its user may have it.
    fn sit(&self, joining: Joining, ticket: Ticket, context: &mut Context<'_>) {
        let deals = &self.deals;
        if let Err(TooManyRooms) = self.seats.prepare(&joining.room) {
            let message = format!("This connection is in {ROOMS_MAX} rooms, the most it may be in");
            let refusal = Refusal::new(Code::RateLimitExceeded, message).on("data.roomId");
            return reply(&refusal, joining.request_id.as_deref(), context);
        }
        if deals.rooms == RoomPolicy::Open {
            return self.look(joining, ticket, context);
        }
        let (asked, user) = (Arc::clone(deals), Arc::clone(&self.identity.user_id));
        deals.runtime.spawn(async move {
            let answer = asked.may_join(&joining.room, &user).await;
            ticket.resume(|visit: &mut Self, context| visit.admit(answer, joining, context));
        });
    }

    fn admit(
        &mut self,
        answer: Result<bool, EntryError>,
        joining: Joining,
        context: &mut Context<'_>,
    ) {
        match answer {
            Ok(may_join) if may_join || self.identity.is_admin() => {
                let ticket = context.hold();
                self.look(joining, ticket, context);
            }
            Ok(_) => self.turn_away(&joining.room, joining.request_id.as_deref(), context),
            Err(error) => {
                tracing::warn!(%error, room = ?joining.room, "a room could not be joined");
                let refusal = match &error {
                    EntryError::Read(error) => unread(error),
                    EntryError::Commit(error) => unstored(error),
                };
                self.give_up(&joining.room, &refusal, joining.request_id.as_deref(), context);
            }
        }
    }

    /// Becomes a member that is told nothing yet, and reads what was said there.
    fn look(&self, joining: Joining, ticket: Ticket, context: &mut Context<'_>) {
        let Joining { room, page, request_id } = joining;
        let member = Member {
            connection: context.connection,
            user_id: Arc::clone(&self.identity.user_id),
            username: Arc::clone(&self.identity.username),
        };
        if !self.seats.enter((&self.deals.hub, &self.deals.announce), &room, member) {
            // Somebody removed them meanwhile.
            return self.turn_away(&room, request_id.as_deref(), context);
        }
        let (of, echo) = (room_ref(&room), request_id.clone());
        let seat = Arc::clone(&room);
        let done = move |page: Result<HistoryPage, ReadError>| {
            ticket.resume(move |visit: &mut Self, context| {
                visit.show(page, &room, echo.as_deref(), context);
            });
        };
        if let Err(refused) = self.deals.conversations.page(&of, page, done) {
            self.give_up(&seat, &unread(&refused.into()), request_id.as_deref(), context);
        }
    }

    fn show(
        &mut self,
        page: Result<HistoryPage, ReadError>,
        room: &Arc<str>,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, ?room, "a room could not be joined");
                return self.give_up(room, &unread(&error), request_id, context);
            }
        };
        let people = self.seats.with(room, |place| place.room().some_people(MEMBERS_SHOWN_MAX));
        let Some((member_count, members)) = people else {
            // Somebody removed them meanwhile.
            return self.turn_away(room, request_id, context);
        };
        // What continues nobody's copy is the newest page, whatever was asked.
        let passed_over =
            if page.recovered { 0 } else { page.messages.len().saturating_sub(NEWEST) };
        let messages = &page.messages[passed_over..];
        let senders: Vec<_> = messages.iter().map(|message| sender_id(message)).collect();
        let told = messages.iter().zip(&senders);
        let event = RoomJoined {
            room_id: room,
            members: members.iter().map(|id| &**id).collect(),
            member_count,
            messages: told
                .map(|(message, sender)| shown(message, sender, room, Some(room)))
                .collect(),
            has_more: page.has_more || passed_over > 0,
            epoch: self.deals.conversations.epoch(),
            recovered: page.recovered,
        };
        reply(&event, request_id, context);
        self.seats.with(room, |place| place.catch_up(page.last_seq));
        let (connection, user) = (context.connection, &self.identity.user_id);
        tracing::debug!(%connection, %user, ?room, "connection joined room");
    }

    /// They may not join.
    fn turn_away(&self, room: &str, request_id: Option<&str>, context: &mut Context<'_>) {
        let refusal = Refusal::new(Code::AuthorizationError, "This room is by invitation");
        let refusal = refusal.on("data.roomId");
        self.give_up(room, &refusal, request_id, context);
        self.note_refusal("room not joined: not invited", context);
    }

    /// The join failed; the connection is not in the room.
    fn give_up(
        &self,
        room: &str,
        refusal: &Refusal,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        self.seats.leave(room);
        reply(refusal, request_id, context);
    }

    /// Leaves the room, if the connection is in it.
    pub(super) fn leave(&self, room: &Name, request_id: Option<&str>, context: &mut Context<'_>) {
        self.seats.leave(room.as_str());
        reply(&RoomLeft { room_id: room.as_str() }, request_id, context);
    }
}

fn page_ask(after: Option<After>, epoch: Option<Box<str>>) -> PageAsk {
    let anchor = match after {
        None => return PageAsk::Newest { limit: NEWEST },
        Some(After::Id(id)) => Anchor::Id(id),
        Some(After::Seq(seq)) => Anchor::Seq(seq),
    };
    PageAsk::After { anchor, epoch, limit: MISSED_MAX }
}
