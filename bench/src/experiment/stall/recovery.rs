//! What the one that comes back asks for (`history` after the last `seq` it has), and whether it is all there.

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;

use crate::crowd::Crowd;
use crate::error::BenchError;
use crate::stopwatch::nanos;
use crate::traffic::find_number;

const PAGE: usize = 200;
const PAGES_MAX: usize = 1000;
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// What a recovery brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovery {
    /// Messages published that had not arrived.
    pub missed: u64,
    /// How many of them the history held, in order.
    pub recovered: u64,
    /// Whether the positions followed one another without a gap.
    pub contiguous: bool,
    /// Whether every page said `recovered: true`.
    pub flagged: bool,
}

impl Recovery {
    /// Whether nothing is missing.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.missed == self.recovered && self.contiguous && self.flagged
    }
}

/// Asks for everything after the last of `received` and compares it with the numbers `missed`.
///
/// # Errors
/// `Server` when `received` holds no position or a page does not come; else as [`Crowd::poll`].
pub fn recover(
    crowd: &mut Crowd,
    member: usize,
    received: &[Vec<u8>],
    missed: Range<u64>,
) -> Result<Recovery, BenchError> {
    let last = received.iter().rev().find_map(|text| {
        let message: Value = serde_json::from_slice(text).ok()?;
        position(&message)
    });
    let mut after =
        last.ok_or_else(|| BenchError::Server("gave the stalled member no position".to_owned()))?;
    let mut told = Recovery {
        missed: missed.end - missed.start,
        contiguous: true,
        flagged: true,
        ..Recovery::default()
    };
    for _ in 0..PAGES_MAX {
        let page = ask(crowd, member, after)?;
        let data = &page["data"];
        told.flagged &= data["recovered"] == true;
        let messages = data["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        for message in messages {
            let seq = position(message);
            told.contiguous &= seq == Some(after + 1);
            after = seq.unwrap_or(after);
            let content = message["content"].as_str().unwrap_or_default();
            let number = find_number(content.as_bytes(), &mut 0);
            told.recovered += u64::from(number == Some(missed.start + told.recovered));
        }
        if data["hasMore"] != true || messages.is_empty() {
            return Ok(told);
        }
    }
    Err(BenchError::Server("has history without end".to_owned()))
}

/// `seq` of a delivered message (in `data`) or of an item of the history.
fn position(message: &Value) -> Option<u64> {
    message["data"]["seq"].as_u64().or_else(|| message["seq"].as_u64())
}

fn ask(crowd: &mut Crowd, member: usize, after: u64) -> Result<Value, BenchError> {
    let question = format!(
        r#"{{"type":"history","id":"after-{after}","data":{{"after":{after},"limit":{PAGE}}}}}"#
    );
    crowd.queue_text(member, question.as_bytes());
    crowd.flush(member)?;
    let deadline = crowd.now() + nanos(ANSWER_MAX);
    let mut answer = None;
    while answer.is_none() && crowd.now() < deadline {
        crowd.poll(Duration::from_millis(20), &mut |heard| {
            if heard.member == member
                && let Ok(page) = serde_json::from_slice::<Value>(heard.text)
                && page["type"] == "history"
            {
                answer = Some(page);
            }
        })?;
    }
    answer.ok_or_else(|| BenchError::Server("answers no history".to_owned()))
}
