//! What holds for anything that an Engine.IO client posts, and for the frames that its polls are made of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use transport::decoder::{Decoder, DecoderLimits, Message};
use transport::deflate::Inflater;
use transport::engineio::payload::{self, PACKETS_MAX, Posted};
use transport::frame::{Opcode, frame};

/// Between two packets.
const SEPARATOR: &str = "\x1e";

/// A payload that is taken becomes frames that a connection reads as the very same packets, and sent back
/// they are that payload again; and no bytes stop the reading of frames.
pub fn polling(data: &[u8]) {
    let parts = payload::of_frames(data);
    assert!(parts.consumed <= data.len());
    let Some(Posted { frames, is_last }) = payload::read(data) else { return };
    assert!(frames.len() <= PACKETS_MAX);
    let text = std::str::from_utf8(data).expect("what is taken is text");
    let (packets, echoes) = decode(&frames.concat());
    assert_eq!(packets.len(), frames.len());
    let again = packets.join(SEPARATOR);
    if is_last {
        assert!(again.is_empty() || text.starts_with(&again));
        return;
    }
    assert_eq!(again, text);
    let polled = payload::of_frames(&echoes);
    assert_eq!((polled.consumed, polled.is_last), (echoes.len(), false));
    assert_eq!(polled.bytes, data);
}

/// The packets of a client's frames, and the frames in which a server says the same.
fn decode(frames: &[u8]) -> (Vec<String>, Vec<u8>) {
    let bytes_max = frames.len();
    let limits = DecoderLimits { message_bytes_max: bytes_max, fragments_max: 1, deflate: false };
    let (mut decoder, mut inflater) = (Decoder::default(), Inflater::new());
    let (mut input, mut at) = (frames.to_vec(), 0);
    let (mut packets, mut echoes) = (Vec::new(), Vec::new());
    while at < input.len() {
        let step = decoder.decode(&mut input[at..], &limits, &mut inflater);
        let step = step.expect("the frames are correct");
        match step.message.expect("the frames are whole") {
            Message::Text(text) => {
                packets.push(text.to_owned());
                echoes.extend_from_slice(&frame(Opcode::Text, text.as_bytes()));
            }
            Message::Binary(bytes) => {
                packets.push(format!("b{}", STANDARD.encode(bytes)));
                echoes.extend_from_slice(&frame(Opcode::Binary, bytes));
            }
            other => panic!("{other:?}"),
        }
        at += step.consumed;
    }
    (packets, echoes)
}
