//! `quintet check-config`.

use std::io::{self, Write};

use clap::Args;

use super::{ConfigOptions, Outcome};
use crate::config::Config;

const EXAMPLES: &str = "\
Examples:
  quintet check-config
  quintet check-config --config /etc/quintet.toml | grep -v default

Exits with 1, and tells all that is wrong, when the server would not start.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let config = options.config.load(Vec::new())?;
    print(&config, out)?;
    Ok(())
}

/// Prints a line for each key: its name, its value, where that comes from; then the warnings.
fn print(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let widest = |text: fn(&crate::config::Entry) -> &str| {
        config.in_force.iter().map(|entry| text(entry).chars().count()).max().unwrap_or(0)
    };
    let key_width = widest(|entry| &entry.definition.key);
    let value_width = widest(|entry| &entry.value).min(40);
    for entry in &config.in_force {
        let (key, value, source) = (&entry.definition.key, &entry.value, &entry.source);
        writeln!(out, "{key:key_width$}  {value:value_width$}  {source}")?;
    }
    for warning in &config.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::config::Inputs;

    #[test]
    fn each_value_stands_with_its_place_in_one_column_and_no_secret_shows() {
        let environment = [("JWT_SECRET", "hunter2"), ("QUINTET_SERVER__DRAIN", "20s")]
            .map(|(name, text)| (OsString::from(name), OsString::from(text)));
        let inputs = Inputs { environment: environment.to_vec(), ..Inputs::default() };
        let mut out = Vec::new();
        print(&Config::load(&inputs).unwrap(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        let (drain, listen) = (line("server.drain "), line("server.listen"));
        assert!(drain.ends_with("environment QUINTET_SERVER__DRAIN") && drain.contains("20s"));
        assert!(line("auth.jwt_secret").ends_with("environment JWT_SECRET"));
        assert_eq!(drain.find("environment"), listen.find("default"));
        assert!(text.contains("warning: auth.jwt_secret"));
    }
}
