//! Runs the server until it is told to stop.
//!
//! The parts are put together in `wiring`; what happens at the end is in `drain`.

mod applications;
mod descriptors;
mod dev;
mod listener;
mod speech;
mod ticker;
mod tls;
mod wiring;

use std::io::{self, Write};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

use crate::cli::Outcome;
use crate::config::Config;
use crate::drain::{self, Signals, Stop};
use crate::telemetry;
pub(crate) use wiring::Running;

/// Threads for what is not the connections': agents, timers, signals.
const WORK_THREADS: usize = 2;
/// How long work that did not end with the drain may take to notice.
const WORK_END_WITHIN: Duration = Duration::from_secs(1);

/// Serves what `config` says; with `dev`, signing in by name from loopback is allowed.
///
/// # Errors
/// The server cannot be started, or it ended because storing failed.
pub fn serve(config: Config, dev: bool) -> Outcome {
    telemetry::start(&config.log);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    descriptors::raise(config.server.max_connections);
    let work = Builder::new_multi_thread()
        .worker_threads(WORK_THREADS)
        .thread_name("work")
        .enable_all()
        .build()?;
    let outcome = work.block_on(run(config, dev, work.handle().clone()));
    work.shutdown_timeout(WORK_END_WITHIN);
    outcome
}

async fn run(config: Config, dev: bool, work: Handle) -> Outcome {
    // Before anything else, so that a signal during the start is not lost.
    let mut signals = Signals::listen()?;
    let running = wiring::start(&config, dev, &work)?;
    announce(&running, &config, dev)?;
    let stop = tokio::select! {
        stop = signals.next() => stop,
        () = running.store.failed() => Stop::StorageFailed,
    };
    tokio::select! {
        outcome = drain::drain(running, stop, &config.server) => outcome,
        _ = signals.next() => {
            tracing::warn!("a second signal: the process ends at once");
            std::process::exit(1)
        }
    }
}

/// Tells whoever started the server where it listens.
fn announce(running: &Running, config: &Config, dev: bool) -> Outcome {
    let scheme = if running.is_tls { "https" } else { "http" };
    let address = running.server.address();
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {scheme}://{address}")?;
    if dev {
        dev::greet(&mut out, config, address, running.is_tls)?;
    }
    out.flush()?;
    tracing::info!(%address, tls = running.is_tls, version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}
