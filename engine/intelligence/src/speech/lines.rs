//! What a process that hears says: lines of JSON, bounded.
//!
//! `{"type":"partial","text":…}` and `{"type":"final","text":…,"confidence":…}`; from processes of
//! ours also `ready`, `discarded` and `error` with a `message`. Other types are skipped.
//!
//! **Bounds.** [`LINE_BYTES_MAX`] a line, [`UTTERANCE_BYTES_MAX`] an utterance,
//! [`TEXT_CHARS_MAX`] a text.

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes of a line.
const LINE_BYTES_MAX: usize = 64 << 10;
/// Bytes that may be said of one utterance.
const UTTERANCE_BYTES_MAX: usize = 4 << 20;
/// Characters of a text; thirty seconds of speech have some 500.
const TEXT_CHARS_MAX: usize = 10_000;
/// Characters of an error's message.
const MESSAGE_CHARS_MAX: usize = 300;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// What is understood so far.
    Partial(Heard),
    /// What was understood.
    Final(Heard),
    /// The process is ready for an utterance.
    Ready,
    /// The utterance was forgotten, as asked.
    Discarded,
    /// The process cannot go on.
    Error(String),
}

/// A text that was understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) text: String,
    /// From 0 to 1; 1 where the provider tells none.
    pub(super) confidence: f32,
    /// As the provider tells it.
    pub(super) language: Option<String>,
}

/// Reads what a process says.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    /// What was read and is no whole line yet.
    buffer: Vec<u8>,
    /// Bytes that may still come in this utterance.
    left: usize,
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    confidence: Option<f32>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), left: UTTERANCE_BYTES_MAX }
    }

    /// Begins to count anew.
    pub(super) fn begin(&mut self) {
        self.left = UTTERANCE_BYTES_MAX;
    }

    /// The next thing that is said; `None` at the end. Nothing is lost when it is dropped.
    ///
    /// # Errors
    /// What was said is not the protocol, or over a bound; which, in words.
    pub(super) async fn next(&mut self) -> Result<Option<Said>, &'static str> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                match read(&line)? {
                    Some(said) => return Ok(Some(said)),
                    None => continue,
                }
            }
            if self.buffer.len() >= LINE_BYTES_MAX {
                return Err("it wrote a line over 64 KiB");
            }
            let room = (LINE_BYTES_MAX - self.buffer.len()).min(8 << 10);
            self.buffer.reserve(room);
            let mut taken = (&mut self.source).take(room as u64);
            let read = taken.read_buf(&mut self.buffer).await;
            let read = read.map_err(|_| "its output cannot be read")?;
            if read == 0 {
                let is_cut = self.buffer.iter().any(|byte| !byte.is_ascii_whitespace());
                return if is_cut { Err("it ended within a line") } else { Ok(None) };
            }
            self.left = self.left.checked_sub(read).ok_or("it wrote over 4 MiB of an utterance")?;
        }
    }
}

/// Reads a line; `None` where there is nothing in it for us.
pub(super) fn read(line: &[u8]) -> Result<Option<Said>, &'static str> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let line: Line =
        serde_json::from_slice(line).map_err(|_| "it wrote something that is not the protocol")?;
    let heard = |line: Line| {
        let text = line.text.ok_or("it wrote a result without a text")?;
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err("it wrote a text over 10,000 characters");
        }
        let text = text.split(|c: char| c.is_whitespace() || c.is_control());
        let text = text.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        Ok(Heard { text, confidence: confidence(line.confidence), language: line.language })
    };
    Ok(Some(match line.r#type.as_str() {
        "partial" => Said::Partial(heard(line)?),
        "final" => Said::Final(heard(line)?),
        "ready" => Said::Ready,
        "discarded" => Said::Discarded,
        "error" => {
            let message = line.message.unwrap_or_default();
            let printed = message.chars().filter(|c| !c.is_control());
            Said::Error(printed.take(MESSAGE_CHARS_MAX).collect())
        }
        _ => return Ok(None),
    }))
}

/// Within 0 and 1.
pub(super) fn confidence(told: Option<f32>) -> f32 {
    told.filter(|it| it.is_finite()).map_or(1.0, |it| it.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(text: &str, confidence: f32) -> Heard {
        Heard { text: text.to_owned(), confidence, language: None }
    }

    async fn all(bytes: &[u8]) -> (Vec<Said>, Option<&'static str>) {
        let mut lines = Lines::new(bytes);
        let mut said = Vec::new();
        loop {
            match lines.next().await {
                Ok(Some(one)) => said.push(one),
                Ok(None) => return (said, None),
                Err(error) => return (said, Some(error)),
            }
        }
    }

    #[tokio::test]
    async fn each_kind_of_line_is_read_and_what_is_unknown_skipped() {
        let text = concat!(
            "{\"type\":\"ready\",\"version\":1}\r\n\n",
            "{\"type\":\"partial\",\"text\":\" good \\n morning\",\"confidence\":7}\n",
            "{\"type\":\"level\",\"value\":3}\n",
            "{\"type\":\"final\",\"text\":\"\",\"confidence\":0.25}\n",
            "{\"type\":\"discarded\"}\n{\"type\":\"error\",\"message\":\"no\\u0007 model\"}\n",
        );
        let expected = vec![
            Said::Ready,
            Said::Partial(heard("good morning", 1.0)),
            Said::Final(heard("", 0.25)),
            Said::Discarded,
            Said::Error("no model".to_owned()),
        ];
        assert_eq!(all(text.as_bytes()).await, (expected, None));
    }

    #[tokio::test]
    async fn what_is_not_the_protocol_or_over_a_bound_is_refused() {
        for (text, word) in [
            ("hello\n".to_owned(), "protocol"),
            ("[]\n".to_owned(), "protocol"),
            ("{\"type\":\"final\"}\n".to_owned(), "without a text"),
            ("{\"type\":\"final\",\"text\":7}\n".to_owned(), "protocol"),
            ("{\"type\":\"final\",\"te".to_owned(), "within a line"),
            ("x".repeat(LINE_BYTES_MAX + 1), "64 KiB"),
            (format!("{}\n", "[".repeat(60_000)), "protocol"),
            (format!("{{\"type\":\"final\",\"text\":\"{}\"}}\n", "x".repeat(10_001)), "10,000"),
            ("{\"type\":\"level\"}\n".repeat(300_000), "4 MiB"),
        ] {
            let (said, error) = all(text.as_bytes()).await;
            assert!(
                said.is_empty() && error.is_some_and(|error| error.contains(word)),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_confidence_is_between_0_and_1() {
        let told = [None, Some(f32::NAN), Some(-3.0), Some(0.5), Some(f32::INFINITY)];
        assert_eq!(told.map(confidence), [1.0, 1.0, 0.0, 0.5, 1.0]);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&line);
        }

        #[test]
        fn any_text_comes_back_in_one_line(text in ".{0,200}") {
            let line = serde_json::json!({ "type": "final", "text": text }).to_string();
            let Ok(Some(Said::Final(heard))) = read(line.as_bytes()) else { panic!("{line}") };
            prop_assert!(!heard.text.contains(char::is_control));
            let words = text.split(|c: char| c.is_whitespace() || c.is_control());
            prop_assert!(heard.text.split(' ').eq(words.filter(|word| !word.is_empty()))
                || heard.text.is_empty());
        }
    }
}
