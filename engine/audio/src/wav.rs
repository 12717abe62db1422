//! WAV (RIFF), read in pieces and written.
//!
//! The sizes in a WAV's header are taken for what they are only where they can be true: a recorder
//! that streams writes 0 or 2³² − 1 for what it does not know, and then samples go on for ever.
//! Another `RIFF` right behind the samples begins another WAV.

use bytes::Bytes;

use crate::error::AudioError;
use crate::samples::{Encoding, Samples};
use crate::stream::HEADER_BYTES_MAX;

/// The longest `fmt ` chunk that is read.
const FMT_BYTES_MAX: usize = 1024;

/// Reads WAV.
pub(crate) struct Wav {
    state: State,
    /// Bytes of what is being read, where it is not samples; at most [`FMT_BYTES_MAX`].
    pending: Vec<u8>,
    /// What was read since the last `RIFF`, until the samples begin; then nothing.
    heading: Option<Vec<u8>>,
    header: Option<Bytes>,
    /// From the `fmt ` chunk of this WAV on.
    formatted: bool,
    samples: Option<Samples>,
}

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// `RIFF`, a size, `WAVE`.
    Riff,
    /// A chunk's name and size.
    Chunk,
    /// So many bytes that say how the samples lie.
    Fmt(usize),
    /// So many bytes of no interest.
    Skip(u64),
    /// So many bytes of samples; no number: for ever. Odd ones have a byte of padding behind them.
    Data(Option<u64>, bool),
}

impl Wav {
    pub(crate) fn new() -> Wav {
        Wav {
            state: State::Riff,
            pending: Vec::new(),
            heading: Some(Vec::new()),
            header: None,
            formatted: false,
            samples: None,
        }
    }

    /// Expects a header again; samples that follow go on where the last ones ended.
    pub(crate) fn restart(&mut self) {
        self.state = State::Riff;
        self.pending.clear();
        self.heading = Some(Vec::new());
        self.formatted = false;
        self.samples.iter_mut().for_each(Samples::align);
    }

    /// Bytes are missing; what comes next begins with a whole frame.
    pub(crate) fn gap(&mut self) {
        self.samples.iter_mut().for_each(Samples::align);
    }

    pub(crate) fn header(&self) -> Option<&Bytes> {
        self.header.as_ref()
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            let before = bytes.len();
            match self.state {
                State::Data(left, padded) => bytes = self.data(bytes, left, padded, out)?,
                State::Skip(left) => {
                    let (skipped, rest) = bytes.split_at(shorter(bytes, left));
                    self.remember(skipped)?;
                    let left = left - skipped.len() as u64;
                    self.state = if left == 0 { State::Chunk } else { State::Skip(left) };
                    bytes = rest;
                }
                State::Riff => bytes = self.gather(bytes, 12, out)?,
                State::Chunk => bytes = self.gather(bytes, 8, out)?,
                State::Fmt(size) => bytes = self.gather(bytes, size, out)?,
            }
            debug_assert!(bytes.len() < before, "every turn takes a byte");
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<i16>) -> Result<(), AudioError> {
        self.samples.as_mut().map_or(Ok(()), |samples| samples.finish(out))
    }

    /// Gathers `size` bytes and reads them when they are there; what it did not take.
    fn gather<'a>(
        &mut self,
        bytes: &'a [u8],
        size: usize,
        out: &mut Vec<i16>,
    ) -> Result<&'a [u8], AudioError> {
        let (taken, rest) = bytes.split_at((size - self.pending.len()).min(bytes.len()));
        self.pending.extend_from_slice(taken);
        self.remember(taken)?;
        if self.pending.len() == size {
            let whole = std::mem::take(&mut self.pending);
            self.state = match self.state {
                State::Riff => riff(&whole)?,
                State::Chunk => self.chunk(&whole)?,
                _ => self.fmt(&whole, out)?,
            };
        }
        Ok(rest)
    }

    /// What a chunk's name and size say of what comes.
    fn chunk(&mut self, head: &[u8]) -> Result<State, AudioError> {
        let (name, size) = head.split_at(4);
        let size = size.iter().rev().fold(0u64, |size, byte| size << 8 | u64::from(*byte));
        let padded = size % 2 == 1;
        match name {
            b"fmt " => match usize::try_from(size + u64::from(padded)) {
                Ok(size @ 16..=FMT_BYTES_MAX) => Ok(State::Fmt(size)),
                _ => Err(AudioError::data("the WAV's format chunk has no fit size")),
            },
            b"data" if !self.formatted => {
                Err(AudioError::data("the WAV has samples before it says how they lie"))
            }
            b"data" => {
                self.header = self.heading.take().map(Bytes::from);
                let known = !matches!(size, 0 | 0xffff_ffff);
                Ok(State::Data(known.then_some(size), padded && known))
            }
            // Another WAV: these were its first 8 bytes, and 4 are to come.
            b"RIFF" | b"RF64" => {
                self.pending = head.to_vec();
                self.heading = Some(head.to_vec());
                self.formatted = false;
                Ok(State::Riff)
            }
            _ if !name.iter().all(|byte| matches!(byte, b' '..=b'~')) => {
                Err(AudioError::data("the WAV has something between its chunks"))
            }
            _ if size == 0 => Ok(State::Chunk),
            _ => Ok(State::Skip(size + u64::from(padded))),
        }
    }

    /// Reads how the samples lie. The same as those before: they go on; else those end.
    fn fmt(&mut self, fmt: &[u8], out: &mut Vec<i16>) -> Result<State, AudioError> {
        let short = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
        let (channels, rate) = (short(2), u32::from(short(4)) | u32::from(short(6)) << 16);
        // WAVE_FORMAT_EXTENSIBLE says what it is in the first two bytes of its GUID.
        let kind = if short(0) == 0xfffe && fmt.len() >= 26 { short(24) } else { short(0) };
        let encoding = match (kind, short(14)) {
            (1, 8) => Encoding::Unsigned8,
            (1, 16) => Encoding::Signed16,
            (1, 24) => Encoding::Signed24,
            (1, 32) => Encoding::Signed32,
            (3, 32) => Encoding::Float32,
            (3, 64) => Encoding::Float64,
            _ => return Err(AudioError::new("format", "the WAV holds no PCM that is read here")),
        };
        if !self.samples.as_ref().is_some_and(|samples| samples.is_for(encoding, rate, channels)) {
            let samples = Samples::new(encoding, rate, channels)?;
            self.finish(out)?;
            self.samples = Some(samples);
        }
        if usize::from(short(12)) != encoding.bytes() * usize::from(channels) {
            return Err(AudioError::data("the WAV's frames have another size than its samples"));
        }
        self.formatted = true;
        Ok(State::Chunk)
    }

    /// Reads samples; what it did not take.
    fn data<'a>(
        &mut self,
        bytes: &'a [u8],
        left: Option<u64>,
        padded: bool,
        out: &mut Vec<i16>,
    ) -> Result<&'a [u8], AudioError> {
        let (taken, rest) = bytes.split_at(left.map_or(bytes.len(), |left| shorter(bytes, left)));
        if let Some(samples) = &mut self.samples {
            samples.push(taken, out)?;
        }
        self.state = match left.map(|left| left - taken.len() as u64) {
            Some(0) => {
                self.samples.iter_mut().for_each(Samples::align);
                if padded { State::Skip(1) } else { State::Chunk }
            }
            left => State::Data(left, padded),
        };
        Ok(rest)
    }

    /// Keeps what is part of the header.
    fn remember(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        let Some(heading) = &mut self.heading else { return Ok(()) };
        if heading.len() + bytes.len() > HEADER_BYTES_MAX {
            return Err(AudioError::data("the WAV's header is over 64 KiB"));
        }
        heading.extend_from_slice(bytes);
        Ok(())
    }
}

/// How many of `bytes` are among the `left` that are expected.
fn shorter(bytes: &[u8], left: u64) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}

fn riff(head: &[u8]) -> Result<State, AudioError> {
    if crate::format::container(head) == Some(crate::Format::Wav) {
        Ok(State::Chunk)
    } else {
        Err(AudioError::new("format", "this is no WAV"))
    }
}

/// A WAV of 16-bit mono `samples` at `rate` Hz: 44 bytes, and two a sample. What does not fit into
/// 4 GiB is left out.
pub fn encode_wav(samples: &[i16], rate: u32) -> Vec<u8> {
    let samples = &samples[..samples.len().min((u32::MAX as usize - 36) / 2)];
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut wav = Vec::with_capacity(44 + samples.len() * 2);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + size).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend_from_slice(&rate.to_le_bytes());
    wav.extend_from_slice(&rate.saturating_mul(2).to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend_from_slice(&size.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}
