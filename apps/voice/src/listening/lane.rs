//! One connection's audio of one format: decoded, cut into utterances, set on the session's clock.
//!
//! **Invariants.** Every [`Act::Begin`] is followed by one [`Act::End`] of the same number, and its
//! pieces come in between. A request is completed once, behind what was said in it: at once where
//! nobody speaks at its end, else with the end of that utterance.
//!
//! **Bounds.** Requests that wait for the end of an utterance: as many as an utterance of 30 s takes,
//! [`REQUESTS_MAX`]; at that many it ends.

use std::sync::Arc;
use std::time::Duration;

use audio::{AudioError, Cut, Cutter};
use bytes::Bytes;
use model::{ConnectionId, Monotonic};

use super::inbox::{Chunk, Purpose, REQUESTS_MAX, Sound};
use super::timeline::Timeline;

/// Samples that are handed on together: 100 ms.
pub(super) const PIECE_SAMPLES: usize = (audio::RATE / 10) as usize;
/// How long nothing may come behind a request until its utterance is over: as long as a silence.
pub(super) const REQUEST_QUIET: Duration = Duration::from_millis(500);
/// The least and the most that nothing may come of a stream until its utterance is over.
const STREAM_QUIET: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// Samples of an utterance from which on a request ends it: a second. Whoever asks at every chunk would
/// otherwise be told syllables.
const ENDED_FROM: u64 = audio::RATE as u64;

/// Bytes among which there is a whole packet of Opus: the longest has 1,275 (RFC 6716, 3.2.1), and each
/// has a few more around it.
const PACKET_BYTES: usize = 1400;

/// What is to be done with what somebody said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// An utterance begins.
    Begin {
        number: u64,
        from: ConnectionId,
        /// When, in milliseconds of the session.
        start: u64,
        /// The request whose audio it begins in; of a stream there is none.
        request: Option<Arc<str>>,
    },
    /// More of it: at most a few samples over [`PIECE_SAMPLES`] at a time, or none.
    Piece {
        number: u64,
        samples: Vec<i16>,
        /// If nothing more comes for so long, it is over.
        quiet: Duration,
    },
    /// It is over.
    End {
        number: u64,
        /// When the last word ended, in milliseconds of the session.
        end: u64,
        /// The requests that are completed with it.
        requests: Vec<Arc<str>>,
    },
    /// A request is completed behind everything that was said before.
    Completed { from: ConnectionId, request: Arc<str> },
    /// A stop is carried out behind everything that was said before.
    Stopped { from: ConnectionId },
    /// Audio could not be decoded.
    Failed { from: ConnectionId, request: Option<Arc<str>>, error: AudioError },
}

/// An utterance that goes on.
struct Utterance {
    number: u64,
    begin: u64,
    pieces: u64,
    /// What was not handed on yet.
    samples: Vec<i16>,
    /// Somebody asked for its end.
    is_to_end: bool,
}

/// One connection's audio of one format.
pub(super) struct Lane {
    pub(super) from: ConnectionId,
    pub(super) format: audio::Format,
    /// Whether it is a recording that stands beside the stream.
    pub(super) is_aside: bool,
    rate: u32,
    channels: u8,
    /// What decodes it, or why nothing does until it begins anew.
    stream: Result<audio::Stream, AudioError>,
    /// Whether the sender knows that nothing does.
    is_failure_told: bool,
    cutter: Cutter,
    timeline: Timeline,
    utterance: Option<Utterance>,
    /// Those that are completed with the utterance.
    requests: Vec<Arc<str>>,
    /// The request that is being decoded.
    request: Option<Arc<str>>,
    pace: Pace,
}

/// How often chunks come, and how long they are.
#[derive(Default)]
struct Pace {
    at: Monotonic,
    interval: Duration,
    samples: usize,
}

impl Pace {
    fn quiet(&self) -> Duration {
        let length = Duration::from_millis(self.samples as u64 * 1000 / u64::from(audio::RATE));
        let (least, most) = STREAM_QUIET;
        (self.interval.max(length) * 2).clamp(least, most)
    }
}

/// What acts are numbered by and put into.
pub(super) struct Out<'a> {
    pub(super) next_number: &'a mut u64,
    pub(super) acts: &'a mut Vec<Act>,
}

impl Lane {
    /// A lane for what begins with this chunk, or goes on with it behind that header.
    pub(super) fn new(chunk: &Chunk, header: Option<&Bytes>, is_aside: bool) -> Self {
        let Sound { format, rate, channels, .. } = chunk.sound;
        let mut lane = Self {
            from: chunk.from,
            format,
            is_aside,
            rate,
            channels,
            stream: audio::Stream::new(format, rate, channels),
            is_failure_told: false,
            cutter: Cutter::new(),
            timeline: Timeline::default(),
            utterance: None,
            requests: Vec::new(),
            request: None,
            pace: Pace { at: chunk.at, ..Pace::default() },
        };
        let has_header = audio::has_header(format, &chunk.sound.bytes);
        if let Some(header) = header.filter(|_| !has_header) {
            lane.begin_from(header);
        }
        lane
    }

    /// Whether an utterance goes on.
    pub(super) fn is_speaking(&self) -> bool {
        self.utterance.is_some()
    }

    /// The header with which it began, where it has one.
    pub(super) fn header(&self) -> Option<Bytes> {
        self.stream.as_ref().ok()?.header().cloned()
    }

    /// Whether `sound` can go on where this one is.
    pub(super) fn is_continued_by(&self, sound: &Sound) -> bool {
        let is_bare = self.format == audio::Format::Pcm16;
        !is_bare || (self.rate, self.channels) == (sound.rate, sound.channels)
    }

    /// Takes a chunk, or a part of one, that came at `now`, in milliseconds of the session.
    pub(super) fn push(&mut self, chunk: &Chunk, now: u64, out: &mut Out<'_>) {
        self.from = chunk.from;
        self.request = match &chunk.purpose {
            Purpose::Request(id) => Some(Arc::clone(id)),
            Purpose::Stream { .. } => None,
        };
        let mut samples = Vec::new();
        if chunk.is_first {
            self.pace = Pace { at: chunk.at, interval: chunk.at.since(self.pace.at), samples: 0 };
            self.begin_anew_if_due(chunk, &mut samples, out);
        }
        let outcome = match &mut self.stream {
            Ok(stream) => stream.push(&chunk.sound.bytes, &mut samples),
            // What streams on behind an error is told of once, and so are the parts of one chunk.
            Err(_) if !chunk.is_first || (self.request.is_none() && self.is_failure_told) => {
                self.request = None;
                Ok(())
            }
            Err(error) => Err(error.clone()),
        };
        self.hear(&samples, now, out);
        if let Err(error) = outcome {
            self.fail(error, out);
        } else if chunk.is_last
            && let Some(request) = self.request.clone()
        {
            if self.is_nothing(chunk) {
                let error = nothing();
                out.acts.push(Act::Failed { from: self.from, request: Some(request), error });
            } else {
                self.end_of_request(request, out);
            }
        }
        self.end_if_due(out);
    }

    /// Whether nothing of the chunk was understood, though it is long enough to hold something.
    fn is_nothing(&self, chunk: &Chunk) -> bool {
        let is_lost = self.stream.as_ref().is_ok_and(audio::Stream::is_lost);
        is_lost && self.pace.samples == 0 && chunk.whole_bytes >= PACKET_BYTES
    }

    /// What streams on behind an error that was told before is told of once more.
    pub(super) fn tell_failures_again(&mut self) {
        self.is_failure_told = false;
    }

    /// Somebody wants the utterance to end, and to be told when it has.
    pub(super) fn ask_end(&mut self, request: Arc<str>, out: &mut Out<'_>) {
        self.end_of_request(request, out);
        if let Some(utterance) = &mut self.utterance {
            utterance.is_to_end = true;
        }
        self.end_if_due(out);
    }

    /// Nothing came for the utterance of this number since it had so many pieces: then it is over.
    pub(super) fn is_quiet_since(&self, number: u64, pieces: u64) -> bool {
        let is_it =
            |utterance: &Utterance| (utterance.number, utterance.pieces) == (number, pieces);
        self.utterance.as_ref().is_some_and(is_it)
    }

    /// Ends the utterance that goes on, if one does.
    pub(super) fn flush(&mut self, out: &mut Out<'_>) {
        let Self { cutter, timeline, utterance, requests, .. } = self;
        cutter.flush(|cut| match cut {
            Cut::Speech(samples) => {
                if let Some(utterance) = utterance {
                    utterance.samples.extend_from_slice(samples);
                }
            }
            Cut::End { at } => end(utterance, timeline.time_of(at), requests, out),
            Cut::Begin { .. } => {}
        });
    }

    /// A header begins the stream anew; behind a gap it goes on where it can. What a request begins has
    /// nothing to do with what was said before, and neither has what comes behind a gap.
    fn begin_anew_if_due(&mut self, chunk: &Chunk, samples: &mut Vec<i16>, out: &mut Out<'_>) {
        let has_header = audio::has_header(self.format, &chunk.sound.bytes);
        let has_gap = chunk.purpose == Purpose::Stream { has_gap: true };
        if has_gap || (has_header && self.request.is_some()) {
            self.flush(out);
        }
        if let Ok(stream) = &mut self.stream {
            if has_header {
                stream.finish(samples);
            } else if has_gap {
                stream.gap();
            }
        }
        if has_header {
            self.is_failure_told = false;
            self.stream = audio::Stream::new(self.format, self.rate, self.channels);
        }
    }

    fn begin_from(&mut self, header: &Bytes) {
        let begun = audio::Stream::new(self.format, self.rate, self.channels);
        self.stream = begun.and_then(|mut stream| {
            stream.push(header, &mut Vec::new())?;
            // What came between is not there.
            stream.gap();
            Ok(stream)
        });
    }

    fn hear(&mut self, samples: &[i16], now: u64, out: &mut Out<'_>) {
        let begin = self.cutter.position();
        let until = begin + samples.len() as u64;
        self.pace.samples += samples.len();
        self.timeline.arrived(begin, until, now);
        let quiet = self.quiet();
        let Self { from, cutter, timeline, utterance, requests, request, .. } = self;
        cutter.push(samples, |cut| match cut {
            Cut::Begin { at } => {
                let number = *out.next_number;
                *out.next_number += 1;
                let samples = Vec::with_capacity(PIECE_SAMPLES + 512);
                *utterance =
                    Some(Utterance { number, begin: at, pieces: 0, samples, is_to_end: false });
                let (start, request) = (timeline.time_of(at), request.clone());
                out.acts.push(Act::Begin { number, from: *from, start, request });
            }
            Cut::Speech(samples) => {
                let Some(utterance) = utterance else { return };
                utterance.samples.extend_from_slice(samples);
                if utterance.samples.len() >= PIECE_SAMPLES {
                    hand_on(utterance, quiet, out);
                }
            }
            Cut::End { at } => end(utterance, timeline.time_of(at), requests, out),
        });
    }

    fn end_of_request(&mut self, request: Arc<str>, out: &mut Out<'_>) {
        let from = self.from;
        let Some(utterance) = &mut self.utterance else {
            out.acts.push(Act::Completed { from, request });
            return;
        };
        self.requests.push(request);
        hand_on(utterance, REQUEST_QUIET, out);
        if self.requests.len() >= REQUESTS_MAX {
            self.flush(out);
        }
    }

    fn end_if_due(&mut self, out: &mut Out<'_>) {
        let position = self.cutter.position();
        let is_due = |utterance: &Utterance| {
            utterance.is_to_end && position.saturating_sub(utterance.begin) >= ENDED_FROM
        };
        if self.utterance.as_ref().is_some_and(is_due) {
            self.flush(out);
        }
    }

    fn fail(&mut self, error: AudioError, out: &mut Out<'_>) {
        self.flush(out);
        let request = self.request.take();
        out.acts.push(Act::Failed { from: self.from, request, error: error.clone() });
        self.stream = Err(error);
        self.is_failure_told = true;
    }

    fn quiet(&self) -> Duration {
        if self.requests.is_empty() && self.request.is_none() {
            return self.pace.quiet();
        }
        REQUEST_QUIET
    }
}

/// Hands on what the utterance has so far.
fn hand_on(utterance: &mut Utterance, quiet: Duration, out: &mut Out<'_>) {
    utterance.pieces += 1;
    let samples =
        std::mem::replace(&mut utterance.samples, Vec::with_capacity(PIECE_SAMPLES + 512));
    out.acts.push(Act::Piece { number: utterance.number, samples, quiet });
}

fn end(
    utterance: &mut Option<Utterance>,
    at: u64,
    requests: &mut Vec<Arc<str>>,
    out: &mut Out<'_>,
) {
    let Some(mut utterance) = utterance.take() else { return };
    if !utterance.samples.is_empty() {
        hand_on(&mut utterance, REQUEST_QUIET, out);
    }
    let requests = std::mem::take(requests);
    out.acts.push(Act::End { number: utterance.number, end: at, requests });
}

/// What is said of a chunk in which nothing was understood.
fn nothing() -> AudioError {
    let message = "nothing in it goes on with what came before".into();
    AudioError { field: "audioData", message }
}
