//! Opus packets (RFC 6716) as they lie in containers (RFC 7845), decoded to 16 kHz mono.

use ropus::{Channels, DecodeMode, Decoder};

use crate::error::AudioError;

/// Bytes of the longest packet there is: 48 frames of 1,275 bytes, and their lengths.
pub(crate) const PACKET_BYTES_MAX: usize = 48 * 1275 + 128;
/// Samples of the longest packet: 120 ms.
const PACKET_SAMPLES_MAX: usize = 1920;
/// Samples at 48 kHz, in which containers count, for each of ours.
const CONTAINER_RATIO: u64 = 3;
/// Streams that may begin anew before a byte was decoded, and bytes for each further one. A
/// decoder costs as much as a few packets.
const BEGUN_MAX: u64 = 8;
const BYTES_FOR_ANOTHER: u64 = 128;

/// The identification header (RFC 7845, 5.1), as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Samples at 48 kHz that come before the sound.
    pre_skip: u16,
    /// Decibels × 256.
    gain: i16,
}

/// Decodes the packets of one track after the other.
#[derive(Default)]
pub(crate) struct Opus {
    track: Option<Track>,
    /// Tracks that began, and bytes of packets.
    begun: u64,
    decoded: u64,
}

/// The track that is decoded.
struct Track {
    head: Head,
    /// Made when the first packet comes.
    decoder: Option<Box<Decoder>>,
    /// Samples that are still to be skipped.
    skip: usize,
}

impl Head {
    /// Reads the header.
    ///
    /// # Errors
    /// What is none, or of another version; more than two channels, in `channels`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Head, AudioError> {
        let (Some(b"OpusHead"), Some(rest)) = (bytes.get(..8), bytes.get(8..)) else {
            return Err(AudioError::new("format", "the container holds no Opus"));
        };
        let &[version, channels, skip0, skip1, _, _, _, _, gain0, gain1, family, ref map @ ..] =
            rest
        else {
            return Err(AudioError::data("the Opus header is too short"));
        };
        if version >> 4 != 0 {
            return Err(AudioError::data("the Opus header has a version that is not known"));
        }
        // Family 0 is one stream of one or two channels; family 1 with as many says the same.
        let is_one_stream = family == 0 || (family == 1 && map.first() == Some(&1));
        if !(1..=2).contains(&channels) || !is_one_stream {
            return Err(AudioError::new("channels", "the Opus header has more than two"));
        }
        Ok(Head {
            pre_skip: u16::from_le_bytes([skip0, skip1]),
            gain: i16::from_le_bytes([gain0, gain1]),
        })
    }
}

impl Opus {
    /// The packets that follow belong to a new track.
    ///
    /// # Errors
    /// Tracks that begin again and again and hold next to nothing.
    pub(crate) fn begin(&mut self, head: Head) -> Result<(), AudioError> {
        self.begun += 1;
        if self.begun > BEGUN_MAX + self.decoded / BYTES_FOR_ANOTHER {
            return Err(AudioError::data("the audio begins anew too often"));
        }
        let skip = usize::from(head.pre_skip) / 3;
        self.track = Some(Track { head, decoder: None, skip });
        Ok(())
    }

    /// Whether a track began.
    pub(crate) fn has_begun(&self) -> bool {
        self.track.is_some()
    }

    /// Forgets all, also how often tracks began.
    pub(crate) fn restart(&mut self) {
        *self = Opus::default();
    }

    /// Decodes a packet and appends its samples; the samples at 48 kHz that it holds, those that
    /// are skipped too. An empty packet is one that was lost, and holds none.
    ///
    /// # Errors
    /// A packet that is not Opus, or before a track began.
    pub(crate) fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<u64, AudioError> {
        let Some(track) = &mut self.track else {
            return Err(AudioError::data("there is sound before the header"));
        };
        if packet.is_empty() {
            return Ok(0);
        }
        if packet.len() > PACKET_BYTES_MAX {
            return Err(AudioError::data("an Opus packet is longer than any can be"));
        }
        self.decoded += packet.len() as u64;
        let decoder = match &mut track.decoder {
            Some(decoder) => decoder,
            none => none.insert(decoder(track.head)?),
        };
        let mut samples = [0; PACKET_SAMPLES_MAX];
        let count = decoder
            .decode(packet, &mut samples, DecodeMode::Normal)
            .map_err(|_| AudioError::data("an Opus packet cannot be decoded"))?;
        let skipped = track.skip.min(count);
        track.skip -= skipped;
        out.extend_from_slice(&samples[skipped..count]);
        Ok(count as u64 * CONTAINER_RATIO)
    }
}

/// A decoder to 16 kHz mono; Opus mixes and resamples by itself.
fn decoder(head: Head) -> Result<Box<Decoder>, AudioError> {
    let fault = |error: &dyn std::fmt::Display| {
        AudioError::data(format!("Opus cannot be decoded: {error}"))
    };
    let mut decoder = Decoder::new(crate::RATE, Channels::Mono).map_err(|e| fault(&e))?;
    decoder.set_gain(i32::from(head.gain)).map_err(|e| fault(&e))?;
    Ok(Box::new(decoder))
}

/// Takes samples off the end of what was appended to `out` since it was `from` long: as many as
/// `surplus`, at 48 kHz, are.
pub(crate) fn trim(out: &mut Vec<i16>, from: usize, surplus: u64) {
    let surplus = usize::try_from(surplus / CONTAINER_RATIO).unwrap_or(usize::MAX);
    out.truncate(out.len().saturating_sub(surplus).max(from));
}
