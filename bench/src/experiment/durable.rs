//! Stored messages: how many a second are committed and back at their senders, and how late at half of that.

use std::time::Duration;

use serde_json::json;

use crate::error::BenchError;
use crate::report::{self, Report, figure, rounded};
use crate::stage::{Seating, Setup, Stage};
use crate::traffic::Pace;

/// Senders, each in a room of its own.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Senders and rooms.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub senders: u32,
    /// Messages of a sender in flight at full rate.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub window: u32,
    /// Members of a room, the sender included.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub members: u32,
    /// Payload of a delivery in bytes, as it arrives.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// Messages a second in the second part, whether or not the last answer is there.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// Seconds at each of the two rates.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub secs: u64,
}

/// Measures it.
///
/// # Errors
/// As [`Stage::quintet`] and [`Stage::measure`]; `Argument` for more connections than a process may have.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let (senders, window) = (options.senders as usize, options.window as usize);
    if options.senders * options.members > 18_000 {
        return Err(BenchError::Argument("more than 18,000 connections".to_owned()));
    }
    let mut stage = Stage::quintet(
        setup,
        Seating {
            rooms: senders,
            room_size: options.members as usize,
            payload_bytes: options.bytes as usize,
            pace: Pace::Closed { per_room: window, in_total: senders * window },
            user_per_room: true,
            with_ids: true,
        },
    )?;
    let span = Duration::from_secs(options.secs);
    let full = stage.measure(span)?;
    let full_rate = figure(full.block.published) / full.block.seconds.max(1e-9);
    let rate = f64::from(options.rate);
    let steady = stage.measure_at(Pace::Open { per_second: rate }, span)?;
    let faults = stage.close_books()?;
    Ok(Report {
        line: format!(
            "durable: {senders} senders, {window} in flight each: {full_rate:.0} acknowledged messages/s, \
             p99 {:.2} ms; at {rate:.0} a second p99 {:.2} ms",
            full.block.latency.quantile_millis(990),
            steady.block.latency.quantile_millis(990),
        ),
        figures: json!({
            "experiment": "durable", "senders": senders, "window": window,
            "members": options.members, "payload_bytes": full.block.payload_bytes(),
            "messages_per_second": rounded(full_rate),
            "cpu_micros_per_message": rounded(full.micros_per_message()),
            "full": report::latency(&full.block.latency),
            "steady_rate": rate,
            "steady": report::latency(&steady.block.latency),
            "faults": report::faults(faults), "complaints": stage.traffic.complaints(),
        }),
        sound: faults.none() && !full.block.stuck && !steady.block.stuck,
    })
}
