//! `quintet serve`.

use clap::Args;

use super::{ConfigOptions, Outcome};
use crate::config::Flag;

const EXAMPLES: &str = "\
Examples:
  quintet serve --dev
  quintet serve --listen 0.0.0.0:8000 --data-dir /var/lib/quintet
  QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE=200 quintet serve --config /etc/quintet.toml

SIGTERM drains: clients are told to come back (1012), and what is stored is stored.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The address and port to listen on [key: server.listen] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(flatten)]
    config: ConfigOptions,
    /// Allow signing in by name from this machine, and print a ready-made token
    #[arg(long)]
    dev: bool,
}

pub(super) fn run(options: Options) -> Outcome {
    let listen = options.listen.map(|text| Flag { name: "--listen", key: "server.listen", text });
    let config = options.config.load(listen.into_iter().collect())?;
    crate::serve::serve(config, options.dev)
}
