//! The little of RFC 6455 that a load needs: the upgrade request, masked frames out, frame headers in.
//!
//! **Pitfalls:** no extension is offered, so a reserved bit is a fault; the server's
//! `Sec-WebSocket-Accept` is not verified (the conformance tests do that), only the status is.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The opcode of a text frame.
pub const TEXT: u8 = 1;
/// The opcode of a binary frame.
pub const BINARY: u8 = 2;
/// The opcode of a close frame.
pub const CLOSE: u8 = 8;
/// The opcode of a ping.
pub const PING: u8 = 9;
/// The opcode of a pong.
pub const PONG: u8 = 10;

/// The longest header of a server's frame, in bytes.
pub const HEADER_BYTES_MAX: usize = 10;

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is.
    pub opcode: u8,
    /// Bytes of the header itself.
    pub bytes: usize,
    /// Bytes of the payload.
    pub payload_bytes: usize,
}

/// Reads the header at the start of `input`; `None` while it is not all there.
///
/// # Errors
/// A text when it is not the header of a whole, unmasked, uncompressed frame, which is all that a
/// server sends to this client.
pub fn header(input: &[u8]) -> Result<Option<Header>, &'static str> {
    let [first, second, rest @ ..] = input else { return Ok(None) };
    if first & 0x80 == 0 {
        return Err("a message in fragments");
    }
    if first & 0x70 != 0 {
        return Err("a reserved bit");
    }
    if second & 0x80 != 0 {
        return Err("a masked frame from the server");
    }
    let opcode = first & 0x0f;
    let (bytes, payload_bytes) = match (second & 0x7f, rest) {
        (126, [high, low, ..]) => (4, u64::from(u16::from_be_bytes([*high, *low]))),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            (10, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))
        }
        (126 | 127, _) => return Ok(None),
        (short, _) => (2, u64::from(short)),
    };
    let payload_bytes = usize::try_from(payload_bytes).map_err(|_| "a frame beyond memory")?;
    Ok(Some(Header { opcode, bytes, payload_bytes }))
}

/// Appends one frame as a client sends it, masked with `mask`.
pub fn push_masked(out: &mut Vec<u8>, opcode: u8, mask: [u8; 4], payload: &[u8]) {
    push_header(out, opcode, 0x80, payload.len());
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Appends one frame as a server sends it.
pub fn push_plain(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_header(out, opcode, 0, payload.len());
    out.extend_from_slice(payload);
}

fn push_header(out: &mut Vec<u8>, opcode: u8, masked: u8, payload_bytes: usize) {
    out.push(0x80 | opcode);
    if let Ok(short) = u8::try_from(payload_bytes)
        && short < 126
    {
        out.push(masked | short);
    } else if let Ok(medium) = u16::try_from(payload_bytes) {
        out.push(masked | 126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(masked | 127);
        out.extend_from_slice(&(payload_bytes as u64).to_be_bytes());
    }
}

/// The request that opens a WebSocket on `path` (with its query); `nonce` makes its key its own.
#[must_use]
pub fn upgrade_request(address: SocketAddr, path: &str, nonce: u64) -> String {
    let mut key = [0u8; 16];
    key[..8].copy_from_slice(&nonce.to_be_bytes());
    key[8..].copy_from_slice(&nonce.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let key = STANDARD.encode(key);
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Where the head of the server's answer ends in `input`; `None` while it is not all there.
///
/// # Errors
/// The status line, when it is not 101.
pub fn upgrade_end(input: &[u8]) -> Result<Option<usize>, String> {
    let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let line = input.split(|byte| *byte == b'\r').next().unwrap_or_default();
    if line.starts_with(b"HTTP/1.1 101") {
        Ok(Some(end + 4))
    } else {
        Err(String::from_utf8_lossy(line).into_owned())
    }
}

/// Code and reason of a close frame's payload; 1005 where it is empty.
#[must_use]
pub fn close_reason(payload: &[u8]) -> (u16, String) {
    match payload {
        [high, low, reason @ ..] => {
            (u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(reason).into_owned())
        }
        _ => (1005, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_class_are_read_back() {
        for length in [0usize, 1, 125, 126, 65_535, 65_536] {
            let mut frame = Vec::new();
            push_plain(&mut frame, TEXT, &vec![b'a'; length]);
            let read = header(&frame).unwrap().unwrap();
            assert_eq!((read.opcode, read.payload_bytes), (TEXT, length));
            assert_eq!(read.bytes + read.payload_bytes, frame.len());
            for cut in 0..read.bytes {
                assert_eq!(header(&frame[..cut]).unwrap(), None);
            }
        }
    }

    #[test]
    fn masking_hides_the_payload_and_unmasks_to_it() {
        let mut frame = Vec::new();
        push_masked(&mut frame, TEXT, [1, 2, 3, 4], b"hello");
        assert_eq!(&frame[..6], &[0x81, 0x85, 1, 2, 3, 4]);
        let plain: Vec<u8> = frame[6..].iter().zip([1, 2, 3, 4, 1]).map(|(a, b)| a ^ b).collect();
        assert_eq!(plain, b"hello");
        assert!(header(&frame).is_err());
    }

    #[test]
    fn an_answer_other_than_101_is_told_by_its_status_line() {
        let refusal = upgrade_end(b"HTTP/1.1 429 Too Many Requests\r\nA: b\r\n\r\n");
        assert_eq!(refusal, Err("HTTP/1.1 429 Too Many Requests".to_owned()));
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nxy";
        assert_eq!(upgrade_end(answer), Ok(Some(answer.len() - 2)));
        assert_eq!(upgrade_end(&answer[..20]), Ok(None));
    }

    #[test]
    fn a_close_frame_tells_code_and_reason() {
        assert_eq!(close_reason(b"\x03\xf5too slow"), (1013, "too slow".to_owned()));
        assert_eq!(close_reason(b""), (1005, String::new()));
    }
}
