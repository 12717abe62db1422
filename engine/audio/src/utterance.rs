//! Where somebody speaks: a stream of samples cut into utterances.
//!
//! Frames of 16 ms are speech by the score of a small recurrent network (earshot), which takes music
//! for speech, too; so the sound must also move ([`crate::movement`]). An utterance begins where
//! enough of half a second is speech and moves, 300 ms before the first of it, so that no consonant is lost;
//! it ends when 500 ms were silent, or after 30 s. Utterances never overlap; speech that goes on
//! behind the longest one begins the next without a gap.

use std::collections::VecDeque;

use earshot::Detector;

use crate::movement::{FRAME, Movement};
use crate::samples::milliseconds;

/// Samples before the first frame of speech that belong to an utterance: 300 ms.
pub const BEFORE: u64 = milliseconds(300);
/// Samples of silence that end an utterance: 500 ms.
pub const SILENCE: u64 = milliseconds(500);
/// Samples of the longest utterance: 30 s.
pub const UTTERANCE_MAX: u64 = milliseconds(30_000);
/// Samples of speech within half a second that make an utterance: 208 ms. What is shorter is a
/// click or a cough.
pub const SPEECH_MIN: u64 = FRAMES_MIN as u64 * FRAME as u64;

/// The score from which a frame is speech.
const THRESHOLD: f32 = 0.5;
/// Frames among which [`FRAMES_MIN`] must be speech: 480 ms.
const WINDOW: u32 = 30;
/// Frames of speech in the window that begin an utterance.
const FRAMES_MIN: u32 = 13;
/// Frames among those of speech in the window that move: at least so many, and half of them.
const MOVING_MIN: u32 = 11;
/// Frames in the window that move for an utterance to go on.
const MOVING_ON: u32 = 5;
/// The samples that are kept while nobody speaks.
const KEPT: u64 = WINDOW as u64 * FRAME as u64 + BEFORE;

/// What a [`Cutter`] found. Positions count the samples that were pushed since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut<'a> {
    /// An utterance begins with the sample `at`; it lies in the past.
    Begin {
        /// The position of its first sample.
        at: u64,
    },
    /// The utterance's next samples, also those of short pauses and of the silence that ends it.
    Speech(&'a [i16]),
    /// The utterance ended.
    End {
        /// The position behind the last sample that is speech: silence that was handed over since
        /// is not counted.
        at: u64,
    },
}

/// Cuts one speaker's samples into utterances. About 25 KiB; takes 5 µs for each 16 ms.
pub struct Cutter {
    detector: Box<Detector>,
    /// Samples that wait for a whole frame; fewer than [`FRAME`].
    pending: Vec<i16>,
    /// The last samples of silence, which the next utterance may begin with: at most those of the
    /// window and [`BEFORE`].
    before: VecDeque<i16>,
    /// The position behind the last sample that was judged.
    at: u64,
    /// Which of the last [`WINDOW`] frames were speech; the lowest bit is the latest.
    speech: u32,
    /// Which of them were speech and moved.
    moving: u32,
    movement: Movement,
    /// The utterance that goes on.
    utterance: Option<Utterance>,
}

/// An utterance that goes on.
struct Utterance {
    /// The positions of its first sample, and behind its last speech.
    begin: u64,
    spoken: u64,
}

impl Default for Cutter {
    fn default() -> Cutter {
        Cutter::new()
    }
}

impl Cutter {
    /// A cutter at position 0, in silence.
    pub fn new() -> Cutter {
        Cutter {
            detector: Detector::default_boxed(),
            pending: Vec::with_capacity(FRAME),
            before: VecDeque::new(),
            at: 0,
            speech: 0,
            moving: 0,
            movement: Movement::default(),
            utterance: None,
        }
    }

    /// Whether an utterance goes on.
    pub fn is_speaking(&self) -> bool {
        self.utterance.is_some()
    }

    /// How many samples were pushed.
    pub fn position(&self) -> u64 {
        self.at + self.pending.len() as u64
    }

    /// Takes samples of 16 kHz and tells `each` what was found in them, in order. Every
    /// [`Cut::Begin`] is followed by one [`Cut::End`], and [`Cut::Speech`] comes in between only.
    pub fn push(&mut self, mut samples: &[i16], mut each: impl FnMut(Cut<'_>)) {
        while !samples.is_empty() {
            let missing = FRAME - self.pending.len();
            let (now, later) = samples.split_at(missing.min(samples.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == FRAME {
                self.judge(&mut each);
            }
        }
    }

    /// Ends the utterance that goes on, if one does: nothing more comes, or nobody wants to wait.
    pub fn flush(&mut self, mut each: impl FnMut(Cut<'_>)) {
        let Some(utterance) = self.utterance.take() else { return };
        let mut spoken = utterance.spoken;
        if !self.pending.is_empty() {
            each(Cut::Speech(&self.pending));
            self.at += self.pending.len() as u64;
            self.pending.clear();
            if self.speech & 1 == 1 {
                spoken = self.at;
            }
        }
        (self.speech, self.moving) = (0, 0);
        each(Cut::End { at: spoken });
    }

    /// Judges the frame that is pending.
    fn judge(&mut self, each: &mut impl FnMut(Cut<'_>)) {
        let is_speech = self.detector.predict_i16(&self.pending) >= THRESHOLD;
        let moves = self.movement.moves(&self.pending) && is_speech;
        let next = |frames: u32, set| (frames << 1 | u32::from(set)) & ((1 << WINDOW) - 1);
        self.speech = next(self.speech, is_speech);
        self.moving = next(self.moving, moves);
        self.at += FRAME as u64;
        match self.utterance {
            Some(_) => self.go_on(is_speech, each),
            None => self.wait(each),
        }
        self.pending.clear();
    }

    /// The frame belongs to the utterance that goes on; perhaps it is its last.
    fn go_on(&mut self, is_speech: bool, each: &mut impl FnMut(Cut<'_>)) {
        let Some(utterance) = &mut self.utterance else { return };
        each(Cut::Speech(&self.pending));
        if is_speech && self.moving.count_ones() >= MOVING_ON {
            utterance.spoken = self.at;
        }
        let (begin, spoken) = (utterance.begin, utterance.spoken);
        let is_full = self.at - begin + FRAME as u64 > UTTERANCE_MAX;
        if is_full || self.at - spoken >= SILENCE {
            self.utterance = None;
            (self.speech, self.moving) = (0, 0);
            each(Cut::End { at: spoken });
        }
    }

    /// The frame is kept in case that an utterance begins; perhaps it does now.
    fn wait(&mut self, each: &mut impl FnMut(Cut<'_>)) {
        self.before.extend(&self.pending);
        self.keep_of_before(KEPT);
        let (speech, moving) = (self.speech.count_ones(), self.moving.count_ones());
        if speech < FRAMES_MIN || moving < MOVING_MIN || moving * 2 < speech {
            return;
        }
        // The first frame of speech in the window, and what lies before it.
        let frames = u64::from(u32::BITS - self.speech.leading_zeros());
        self.keep_of_before(frames * FRAME as u64 + BEFORE);
        let begin = self.at - self.before.len() as u64;
        each(Cut::Begin { at: begin });
        each(Cut::Speech(self.before.make_contiguous()));
        self.before.clear();
        self.utterance = Some(Utterance { begin, spoken: self.at });
    }

    /// Forgets all but the last `kept` samples of silence.
    fn keep_of_before(&mut self, kept: u64) {
        let surplus = (self.before.len() as u64).saturating_sub(kept);
        self.before.drain(..usize::try_from(surplus).unwrap_or(0));
    }
}
