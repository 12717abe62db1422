//! Whether a repository on this machine stands where it may, with all that belongs to it.
//!
//! **Invariants.** The folder that [`own_folder`] gives is below a root with every link resolved,
//! holds no link itself, and refers to no other folder: reading it reads nothing outside.
//!
//! **Bounds.** [`ENTRIES_MAX`] entries of a repository are looked at.
//!
//! **Pitfalls.** Who may write below a root can change it after it was looked at; roots are for
//! folders whose owner is trusted as far.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FetchError;

/// Entries in a repository's own folder.
const ENTRIES_MAX: usize = 1_000_000;

/// The folder in which the repository at `path` keeps its objects, with links resolved.
pub(super) fn own_folder(path: &Path, roots: &[PathBuf]) -> Result<PathBuf, FetchError> {
    let real = path.canonicalize().map_err(|_| FetchError::NotFound)?;
    let roots = roots.iter().filter_map(|root| root.canonicalize().ok());
    if !roots.into_iter().any(|root| real.starts_with(root)) {
        return Err(not_allowed("it leads out of the folders whose repositories are read here"));
    }
    let own = match fs::symlink_metadata(real.join(".git")) {
        Ok(found) if found.is_dir() => real.join(".git"),
        Ok(_) => return Err(not_allowed("it keeps its objects in another folder")),
        Err(_) => real,
    };
    if !own.join("objects").is_dir() || !own.join("HEAD").is_file() {
        return Err(FetchError::NotFound);
    }
    for elsewhere in [".git", "commondir", "objects/info/alternates"] {
        if fs::symlink_metadata(own.join(elsewhere)).is_ok() {
            return Err(not_allowed("it refers to objects in another folder"));
        }
    }
    match has_link(&own) {
        Ok(false) => Ok(own),
        Ok(true) => Err(not_allowed("its folder holds symbolic links")),
        Err(error) => Err(FetchError::Failed(format!("looking at a repository: {error}"))),
    }
}

fn not_allowed(reason: &str) -> FetchError {
    FetchError::NotAllowed(reason.to_owned())
}

/// Says whether anything below `folder` is a link, or no plain file or folder.
fn has_link(folder: &Path) -> io::Result<bool> {
    let mut folders = vec![folder.to_owned()];
    let mut entries = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            entries += 1;
            if entries > ENTRIES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if !kind.is_file() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
