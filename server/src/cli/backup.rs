//! `quintet backup`: a consistent copy of the database, whether or not a server runs on it.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{ConfigOptions, Outcome};

const EXAMPLES: &str = "\
Examples:
  quintet backup /var/backups/quintet.db
  quintet backup --data-dir /var/lib/quintet \"quintet-$(date +%F).db\"

A server that runs on the data directory goes on. The copy is checked and synced before it takes the
name FILE, which it replaces. The secret that signs tokens is not in it: keep JWT_SECRET elsewhere.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// Where the copy goes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    config: ConfigOptions,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let Options { file, config } = options;
    let data_dir = config.load(Vec::new())?.server.data_dir;
    back_up(&data_dir, &file)?;
    writeln!(out, "backed up {} to {}", data_dir.display(), file.display())?;
    Ok(())
}

fn back_up(data_dir: &Path, file: &Path) -> Outcome {
    if is_of_the_server(data_dir, file) {
        return Err(format!(
            "{} belongs to the server: name a file elsewhere for the copy",
            file.display()
        )
        .into());
    }
    storage::backup_offline(data_dir, file)?;
    Ok(())
}

/// Whether `file` is one of the files a server keeps in `data_dir`, which a copy must not replace.
fn is_of_the_server(data_dir: &Path, file: &Path) -> bool {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    let is_inside = folder.ok().zip(data_dir.canonicalize().ok()).is_some_and(|(a, b)| a == b);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    is_inside && (name.starts_with("quintet.") || name == "jwt_secret")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::SystemClock;
    use storage::{Existing, Options, Store};

    use super::*;

    fn open(data_dir: &Path) -> Store {
        Store::open(data_dir, &[], &Options::default(), Arc::new(SystemClock::new())).unwrap()
    }

    #[test]
    fn a_copy_is_made_while_a_server_runs_and_while_none_does() {
        let folder = tempfile::tempdir().unwrap();
        let (data, copy) = (folder.path().join("data"), folder.path().join("copy.db"));
        let store = open(&data);
        back_up(&data, &copy).unwrap();
        store.close();
        back_up(&data, &copy).unwrap();
        let restored = folder.path().join("restored");
        storage::restore(&restored, &copy, Existing::Keep).unwrap();
        assert_ne!(open(&restored).epoch(), store.epoch());
    }

    #[test]
    fn a_copy_never_takes_the_place_of_a_file_the_server_uses() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for name in ["quintet.db", "quintet.db-wal", "jwt_secret"] {
            let error = back_up(folder.path(), &folder.path().join(name)).unwrap_err();
            assert!(error.to_string().contains("belongs to the server"), "{error}");
        }
        back_up(folder.path(), &folder.path().join("copy.db")).unwrap();
        store.close();
    }
}
