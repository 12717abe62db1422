//! Reads a whole tree into [`Facts`].
//!
//! **Invariants.** The same commit gives the same facts in the same order. Sources are read one at a
//! time and not kept.
//!
//! **Bounds.** The tree's own (see `tree.rs`); [`READ_BYTES_MAX`] are read in all, and tree-sitter reads
//! [`PARSED_BYTES_MAX`] of them, sources of the program before its tests, where a source that is hard to
//! parse counts [`HARD_BYTES`] more, and one with faults [`DAMAGED_BYTES`]; [`FUNCTIONS_MAX`] functions, types and findings each are kept.
//!
//! **Pitfalls.** It blocks for as long as reading takes: call it where blocking is allowed.

mod entry;
mod framework;
mod history;
mod language;
mod manifest;
mod module;
mod places;
mod practices;
mod role;

use std::collections::BTreeMap;

use entry::Mark;
use manifest::{MANIFESTS_MAX, Package};
use places::Places;

use crate::tree::{Loaded, Tree, TreeError};
use crate::{Facts, File, Language, Role, Skipped};

/// Bytes of sources that are parsed in all; what lies past them is counted only.
pub const PARSED_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Bytes of files that are read in all; files past them count as too many.
pub const READ_BYTES_MAX: usize = 512 * 1024 * 1024;
/// What a source counts more that could not be parsed, or only in part: that took the work of many.
const HARD_BYTES: usize = 4 * 1024 * 1024;
/// What a source counts more that does not parse well: looking for a way to go on takes long.
const DAMAGED_BYTES: usize = 512 * 1024;
/// Functions, and types, and findings, kept in all.
pub const FUNCTIONS_MAX: usize = 100_000;

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct SurveyOptions {
    /// Commits of the history, the newest first; 0 leaves it out.
    pub history_commits: usize,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self { history_commits: 1000 }
    }
}

/// Reads `tree`. Blocks.
///
/// # Errors
///
/// [`TreeError::Empty`] where no file can be read, and [`TreeError::Damaged`].
pub fn survey(tree: &Tree, options: &SurveyOptions) -> Result<Facts, TreeError> {
    survey_until(tree, options, &|| false)
}

/// [`survey`] that ends when `is_stopped` says so, which is asked before each file and each part.
///
/// # Errors
///
/// As [`survey`], and [`TreeError::Stopped`].
pub fn survey_until(
    tree: &Tree,
    options: &SurveyOptions,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Facts, TreeError> {
    let go_on = || if is_stopped() { Err(TreeError::Stopped) } else { Ok(()) };
    let mut facts = Facts {
        commit: tree.commit().to_owned(),
        skipped: tree.skipped().clone(),
        ..Facts::default()
    };
    let mut reading = Reading::new();
    let objects = tree.objects();
    let paths: Vec<&str> = tree.paths().collect();
    let mut later = Vec::new();
    let mut unread = READ_BYTES_MAX;
    for (index, path) in paths.iter().enumerate() {
        go_on()?;
        if unread == 0 {
            facts.skipped.too_many += paths.len() - index;
            break;
        }
        let Some(text) = kept(tree.load(&objects, index)?, &mut facts.skipped) else { continue };
        unread = unread.saturating_sub(text.len());
        let file = file(path, &text);
        if file.role != Role::Source && is_parsed(&file) {
            later.push((facts.files.len(), index));
        }
        facts.files.push(file);
        reading.file(&mut facts, &text);
    }
    // Tests and examples take what the program's own sources left of the bounds.
    for (at, index) in later {
        go_on()?;
        if let Loaded::Text(text) = tree.load(&objects, index)? {
            reading.parse(&mut facts.files[at], at, &text);
        }
    }
    if facts.files.is_empty() {
        return Err(TreeError::Empty);
    }
    go_on()?;
    reading.conclude(&mut facts);
    go_on()?;
    facts.history = history::history(tree, &facts.files, options.history_commits)?;
    Ok(facts)
}

/// What is gathered while files are read.
struct Reading {
    /// Bytes that may still be parsed.
    bytes_left: usize,
    /// Functions, types and findings that may still be kept.
    items_left: [usize; 3],
    packages: Vec<Package>,
    /// Of each file, what it imports.
    imports: Vec<Vec<code::Import>>,
    /// Of each file, where execution begins.
    marks: Vec<Vec<Mark>>,
    licence: Option<&'static str>,
}

impl Reading {
    fn new() -> Self {
        Self {
            bytes_left: PARSED_BYTES_MAX,
            items_left: [FUNCTIONS_MAX; 3],
            packages: Vec::new(),
            imports: Vec::new(),
            marks: Vec::new(),
            licence: None,
        }
    }

    /// Takes the file that was just added to the facts.
    fn file(&mut self, facts: &mut Facts, text: &str) {
        let at = facts.files.len() - 1;
        let file = &mut facts.files[at];
        self.imports.push(Vec::new());
        self.marks.push(Vec::new());
        if file.role == Role::Source {
            self.marks[at] = entry::marks(&file.path, text);
            if is_parsed(file) {
                self.parse(file, at, text);
            }
        }
        let is_the_programs = !role::is_aside(&file.path);
        if is_the_programs && self.packages.len() < MANIFESTS_MAX {
            self.packages.extend(manifest::package(&file.path, text));
        }
        if practices::is_licence_at_root(&file.path) {
            self.licence = self.licence.or_else(|| practices::licence(text));
        }
    }

    fn parse(&mut self, file: &mut File, at: usize, text: &str) {
        let extension = file.path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let Some(language) = code::Language::from_tag(extension) else { return };
        if text.len() > self.bytes_left {
            return;
        }
        let review = code::review(language, text);
        let more = match &review {
            Err(_) => HARD_BYTES,
            Ok(review) if review.is_partial => HARD_BYTES,
            Ok(review) if review.findings.iter().any(|one| one.rule == "syntax-error") => {
                DAMAGED_BYTES
            }
            Ok(_) => 0,
        };
        let cost = text.len() + more;
        self.bytes_left = self.bytes_left.saturating_sub(cost);
        let Ok(review) = review else { return };
        file.functions = review.facts.functions;
        file.types = review.facts.types;
        file.findings = review.findings;
        let [functions, types, findings] = &mut self.items_left;
        file.functions.truncate(*functions);
        file.types.truncate(*types);
        file.findings.truncate(*findings);
        *functions -= file.functions.len();
        *types -= file.types.len();
        *findings -= file.findings.len();
        self.imports[at] = review.imports;
    }

    /// Draws from all files what none of them tells alone.
    fn conclude(self, facts: &mut Facts) {
        let places = Places::new(&facts.files, &self.packages);
        let of_files = facts.files.iter().zip(&self.imports);
        let resolved: Vec<_> =
            of_files.map(|(file, imports)| places.resolve(&file.path, imports)).collect();
        let handed_on: Vec<Vec<usize>> = facts
            .files
            .iter()
            .zip(&self.imports)
            .map(|(file, imports)| handed_on(file, imports))
            .collect();
        drop(places);
        for (file, imports) in facts.files.iter_mut().zip(resolved) {
            file.imports = imports;
        }
        facts.languages = languages(&facts.files);
        facts.modules = module::modules(&mut facts.files);
        module::layers(&mut facts.modules, &facts.files);
        facts.links = module::links(&facts.files, &handed_on);
        facts.cycles = module::rings(facts.modules.len(), &facts.links);
        facts.entry_points = entry::entry_points(&facts.files, &self.marks, &self.packages);
        facts.practices = practices::practices(&facts.files);
        facts.practices.licence = self.licence;
        facts.frameworks = framework::frameworks(&self.packages);
        facts.manifests = self.packages.into_iter().map(|package| package.manifest).collect();
    }
}

/// The lines on which a file only hands on what others have: what Python's `__init__.py` takes from its own
/// package counts as that.
fn handed_on(file: &File, imports: &[code::Import]) -> Vec<usize> {
    let is_package = file.path.ends_with("__init__.py");
    let only = |import: &&code::Import| {
        import.is_handed_on || (is_package && import.name.starts_with('.'))
    };
    imports.iter().filter(only).map(|import| import.line).collect()
}

fn kept(loaded: Loaded, skipped: &mut Skipped) -> Option<String> {
    let count = match loaded {
        Loaded::Text(text) => return Some(text),
        Loaded::Secret => &mut skipped.secrets,
        Loaded::Binary => &mut skipped.binary,
        Loaded::Minified => &mut skipped.excluded,
        Loaded::TooLarge => &mut skipped.too_large,
    };
    *count += 1;
    None
}

fn file(path: &str, text: &str) -> File {
    let kind = language::kind(path, text);
    let (code, comments) = kind.map_or((0, 0), |kind| language::count(kind, text));
    File {
        path: path.to_owned(),
        language: kind.map(language::name),
        role: role::role(path, text, kind),
        bytes: text.len(),
        lines: text.lines().count(),
        code,
        comments,
        ..File::default()
    }
}

/// Whether tree-sitter reads it.
fn is_parsed(file: &File) -> bool {
    matches!(file.role, Role::Source | Role::Test | Role::Example | Role::Configuration)
}

/// The languages that programs are written in, by lines of code.
fn languages(files: &[File]) -> Vec<Language> {
    let mut by_name: BTreeMap<&'static str, Language> = BTreeMap::new();
    for file in files {
        let Some(name) = file.language.filter(|name| !language::is_data_or_prose(name)) else {
            continue;
        };
        let empty = Language { name, files: 0, code: 0, comments: 0 };
        let sum = by_name.entry(name).or_insert(empty);
        sum.files += 1;
        sum.code += file.code;
        sum.comments += file.comments;
    }
    let mut languages: Vec<Language> = by_name.into_values().collect();
    languages.sort_by(|one, other| other.code.cmp(&one.code).then(one.name.cmp(other.name)));
    languages
}
