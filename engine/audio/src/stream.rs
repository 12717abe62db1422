//! One speaker's audio, whatever it comes as.

use bytes::Bytes;

use crate::error::AudioError;
use crate::format::{Format, container, has_header};
use crate::ogg::Ogg;
use crate::samples::{Encoding, Samples};
use crate::wav::Wav;
use crate::webm::Webm;

/// Bytes of input that a stream holds while what they are part of is not complete.
pub const PENDING_BYTES_MAX: usize = 128 << 10;
/// Bytes of a container's header.
pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// Samples that a byte may yield, over the whole of a stream: 20 ms. An hour of what Opus sends
/// for silence stays below it; a packet of two bytes that claims 120 ms, again and again, does not.
pub const SAMPLES_PER_BYTE_MAX: u64 = 320;
/// Samples that a stream may yield beyond that: 30 s.
pub const SAMPLES_GRACE: u64 = 480_000;
/// Samples that one [`push`](Stream::push) may yield: ten minutes, 18 MiB.
pub const PUSH_SAMPLES_MAX: usize = 9_600_000;
/// Bytes that are decoded before the samples they gave are counted.
const PIECE_BYTES: usize = 4 << 10;

/// Decodes one speaker's audio to 16 kHz mono, from chunks that were cut anywhere.
///
/// Memory: [`PENDING_BYTES_MAX`] and [`HEADER_BYTES_MAX`] at most, about 100 KiB in practice.
/// Never waits; takes about 0.2 ms of processor for each 100 ms of audio. Who is careful with
/// memory hands it long input in pieces and takes `out` away in between.
pub struct Stream {
    format: Format,
    source: Source,
    failed: Option<AudioError>,
    /// Bytes taken since the last header, and samples given.
    taken: u64,
    given: u64,
}

/// Who reads which format.
enum Source {
    Webm(Box<Webm>),
    Ogg(Box<Ogg>),
    Wav(Box<Wav>),
    Pcm(Box<Samples>),
}

impl Stream {
    /// A stream of `format`. The rate (8,000–48,000 Hz) and the channels (1 or 2) are those of
    /// bare PCM; in containers their header rules.
    ///
    /// # Errors
    /// A rate or a number of channels outside these, whatever the format, in `sampleRate` or
    /// `channels`.
    pub fn new(format: Format, sample_rate: u32, channels: u8) -> Result<Stream, AudioError> {
        let samples = Samples::new(Encoding::Signed16, sample_rate, u16::from(channels))?;
        let source = match format {
            Format::Webm => Source::Webm(Box::default()),
            Format::Ogg => Source::Ogg(Box::default()),
            Format::Wav => Source::Wav(Box::new(Wav::new())),
            Format::Pcm16 => Source::Pcm(Box::new(samples)),
        };
        Ok(Stream { format, source, failed: None, taken: 0, given: 0 })
    }

    /// What it reads.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Takes the next bytes and appends to `out` what they make audible: samples of 16 kHz, mono.
    ///
    /// # Errors
    /// Bytes that are not of the format, hold what is not read here, or claim more than is sensible.
    /// What was decoded before the fault is in `out`. From then on the stream gives the same error
    /// until a chunk begins a container anew; bare PCM does not fail once it has begun.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        if self.taken > 0 && has_header(self.format, chunk) {
            self.restart();
        }
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let from = out.len();
        let mut read = self.recognise(chunk);
        for piece in chunk.chunks(PIECE_BYTES) {
            read = read.and_then(|()| self.read(piece, from, out));
        }
        if let Err(error) = &read {
            self.failed = Some(error.clone());
        }
        read
    }

    /// Reads a piece of a chunk and counts what it gave; `out` was `from` long before the chunk.
    fn read(&mut self, piece: &[u8], from: usize, out: &mut Vec<i16>) -> Result<(), AudioError> {
        let before = out.len();
        self.taken += piece.len() as u64;
        match &mut self.source {
            Source::Webm(webm) => webm.push(piece, out),
            Source::Ogg(ogg) => ogg.push(piece, out),
            Source::Wav(wav) => wav.push(piece, out),
            Source::Pcm(samples) => samples.push(piece, out),
        }?;
        self.given += (out.len() - before) as u64;
        if self.given > SAMPLES_GRACE + self.taken * SAMPLES_PER_BYTE_MAX {
            return Err(AudioError::data("claims more time than its bytes can hold"));
        }
        if out.len() - from > PUSH_SAMPLES_MAX {
            return Err(AudioError::data("a chunk holds more than ten minutes"));
        }
        Ok(())
    }

    /// Whether what came last is not of this container, and is skipped until something is.
    pub fn is_lost(&self) -> bool {
        match &self.source {
            Source::Webm(webm) => webm.is_lost(),
            Source::Ogg(ogg) => ogg.is_lost(),
            Source::Wav(_) | Source::Pcm(_) => false,
        }
    }

    /// Says that bytes are missing in front of the next chunk: chunks were dropped, or a header that
    /// was kept has just been pushed and chunks from the middle follow. Containers then skip to the
    /// next block or page that is whole; samples are taken from the next byte on.
    pub fn gap(&mut self) {
        let read = match &mut self.source {
            Source::Webm(webm) => webm.gap(),
            Source::Ogg(ogg) => {
                ogg.gap();
                Ok(())
            }
            Source::Wav(wav) => {
                wav.gap();
                Ok(())
            }
            Source::Pcm(samples) => {
                samples.align();
                Ok(())
            }
        };
        if let Err(error) = read {
            self.failed.get_or_insert(error);
        }
    }

    /// Appends what the resampler still holds: a few milliseconds. The stream may go on, as after a
    /// pause.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        // What fails here fails again with the next chunk.
        let _ = match &mut self.source {
            Source::Webm(_) | Source::Ogg(_) => Ok(()),
            Source::Wav(wav) => wav.finish(out),
            Source::Pcm(samples) => samples.finish(out),
        };
    }

    /// The container's header once it is complete, [`HEADER_BYTES_MAX`] at most: what somebody who
    /// joins late needs in front of the next chunks. The last one, where there were several; bare
    /// PCM has none.
    pub fn header(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Webm(webm) => webm.header(),
            Source::Ogg(ogg) => ogg.header(),
            Source::Wav(wav) => wav.header(),
            Source::Pcm(_) => None,
        }
    }

    /// Expects a header.
    fn restart(&mut self) {
        self.failed = None;
        (self.taken, self.given) = (0, 0);
        match &mut self.source {
            Source::Webm(webm) => webm.restart(),
            Source::Ogg(ogg) => ogg.restart(),
            Source::Wav(wav) => wav.restart(),
            Source::Pcm(_) => {}
        }
    }

    /// Refuses a first chunk that says itself that it is something else.
    fn recognise(&self, chunk: &[u8]) -> Result<(), AudioError> {
        match container(chunk) {
            Some(other) if self.taken == 0 && other != self.format => {
                let (is, said) = (other.name(), self.format.name());
                Err(AudioError::new("format", format!("says {said}, but this is {is}")))
            }
            _ => Ok(()),
        }
    }
}

/// The header of the container that begins with `bytes`, without decoding what follows; nothing if
/// it is not complete, or there is none to look for. For whoever keeps it for those who join late.
///
/// # Errors
/// Bytes that are not of `format`, or a header that is not read here, as [`Stream::push`] says.
pub fn header_of(format: Format, bytes: &[u8]) -> Result<Option<Bytes>, AudioError> {
    /// So few that hardly any sound lies behind the header in the same piece.
    const PIECE_BYTES: usize = 64;
    let mut stream = Stream::new(format, crate::RATE, 1)?;
    let mut out = Vec::new();
    if format == Format::Pcm16 {
        return Ok(None);
    }
    for piece in bytes.chunks(PIECE_BYTES) {
        let read = stream.push(piece, &mut out);
        if let Some(header) = stream.header() {
            return Ok(Some(header.clone()));
        }
        read?;
    }
    Ok(None)
}
