//! Uncompressed samples: how they lie in bytes, and how several channels become one.

use crate::resample::Resampler;
use crate::{AudioError, RATE};

/// Frames that are converted at a time.
const FRAMES_AT_ONCE: usize = 1024;

/// How one sample lies in bytes, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 8 bits around 128.
    Unsigned8,
    /// 16 bits.
    Signed16,
    /// 24 bits.
    Signed24,
    /// 32 bits.
    Signed32,
    /// A float of 32 bits, 1 is full.
    Float32,
    /// A float of 64 bits, 1 is full.
    Float64,
}

impl Encoding {
    /// Bytes of a sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Encoding::Unsigned8 => 1,
            Encoding::Signed16 => 2,
            Encoding::Signed24 => 3,
            Encoding::Signed32 | Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// The sample in these bytes, on the scale of 16 bits; what is no number is silence.
    #[expect(clippy::cast_possible_truncation, reason = "speech needs no more than 24 bits")]
    fn read(self, bytes: &[u8]) -> f32 {
        let sample = match (self, bytes) {
            (Encoding::Unsigned8, &[a]) => (f32::from(a) - 128.0) * 256.0,
            (Encoding::Signed16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])),
            (Encoding::Signed24, &[a, b, c]) => {
                (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 256.0
            }
            (Encoding::Signed32, &[a, b, c, d]) => {
                (f64::from(i32::from_le_bytes([a, b, c, d])) / 65_536.0) as f32
            }
            (Encoding::Float32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]) * 32_768.0,
            (Encoding::Float64, &[a, b, c, d, e, f, g, h]) => {
                (f64::from_le_bytes([a, b, c, d, e, f, g, h]) * 32_768.0) as f32
            }
            _ => 0.0,
        };
        if sample.is_nan() { 0.0 } else { sample.clamp(-32_768.0, 32_767.0) }
    }
}

/// Turns interleaved samples into 16 kHz mono, in pieces of any length.
pub(crate) struct Samples {
    encoding: Encoding,
    channels: usize,
    /// The bytes of a frame that is not whole yet.
    partial: Vec<u8>,
    mono: Vec<f32>,
    resampler: Resampler,
}

impl Samples {
    /// Samples of `channels` (1 or 2) at `rate` (8–48 kHz).
    ///
    /// # Errors
    /// A rate or a number of channels that is not taken, in `sampleRate` or `channels`.
    pub(crate) fn new(encoding: Encoding, rate: u32, channels: u16) -> Result<Samples, AudioError> {
        if !(1..=2).contains(&channels) {
            return Err(AudioError::new("channels", "must be 1 or 2"));
        }
        Ok(Samples {
            encoding,
            channels: usize::from(channels),
            partial: Vec::new(),
            mono: Vec::new(),
            resampler: Resampler::new(rate)?,
        })
    }

    /// Whether it is for samples of this kind.
    pub(crate) fn is_for(&self, encoding: Encoding, rate: u32, channels: u16) -> bool {
        (self.encoding, self.resampler.rate(), self.channels)
            == (encoding, rate, usize::from(channels))
    }

    /// Takes `bytes` and appends what is ready. The part of a frame at the end waits for the rest.
    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        let frame = self.encoding.bytes() * self.channels;
        if !self.partial.is_empty() {
            let missing = (frame - self.partial.len()).min(bytes.len());
            self.partial.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.partial.len() < frame {
                return Ok(());
            }
            let whole = std::mem::take(&mut self.partial);
            self.convert(&whole, out)?;
        }
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % frame);
        for frames in whole.chunks(frame * FRAMES_AT_ONCE) {
            self.convert(frames, out)?;
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Converts whole frames.
    fn convert(&mut self, frames: &[u8], out: &mut Vec<i16>) -> Result<(), AudioError> {
        self.mono.clear();
        let size = self.encoding.bytes();
        if self.channels == 1 {
            self.mono.extend(frames.chunks_exact(size).map(|sample| self.encoding.read(sample)));
        } else {
            self.mono.extend(frames.chunks_exact(2 * size).map(|frame| {
                let (left, right) = frame.split_at(size);
                f32::midpoint(self.encoding.read(left), self.encoding.read(right))
            }));
        }
        self.resampler.push(&self.mono, out)
    }

    /// Drops a frame that never became whole.
    pub(crate) fn align(&mut self) {
        self.partial.clear();
    }

    /// Appends what is still inside; what follows starts from silence.
    pub(crate) fn finish(&mut self, out: &mut Vec<i16>) -> Result<(), AudioError> {
        self.align();
        self.resampler.finish(out)
    }
}

/// The samples of `duration` milliseconds.
pub(crate) const fn milliseconds(duration: u64) -> u64 {
    duration * RATE as u64 / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `bytes` become at 16 kHz.
    fn converted(encoding: Encoding, channels: u16, bytes: &[u8]) -> Vec<i16> {
        let (mut samples, mut out) = (Samples::new(encoding, RATE, channels).unwrap(), Vec::new());
        samples.push(bytes, &mut out).unwrap();
        samples.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn each_encoding_has_the_same_silence_half_and_full() {
        let float32 = [0f32, 0.5, -1.0].map(f32::to_le_bytes).concat();
        let float64 = [0f64, 0.5, -1.0].map(f64::to_le_bytes).concat();
        for (encoding, bytes) in [
            (Encoding::Unsigned8, &[128, 192, 0][..]),
            (Encoding::Signed16, &[0, 0, 0, 0x40, 0, 0x80]),
            (Encoding::Signed24, &[0, 0, 0, 0, 0, 0x40, 0, 0, 0x80]),
            (Encoding::Signed32, &[0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0x80]),
            (Encoding::Float32, &float32),
            (Encoding::Float64, &float64),
        ] {
            assert_eq!(converted(encoding, 1, bytes), [0, 16_384, -32_768], "{encoding:?}");
        }
    }

    #[test]
    fn two_channels_become_their_mean() {
        let bytes: Vec<u8> = [100i16, 300, -5, -7, i16::MAX, i16::MAX]
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect();
        assert_eq!(converted(Encoding::Signed16, 2, &bytes), [200, -6, i16::MAX]);
    }

    #[test]
    fn floats_that_are_no_numbers_or_too_large_do_no_harm() {
        let floats = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        let bytes: Vec<u8> = floats.iter().flat_map(|s| s.to_le_bytes()).collect();
        assert_eq!(converted(Encoding::Float32, 1, &bytes), [0, 32_767, -32_768, 32_767]);
    }

    #[test]
    fn a_frame_cut_in_two_is_one_frame() {
        let mut samples = Samples::new(Encoding::Signed16, RATE, 2).unwrap();
        let mut out = Vec::new();
        for byte in [10u8, 0, 20, 0, 30, 0, 50, 0, 9] {
            samples.push(&[byte], &mut out).unwrap();
        }
        assert_eq!(out, [15, 40]);
        samples.align();
        samples.push(&[1, 0, 1, 0], &mut out).unwrap();
        assert_eq!(out, [15, 40, 1], "the rest of what was cut off is not mixed in");
    }
}
