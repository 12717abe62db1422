//! The packets of a text frame: the first character is the type, what follows is the data.

use model::CloseReason;

/// The packet that is a ping of the server's.
pub(crate) const PING: &[u8] = b"2";

/// How a connection ends that sends something else.
pub(crate) const NOT_A_PACKET: CloseReason = CloseReason::new(1002, "Not an Engine.IO packet");

/// A packet of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// A message for the session.
    Message(&'a str),
    /// The answer to a ping.
    Pong,
    /// The client goes.
    Close,
    /// Nothing.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads a packet; `None` for what a client does not send at this point: an unknown type, an open
    /// packet, a ping, and the packets of an upgrade.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        match text.as_bytes().first()? {
            b'4' => Some(Self::Message(&text[1..])),
            b'3' if text.len() == 1 => Some(Self::Pong),
            b'1' if text.len() == 1 => Some(Self::Close),
            b'6' if text.len() == 1 => Some(Self::Noop),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_by_its_first_character() {
        assert_eq!(Packet::of("4"), Some(Packet::Message("")));
        assert_eq!(Packet::of("4é"), Some(Packet::Message("é")));
        assert_eq!(Packet::of("3"), Some(Packet::Pong));
        assert_eq!(Packet::of("1"), Some(Packet::Close));
        assert_eq!(Packet::of("6"), Some(Packet::Noop));
        for text in ["", "0", "2", "2probe", "3probe", "5", "7", "abc", "é", "1x"] {
            assert_eq!(Packet::of(text), None, "{text}");
        }
    }
}
