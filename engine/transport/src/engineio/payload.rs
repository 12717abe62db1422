//! Payloads of polling: packets with a separator between them, made of the server's frames and made into
//! the client's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::CloseReason;

use super::Packet;
use crate::frame::{Opcode, client_frame, header_of};

/// What stands between two packets.
const SEPARATOR: u8 = 0x1e;
/// Packets that a client may post at once. Clients split what they have by its bytes alone: whoever was
/// away for a minute posts some thousand.
pub const PACKETS_MAX: usize = 4096;
/// The packet that closes.
pub(crate) const CLOSE: &[u8] = b"1";
/// The packet that says nothing.
pub(crate) const NOOP: &[u8] = b"6";

/// The packets of frames.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The packets.
    pub bytes: Vec<u8>,
    /// Bytes of the frames they were made of.
    pub consumed: usize,
    /// Whether the connection is closed with the last of them.
    pub is_last: bool,
}

/// The packets of all whole frames at the start of `frames`. WebSocket pings and pongs have none: what a
/// session asks to be confirmed is not, while its client polls.
#[must_use]
pub fn of_frames(frames: &[u8]) -> Payload {
    let mut payload = Payload::default();
    while let Some((first, header, length)) = header_of(&frames[payload.consumed..]) {
        let rest = &frames[payload.consumed + header..];
        let Some((data, _)) = rest.split_at_checked(length) else { break };
        payload.consumed += header + length;
        match first & 0x0f {
            code if code == Opcode::Text as u8 => payload.add(b"", data),
            code if code == Opcode::Binary as u8 => {
                payload.add(b"b", STANDARD.encode(data).as_bytes());
            }
            code if code == Opcode::Close as u8 => {
                match Place::of(data) {
                    Place::AnotherPoll if !payload.bytes.is_empty() => {
                        payload.consumed -= header + length;
                        break;
                    }
                    Place::Nowhere if !payload.bytes.is_empty() => {}
                    _ => payload.add(b"", CLOSE),
                }
                payload.is_last = true;
                break;
            }
            _ => {}
        }
    }
    payload
}

/// Where the close of a session goes that has something to say before.
enum Place {
    /// In a poll of its own: clients of Socket.IO hear of a close at once and of the packets before it a
    /// moment later, when nobody listens to them any more.
    AnotherPoll,
    /// Behind what is said: the server restarts, and nobody may be there for another poll.
    Behind,
    /// Nowhere: the server goes down, and nobody is there for another poll; what is said sends clients away.
    Nowhere,
}

impl Place {
    fn of(close: &[u8]) -> Self {
        match close.first_chunk().map(|code| u16::from_be_bytes(*code)) {
            Some(code) if code == CloseReason::RESTART.code => Self::Behind,
            Some(code) if code == CloseReason::GOING_DOWN.code => Self::Nowhere,
            _ => Self::AnotherPoll,
        }
    }
}

impl Payload {
    fn add(&mut self, kind: &[u8], data: &[u8]) {
        if !self.bytes.is_empty() {
            self.bytes.push(SEPARATOR);
        }
        self.bytes.extend_from_slice(kind);
        self.bytes.extend_from_slice(data);
    }
}

/// What a client posted.
#[derive(Debug, PartialEq, Eq)]
pub struct Posted {
    /// The frames of its packets, as a client sends them over a WebSocket.
    pub frames: Vec<Bytes>,
    /// Whether the client goes with the last of them; what stands behind that is dropped.
    pub is_last: bool,
}

/// Reads a body that a client posted; `None` where it is no payload: another packet than a client sends, or
/// more than [`PACKETS_MAX`].
#[must_use]
pub fn read(body: &[u8]) -> Option<Posted> {
    let text = std::str::from_utf8(body).ok()?;
    let mut posted = Posted { frames: Vec::new(), is_last: false };
    for packet in text.split(char::from(SEPARATOR)) {
        if posted.frames.len() == PACKETS_MAX {
            return None;
        }
        if let Some(data) = packet.strip_prefix('b') {
            posted.frames.push(client_frame(Opcode::Binary, &STANDARD.decode(data).ok()?));
            continue;
        }
        match Packet::of(packet)? {
            Packet::Close => {
                posted.is_last = true;
                break;
            }
            Packet::Message(_) | Packet::Pong | Packet::Noop => {
                posted.frames.push(client_frame(Opcode::Text, packet.as_bytes()));
            }
        }
    }
    Some(posted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decoder::{Decoder, DecoderLimits, Message};
    use crate::deflate::Inflater;
    use crate::frame::{close_frame, frame};

    fn joined(frames: &[Bytes]) -> Vec<u8> {
        frames.concat()
    }

    #[test]
    fn frames_become_packets_and_a_part_of_one_waits() {
        let frames = joined(&[
            frame(Opcode::Text, b"4hello"),
            frame(Opcode::Ping, b"x"),
            frame(Opcode::Binary, &[1, 2, 3, 4]),
            frame(Opcode::Text, b"4later"),
        ]);
        for cut in 0..frames.len() {
            let payload = of_frames(&frames[..cut]);
            assert!(payload.consumed <= cut && !payload.is_last);
            let rest = of_frames(&frames[payload.consumed..]);
            let both = [payload.bytes, rest.bytes];
            let both: Vec<_> = both.iter().filter(|bytes| !bytes.is_empty()).cloned().collect();
            assert_eq!(both.join(&SEPARATOR), b"4hello\x1ebAQIDBA==\x1e4later");
        }
    }

    #[test]
    fn a_close_is_the_last_packet_and_comes_by_itself_unless_the_server_ends() {
        let bye_and = |reason: CloseReason| {
            let (before, behind) = (frame(Opcode::Text, b"4bye"), frame(Opcode::Text, b"4x"));
            joined(&[before, close_frame(&reason), behind])
        };
        let payload = of_frames(&bye_and(CloseReason::RESTART));
        assert_eq!((payload.bytes.as_slice(), payload.is_last), (&b"4bye\x1e1"[..], true));
        let payload = of_frames(&bye_and(CloseReason::GOING_DOWN));
        assert_eq!((payload.bytes.as_slice(), payload.is_last), (&b"4bye"[..], true));
        let payload = of_frames(&close_frame(&CloseReason::GOING_DOWN));
        assert_eq!((payload.bytes.as_slice(), payload.is_last), (CLOSE, true));
        for reason in [CloseReason::UNAUTHORIZED, CloseReason::TOO_LARGE, CloseReason::OVERLOADED] {
            let frames = bye_and(reason);
            let payload = of_frames(&frames);
            assert_eq!((payload.bytes.as_slice(), payload.is_last), (&b"4bye"[..], false));
            let rest = of_frames(&frames[payload.consumed..]);
            assert_eq!((rest.bytes.as_slice(), rest.is_last), (CLOSE, true));
        }
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        for body in [
            &b""[..],
            b"abc",
            b"4a\x1e",
            b"\x1e4a",
            b"4a\x1e2",
            b"4a\x1e2probe",
            b"5",
            b"0{}",
            b"b!",
            b"bAQI",
            b"4\xff",
            b"4a\x1e\x1e4b",
        ] {
            assert_eq!(read(body), None, "{}", String::from_utf8_lossy(body));
        }
        let many = |count| vec!["4x"; count].join("\x1e");
        assert_eq!(read(many(PACKETS_MAX).as_bytes()).unwrap().frames.len(), PACKETS_MAX);
        assert_eq!(read(many(PACKETS_MAX + 1).as_bytes()), None);
    }

    #[test]
    fn behind_a_close_nothing_counts() {
        let posted = read(b"4a\x1e1\x1eabc").unwrap();
        assert_eq!((posted.frames.len(), posted.is_last), (1, true));
    }

    /// What a decoder makes of a client's frames, as packets again.
    fn decoded(frames: &[Bytes]) -> Vec<Vec<u8>> {
        let limits = DecoderLimits { message_bytes_max: 1 << 20, fragments_max: 1, deflate: false };
        let (mut decoder, mut inflater) = (Decoder::default(), Inflater::new());
        let mut bytes = joined(frames);
        let (mut done, mut packets) = (0, Vec::new());
        while done < bytes.len() {
            let step = decoder.decode(&mut bytes[done..], &limits, &mut inflater).unwrap();
            done += step.consumed;
            match step.message {
                Some(Message::Text(text)) => packets.push(text.as_bytes().to_vec()),
                Some(Message::Binary(bytes)) => {
                    packets.push([b"b", STANDARD.encode(bytes).as_bytes()].concat());
                }
                other => panic!("{other:?}"),
            }
        }
        packets
    }

    proptest! {
        #[test]
        fn what_is_posted_reads_back(packets in prop::collection::vec(
            prop_oneof![
                "4[^\\x1e]{0,200}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..300)
                    .prop_map(|bytes| format!("b{}", STANDARD.encode(bytes)).into_bytes()),
                Just(b"3".to_vec()),
            ],
            1..20,
        )) {
            let posted = read(&packets.join(&SEPARATOR)).unwrap();
            prop_assert!(!posted.is_last);
            prop_assert_eq!(decoded(&posted.frames), packets);
        }

        #[test]
        fn no_body_panics(body in prop::collection::vec(
            prop_oneof![Just(b'4'), Just(b'b'), Just(0x1e), Just(b'1'), any::<u8>()], 0..200,
        )) {
            if let Some(posted) = read(&body) {
                prop_assert!(posted.frames.len() <= PACKETS_MAX);
                decoded(&posted.frames);
            }
        }
    }
}
