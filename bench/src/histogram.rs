//! Latencies in buckets that grow with the value.
//!
//! **Invariant:** a bucket is at most 1/64 (1.6 %) of its value wide, so every quantile is right to
//! that much; memory is fixed (30 KiB), whatever is recorded.

const STEP_BITS: u32 = 6;
const STEPS: usize = 1 << STEP_BITS;
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) * STEPS;

/// Counts of values in nanoseconds.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, nanos: u64) {
        self.buckets[bucket(nanos)] += 1;
        self.count += 1;
        self.max = self.max.max(nanos);
    }

    /// Adds everything another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value that `thousandths` of the values do not exceed, in milliseconds, rounded up to its
    /// bucket's end; 0 when nothing was counted. `1000` is the exact maximum.
    #[must_use]
    pub fn quantile_millis(&self, thousandths: u64) -> f64 {
        let rank = (self.count * thousandths).div_ceil(1000).max(1);
        let mut seen = 0;
        let position = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        let nanos = position.map_or(0, |at| end_of(at).min(self.max));
        std::time::Duration::from_nanos(nanos).as_secs_f64() * 1e3
    }
}

fn bucket(nanos: u64) -> usize {
    let width = 64 - nanos.leading_zeros();
    let shift = width.saturating_sub(STEP_BITS + 1);
    let step = usize::try_from(nanos >> shift).unwrap_or(0);
    shift as usize * STEPS + step
}

fn end_of(bucket: usize) -> u64 {
    let shift = (bucket / STEPS).saturating_sub(1);
    let step = (bucket - shift * STEPS) as u64;
    ((step + 1) << shift).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_to_within_a_sixty_fourth() {
        for value in
            (0..10_000u64).chain((10..50).flat_map(|n| [(1 << n) - 1, 1 << n, (1 << n) + 1]))
        {
            let end = end_of(bucket(value));
            assert!(end >= value && end - value <= value / 64, "{value} in a bucket up to {end}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let mut histogram = Histogram::default();
        for millis in 1..=1000u64 {
            histogram.record(millis * 1_000_000);
        }
        assert!((histogram.quantile_millis(500) - 500.0).abs() < 500.0 / 60.0);
        assert!((histogram.quantile_millis(990) - 990.0).abs() < 990.0 / 60.0);
        assert!((histogram.quantile_millis(1000) - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn an_empty_histogram_has_zero_quantiles() {
        assert!(Histogram::default().quantile_millis(990).abs() < f64::EPSILON);
    }
}
