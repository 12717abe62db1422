//! Decodes server-sent events (`text/event-stream`) from bytes as they come.
//!
//! **Invariants.** However the bytes are cut into pieces, the events are the same, and so is the
//! error. An event that its blank line did not end is none, as the standard has it.

/// Bytes of one line.
pub const LINE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one event's data.
pub const EVENT_BYTES_MAX: usize = 512 * 1024;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its kind; `message` where the server names none.
    pub name: String,
    /// Its data, lines joined by line feeds.
    pub data: String,
}

/// A line or an event is over its bound; nothing more can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line or an event is too long")]
pub struct TooLong;

/// The state between two pieces.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// The line that has not ended; at most [`LINE_BYTES_MAX`].
    line: Vec<u8>,
    /// Whether a carriage return ended the last line, so that a line feed now is part of its end.
    is_after_return: bool,
    is_past_first_line: bool,
    name: String,
    data: Option<String>,
    has_failed: bool,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece and puts the events it ends behind `events`: fewer than it has bytes.
    ///
    /// # Errors
    ///
    /// [`TooLong`], then and for ever; what was decoded before stands in `events`.
    pub fn feed(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        if self.has_failed {
            return Err(TooLong);
        }
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.is_after_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            self.extend(&bytes[..end.unwrap_or(bytes.len())])?;
            let Some(end) = end else { break };
            self.is_after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            events.extend(self.end_line()?);
        }
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + bytes.len() > LINE_BYTES_MAX {
            return Err(self.fail());
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Result<Option<Event>, TooLong> {
        let mut bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let is_first = !std::mem::replace(&mut self.is_past_first_line, true);
        let line = line.strip_prefix('\u{feff}').filter(|_| is_first).unwrap_or(&line);
        let result = if line.is_empty() { Ok(self.end_event()) } else { self.field(line) };
        bytes.clear();
        self.line = bytes;
        result
    }

    fn end_event(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = self.data.take()?;
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Event { name, data })
    }

    /// Takes a line that is not blank; a comment has no name and does nothing.
    fn field(&mut self, line: &str) -> Result<Option<Event>, TooLong> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.name),
            "data" if self.data_len() + value.len() > EVENT_BYTES_MAX => return Err(self.fail()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            _ => {}
        }
        Ok(None)
    }

    fn data_len(&self) -> usize {
        self.data.as_ref().map_or(0, |data| data.len() + 1)
    }

    fn fail(&mut self) -> TooLong {
        *self = Self { has_failed: true, ..Self::default() };
        TooLong
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<Event>, bool) {
        let mut decoder = Decoder::new();
        let mut events = Vec::new();
        let mut has_failed = false;
        for piece in pieces {
            has_failed |= decoder.feed(piece, &mut events).is_err();
        }
        (events, has_failed)
    }

    fn told(stream: &str) -> Vec<(String, String)> {
        let (events, _) = decoded([stream.as_bytes()]);
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }

    fn message(data: &str) -> (String, String) {
        ("message".to_owned(), data.to_owned())
    }

    #[test]
    fn the_standards_own_examples_decode() {
        assert_eq!(told("data: YHOO\ndata: +2\ndata: 10\n\n"), [message("YHOO\n+2\n10")]);
        let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        let expected = [message("first event"), message("second event"), message(" third event")];
        assert_eq!(told(stream), expected);
        assert_eq!(told("data\n\ndata\ndata\n\ndata:"), [message(""), message("\n")]);
        assert_eq!(told("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
        let named = ("ping".to_owned(), "{}".to_owned());
        assert_eq!(told("\u{feff}event: ping\r\ndata: {}\r\n\r\n"), [named]);
        assert_eq!(told("event: ping\n\ndata: a\r\rdata: b"), [message("a")]);
    }

    #[test]
    fn lines_and_events_are_bounded() {
        let line = [b"data: ".as_slice(), &vec![b'x'; LINE_BYTES_MAX - 6], b"\n\n"].concat();
        assert_eq!(decoded([line.as_slice()]).0[0].data.len(), LINE_BYTES_MAX - 6);
        let line = [b"data: ".as_slice(), &vec![b'x'; LINE_BYTES_MAX - 5]].concat();
        assert!(decoded([line.as_slice()]).1);
        let event = format!("data: {}\n", "x".repeat(LINE_BYTES_MAX / 2)).repeat(5);
        assert!(decoded([event.as_bytes(), b"\n"]).1);
        let mut decoder = Decoder::new();
        let mut events = Vec::new();
        assert_eq!(decoder.feed(&vec![b'x'; LINE_BYTES_MAX + 1], &mut events), Err(TooLong));
        assert_eq!(decoder.feed(b"\ndata: a\n\n", &mut events), Err(TooLong));
        assert_eq!(events, []);
    }

    /// The standard's words, on a whole stream.
    fn expected(stream: &[u8]) -> Vec<Event> {
        let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut events = Vec::new();
        let (mut name, mut data) = (String::new(), Vec::new());
        // The last line has no end.
        let ended = text.rsplit_once('\n').map(|(ended, _)| ended);
        for line in ended.into_iter().flat_map(|ended| ended.split('\n')) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "event" => name = value,
                "data" => data.push(value),
                "" if line.is_empty() => {
                    if !data.is_empty() {
                        let kind = if name.is_empty() { "message" } else { &name };
                        events.push(Event { name: kind.to_owned(), data: data.join("\n") });
                    }
                    (name, data) = (String::new(), Vec::new());
                }
                _ => {}
            }
        }
        events
    }

    proptest! {
        #[test]
        fn any_cut_into_pieces_gives_the_same_events(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("data: ".as_bytes().to_vec()), Just(b"event:".to_vec()), Just(b"\n".to_vec()),
                    Just(b"\r\n".to_vec()), Just(b"\r".to_vec()), Just(b":".to_vec()), Just(b"id: 7".to_vec()),
                    Just("é…😀".as_bytes().to_vec()), Just("\u{feff}".as_bytes().to_vec()),
                    Just(b"{\"a\": 1}".to_vec()), prop::collection::vec(any::<u8>(), 0..4),
                ],
                0..60,
            ),
            cuts in prop::collection::vec(1..9usize, 1..40),
        ) {
            let stream = parts.concat();
            let mut pieces = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            let whole = decoded([stream.as_slice()]);
            prop_assert_eq!(&decoded(pieces), &whole);
            prop_assert_eq!(whole.0, expected(&stream));
        }

        #[test]
        fn a_bound_is_met_at_the_same_place_however_the_bytes_are_cut(
            filler in LINE_BYTES_MAX - 9..LINE_BYTES_MAX + 3,
            cut in 1..LINE_BYTES_MAX,
        ) {
            let stream = [b"data: a\n\ndata: ".as_slice(), &vec![b'x'; filler], b"\n\ndata: b\n\n"].concat();
            let whole = decoded([stream.as_slice()]);
            prop_assert_eq!(decoded(stream.chunks(cut)), whole);
        }
    }
}
