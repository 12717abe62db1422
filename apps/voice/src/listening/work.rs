//! What one speaker's commands come to, one after the other: which audio belongs together, and when an
//! utterance is over.
//!
//! A request without a header goes on where that user's audio of the same format was. While streamed
//! audio is transcribed it only ends the utterance, for clients that send each chunk both ways; such a
//! client's first chunk has a header, and is known by being the same as what was streamed last.
//! A recording with a header of its own is then transcribed beside the stream.
//!
//! Where a connection drops while its container goes on, the next one's audio is understood by the header
//! of the first.
//!
//! **Bounds.** [`LANES_MAX`] lanes a speaker; for one more the oldest ends. A header of each format.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use bytes::Bytes;
use model::{ConnectionId, Monotonic};

use super::inbox::{Chunk, Command, Purpose, Sound};
use super::lane::{Act, Lane, Out};

/// Lanes of one speaker: formats of a connection, connections, and recordings beside them.
const LANES_MAX: usize = 4;

/// Everything that is kept of a speaker between commands.
#[derive(Default)]
pub(super) struct Work {
    lanes: Vec<Lane>,
    is_started: bool,
    language: Option<Arc<str>>,
    next_number: u64,
    /// The last streamed chunk that had a header: whose it was, its length, the hash of its first part.
    begun: Option<(ConnectionId, usize, u64)>,
    hasher: RandomState,
    /// The headers of containers that were heard, the last one of each format.
    headers: HashMap<audio::Format, Bytes>,
}

impl Work {
    /// The language that is spoken, where the speaker said so.
    pub(super) fn language(&self) -> Option<&Arc<str>> {
        self.language.as_ref()
    }

    /// Carries out one command; gives what is to be done. `milliseconds` tells the session's time.
    pub(super) fn carry_out(
        &mut self,
        command: Command,
        milliseconds: impl FnOnce(Monotonic) -> u64,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        match command {
            Command::Audio(chunk) => {
                let now = milliseconds(chunk.at);
                self.audio(&chunk, now, &mut acts);
            }
            Command::Start { language } => {
                if self.is_started && self.language != language {
                    self.flush_if(|_| true, &mut acts);
                }
                if !self.is_started {
                    self.lanes.iter_mut().for_each(Lane::tell_failures_again);
                }
                (self.is_started, self.language) = (true, language);
            }
            Command::Stop { from } => {
                self.flush_if(|lane| !lane.is_aside, &mut acts);
                self.is_started = false;
                acts.push(Act::Stopped { from });
            }
            Command::Quiet { utterance, pieces } => {
                self.flush_if(|lane| lane.is_quiet_since(utterance, pieces), &mut acts);
            }
            Command::Left { from } => self.end_if(|lane| lane.from == from, &mut acts),
            Command::Gone => {
                self.is_started = false;
                self.end_if(|_| true, &mut acts);
            }
        }
        acts
    }

    fn audio(&mut self, chunk: &Chunk, now: u64, acts: &mut Vec<Act>) {
        let Purpose::Request(id) = &chunk.purpose else {
            self.remember(chunk);
            return self.decode(chunk, false, now, acts);
        };
        let has_header = audio::has_header(chunk.sound.format, &chunk.sound.bytes);
        let is_aside_begun = !chunk.is_first && self.lane(chunk, true).is_some();
        if !self.is_started {
            return self.decode(chunk, is_aside_begun, now, acts);
        }
        let is_own = is_aside_begun || (has_header && !self.is_streamed(chunk));
        if is_own {
            self.decode(chunk, true, now, acts);
            if chunk.is_last {
                self.end_if(|lane| lane.is_aside && lane.from == chunk.from, acts);
            }
        } else if chunk.is_last {
            self.ask_end(chunk, id, acts);
        }
    }

    /// The utterance that goes on ends, and the request is completed with it.
    fn ask_end(&mut self, chunk: &Chunk, id: &Arc<str>, acts: &mut Vec<Act>) {
        let Self { lanes, next_number, .. } = self;
        let mut lanes = lanes.iter_mut().filter(|lane| lane.is_speaking() && !lane.is_aside);
        let lane = lanes.find(|lane| lane.from == chunk.from);
        match lane {
            Some(lane) => lane.ask_end(Arc::clone(id), &mut Out { next_number, acts }),
            None => acts.push(Act::Completed { from: chunk.from, request: Arc::clone(id) }),
        }
    }

    fn decode(&mut self, chunk: &Chunk, is_aside: bool, now: u64, acts: &mut Vec<Act>) {
        let index = match self.lane(chunk, is_aside) {
            Some(index) => index,
            None => self.open(chunk, is_aside, acts),
        };
        let Self { lanes, next_number, .. } = self;
        lanes[index].push(chunk, now, &mut Out { next_number, acts });
    }

    /// A new lane for what this chunk begins, or goes on with; its index.
    fn open(&mut self, chunk: &Chunk, is_aside: bool, acts: &mut Vec<Act>) -> usize {
        let is_other = |lane: &Lane| {
            lane.from == chunk.from
                && lane.format == chunk.sound.format
                && lane.is_aside == is_aside
        };
        self.end_if(is_other, acts);
        if self.lanes.len() >= LANES_MAX {
            let next_number = &mut self.next_number;
            self.lanes.remove(0).flush(&mut Out { next_number, acts });
        }
        let before = self.headers.get(&chunk.sound.format).filter(|_| !is_aside);
        let header = chunk.header.as_ref().or(before);
        self.lanes.push(Lane::new(chunk, header, is_aside));
        self.lanes.len() - 1
    }

    /// The lane that this chunk goes on with: the connection's own, else any of that user's.
    fn lane(&self, chunk: &Chunk, is_aside: bool) -> Option<usize> {
        let fits = |lane: &Lane| {
            lane.format == chunk.sound.format
                && lane.is_aside == is_aside
                && lane.is_continued_by(&chunk.sound)
        };
        let own = self.lanes.iter().position(|lane| lane.from == chunk.from && fits(lane));
        let is_request = matches!(chunk.purpose, Purpose::Request(_));
        let has_header = audio::has_header(chunk.sound.format, &chunk.sound.bytes);
        let others = || self.lanes.iter().position(fits).filter(|_| is_request && !has_header);
        own.or_else(others)
    }

    /// Remembers a streamed chunk that has a header.
    fn remember(&mut self, chunk: &Chunk) {
        let Sound { format, bytes, .. } = &chunk.sound;
        if chunk.is_first && audio::has_header(*format, bytes) {
            self.begun = Some((chunk.from, chunk.whole_bytes, self.hasher.hash_one(bytes)));
        }
    }

    /// Whether the request has the same audio as what was streamed last with a header.
    fn is_streamed(&self, chunk: &Chunk) -> bool {
        let hash = self.hasher.hash_one(&chunk.sound.bytes);
        self.begun == Some((chunk.from, chunk.whole_bytes, hash))
    }

    fn flush_if(&mut self, mut is_meant: impl FnMut(&Lane) -> bool, acts: &mut Vec<Act>) {
        let Self { lanes, next_number, .. } = self;
        for lane in lanes.iter_mut().filter(|lane| is_meant(lane)) {
            lane.flush(&mut Out { next_number, acts });
        }
    }

    fn end_if(&mut self, mut is_meant: impl FnMut(&Lane) -> bool, acts: &mut Vec<Act>) {
        let Self { lanes, next_number, headers, .. } = self;
        lanes.retain_mut(|lane| {
            let is_over = is_meant(lane);
            if is_over {
                lane.flush(&mut Out { next_number, acts });
                headers.extend(lane.header().map(|header| (lane.format, header)));
            }
            !is_over
        });
    }
}
