//! What a function's source shows: what it is for, what it calls, how it fails, where it repeats.
//!
//! It is read by lines and words, not by syntax: enough for what stands in seven languages, and silent
//! where it is not sure.
//!
//! **Bounds.** [`LINES_MAX`] lines of a function are read; of each kind [`OF_A_KIND_MAX`] are told.

mod failure;
mod identifier;
mod member;

use super::mask::{Comments, masked};
use super::phrase::first_sentence;

pub(super) use failure::Failure;
use failure::failures;
pub(super) use identifier::{identifiers, is_telling};
pub(super) use member::members;

/// Lines of a function that are read.
pub(super) const LINES_MAX: usize = 400;
/// Things of one kind that are told of a function.
const OF_A_KIND_MAX: usize = 8;
/// Words of a comment that explains something.
const NOTE_WORDS_MIN: usize = 6;

/// What a function's source shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// The first sentence of its comment.
    pub(super) said: Option<String>,
    /// First sentences of comments inside, longest first: the line and the sentence.
    pub(super) notes: Vec<(usize, String)>,
    /// What it calls, in order, each once.
    pub(super) calls: Vec<String>,
    /// How it fails.
    pub(super) failures: Vec<Failure>,
    /// Places that hand on whatever failed below.
    pub(super) handed_on: usize,
    /// Errors that it catches.
    pub(super) caught: Vec<String>,
    /// Its loops.
    pub(super) loops: Vec<Loop>,
    /// Names that its conditions turn on, in order, each once.
    pub(super) turns_on: Vec<String>,
    /// Whether it calls itself.
    pub(super) is_recursive: bool,
    /// Lines that hold a lock.
    pub(super) locks: Vec<usize>,
    /// Lines that add to a collection.
    pub(super) collects: Vec<usize>,
}

/// A loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    /// Its first line of source.
    pub(super) header: String,
    /// Where.
    pub(super) line: usize,
    /// Loops around it.
    pub(super) depth: usize,
}

/// A line of a function.
struct Line<'s> {
    number: usize,
    indent: usize,
    /// Without comments and strings, trimmed.
    code: &'s str,
    /// As it stands, trimmed.
    raw: &'s str,
}

impl Body {
    /// Reads the function `name`, whose source begins at line `first_line`; `above` is what stands above it.
    pub(super) fn read(
        name: &str,
        source: &str,
        first_line: usize,
        above: &[&str],
        language: &str,
    ) -> Self {
        let comments = Comments::of(Some(language));
        let code = masked(source, comments);
        let all: Vec<Line<'_>> = lines(source, &code, first_line);
        let start = signature_lines(&all, comments).min(all.len());
        let (signature, lines) = all.split_at(start);
        // A function on one line is all signature; what follows its name is read then.
        let lines = if lines.is_empty() { signature } else { lines };
        let calls = calls(lines);
        let mut body = Self {
            said: docstring(lines, comments).or_else(|| comment(above)),
            is_recursive: all.len() > start && is_recursive(name, lines),
            notes: notes(lines),
            failures: failures(lines),
            handed_on: handed_on(lines),
            caught: caught(lines),
            loops: loops(lines),
            turns_on: turns_on(lines),
            locks: lines_with(lines, LOCKS),
            collects: lines_with(lines, COLLECTS),
            calls,
        };
        body.calls.retain(|call| call != name);
        body
    }
}

fn lines<'s>(source: &'s str, code: &'s str, first_line: usize) -> Vec<Line<'s>> {
    let numbered = source.lines().zip(code.lines()).enumerate().take(LINES_MAX);
    let line = |(at, (raw, code)): (usize, (&'s str, &'s str))| Line {
        number: first_line + at,
        indent: raw
            .chars()
            .take_while(|it| it.is_whitespace())
            .map(|it| if it == '\t' { 4 } else { 1 })
            .sum(),
        code: code.trim(),
        raw: raw.trim(),
    };
    numbered.map(line).filter(|line| !line.raw.is_empty()).collect()
}

/// How many lines the signature takes: up to the one that opens the body.
fn signature_lines(lines: &[Line<'_>], comments: Comments) -> usize {
    let opens = |line: &Line<'_>| match comments {
        Comments::Slashes => {
            line.code.ends_with('{') || line.code.ends_with("=>") || line.code.ends_with('(')
        }
        Comments::Hashes => line.code.ends_with(':'),
    };
    let ends = |line: &Line<'_>| opens(line) && !line.code.ends_with('(');
    lines.iter().position(ends).map_or(1, |at| at + 1)
}

fn calls(lines: &[Line<'_>]) -> Vec<String> {
    let mut calls: Vec<String> = Vec::new();
    for line in lines {
        for (start, name) in identifiers(line.code) {
            let after = &line.code[start + name.len()..];
            let before = line.code[..start].trim_end();
            let is_definition = ["fn", "func", "def", "function", "class", "new"]
                .iter()
                .any(|it| before.ends_with(it));
            let is_call = after.starts_with('(') || after.starts_with("::<");
            let is_error = name.ends_with("Error") || name.ends_with("Exception");
            let is_new = !is_definition && !is_error && !calls.iter().any(|it| it == name);
            if is_call && is_new && is_telling(name) {
                calls.push(name.to_owned());
            }
        }
    }
    calls
}

/// Whether a function calls itself, and not another one of its name elsewhere.
fn is_recursive(name: &str, lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| {
        identifiers(line.code).any(|(start, found)| {
            let before = &line.code[..start];
            let is_own = ["self.", "this.", "Self::", "cls."].iter().any(|it| before.ends_with(it));
            let is_bare = !before.ends_with(['.', ':']);
            let is_definition =
                ["fn ", "func ", "def ", "function "].iter().any(|it| before.ends_with(it));
            let is_call = line.code[start + found.len()..].starts_with('(');
            found == name && is_call && !is_definition && (is_own || is_bare)
        })
    })
}

const LOOP_WORDS: &[&str] = &["for", "while", "loop", "do"];
const CONDITION_WORDS: &[&str] =
    &["if", "elif", "match", "switch", "case", "while", "when", "except", "} else if", "else if"];

fn loops(lines: &[Line<'_>]) -> Vec<Loop> {
    let mut open: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for line in lines {
        open.retain(|&indent| indent < line.indent);
        // A label before a loop is no part of it.
        let code = line
            .code
            .split_once(": ")
            .filter(|it| it.0.starts_with('\''))
            .map_or(line.code, |it| it.1);
        if begins_with(code, LOOP_WORDS) && found.len() < OF_A_KIND_MAX {
            let header = line.raw.trim_end_matches(['{', ':', ' ']).to_owned();
            found.push(Loop { header, line: line.number, depth: open.len() });
            open.push(line.indent);
        }
    }
    found
}

fn begins_with(code: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| {
        code.strip_prefix(start)
            .is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric() || it == '_'))
    })
}

/// Names in the conditions.
fn turns_on(lines: &[Line<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let conditions = lines.iter().filter(|line| begins_with(line.code, CONDITION_WORDS));
    for (_, name) in conditions.flat_map(|line| identifiers(line.code)) {
        if is_telling(name) && !names.iter().any(|it| it == name) {
            names.push(name.to_owned());
        }
    }
    names.truncate(OF_A_KIND_MAX);
    names
}

fn handed_on(lines: &[Line<'_>]) -> usize {
    let hands_on = |code: &str| {
        code.contains("?;")
            || code.contains(")?")
            || code.contains("tri!(")
            || code.contains("err != nil")
    };
    lines.iter().filter(|line| hands_on(line.code)).count()
}

fn caught(lines: &[Line<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let catches = |code: &str| begins_with(code, &["except", "catch", "} catch"]);
    for line in lines.iter().filter(|line| catches(line.code)) {
        let is_type = |name: &&str| name.starts_with(|it: char| it.is_uppercase());
        let name = identifiers(line.code).map(|it| it.1).filter(is_type).find(|it| is_telling(it));
        names.extend(name.map(str::to_owned).filter(|name| !names.contains(name)));
    }
    names.truncate(OF_A_KIND_MAX);
    names
}

const LOCKS: &[&str] =
    &[".lock(", ".Lock(", "synchronized", ".acquire(", ".RLock(", "with lock", "_lock:"];
const COLLECTS: &[&str] =
    &[".push(", ".append(", "append(", ".add(", ".extend(", ".collect(", ".insert(", ".put("];

fn lines_with(lines: &[Line<'_>], marks: &[&str]) -> Vec<usize> {
    let found = lines.iter().filter(|line| marks.iter().any(|mark| line.code.contains(mark)));
    found.map(|line| line.number).take(OF_A_KIND_MAX).collect()
}

/// What the comments inside say, one sentence each.
fn notes(lines: &[Line<'_>]) -> Vec<(usize, String)> {
    let text = |line: &Line<'_>| {
        let bare = line.raw.strip_prefix("//").or_else(|| line.raw.strip_prefix("# "));
        bare.map(|it| it.trim_start_matches(['/', '!', ' ']).to_owned())
    };
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rows: Vec<String> = lines[at..].iter().map_while(text).collect();
        let said = first_sentence(&rows.join("\n"));
        let said =
            said.filter(|said| said.split(' ').count() >= NOTE_WORDS_MIN && said.ends_with('.'));
        found.extend(said.map(|said| (lines[at].number, said)));
        at += rows.len().max(1);
    }
    // Stable: of two as long the first one stands first.
    found.sort_by_key(|(_, said)| std::cmp::Reverse(said.chars().count()));
    found.truncate(OF_A_KIND_MAX);
    found
}

/// The first sentence of a string that opens a body.
fn docstring(lines: &[Line<'_>], comments: Comments) -> Option<String> {
    let first = lines.first().filter(|_| comments == Comments::Hashes)?;
    let quote = ["\"\"\"", "'''"]
        .into_iter()
        .find(|quote| first.raw.trim_start_matches(['r', 'u', 'f']).starts_with(quote))?;
    let text: Vec<&str> = lines.iter().take(8).map(|line| line.raw).collect();
    let text = text.join("\n");
    first_sentence(text.split(quote).nth(1)?)
}

/// The first sentence of the comment right above.
fn comment(above: &[&str]) -> Option<String> {
    let is_comment = |line: &&str| {
        line.starts_with("//")
            || line.starts_with('*')
            || line.starts_with("/*")
            || line.starts_with('#')
    };
    let is_attribute = |line: &str| line.starts_with("#[") || line.starts_with('@');
    let rows = above.iter().rev().map(|line| line.trim()).skip_while(|line| is_attribute(line));
    let mut rows: Vec<&str> = rows.take_while(|line| is_comment(line)).collect();
    rows.reverse();
    let bare = rows
        .iter()
        .map(|line| line.trim_start_matches(['/', '*', '#', '!', ' ']).trim_end_matches("*/"));
    first_sentence(&bare.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}
