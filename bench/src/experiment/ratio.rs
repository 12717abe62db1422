//! Ours against the bare server in one run, block by block in turn, so that what else the machine does
//! falls on both.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::BenchError;
use crate::ledger::Faults;
use crate::report::{self, Report, median, rounded};
use crate::stage::{Seating, Setup, Stage};
use crate::traffic::Pace;

/// One room in both servers.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Members of the room, the sender included.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=9_000))]
    pub subs: u32,
    /// Payload of a delivery in bytes, as it arrives.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// Messages in flight; each is measured by itself.
    #[arg(long, value_delimiter = ',', default_value = "1,16", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub windows: Vec<u32>,
    /// Pairs of blocks, at least 5.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(5..=50))]
    pub pairs: u32,
    /// Seconds of a block.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub secs: u64,
}

/// Both servers over some pairs of blocks.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// CPU seconds of the bare server for a million deliveries, pair by pair.
    pub bare: Vec<f64>,
    /// The same of ours.
    pub ours: Vec<f64>,
    /// CPU microseconds of ours less those of the bare server for a message, pair by pair.
    pub excess_micros: Vec<f64>,
    /// What went wrong with either.
    pub faults: Faults,
    /// Whether a block was given up.
    pub stuck: bool,
    /// Payload of a delivery in bytes.
    pub payload_bytes: usize,
}

impl Pairs {
    /// The median of ours over bare, pair by pair.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let ratios = self.ours.iter().zip(&self.bare).map(|(ours, bare)| ours / bare.max(1e-9));
        median(&ratios.collect::<Vec<_>>())
    }

    /// Whether every delivery was as it should be.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.faults.none() && !self.stuck
    }
}

/// Measures it for each window.
///
/// # Errors
/// As [`alternate`].
pub fn run(options: &Options, setup: &Setup) -> Result<Report, BenchError> {
    let mut lines = Vec::new();
    let mut windows: Vec<Value> = Vec::new();
    let mut sound = true;
    for window in &options.windows {
        let in_flight = *window as usize;
        let seating = Seating {
            rooms: 1,
            room_size: options.subs as usize,
            payload_bytes: options.bytes as usize,
            pace: Pace::Closed { per_room: in_flight, in_total: in_flight },
            user_per_room: false,
            with_ids: false,
        };
        let pairs = alternate(setup, seating, options.pairs, Duration::from_secs(options.secs))?;
        sound &= pairs.sound();
        lines.push(format!(
            "ratio: {} subscribers, {} bytes, {window} in flight: {:.3} of the bare server's CPU ({:.3} / {:.3} s per million)",
            options.subs, pairs.payload_bytes, pairs.ratio(), median(&pairs.ours), median(&pairs.bare),
        ));
        windows.push(json!({
            "window": window, "ratio": rounded(pairs.ratio()), "payload_bytes": pairs.payload_bytes,
            "ours_cpu_seconds_per_million": pairs.ours.iter().copied().map(rounded).collect::<Vec<_>>(),
            "bare_cpu_seconds_per_million": pairs.bare.iter().copied().map(rounded).collect::<Vec<_>>(),
            "faults": report::faults(pairs.faults),
        }));
    }
    let figures = json!({"experiment": "ratio", "subscribers": options.subs, "windows": windows});
    Ok(Report { line: lines.join("\n"), figures, sound })
}

/// Seats both servers alike and measures them in turn, `pairs` times, `span` each. The bare server
/// relays frames of the size that ours were found to have.
///
/// # Errors
/// As [`Stage::quintet`], [`Stage::bare`] and [`Stage::measure`].
pub fn alternate(
    setup: &Setup,
    seating: Seating,
    pairs: u32,
    span: Duration,
) -> Result<Pairs, BenchError> {
    let mut ours = Stage::quintet(setup, seating)?;
    let sample = ours.measure(Duration::from_millis(200))?;
    let payload_bytes = sample.block.payload_bytes();
    let mut bare = Stage::bare(setup.run, Seating { payload_bytes, ..seating })?;
    let mut told = Pairs { payload_bytes, stuck: sample.block.stuck, ..Pairs::default() };
    for _ in 0..pairs {
        let floor = bare.measure(span)?;
        let cost = ours.measure(span)?;
        told.stuck |= floor.block.stuck || cost.block.stuck;
        told.bare.push(floor.per_million());
        told.ours.push(cost.per_million());
        told.excess_micros.push(cost.micros_per_message() - floor.micros_per_message());
    }
    told.faults.add(ours.close_books()?);
    told.faults.add(bare.close_books()?);
    Ok(told)
}
