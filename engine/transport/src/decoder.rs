//! Reads client frames (RFC 6455, section 5) without I/O: bytes in, messages out.
//!
//! A message that lies whole in the input is unmasked in place and handed on without a copy; only
//! what is cut by the end of the input, or fragmented, is put together in a buffer.
//!
//! **Invariants.** No byte is buffered for a message whose declared length, with the fragments
//! before, is over the limit; a buffer grows with the bytes that came, never with the length that
//! was announced. After an error the decoder must not be used again.

use crate::deflate::{InflateError, Inflater};
use crate::frame::Opcode;

/// The longest frame header: two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;
/// The longest payload of a control frame.
const CONTROL_BYTES_MAX: usize = 125;

/// What a decoder holds its peer to.
#[derive(Clone, Copy, Debug)]
pub struct DecoderLimits {
    /// Bytes of a message, inflated.
    pub message_bytes_max: usize,
    /// Frames of a message.
    pub fragments_max: u32,
    /// Whether permessage-deflate was agreed on.
    pub deflate: bool,
}

/// One message or control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// A ping; its payload goes back in a pong.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// The peer closes, with code and reason where it gave them.
    Close(Option<(u16, &'a str)>),
}

/// Why the peer cannot be understood any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It broke the framing rules; close with 1002.
    #[error("{0}")]
    Protocol(&'static str),
    /// A text or a close reason is not UTF-8, or a message is not DEFLATE data; close with 1007.
    #[error("invalid data in a message")]
    Invalid,
    /// A message over the limit, or in too many fragments; close with 1009.
    #[error("message too large")]
    TooLarge,
}

/// How far a call came.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Bytes of the input that are done with.
    pub consumed: usize,
    /// The message that ended there, if one did.
    pub message: Option<Message<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    opcode: Opcode,
    fin: bool,
    rsv1: bool,
    mask: [u8; 4],
    length: u64,
}

/// A message of which a part has come.
#[derive(Debug)]
struct Assembly {
    opcode: Opcode,
    compressed: bool,
    fragments: u32,
    bytes: Vec<u8>,
    /// How much of an uncompressed text is known to be UTF-8.
    valid: usize,
    is_whole: bool,
}

/// A frame of which the payload has not come whole.
#[derive(Debug)]
struct Payload {
    header: Header,
    left: u64,
}

/// The state between two inputs: 40 bytes and, only in the middle of a message, its buffer.
#[derive(Debug, Default)]
pub struct Decoder {
    header: [u8; HEADER_BYTES_MAX],
    header_length: u8,
    payload: Option<Box<Payload>>,
    message: Option<Box<Assembly>>,
    control: Option<Vec<u8>>,
}

impl Decoder {
    /// Whether a message has begun and not ended.
    #[must_use]
    pub fn is_amid_message(&self) -> bool {
        self.message.as_ref().is_some_and(|message| !message.is_whole)
            || self.payload.is_some()
            || self.header_length > 0
    }

    /// Reads on, up to the end of the next message or of the input. Call it again with the rest
    /// until all is consumed.
    ///
    /// # Errors
    /// See [`DecodeError`]; each ends the connection.
    pub fn decode<'a>(
        &'a mut self,
        input: &'a mut [u8],
        limits: &DecoderLimits,
        inflater: &'a mut Inflater,
    ) -> Result<Step<'a>, DecodeError> {
        self.forget_delivered();
        if self.payload.is_none() {
            let Some(header_bytes) = self.read_header(input)? else {
                return Ok(Step { consumed: input.len(), message: None });
            };
            let header = self.check_header(limits)?;
            self.header_length = 0;
            if self.lies_whole_in(&input[header_bytes..], &header) {
                let rest = &mut input[header_bytes..];
                let length = usize::try_from(header.length).map_err(|_| DecodeError::TooLarge)?;
                unmask(&mut rest[..length], header.mask, 0);
                let message = finish(&header, &rest[..length], limits, inflater)?;
                return Ok(Step { consumed: header_bytes + length, message: Some(message) });
            }
            self.begin(&header);
            let taken = self.take_payload(&input[header_bytes..])?;
            return self.step(header_bytes + taken, limits, inflater);
        }
        let taken = self.take_payload(input)?;
        self.step(taken, limits, inflater)
    }

    /// Collects the header; `None` while it is not whole, else how many bytes of the input it took.
    fn read_header(&mut self, input: &[u8]) -> Result<Option<usize>, DecodeError> {
        let mut taken = 0;
        loop {
            let have = usize::from(self.header_length);
            let need = header_length(&self.header[..have]);
            if have == need {
                return Ok(Some(taken));
            }
            let more = (need - have).min(input.len() - taken);
            if more == 0 {
                return Ok(None);
            }
            self.header[have..have + more].copy_from_slice(&input[taken..taken + more]);
            self.header_length += u8::try_from(more).map_err(|_| DecodeError::TooLarge)?;
            taken += more;
            if self.header_length >= 2 && self.header[1] & 0x80 == 0 {
                return Err(DecodeError::Protocol("a client frame must be masked"));
            }
        }
    }

    fn check_header(&self, limits: &DecoderLimits) -> Result<Header, DecodeError> {
        let header = parse_header(&self.header[..usize::from(self.header_length)])?;
        let Header { opcode, fin, rsv1, length, .. } = header;
        if opcode.is_control() {
            if rsv1 || !fin || length > CONTROL_BYTES_MAX as u64 {
                return Err(DecodeError::Protocol("a control frame is whole, small and plain"));
            }
            return Ok(header);
        }
        let (before, fragments) = match (&self.message, opcode) {
            (None, Opcode::Continuation) => {
                return Err(DecodeError::Protocol("a continuation continues nothing"));
            }
            (Some(message), Opcode::Continuation) => {
                (message.bytes.len() as u64, message.fragments + 1)
            }
            (Some(_), _) => {
                return Err(DecodeError::Protocol("a message begins within another"));
            }
            (None, _) => (0, 1),
        };
        if rsv1 && (!limits.deflate || opcode == Opcode::Continuation) {
            return Err(DecodeError::Protocol("RSV1 without compression"));
        }
        if length > (limits.message_bytes_max as u64).saturating_sub(before)
            || fragments > limits.fragments_max
        {
            return Err(DecodeError::TooLarge);
        }
        Ok(header)
    }

    /// The common case: one whole frame in the input, nothing begun before.
    fn lies_whole_in(&self, rest: &[u8], header: &Header) -> bool {
        (header.opcode.is_control() || (header.fin && self.message.is_none()))
            && header.length <= rest.len() as u64
    }

    fn begin(&mut self, header: &Header) {
        match header.opcode {
            Opcode::Text | Opcode::Binary => {
                self.message = Some(Box::new(Assembly {
                    opcode: header.opcode,
                    compressed: header.rsv1,
                    fragments: 1,
                    bytes: Vec::new(),
                    valid: 0,
                    is_whole: false,
                }));
            }
            Opcode::Continuation => {
                if let Some(message) = &mut self.message {
                    message.fragments += 1;
                }
            }
            Opcode::Close | Opcode::Ping | Opcode::Pong => self.control = Some(Vec::new()),
        }
        self.payload = Some(Box::new(Payload { header: *header, left: header.length }));
    }

    /// Takes what there is of the frame's payload; how many bytes that were.
    fn take_payload(&mut self, input: &[u8]) -> Result<usize, DecodeError> {
        let Some(payload) = &mut self.payload else { return Ok(0) };
        let taken = usize::try_from(payload.left).unwrap_or(usize::MAX).min(input.len());
        let done = payload.header.length - payload.left;
        payload.left -= taken as u64;
        let buffer = match (&mut self.control, &mut self.message) {
            (Some(control), _) => control,
            (None, Some(message)) => &mut message.bytes,
            (None, None) => return Ok(taken),
        };
        let start = buffer.len();
        buffer.extend_from_slice(&input[..taken]);
        unmask(&mut buffer[start..], payload.header.mask, done);
        if self.control.is_none()
            && let Some(message) = &mut self.message
            && message.opcode == Opcode::Text
            && !message.compressed
        {
            message.check_text()?;
        }
        Ok(taken)
    }

    /// What the bytes consumed so far amount to.
    fn step<'a>(
        &'a mut self,
        consumed: usize,
        limits: &DecoderLimits,
        inflater: &'a mut Inflater,
    ) -> Result<Step<'a>, DecodeError> {
        let Some(payload) = self.payload.take_if(|payload| payload.left == 0) else {
            return Ok(Step { consumed, message: None });
        };
        if payload.header.opcode.is_control() {
            let bytes = self.control.as_deref().unwrap_or_default();
            let message = finish(&payload.header, bytes, limits, inflater)?;
            return Ok(Step { consumed, message: Some(message) });
        }
        if !payload.header.fin {
            return Ok(Step { consumed, message: None });
        }
        let Some(message) = &mut self.message else {
            return Ok(Step { consumed, message: None });
        };
        message.is_whole = true;
        let header = Header { opcode: message.opcode, rsv1: message.compressed, ..payload.header };
        let message = finish(&header, &message.bytes, limits, inflater)?;
        Ok(Step { consumed, message: Some(message) })
    }

    /// Drops what the last call handed on.
    fn forget_delivered(&mut self) {
        if self.message.as_ref().is_some_and(|message| message.is_whole) {
            self.message = None;
        }
        if self.payload.as_ref().is_none_or(|payload| !payload.header.opcode.is_control()) {
            self.control = None;
        }
    }
}

impl Assembly {
    /// Checks what came of a text as soon as it came.
    fn check_text(&mut self) -> Result<(), DecodeError> {
        match std::str::from_utf8(&self.bytes[self.valid..]) {
            Ok(_) => self.valid = self.bytes.len(),
            Err(error) if error.error_len().is_some() => return Err(DecodeError::Invalid),
            Err(error) => self.valid += error.valid_up_to(),
        }
        Ok(())
    }
}

/// How long the header is that begins with `bytes`, as far as they tell.
fn header_length(bytes: &[u8]) -> usize {
    match bytes.get(1).map(|byte| byte & 0x7f) {
        None => 2,
        Some(126) => 8,
        Some(127) => HEADER_BYTES_MAX,
        Some(_) => 6,
    }
}

/// Parses a whole header.
fn parse_header(bytes: &[u8]) -> Result<Header, DecodeError> {
    if bytes[0] & 0x30 != 0 {
        return Err(DecodeError::Protocol("a reserved bit is set"));
    }
    let opcode = match bytes[0] & 0x0f {
        0x0 => Opcode::Continuation,
        0x1 => Opcode::Text,
        0x2 => Opcode::Binary,
        0x8 => Opcode::Close,
        0x9 => Opcode::Ping,
        0xa => Opcode::Pong,
        _ => return Err(DecodeError::Protocol("a reserved opcode")),
    };
    let (middle, mask) = bytes[2..].split_at(bytes.len() - 6);
    let length = match middle {
        [] => u64::from(bytes[1] & 0x7f),
        _ => middle.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
    };
    if length >> 63 != 0 {
        return Err(DecodeError::Protocol("a length of more than 63 bits"));
    }
    let mut header = Header {
        opcode,
        fin: bytes[0] & 0x80 != 0,
        rsv1: bytes[0] & 0x40 != 0,
        mask: [0; 4],
        length,
    };
    header.mask.copy_from_slice(mask);
    Ok(header)
}

/// Takes the mask off `bytes`, which begin `done` bytes into the payload.
fn unmask(bytes: &mut [u8], mask: [u8; 4], done: u64) {
    let mut mask = mask;
    mask.rotate_left(usize::try_from(done % 4).unwrap_or_default());
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Makes the message of a whole payload.
fn finish<'a>(
    header: &Header,
    bytes: &'a [u8],
    limits: &DecoderLimits,
    inflater: &'a mut Inflater,
) -> Result<Message<'a>, DecodeError> {
    let bytes = if header.rsv1 {
        inflater.inflate(bytes, limits.message_bytes_max).map_err(|error| match error {
            InflateError::TooLarge => DecodeError::TooLarge,
            InflateError::Invalid => DecodeError::Invalid,
        })?
    } else {
        bytes
    };
    Ok(match header.opcode {
        Opcode::Text | Opcode::Continuation => Message::Text(utf8(bytes)?),
        Opcode::Binary => Message::Binary(bytes),
        Opcode::Ping => Message::Ping(bytes),
        Opcode::Pong => Message::Pong(bytes),
        Opcode::Close => Message::Close(close(bytes)?),
    })
}

fn close(bytes: &[u8]) -> Result<Option<(u16, &str)>, DecodeError> {
    match bytes {
        [] => Ok(None),
        [_] => Err(DecodeError::Protocol("a close code has two bytes")),
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some((code, utf8(reason)?))),
            _ => Err(DecodeError::Protocol("a close code that must not be sent")),
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| DecodeError::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: DecoderLimits =
        DecoderLimits { message_bytes_max: 1000, fragments_max: 64, deflate: true };

    fn client_frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            length => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend(mask);
        let start = bytes.len();
        bytes.extend(payload);
        unmask(&mut bytes[start..], mask, 0);
        bytes
    }

    /// Feeds `bytes` cut at `cuts`; the messages as text, or the error.
    fn read(bytes: &[u8], cuts: &[usize]) -> (Vec<String>, Option<DecodeError>) {
        let (mut decoder, mut inflater) = (Decoder::default(), Inflater::new());
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut messages = Vec::new();
        for cut in cuts.windows(2) {
            let mut input = bytes[cut[0]..cut[1]].to_vec();
            let mut at = 0;
            while at < input.len() {
                match decoder.decode(&mut input[at..], &LIMITS, &mut inflater) {
                    Ok(step) => {
                        messages.extend(step.message.map(|message| format!("{message:?}")));
                        at += step.consumed;
                    }
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
        (messages, None)
    }

    #[test]
    fn a_ping_between_fragments_comes_first() {
        let mut bytes = client_frame(0x01, "hé".as_bytes(), [1, 2, 3, 4]);
        bytes.extend(client_frame(0x89, b"p", [0; 4]));
        bytes.extend(client_frame(0x80, b"llo", [9, 8, 7, 6]));
        let expected = vec!["Ping([112])".to_owned(), "Text(\"héllo\")".to_owned()];
        assert_eq!(read(&bytes, &[]), (expected, None));
    }

    #[test]
    fn a_declared_length_over_the_limit_is_refused_from_the_header() {
        let huge = [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        assert_eq!(read(&huge, &[]).1, Some(DecodeError::TooLarge));
        let negative = [0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        assert!(matches!(read(&negative, &[]).1, Some(DecodeError::Protocol(_))));
        let mut fragments = client_frame(0x01, &[b'a'; 600], [0; 4]);
        fragments.extend_from_slice(&client_frame(0x80, &[b'a'; 401], [0; 4])[..8]);
        assert_eq!(read(&fragments, &[]).1, Some(DecodeError::TooLarge));
    }

    #[test]
    fn fragments_without_end_are_refused() {
        let mut bytes = client_frame(0x01, b"", [0; 4]);
        for _ in 0..64 {
            bytes.extend(client_frame(0x00, b"", [0; 4]));
        }
        assert_eq!(read(&bytes, &[]).1, Some(DecodeError::TooLarge));
    }

    #[test]
    fn broken_framing_is_refused() {
        let masked = |first, payload: &[u8]| client_frame(first, payload, [0; 4]);
        for (bytes, what) in [
            (vec![0x81, 0x01, b'a'], "unmasked"),
            (masked(0x83, b""), "reserved opcode"),
            (masked(0x91, b""), "RSV3"),
            (masked(0x80, b""), "continuation of nothing"),
            (masked(0x09, b""), "fragmented ping"),
            (masked(0xc9, b""), "compressed ping"),
            (masked(0x89, &[0; 126]), "long ping"),
            (masked(0x88, &[3]), "half a close code"),
            (masked(0x88, &[3, 0xed]), "close 1005"),
            ([masked(0x01, b"a"), masked(0x81, b"b")].concat(), "message in a message"),
            ([masked(0x01, b"a"), masked(0xc0, b"b")].concat(), "RSV1 on a continuation"),
        ] {
            assert!(matches!(read(&bytes, &[]).1, Some(DecodeError::Protocol(_))), "{what}");
        }
    }

    #[test]
    fn text_that_cannot_become_utf8_is_refused_before_its_end() {
        let mut bytes = client_frame(0x01, &[0xce, 0xba, 0xed, 0xa0, 0x80], [0; 4]);
        assert_eq!(read(&bytes, &[]).1, Some(DecodeError::Invalid));
        bytes = client_frame(0x81, &[b'a'; 100], [0; 4]);
        bytes[10] = 0xff;
        bytes.truncate(20);
        assert_eq!(read(&bytes, &[]).1, Some(DecodeError::Invalid));
    }

    proptest! {
        #[test]
        fn where_the_input_is_cut_does_not_matter(
            texts in prop::collection::vec(("[a-zé€𝄞]{0,60}", any::<[u8; 4]>(), any::<bool>()), 0..6),
            cuts in prop::collection::vec(any::<usize>(), 0..20),
        ) {
            let mut bytes = Vec::new();
            let mut expected = Vec::new();
            for (text, mask, split) in &texts {
                expected.push(format!("Text({text:?})"));
                if *split {
                    let (left, right) = text.as_bytes().split_at(text.len() / 2);
                    bytes.extend(client_frame(0x01, left, *mask));
                    bytes.extend(client_frame(0x80, right, *mask));
                } else {
                    bytes.extend(client_frame(0x81, text.as_bytes(), *mask));
                }
            }
            prop_assert_eq!(read(&bytes, &cuts), (expected, None));
        }

        #[test]
        fn any_bytes_give_the_same_however_they_are_cut(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(any::<usize>(), 0..20),
        ) {
            prop_assert_eq!(read(&bytes, &cuts), read(&bytes, &[]));
        }
    }
}
