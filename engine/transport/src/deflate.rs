//! permessage-deflate (RFC 7692), without context takeover on either side, so that one compressed
//! frame serves every connection and no connection keeps a window.

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::frame::deflated_text_frame;

/// What a sync flush ends with, and RFC 7692, section 7.2.1, takes off.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// Inflated bytes are made room for in steps of this.
const STEP: usize = 16 * 1024;
/// What is kept of an inflater's buffer between messages.
const KEEP: usize = 64 * 1024;

/// The answer to the client's `Sec-WebSocket-Extensions` offers.
pub(crate) const ANSWER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Whether one of the offers in a `Sec-WebSocket-Extensions` header can be accepted with
/// [`ANSWER`]: it is permessage-deflate, has known parameters once each with valid values, and
/// does not ask the server for a window under 15 bits, which a shared frame cannot keep to.
pub(crate) fn accepts(header: &str) -> bool {
    header.split(',').any(accepts_offer)
}

fn accepts_offer(offer: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return false;
    }
    let mut seen = Vec::new();
    parts.all(|parameter| {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (parameter, None),
        };
        if seen.contains(&name) || seen.len() >= 4 {
            return false;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            | ("client_max_window_bits", None)
            | ("server_max_window_bits", Some("15")) => true,
            ("client_max_window_bits", Some(bits)) => {
                matches!(bits, "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15")
            }
            _ => false,
        }
    })
}

/// Compresses text messages, each by itself.
pub(crate) struct Deflater {
    compress: Compress,
    buffer: Vec<u8>,
}

impl Deflater {
    pub(crate) fn new(level: u32) -> Self {
        Self { compress: Compress::new(Compression::new(level), false), buffer: Vec::new() }
    }

    /// The compressed frame of `text`, or `None` where it would not be smaller.
    pub(crate) fn text_frame(&mut self, text: &[u8]) -> Option<Bytes> {
        self.compress.reset();
        self.buffer.clear();
        self.buffer.reserve(text.len() / 2 + 64);
        loop {
            let read = usize::try_from(self.compress.total_in()).ok()?;
            let input = &text[read..];
            let flush = FlushCompress::Sync;
            self.compress.compress_vec(input, &mut self.buffer, flush).ok()?;
            let all_read = self.compress.total_in() == text.len() as u64;
            // A flush is complete when it left room.
            if all_read && self.buffer.len() < self.buffer.capacity() {
                break;
            }
            self.buffer.reserve(STEP);
        }
        let payload = self.buffer.strip_suffix(&TAIL)?;
        (payload.len() < text.len()).then(|| deflated_text_frame(payload))
    }
}

/// Why a compressed message cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// It inflates to more than the limit.
    TooLarge,
    /// It is not DEFLATE data.
    Invalid,
}

/// Inflates messages, each by itself, never to more than a limit.
pub struct Inflater {
    decompress: Decompress,
    buffer: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// An inflater with no message in it.
    #[must_use]
    pub fn new() -> Self {
        Self { decompress: Decompress::new(false), buffer: Vec::new() }
    }

    /// The message that `payload` is the compressed form of, at most `bytes_max` long.
    pub(crate) fn inflate(
        &mut self,
        payload: &[u8],
        bytes_max: usize,
    ) -> Result<&[u8], InflateError> {
        self.decompress.reset(false);
        if self.buffer.capacity() > KEEP {
            self.buffer = Vec::new();
        }
        self.buffer.clear();
        self.feed(payload, bytes_max)?;
        self.feed(&TAIL, bytes_max)?;
        Ok(&self.buffer)
    }

    fn feed(&mut self, mut input: &[u8], bytes_max: usize) -> Result<(), InflateError> {
        loop {
            if self.buffer.len() == self.buffer.capacity() {
                let room = (bytes_max + 1 - self.buffer.len()).clamp(1, STEP);
                self.buffer.reserve_exact(room);
            }
            let (read_before, length_before) = (self.decompress.total_in(), self.buffer.len());
            let flush = FlushDecompress::Sync;
            let status = self
                .decompress
                .decompress_vec(input, &mut self.buffer, flush)
                .map_err(|_| InflateError::Invalid)?;
            if self.buffer.len() > bytes_max {
                return Err(InflateError::TooLarge);
            }
            let read = self.decompress.total_in() - read_before;
            input = &input[usize::try_from(read).unwrap_or(input.len())..];
            if status == Status::StreamEnd {
                // A final block may be followed by more (RFC 7692, section 7.2.3.4).
                self.decompress.reset(false);
            }
            let is_stuck = read == 0 && self.buffer.len() == length_before;
            let has_room = self.buffer.len() < self.buffer.capacity();
            if input.is_empty() && has_room {
                return Ok(());
            }
            if is_stuck && has_room {
                return Err(InflateError::Invalid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payload(frame: &Bytes) -> &[u8] {
        match frame[1] {
            126 => &frame[4..],
            127 => &frame[10..],
            _ => &frame[2..],
        }
    }

    proptest! {
        #[test]
        fn what_is_deflated_inflates_to_itself(text in "[a-e ]{0,5000}") {
            let mut deflater = Deflater::new(1);
            if let Some(frame) = deflater.text_frame(text.as_bytes()) {
                prop_assert_eq!(frame[0], 0xc1);
                let mut inflater = Inflater::new();
                prop_assert_eq!(inflater.inflate(payload(&frame), 5000), Ok(text.as_bytes()));
                if text.len() > 1 {
                    let short = text.len() - 1;
                    prop_assert_eq!(
                        inflater.inflate(payload(&frame), short),
                        Err(InflateError::TooLarge)
                    );
                }
            }
        }

        #[test]
        fn rubbish_is_refused_or_stays_within_the_limit(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(message) = Inflater::new().inflate(&bytes, 10_000) {
                prop_assert!(message.len() <= 10_000);
            }
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let frame = Deflater::new(9).text_frame(&vec![b'a'; 6 << 20]).unwrap();
        assert!(frame.len() < 10_000);
        let mut inflater = Inflater::new();
        assert_eq!(inflater.inflate(payload(&frame), 262_144), Err(InflateError::TooLarge));
        assert!(inflater.buffer.capacity() <= 262_144 + 2 * STEP);
    }

    #[test]
    fn the_examples_of_the_standard_inflate() {
        let mut inflater = Inflater::new();
        let one_block = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflater.inflate(&one_block, 100), Ok(&b"Hello"[..]));
        let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        assert_eq!(inflater.inflate(&stored, 100), Ok(&b"Hello"[..]));
        let last_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflater.inflate(&last_block, 100), Ok(&b"Hello"[..]));
        let two_blocks =
            [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflater.inflate(&two_blocks, 100), Ok(&b"Hello"[..]));
    }

    #[test]
    fn offers_that_a_shared_frame_cannot_serve_are_declined() {
        assert!(accepts("permessage-deflate"));
        assert!(accepts("permessage-deflate; client_max_window_bits"));
        assert!(accepts("x-other, permessage-deflate; server_max_window_bits=15"));
        assert!(accepts("permessage-deflate; server_max_window_bits=9, permessage-deflate"));
        assert!(!accepts("permessage-deflate; server_max_window_bits=9"));
        assert!(!accepts("permessage-deflate; client_max_window_bits=7"));
        assert!(!accepts("permessage-deflate; client_max_window_bits=abc"));
        assert!(!accepts("permessage-deflate; surprise"));
        assert!(!accepts("permessage-deflate; client_max_window_bits; client_max_window_bits"));
    }
}
