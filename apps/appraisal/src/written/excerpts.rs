//! Which parts of a repository's files a model gets to read.
//!
//! Entry points come first; then, in turns, what each way of looking finds most telling: the heads of the
//! largest files of each module, functions that branch most, files that change often, places where modules
//! meet, findings, the README, manifests, tests.
//!
//! **Invariants.** No place is chosen for a secret that was found in it, and no string literal of a line with
//! such a finding is told, wherever the excerpt begins.
//!
//! **Bounds.** Excerpts of [`LINES_MAX`] lines of [`LINE_CHARS_MAX`] characters; [`EXCERPTS_MAX`] of them.

use std::collections::BTreeMap;

use repository::{File, Role};

use super::secrets::{RULE, without_literals, without_secrets};
use crate::{Citation, Material};

/// Lines of an excerpt.
const LINES_MAX: usize = 60;
/// Characters of a line; the rest is left out.
const LINE_CHARS_MAX: usize = 200;
/// Excerpts of a repository.
pub(super) const EXCERPTS_MAX: usize = 60;
/// Lines before the one that is looked at.
const LEAD_LINES: usize = 5;
/// Lines before an excerpt that are read for secrets which reach into it.
const SECRET_LINES_MAX: usize = 100;

/// The places to read, the most telling first, none twice.
pub(super) fn places(material: &Material) -> Vec<Citation> {
    let facts = &material.facts;
    let entries = facts.entry_points.iter().map(|it| around(&it.path, it.line, LINES_MAX));
    let mut places = Places { material, chosen: Vec::new(), by_file: BTreeMap::new() };
    for entry in entries.take(8) {
        places.add(entry);
    }
    let mut ways = ways(material);
    while places.chosen.len() < EXCERPTS_MAX && ways.iter().any(|way| !way.is_empty()) {
        for way in &mut ways {
            while way.pop().is_some_and(|place| !places.add(place)) {}
        }
    }
    places.chosen.truncate(EXCERPTS_MAX);
    places.chosen
}

/// The lines of a place with their numbers; `None` where it can't be read.
pub(super) fn lines(material: &Material, place: &Citation) -> Option<Vec<String>> {
    let count = material.tree.line_count(&place.path)?;
    let (from, to) = place.lines.unwrap_or((1, LINES_MAX));
    let to = to.min(count).min(from + LINES_MAX - 1);
    if from > to {
        return None;
    }
    let start = from.saturating_sub(SECRET_LINES_MAX).max(1);
    let read = material.tree.lines(&place.path, start, to);
    let read = read.inspect_err(|error| tracing::debug!(%error, "a file could not be read"));
    let mut lines = read.ok()??;
    if let Some(file) = file(material, &place.path) {
        let secrets = file.findings.iter().filter(|it| it.rule == RULE);
        without_literals(
            &mut lines,
            secrets.filter_map(|it| Some((it.line.checked_sub(start)?, it.column))),
        );
    }
    let lines = without_secrets(lines);
    let numbered = lines.iter().zip(start..).skip(from - start).map(|(line, number)| {
        let end = line.char_indices().nth(LINE_CHARS_MAX).map_or(line.len(), |(end, _)| end);
        format!("{number}: {}", &line[..end])
    });
    let head = format!("{}, lines {from} to {to}", place.path);
    Some(std::iter::once(head).chain(numbered).collect())
}

/// The places chosen so far.
struct Places<'a> {
    material: &'a Material,
    chosen: Vec<Citation>,
    by_file: BTreeMap<String, Vec<(usize, usize)>>,
}

impl Places<'_> {
    /// Adds a place unless most of it was chosen before; a small file as a whole.
    fn add(&mut self, place: Citation) -> bool {
        let Some(mut lines) = place.lines else { return false };
        let Some(file) = file(self.material, &place.path) else { return false };
        if file.lines <= LINES_MAX {
            lines = (1, file.lines.max(1));
        }
        let (from, to) = lines;
        let chosen = self.by_file.entry(place.path.clone()).or_default();
        let shared = |(a, b): &(usize, usize)| (to.min(*b) + 1).saturating_sub(from.max(*a));
        let is_new = chosen.iter().all(|it| shared(it) * 2 <= to + 1 - from);
        if is_new {
            chosen.push((from, to));
            self.chosen.push(Citation { lines: Some(lines), ..place });
        }
        is_new
    }
}

/// What each way of looking finds, the most telling last.
fn ways(material: &Material) -> Vec<Vec<Citation>> {
    let facts = &material.facts;
    let head = |path: &String, lines: usize| around(path, 1, lines);
    let heads = |paths: &[String], lines: usize| {
        paths.iter().take(3).map(|path| head(path, lines)).collect::<Vec<_>>()
    };
    let hot = facts.history.hot_files.iter().filter(|it| is_source(material, &it.path));
    let links = facts.links.iter().map(|it| around(&it.path, it.line, 20));
    let findings = facts.files.iter().filter_map(|file| {
        let finding = file.findings.iter().find(|it| it.rule != RULE)?;
        Some(around(&file.path, finding.line, 15))
    });
    let manifests = facts.manifests.iter().map(|it| head(&it.path, 40));
    let mut ways = vec![
        main_files(material),
        branching(material),
        heads(&facts.practices.documentation, 40),
        hot.map(|it| head(&it.path, 40)).collect(),
        links.collect(),
        manifests.take(3).collect(),
        findings.collect(),
        heads(&facts.practices.tests, 40),
        heads(&facts.practices.ci, 30),
    ];
    for way in &mut ways {
        way.truncate(EXCERPTS_MAX);
        way.reverse();
    }
    ways
}

fn around(path: &str, line: usize, lines: usize) -> Citation {
    let from = line.saturating_sub(LEAD_LINES).max(1);
    Citation { path: path.to_owned(), lines: Some((from, from + lines - 1)) }
}

fn is_source(material: &Material, path: &str) -> bool {
    file(material, path).is_some_and(|file| file.role == Role::Source)
}

fn file<'a>(material: &'a Material, path: &str) -> Option<&'a File> {
    let files = &material.facts.files;
    files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|at| &files[at])
}

/// The largest file of each module, the largest module's first.
fn main_files(material: &Material) -> Vec<Citation> {
    let mut largest: BTreeMap<usize, &File> = BTreeMap::new();
    for file in &material.facts.files {
        let Some(module) = file.module else { continue };
        let best = largest.entry(module).or_insert(file);
        if file.code > best.code {
            *best = file;
        }
    }
    let mut files: Vec<&File> = largest.into_values().collect();
    files.sort_by_key(|file| (std::cmp::Reverse(file.code), &file.path));
    let first = |file: &File| file.types.first().map_or(1, |it| it.first_line);
    files.iter().map(|file| around(&file.path, first(file), 40)).collect()
}

/// Functions that branch most, one of each file.
fn branching(material: &Material) -> Vec<Citation> {
    let source = material.facts.files.iter().filter(|file| file.role == Role::Source);
    let mut functions: Vec<_> = source
        .filter_map(|file| {
            let production = file.functions.iter().filter(|it| !it.is_test);
            Some((file, production.max_by_key(|it| (it.branches, it.last_line - it.first_line))?))
        })
        .collect();
    functions.sort_by_key(|(file, it)| (std::cmp::Reverse(it.branches), &file.path));
    let places = functions.into_iter().map(|(file, it)| Citation {
        path: file.path.clone(),
        lines: Some((it.first_line, it.last_line.min(it.first_line + LINES_MAX - 1))),
    });
    places.collect()
}
