//! From any rate to 16 kHz, mono.
//!
//! Samples go in as floats on the scale of 16 bits. Blocks of 10 ms are filtered by a windowed
//! sinc; at 16 kHz nothing is filtered at all, and samples come out as they were.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};

use crate::{AudioError, RATE};

/// Length of the filter in samples of the lower of the two rates.
const TAPS: u32 = 64;
/// Points between two samples at which the filter is tabulated; linear between them, which is
/// wrong by (π/128)²/8, 82 dB below the signal.
const POINTS: usize = 128;

/// Resamples one channel.
pub(crate) struct Resampler {
    rate: u32,
    filter: Option<Filter>,
}

/// The filter and what has not been through it.
struct Filter {
    inner: Box<Async<f32>>,
    /// Samples that wait for a whole block: less than one.
    pending: Vec<f32>,
    /// Room for what a block gives.
    block: Vec<f32>,
    /// Samples taken, and given since the start; the filter's delay is cut off.
    taken: u64,
    given: u64,
    /// Samples by which what comes out is late, and how many of them are still to be dropped.
    late: usize,
    delay: usize,
}

impl Resampler {
    /// From `rate`, which is 8–48 kHz.
    ///
    /// # Errors
    /// Any other rate, in `sampleRate`.
    pub(crate) fn new(rate: u32) -> Result<Resampler, AudioError> {
        if !(8_000..=48_000).contains(&rate) {
            return Err(AudioError::new("sampleRate", "must be 8000 to 48000"));
        }
        let filter = if rate == RATE { None } else { Some(Filter::new(rate)?) };
        Ok(Resampler { rate, filter })
    }

    /// The rate it takes, in Hz.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes `samples` and appends what is ready.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<i16>) -> Result<(), AudioError> {
        match &mut self.filter {
            None => out.extend(samples.iter().map(|sample| to_i16(*sample))),
            Some(filter) => filter.push(samples, out)?,
        }
        Ok(())
    }

    /// Appends what is still inside, so that as much time came out as went in; what follows starts
    /// from silence.
    pub(crate) fn finish(&mut self, out: &mut Vec<i16>) -> Result<(), AudioError> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let due = (filter.taken * u64::from(RATE)).div_ceil(u64::from(self.rate));
        let end = out.len() as u64 + due.saturating_sub(filter.given);
        while filter.given < due {
            let silence = vec![0.0; filter.block_len() - filter.pending.len()];
            filter.push(&silence, out)?;
        }
        out.truncate(usize::try_from(end).unwrap_or(usize::MAX));
        filter.reset();
        Ok(())
    }
}

impl Filter {
    fn new(rate: u32) -> Result<Filter, AudioError> {
        let taps = TAPS as usize * (rate.div_ceil(RATE)) as usize;
        let parameters = SincInterpolationParameters::new(taps, WindowFunction::BlackmanHarris2)
            .oversampling_factor(POINTS)
            .interpolation(SincInterpolationType::Linear);
        let ratio = f64::from(RATE) / f64::from(rate);
        let block = (rate / 100) as usize;
        let inner = Async::new_sinc(ratio, 1.0, &parameters, block, 1, FixedAsync::Input)
            .map_err(|error| AudioError::new("sampleRate", error.to_string()))?;
        let mut filter = Filter {
            pending: Vec::with_capacity(block),
            block: vec![0.0; inner.output_frames_max()],
            inner: Box::new(inner),
            taken: 0,
            given: 0,
            late: usize::try_from(
                (taps as u64 * u64::from(RATE) / u64::from(rate)).div_ceil(2) - 1,
            )
            .unwrap_or(0),
            delay: 0,
        };
        filter.reset();
        Ok(filter)
    }

    /// Samples that go through the filter at a time.
    fn block_len(&self) -> usize {
        self.inner.input_frames_next()
    }

    fn reset(&mut self) {
        self.inner.reset();
        self.pending.clear();
        (self.taken, self.given) = (0, 0);
        self.delay = self.late;
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<i16>) -> Result<(), AudioError> {
        self.taken += samples.len() as u64;
        while !samples.is_empty() {
            let missing = self.block_len() - self.pending.len();
            let (now, later) = samples.split_at(missing.min(samples.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == self.block_len() {
                self.run(out)?;
            }
        }
        Ok(())
    }

    /// Sends the block that is pending through the filter.
    fn run(&mut self, out: &mut Vec<i16>) -> Result<(), AudioError> {
        let fault = |error: String| AudioError::data(format!("cannot be resampled: {error}"));
        let (taken, room) = (self.pending.len(), self.block.len());
        let input =
            InterleavedSlice::new(&self.pending, 1, taken).map_err(|e| fault(e.to_string()))?;
        let mut output = InterleavedSlice::new_mut(&mut self.block, 1, room)
            .map_err(|e| fault(e.to_string()))?;
        let (_, given) = self
            .inner
            .process_into_buffer(&input, &mut output, None::<&Indexing>)
            .map_err(|e| fault(e.to_string()))?;
        self.pending.clear();
        let dropped = self.delay.min(given);
        self.delay -= dropped;
        self.given += (given - dropped) as u64;
        out.extend(self.block[dropped..given].iter().map(|sample| to_i16(*sample)));
        Ok(())
    }
}

/// The nearest sample of 16 bits; what is no number is silence.
fn to_i16(sample: f32) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    let sample = sample.round() as i16;
    sample
}
