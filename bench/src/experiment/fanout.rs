//! One room, many subscribers: what a delivery costs the server, how many it makes, how late they are.

use std::time::Duration;

use serde_json::json;

use crate::error::BenchError;
use crate::report::{self, Report, rounded};
use crate::stage::{Seating, Setup, Stage};
use crate::traffic::Pace;

/// One room of Quintet.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Members of the room, the sender included.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=18_000))]
    pub subs: u32,
    /// Payload of a delivery in bytes, as it arrives.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// Messages in flight.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub window: u32,
    /// Messages a second instead of a window.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Seconds of traffic.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub secs: u64,
}

/// Measures it.
///
/// # Errors
/// As [`Stage::quintet`] and [`Stage::measure`].
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let window = options.window as usize;
    let pace = match options.rate {
        Some(rate) => Pace::Open { per_second: f64::from(rate) },
        None => Pace::Closed { per_room: window, in_total: window },
    };
    let mut stage = Stage::quintet(
        setup,
        Seating {
            rooms: 1,
            room_size: options.subs as usize,
            payload_bytes: options.bytes as usize,
            pace,
            user_per_room: false,
            with_ids: false,
        },
    )?;
    let cost = stage.measure(Duration::from_secs(options.secs))?;
    let faults = stage.close_books()?;
    let latency = &cost.block.latency;
    let paced = options.rate.map_or(format!("{window} in flight"), |rate| format!("{rate}/s"));
    Ok(Report {
        line: format!(
            "fanout: {} subscribers, {} bytes, {paced}: {:.3} CPU-s per million deliveries, \
             {:.0} deliveries/s, p50 {:.2} ms, p99 {:.2} ms",
            options.subs,
            cost.block.payload_bytes(),
            cost.per_million(),
            cost.deliveries_per_second(),
            latency.quantile_millis(500),
            latency.quantile_millis(990),
        ),
        figures: json!({
            "experiment": "fanout", "subscribers": options.subs, "window": window,
            "rate": options.rate, "payload_bytes": cost.block.payload_bytes(),
            "cpu_seconds_per_million": rounded(cost.per_million()),
            "deliveries_per_second": rounded(cost.deliveries_per_second()),
            "messages": cost.block.published, "deliveries": cost.block.deliveries,
            "cpu_seconds": rounded(cost.cpu_seconds), "latency": report::latency(latency),
            "faults": report::faults(faults), "stuck": cost.block.stuck,
            "complaints": stage.traffic.complaints(),
        }),
        sound: faults.none() && !cost.block.stuck,
    })
}
