//! How files and functions look.

use tidy::{File, files, files_ending, functions};

use crate::none;

/// Lines of a source file.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;

/// Files that are longer, and why.
const LONG_FILES: [(&str, &str); 1] =
    [("engine/code/tests/rules.rs", "a table: one test a rule, each with a sample in a language")];

/// Functions that are longer, and why.
const LONG_FUNCTIONS: [(&str, &str); 3] = [
    ("panics_and_unchecked_errors", "a table: one line a sample"),
    ("text_that_becomes_code_or_a_command", "a table: one line a sample"),
    ("sql_from_values", "a table: one line a sample"),
];

/// Names that say nothing, and the old form of a module's file.
const EMPTY_NAMES: [&str; 7] =
    ["mod.rs", "utils.rs", "util.rs", "types.rs", "common.rs", "helpers.rs", "misc.rs"];

fn sources() -> Vec<File> {
    let mut sources = files_ending(".rs");
    sources.retain(|file| !file.path.starts_with("tidy/"));
    assert!(sources.len() > 100, "the sources are found");
    sources
}

/// Lines that contain one of `words`, as breaches.
fn lines_with(files: Vec<File>, words: &[String]) -> Vec<String> {
    let hits = |file: File| {
        let has = |line: &str| words.iter().any(|word| line.contains(word.as_str()));
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| has(line));
        lines.map(|(at, line)| format!("{}:{at}: {line}", file.path)).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(hits).collect()
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let lacking = files_ending(".rs").into_iter().filter(|file| !file.text.starts_with("//!"));
    none("a file opens with `//!`", lacking.map(|file| file.path));
}

#[test]
fn no_file_is_too_long() {
    let long = files_ending(".rs").into_iter().filter_map(|file| {
        let lines = file.text.lines().count();
        let is_known = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        (lines > FILE_LINES_MAX && !is_known).then(|| format!("{} has {lines} lines", file.path))
    });
    none("a file of over 600 lines is two files, or is listed with its reason", long);
}

#[test]
fn the_list_of_long_files_has_only_long_files() {
    let all = files_ending(".rs");
    let stale = LONG_FILES.iter().filter(|(path, _)| {
        let file = all.iter().find(|file| file.path == *path);
        file.is_none_or(|file| file.text.lines().count() <= FILE_LINES_MAX)
    });
    none("an exception that is not needed goes", stale.map(|(path, _)| (*path).to_owned()));
}

#[test]
fn no_function_is_too_long() {
    let long = files_ending(".rs").into_iter().flat_map(|file| {
        let long = functions(&file.text).into_iter();
        let is_known = |name: &str| LONG_FUNCTIONS.iter().any(|(known, _)| *known == name);
        long.filter(|function| function.lines > FUNCTION_LINES_MAX && !is_known(&function.name))
            .map(move |it| format!("{}:{} {} has {} lines", file.path, it.line, it.name, it.lines))
            .collect::<Vec<_>>()
    });
    none("a function of over 70 lines is several, or is listed with its reason", long);
}

#[test]
fn a_files_name_says_what_is_in_it() {
    let named = files()
        .into_iter()
        .filter(|file| EMPTY_NAMES.contains(&file.path.rsplit('/').next().unwrap_or_default()));
    none("no mod.rs, and no name that fits anything", named.map(|file| file.path));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let words = ["#[allow(", "#![allow("].map(str::to_owned);
    none("`#[expect(lint, reason = \"…\")]`", lines_with(sources(), &words));
}

#[test]
fn nothing_is_left_to_do() {
    let words = ["todo!(", "unimplemented!(", "#[ignore", "// TODO", "// FIXME", "// XXX"];
    none("what is there works", lines_with(sources(), &words.map(str::to_owned)));
}

#[test]
fn nothing_names_a_place_on_somebodys_machine() {
    let words = ["root", "home", "work"].map(|folder| format!("/{folder}/"));
    let mut all = files();
    all.retain(|file| !file.path.starts_with("tidy/") && !file.path.ends_with(".lock"));
    none("paths are relative", lines_with(all, &words));
}

/// The one file that may hold unsafe code.
const UNSAFE_FILE: &str = "engine/pocketsphinx/src/library.rs";

#[test]
fn unsafe_code_stands_in_one_reviewed_file() {
    let mut files = sources();
    files.retain(|file| file.path != UNSAFE_FILE);
    let words = ["expect(unsafe_code", "allow(unsafe_code"].map(str::to_owned);
    none("unsafe code is in one file", lines_with(files, &words));
}
