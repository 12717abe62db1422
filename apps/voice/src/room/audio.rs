//! Audio in a session: told on to the others as it came.
//!
//! **Invariants.** What was sent as base64 is told on as the same text, what was sent as bytes as the same
//! bytes. Nobody hears their own connection.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hub::{Delivery, Except};
use model::{ConnectionId, Monotonic, Timestamp};
use serde_json::value::RawValue;
use socketio::SocketContext;

use super::beginning::{Beginning, Header};
use super::speaking::Speaking;
use super::{HEADERS_BYTES_MAX, Room};
use crate::protocol::{self, AudioQuality, AudioReceived, Chunk, Event, Format, NAMESPACE, Sent};

/// Why a sender is advised: somebody who listens takes less than is sent.
const LISTENER_TOO_SLOW: &str = "listener_too_slow";

impl Room {
    /// Tells the others what a connection in the session sent.
    pub(crate) fn relay(
        &self,
        connection: ConnectionId,
        chunk: &Chunk,
        now: Monotonic,
        wall: Timestamp,
    ) {
        let mut state = self.lock();
        let Some(place) = state.places.get_mut(&connection) else { return };
        place.speaking.get_or_insert_with(|| Speaking::new(now)).note(chunk, now);
        Beginning::read(&mut place.beginning, chunk);
        let user_id = Arc::clone(&place.user_id);
        drop(state);
        let told = Told::of(chunk, &user_id, wall);
        self.publish(told.delivery().except(Except::Connection(connection)));
    }

    /// With what the audio of the others began, for a connection that comes now: at most
    /// [`HEADERS_BYTES_MAX`].
    pub(crate) fn beginnings(&self, connection: ConnectionId, wall: Timestamp) -> Vec<Told> {
        let mut left = HEADERS_BYTES_MAX;
        let state = self.lock();
        let others = state.places.iter().filter(|(id, _)| **id != connection);
        others
            .filter_map(|(_, place)| Some((&place.user_id, place.beginning.as_ref()?.header()?)))
            .take_while(|(_, header)| {
                let bytes = header.bytes.len();
                let fits = bytes <= left;
                left = left.saturating_sub(bytes);
                fits
            })
            .map(|(user_id, header)| Told::beginning(header, user_id, wall))
            .collect()
    }

    /// The header with which the container began that a connection sends, once it came: what decodes the
    /// next chunks needs it first. Its format, and the bytes, at most 64 KiB.
    #[must_use]
    pub fn header_of(&self, connection: ConnectionId) -> Option<(Format, Bytes)> {
        let state = self.lock();
        let header = state.places.get(&connection)?.beginning.as_ref()?.header()?;
        Some((header.format, header.bytes.clone()))
    }

    /// Advises everybody who speaks, save `listener`, to send less: the listener takes too little.
    pub(crate) fn advise_speakers(&self, listener: ConnectionId, now: Monotonic) {
        let speakers: Vec<ConnectionId> = {
            let state = self.lock();
            let others = state.places.iter().filter(|(id, _)| **id != listener);
            others.filter(|(_, place)| place.speaking.is_some()).map(|(id, _)| *id).collect()
        };
        for speaker in speakers {
            self.advise(speaker, LISTENER_TOO_SLOW, now);
        }
    }

    /// Advises a connection that speaks to send less, unless it was advised a few seconds ago; `reason` is
    /// what it is told of why.
    pub fn advise(&self, speaker: ConnectionId, reason: &'static str, now: Monotonic) {
        let mut state = self.lock();
        let speaking = state.places.get_mut(&speaker).and_then(|place| place.speaking.as_mut());
        let Some(advice) = speaking.and_then(|speaking| speaking.advise(now)) else { return };
        drop(state);
        let quality =
            AudioQuality { bitrate: advice.bitrate, sample_rate: advice.sample_rate, reason };
        self.tell_connection(speaker, &quality);
    }
}

/// Audio as it is told on.
pub(crate) struct Told {
    json: String,
    attachment: Option<Bytes>,
}

impl Told {
    fn of(chunk: &Chunk, user_id: &str, wall: Timestamp) -> Self {
        let (data, attachment) = match &chunk.sent {
            Sent::Base64(text) => (raw(text), None),
            Sent::Binary => (raw(&socketio::placeholder(0)), Some(chunk.bytes.clone())),
        };
        let timestamp = match &chunk.timestamp {
            Some(timestamp) => raw(timestamp),
            None => raw(&format!("\"{wall}\"")),
        };
        let Chunk { format, sample_rate, channels, .. } = *chunk;
        let event = AudioReceived {
            user_id,
            audio_data: &data,
            format,
            sample_rate,
            channels,
            init: false,
            timestamp: &timestamp,
        };
        Self { json: protocol::encode(&event, wall), attachment }
    }

    fn beginning(header: &Header, user_id: &str, wall: Timestamp) -> Self {
        let Header { format, sample_rate, channels, is_binary, bytes } = header;
        let (data, attachment) = if *is_binary {
            (raw(&socketio::placeholder(0)), Some(bytes.clone()))
        } else {
            (raw(&format!("\"{}\"", STANDARD.encode(bytes))), None)
        };
        let event = AudioReceived {
            user_id,
            audio_data: &data,
            format: *format,
            sample_rate: *sample_rate,
            channels: *channels,
            init: true,
            timestamp: &raw(&format!("\"{wall}\"")),
        };
        Self { json: protocol::encode(&event, wall), attachment }
    }

    /// For everybody in the session.
    fn delivery(self) -> Delivery {
        let name = AudioReceived::NAME;
        match self.attachment {
            None => Delivery::passing(socketio::event(NAMESPACE, name, &self.json)),
            Some(bytes) => {
                let text = socketio::binary_event(NAMESPACE, name, &self.json, 1);
                Delivery::passing(text).with_attachments(vec![bytes])
            }
        }
    }

    /// For the one who asked.
    pub(crate) fn emit(self, context: &mut SocketContext<'_, '_>) {
        let attachments = self.attachment.into_iter().collect();
        context.emit_with(AudioReceived::NAME, &self.json, attachments);
    }
}

/// JSON that was checked, or is made here.
fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
