//! `quintet restore`: puts a copy back, under a new epoch, where no server runs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use storage::{Existing, StorageError};

use super::{ConfigOptions, Outcome};

const EXAMPLES: &str = "\
Examples:
  quintet restore /var/backups/quintet.db
  quintet restore --data-dir /var/lib/quintet --replace quintet-2026-11-24.db

Refuses a data directory that a server uses. Clients that come back are told that their history may
have changed (`recovered: false`).";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// A copy that `quintet backup` made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Lose the database that is there
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let Options { file, replace, config } = options;
    let data_dir = config.load(Vec::new())?.server.data_dir;
    restore(&data_dir, &file, replace)?;
    writeln!(out, "restored {} into {}", file.display(), data_dir.display())?;
    Ok(())
}

fn restore(data_dir: &Path, file: &Path, replace: bool) -> Outcome {
    let existing = if replace { Existing::Replace } else { Existing::Keep };
    storage::restore(data_dir, file, existing).map_err(|error| match error {
        StorageError::Exists(dir) => {
            format!("{} holds a database already; --replace loses it", dir.display()).into()
        }
        error => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::SystemClock;
    use storage::{Options, Store};

    use super::*;

    fn open(data_dir: &Path) -> Store {
        Store::open(data_dir, &[], &Options::default(), Arc::new(SystemClock::new())).unwrap()
    }

    #[test]
    fn a_restore_asks_before_it_replaces_and_refuses_a_directory_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let (data, copy) = (folder.path().join("data"), folder.path().join("copy.db"));
        let store = open(&data);
        storage::backup_offline(&data, &copy).unwrap();
        let in_use = restore(&data, &copy, true).unwrap_err().to_string();
        assert!(in_use.contains("in use"), "{in_use}");
        store.close();
        let exists = restore(&data, &copy, false).unwrap_err().to_string();
        assert!(exists.contains("--replace"), "{exists}");
        restore(&data, &copy, true).unwrap();
        assert_ne!(open(&data).epoch(), store.epoch());
    }
}
