//! Reads a whole tree into [`Facts`].
//!
//! **Invariants.** The same commit gives the same facts in the same order. Sources are read one at a
//! time and not kept.
//!
//! **Bounds.** The tree's own (see `tree.rs`); tree-sitter reads [`PARSED_BYTES_MAX`] in all, sources
//! of the program before its tests; [`FUNCTIONS_MAX`] functions, types and findings each are kept.
//!
//! **Pitfalls.** It blocks for as long as reading takes: call it where blocking is allowed.

mod history;
mod language;
mod role;

use std::collections::BTreeMap;

use crate::tree::{Loaded, Tree, TreeError};
use crate::{Facts, File, Language, Role, Skipped};

/// Bytes of sources that are parsed in all; what lies past them is counted only.
pub const PARSED_BYTES_MAX: usize = 48 * 1024 * 1024;
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
    let mut facts = Facts {
        commit: tree.commit().to_owned(),
        skipped: tree.skipped().clone(),
        ..Facts::default()
    };
    let objects = tree.objects();
    let mut budget = Budget { bytes: PARSED_BYTES_MAX, items: FUNCTIONS_MAX };
    for (index, path) in tree.paths().enumerate() {
        let Some(text) = kept(tree.load(&objects, index)?, &mut facts.skipped) else { continue };
        let mut file = file(path, &text);
        parse(&mut file, &text, &mut budget);
        facts.files.push(file);
    }
    if facts.files.is_empty() {
        return Err(TreeError::Empty);
    }
    facts.languages = languages(&facts.files);
    facts.history = history::history(tree, &facts.files, options.history_commits)?;
    Ok(facts)
}

/// What may still be parsed and kept.
struct Budget {
    bytes: usize,
    items: usize,
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

fn parse(file: &mut File, text: &str, budget: &mut Budget) {
    if !matches!(file.role, Role::Source | Role::Test | Role::Example | Role::Configuration) {
        return;
    }
    let extension = file.path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let Some(language) = code::Language::from_tag(extension) else { return };
    if text.len() > budget.bytes {
        return;
    }
    let Ok(review) = code::review(language, text) else { return };
    budget.bytes -= text.len();
    let mut take = |count: usize| {
        let taken = count.min(budget.items);
        budget.items -= taken;
        taken
    };
    file.functions = review.facts.functions;
    file.functions.truncate(take(file.functions.len()));
    file.types = review.facts.types;
    file.types.truncate(take(file.types.len()));
    file.findings = review.findings;
    file.findings.truncate(take(file.findings.len()));
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
