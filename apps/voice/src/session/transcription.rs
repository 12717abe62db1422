//! Having what is spoken transcribed.

use std::sync::Arc;

use model::ConnectionId;

use super::{Context, Visit};
use crate::listening::Source;
use crate::protocol::{Chunk, Refusal};
use crate::room::Room;

impl Visit {
    /// From now on what the user streams is transcribed.
    pub(super) fn start_transcription(
        &mut self,
        language: Option<&str>,
        context: Context<'_, '_, '_>,
    ) -> Result<(), Refusal> {
        self.with_source(context, |visit, source| visit.voice.listening.begin(source, language))
    }

    /// No longer; the user is told once all that was said is told.
    pub(super) fn stop_transcription(
        &mut self,
        context: Context<'_, '_, '_>,
    ) -> Result<(), Refusal> {
        self.with_source(context, |visit, source| visit.voice.listening.stop(source))
    }

    /// A piece of audio is transcribed; what becomes of it is told by the request's id.
    pub(super) fn transcribe(
        &mut self,
        chunk: &Chunk,
        request_id: Option<&str>,
        context: Context<'_, '_, '_>,
    ) -> Result<(), Refusal> {
        let done = self.with_source(context, |visit, source| {
            visit.voice.listening.request(source, chunk, request_id)
        });
        let named = |refusal: Refusal| {
            let request_id = refusal.request_id.or_else(|| request_id.map(Into::into));
            Refusal { request_id, ..refusal }
        };
        done.map_err(named)
    }

    /// What was streamed is transcribed, where that was asked for.
    pub(super) fn listen(&self, room: &Arc<Room>, chunk: &Chunk, context: Context<'_, '_, '_>) {
        let Some(identity) = &self.identity else { return };
        let (connection, now) = (context.connection(), context.now());
        self.voice.listening.hear(&Source { room, identity, connection, now }, chunk);
    }

    /// The connection is in that session no more.
    pub(super) fn stop_listening(
        &self,
        room: &Arc<Room>,
        connection: ConnectionId,
        has_dropped: bool,
    ) {
        if let Some(identity) = &self.identity {
            let now = self.voice.hub.clock().monotonic();
            let source = Source { room, identity, connection, now };
            self.voice.listening.left(&source, has_dropped);
        }
    }

    fn with_source(
        &mut self,
        context: Context<'_, '_, '_>,
        run: impl FnOnce(&Self, &Source<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let room = self.room()?;
        let Some(identity) = &self.identity else { return Err(Refusal::not_joined()) };
        room.touch(context.now());
        let (connection, now) = (context.connection(), context.now());
        let source = Source { room: &room, identity, connection, now };
        let named = |refusal| Refusal { session_id: Some((**room.id()).into()), ..refusal };
        run(self, &source).map_err(named)
    }
}
