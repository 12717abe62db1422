//! The folder that one fetch works in, and what becomes of it.
//!
//! **Invariants.** It is readable by its owner only. It is gone when its fetch ended, however.
//!
//! **Bounds.** It is measured every [`LOOK_EVERY`]; with more than [`ENTRIES_MAX`] entries it
//! counts as too large.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tracing::warn;

use super::FetchError;
use super::settings::Protocol;
use crate::proxy::new_secret;

/// How the name of such a folder ends.
const FETCHING: &str = ".fetching";
/// How often the folder is measured.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Entries that are looked at.
const ENTRIES_MAX: usize = 50_000;

/// The folder that one fetch works in. Dropped, it is removed with all that is in it.
pub(super) struct Workplace {
    folder: PathBuf,
}

impl Workplace {
    /// Makes the folder for a fetch that is for `into`, where nothing may be. It has a name that no
    /// fetch before had: when this process was killed, a `git` of its may still be writing into the folder
    /// it worked in. What earlier fetches for the same place left is removed as far as it can be.
    pub(super) async fn beside(into: &Path) -> Result<Self, FetchError> {
        let into = absolute(into).map_err(|error| failed(&error))?;
        let made = spawn_blocking(move || Self::make(&into)).await;
        made.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    fn make(into: &Path) -> io::Result<Self> {
        let name = into.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut own = name.to_owned();
        own.push(format!(".{}{FETCHING}", new_secret()?));
        let folder = into.with_file_name(own);
        if fs::symlink_metadata(into).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
            remove_left(parent, name);
        }
        DirBuilder::new().mode(0o700).create(&folder)?;
        let workplace = Self { folder };
        fs::create_dir(workplace.home())?;
        Ok(workplace)
    }

    /// Writes git's configuration for an attempt, and removes what an attempt before left. Both are
    /// small, and done at once: a fetch that is dropped has no work under way.
    pub(super) fn settle(&self, protocol: &Protocol<'_>) -> Result<(), FetchError> {
        let text = protocol.settings()?;
        remove(&self.repository()).map_err(|error| failed(&error))?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let written =
            options.open(self.settings()).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| failed(&error))
    }

    /// Moves the repository to `into`, at once likewise, for its owner alone to read.
    pub(super) fn hand_over(self, into: &Path) -> Result<(), FetchError> {
        let repository = self.repository();
        let closed = fs::set_permissions(&repository, Permissions::from_mode(0o700));
        closed.and_then(|()| fs::rename(repository, into)).map_err(|error| failed(&error))
    }

    /// Waits until the folder has more than `bytes_max`.
    pub(super) async fn outgrown(&self, bytes_max: u64) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.is_over(bytes_max).await {
                return;
            }
        }
    }

    /// Says whether the folder has more than `bytes_max`.
    pub(super) async fn is_over(&self, bytes_max: u64) -> bool {
        let folder = self.folder.clone();
        spawn_blocking(move || size(&folder)).await.is_ok_and(|bytes| bytes > bytes_max)
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it is.
    pub(super) fn parent(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// An empty folder to be git's home.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("empty")
    }

    /// Git's configuration.
    pub(super) fn settings(&self) -> PathBuf {
        self.folder.join("settings")
    }

    /// Where the repository is while it comes.
    pub(super) fn repository(&self) -> PathBuf {
        self.folder.join("repository")
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.folder) {
            warn!(%error, "the working folder of a fetch could not be removed");
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> FetchError {
    FetchError::Failed(format!("on disk: {error}"))
}

/// Removes the folders in which earlier fetches for the place `name` worked. A process that still writes into
/// one of them may keep it for now.
fn remove_left(parent: &Path, name: &OsStr) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let rest = found.as_bytes().strip_prefix(name.as_bytes());
        let is_left = rest.is_some_and(|rest| rest.ends_with(FETCHING.as_bytes()));
        if is_left && let Err(error) = remove(&entry.path()) {
            warn!(%error, "what an earlier fetch left could not be removed yet");
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Bytes of all files below `folder`; what vanishes while one looks counts nothing.
fn size(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let (mut bytes, mut entries) = (0_u64, 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            entries += 1;
            if entries > ENTRIES_MAX {
                return u64::MAX;
            }
            match entry.metadata() {
                Ok(found) if found.is_dir() => folders.push(entry.path()),
                Ok(found) => bytes = bytes.saturating_add(found.len()),
                Err(_) => {}
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_workplace_is_its_owners_alone_and_goes_with_its_fetch() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("deep/a");
        let workplace = Workplace::beside(&into).await.unwrap();
        let mode = fs::metadata(workplace.folder()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::create_dir_all(workplace.repository().join("objects")).unwrap();
        drop(workplace);
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_removed_and_what_is_there_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("a");
        let left = folder.path().join("a.fetching/repository/objects");
        fs::create_dir_all(&left).unwrap();
        let workplace = Workplace::beside(&into).await.unwrap();
        assert!(!left.exists());
        drop(workplace);
        fs::write(&into, "somebody's").unwrap();
        assert!(matches!(Workplace::beside(&into).await, Err(FetchError::Failed(_))));
        assert_eq!(fs::read_to_string(&into).unwrap(), "somebody's");
    }

    #[test]
    fn a_folders_size_is_its_files_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("large"), [0; 5000]).unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in/a"), [0; 300]).unwrap();
        fs::write(folder.path().join("b"), [0; 20]).unwrap();
        std::os::unix::fs::symlink(other.path(), folder.path().join("x")).unwrap();
        let link = other.path().as_os_str().len() as u64;
        assert_eq!(size(folder.path()), 320 + link);
        assert_eq!(size(&folder.path().join("none")), 0);
    }
}
