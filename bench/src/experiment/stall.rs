//! One subscriber of many stops reading: does it harm the others, when is it ended, does it lose anything.
//!
//! Blocks without and with a stalled member alternate. It connects with small buffers, so that the
//! kernel refuses soon. That the server has ended it cannot be seen by one who does not read: the state of
//! the server's socket in `/proc/net/tcp` tells (looked up in all blocks alike). The first refused byte
//! belongs to the first message that is not there when it reads again after the block.

use std::time::Duration;

use serde_json::{Value, json};

use crate::crowd::{Door, End};
use crate::error::BenchError;
use crate::experiment::stall::recovery::Recovery;
use crate::experiment::stall::socket_state::Sentry;
use crate::histogram::Histogram;
use crate::report::{self, Report, rounded};
use crate::stage::{Cost, Seating, Setup, Stage};
use crate::stopwatch::seconds;
use crate::traffic::{Pace, due_after, find_number};

pub mod recovery;
pub mod socket_state;

const ADMIT_MAX: Duration = Duration::from_secs(10);

/// A room at a steady rate.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Members of the room, the sender included.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(3..=9_000))]
    pub subs: u32,
    /// Messages a second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// Payload of a delivery in bytes, as it arrives.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(14..=65_000))]
    pub bytes: u32,
    /// Blocks, half of them with a stalled member.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=40))]
    pub blocks: u32,
    /// Seconds of a block; more than the server's 10 s and the time in which the buffers fill.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(12..=60))]
    pub secs: u64,
}

/// What became of a stalled member.
struct Stalled {
    end: Option<End>,
    ended_after_refusal: Option<f64>,
    queued_bytes: u64,
    recovery: Recovery,
}

/// Measures it.
///
/// # Errors
/// As [`Stage::quintet`], [`Stage::measure`] and [`recovery::recover`].
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let mut stage = Stage::quintet(
        setup,
        Seating {
            rooms: 1,
            room_size: options.subs as usize,
            payload_bytes: options.bytes as usize,
            pace: Pace::Open { per_second: f64::from(options.rate) },
            user_per_room: false,
            with_ids: true,
        },
    )?;
    let member = options.subs as usize - 1;
    let door = Door { narrow: true, ..stage.door(0)? };
    let (mut without, mut with) = (Histogram::default(), Histogram::default());
    let mut stalls = Vec::new();
    let mut sound = true;
    for index in 0..options.blocks {
        stage.traffic.crowd.readmit(member, &door, ADMIT_MAX)?;
        if index % 2 == 0 {
            let (cost, _) = block(&mut stage, options, member)?;
            sound &= !cost.block.stuck;
            without.merge(&cost.block.latency);
        } else {
            let (cost, stalled) = stalled_block(&mut stage, options, member, &door)?;
            sound &= !cost.block.stuck;
            with.merge(&cost.block.latency);
            stalls.push(stalled);
        }
    }
    let faults = stage.close_books()?;
    sound &= faults.none();
    let mut told = report(options, &without, &with, &stalls);
    told.figures["faults"] = report::faults(faults);
    told.sound &= sound;
    Ok(told)
}

/// A block of traffic, and when the server ended its connection with `member`, if it did.
fn block(
    stage: &mut Stage,
    options: Options,
    member: usize,
) -> Result<(Cost, Option<u64>), BenchError> {
    let crowd = &stage.traffic.crowd;
    let sentry = Sentry::post(stage.target.address(), crowd.local_address(member), crowd.watch())?;
    let cost = stage.measure(Duration::from_secs(options.secs))?;
    Ok((cost, sentry.relieve()))
}

fn stalled_block(
    stage: &mut Stage,
    options: Options,
    member: usize,
    door: &Door,
) -> Result<(Cost, Stalled), BenchError> {
    let first = stage.traffic.published(0);
    stage.traffic.stall(member);
    let (cost, left) = block(stage, options, member)?;
    let ended_at = left.into_iter().chain(stage.traffic.crowd.hung_up_at(member)).min();
    let mut received: Vec<Vec<u8>> = Vec::new();
    stage
        .traffic
        .crowd
        .drain(member, ADMIT_MAX, &mut |heard| received.push(heard.text.to_vec()))?;
    let mut found_at = 0;
    let numbers = received.iter().filter_map(|text| find_number(text, &mut found_at));
    let refused = numbers.last().map_or(first, |number| number + 1);
    let rate = f64::from(options.rate);
    let refused_at = cost.block.began + due_after(refused - first, rate);
    let waited = ended_at.map(|at| at.saturating_sub(refused_at));
    let payload = cost.block.payload_bytes() as u64;
    let queued_bytes = waited.map_or(0, |waited| waited / due_after(1, rate) * payload);
    let end = stage.traffic.crowd.end(member).cloned();
    stage.traffic.crowd.readmit(member, door, ADMIT_MAX)?;
    let published = stage.traffic.published(0);
    let recovery =
        recovery::recover(&mut stage.traffic.crowd, member, &received, refused..published)?;
    stage.traffic.unstall(member);
    let ended_after_refusal = waited.map(seconds);
    Ok((cost, Stalled { end, ended_after_refusal, queued_bytes, recovery }))
}

fn report(options: Options, without: &Histogram, with: &Histogram, stalls: &[Stalled]) -> Report {
    let (baseline, stalled) = (without.quantile_millis(990), with.quantile_millis(990));
    let bound = (baseline * 1.1).max(baseline + 5.0);
    let waits = stalls.iter().filter_map(|one| one.ended_after_refusal);
    let longest = waits.fold(0.0, f64::max);
    let complete = stalls.iter().filter(|one| one.recovery.complete()).count();
    let ended = stalls.iter().filter(|one| one.ended_after_refusal.is_some()).count();
    Report {
        line: format!(
            "stall: 1 of {} stops reading: the others' p99 {stalled:.2} ms (baseline {baseline:.2}, bound {bound:.2}); \
             ended {ended} of {} times, at most {longest:.1} s after the first refused byte; recovered all {complete} of {}",
            options.subs,
            stalls.len(),
            stalls.len(),
        ),
        figures: json!({
            "experiment": "stall", "subscribers": options.subs, "rate": options.rate,
            "baseline": report::latency(without), "stalled": report::latency(with),
            "p99_bound_ms": rounded(bound), "p99_holds": stalled <= bound,
            "stalls": stalls.iter().map(told).collect::<Vec<_>>(),
        }),
        sound: ended == stalls.len() && complete == stalls.len(),
    }
}

fn told(one: &Stalled) -> Value {
    json!({
        "close_code": one.end.as_ref().and_then(|end| end.code),
        "close_reason": one.end.as_ref().map(|end| end.reason.clone()),
        "ended_seconds_after_refusal": one.ended_after_refusal.map(rounded),
        "queued_bytes_at_most": one.queued_bytes,
        "missed": one.recovery.missed, "recovered": one.recovery.recovered,
        "recovery_flag": one.recovery.flagged, "seq_contiguous": one.recovery.contiguous,
    })
}
