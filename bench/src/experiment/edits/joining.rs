//! How long a join of a long document takes, from the request to the last byte of its text.
//!
//! The first join finds the document in the store, the later ones in memory. The same connection leaves and joins
//! again, one at a time.

use std::time::Duration;

use serde_json::json;

use super::{ADMIT_MAX, DOCUMENT, Options, Part, SETTLE_MAX, door, make, target};
use crate::crowd::{Crowd, contains};
use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::report::{latency, rounded};
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos};

pub(super) fn measure(options: Options, setup: &Setup) -> Result<Part, BenchError> {
    let target = target(setup)?;
    make(&target, DOCUMENT, options.join_bytes)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    crowd.admit([door(&target, "bench")?], ADMIT_MAX)?;
    let (mut first, mut later) = (0, Histogram::default());
    for number in 0..=options.joins {
        let took = ask(&mut crowd, "join_session", b"\"session_joined\"", options.join_bytes)?;
        if number == 0 {
            first = took;
        } else {
            later.record(took);
        }
        ask(&mut crowd, "leave_session", b"\"session_left\"", 0)?;
    }
    let first = Duration::from_nanos(first).as_secs_f64() * 1e3;
    let (half, most) = (later.quantile_millis(500), later.quantile_millis(990));
    let line = format!(
        "joins of {} bytes: the first {first:.1} ms, out of memory p50 {half:.1} ms, p99 {most:.1} ms",
        options.join_bytes,
    );
    let figures = json!({
        "bytes": options.join_bytes, "first_ms": rounded(first), "later_ms": latency(&later),
    });
    Ok(Part { line, key: "join", figures })
}

/// Sends a request about the document, and waits for the answer with `mark` in it, of at least so many bytes; how
/// long that took.
fn ask(crowd: &mut Crowd, kind: &str, mark: &[u8], bytes_min: u32) -> Result<u64, BenchError> {
    let text = json!({"type": kind, "data": {"sessionId": DOCUMENT}}).to_string();
    crowd.queue_text(0, text.as_bytes());
    let asked = crowd.now();
    crowd.flush(0)?;
    let until = asked + nanos(SETTLE_MAX);
    let mut answered = None;
    while answered.is_none() {
        if crowd.now() > until {
            return Err(BenchError::Server(format!("{kind} was not answered")));
        }
        crowd.poll(Duration::from_millis(20), &mut |heard| {
            let head = heard.text.get(..100).unwrap_or(heard.text);
            if contains(head, mark) && heard.text.len() >= bytes_min as usize {
                answered = Some(heard.at);
            }
        })?;
    }
    Ok(answered.unwrap_or(asked).saturating_sub(asked))
}
