//! What the same bytes cost a bare server: the least any fan-out over TCP can cost.

use std::time::Duration;

use serde_json::json;

use crate::error::BenchError;
use crate::report::{self, Report, rounded};
use crate::stage::{Seating, Stage};
use crate::target::Run;
use crate::traffic::Pace;

/// One room of the bare server.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Members of the room, the sender included.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=18_000))]
    pub subs: u32,
    /// Payload of a delivery in bytes.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// Messages in flight, all gathered into one write.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub window: u32,
    /// Seconds of traffic.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub secs: u64,
}

/// Measures it.
///
/// # Errors
/// As [`Stage::bare`] and [`Stage::measure`].
pub fn run(options: Options, run: Run) -> Result<Report, BenchError> {
    let window = options.window as usize;
    let mut stage = Stage::bare(
        run,
        Seating {
            rooms: 1,
            room_size: options.subs as usize,
            payload_bytes: options.bytes as usize,
            pace: Pace::Closed { per_room: window, in_total: window },
            user_per_room: false,
            with_ids: false,
        },
    )?;
    let cost = stage.measure(Duration::from_secs(options.secs))?;
    let faults = stage.close_books()?;
    Ok(Report {
        line: format!(
            "floor: {} subscribers, {} bytes, {window} in flight: {:.3} CPU-s per million deliveries, {:.0} deliveries/s",
            options.subs,
            cost.block.payload_bytes(),
            cost.per_million(),
            cost.deliveries_per_second(),
        ),
        figures: json!({
            "experiment": "floor", "subscribers": options.subs, "window": window,
            "payload_bytes": cost.block.payload_bytes(),
            "cpu_seconds_per_million": rounded(cost.per_million()),
            "deliveries_per_second": rounded(cost.deliveries_per_second()),
            "deliveries": cost.block.deliveries, "cpu_seconds": rounded(cost.cpu_seconds),
            "faults": report::faults(faults),
        }),
        sound: faults.none() && !cost.block.stuck,
    })
}
