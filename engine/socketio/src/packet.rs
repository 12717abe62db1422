//! A packet's text, taken apart: `type [attachments "-"] [namespace ","] [id] [data]`.

/// Bytes of a namespace's name.
pub const NAMESPACE_BYTES_MAX: usize = 256;

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The client enters a namespace.
    Connect,
    /// It leaves one.
    Disconnect,
    /// An event.
    Event,
    /// The answer to an event.
    Acknowledgement,
    /// A namespace that may not be entered; only servers send it.
    ConnectError,
}

/// A packet, its data not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it is.
    pub kind: Kind,
    /// How many binary messages follow; `None` where the packet's type has none, at least 1 otherwise.
    pub attachments: Option<usize>,
    /// The namespace, which begins with `/`.
    pub namespace: &'a str,
    /// The number by which an event is acknowledged.
    pub id: Option<u64>,
    /// What is left: JSON, or nothing.
    pub data: &'a str,
}

/// Why a text is no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(
    /// In words, for the close.
    pub &'static str,
);

/// Reads a packet of at most `attachments_max` attachments.
///
/// # Errors
/// An unknown type; attachments without a number or too many; a namespace over
/// [`NAMESPACE_BYTES_MAX`]; an id over 64 bits, or where none may stand.
pub fn read(text: &str, attachments_max: usize) -> Result<Packet<'_>, Malformed> {
    let mut rest = Rest(text);
    let (kind, is_binary) = match rest.first() {
        Some(b'0') => (Kind::Connect, false),
        Some(b'1') => (Kind::Disconnect, false),
        Some(b'2') => (Kind::Event, false),
        Some(b'3') => (Kind::Acknowledgement, false),
        Some(b'4') => (Kind::ConnectError, false),
        Some(b'5') => (Kind::Event, true),
        Some(b'6') => (Kind::Acknowledgement, true),
        _ => return Err(Malformed("Unknown packet type")),
    };
    rest.skip(1);
    let attachments = if is_binary { Some(rest.attachments(attachments_max)?) } else { None };
    let namespace = rest.namespace()?;
    let id = rest.number()?;
    if id.is_some() && !matches!(kind, Kind::Event | Kind::Acknowledgement) {
        return Err(Malformed("A packet of this type has no id"));
    }
    Ok(Packet { kind, attachments, namespace, id, data: rest.0 })
}

/// What was not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn first(&self) -> Option<u8> {
        self.0.as_bytes().first().copied()
    }

    /// Passes over `count` bytes, all of them ASCII.
    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    /// The digits that stand here, if any.
    fn digits(&mut self) -> &'a str {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        digits
    }

    fn number(&mut self) -> Result<Option<u64>, Malformed> {
        match self.digits() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| Malformed("An id is too long")),
        }
    }

    fn attachments(&mut self, attachments_max: usize) -> Result<usize, Malformed> {
        let count = self.digits().parse::<usize>().ok().filter(|count| *count > 0);
        let count = count.filter(|_| self.first() == Some(b'-'));
        let count = count.ok_or(Malformed("Illegal attachments"))?;
        if count > attachments_max {
            return Err(Malformed("Too many attachments"));
        }
        self.skip(1);
        Ok(count)
    }

    /// The namespace up to its comma; `/` where none is named.
    fn namespace(&mut self) -> Result<&'a str, Malformed> {
        if self.first() != Some(b'/') {
            return Ok("/");
        }
        let (namespace, rest) = self.0.split_once(',').unwrap_or((self.0, ""));
        self.0 = rest;
        if namespace.len() > NAMESPACE_BYTES_MAX {
            return Err(Malformed("A namespace's name is too long"));
        }
        Ok(namespace)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(text: &str) -> &'static str {
        read(text, 10).unwrap_err().0
    }

    #[test]
    fn each_part_may_be_left_out() {
        let plain =
            Packet { kind: Kind::Event, attachments: None, namespace: "/", id: None, data: "[1]" };
        assert_eq!(read("2[1]", 10), Ok(plain));
        assert_eq!(read("2/,[1]", 10), Ok(plain));
        assert_eq!(read("27[1]", 10), Ok(Packet { id: Some(7), ..plain }));
        let custom = Packet { namespace: "/a/b", id: Some(0), ..plain };
        assert_eq!(read("2/a/b,0[1]", 10), Ok(custom));
        assert_eq!(read("510-/a/b,0[1]", 10), Ok(Packet { attachments: Some(10), ..custom }));
        let connect = Packet { kind: Kind::Connect, data: "", ..plain };
        assert_eq!(read("0", 10), Ok(connect));
        assert_eq!(read("0/a", 10), Ok(Packet { namespace: "/a", ..connect }));
        let acknowledgement = Packet { kind: Kind::Acknowledgement, ..plain };
        assert_eq!(read("3[1]", 10), Ok(acknowledgement));
        assert_eq!(read("61-[1]", 10), Ok(Packet { attachments: Some(1), ..acknowledgement }));
    }

    #[test]
    fn what_is_no_packet_says_why() {
        for text in ["", "abc", "7", "9[1]", "é", " 2[1]"] {
            assert_eq!(why(text), "Unknown packet type", "{text:?}");
        }
        for text in ["5", "5[1]", "5-[1]", "50-[1]", "51[1]", "5-1-[1]", "51.5-[1]", "5splice-[1]"]
        {
            assert_eq!(why(text), "Illegal attachments", "{text:?}");
        }
        assert_eq!(why("5999999999999999999999999-[1]"), "Illegal attachments");
        assert_eq!(why("51000000000-[1]"), "Too many attachments");
        assert_eq!(why("511-[1]"), "Too many attachments");
        assert_eq!(why("218446744073709551616[1]"), "An id is too long");
        assert_eq!(why(&format!("0/{}", "a".repeat(256))), "A namespace's name is too long");
        assert!(read(&format!("0/{}", "a".repeat(255)), 10).is_ok());
        for text in ["01", "17", "0/a,1{}", "41{}"] {
            assert_eq!(why(text), "A packet of this type has no id", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_packet_reads_back_as_it_was_written(
            binary in prop::option::of(1_usize..=10),
            acknowledgement: bool,
            namespace in "(/[a-zé/0-9-]{0,20})?",
            id: Option<u64>,
            data in r#"\[[a-z0-9,"]{0,20}\]"#,
        ) {
            let kind = if acknowledgement { Kind::Acknowledgement } else { Kind::Event };
            let digit = 2 + u8::from(acknowledgement) + if binary.is_some() { 3 } else { 0 };
            let count = binary.map(|count| format!("{count}-")).unwrap_or_default();
            let comma = if namespace.is_empty() { "" } else { "," };
            let number = id.map(|id| id.to_string()).unwrap_or_default();
            let text = format!("{digit}{count}{namespace}{comma}{number}{data}");
            let namespace = if namespace.is_empty() { "/" } else { &namespace };
            let packet = Packet { kind, attachments: binary, namespace, id, data: &data };
            prop_assert_eq!(read(&text, 10), Ok(packet));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9/,\\-\\[a-zé\"]{0,40}") {
            if let Ok(packet) = read(&text, 10) {
                prop_assert!(packet.namespace.starts_with('/'));
                prop_assert!(text.ends_with(packet.data));
            }
        }
    }
}
