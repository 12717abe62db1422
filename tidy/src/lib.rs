//! The repository's rules, held by tests.
//!
//! The rules stand in `tests/tidy`: `crates.rs` (which crate may use which), `sources.rs` (how
//! files and functions look), `papers.rs` (what the papers say is there). This crate finds the
//! files they read. A rule that has exceptions names each of them with its reason.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path from the repository's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The repository's root.
///
/// # Panics
/// Never: this crate lies one folder below it.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this crate lies one folder below the root").to_owned()
}

/// The text files that git knows or would add, by path.
///
/// # Panics
/// When git cannot list them: the rules are about a work tree.
#[must_use]
pub fn files() -> Vec<File> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").arg("-C").arg(root()).args(listing).output();
    let listed = listed.expect("git is there");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let paths = String::from_utf8_lossy(&listed.stdout).into_owned();
    let read = |path: &str| {
        // A file that was deleted but not yet committed, or is not text, is none of ours.
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    paths.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect()
}

/// The same, only those whose names end in `ending`.
#[must_use]
pub fn files_ending(ending: &str) -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(ending)).collect()
}

/// A function in a formatted source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line it starts on, from 1.
    pub line: usize,
    /// Its lines, signature and closing brace included.
    pub lines: usize,
}

/// The functions of a file that rustfmt has formatted: each ends at the first line that is its
/// indentation and a brace.
#[must_use]
pub fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(at, line)| Some((at, function_name(line)?)));
    starts
        .map(|(at, name)| {
            let indentation = lines[at].len() - lines[at].trim_start().len();
            let end = format!("{}}}", &lines[at][..indentation]);
            let is_whole = lines[at].ends_with(['}', ';']);
            let rest = lines[at..].iter().position(|line| *line == end).filter(|_| !is_whole);
            let lines = rest.map_or(1, |rest| rest + 1);
            Function { name: name.to_owned(), line: at + 1, lines }
        })
        .collect()
}

/// The name of the function that starts on this line.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_qualifier = |word: &str| {
        matches!(word, "pub" | "async" | "const" | "unsafe" | "extern") || word.starts_with("pub(")
    };
    if !before.split_whitespace().all(is_qualifier) {
        return None;
    }
    let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    (end > 0).then_some(&after[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_their_lengths() {
        let text = "fn a() {}\n\nimpl B {\n    pub(crate) async fn c(\n        x: u8,\n    ) {\n        \
                    if x > 0 {\n        }\n    }\n}\n// fn d() {\n";
        let found = functions(text);
        let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(found, [("a", 1, 1), ("c", 4, 6)]);
    }
}
