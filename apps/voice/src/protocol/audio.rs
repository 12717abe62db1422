//! Chunks of audio, as they come and as they are told on.

use std::fmt;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Event;

/// How audio is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// WebM with Opus, as browsers record it.
    Webm,
    /// Ogg with Opus.
    Ogg,
    /// WAV.
    Wav,
    /// Bare samples: 16 bits, little-endian, channels interleaved.
    Pcm16,
}

impl Format {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webm => "webm",
            Self::Ogg => "ogg",
            Self::Wav => "wav",
            Self::Pcm16 => "pcm16",
        }
    }

    /// Whether it begins with a header that decoding needs.
    #[must_use]
    pub fn is_container(self) -> bool {
        self != Self::Pcm16
    }
}

impl From<Format> for audio::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Webm => Self::Webm,
            Format::Ogg => Self::Ogg,
            Format::Wav => Self::Wav,
            Format::Pcm16 => Self::Pcm16,
        }
    }
}

/// How a chunk's bytes stood in the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// As a text in base64: the JSON of that text, as it came.
    Base64(Box<str>),
    /// As a binary attachment.
    Binary,
}

/// A chunk of audio, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    /// How it is packed.
    pub format: Format,
    /// Samples a second, 8,000 to 48,000; of a container, its header says the true rate.
    pub sample_rate: u32,
    /// 1 or 2, where the sender said so.
    pub channels: Option<u8>,
    /// The audio itself; at least one byte, at most what a message may have.
    pub bytes: Bytes,
    /// How it stood in the event.
    pub sent: Sent,
    /// The sender's time, as JSON: a text or a number of at most 64 bytes.
    pub timestamp: Option<Box<str>>,
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (format, rate, bytes) = (self.format, self.sample_rate, self.bytes.len());
        write!(f, "Chunk({format:?}, {rate} Hz, {bytes} bytes)")
    }
}

/// Audio of somebody else.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioReceived<'a> {
    /// Whose.
    pub user_id: &'a str,
    /// The audio: base64 where it came so, else the placeholder of the attachment.
    #[schemars(with = "AudioData")]
    pub audio_data: &'a RawValue,
    /// How it is packed.
    pub format: Format,
    /// Samples a second, as the sender said.
    pub sample_rate: u32,
    /// Channels, where the sender said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u8>,
    /// Whether it is the header with which the sender's stream began before one joined.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub init: bool,
    /// The sender's time, else the server's.
    #[schemars(with = "Time")]
    pub timestamp: &'a RawValue,
}

impl Event for AudioReceived<'_> {
    const NAME: &'static str = "audio:received";
    const IS_STAMPED: bool = false;
}

/// For the description: what audio may look like.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum AudioData {
    /// Base64.
    Text(String),
    /// Where Socket.IO put the attachment.
    Attachment {
        /// Always `true`.
        _placeholder: bool,
        /// Which attachment.
        num: u32,
    },
}

/// For the description: what a sender's time may look like.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Time {
    /// Such as ISO 8601.
    Text(String),
    /// Such as milliseconds since 1970.
    Number(f64),
}
