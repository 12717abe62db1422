//! What the scores and sentences are made from: sums over [`Facts`], taken once.
//!
//! **Invariants.** Tests are counted apart: what says it is a measure of the source leaves out test functions
//! that stand among it, and what is found in them. Order is that of the files, then of the lines.

use code::{Finding, Function, Severity, TypeFact};
use repository::{EntryPoint, Facts, File, Manifest, Role};

use super::REFERENCES_MAX;
use crate::Citation;

/// Lines of a function past which it is long.
pub(crate) const LONG_LINES: usize = 50;
/// Levels of nesting past which a function is deep.
pub(crate) const DEEP_LEVELS: usize = 3;
/// Branches past which a function is involved.
pub(crate) const MANY_BRANCHES: usize = 10;
/// Lines of code past which a file is long.
pub(crate) const LONG_FILE_CODE: usize = 500;
/// References of one claim that are tried.
const OPENED_MAX: usize = 50;
/// Rules of `code` whose findings are not counted here: what they see is measured in itself, or (a part of a
/// source may well have its tests elsewhere, and a grammar may be older than the source) is not sure.
const NOT_COUNTED: [&str; 4] = ["missing-tests", "long-function", "deep-nesting", "syntax-error"];
/// Rules about errors that are lost, or that end more than they should.
const ABOUT_ERRORS: [&str; 8] = [
    "bare-except",
    "broad-except",
    "swallowed-error",
    "unwrap",
    "panic",
    "ignored-error",
    "unclosed-resource",
    "missing-timeout",
];
/// Rules about doors left open.
const ABOUT_SECURITY: [&str; 7] = [
    "dynamic-code",
    "shell-command",
    "html-injection",
    "unsafe-load",
    "tls-verification-off",
    "hard-coded-secret",
    "sql-injection",
];

/// A function and its file.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a File,
    pub(crate) function: &'a Function,
}

impl Place<'_> {
    /// Its lines, from first to last.
    pub(crate) fn lines(&self) -> usize {
        lines(self.function)
    }
}

/// The sums.
pub(crate) struct Measures<'a> {
    pub(crate) facts: &'a Facts,
    /// Files that run; where there is none, the examples.
    pub(crate) sources: Vec<&'a File>,
    /// Their functions, tests left out.
    pub(crate) functions: Vec<Place<'a>>,
    /// Test functions, wherever they stand.
    pub(crate) test_functions: Vec<Place<'a>>,
    /// Lines of code of the sources, test functions left out.
    pub(crate) source_code: usize,
    /// Lines of comment of the sources.
    pub(crate) source_comments: usize,
    /// Lines of code of test files, and of test functions among the sources.
    pub(crate) test_code: usize,
    /// Lines of code of the sources in languages whose functions are read.
    pub(crate) parsed_code: usize,
    /// What a reviewer would say of the sources, less what is measured otherwise.
    pub(crate) findings: Vec<(&'a File, &'a Finding)>,
    /// Rings of imports between modules that are not one within the other; see `rings.rs`.
    pub(crate) rings: Vec<Vec<usize>>,
}

impl<'a> Measures<'a> {
    pub(crate) fn of(facts: &'a Facts) -> Self {
        let with_role = |role| -> Vec<&'a File> {
            facts.files.iter().filter(|file| file.role == role && file.code > 0).collect()
        };
        let mut sources = with_role(Role::Source);
        if sources.is_empty() {
            sources = with_role(Role::Example);
        }
        let mut measures = Self {
            facts,
            functions: Vec::new(),
            test_functions: Vec::new(),
            source_code: 0,
            source_comments: sources.iter().map(|file| file.comments).sum(),
            test_code: with_role(Role::Test).iter().map(|file| file.code).sum(),
            parsed_code: 0,
            findings: Vec::new(),
            rings: super::rings::between_folders(facts),
            sources,
        };
        measures.read_sources();
        let test_files = facts.files.iter().filter(|file| file.role == Role::Test);
        measures.test_functions.extend(test_files.flat_map(|file| places(file, true)));
        measures
    }

    fn read_sources(&mut self) {
        for file in &self.sources {
            // Elsewhere than in Rust a function is taken for a test by its name, and among sources that errs.
            let has_tests = file.path.ends_with(".rs");
            let tests: Vec<Place<'a>> = places(file, true).filter(|_| has_tests).collect();
            let in_tests = tests.iter().map(Place::lines).sum::<usize>().min(file.code);
            self.source_code += file.code - in_tests;
            self.test_code += in_tests;
            if is_parsed(file) {
                self.parsed_code += file.code - in_tests;
            }
            let functions =
                file.functions.iter().filter(|function| !has_tests || !function.is_test);
            self.functions.extend(functions.map(|function| Place { file, function }));
            let is_left_out = |finding: &Finding| {
                NOT_COUNTED.contains(&finding.rule)
                    || finding.rule == "unreachable-code" && is_compiled(file)
                    || tests.iter().any(|test| holds(test.function, finding.line))
            };
            let counted = file.findings.iter().filter(|finding| !is_left_out(finding));
            self.findings.extend(counted.map(|finding| (*file, finding)));
            self.test_functions.extend(tests);
        }
    }

    /// The length that nine functions of ten do not pass.
    pub(crate) fn usual_length(&self) -> Option<usize> {
        let mut lengths: Vec<usize> = self.functions.iter().map(Place::lines).collect();
        lengths.sort_unstable();
        let last = lengths.len().checked_sub(1)?;
        lengths.get(last * 9 / 10).copied()
    }

    /// How many functions `wanted` holds for.
    pub(crate) fn functions_that(&self, wanted: impl Fn(&Function) -> bool) -> usize {
        self.functions.iter().filter(|place| wanted(place.function)).count()
    }

    /// The functions by `size`, greatest first, those of size 0 left out.
    pub(crate) fn functions_by(&self, size: impl Fn(&Function) -> usize) -> Vec<Place<'a>> {
        let mut places: Vec<Place<'a>> =
            self.functions.iter().copied().filter(|place| size(place.function) > 0).collect();
        places.sort_by_key(|place| std::cmp::Reverse(size(place.function)));
        places
    }

    /// The sources by lines of code, most first.
    pub(crate) fn sources_by_code(&self) -> Vec<&'a File> {
        let mut sources = self.sources.clone();
        sources.sort_by(|a, b| (b.code, &a.path).cmp(&(a.code, &b.path)));
        sources
    }

    /// The types of the sources that are wanted, the largest first.
    pub(crate) fn types_that(
        &self,
        wanted: impl Fn(&TypeFact) -> bool,
    ) -> Vec<(&'a File, &'a TypeFact)> {
        let sources = self.sources.iter();
        let all = sources.flat_map(|file| file.types.iter().map(move |one| (*file, one)));
        let mut types: Vec<_> = all.filter(|(_, one)| wanted(one)).collect();
        let size = |one: &TypeFact| one.last_line.saturating_sub(one.first_line);
        types.sort_by_key(|(_, one)| std::cmp::Reverse(size(one)));
        types
    }

    /// Findings of at least this severity.
    pub(crate) fn grave(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|(_, finding)| finding.severity <= severity).count()
    }

    pub(crate) fn about_errors(&self) -> usize {
        self.with_rule(&ABOUT_ERRORS)
    }

    pub(crate) fn about_security(&self) -> usize {
        self.with_rule(&ABOUT_SECURITY)
    }

    fn with_rule(&self, rules: &[&str]) -> usize {
        self.findings.iter().filter(|(_, finding)| rules.contains(&finding.rule)).count()
    }

    /// Modules that stand in a ring of imports; none stands in two.
    pub(crate) fn modules_in_rings(&self) -> usize {
        self.rings.iter().map(Vec::len).sum()
    }

    /// Whether nothing runs here by itself: all that is entered is libraries, or nothing is.
    pub(crate) fn is_library(&self) -> bool {
        self.facts.entry_points.iter().all(|entry| entry.kind == "library")
    }

    /// The first entry point of one of these kinds.
    pub(crate) fn entry(&self, kinds: &[&str]) -> Option<&'a EntryPoint> {
        self.facts.entry_points.iter().find(|entry| kinds.contains(&entry.kind))
    }

    /// Some file to point at where a thing is missing: where execution begins, else the largest source, else any.
    pub(crate) fn anchor(&self) -> Option<String> {
        let entry = self.facts.entry_points.first();
        let entry = entry.map(|entry| super::phrase::at(&entry.path, entry.line));
        let largest = || self.sources_by_code().first().map(|file| file.path.clone());
        let any = || self.facts.files.first().map(|file| file.path.clone());
        entry.or_else(largest).or_else(any)
    }

    /// The manifest nearest to the root.
    pub(crate) fn manifest(&self) -> Option<&'a Manifest> {
        self.facts.manifests.iter().min_by_key(|manifest| manifest.path.matches('/').count())
    }

    /// What packages need to run, each name once.
    pub(crate) fn dependencies(&self) -> usize {
        let manifests = self.facts.manifests.iter();
        let needed = manifests.flat_map(|manifest| &manifest.dependencies);
        let names: std::collections::BTreeSet<&str> = needed
            .filter(|dependency| !dependency.is_for_development)
            .map(|dependency| dependency.name.as_str())
            .collect();
        names.len()
    }

    /// The README, which stands first in the documentation.
    pub(crate) fn readme(&self) -> Option<&'a File> {
        let is_readme = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.to_ascii_lowercase().starts_with("readme")
        };
        let path = self.facts.practices.documentation.iter().find(is_readme)?;
        self.file(path)
    }

    /// The first references, each once, that can be opened: a name with a line break in it, or that ends as a
    /// place in a file does, is one that nobody could follow.
    pub(crate) fn citable(&self, references: &[String]) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        for reference in references.iter().take(OPENED_MAX) {
            let opens = || {
                let citation = Citation::parse(reference).ok()?;
                let lines = self.file(&citation.path)?.lines;
                Some(citation.lines.is_none_or(|(_, to)| to <= lines))
            };
            if told.len() < REFERENCES_MAX && !told.contains(reference) && opens() == Some(true) {
                told.push(reference.clone());
            }
        }
        told
    }

    pub(crate) fn file(&self, path: &str) -> Option<&'a File> {
        self.facts.files.iter().find(|file| file.path == path)
    }
}

/// The depth of a layer: what stands on another imports it, so imports go from the low numbers to the high.
/// `infrastructure` is used by every layer and uses what it serves, so it has no depth.
pub(crate) fn depth(layer: &str) -> Option<u8> {
    match layer {
        "interface" => Some(0),
        "application" => Some(1),
        "domain" | "data" => Some(2),
        _ => None,
    }
}

pub(crate) fn lines(function: &Function) -> usize {
    (function.last_line + 1).saturating_sub(function.first_line)
}

fn places(file: &File, tests: bool) -> impl Iterator<Item = Place<'_>> {
    let wanted = file.functions.iter().filter(move |function| function.is_test == tests);
    wanted.map(move |function| Place { file, function })
}

fn holds(function: &Function, line: usize) -> bool {
    (function.first_line..=function.last_line).contains(&line)
}

/// Whether a compiler finds code that never runs, and the conditions under which it is compiled.
fn is_compiled(file: &File) -> bool {
    [".rs", ".java", ".go"].iter().any(|extension| file.path.ends_with(extension))
}

/// Whether the file is in a language whose functions are read.
fn is_parsed(file: &File) -> bool {
    let extension = file.path.rsplit_once('.').map_or("", |(_, extension)| extension);
    code::Language::from_tag(extension).is_some()
}
