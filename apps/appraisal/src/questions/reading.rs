//! The repository while questions are thought of: facts, and the few sources that are opened.
//!
//! **Bounds.** [`FILES_READ_MAX`] sources of [`BYTES_READ_MAX`] bytes in all are searched for names, once;
//! [`USES_MAX`] uses of a name are kept.

use std::collections::{BTreeMap, HashMap};

use repository::{Facts, File, Role, Tree};

use super::body::{Body, identifiers};
use super::candidate::path_of;
use super::mask::{Comments, masked};

/// Sources that are searched for names.
const FILES_READ_MAX: usize = 400;
/// Bytes of them in all.
const BYTES_READ_MAX: usize = 8 * 1024 * 1024;
/// Uses of one name that are kept.
const USES_MAX: usize = 200;
/// Lines above a function that are read for its comment.
const LINES_ABOVE: usize = 30;

/// A function where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'f> {
    pub(super) file: &'f File,
    pub(super) function: &'f code::Function,
}

impl At<'_> {
    pub(super) fn reference(&self) -> String {
        range(&self.file.path, self.function.first_line, self.function.last_line)
    }

    pub(super) fn lines(&self) -> usize {
        self.function.last_line.saturating_sub(self.function.first_line) + 1
    }
}

/// Where a name is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) path: String,
    pub(super) line: usize,
}

/// The repository while questions are thought of.
pub(super) struct Reading<'f> {
    pub(super) facts: &'f Facts,
    tree: &'f Tree,
}

/// `path:from-to`, or `path:line` of one line.
pub(super) fn range(path: &str, from: usize, to: usize) -> String {
    if from == to { format!("{path}:{from}") } else { format!("{path}:{from}-{to}") }
}

impl<'f> Reading<'f> {
    pub(super) fn new(facts: &'f Facts, tree: &'f Tree) -> Self {
        Self { facts, tree }
    }

    /// Files that run.
    pub(super) fn sources(&self) -> impl Iterator<Item = &'f File> {
        self.facts.files.iter().filter(|file| file.role == Role::Source)
    }

    pub(super) fn file(&self, path: &str) -> Option<&'f File> {
        let found = self.facts.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok();
        found.and_then(|at| self.facts.files.get(at))
    }

    /// Functions that run and are no tests, in the order of files and lines.
    pub(super) fn functions(&self) -> impl Iterator<Item = At<'f>> {
        let of = |file: &'f File| file.functions.iter().map(move |function| At { file, function });
        self.sources().flat_map(of).filter(|at| !at.function.is_test)
    }

    /// Whether a reference names a file that can be read, and lines that it has.
    pub(super) fn has(&self, reference: &str) -> bool {
        let path = path_of(reference);
        let Some(count) = self.tree.line_count(path) else { return false };
        let place = reference.get(path.len() + 1..).unwrap_or("1");
        let lines = place.split('-').map(str::parse::<usize>);
        lines.flatten().all(|line| line >= 1 && line <= count.max(1))
    }

    /// The whole text; `None` for what may not or cannot be read.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.tree.read(path).ok().flatten()
    }

    /// Some lines, both included.
    pub(super) fn lines(&self, path: &str, from: usize, to: usize) -> Option<Vec<String>> {
        self.tree.lines(path, from, to).ok().flatten()
    }

    /// What a function's source shows.
    pub(super) fn body(&self, at: At<'_>) -> Option<Body> {
        let (from, to) = (at.function.first_line, at.function.last_line);
        let start = from.saturating_sub(LINES_ABOVE).max(1);
        let lines = self.lines(&at.file.path, start, to.min(from + super::body::LINES_MAX))?;
        let (above, own) = lines.split_at_checked(from - start)?;
        let above: Vec<&str> = above.iter().map(String::as_str).collect();
        Some(Body::read(
            &at.function.name,
            &own.join("\n"),
            from,
            &above,
            at.file.language.unwrap_or_default(),
        ))
    }

    /// Where names are used, in sources, comments and strings left out.
    pub(super) fn uses(&self, names: &[&str]) -> BTreeMap<String, Vec<Use>> {
        let mut found: HashMap<&str, Vec<Use>> =
            names.iter().map(|&name| (name, Vec::new())).collect();
        let mut left = BYTES_READ_MAX;
        for file in self.sources().take(FILES_READ_MAX) {
            let Some(rest) = left.checked_sub(file.bytes) else { break };
            left = rest;
            let Some(text) = self.text(&file.path) else { continue };
            search(&file.path, &masked(&text, Comments::of(file.language)), &mut found);
        }
        found.into_iter().map(|(name, uses)| (name.to_owned(), uses)).collect()
    }

    /// The function around a line.
    pub(super) fn function_at(&self, path: &str, line: usize) -> Option<&'f code::Function> {
        let around = self
            .file(path)?
            .functions
            .iter()
            .filter(|it| it.first_line <= line && line <= it.last_line);
        around.min_by_key(|it| it.last_line - it.first_line)
    }
}

fn search(path: &str, code: &str, found: &mut HashMap<&str, Vec<Use>>) {
    for (at, line) in code.lines().enumerate() {
        for (_, name) in identifiers(line) {
            if let Some(uses) = found.get_mut(name).filter(|uses| uses.len() < USES_MAX) {
                uses.push(Use { path: path.to_owned(), line: at + 1 });
            }
        }
    }
}
