//! Server frames (RFC 6455, section 5.2): never masked, never fragmented, made once and shared; and those
//! that stand for what a client posted.

use bytes::{Bytes, BytesMut};
use model::CloseReason;

/// The bit of the first byte that says a message ends with this frame.
const FIN: u8 = 0x80;
/// The bit that permessage-deflate (RFC 7692) sets on a compressed message.
const RSV1: u8 = 0x40;
/// A header's bytes at most: no frame of a server is masked.
const HEADER_BYTES_MAX: usize = 10;
/// The bit of the second byte that says a frame is masked, as a client's must be.
const MASKED: u8 = 0x80;
/// The mask's bytes, behind the header.
const MASK_BYTES: usize = 4;
/// A close reason's bytes: a control frame has at most 125, two of them the code.
const REASON_BYTES_MAX: usize = 123;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// More of the message before.
    Continuation = 0x0,
    /// UTF-8 text.
    Text = 0x1,
    /// Bytes.
    Binary = 0x2,
    /// The end of the connection.
    Close = 0x8,
    /// Asks for a pong.
    Ping = 0x9,
    /// Answers a ping.
    Pong = 0xa,
}

impl Opcode {
    /// Whether it is about the connection rather than part of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A whole message in one frame.
#[must_use]
pub fn frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    build(FIN | opcode as u8, payload)
}

/// A whole compressed text message in one frame; `payload` is what RFC 7692, section 7.2.1, leaves
/// of the compressed data.
#[must_use]
pub fn deflated_text_frame(payload: &[u8]) -> Bytes {
    build(FIN | RSV1 | Opcode::Text as u8, payload)
}

/// A close frame with the reason, cut to the 123 bytes that fit.
#[must_use]
pub fn close_frame(reason: &CloseReason) -> Bytes {
    let mut end = reason.text.len().min(REASON_BYTES_MAX);
    while !reason.text.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = Vec::with_capacity(2 + end);
    payload.extend_from_slice(&reason.code.to_be_bytes());
    payload.extend_from_slice(&reason.text.as_bytes()[..end]);
    frame(Opcode::Close, &payload)
}

/// The bytes of a mark in the payload of a ping, and of the pong that confirms it.
const MARK_BYTES: usize = size_of::<u64>();

/// A ping whose pong confirms everything sent before it.
#[must_use]
pub fn mark_frame(mark: u64) -> Bytes {
    frame(Opcode::Ping, &mark.to_be_bytes())
}

/// The mark that a pong confirms; pings for signs of life carry none.
#[must_use]
pub fn mark_of(pong: &[u8]) -> Option<u64> {
    <[u8; MARK_BYTES]>::try_from(pong).ok().map(u64::from_be_bytes)
}

/// A frame, and behind it the ping that has it confirmed, as one piece.
#[must_use]
pub(crate) fn with_mark(bytes: Bytes, mark: Option<u64>) -> Bytes {
    let Some(mark) = mark else { return bytes };
    let ping = mark_frame(mark);
    let mut both = BytesMut::with_capacity(bytes.len() + ping.len());
    both.extend_from_slice(&bytes);
    both.extend_from_slice(&ping);
    both.freeze()
}

/// A text's frame, and behind it the frames of the binary messages that belong to it, as one piece.
#[must_use]
pub(crate) fn with_attachments(bytes: Bytes, attachments: &[Bytes]) -> Bytes {
    if attachments.is_empty() {
        return bytes;
    }
    let total: usize = attachments.iter().map(|bytes| bytes.len() + HEADER_BYTES_MAX).sum();
    let mut all = BytesMut::with_capacity(bytes.len() + total);
    all.extend_from_slice(&bytes);
    for attachment in attachments {
        put(&mut all, FIN | Opcode::Binary as u8, attachment);
    }
    all.freeze()
}

/// A whole message as a client sends it, masked with nothing.
#[must_use]
pub(crate) fn client_frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len() + HEADER_BYTES_MAX + MASK_BYTES);
    put_header(&mut bytes, FIN | opcode as u8, MASKED, payload.len());
    bytes.extend_from_slice(&[0; MASK_BYTES]);
    bytes.extend_from_slice(payload);
    bytes.freeze()
}

/// The header of a client's text of more than `bytes_max` bytes, of which none follows.
#[must_use]
pub(crate) fn too_long(bytes_max: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(HEADER_BYTES_MAX + MASK_BYTES);
    put_header(&mut bytes, FIN | Opcode::Text as u8, MASKED, bytes_max.saturating_add(1));
    bytes.extend_from_slice(&[0; MASK_BYTES]);
    bytes.freeze()
}

/// Of a server's frame at the start of `bytes`: its first byte, the length of its header and that of its
/// payload; `None` while the header is not whole.
#[must_use]
pub(crate) fn header_of(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, length) = (*bytes.first()?, *bytes.get(1)?);
    let big_endian =
        |bytes: &[u8]| bytes.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
    match length {
        126 => Some((first, 4, big_endian(bytes.get(2..4)?))),
        127 => Some((first, 10, big_endian(bytes.get(2..10)?))),
        length => Some((first, 2, usize::from(length))),
    }
}

fn build(first: u8, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len() + HEADER_BYTES_MAX);
    put(&mut bytes, first, payload);
    bytes.freeze()
}

fn put(bytes: &mut BytesMut, first: u8, payload: &[u8]) {
    put_header(bytes, first, 0, payload.len());
    bytes.extend_from_slice(payload);
}

/// The two first bytes, the second with the bits of `mask` set, and the length where it follows.
fn put_header(bytes: &mut BytesMut, first: u8, mask: u8, length: usize) {
    match length {
        length @ 0..=125 => bytes.extend_from_slice(&[first, mask | to_u8(length)]),
        length @ 126..=0xffff => {
            bytes.extend_from_slice(&[first, mask | 126]);
            bytes.extend_from_slice(&to_u16(length).to_be_bytes());
        }
        length => {
            bytes.extend_from_slice(&[first, mask | 127]);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

fn to_u8(length: usize) -> u8 {
    u8::try_from(length).expect("matched to at most 125")
}

fn to_u16(length: usize) -> u16 {
    u16::try_from(length).expect("matched to at most 65,535")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(frame(Opcode::Text, b"hi").as_ref(), b"\x81\x02hi");
        assert_eq!(frame(Opcode::Text, &[b'a'; 126])[..4], [0x81, 126, 0, 126]);
        assert_eq!(frame(Opcode::Binary, &[0; 65_536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_header_tells_where_its_frame_ends() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            let bytes = frame(Opcode::Binary, &vec![7; length]);
            let (first, header, payload) = header_of(&bytes).unwrap();
            assert_eq!((first, payload, header + payload), (0x82, length, bytes.len()));
            assert_eq!(header_of(&bytes[..header - 1]), None);
        }
    }

    #[test]
    fn a_mark_reads_back_from_the_pong_that_answers_its_ping() {
        let ping = mark_frame(7);
        assert_eq!(ping.as_ref(), b"\x89\x08\0\0\0\0\0\0\0\x07");
        assert_eq!(mark_of(&ping[2..]), Some(7));
        assert_eq!((mark_of(b""), mark_of(b"1234567"), mark_of(b"123456789")), (None, None, None));
        let text = frame(Opcode::Text, b"hi");
        assert_eq!(with_mark(text.clone(), Some(7)), [text.as_ref(), ping.as_ref()].concat());
    }

    #[test]
    fn attachments_follow_their_text_as_binary_frames() {
        let text = frame(Opcode::Text, b"hi");
        assert_eq!(with_attachments(text.clone(), &[]), text);
        let attachments = [Bytes::from_static(b"a"), Bytes::from(vec![7; 200])];
        let all = with_attachments(text.clone(), &attachments);
        let frames = attachments.map(|bytes| frame(Opcode::Binary, &bytes));
        assert_eq!(all, [text, frames[0].clone(), frames[1].clone()].concat());
    }

    #[test]
    fn a_long_close_reason_is_cut_between_characters() {
        let reason = CloseReason { code: 1008, text: "é".repeat(100).into() };
        let bytes = close_frame(&reason);
        assert_eq!(bytes[..4], [0x88, 124, 0x03, 0xf0]);
        assert!(std::str::from_utf8(&bytes[4..]).is_ok());
    }
}
