//! How a repository came to be: its commits, newest first.
//!
//! **Invariants.** Merges count as commits and change no file; renames are not followed. A commit
//! whose parents were not fetched changes no file, since what it changed cannot be told.
//!
//! **Bounds.** As many commits as the caller asks for; [`CHANGES_MAX`] changed files of one commit
//! and [`CHANGES_IN_ALL_MAX`] of all, and [`TREE_BYTES_MAX`] of folders' objects, past which changes are
//! not looked at; [`AUTHORS_MAX`] authors.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use gix::bstr::{BStr, ByteSlice};
use gix::diff::tree::visit::{Action, Change};
use gix::diff::tree::{Recorder, State, Visit};
use gix::hash::oid;
use gix::objs::{Data, Find, Kind, TreeRefIter};
use gix::revision::walk::Sorting;
use gix::{ObjectId, Repository};

use crate::tree::{Tree, TreeError, damaged};
use crate::{Author, File, History, HotFile};

/// Changed files and folders of one commit that are looked at.
const CHANGES_MAX: usize = 100_000;
/// Changed files and folders of all commits that are looked at.
const CHANGES_IN_ALL_MAX: usize = 1_000_000;
/// Bytes of folders' objects that are compared in all.
const TREE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Authors that are told.
const AUTHORS_MAX: usize = 100;
/// Hot files that are told.
const HOT_FILES_MAX: usize = 20;
/// Characters of an author's name.
const NAME_CHARS_MAX: usize = 80;
/// Part of the code, in hundredths, that makes the commit it came in the one big one.
const BIG_COMMIT_HUNDREDTHS: usize = 80;
const SECONDS_PER_DAY: i64 = 86_400;

/// Reads at most `commits_max` commits before and with the tree's own.
pub(super) fn history(
    tree: &Tree,
    files: &[File],
    commits_max: usize,
) -> Result<History, TreeError> {
    if commits_max == 0 {
        return Ok(History { is_cut: true, ..History::default() });
    }
    let mut objects = tree.objects();
    objects.object_cache_size_if_unset(16 * 1024 * 1024);
    let shallow = shallow_commits(&objects)?;
    let order = gix::traverse::commit::simple::CommitTimeOrder::NewestFirst;
    let walk = objects.rev_walk([tree.commit_id()]).sorting(Sorting::ByCommitTime(order));
    let mut reading = Reading::new(files);
    let mut is_cut = false;
    for commit in walk.all().map_err(damaged)? {
        let commit = commit.map_err(damaged)?;
        if reading.commits == commits_max {
            is_cut = true;
            break;
        }
        let is_boundary = shallow.contains(&commit.id);
        is_cut |= is_boundary;
        reading.commit(&objects, commit.id, is_boundary)?;
    }
    Ok(reading.told(is_cut))
}

fn shallow_commits(objects: &Repository) -> Result<BTreeSet<ObjectId>, TreeError> {
    let commits = objects.shallow_commits().map_err(damaged)?;
    Ok(commits
        .into_iter()
        .flat_map(|commits| commits.iter().copied().collect::<Vec<_>>())
        .collect())
}

/// What was counted so far.
struct Reading<'a> {
    files: &'a [File],
    /// Indices of files by path.
    by_path: HashMap<&'a [u8], usize>,
    commits: usize,
    authors: BTreeMap<String, usize>,
    days: BTreeSet<i64>,
    subject_chars: usize,
    /// Of each file, how many commits changed it.
    changes: Vec<usize>,
    /// Lines of code that stand as the commit brought them, of each commit that brought some.
    brought: Vec<usize>,
    changes_left: usize,
    tree_bytes_left: Cell<u64>,
    state: State,
}

impl<'a> Reading<'a> {
    fn new(files: &'a [File]) -> Self {
        let paths = files.iter().enumerate();
        Self {
            files,
            by_path: paths.map(|(index, file)| (file.path.as_bytes(), index)).collect(),
            commits: 0,
            authors: BTreeMap::new(),
            days: BTreeSet::new(),
            subject_chars: 0,
            changes: vec![0; files.len()],
            brought: Vec::new(),
            changes_left: CHANGES_IN_ALL_MAX,
            tree_bytes_left: Cell::new(TREE_BYTES_MAX),
            state: State::default(),
        }
    }

    fn commit(
        &mut self,
        objects: &Repository,
        id: ObjectId,
        is_boundary: bool,
    ) -> Result<(), TreeError> {
        let commit = objects.find_commit(id).map_err(damaged)?;
        self.commits += 1;
        let decoded = commit.decode().map_err(damaged)?;
        let message = decoded.message.trim().lines().next().unwrap_or_default();
        self.subject_chars += message.to_str_lossy().trim().chars().count();
        if let Ok(author) = decoded.author() {
            *self.authors.entry(shown(author.name)).or_default() += 1;
            if let Ok(time) = author.time() {
                self.days.insert(time.seconds.div_euclid(SECONDS_PER_DAY));
            }
        }
        let parents: Vec<ObjectId> = decoded.parents().collect();
        if is_boundary || parents.len() > 1 {
            return Ok(());
        }
        let before = match parents.first() {
            Some(parent) => Some(objects.find_commit(*parent).map_err(damaged)?.tree_id()),
            None => None,
        };
        let before = before.transpose().map_err(damaged)?.map(gix::Id::detach);
        self.diff(objects, before, decoded.tree())
    }

    /// Counts what changed from the tree `before` to the tree `after`.
    fn diff(
        &mut self,
        objects: &Repository,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> Result<(), TreeError> {
        if self.changes_left == 0 {
            return Ok(());
        }
        let kind = objects.object_hash();
        let objects = Metered { objects, bytes_left: &self.tree_bytes_left };
        let (mut before_data, mut after_data) = (Vec::new(), Vec::new());
        let roots = before.map_or(Ok(true), |id| objects.read(&id, &mut before_data));
        if !roots? || !objects.read(&after, &mut after_data)? {
            return Ok(());
        }
        let mut changes = Changes::new(self.changes_left.min(CHANGES_MAX));
        let compared = gix::diff::tree(
            TreeRefIter::from_bytes(&before_data, kind),
            TreeRefIter::from_bytes(&after_data, kind),
            &mut self.state,
            &objects,
            &mut changes,
        );
        self.changes_left -= changes.seen;
        // Whoever stops at the bound is told so by an error; a damaged tree is found elsewhere.
        if compared.is_ok() {
            self.count(&changes);
        }
        Ok(())
    }

    fn count(&mut self, changes: &Changes) {
        let mut brought = 0;
        for (path, is_new) in &changes.paths {
            let Some(&index) = self.by_path.get(path.as_slice()) else { continue };
            if *is_new && self.changes[index] == 0 {
                brought += self.files[index].code;
            }
            self.changes[index] += 1;
        }
        self.brought.push(brought);
    }

    fn told(self, is_cut: bool) -> History {
        let mut authors: Vec<Author> =
            self.authors.into_iter().map(|(name, commits)| Author { name, commits }).collect();
        authors
            .sort_by(|one, other| other.commits.cmp(&one.commits).then(one.name.cmp(&other.name)));
        authors.truncate(AUTHORS_MAX);
        let span = self.days.first().zip(self.days.last()).map(|(first, last)| last - first + 1);
        let code: usize = self.files.iter().map(|file| file.code).sum();
        let biggest = self.brought.iter().max().copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "a mean of lengths needs no more digits")]
        let mean_subject_chars = self.subject_chars as f64 / self.commits.max(1) as f64;
        History {
            commits: self.commits,
            is_cut,
            authors,
            days: u32::try_from(span.unwrap_or(0)).unwrap_or(u32::MAX),
            active_days: u32::try_from(self.days.len()).unwrap_or(u32::MAX),
            hot_files: hot_files(self.files, &self.changes),
            is_one_big_commit: code > 0 && biggest * 100 >= code * BIG_COMMIT_HUNDREDTHS,
            mean_subject_chars,
        }
    }
}

/// Objects, as long as they are within the bound.
struct Metered<'a> {
    objects: &'a Repository,
    bytes_left: &'a Cell<u64>,
}

impl Metered<'_> {
    /// Reads a folder's object; false where the bound is reached.
    fn read(&self, id: &oid, data: &mut Vec<u8>) -> Result<bool, TreeError> {
        let found = self.try_find(id, data).map_err(damaged)?;
        match found {
            Some(found) if found.kind == Kind::Tree => Ok(true),
            Some(_) => Err(damaged(NotATree)),
            None => Ok(false),
        }
    }
}

impl Find for Metered<'_> {
    fn try_find<'b>(&self, id: &oid, buffer: &'b mut Vec<u8>) -> gix::Result<Option<Data<'b>>> {
        if self.bytes_left.get() == 0 {
            return Ok(None);
        }
        let found = self.objects.objects.try_find(id, buffer)?;
        let bytes = found.as_ref().map_or(0, |found| found.data.len() as u64);
        self.bytes_left.set(self.bytes_left.get().saturating_sub(bytes));
        Ok(found)
    }
}

/// A commit names something as its tree that is none.
#[derive(Debug, thiserror::Error)]
#[error("a commit's tree is no tree")]
struct NotATree;

fn hot_files(files: &[File], changes: &[usize]) -> Vec<HotFile> {
    let changed = files.iter().zip(changes).filter(|(_, commits)| **commits > 1);
    let mut hot: Vec<HotFile> = changed
        .map(|(file, commits)| HotFile { path: file.path.clone(), commits: *commits })
        .collect();
    hot.sort_by(|one, other| other.commits.cmp(&one.commits).then(one.path.cmp(&other.path)));
    hot.truncate(HOT_FILES_MAX);
    hot
}

/// A name as committed, without what could disturb a line.
fn shown(name: &BStr) -> String {
    let name = name.to_str_lossy();
    name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

/// The files that one commit changed, up to a bound.
struct Changes {
    recorder: Recorder,
    /// Paths that are there afterwards, and whether they are new.
    paths: Vec<(Vec<u8>, bool)>,
    seen: usize,
    seen_max: usize,
}

impl Changes {
    fn new(seen_max: usize) -> Self {
        Self { recorder: Recorder::default(), paths: Vec::new(), seen: 0, seen_max }
    }
}

impl Visit for Changes {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.recorder.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.recorder.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.recorder.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.recorder.pop_path_component();
    }

    fn visit(&mut self, change: Change) -> Action {
        if self.seen == self.seen_max {
            return Action::Break(());
        }
        self.seen += 1;
        let is_there = !matches!(change, Change::Deletion { .. });
        if is_there && change.entry_mode().is_blob() {
            let is_new = matches!(change, Change::Addition { .. });
            self.paths.push((self.recorder.path().to_vec(), is_new));
        }
        Action::Continue(())
    }
}
