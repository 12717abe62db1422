//! What a connection costs that does nothing: memory while it sits in its room, CPU to come in.
//!
//! **Pitfalls:** kernel memory of the sockets is not in a process's resident memory. The CPU of a handshake
//! holds the upgrade, the token check, joining the room and one `ping`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::json;

use crate::crowd::{Crowd, Door};
use crate::error::BenchError;
use crate::process::Usage;
use crate::report::{Report, rounded};
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos, seconds};
use crate::target::Target;

const ADMIT_MAX: Duration = Duration::from_secs(120);
const SOURCES: u8 = 20;
const WARM_UP_CONNECTIONS: u32 = 200;

/// Connections that only sit there.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Connections.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(50..=19_000))]
    pub conns: u32,
    /// Members of a room.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub room_size: u32,
    /// Seconds to sit before memory is read.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    pub hold: u64,
    /// A user for each connection (each join is then told to the room), instead of one for all.
    #[arg(long)]
    pub distinct_users: bool,
}

/// Measures it.
///
/// # Errors
/// As [`Target::quintet`] and [`Crowd::admit`].
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let target = Target::quintet(&setup.server, setup.run)?;
    let watch = Stopwatch::start();
    let mut crowd = Crowd::new(watch)?;
    let first = doors(&target, options, "warm", WARM_UP_CONNECTIONS)?;
    crowd.admit(first, ADMIT_MAX)?;
    sit(&mut crowd, Duration::from_secs(1))?;
    let doors = doors(&target, options, "idle", options.conns)?;
    let before = target.usage();
    let began = watch.nanos();
    crowd.admit(doors, ADMIT_MAX)?;
    let took = seconds(watch.nanos() - began);
    let connected = target.usage();
    sit(&mut crowd, Duration::from_secs(options.hold))?;
    let settled = target.usage();
    let ended = crowd.first_end().map(|(index, end)| format!("connection {index}: {end:?}"));
    Ok(report(options, took, &[before, connected, settled], ended.as_deref()))
}

fn report(options: Options, took: f64, usage: &[Usage; 3], ended: Option<&str>) -> Report {
    let [before, connected, settled] = usage;
    let connections = f64::from(options.conns);
    let grown = settled.resident_bytes.saturating_sub(before.resident_bytes);
    let kib = crate::report::figure(grown / 64) / 16.0 / connections;
    let micros = (connected.cpu_seconds - before.cpu_seconds) / connections * 1e6;
    let sound = ended.is_none();
    Report {
        line: format!(
            "idle: {} connections in rooms of {}: {kib:.2} KiB of resident memory each, \
             {micros:.1} µs of CPU a handshake, {:.0} handshakes/s",
            options.conns,
            options.room_size,
            connections / took,
        ),
        figures: json!({
            "experiment": "idle", "connections": options.conns, "room_size": options.room_size,
            "distinct_users": options.distinct_users,
            "resident_kib_per_connection": rounded(kib),
            "resident_bytes_before": before.resident_bytes,
            "resident_bytes_connected": connected.resident_bytes,
            "resident_bytes_settled": settled.resident_bytes,
            "handshake_cpu_micros": rounded(micros),
            "handshakes_per_second": rounded(connections / took), "ended": ended,
        }),
        sound,
    }
}

fn doors(
    target: &Target,
    options: Options,
    kind: &str,
    count: u32,
) -> Result<Vec<Door>, BenchError> {
    let shared = target.door("", "bench")?;
    (0..count)
        .map(|index| {
            let room = format!("{kind}-{}", index / options.room_size);
            let mut door = if options.distinct_users {
                target.door(&room, &format!("{kind}-user-{index}"))?
            } else {
                let path = shared.path.as_ref().map(|path| format!("{path}{room}"));
                Door { path, ..shared.clone() }
            };
            let last = u8::try_from(index % u32::from(SOURCES)).unwrap_or(0) + 2;
            door.from = Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
            Ok(door)
        })
        .collect()
}

fn sit(crowd: &mut Crowd, span: Duration) -> Result<(), BenchError> {
    let until = crowd.now() + nanos(span);
    while crowd.now() < until {
        crowd.poll(Duration::from_millis(50), &mut |_| {})?;
    }
    Ok(())
}
