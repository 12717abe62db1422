//! `bench`: runs one experiment, prints a line to read and its figures as JSON.

use std::io::stdout;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use bench::bare::{self, Relay};
use bench::error::{BenchError, system};
use bench::experiment::{
    durable, edits, fanout, fit, floor, idle, interviews, market, ratio, stall, told, voice,
};
use bench::process::Cores;
use bench::report::Report;
use bench::stage::Setup;
use bench::target::Run;
use clap::{Parser, Subcommand};

/// Measures Quintet on this machine, over loopback.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The release build of `quintet`.
    #[arg(long, global = true, default_value = "target/release/quintet")]
    server: PathBuf,
    /// The server's core.
    #[arg(long, global = true, default_value_t = 0)]
    server_core: usize,
    /// The load's core.
    #[arg(long, global = true, default_value_t = 1)]
    load_core: usize,
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Subcommand)]
enum Experiment {
    /// What the same bytes cost a bare server.
    Floor(floor::Options),
    /// One room, many subscribers.
    Fanout(fanout::Options),
    /// CPU against the bare server's, in alternating blocks.
    Ratio(ratio::Options),
    /// Memory of idle connections, CPU of handshakes.
    Idle(idle::Options),
    /// Stored messages a second from many rooms.
    Durable(durable::Options),
    /// One subscriber that stops reading.
    Stall(stall::Options),
    /// Whether the cost is a·messages + b·deliveries.
    Fit(fit::Options),
    /// Many interviews at once, and how fast answers are evaluated.
    Interviews(interviews::Options),
    /// How long until all subscribers of an analysis have heard of a stage.
    Told(told::Options),
    /// Many subscriptions to deals, and a stream of deals of which each meets some.
    Market(market::Options),
    /// Many writers in one document.
    Edits(edits::Options),
    /// Many people who talk in twos, against a bare relay of the same bytes.
    Voice(voice::Options),
    /// All of the above with their defaults, one after the other.
    All,
    /// The bare server itself; the other experiments start it.
    #[command(hide = true)]
    BareServer(BareServer),
}

#[derive(clap::Args)]
struct BareServer {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    room_size: u32,
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    gather_bytes: u32,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            eprintln!("bench: {error}{cause}");
            ExitCode::from(2)
        }
    }
}

/// Whether the experiment was sound.
fn run(cli: Cli) -> Result<bool, BenchError> {
    let cores = Cores { server: cli.server_core, load: cli.load_core };
    let setup = Setup { server: cli.server, run: Run { cores, is_counted: false } };
    if let Experiment::BareServer(options) = cli.experiment {
        let relay = Relay {
            room_size: options.room_size as usize,
            gather_bytes: options.gather_bytes as usize,
        };
        return bare::serve(options.listen, relay, &mut stdout()).map(|()| true);
    }
    cores.pin_load()?;
    if !matches!(cli.experiment, Experiment::All) {
        return tell(&measure(cli.experiment, &setup)?);
    }
    let mut sound = true;
    for name in [
        "floor",
        "fanout",
        "ratio",
        "idle",
        "durable",
        "stall",
        "fit",
        "interviews",
        "told",
        "market",
        "edits",
        "voice",
    ] {
        let with_defaults = Cli::parse_from(["bench", name]);
        sound &= tell(&measure(with_defaults.experiment, &setup)?)?;
    }
    Ok(sound)
}

/// Prints a report; whether its experiment was sound.
fn tell(report: &Report) -> Result<bool, BenchError> {
    report.write(&mut stdout()).map_err(system("print the report"))?;
    Ok(report.sound)
}

fn measure(experiment: Experiment, setup: &Setup) -> Result<Report, BenchError> {
    match experiment {
        Experiment::Floor(options) => floor::run(options, setup.run),
        Experiment::Fanout(options) => fanout::run(options, setup),
        Experiment::Ratio(options) => ratio::run(&options, setup),
        Experiment::Idle(options) => idle::run(options, setup),
        Experiment::Durable(options) => durable::run(options, setup),
        Experiment::Stall(options) => stall::run(options, setup),
        Experiment::Fit(options) => fit::run(&options, setup),
        Experiment::Interviews(options) => interviews::run(options, setup),
        Experiment::Told(options) => told::run(options, setup),
        Experiment::Market(options) => market::run(options, setup),
        Experiment::Edits(options) => edits::run(options, setup),
        Experiment::Voice(options) => voice::run(options, setup),
        Experiment::All | Experiment::BareServer(_) => {
            Err(BenchError::Argument("not an experiment".to_owned()))
        }
    }
}
