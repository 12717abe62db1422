//! Whether our cost beyond the bare server's is a·messages + b·deliveries, whatever the room's size and
//! however many rooms there are.
//!
//! For rooms of N members a message costs c(N) = a + b·N beyond the bare server, measured in the same run.
//! a and b come from least squares with relative errors (weights 1/c²), since c spans three orders of
//! magnitude. b is also told between neighbouring sizes, (c(M) − c(N)) / (M − N); how far these stray
//! from the fit is b's variation. With R rooms of ten, a(R) = c − 10·b.
//!
//! b is a tenth of what the kernel takes for a write, so both servers must find the kernel in the same
//! state: [`Pace::Beat`]. Both get the same messages at the same times, or one of them would leave a socket
//! alone for the 40 ms after which the kernel acknowledges by itself, and the other would not; and the
//! load does not read while they write, or the slower of the two would wake it more often.

use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use serde_json::{Value, json};

use crate::error::BenchError;
use crate::experiment::ratio::alternate;
use crate::report::{Report, median, rounded};
use crate::stage::{Seating, Setup, Stage};
use crate::target::Run;
use crate::traffic::Pace;

const MEMBERS_OF_SMALL_ROOMS: u32 = 10;
const FILES_FOR_THE_REST: u64 = 500;
/// Microseconds, roughly; they set the rate only.
const PRICE_OF_A_MESSAGE: f64 = 200.0;
const PRICE_OF_A_DELIVERY: f64 = 6.0;

/// Sizes and numbers of rooms.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Members of the one room.
    #[arg(long, value_delimiter = ',', default_value = "10,100,1000,9000")]
    pub subs: Vec<u32>,
    /// Numbers of rooms of 10 members; both servers' connections must fit a process's open files.
    #[arg(long, value_delimiter = ',', default_value = "1,30,900")]
    pub rooms: Vec<u32>,
    /// Payload of a delivery in bytes, as it arrives.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// How much of the time the messages are to keep a server busy that needs 200 µs for one and 6 µs for
    /// each of its deliveries; tells how many a second are published, over all rooms.
    #[arg(long, default_value_t = 0.4, value_parser = share)]
    pub busy: f64,
    /// Count instructions by Callgrind, in closed loop with one message in flight, instead of CPU time; the
    /// kernel's are not in it.
    #[arg(long)]
    pub counted: bool,
    /// Pairs of blocks for each point.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub pairs: u32,
    /// Seconds of a block.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub secs: u64,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 0.7 => Ok(share),
        _ => Err("a number over 0, at most 0.7".to_owned()),
    }
}

/// a·messages + b·deliveries, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Of a message.
    pub a: f64,
    /// Of a delivery.
    pub b: f64,
}

/// Measures it.
///
/// # Errors
/// As [`alternate`]; `Argument` for a point of no connections, or of more than the limit of open files
/// allows.
pub fn run(options: &Options, setup: &Setup) -> Result<Report, BenchError> {
    let mut sound = true;
    let mut sizes = Vec::new();
    for subs in &options.subs {
        sizes.push((f64::from(*subs), excess(options, setup, 1, *subs, &mut sound)?));
    }
    let line = fit(&sizes);
    let slopes = slopes(&sizes);
    let b_spread = spread(&slopes, line.b);
    let mut rooms: Vec<(u32, f64)> = Vec::new();
    for count in &options.rooms {
        let cost = excess(options, setup, *count, MEMBERS_OF_SMALL_ROOMS, &mut sound)?;
        rooms.push((*count, cost - f64::from(MEMBERS_OF_SMALL_ROOMS) * line.b));
    }
    let of_rooms: Vec<f64> = rooms.iter().map(|(_, a)| *a).collect();
    let a_spread = spread(&of_rooms, median(&of_rooms));
    let unit = if options.counted { "instructions" } else { "µs" };
    let told = rooms.iter().map(|(count, a)| format!("{a:.1} {unit} in {count} rooms"));
    Ok(Report {
        line: format!(
            "fit: beyond the bare server {:.2} {unit} a message + {:.4} {unit} a delivery; \
             b strays by {:.0} %, a by {:.0} %: {}",
            line.a,
            line.b,
            b_spread * 100.0,
            a_spread * 100.0,
            told.collect::<Vec<_>>().join(", "),
        ),
        figures: json!({
            "experiment": "fit", "unit": unit, "busy": options.busy, "a": rounded(line.a),
            "b": rounded(line.b), "b_spread": rounded(b_spread), "a_spread": rounded(a_spread),
            "excess_per_message": points(&sizes), "b_between": slopes,
            "a_by_rooms": rooms.iter().map(|(count, a)| json!([count, rounded(*a)])).collect::<Vec<_>>(),
        }),
        sound,
    })
}

/// What a message costs us beyond the bare server: microseconds, or instructions.
fn excess(
    options: &Options,
    setup: &Setup,
    rooms: u32,
    members: u32,
    sound: &mut bool,
) -> Result<f64, BenchError> {
    let connections = rooms.saturating_mul(members);
    let most = connections_max();
    if connections == 0 || u64::from(connections) > most {
        let what = format!(
            "{rooms} rooms of {members}: the limit of open files allows 1 to {most} connections"
        );
        return Err(BenchError::Argument(what));
    }
    let pace = if options.counted {
        Pace::Closed { per_room: 1, in_total: 1 }
    } else {
        Pace::Beat { per_second: per_second(options.busy, members) }
    };
    let seating = Seating {
        rooms: rooms as usize,
        room_size: members as usize,
        payload_bytes: options.bytes as usize,
        pace,
        user_per_room: false,
        with_ids: false,
    };
    let span = Duration::from_secs(options.secs);
    if options.counted {
        return excess_instructions(setup, seating, span);
    }
    let pairs = alternate(setup, seating, options.pairs, span)?;
    *sound &= pairs.sound();
    Ok(median(&pairs.excess_micros))
}

/// One server after the other: what is counted does not depend on what else happens.
fn excess_instructions(setup: &Setup, seating: Seating, span: Duration) -> Result<f64, BenchError> {
    let counted = Run { is_counted: true, ..setup.run };
    let ours = Stage::quintet(&Setup { run: counted, ..setup.clone() }, seating)?.count(span)?;
    Ok(ours - Stage::bare(counted, seating)?.count(span)?)
}

fn per_second(busy: f64, members: u32) -> f64 {
    busy * 1e6 / (PRICE_OF_A_MESSAGE + PRICE_OF_A_DELIVERY * f64::from(members))
}

/// The load holds a connection to each of the two servers.
fn connections_max() -> u64 {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    files.saturating_sub(FILES_FOR_THE_REST) / 2
}

/// Least squares of c(N) = a + b·N with weights 1/c²; needs two different N.
#[must_use]
pub fn fit(points: &[(f64, f64)]) -> Line {
    let (mut weights, mut sum_n, mut sum_nn, mut sum_c, mut sum_nc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (members, cost) in points {
        let weight = 1.0 / cost.powi(2).max(1e-12);
        weights += weight;
        sum_n += weight * members;
        sum_nn += weight * members * members;
        sum_c += weight * cost;
        sum_nc += weight * members * cost;
    }
    let determinant = weights * sum_nn - sum_n * sum_n;
    Line {
        a: (sum_nn * sum_c - sum_n * sum_nc) / determinant,
        b: (weights * sum_nc - sum_n * sum_c) / determinant,
    }
}

fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let neighbours = points.windows(2);
    neighbours.map(|two| (two[1].1 - two[0].1) / (two[1].0 - two[0].0)).collect()
}

/// How far the farthest figure is from `middle`, as a part of it.
fn spread(figures: &[f64], middle: f64) -> f64 {
    figures.iter().map(|figure| (figure / middle - 1.0).abs()).fold(0.0, f64::max)
}

fn points(points: &[(f64, f64)]) -> Vec<Value> {
    points.iter().map(|(members, cost)| json!([members, rounded(*cost)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_is_a_line_is_found_exactly() {
        let points: Vec<_> = [10.0, 100.0, 1000.0, 9000.0].map(|n| (n, 40.0 + 0.2 * n)).to_vec();
        let line = fit(&points);
        assert!((line.a - 40.0).abs() < 1e-6 && (line.b - 0.2).abs() < 1e-9);
        assert!(spread(&slopes(&points), line.b) < 1e-6);
    }

    #[test]
    fn a_delivery_that_grows_dearer_with_the_room_shows_in_the_spread() {
        let points: Vec<_> =
            [10.0, 100.0, 1000.0, 9000.0].map(|n: f64| (n, 40.0 + 0.2 * n * n.log10())).to_vec();
        assert!(spread(&slopes(&points), fit(&points).b) > 0.15);
    }
}
