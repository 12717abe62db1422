//! A speaker's audio, from the chunks of a socket to utterances: containers, Opus, resampling and
//! voice activity.
//!
//! [`Stream`] reads WebM, Ogg, WAV or bare PCM, cut into chunks anywhere, and gives 16 kHz mono;
//! [`Cutter`] finds where somebody speaks in it; [`encode_wav`] writes what a transcriber takes.
//! [`has_header`] and [`header_of`] look at chunks without decoding them.
//!
//! **Invariants.** No clock, no input or output, no thread: everything is a function of the bytes.
//! The samples do not depend on how the bytes were cut. Nothing panics on any bytes, and what is
//! claimed in them is never believed before it is there: nothing is allocated by a length field.
//!
//! **Bounds.** A stream holds [`PENDING_BYTES_MAX`] of input that is not decoded yet, a header is
//! at most [`HEADER_BYTES_MAX`], and a byte yields at most [`SAMPLES_PER_BYTE_MAX`] samples; past
//! any of them the stream fails with an [`AudioError`] that says which.

mod error;
mod format;
mod movement;
mod ogg;
mod opus;
mod resample;
mod samples;
mod stream;
mod utterance;
mod wav;
mod webm;

pub use error::AudioError;
pub use format::{Format, has_header};
pub use stream::{
    HEADER_BYTES_MAX, PENDING_BYTES_MAX, PUSH_SAMPLES_MAX, SAMPLES_GRACE, SAMPLES_PER_BYTE_MAX,
    Stream, header_of,
};
pub use utterance::{BEFORE, Cut, Cutter, SILENCE, SPEECH_MIN, UTTERANCE_MAX};
pub use wav::encode_wav;

/// Samples a second of what everything here gives and takes: mono, 16 bits.
pub const RATE: u32 = 16_000;
