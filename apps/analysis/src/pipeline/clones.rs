//! The folders of what was fetched, one for each analysis, by its id.
//!
//! **Invariants.** What stands at a place is whole: `repository` fetches beside it. A folder whose
//! analysis is gone is removed at the latest at the next start. What bears no name of ours is left
//! alone.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use storage::rusqlite::Connection;

use super::Pipeline;

/// How the folder in which a fetch is under way ends, behind its analysis's id.
const FETCHING: &str = ".fetching";
/// Folders that are looked up in one read.
const LOOKED_UP_MAX: usize = 500;

/// Where what was fetched stands.
pub(crate) struct Clones(PathBuf);

impl Clones {
    /// In this folder, which may be made later.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Where the repository of an analysis stands, if it was fetched.
    pub(crate) fn place(&self, id: &str) -> PathBuf {
        self.0.join(id)
    }

    /// Removes the folder of an analysis, if there is one.
    pub(super) async fn remove(&self, id: &str) {
        self.remove_folder(self.place(id)).await;
    }

    /// Removes a folder, if it is there.
    pub(super) async fn remove_folder(&self, folder: PathBuf) {
        let removed = blocking({
            let folder = folder.clone();
            move || std::fs::remove_dir_all(folder)
        });
        match removed.await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let folder = folder.display();
                tracing::warn!(%error, %folder, "a repository was not removed; a restart will");
            }
        }
    }

    /// All folders there are that bear a name of ours. Blocks.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        match std::fs::read_dir(&self.0) {
            Ok(entries) => {
                let paths = entries.flatten().map(|entry| entry.path());
                paths.filter(|path| id(path).is_some()).collect()
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let folder = self.0.display();
                tracing::warn!(%error, %folder, "fetched repositories were not listed");
                Vec::new()
            }
        }
    }
}

impl Pipeline {
    /// Removes those of the folders that no analysis has. They were listed before the first job
    /// began, so what is fetched now is not among them.
    pub(super) async fn sweep(self: Arc<Self>, folders: Vec<PathBuf>) {
        for some in folders.chunks(LOOKED_UP_MAX) {
            let some = some.to_vec();
            match self.store.read(move |db| without_analysis(db, some)).await {
                Ok(left) => {
                    for folder in left {
                        self.clones.remove_folder(folder).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "left repositories were not looked up");
                    return;
                }
            }
        }
    }
}

fn without_analysis(
    db: &Connection,
    folders: Vec<PathBuf>,
) -> storage::rusqlite::Result<Vec<PathBuf>> {
    let mut statement = db.prepare_cached("SELECT 1 FROM analyses WHERE id = ?1")?;
    let mut left = Vec::new();
    for folder in folders {
        if let Some(id) = id(&folder)
            && !statement.exists([id])?
        {
            left.push(folder);
        }
    }
    Ok(left)
}

/// The id of the analysis whose folder this is, if it is a folder of ours.
fn id(folder: &Path) -> Option<&str> {
    let name = folder.file_name()?.to_str()?;
    let working = name.strip_suffix(FETCHING).map(|name| name.split('.').next().unwrap_or(name));
    let id = working.unwrap_or(name);
    let is_in_place = |(index, byte): (usize, u8)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    (id.len() == 36 && id.bytes().enumerate().all(is_in_place)).then_some(id)
}

/// Runs what waits for the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(run).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_ours_are_ever_swept() {
        let known = model::message_id();
        let found = |name: &str| id(Path::new("/data").join(name).as_path()).map(str::to_owned);
        assert_eq!(found(&known).as_ref(), Some(&known));
        assert_eq!(found(&format!("{known}{FETCHING}")).as_ref(), Some(&known));
        assert_eq!(found(&format!("{known}.0a1b{FETCHING}")).as_ref(), Some(&known));
        for other in ["", "x.fetching", "photos", &known[1..], &format!("{known}0")] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_eq!(found(&known.replace('-', "_")), None);
    }
}
