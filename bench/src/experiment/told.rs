//! How long it takes until every subscriber of an analysis has heard of a stage.
//!
//! The only worker is kept busy with other analyses while the crowd subscribes to the one that waits behind
//! them. Told is the time from the stage's own timestamp, which the server sets when its commit has returned,
//! and from the first subscriber's receipt, to the last one's.

use std::time::Duration;

use model::{Clock, SystemClock, Timestamp};
use serde_json::{Value, json};

use crate::crowd::{Crowd, contains};
use crate::error::BenchError;
use crate::report::{Report, rounded};
use crate::school::School;
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos};

const ADMIT_MAX: Duration = Duration::from_secs(120);
const TOLD_WITHIN: Duration = Duration::from_secs(120);
const STAGES: usize = 3;
const USER: &str = "bench";

/// How many subscribe.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Subscribers.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=19_000))]
    pub subs: u32,
    /// Analyses before the one that is watched.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub ahead: u32,
}

/// What one stage's news took.
#[derive(Clone, Debug, Default)]
struct Told {
    heard: u32,
    first_at: u64,
    last_at: u64,
    /// The wall time of the last receipt less the stage's timestamp, in milliseconds.
    since_stamp: i64,
}

/// Measures it.
///
/// # Errors
/// As [`School::open`] and [`Crowd::admit`]; `Server` when somebody is not told.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let school = School::open(setup)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    let door = school.door(USER)?;
    crowd.admit(std::iter::repeat_n(door, options.subs as usize), ADMIT_MAX)?;
    for _ in 0..options.ahead {
        school.submit(USER)?;
    }
    let watched = school.submit(USER)?;
    subscribe(&mut crowd, options.subs, &watched)?;
    let mut stages: Vec<Told> = Vec::new();
    let until = crowd.now() + nanos(TOLD_WITHIN);
    while stages.len() < STAGES || stages.iter().any(|stage| stage.heard < options.subs) {
        if crowd.now() > until {
            return Err(BenchError::Server(format!("did not tell everybody: {stages:?}")));
        }
        let wall = SystemClock::new();
        crowd.poll(Duration::from_millis(50), &mut |heard| {
            if !contains(heard.text, b"stage_completed") {
                return;
            }
            let Ok(message) = serde_json::from_slice::<Value>(heard.text) else { return };
            let count = message["payload"]["completedStages"].as_array().map_or(0, Vec::len);
            // Of stages that were told together only the last one is heard of.
            let skipped = Told { heard: options.subs, ..Told::default() };
            stages.resize(stages.len().max(count), skipped);
            if let Some(stage) = stages.get_mut(count.saturating_sub(1)) {
                note(stage, options.subs, &message, heard.at, wall.wall());
            }
        })?;
    }
    stages.retain(|stage| stage.last_at > 0);
    Ok(report(options, &stages))
}

fn note(stage: &mut Told, subs: u32, message: &Value, at: u64, wall: Timestamp) {
    if stage.last_at == 0 {
        *stage = Told { first_at: at, ..Told::default() };
    }
    stage.heard = (stage.heard + 1).min(subs);
    stage.last_at = at;
    let stamp = message["timestamp"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    stage.since_stamp = stamp.map_or(0, |stamp| wall.as_millis() - stamp.as_millis());
}

fn subscribe(crowd: &mut Crowd, subs: u32, analysis: &str) -> Result<(), BenchError> {
    let text =
        json!({"type": "subscribe_analysis", "payload": {"analysisId": analysis}}).to_string();
    let (mut confirmed, mut is_too_late) = (0, false);
    for index in 0..subs as usize {
        crowd.queue_text(index, text.as_bytes());
        crowd.flush(index)?;
    }
    let until = crowd.now() + nanos(ADMIT_MAX);
    while confirmed < subs {
        if crowd.now() > until {
            return Err(BenchError::Server(format!("confirmed {confirmed} subscriptions")));
        }
        crowd.poll(Duration::from_millis(50), &mut |heard| {
            confirmed += u32::from(contains(heard.text, b"subscription_confirmed"));
            is_too_late |= contains(heard.text, b"project_review");
        })?;
    }
    if is_too_late {
        return Err(BenchError::Argument("analyses too few --ahead of the one watched".to_owned()));
    }
    Ok(())
}

fn report(options: Options, stages: &[Told]) -> Report {
    let spread = |stage: &Told| crate::stopwatch::seconds(stage.last_at - stage.first_at) * 1e3;
    let slowest = stages.iter().map(|stage| stage.since_stamp).max().unwrap_or(0);
    Report {
        line: format!(
            "told: {} subscribers, the last one {slowest} ms after the stage's commit, stage by stage {}",
            options.subs,
            stages
                .iter()
                .map(|stage| format!("{:.0} ms", spread(stage)))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        figures: json!({
            "experiment": "told", "subscribers": options.subs,
            "first_to_last_ms": stages.iter().map(|stage| rounded(spread(stage))).collect::<Vec<_>>(),
            "stamp_to_last_ms": stages.iter().map(|stage| stage.since_stamp).collect::<Vec<_>>(),
        }),
        sound: stages.iter().all(|stage| stage.heard == options.subs),
    }
}
