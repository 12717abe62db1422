//! Runs the server until it is told to stop.

use crate::cli::Outcome;
use crate::config::Config;

/// Serves what `config` says; with `dev`, signing in by name from loopback is allowed.
///
/// # Errors
/// The server cannot be started.
pub fn serve(config: Config, dev: bool) -> Outcome {
    let Config { server, warnings, .. } = config;
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    let mode = if dev { " in development mode" } else { "" };
    Err(format!("serving on {}{mode} is being built", server.listen).into())
}
