//! People who talk in twos: how much later than over a bare relay they hear each other.
//!
//! Each speaker sends a chunk of sound every so often, as a binary event of Socket.IO over a WebSocket, at
//! fixed times that are spread evenly over the interval: open loop. A chunk carries who spoke, its number
//! and when it was due; the other one of the two notes when it has read the chunk whole. The bare relay
//! gets the bytes that a listener gets, and writes them to both; what comes back is passed over.

use std::time::Duration;

use serde_json::json;

use crate::crowd::{Crowd, Door, Heard};
use crate::error::BenchError;
use crate::histogram::Histogram;
use crate::report::{Report, figure, latency, rounded};
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos, seconds};
use crate::target::Target;
use crate::{token, websocket};

const ADMIT_MAX: Duration = Duration::from_secs(60);
/// How long what was said last may take to be heard.
const SETTLE_MAX: Duration = Duration::from_secs(10);
/// Before the first chunk.
const LEAD: Duration = Duration::from_millis(300);
/// A chunk's own words: who spoke, its number, when it was due.
const HEAD_BYTES: usize = 16;
/// Where the event's bytes follow in a message of their own.
const EVENT: &str = r#"451-/interview,["audio:stream",{"audioData":{"_placeholder":true,"num":0},"format":"webm","sampleRate":48000}]"#;
/// As long as what a listener gets, with a user's id and a time.
const HEARD: &str = r#"451-/interview,["audio:received",{"userId":"speaker-100","audioData":{"_placeholder":true,"num":0},"format":"webm","sampleRate":48000,"timestamp":"2026-01-01T00:00:00.000Z"}]"#;
/// What the server asks whether a client is there with, and what that says.
const ASKED: &[u8] = b"2";
const HERE: &[u8] = b"3";

/// How many talk, and how much.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// People who talk, two in a session.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub speakers: u32,
    /// Bytes of a chunk.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(16..=60_000))]
    pub bytes: u32,
    /// Milliseconds of sound in a chunk.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(20..=1000))]
    pub millis: u64,
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub secs: u64,
}

impl Options {
    /// Speakers in whole pairs.
    fn speakers(self) -> u64 {
        u64::from(self.speakers / 2 * 2)
    }

    /// Chunks of all speakers.
    fn chunks(self) -> u64 {
        self.speakers() * (self.secs * 1000 / self.millis).max(1)
    }

    /// When a chunk is due after the first.
    fn due(self, chunk: u64) -> u64 {
        let interval = nanos(Duration::from_millis(self.millis));
        chunk / self.speakers() * interval + chunk % self.speakers() * interval / self.speakers()
    }
}

/// Measures it.
///
/// # Errors
/// As [`Target::quintet`] and [`Crowd::admit`]; `Connection` when somebody's connection ends.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let floor = Talk::over_the_bare(options, setup)?.measure()?;
    let ours = Talk::over_quintet(options, setup)?.measure()?;
    Ok(report(options, &floor, &ours))
}

/// Everybody connected to one server.
struct Talk {
    options: Options,
    target: Target,
    crowd: Crowd,
    is_bare: bool,
}

/// What came of the talk.
struct Outcome {
    told: Histogram,
    heard: u64,
    /// Chunks that were not the speaker's next.
    disordered: u64,
    /// By how much the load was late at most, in seconds.
    late: f64,
    cpu: f64,
}

impl Talk {
    fn over_the_bare(options: Options, setup: &Setup) -> Result<Self, BenchError> {
        let target = Target::bare(2, 1, setup.run)?;
        let mut crowd = Crowd::new(Stopwatch::start())?;
        let door = Door { server: target.address(), from: None, path: None, narrow: false };
        for _ in 0..options.speakers() {
            crowd.admit([door.clone()], ADMIT_MAX)?;
        }
        Ok(Self { options, target, crowd, is_bare: true })
    }

    fn over_quintet(options: Options, setup: &Setup) -> Result<Self, BenchError> {
        let target = Target::quintet(&setup.server, setup.run)?;
        let mut crowd = Crowd::new(Stopwatch::start())?;
        for speaker in 0..options.speakers() {
            let token = token::sign(&format!("speaker-{speaker}"))?;
            let path = Some(format!("/socket.io/?EIO=4&transport=websocket&token={token}"));
            let session = speaker / 2;
            let join = format!(r#"42/interview,["session:join",{{"sessionId":"talk-{session}"}}]"#);
            crowd.greet_with(&["40/interview,".to_owned(), join], b"session:joined");
            let door = Door { server: target.address(), from: None, path, narrow: false };
            crowd.admit([door], ADMIT_MAX)?;
        }
        Ok(Self { options, target, crowd, is_bare: false })
    }

    fn measure(mut self) -> Result<Outcome, BenchError> {
        let before = self.target.usage();
        let began = self.crowd.now() + nanos(LEAD);
        let until = began + nanos(Duration::from_secs(self.options.secs) + SETTLE_MAX);
        let mut ears = Ears::new(self.options, began);
        let (mut next, mut late) = (0, 0);
        while ears.heard < self.options.chunks() && self.crowd.now() < until {
            let due = loop {
                let due = began + self.options.due(next);
                let now = self.crowd.now();
                if next >= self.options.chunks() || due > now {
                    break due;
                }
                late = late.max(now - due);
                self.say(next, due)?;
                next += 1;
            };
            // Less than a millisecond is waited for without sleeping.
            let wait = due.saturating_sub(self.crowd.now());
            let wait = if next < self.options.chunks() { wait } else { nanos(SETTLE_MAX) / 100 };
            self.crowd.poll(Duration::from_nanos(wait), &mut |heard| ears.hear(heard))?;
            self.answer(&mut ears)?;
        }
        if let Some((index, end)) = self.crowd.first_end() {
            return Err(BenchError::Connection { index, what: end.reason.clone() });
        }
        let cpu = self.target.usage().cpu_seconds - before.cpu_seconds;
        let Ears { told, heard, disordered, .. } = ears;
        Ok(Outcome { told, heard, disordered, late: seconds(late), cpu })
    }

    /// A speaker's next chunk.
    fn say(&mut self, chunk: u64, due: u64) -> Result<(), BenchError> {
        let speaker = chunk % self.options.speakers();
        let number = chunk / self.options.speakers();
        let mut sound = Vec::with_capacity(self.options.bytes as usize);
        sound.extend_from_slice(&u32::try_from(speaker).unwrap_or(u32::MAX).to_be_bytes());
        sound.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
        sound.extend_from_slice(&due.to_be_bytes());
        // Nothing that a container begins with.
        sound.resize(self.options.bytes as usize, 0x5a);
        let index = usize::try_from(speaker).unwrap_or(usize::MAX);
        let (is_bare, mask) = (self.is_bare, self.crowd.mask());
        self.crowd.queue(index, |outbox| {
            if is_bare {
                websocket::push_plain(outbox, websocket::TEXT, HEARD.as_bytes());
                websocket::push_plain(outbox, websocket::BINARY, &sound);
            } else {
                websocket::push_masked(outbox, websocket::TEXT, mask, EVENT.as_bytes());
                websocket::push_masked(outbox, websocket::BINARY, mask, &sound);
            }
        });
        self.crowd.flush(index)
    }

    /// Says that they are there, for all who were asked.
    fn answer(&mut self, ears: &mut Ears) -> Result<(), BenchError> {
        for member in ears.asked.drain(..) {
            self.crowd.queue_text(member, HERE);
            self.crowd.flush(member)?;
        }
        Ok(())
    }
}

/// What was heard so far.
struct Ears {
    began: u64,
    told: Histogram,
    heard: u64,
    disordered: u64,
    /// For each speaker the number of the chunk that should come next.
    next: Vec<u32>,
    /// Who was asked whether they are there.
    asked: Vec<usize>,
}

impl Ears {
    fn new(options: Options, began: u64) -> Self {
        let next = vec![0; usize::try_from(options.speakers()).unwrap_or(0)];
        let (told, asked) = (Histogram::default(), Vec::new());
        Self { began, told, heard: 0, disordered: 0, next, asked }
    }

    fn hear(&mut self, heard: Heard<'_>) {
        if !heard.is_binary {
            if heard.text == ASKED {
                self.asked.push(heard.member);
            }
            return;
        }
        let Some((speaker, number, due)) = head(heard.text) else {
            self.disordered += 1;
            return;
        };
        if speaker == heard.member {
            return;
        }
        let is_next = speaker == heard.member ^ 1
            && self.next.get(speaker) == Some(&number)
            && due >= self.began;
        if is_next {
            self.next[speaker] += 1;
        } else {
            self.disordered += 1;
        }
        self.heard += 1;
        self.told.record(heard.at.saturating_sub(due));
    }
}

/// Who spoke, the chunk's number, and when it was due.
fn head(sound: &[u8]) -> Option<(usize, u32, u64)> {
    let head: [u8; HEAD_BYTES] = sound.get(..HEAD_BYTES)?.try_into().ok()?;
    let [a, b, c, d, e, f, g, h, due @ ..] = head;
    let speaker = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    Some((speaker, u32::from_be_bytes([e, f, g, h]), u64::from_be_bytes(due)))
}

fn report(options: Options, floor: &Outcome, ours: &Outcome) -> Report {
    let added = |thousandths| {
        ours.told.quantile_millis(thousandths) - floor.told.quantile_millis(thousandths)
    };
    let micros = |outcome: &Outcome| outcome.cpu / figure(outcome.heard).max(1.0) * 1e6;
    let whole = |outcome: &Outcome| outcome.heard == options.chunks() && outcome.disordered == 0;
    let told = |outcome: &Outcome| {
        json!({
            "heard": outcome.heard, "disordered": outcome.disordered,
            "latency": latency(&outcome.told), "load_late_seconds": rounded(outcome.late),
            "cpu_seconds": rounded(outcome.cpu), "cpu_micros_a_chunk": rounded(micros(outcome)),
        })
    };
    Report {
        line: format!(
            "voice: {} speakers in {} sessions, {} bytes every {} ms: added p50 {:.2} ms, p99 {:.2} ms \
             (heard after p50 {:.2} ms, p99 {:.2} ms); {:.0} µs CPU a chunk, {:.0} of a bare relay",
            options.speakers(),
            options.speakers() / 2,
            options.bytes,
            options.millis,
            added(500),
            added(990),
            ours.told.quantile_millis(500),
            ours.told.quantile_millis(990),
            micros(ours),
            micros(floor),
        ),
        figures: json!({
            "experiment": "voice", "speakers": options.speakers(), "bytes": options.bytes,
            "millis": options.millis, "chunks": options.chunks(),
            "added_p50_ms": rounded(added(500)), "added_p99_ms": rounded(added(990)),
            "quintet": told(ours), "bare": told(floor),
        }),
        sound: whole(floor) && whole(ours),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options { speakers: 4, bytes: 20, millis: 100, secs: 1 };

    #[test]
    fn chunks_are_due_evenly_and_each_speakers_once_an_interval() {
        let due: Vec<u64> = (0..6).map(|chunk| OPTIONS.due(chunk) / 1_000_000).collect();
        assert_eq!(due, [0, 25, 50, 75, 100, 125]);
        assert_eq!(OPTIONS.chunks(), 40);
    }

    #[test]
    fn what_is_not_the_speakers_next_or_not_for_the_listener_is_noted() {
        let mut ears = Ears::new(OPTIONS, 5);
        let mut hear = |member, speaker: u32, number: u32, due: u64| {
            let mut sound = [speaker.to_be_bytes(), number.to_be_bytes()].concat();
            sound.extend_from_slice(&due.to_be_bytes());
            ears.hear(Heard { member, text: &sound, is_binary: true, wire_bytes: 0, at: 9 });
            (ears.heard, ears.disordered)
        };
        assert_eq!(hear(1, 0, 0, 6), (1, 0));
        assert_eq!(hear(1, 1, 0, 6), (1, 0)); // One's own.
        assert_eq!(hear(1, 0, 2, 6), (2, 1)); // One was lost.
        assert_eq!(hear(2, 0, 1, 6), (3, 2)); // Somebody else's.
        ears.hear(Heard { member: 3, text: ASKED, is_binary: false, wire_bytes: 0, at: 9 });
        assert_eq!(ears.asked, [3]);
    }
}
