//! Joining: may they, the room, its state, and the questions nobody answered.

use std::sync::Arc;

use conversations::{Anchor, HistoryPage, PageAsk, ReadError, RoomRef, Side};
use hub::{Context, Member, Ticket};

use super::Visit;
use crate::answers::FOUND_MAX;
use crate::form::shown;
use crate::protocol::{After, Code, Refusal, SessionState};
use crate::service::visible;
use crate::store::{self, QuestionRow, SessionRow};

/// Messages of a state where the client has none.
const NEWEST: usize = 50;
/// Messages of a state that continues a client's copy.
const MISSED_MAX: usize = 500;

/// What a client asked with its join.
pub(super) struct Ask {
    pub(super) after: Option<After>,
    pub(super) epoch: Option<Box<str>>,
    pub(super) request_id: Option<Box<str>>,
}

/// What the store says of the session: itself, and the questions nobody answered yet.
type Found = Option<(SessionRow, Vec<QuestionRow>)>;

impl Visit {
    /// Begins to join; the client's next message waits for the end of it.
    pub(super) fn join(&mut self, ask: Ask, context: &mut Context<'_>) {
        let ticket = context.hold();
        if self.posting > 0 {
            self.parked = Some((ticket, ask));
        } else {
            self.look_up(ticket, ask, context);
        }
    }

    /// Goes on with a join that waited for what was posted before it.
    pub(super) fn unpark(&mut self, context: &mut Context<'_>) {
        if self.posting == 0
            && let Some((ticket, ask)) = self.parked.take()
        {
            self.look_up(ticket, ask, context);
        }
    }

    fn look_up(&mut self, ticket: Ticket, ask: Ask, context: &mut Context<'_>) {
        let (session, identity) = (Arc::clone(&self.session), Arc::clone(&self.identity));
        let request_id = ask.request_id.clone();
        let read = move |db: &storage::rusqlite::Connection| {
            let Some(row) = visible(db, &session, &identity)? else { return Ok(None) };
            let questions = store::asked(db, &session, FOUND_MAX)?;
            Ok(Some((row, questions)))
        };
        let done = move |found: Result<Found, ReadError>| {
            ticket.resume(|visit: &mut Self, context| visit.enter(found, ask, context));
        };
        if let Err(refused) = self.sessions.store.read_then(read, done) {
            self.refuse_join(&refused.into(), request_id.as_deref(), context);
        }
    }

    fn enter(&mut self, found: Result<Found, ReadError>, ask: Ask, context: &mut Context<'_>) {
        let request_id = ask.request_id.clone();
        let (row, questions) = match found {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.note_refusal("session not found", context);
                return self.reply(&Refusal::session_not_found(), request_id.as_deref(), context);
            }
            Err(error) => return self.refuse_join(&error, request_id.as_deref(), context),
        };
        self.take_place(context);
        let ticket = context.hold();
        let done = move |page: Result<HistoryPage, ReadError>| {
            ticket.resume(move |visit: &mut Self, context| {
                visit.show(page, row, questions, request_id.as_deref(), context);
            });
        };
        let page = page_ask(ask.after, ask.epoch);
        if let Err(refused) = self.sessions.conversations.page(&self.room(), page, done) {
            self.refuse_join(&refused.into(), ask.request_id.as_deref(), context);
        }
    }

    /// A member from now on, or still one, that is told nothing until its state was sent.
    fn take_place(&mut self, context: &Context<'_>) {
        if let Some(membership) = &self.membership {
            membership.fall_behind();
            return;
        }
        let member = Member {
            connection: context.connection,
            user_id: Arc::clone(&self.identity.user_id),
            username: Arc::clone(&self.identity.username),
        };
        let (room, announce) = (self.room().room_id(), &self.sessions.announce);
        let joined = self.sessions.hub.join(&room, announce, member, true);
        self.membership = Some(joined.membership);
        let (connection, user) = (context.connection, &self.identity.user_id);
        tracing::debug!(%connection, %user, %room, "connection joined session");
    }

    fn show(
        &mut self,
        page: Result<HistoryPage, ReadError>,
        row: SessionRow,
        questions: Vec<QuestionRow>,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.refuse_join(&error, request_id, context),
        };
        let Some(membership) = &self.membership else { return };
        // What continues nobody's copy is the newest page, whatever was asked.
        let passed_over =
            if page.recovered { 0 } else { page.messages.len().saturating_sub(NEWEST) };
        let messages = page.messages.iter().skip(passed_over);
        let state = SessionState {
            session: row.into(),
            messages: messages.map(|message| shown(&self.session, message)).collect(),
            connected_users: membership.room().online(),
            has_more: page.has_more || passed_over > 0,
            epoch: self.sessions.conversations.epoch().to_owned(),
            recovered: page.recovered,
        };
        self.reply(&state, request_id, context);
        membership.catch_up(page.last_seq);
        self.sessions.answers.found(&self.session, questions);
    }

    /// The join failed by no fault of the client's; it is not joined.
    fn refuse_join(
        &mut self,
        error: &ReadError,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let session = &self.session;
        tracing::warn!(%error, ?session, "a session could not be joined");
        if let Some(membership) = self.membership.take() {
            membership.leave();
        }
        let code = match error {
            ReadError::Refused(_) | ReadError::Timeout => Code::Unavailable,
            ReadError::Database(_) | ReadError::Panicked => Code::InternalError,
        };
        self.reply(&Refusal::new(code, "Failed to join session"), request_id, context);
    }

    /// The session as a room.
    pub(super) fn room(&self) -> RoomRef {
        RoomRef::new(Side::Session, Arc::clone(&self.session))
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
