//! What an experiment tells: a line to read and JSON to keep.

use std::io::Write;

use serde_json::{Value, json};

use crate::histogram::Histogram;
use crate::ledger::Faults;

/// The outcome of one experiment.
#[derive(Clone, Debug)]
pub struct Report {
    /// For people; may have several lines.
    pub line: String,
    /// Everything that was measured.
    pub figures: Value,
    /// Whether every delivery was as it should be; if not, the figures mean nothing.
    pub sound: bool,
}

impl Report {
    /// Writes the line, then the figures on one line of JSON.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mark = if self.sound { "" } else { "NOT SOUND: " };
        writeln!(out, "{mark}{}", self.line)?;
        let mut figures = self.figures.clone();
        figures["sound"] = json!(self.sound);
        writeln!(out, "{figures}")
    }
}

/// Faults as JSON.
#[must_use]
pub fn faults(faults: Faults) -> Value {
    json!({
        "lost": faults.lost, "doubled": faults.doubled,
        "reordered": faults.reordered, "unknown": faults.unknown,
    })
}

/// Quantiles of a latency in milliseconds as JSON.
#[must_use]
pub fn latency(histogram: &Histogram) -> Value {
    json!({
        "samples": histogram.count(),
        "p50_ms": rounded(histogram.quantile_millis(500)),
        "p99_ms": rounded(histogram.quantile_millis(990)),
        "p999_ms": rounded(histogram.quantile_millis(999)),
        "max_ms": rounded(histogram.quantile_millis(1000)),
    })
}

/// A figure with four decimals, which is more than any of them is good for.
#[must_use]
pub fn rounded(figure: f64) -> f64 {
    (figure * 1e4).round() / 1e4
}

/// A count as a figure; exact up to 2^32, which no run here reaches.
#[must_use]
pub fn figure(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The middle of some figures; the mean of the two middle ones of an even number, 0 of none.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
    f64::midpoint(lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
        assert!(median(&[]).abs() < 1e-12);
    }
}
