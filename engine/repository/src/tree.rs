//! The files of a git repository at one commit, read from its objects: nothing is checked out.
//!
//! **Invariants.** Only regular files are read; symbolic links are never followed and submodules
//! never entered. What `tree/exclusion.rs` and `tree/content.rs` leave out is not there for anybody:
//! [`Tree::contains`], [`Tree::read`] and [`Tree::lines`] agree. No configuration outside the
//! repository is read, no hook, filter or command runs, and the network is not used.
//!
//! **Bounds.** [`ENTRIES_MAX`] entries of folders are walked, [`FILES_MAX`] files are kept, at most
//! [`DEPTH_MAX`] folders deep, with paths up to [`PATH_BYTES_MAX`]; a file over [`FILE_BYTES_MAX`]
//! is not read; no object that needs more than [`OBJECT_BYTES_MAX`] is decoded. Beside one file at a
//! time only the paths are held.
//!
//! **Pitfalls.** Everything here blocks on the disk.

mod content;
mod exclusion;

use std::path::Path;

use gix::bstr::ByteSlice;
use gix::object::tree::EntryKind;
use gix::{ObjectId, Repository, ThreadSafeRepository};

use crate::Skipped;
use content::Content;
use exclusion::Exclusion;

/// Files that are kept of one commit.
pub const FILES_MAX: usize = 50_000;
/// Entries of folders that are looked at, the excluded ones included.
pub const ENTRIES_MAX: usize = 500_000;
/// Folders above a file.
pub const DEPTH_MAX: usize = 64;
/// Bytes of a path.
pub const PATH_BYTES_MAX: usize = 1024;
/// Bytes of a file that is read.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes that decoding one object may take, the objects it builds on included one by one.
pub const OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Submodules whose paths are told.
const SUBMODULES_MAX: usize = 100;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a repository was not read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// There is no repository.
    #[error("there is no git repository that can be opened")]
    NotARepository(#[source] Cause),
    /// The commit that was asked for is not in it.
    #[error("the repository has no commit `{0}`")]
    NoCommit(String),
    /// It has no commit, or no file that can be read.
    #[error("the repository has no commit, or no file that can be read")]
    Empty,
    /// An object is missing, damaged or over the bound.
    #[error("an object of the repository cannot be read")]
    Damaged(#[source] Cause),
    /// Whoever wanted it read wants it no more.
    #[error("reading the repository was stopped")]
    Stopped,
}

/// The files of a repository at one commit.
pub struct Tree {
    repository: ThreadSafeRepository,
    commit: ObjectId,
    commit_name: String,
    /// By path.
    entries: Vec<Entry>,
    skipped: Skipped,
}

/// A file that may be read.
struct Entry {
    path: Box<str>,
    id: ObjectId,
}

/// What a file holds, or why it is not read.
pub(crate) enum Loaded {
    Text(String),
    Secret,
    Binary,
    Minified,
    TooLarge,
}

impl Tree {
    /// Opens the repository at `path`, bare or not, at `commit` (its full name in hexadecimal
    /// digits), else at its `HEAD`.
    ///
    /// # Errors
    ///
    /// [`TreeError::NotARepository`], [`TreeError::NoCommit`], [`TreeError::Empty`] where `HEAD` names
    /// no commit or no file is left, and [`TreeError::Damaged`].
    pub fn open(path: &Path, commit: Option<&str>) -> Result<Self, TreeError> {
        let limit = format!("gitoxide.objects.allocLimit={OBJECT_BYTES_MAX}");
        let options = gix::open::Options::isolated().config_overrides([limit.as_str()]);
        let opened = options.open(path).map_err(|error| TreeError::NotARepository(error.into()))?;
        let repository = opened.to_thread_local();
        let commit = match commit {
            Some(name) => named_commit(&repository, name)?,
            None => head_commit(&repository)?,
        };
        let mut walk = Walk::default();
        let root = repository.find_commit(commit).map_err(damaged)?.tree_id().map_err(damaged)?;
        walk.run(&repository, root.detach())?;
        let Walk { mut entries, skipped, .. } = walk;
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        entries.dedup_by(|one, other| one.path == other.path);
        if entries.is_empty() {
            return Err(TreeError::Empty);
        }
        let commit_name = commit.to_string();
        Ok(Self { repository: opened, commit, commit_name, entries, skipped })
    }

    /// The commit's name: 40 or 64 hexadecimal digits.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit_name
    }

    /// Whether there is a file of this path that [`Tree::read`] gives.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.read(path).is_ok_and(|text| text.is_some())
    }

    /// The lines of a file that [`Tree::read`] gives; the end of the last one may be missing.
    #[must_use]
    pub fn line_count(&self, path: &str) -> Option<usize> {
        self.read(path).ok().flatten().map(|text| text.lines().count())
    }

    /// The text of a file; what is no UTF-8 in it is replaced. `None` where there is none of this
    /// path, and where it is excluded, a secret, binary, minified, over 1 MiB, or a
    /// symbolic link.
    ///
    /// # Errors
    ///
    /// [`TreeError::Damaged`].
    pub fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        let found = self.entries.binary_search_by(|entry| (*entry.path).cmp(path));
        let Ok(index) = found else { return Ok(None) };
        match self.load(&self.repository.to_thread_local(), index)? {
            Loaded::Text(text) => Ok(Some(text)),
            Loaded::Secret | Loaded::Binary | Loaded::Minified | Loaded::TooLarge => Ok(None),
        }
    }

    /// Lines `from` to `to` of a file, from 1, both included, as far as it has them; `None` where
    /// [`Tree::read`] gives none or the file has no line `from`.
    ///
    /// # Errors
    ///
    /// [`TreeError::Damaged`].
    pub fn lines(
        &self,
        path: &str,
        from: usize,
        to: usize,
    ) -> Result<Option<Vec<String>>, TreeError> {
        let (Some(text), Some(before)) = (self.read(path)?, from.checked_sub(1)) else {
            return Ok(None);
        };
        let wanted = text.lines().skip(before).take(to.saturating_sub(before));
        let lines: Vec<String> = wanted.map(str::to_owned).collect();
        Ok((!lines.is_empty()).then_some(lines))
    }

    /// The paths of all files that may be read, sorted. Some of them may yet turn out to be
    /// binary, too large, minified or secret.
    pub(crate) fn paths(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.path)
    }

    /// What was left out by its name or kind.
    pub(crate) fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// A handle that reads objects, for one thread.
    pub(crate) fn objects(&self) -> Repository {
        self.repository.to_thread_local()
    }

    /// The commit as an object's name.
    pub(crate) fn commit_id(&self) -> ObjectId {
        self.commit
    }

    /// The content of the file at `index` of [`Tree::paths`].
    pub(crate) fn load(&self, objects: &Repository, index: usize) -> Result<Loaded, TreeError> {
        let entry = &self.entries[index];
        let header = objects.find_header(entry.id).map_err(damaged)?;
        if header.size() > FILE_BYTES_MAX {
            return Ok(Loaded::TooLarge);
        }
        let bytes = objects.find_blob(entry.id).map_err(damaged)?.take_data();
        Ok(match content::content(&entry.path, bytes) {
            Content::Text(text) => Loaded::Text(text),
            Content::Binary => Loaded::Binary,
            Content::Secret => Loaded::Secret,
            Content::Minified => Loaded::Minified,
        })
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Tree");
        shown.field("commit", &self.commit_name).field("files", &self.entries.len());
        shown.finish_non_exhaustive()
    }
}

/// One walk through the folders of a commit.
#[derive(Default)]
struct Walk {
    entries: Vec<Entry>,
    skipped: Skipped,
    seen: usize,
}

/// A folder that is still to be looked at.
struct Folder {
    path: String,
    id: ObjectId,
    depth: usize,
    is_excluded: bool,
}

impl Walk {
    fn run(&mut self, objects: &Repository, root: ObjectId) -> Result<(), TreeError> {
        let mut open = vec![Folder { path: String::new(), id: root, depth: 0, is_excluded: false }];
        while let Some(folder) = open.pop() {
            let tree = objects.find_tree(folder.id).map_err(damaged)?;
            let first_new = open.len();
            for entry in tree.iter() {
                let entry = entry.map_err(damaged)?;
                if self.seen == ENTRIES_MAX {
                    self.skipped.too_many += 1;
                    return Ok(());
                }
                self.seen += 1;
                let id = entry.object_id();
                open.extend(self.entry(&folder, entry.filename(), entry.kind(), id));
            }
            // The first folder in order is looked at first, so that a bound cuts the last ones.
            open[first_new..].reverse();
        }
        Ok(())
    }

    /// Takes one entry; gives the folder that it is.
    fn entry(
        &mut self,
        folder: &Folder,
        name: &gix::bstr::BStr,
        kind: EntryKind,
        id: ObjectId,
    ) -> Option<Folder> {
        let Some(path) = joined(&folder.path, name) else {
            self.skipped.names += 1;
            return None;
        };
        let exclusion = if folder.is_excluded {
            Some(Exclusion::Excluded)
        } else {
            exclusion::exclusion(&path, kind == EntryKind::Tree)
        };
        match (kind, exclusion) {
            (EntryKind::Tree, _) if folder.depth >= DEPTH_MAX => self.skipped.too_many += 1,
            (EntryKind::Tree, _) => {
                let is_excluded = exclusion.is_some();
                return Some(Folder { path, id, depth: folder.depth + 1, is_excluded });
            }
            (EntryKind::Link, _) => self.skipped.symlinks += 1,
            (EntryKind::Commit, _) if self.skipped.submodules.len() < SUBMODULES_MAX => {
                self.skipped.submodules.push(path);
            }
            (EntryKind::Commit, _) => {}
            (_, Some(Exclusion::Secret)) => self.skipped.secrets += 1,
            (_, Some(Exclusion::Binary)) => self.skipped.binary += 1,
            (_, Some(Exclusion::Excluded)) => self.skipped.excluded += 1,
            (_, None) if self.entries.len() >= FILES_MAX => self.skipped.too_many += 1,
            (_, None) => self.entries.push(Entry { path: path.into_boxed_str(), id }),
        }
        None
    }
}

/// The path of an entry; `None` for names that no citation could hold: what is no UTF-8, has control
/// characters, or is too long.
fn joined(folder: &str, name: &gix::bstr::BStr) -> Option<String> {
    let name = name.to_str().ok()?;
    let is_odd = name.is_empty() || name == "." || name == ".." || name.contains('/');
    if is_odd || name.chars().any(char::is_control) {
        return None;
    }
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    (path.len() <= PATH_BYTES_MAX).then_some(path)
}

fn named_commit(repository: &Repository, name: &str) -> Result<ObjectId, TreeError> {
    let missing = || TreeError::NoCommit(name.chars().take(64).collect());
    let id = ObjectId::from_hex(name.as_bytes()).map_err(|_| missing())?;
    repository.find_commit(id).map(|commit| commit.id).map_err(|_| missing())
}

fn head_commit(repository: &Repository) -> Result<ObjectId, TreeError> {
    let head = repository.head().map_err(damaged)?;
    if head.is_unborn() {
        return Err(TreeError::Empty);
    }
    repository.head_id().map(gix::Id::detach).map_err(damaged)
}

/// An error of reading objects.
pub(crate) fn damaged(error: impl Into<Cause>) -> TreeError {
    TreeError::Damaged(error.into())
}
