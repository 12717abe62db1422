//! A transcript as people read it: plain text, and WebVTT (W3C, <https://www.w3.org/TR/webvtt1/>).

use std::fmt::Write as _;

use crate::store::transcript::SaidRow;

/// One line for each result: when it began, who spoke, what they said.
pub(crate) fn plain(rows: &[SaidRow]) -> String {
    let mut text = String::new();
    for SaidRow { user_name, result, .. } in rows {
        let _never_fails = writeln!(
            text,
            "[{}] {}: {}",
            time(result.start_time),
            one_line(user_name),
            one_line(&result.text)
        );
    }
    text
}

/// A WebVTT file: a cue for each result, by the time it began, named by its item.
pub(crate) fn vtt(rows: &[SaidRow]) -> String {
    let mut rows: Vec<&SaidRow> = rows.iter().collect();
    // Cues stand in the order of their beginnings.
    rows.sort_by_key(|row| (row.result.start_time, row.place));
    let mut text = String::from("WEBVTT\n");
    for SaidRow { user_name, result, .. } in rows {
        let (start, end) = (result.start_time, result.end_time.max(result.start_time + 1));
        let _never_fails = write!(
            text,
            "\n{}\n{} --> {}\n<v {}>{}\n",
            identifier(&result.item_id),
            time(start),
            time(end),
            escaped(user_name),
            escaped(&result.text)
        );
    }
    text
}

/// `00:01:02.345`; hours have as many digits as they need, at least two.
fn time(millis: u64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A cue's name: one line that is no timing.
fn identifier(id: &str) -> String {
    one_line(id).replace("-->", "—>")
}

/// Text of a cue: no line ends it early, and nothing in it is markup.
fn escaped(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ProcessingMode, ResultMetadata, TranscriptionResult};

    fn row(place: u64, start: u64, name: &str, text: &str) -> SaidRow {
        let processing_mode = ProcessingMode::Realtime;
        let result = TranscriptionResult {
            session_id: "s".into(),
            user_id: "u".into(),
            item_id: format!("item-{place}"),
            previous_item_id: None,
            text: text.into(),
            is_final: true,
            confidence: 1.0,
            language: "en".into(),
            request_id: None,
            start_time: start,
            end_time: start + 1500,
            metadata: ResultMetadata { provider: "builtin".into(), processing_mode },
        };
        SaidRow { place, user_name: name.into(), result }
    }

    #[test]
    fn cues_stand_by_their_beginnings_and_lines_by_their_places() {
        let rows = [
            row(1, 62_345, "Bo", "and then"),
            row(2, 3_600_000, "Al", "no"),
            row(3, 5, "Al", "yes"),
        ];
        assert_eq!(
            vtt(&rows),
            "WEBVTT\n\n\
             item-3\n00:00:00.005 --> 00:00:01.505\n<v Al>yes\n\n\
             item-1\n00:01:02.345 --> 00:01:03.845\n<v Bo>and then\n\n\
             item-2\n01:00:00.000 --> 01:00:01.500\n<v Al>no\n"
        );
        assert_eq!(
            plain(&rows),
            "[00:01:02.345] Bo: and then\n[01:00:00.000] Al: no\n[00:00:00.005] Al: yes\n"
        );
        assert_eq!(vtt(&[]), "WEBVTT\n");
    }

    #[test]
    fn nothing_that_was_said_is_markup_or_begins_a_line() {
        let rows = [row(1, 0, "A>\n<i>", "1 < 2 && x --> y\n\n00:00.000 --> 00:01.000\r\nNOTE")];
        let shown = vtt(&rows);
        assert!(shown.ends_with(
            "<v A&gt; &lt;i&gt;>1 &lt; 2 &amp;&amp; x --&gt; y 00:00.000 --&gt; 00:01.000 NOTE\n"
        ), "{shown}");
        assert_eq!(plain(&rows).lines().count(), 1);
        let mut named = row(1, 0, "A", "x");
        named.result.item_id = "a --> b".into();
        assert!(!vtt(&[named]).contains("a --> b"));
    }

    #[test]
    fn a_cue_that_took_no_time_still_lasts() {
        let mut short = row(1, 7, "A", "x");
        short.result.end_time = 7;
        assert!(vtt(&[short]).contains("00:00:00.007 --> 00:00:00.008"));
    }
}
