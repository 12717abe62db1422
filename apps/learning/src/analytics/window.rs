//! The last seconds of a metric, one by one.
//!
//! **Invariants.** Seconds are kept in their order, only those with events. What left the window is gone
//! with the next event or look. Times never make it grow: what a clock that was set back left ahead of it
//! goes too, past [`AHEAD_SECS`].
//!
//! **Bounds.** 16 bytes a second with events, so 58 KiB at most for the longest window; with percentiles
//! 8 bytes for each bucket of each second, at most [`BUCKETS_MAX`] of them (2 MiB): past that the oldest
//! seconds leave early.

use std::collections::VecDeque;

use super::cell::{Cell, Sketch};
use super::distinct::AHEAD_SECS;
use super::metric::{Aggregate, rounded};
use super::quantiles::Quantiles;

/// Buckets of all seconds of one metric.
const BUCKETS_MAX: usize = 262_144;

/// The events of a window that ends now.
#[derive(Debug)]
pub(crate) struct Window {
    aggregate: Aggregate,
    window: u32,
    seconds: VecDeque<Second>,
    /// For percentiles: how the values of each second are spread, and of all that are in `all`.
    spread: Option<Box<Spread>>,
}

#[derive(Clone, Copy, Debug)]
struct Second {
    at: u32,
    count: u32,
    total: f64,
}

#[derive(Debug, Default)]
struct Spread {
    seconds: VecDeque<(u32, Vec<(i16, u32)>)>,
    buckets: usize,
    all: Quantiles,
}

impl Window {
    pub(crate) fn new(aggregate: Aggregate, window: u32) -> Self {
        let spread = (aggregate == Aggregate::P95).then(Box::default);
        Self { aggregate, window, seconds: VecDeque::new(), spread }
    }

    /// Another event in the second `at`, at most `now`; `bucket` is that of its value.
    pub(crate) fn add(&mut self, at: u32, now: u32, value: f64, bucket: Option<i16>) {
        self.forget(now);
        if at <= now.saturating_sub(self.window) {
            return;
        }
        self.put(at, 1, value);
        if let (Some(spread), Some(bucket)) = (&mut self.spread, bucket) {
            spread.put(at, bucket, 1);
        }
    }

    /// The events of a cell in the second `at`.
    pub(crate) fn merge(&mut self, at: u32, now: u32, cell: &Cell) {
        if at <= now.saturating_sub(self.window) || at > now {
            return;
        }
        self.put(at, u32::try_from(cell.count).unwrap_or(u32::MAX), cell.total);
        if let (Some(spread), Sketch::Values(values)) = (&mut self.spread, &cell.sketch) {
            for (bucket, count) in values.iter() {
                spread.put(at, bucket, u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }

    /// What the metric is in the window that ends with the second `now`.
    pub(crate) fn value(&mut self, now: u32) -> Option<f64> {
        self.forget(now);
        if let Some(spread) = &self.spread {
            return spread.all.p95().map(rounded);
        }
        let (mut count, mut total) = (0_u64, 0.0);
        for second in self.seconds.iter().take_while(|second| second.at <= now) {
            count += u64::from(second.count);
            total += second.total;
        }
        Cell { count, total, sketch: Sketch::None }.value(self.aggregate)
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let spread = self.spread.as_ref().map_or(0, |spread| spread.bytes());
        size_of::<Self>() + self.seconds.capacity() * size_of::<Second>() + spread
    }

    fn put(&mut self, at: u32, count: u32, total: f64) {
        let is_last = self.seconds.back().is_none_or(|last| last.at < at);
        let place = match is_last {
            true => self.seconds.len(),
            false => self.seconds.partition_point(|second| second.at < at),
        };
        match self.seconds.get_mut(place) {
            Some(second) if second.at == at => {
                second.count = second.count.saturating_add(count);
                second.total += total;
            }
            _ => self.seconds.insert(place, Second { at, count, total }),
        }
    }

    fn forget(&mut self, now: u32) {
        let (from, to) = (now.saturating_sub(self.window), now.saturating_add(AHEAD_SECS));
        while self.seconds.front().is_some_and(|second| second.at <= from) {
            self.seconds.pop_front();
        }
        while self.seconds.back().is_some_and(|second| second.at > to) {
            self.seconds.pop_back();
        }
        if self.seconds.is_empty() && self.seconds.capacity() > 0 {
            self.seconds = VecDeque::new();
        }
        if let Some(spread) = &mut self.spread {
            spread.forget(from, to);
        }
    }
}

impl Spread {
    fn put(&mut self, at: u32, bucket: i16, count: u32) {
        let place = self.seconds.partition_point(|(second, _)| *second < at);
        if self.seconds.get(place).is_none_or(|(second, _)| *second != at) {
            self.seconds.insert(place, (at, Vec::new()));
        }
        let buckets = &mut self.seconds[place].1;
        match buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(there) => buckets[there].1 = buckets[there].1.saturating_add(count),
            Err(there) => {
                buckets.insert(there, (bucket, count));
                self.buckets += 1;
            }
        }
        self.all.add(bucket, u64::from(count));
        while self.buckets > BUCKETS_MAX && self.seconds.len() > 1 {
            let oldest = self.seconds.pop_front();
            self.take_away(oldest);
        }
    }

    fn forget(&mut self, from: u32, to: u32) {
        while self.seconds.front().is_some_and(|(at, _)| *at <= from) {
            let oldest = self.seconds.pop_front();
            self.take_away(oldest);
        }
        while self.seconds.back().is_some_and(|(at, _)| *at > to) {
            let ahead = self.seconds.pop_back();
            self.take_away(ahead);
        }
    }

    fn take_away(&mut self, second: Option<(u32, Vec<(i16, u32)>)>) {
        for (bucket, count) in second.into_iter().flat_map(|(_, buckets)| buckets) {
            self.buckets -= 1;
            self.all.remove(bucket, u64::from(count));
        }
    }

    fn bytes(&self) -> usize {
        let seconds = self.seconds.capacity() * size_of::<(u32, Vec<(i16, u32)>)>();
        seconds + self.buckets * size_of::<(i16, u32)>() + self.all.bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::quantiles::bucket;
    use super::*;

    /// The metric as it is defined, of all events there ever were.
    fn naive(aggregate: Aggregate, values: &mut [f64]) -> Option<f64> {
        values.sort_by(f64::total_cmp);
        let (count, sum) = (values.len() as f64, values.iter().sum::<f64>());
        match aggregate {
            Aggregate::Count => Some(count),
            Aggregate::Sum => Some(sum),
            Aggregate::Mean => (!values.is_empty()).then(|| sum / count),
            Aggregate::P95 => {
                values.get((values.len() * 95).div_ceil(100).checked_sub(1)?).copied()
            }
        }
    }

    fn is_near(told: Option<f64>, expected: Option<f64>, within: f64) -> bool {
        match (told, expected) {
            (Some(told), Some(expected)) => {
                (told - expected).abs() <= expected.abs() * within + 1e-6
            }
            (told, expected) => told == expected,
        }
    }

    fn add(window: &mut Window, at: u32, now: u32, value: f64) {
        let bucket = (window.aggregate == Aggregate::P95).then(|| bucket(value));
        window.add(at, now, value, bucket);
    }

    #[test]
    fn the_seconds_of_a_window_are_those_up_to_now_and_no_more() {
        let mut window = Window::new(Aggregate::Count, 60);
        add(&mut window, 1000, 1000, 0.0);
        assert_eq!(window.value(1059), Some(1.0));
        assert_eq!(window.value(1060), Some(0.0));
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_nothing_ahead_for_long() {
        for aggregate in [Aggregate::Sum, Aggregate::P95] {
            let mut window = Window::new(aggregate, 300);
            (5000..5300).for_each(|now| add(&mut window, now, now, 7.0));
            add(&mut window, 100, 100, 1.0);
            assert!(is_near(window.value(100), Some(1.0), 0.01), "{aggregate}");
            assert!(window.seconds.len() == 1 && window.bytes() < 32_000);
        }
    }

    #[test]
    fn a_window_with_too_many_buckets_is_shorter() {
        let mut window = Window::new(Aggregate::P95, 3600);
        for now in 10_000..10_200_u32 {
            for step in 0..2700_i16 {
                window.add(now, now, 1.0, Some(step));
            }
        }
        let spread = window.spread.as_ref().unwrap();
        assert!(spread.buckets <= BUCKETS_MAX && spread.seconds.len() == 97);
        assert_eq!(spread.all.iter().map(|(_, count)| count).sum::<u64>(), 97 * 2700);
        assert!(window.bytes() < 4 * 1024 * 1024, "{}", window.bytes());
    }

    proptest! {
        #[test]
        fn a_window_is_what_a_recount_of_its_events_says(
            events in proptest::collection::vec((-1e3..1e3_f64, 0_u32..4, 0_u32..30), 1..300),
            window in 1_u32..60,
            of in 0..4_usize,
        ) {
            let aggregate = Aggregate::ALL[of];
            let (mut measured, mut now) = (Window::new(aggregate, window), 1000);
            let mut told: Vec<(u32, f64)> = Vec::new();
            for (value, step, late) in events {
                now += step;
                add(&mut measured, now - late, now, value);
                told.push((now - late, value));
                let inside = told.iter().filter(|(at, _)| at + window > now);
                let mut values: Vec<f64> = inside.map(|(_, value)| *value).collect();
                let expected = naive(aggregate, &mut values);
                let within = if aggregate == Aggregate::P95 { 0.0100001 } else { 1e-9 };
                let value = measured.value(now);
                prop_assert!(is_near(value, expected, within), "{:?} {:?}", value, expected);
            }
        }

        #[test]
        fn merged_cells_are_as_their_events(
            events in proptest::collection::vec((-1e3..1e3_f64, 900_u32..1000), 1..100),
            of in 0..4_usize,
        ) {
            let aggregate = Aggregate::ALL[of];
            let mut one = Window::new(aggregate, 50);
            let mut other = Window::new(aggregate, 50);
            for (value, at) in events {
                add(&mut one, at, 999, value);
                let mut cell = Cell::default();
                cell.add(value, Some(bucket(value)));
                other.merge(at, 999, &cell);
            }
            prop_assert_eq!(one.value(999), other.value(999));
        }
    }
}
