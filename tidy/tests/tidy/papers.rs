//! That the papers are there, are short, and say what is so.

use std::collections::BTreeSet;
use std::path::Path;

use tidy::{File, files, files_ending, functions, root};

use crate::none;

/// The papers, and how many lines each may have.
const PAPERS: [(&str, usize); 8] = [
    ("README.md", 150),
    ("ARCHITECTURE.md", 300),
    ("CONTRIBUTING.md", 300),
    ("CHANGELOG.md", 2000),
    ("SECURITY.md", 150),
    ("docs/operations.md", 400),
    ("docs/configuration.md", 2000),
    ("docs/benchmarks.md", 1000),
];

fn paper(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_papers_are_there_and_no_longer_than_somebody_reads() {
    let breaches = PAPERS.iter().filter_map(|(path, lines_max)| {
        let lines = paper(path).lines().count();
        let fits = (5..=*lines_max).contains(&lines);
        (!fits).then(|| format!("{path} has {lines} lines of at most {lines_max}"))
    });
    none("each paper is there and short", breaches);
}

/// The targets of a Markdown file's links, outside code.
fn links(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut targets = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let rest = line.split("](").skip(1).filter(|_| !is_code);
        targets.extend(rest.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    targets
}

/// A heading as the fragment of a link to it.
fn fragment(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|it| it.is_alphanumeric() || matches!(it, '-' | '_')).collect()
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| fragment(line.trim_start_matches('#'))).any(|it| it == wanted)
}

/// What is wrong with a link of `file`.
fn broken(file: &File, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let target =
        if path.is_empty() { root().join(&file.path) } else { root().join(folder).join(path) };
    if !target.exists() {
        return Some(format!("{}: {link} is not there", file.path));
    }
    if heading.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(target).unwrap_or_default();
    (!has_heading(&text, heading)).then(|| format!("{}: {link} has no such heading", file.path))
}

#[test]
fn links_lead_somewhere() {
    let papers = files_ending(".md");
    let breaches = papers.iter().flat_map(|file| {
        links(&file.text).into_iter().filter_map(|link| broken(file, &link)).collect::<Vec<_>>()
    });
    none("a link leads to a file and a heading that are there", breaches);
}

/// Words in backquotes that look like a test's name: a sentence in snake case.
fn named_tests(text: &str) -> BTreeSet<String> {
    let words = text.split('`').skip(1).step_by(2);
    let words = words.filter_map(|word| word.rsplit("::").next());
    let is_name = |word: &&str| {
        let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        word.matches('_').count() >= 4 && word.chars().all(plain)
    };
    words.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn the_tests_that_hold_the_invariants_exist() {
    let named = named_tests(&paper("ARCHITECTURE.md"));
    assert!(named.len() >= 10, "ARCHITECTURE.md names the tests that hold its invariants");
    let sources = files_ending(".rs");
    let known: BTreeSet<String> = sources
        .iter()
        .flat_map(|file| functions(&file.text))
        .map(|function| function.name)
        .collect();
    let unknown = named.difference(&known).cloned();
    none("ARCHITECTURE.md names a test that is there", unknown);
}

#[test]
fn every_crate_stands_in_the_map() {
    let text = paper("ARCHITECTURE.md");
    let folders = files_ending("Cargo.toml").into_iter().filter_map(|file| {
        let folder = file.path.strip_suffix("/Cargo.toml")?.to_owned();
        (!text.contains(&folder)).then_some(folder)
    });
    none("ARCHITECTURE.md maps every crate", folders);
}

#[test]
fn the_licence_is_there() {
    assert!(files().iter().any(|file| file.path == "LICENSE" && file.text.contains("Apache")));
}
