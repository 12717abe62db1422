//! `pyproject.toml` (of any tool, and Poetry's own tables), `requirements*.txt`, `Pipfile`, `setup.cfg`
//! and `setup.py`.
//!
//! **Pitfalls.** `setup.py` is a program: only lists of texts are seen.

use super::spans::{Document, version};
use super::{Found, Target, without_user};

pub(super) fn pyproject(text: &str) -> Found {
    let document = Document::read(text);
    let mut found = Found::default();
    let named = document.text(&["project", "name"]);
    let named = named.or_else(|| document.text(&["tool", "poetry", "name"]));
    found.name = named.map(str::to_owned);
    library(&mut found);
    for (line, asked) in document.texts(&["project", "dependencies"]) {
        need(&mut found, asked, line, false);
    }
    for extra in document.items(&["project", "optional-dependencies"]) {
        for (line, asked) in document.texts(&["project", "optional-dependencies", extra.key]) {
            need(&mut found, asked, line, is_for_development(extra.key));
        }
    }
    for group in document.items(&["dependency-groups"]) {
        for (line, asked) in document.texts(&["dependency-groups", group.key]) {
            need(&mut found, asked, line, true);
        }
    }
    poetry(&document, &mut found);
    for scripts in [&["project", "scripts"][..], &["tool", "poetry", "scripts"]] {
        for item in document.items(scripts) {
            let place = item.value.as_str().unwrap_or_default();
            command(&mut found, item.key, place, item.line);
        }
    }
    found
}

fn poetry(document: &Document<'_>, found: &mut Found) {
    let mut tables = vec![
        (vec!["tool", "poetry", "dependencies"], false),
        (vec!["tool", "poetry", "dev-dependencies"], true),
    ];
    for group in document.items(&["tool", "poetry", "group"]) {
        tables.push((vec!["tool", "poetry", "group", group.key, "dependencies"], true));
    }
    for (path, is_for_development) in tables {
        for item in document.items(&path).iter().filter(|item| item.key != "python") {
            found.need(item.key, version(item.value), item.line, is_for_development);
        }
    }
}

pub(super) fn pipfile(text: &str) -> Found {
    let document = Document::read(text);
    let mut found = Found::default();
    for (table, is_for_development) in [("packages", false), ("dev-packages", true)] {
        for item in document.items(&[table]) {
            found.need(item.key, version(item.value), item.line, is_for_development);
        }
    }
    found
}

pub(super) fn requirements(text: &str) -> Found {
    let mut found = Found::default();
    for (index, line) in text.lines().enumerate() {
        need(&mut found, line, index + 1, false);
    }
    found
}

pub(super) fn setup_cfg(text: &str) -> Found {
    let mut found = Found::default();
    let (mut section, mut key) = ("", "");
    for (index, line) in text.lines().enumerate() {
        let is_continued = line.starts_with([' ', '\t']);
        let mut value = line.trim();
        if value.starts_with('[') {
            (section, key) = (value.trim_matches(['[', ']']), "");
            continue;
        }
        if !is_continued {
            let Some((before, after)) = line.split_once('=') else { continue };
            (key, value) = (before.trim(), after.trim());
        }
        match (section, key) {
            ("metadata", "name") => found.name = Some(value.to_owned()),
            ("options", "install_requires") => need(&mut found, value, index + 1, false),
            ("options.extras_require", extra) => {
                need(&mut found, value, index + 1, is_for_development(extra));
            }
            ("options.entry_points", "console_scripts") => {
                let (name, place) = value.split_once('=').unwrap_or_default();
                command(&mut found, name, place, index + 1);
            }
            _ => {}
        }
    }
    library(&mut found);
    found
}

pub(super) fn setup_py(text: &str) -> Found {
    let mut found = Found::default();
    let mut is_in_list = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("name=").or_else(|| line.strip_prefix("name = ")) {
            found.name = quoted(name).next().map(str::to_owned);
        }
        let start = line.find("install_requires").filter(|_| !line.starts_with('#'));
        is_in_list |= start.is_some();
        if !is_in_list {
            continue;
        }
        let part = &line[start.unwrap_or(0)..];
        quoted(part).for_each(|asked| need(&mut found, asked, index + 1, false));
        is_in_list = !part.contains(']') && index < 2000;
    }
    library(&mut found);
    found
}

/// The texts in quotes of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split(['"', '\'']).skip(1).step_by(2)
}

/// Takes a requirement as pip writes it: `name[extra]>=1.0; marker`.
fn need(found: &mut Found, asked: &str, line: usize, is_for_development: bool) {
    // Passwords may hold what ends a requirement, so they go first.
    let asked = without_user(asked);
    let asked = asked.split(" #").next().unwrap_or_default();
    let asked = asked.split(';').next().unwrap_or_default().trim();
    if asked.starts_with(['#', '-', '.', '/']) || asked.contains("://") && !asked.contains('@') {
        return;
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = asked.find(|c| !is_of_name(c)).unwrap_or(asked.len());
    let (name, rest) = asked.split_at(end);
    let rest = rest.trim_start();
    let rest = if rest.starts_with('[') {
        rest.split_once(']').map_or("", |(_, rest)| rest)
    } else {
        rest
    };
    let version = rest.trim().trim_matches(['(', ')']);
    found.need(name, Some(version), line, is_for_development);
}

/// The package that is called like the project.
fn library(found: &mut Found) {
    let Some(name) = found.name.clone() else { return };
    let place = name.to_ascii_lowercase().replace('-', "_");
    found.target(Target { kind: "library", name, place, function: None, line: 1 });
}

fn command(found: &mut Found, name: &str, place: &str, line: usize) {
    let (module, function) = place.split_once(':').unwrap_or((place, "main"));
    if module.trim().is_empty() {
        return;
    }
    found.target(Target {
        kind: "command",
        name: name.trim().to_owned(),
        place: module.trim().to_owned(),
        function: Some(function.split(['[', ' ', '.']).next().unwrap_or_default().to_owned()),
        line,
    });
}

fn is_for_development(group: &str) -> bool {
    ["dev", "test", "tests", "testing", "docs", "doc", "lint", "typing", "develop"]
        .contains(&group.trim())
}
