//! Percentiles of values, each within 1 % of the true one: a histogram of buckets that grow by 2 %.
//!
//! Bucket `k` holds values up to `1e-9 · γᵏ`, γ = 1.01 / 0.99, and is told as the value between its
//! bounds that is off by the same part of both, 1 % (C. Masson, J. Rim, H. Lee, "DDSketch", 2019). The
//! percentile is that of the nearest rank: the least value that so many of the values do not exceed.
//! What is within 1e-9 of zero counts as zero. Histograms add up exactly, in any order.
//!
//! **Bounds.** 2,764 buckets of each sign for values up to 1e15, and one for zero; 12 bytes each.

use std::collections::BTreeMap;

/// The greatest part by which a percentile is off.
const ERROR: f64 = 0.01;
/// By how much buckets grow.
const GROWTH: f64 = (1.0 + ERROR) / (1.0 - ERROR);
/// What counts as zero.
const ZERO: f64 = 1e-9;
/// The greatest bucket.
pub(crate) const BUCKET_MAX: i16 = 2764;
/// Bytes of a bucket in a tree, with what belongs to it.
const BUCKET_BYTES: usize = 24;

/// The bucket of a value; buckets are in the order of their values.
pub(crate) fn bucket(value: f64) -> i16 {
    let size = value.abs();
    if size <= ZERO {
        return 0;
    }
    let steps = ((size / ZERO).ln() / GROWTH.ln()).ceil().clamp(1.0, f64::from(BUCKET_MAX));
    #[expect(clippy::cast_possible_truncation, reason = "a whole number from 1 to 2764")]
    let bucket = steps as i16;
    if value < 0.0 { -bucket } else { bucket }
}

/// The value a bucket is told as.
fn value_of(bucket: i16) -> f64 {
    let size = ZERO * GROWTH.powi(i32::from(bucket.abs())) * 2.0 / (GROWTH + 1.0);
    match bucket.signum() {
        0 => 0.0,
        sign => size * f64::from(sign),
    }
}

/// How many values are in which bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quantiles {
    buckets: BTreeMap<i16, u64>,
    count: u64,
}

impl Quantiles {
    pub(crate) fn add(&mut self, bucket: i16, count: u64) {
        *self.buckets.entry(bucket).or_default() += count;
        self.count += count;
    }

    /// Takes away what was added before.
    pub(crate) fn remove(&mut self, bucket: i16, count: u64) {
        if let Some(there) = self.buckets.get_mut(&bucket) {
            let gone = count.min(*there);
            *there -= gone;
            self.count -= gone;
            if *there == 0 {
                self.buckets.remove(&bucket);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(bucket, count)| self.add(bucket, count));
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (i16, u64)> {
        self.buckets.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// The value that 95 of 100 do not exceed; none of none.
    pub(crate) fn p95(&self) -> Option<f64> {
        // Counted from the greatest value: so many may exceed it.
        let mut above = self.count / 20;
        for (bucket, count) in self.iter_back() {
            if count > above {
                return Some(value_of(bucket));
            }
            above -= count;
        }
        None
    }

    fn iter_back(&self) -> impl Iterator<Item = (i16, u64)> {
        self.buckets.iter().rev().map(|(bucket, count)| (*bucket, *count))
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.buckets.len() * BUCKET_BYTES
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The percentile as it is defined.
    fn naive(values: &[f64]) -> Option<f64> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let rank = (values.len() * 95).div_ceil(100);
        values.get(rank.checked_sub(1)?).copied()
    }

    fn of(values: &[f64]) -> Quantiles {
        let mut quantiles = Quantiles::default();
        values.iter().for_each(|value| quantiles.add(bucket(*value), 1));
        quantiles
    }

    fn is_near(told: f64, value: f64) -> bool {
        (told - value).abs() <= value.abs() * (ERROR + 1e-9) + ZERO
    }

    #[test]
    fn the_percentile_is_that_of_the_nearest_rank() {
        assert_eq!(of(&[]).p95(), None);
        for count in 1..=400_u32 {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let (told, value) = (of(&values).p95().unwrap(), naive(&values).unwrap());
            assert!(is_near(told, value), "{count}: {told} {value}");
        }
    }

    #[test]
    fn the_least_and_the_greatest_values_have_buckets() {
        for value in [1e15, 1e-8, 1.5e-9, 1.0, 0.0, 1e-10, 999.0] {
            assert!(is_near(value_of(bucket(value)), value), "{value}");
            assert!(is_near(value_of(bucket(-value)), -value), "{value}");
        }
        assert_eq!(bucket(1e15), BUCKET_MAX);
        assert!(of(&[1e15; 50_000]).bytes() == BUCKET_BYTES);
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_one_percent(
            values in proptest::collection::vec(
                prop_oneof![-1e6..1e6_f64, -1.0..1.0_f64, 1e12..1e15_f64], 1..300),
        ) {
            let (told, value) = (of(&values).p95().unwrap(), naive(&values).unwrap());
            prop_assert!(is_near(told, value), "{} {}", told, value);
        }

        #[test]
        fn what_was_added_can_be_taken_away_and_parts_add_up(
            first in proptest::collection::vec(-1e3..1e3_f64, 0..60),
            second in proptest::collection::vec(-1e3..1e3_f64, 0..60),
        ) {
            let all: Vec<f64> = first.iter().chain(&second).copied().collect();
            let mut merged = of(&first);
            merged.merge(&of(&second));
            prop_assert_eq!(&merged, &of(&all));
            first.iter().for_each(|value| merged.remove(bucket(*value), 1));
            prop_assert_eq!(merged, of(&second));
        }
    }
}
