//! Documents edited together: how long until everybody has an edit of one with many writers, how long a join of
//! a long one takes, and what many that are open take of the memory. Each on a server of its own.
//!
//! Writers take turns at fixed times, open loop; each inserts a few characters at the beginning, on the
//! version it has seen last. Everybody is told once the last writer has read the edit, or its author the
//! acknowledgement, whichever is later; the commit is part of it.

mod holding;
mod joining;

use std::time::Duration;

use serde_json::{Value, json};

use crate::crowd::{Crowd, Door, contains};
use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::report::{Report, latency, rounded};
use crate::school::ask;
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos, seconds};
use crate::target::Target;
use crate::token;
use crate::traffic::due_after;

const ADMIT_MAX: Duration = Duration::from_secs(60);
const SETTLE_MAX: Duration = Duration::from_secs(30);
const DOCUMENT: &str = "bench";
/// Edits that are sent before what came is heard.
const BURST: u64 = 64;

/// How many writers, how fast.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Writers.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub writers: u32,
    /// Edits a second, of all writers together.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub rate: u32,
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub secs: u64,
    /// Bytes of the document that is joined.
    #[arg(long, default_value_t = 1_048_576, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub join_bytes: u32,
    /// Joins of it.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub joins: u32,
    /// Documents that are held open; 0 for none.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(0..=18_000))]
    pub documents: u32,
    /// Bytes of each of them.
    #[arg(long, default_value_t = 10_240, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub document_bytes: u32,
}

/// A part of the report.
struct Part {
    line: String,
    key: &'static str,
    figures: Value,
}

/// What was sent and heard.
struct Books {
    /// The last version each writer has seen.
    versions: Vec<u64>,
    /// Of each edit: when it was due, and how many have not heard of it.
    edits: Vec<(u64, u32)>,
    joined: u32,
    told: Histogram,
    settled: usize,
    refused: Option<String>,
}

/// Measures it.
///
/// # Errors
/// As [`Target::quintet`] and [`Crowd::admit`]; `Server` when an edit or a join is refused or not told.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let mut report = write_together(options, setup)?;
    let mut parts = vec![joining::measure(options, setup)?];
    if options.documents > 0 {
        parts.push(holding::measure_texts(options, setup)?);
        parts.push(holding::measure_yjs(options, setup)?);
    }
    for Part { line, key, figures } in parts {
        report.line = format!("{}\n{line}", report.line);
        report.figures[key] = figures;
    }
    Ok(report)
}

/// A server whose limits are out of the way.
fn target(setup: &Setup) -> Result<Target, BenchError> {
    let env = [
        ("QUINTET_LIMITS__LEARNING__EDITS_PER_MINUTE", "0"),
        ("QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE", "0"),
    ];
    Target::quintet_with(&setup.server, setup.run, &env)
}

/// Where `user` edits documents.
fn door(target: &Target, user: &str) -> Result<Door, BenchError> {
    let path = Some(format!("/api/collaboration/ws?token={}", token::sign(user)?));
    Ok(Door { server: target.address(), from: None, path, narrow: false })
}

/// Makes a document of so many bytes of text.
fn make(target: &Target, id: &str, bytes: u32) -> Result<(), BenchError> {
    let body = json!({"id": id, "content": prose(bytes)}).to_string();
    let made = ask(target.address(), "bench", "POST", "/api/documents", &body)?;
    if made["id"] == id {
        return Ok(());
    }
    Err(BenchError::Server(format!("made no document: {}", made["message"])))
}

/// So many bytes that look like a text.
fn prose(bytes: u32) -> String {
    const LINE: &str =
        "Nobody who writes here needs to wait for the others, and nothing is lost.\n";
    LINE.chars().cycle().take(bytes as usize).collect()
}

fn write_together(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let target = target(setup)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    for index in 0..options.writers {
        crowd.admit([door(&target, &format!("bench-{index}"))?], ADMIT_MAX)?;
    }
    let mut books = Books::new(options);
    join(options, &mut crowd, &mut books)?;
    let before = target.usage();
    let (sent, took) = write_by_clock(options, &mut crowd, &mut books)?;
    let cpu = target.usage().cpu_seconds - before.cpu_seconds;
    Ok(report(options, &books, sent, cpu, took))
}

fn join(options: Options, crowd: &mut Crowd, books: &mut Books) -> Result<(), BenchError> {
    let data = json!({"sessionId": DOCUMENT, "role": "participant"});
    let text = json!({"type": "join_session", "data": data}).to_string();
    for index in 0..options.writers as usize {
        crowd.queue_text(index, text.as_bytes());
        crowd.flush(index)?;
    }
    settle(crowd, books, |books| books.joined == options.writers)
}

/// Sends edits as they are due, then waits until all were told; how many, and for how long.
fn write_by_clock(
    options: Options,
    crowd: &mut Crowd,
    books: &mut Books,
) -> Result<(u64, f64), BenchError> {
    let (began, mut sent) = (crowd.now(), 0_u64);
    let end = began + nanos(Duration::from_secs(options.secs));
    while crowd.now() < end {
        let due = began + due_after(sent, f64::from(options.rate));
        let now = crowd.now();
        if due > now {
            hear(crowd, books, Duration::from_nanos(due - now).min(Duration::from_millis(5)))?;
            continue;
        }
        let index = usize::try_from(sent % u64::from(options.writers)).unwrap_or(0);
        write(crowd, books, index, due)?;
        sent += 1;
        if sent.is_multiple_of(BURST) {
            hear(crowd, books, Duration::ZERO)?;
        }
    }
    let took = seconds(crowd.now() - began);
    settle(crowd, books, |books| books.settled == books.edits.len())?;
    Ok((sent, took))
}

fn write(crowd: &mut Crowd, books: &mut Books, index: usize, due: u64) -> Result<(), BenchError> {
    let number = books.edits.len();
    let readers = u32::try_from(books.versions.len()).unwrap_or(u32::MAX);
    books.edits.push((due, readers));
    let data = json!({
        "sessionId": DOCUMENT, "operation": "insert", "position": 0,
        "content": format!("#{number};"), "version": books.versions[index],
    });
    let text = json!({"type": "edit", "id": number.to_string(), "data": data}).to_string();
    crowd.queue_text(index, text.as_bytes());
    crowd.flush(index)
}

/// Waits until `done`.
fn settle(
    crowd: &mut Crowd,
    books: &mut Books,
    done: impl Fn(&Books) -> bool,
) -> Result<(), BenchError> {
    let until = crowd.now() + nanos(SETTLE_MAX);
    while !done(books) {
        if crowd.now() > until {
            let (told, all) = (books.settled, books.edits.len());
            return Err(BenchError::Server(format!("told {told} of {all} edits to everybody")));
        }
        hear(crowd, books, Duration::from_millis(20))?;
    }
    Ok(())
}

fn hear(crowd: &mut Crowd, books: &mut Books, wait: Duration) -> Result<(), BenchError> {
    crowd.poll(wait, &mut |heard| books.note(heard.member, heard.text, heard.at))?;
    match books.refused.take() {
        Some(refused) => Err(BenchError::Server(format!("refused: {refused}"))),
        None => Ok(()),
    }
}

impl Books {
    fn new(options: Options) -> Self {
        Self {
            versions: vec![0; options.writers as usize],
            edits: Vec::new(),
            joined: 0,
            told: Histogram::default(),
            settled: 0,
            refused: None,
        }
    }

    fn note(&mut self, member: usize, text: &[u8], at: u64) {
        if contains(text, b"\"session_joined\"") {
            self.joined += 1;
        } else if contains(text, b"\"edit_ack\"") {
            self.heard(number_after(text, b"\"id\":\""), at);
        } else if contains(text, b"\"edit\"") {
            self.heard(number_after(text, b"\"content\":\"#"), at);
        } else {
            if contains(text, b"\"error\"") || contains(text, b"\"resync\"") {
                self.refused = Some(String::from_utf8_lossy(text).into_owned());
            }
            return;
        }
        let version = number_after(text, b"\"version\":").unwrap_or(0);
        self.versions[member] = self.versions[member].max(version);
    }

    fn heard(&mut self, number: Option<u64>, at: u64) {
        let number = number.and_then(|number| usize::try_from(number).ok());
        let Some((due, left)) = number.and_then(|number| self.edits.get_mut(number)) else {
            return;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.settled += 1;
            self.told.record(at.saturating_sub(*due));
        }
    }
}

/// The number that stands behind the first `mark` in a text.
fn number_after(text: &[u8], mark: &[u8]) -> Option<u64> {
    let at = text.windows(mark.len()).position(|window| window == mark)? + mark.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

fn report(options: Options, books: &Books, sent: u64, cpu: f64, took: f64) -> Report {
    let per_edit = cpu / crate::report::figure(sent.max(1)) * 1e6;
    Report {
        line: format!(
            "edits: {} writers, {} edits a second: everybody has one after p50 {:.1} ms, p99 {:.1} ms; \
             {per_edit:.0} µs CPU an edit",
            options.writers,
            options.rate,
            books.told.quantile_millis(500),
            books.told.quantile_millis(990),
        ),
        figures: json!({
            "experiment": "edits", "writers": options.writers, "rate": options.rate, "edits": sent,
            "seconds": rounded(took), "cpu_micros_an_edit": rounded(per_edit),
            "told_ms": latency(&books.told),
        }),
        sound: books.settled == books.edits.len(),
    }
}
