//! The command line.
//!
//! **Invariants.** What a command answers goes to standard output, everything else to standard
//! error; a command that failed exits with 1, a command line that cannot be read with 2.

mod backup;
mod check_config;
mod restore;
mod serve;
mod stt_worker;
mod tail;
mod token;
mod version;

use std::error::Error;
use std::io;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, Flag, Inputs};

pub use token::sign;

/// How a command ends.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// One server that speaks five real-time protocols.
#[derive(Debug, Parser)]
#[command(name = "quintet", version, about, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  quintet serve --dev                          try it on this machine
  quintet token --sub ann --name Ann           a token for a client
  quintet tail 'ws://127.0.0.1:8000/api/chat/ws?contextId=math' --token \"$TOKEN\"
  quintet check-config                         what is in force, and where it comes from
  quintet backup quintet-today.db              a consistent copy, while the server runs

Configuration: quintet.toml, QUINTET_SECTION__KEY in the environment, JWT_SECRET, JWT_EXPIRES_IN,
FRONTEND_URL; all keys are in docs/configuration.md.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Options),
    /// Print a token signed with JWT_SECRET, or with the secret kept in the data directory
    Token(token::Options),
    /// Print the configuration in force and where each value comes from, secrets masked
    CheckConfig(check_config::Options),
    /// Connect to a WebSocket URL and print what arrives
    Tail(tail::Options),
    /// Copy the database into a file, while the server runs or while it does not
    Backup(backup::Options),
    /// Put a copy back into the data directory of a server that does not run
    Restore(restore::Options),
    /// Hear speech on standard input and print its words; the server starts these itself
    SttWorker(stt_worker::Options),
    /// Print the version
    Version,
}

/// Which configuration a command works with.
#[derive(Debug, Args)]
struct ConfigOptions {
    /// The configuration file [default: ./quintet.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that holds the database and the secret [key: server.data_dir]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

impl ConfigOptions {
    /// The configuration with `flags` on top.
    fn load(self, mut flags: Vec<Flag>) -> Result<Config, ConfigError> {
        let data_dir =
            self.data_dir.map(|text| Flag { name: "--data-dir", key: "server.data_dir", text });
        flags.extend(data_dir);
        Config::load(&Inputs::of_process(self.config, flags))
    }
}

/// Does what the command line says.
///
/// # Errors
/// Whatever kept the command from being done; [`explain`] says it in words.
pub fn run(cli: Cli) -> Outcome {
    let out = &mut io::stdout();
    let outcome = match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Token(options) => token::run(options, out),
        Command::CheckConfig(options) => check_config::run(options, out),
        Command::Tail(options) => tail::run(options, out),
        Command::Backup(options) => backup::run(options, out),
        Command::Restore(options) => restore::run(options, out),
        Command::SttWorker(options) => stt_worker::run(options, out),
        Command::Version => version::run(out),
    };
    outcome.or_else(|error| match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::BrokenPipe) => Ok(()),
        _ => Err(error),
    })
}

/// An error and what caused it, in one line each cause not said yet.
#[must_use]
pub fn explain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_examples_and_every_command() {
        let help = Cli::command().render_long_help().to_string();
        for word in [
            "serve",
            "token",
            "check-config",
            "tail",
            "backup",
            "restore",
            "stt-worker",
            "Examples",
        ] {
            assert!(help.contains(word), "{word} is missing in\n{help}");
        }
    }
}
