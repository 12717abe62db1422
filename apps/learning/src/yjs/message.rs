//! The messages of y-websocket, each in a binary frame of its own.
//!
//! | bytes | from clients | from the server |
//! |---|---|---|
//! | `0 0` state vector | what is missing here? | likewise: what does the server lack? |
//! | `0 1` update | all that the server lacks | all that the client lacks |
//! | `0 2` update | what somebody wrote | likewise |
//! | `1` awareness | where somebody is | likewise; without any states: a sign of life |
//! | `2 0` text | – | why something was refused |
//! | `3` | where is everybody? | – |

use bytes::Bytes;

use super::encoding::{Malformed, Reader, put_bytes, put_number};

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;

const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;

/// What a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// It knows this much (a state vector) and asks for the rest.
    Ask(&'a [u8]),
    /// What it wrote, or all that it has and the server may lack.
    Update(&'a [u8]),
    /// Where people are.
    Awareness(&'a [u8]),
    /// It asks where people are.
    AskAwareness,
}

impl<'a> Message<'a> {
    /// Decodes a frame.
    ///
    /// # Errors
    /// [`Malformed`] for whatever is no message of a client's.
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let message = match reader.number()? {
            SYNC => match reader.number()? {
                STEP_1 => Self::Ask(reader.bytes()?),
                STEP_2 | UPDATE => Self::Update(reader.bytes()?),
                _ => return Err(Malformed("there is no such step of synchronisation")),
            },
            AWARENESS => Self::Awareness(reader.bytes()?),
            QUERY_AWARENESS => Self::AskAwareness,
            _ => return Err(Malformed("there is no such type of message")),
        };
        if reader.is_empty() {
            Ok(message)
        } else {
            Err(Malformed("something follows the message"))
        }
    }
}

/// The server knows this much (a state vector) and asks for the rest.
pub(super) fn ask(state_vector: &[u8]) -> Bytes {
    framed(SYNC, Some(STEP_1), state_vector)
}

/// All that the client lacks.
pub(super) fn answer(update: &[u8]) -> Bytes {
    framed(SYNC, Some(STEP_2), update)
}

/// What somebody wrote.
pub(super) fn update(update: &[u8]) -> Bytes {
    framed(SYNC, Some(UPDATE), update)
}

/// Where people are.
pub(super) fn awareness(states: &[u8]) -> Bytes {
    framed(AWARENESS, None, states)
}

/// Why something was refused. Clients show it; it changes nothing.
pub(super) fn denied(reason: &str) -> Bytes {
    framed(AUTH, Some(0), reason.as_bytes())
}

/// What does nothing, but shows that the connection lives: awareness of nobody. Clients of y-websocket
/// drop a connection that was silent for 30 s.
pub(super) fn sign_of_life() -> Bytes {
    awareness(&[0])
}

fn framed(kind: u64, step: Option<u64>, bytes: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(bytes.len() + 6);
    put_number(&mut out, kind);
    if let Some(step) = step {
        put_number(&mut out, step);
    }
    put_bytes(&mut out, bytes);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        assert_eq!(Message::decode(&[0, 0, 1, 0]), Ok(Message::Ask(&[0])));
        assert_eq!(Message::decode(&[0, 1, 2, 0, 0]), Ok(Message::Update(&[0, 0])));
        assert_eq!(Message::decode(&[0, 2, 2, 0, 0]), Ok(Message::Update(&[0, 0])));
        assert_eq!(Message::decode(&[1, 1, 0]), Ok(Message::Awareness(&[0])));
        assert_eq!(Message::decode(&[3]), Ok(Message::AskAwareness));
    }

    #[test]
    fn what_is_no_message_of_a_client_is_refused() {
        let frames: [&[u8]; 8] = [
            &[],
            &[0],
            &[0, 3, 0],
            &[2, 0, 1, b'x'],
            &[4],
            &[0, 2, 5, 0],
            &[3, 0],
            &[0, 0, 1, 0, 0],
        ];
        for frame in frames {
            assert!(Message::decode(frame).is_err(), "{frame:?}");
        }
    }

    #[test]
    fn what_the_server_sends_is_y_websockets() {
        assert_eq!(&*ask(&[0]), [0, 0, 1, 0]);
        assert_eq!(&*answer(&[0, 0]), [0, 1, 2, 0, 0]);
        assert_eq!(&*update(&[0, 0]), [0, 2, 2, 0, 0]);
        assert_eq!(&*sign_of_life(), [1, 1, 0]);
        assert_eq!(&*denied("no"), [2, 0, 2, b'n', b'o']);
    }
}
