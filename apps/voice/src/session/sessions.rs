//! Joining, leaving and ending sessions, and speaking in one.

use std::sync::Arc;

use model::Name;

use super::{
    Ask, Context, Visit, acknowledge, acknowledge_refusal, emit, refuse, resume, too_much_audio,
};
use crate::protocol::{Chunk, Code, Refusal, SessionJoined, SessionLeft, Status};
use crate::room::{Closed, Room};

impl Visit {
    /// Joins a session, and leaves the one it was in; whoever is in it already is told again how it stands.
    pub(super) fn join(&mut self, session_id: &Name, asked: Ask, context: Context<'_, '_, '_>) {
        if let Ok(room) = self.room()
            && **room.id() == *session_id.as_str()
        {
            return self.joined(Ok(room), &asked, context);
        }
        let Some(identity) = self.identity.clone() else { return };
        let (ticket, key) = (context.hold(), context.key());
        self.voice.join(session_id, &identity, move |outcome| {
            resume(ticket, key, outcome, move |visit, outcome, context| {
                visit.joined(outcome, &asked, context);
            });
        });
    }

    fn joined(
        &mut self,
        outcome: Result<Arc<Room>, Refusal>,
        asked: &Ask,
        context: Context<'_, '_, '_>,
    ) {
        let entered = outcome.and_then(|room| self.enter(room, context));
        let room = match entered {
            Ok(room) => room,
            Err(refusal) => return refuse(&refusal, asked, context),
        };
        room.touch(context.now());
        emit(&SessionJoined { session_id: room.id(), stats: room.stats() }, context);
        let beginnings = room.beginnings(context.connection(), context.wall());
        beginnings.into_iter().for_each(|told| told.emit(context));
        self.room = Some(room);
        acknowledge(asked, context);
    }

    fn enter(
        &mut self,
        room: Arc<Room>,
        context: Context<'_, '_, '_>,
    ) -> Result<Arc<Room>, Refusal> {
        let Some(identity) = &self.identity else { return Err(Refusal::not_joined()) };
        room.enter(context.connection(), identity).map_err(|closed| match closed {
            Closed::Ended => Refusal::session_not_found(),
            Closed::Full => Refusal::new(Code::Unavailable, "The session is full"),
        })?;
        let is_another = self.room.as_ref().is_some_and(|before| !Arc::ptr_eq(before, &room));
        if is_another && let Some(before) = self.room.take() {
            before.leave(context.connection(), false);
            self.stop_listening(&before, context.connection(), false);
            self.voice.forget(before);
        }
        let user = &identity.user_id;
        tracing::info!(%user, session = %room.id(), connection = %context.connection(), "joined a voice session");
        Ok(room)
    }

    pub(super) fn leave(&mut self, context: Context<'_, '_, '_>) -> Result<(), Refusal> {
        // One that ended may be left before its last words are told.
        let room = self.room.take().filter(|room| room.leave(context.connection(), false));
        let room = room.ok_or_else(Refusal::not_joined)?;
        self.stop_listening(&room, context.connection(), false);
        emit(&SessionLeft { session_id: room.id() }, context);
        self.voice.forget(room);
        Ok(())
    }

    /// The connection is gone, or left the namespace: others are told if it does not come back.
    pub(super) fn drop_out(&mut self) {
        if let (Some(room), Some(connection)) = (self.room.take(), self.connection) {
            room.leave(connection, true);
            self.stop_listening(&room, connection, true);
            self.voice.forget(room);
        }
    }

    pub(super) fn set_status(
        &mut self,
        status: Status,
        message: Option<Box<str>>,
        asked: Ask,
        context: Context<'_, '_, '_>,
    ) {
        let room = match self.room() {
            Ok(room) => room,
            Err(refusal) => return refuse(&refusal, &asked, context),
        };
        let Some(identity) = &self.identity else { return };
        room.touch(context.now());
        if status != Status::Ended {
            room.set_status(&identity.user_id, status, message.as_deref());
            self.voice.keep_status(&room);
            return acknowledge(&asked, context);
        }
        let (ticket, key) = (context.hold(), context.key());
        self.voice.end(&room, &identity.user_id, message, move |outcome| {
            resume(ticket, key, outcome, move |_, outcome, context| match outcome {
                Ok(()) => acknowledge(&asked, context),
                Err(refusal) => refuse(&refusal, &asked, context),
            });
        });
    }

    /// Tells the others what was spoken. Of bare samples that come too fast nothing is said but to whoever
    /// asked: what is lost of them is a moment of sound, of a container it is the rest.
    pub(super) fn hear(&mut self, chunk: &Chunk, asked: &Ask, context: Context<'_, '_, '_>) {
        if !self.audio.count(context.now()) {
            let refusal = too_much_audio();
            return if chunk.format.is_container() {
                refuse(&refusal, asked, context);
            } else {
                acknowledge_refusal(&refusal, asked, context);
            };
        }
        match self.room() {
            Ok(room) => {
                room.touch(context.now());
                self.voice.count_chunk(chunk.bytes.len());
                room.relay(context.connection(), chunk, context.now(), context.wall());
                self.listen(&room, chunk, context);
                acknowledge(asked, context);
            }
            Err(refusal) => refuse(&refusal, asked, context),
        }
    }
}
