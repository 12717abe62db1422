//! What a function's source shows: what it is for, what it calls, how it fails, where it repeats.
//!
//! It is read by lines and words, not by syntax: enough for what stands in seven languages, and silent
//! where it is not sure.
//!
//! **Bounds.** [`LINES_MAX`] lines of a function are read; of each kind [`OF_A_KIND_MAX`] are told.

use super::mask::{Comments, masked};
use super::phrase::{code, first_sentence};

/// Lines of a function that are read.
pub(super) const LINES_MAX: usize = 400;
/// Things of one kind that are told of a function.
const OF_A_KIND_MAX: usize = 8;
/// Words of a comment that explains something.
const NOTE_WORDS_MIN: usize = 6;
/// Characters that a telling name has at least.
const NAME_CHARS_MIN: usize = 3;

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

/// One way to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// What the caller is told: an error's name.
    pub(super) what: String,
    /// Where.
    pub(super) line: usize,
    /// The condition it stands under.
    pub(super) condition: Option<String>,
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

/// Names that say nothing of what a function does.
const TRIVIAL: &[&str] = &[
    "abs",
    "add",
    "all",
    "and",
    "any",
    "append",
    "apply",
    "as_bytes",
    "as_deref",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "assert",
    "await",
    "bool",
    "borrow",
    "box",
    "bytes",
    "catch",
    "chars",
    "clone",
    "cloned",
    "close",
    "collect",
    "concat",
    "contains",
    "copied",
    "copy",
    "count",
    "debug",
    "default",
    "delete",
    "deref",
    "dict",
    "drop",
    "elif",
    "else",
    "end",
    "endswith",
    "enumerate",
    "eq",
    "equals",
    "err",
    "error",
    "errorf",
    "exit",
    "expect",
    "extend",
    "false",
    "field",
    "fields",
    "filter",
    "find",
    "float",
    "fmt",
    "fn",
    "for",
    "foreach",
    "format",
    "from",
    "func",
    "function",
    "get",
    "getattr",
    "hasattr",
    "hash",
    "if",
    "impl",
    "in",
    "index",
    "indexof",
    "info",
    "init",
    "insert",
    "instanceof",
    "int",
    "into",
    "is",
    "is_empty",
    "is_none",
    "is_some",
    "isempty",
    "isinstance",
    "items",
    "iter",
    "iter_mut",
    "join",
    "keys",
    "len",
    "length",
    "let",
    "list",
    "log",
    "loop",
    "lower",
    "main",
    "make",
    "map",
    "map_err",
    "match",
    "max",
    "message",
    "min",
    "mut",
    "new",
    "next",
    "nil",
    "none",
    "not",
    "now",
    "null",
    "number",
    "object",
    "of",
    "ok",
    "ok_or",
    "open",
    "or",
    "panic",
    "partial",
    "path",
    "pop",
    "print",
    "printf",
    "println",
    "property",
    "pub",
    "push",
    "push_str",
    "put",
    "range",
    "raise",
    "recover",
    "remove",
    "replace",
    "repr",
    "return",
    "self",
    "set",
    "setattr",
    "size",
    "slice",
    "some",
    "sort",
    "sorted",
    "split",
    "sprintf",
    "start",
    "startswith",
    "static",
    "str",
    "string",
    "strip",
    "struct",
    "sum",
    "super",
    "switch",
    "take",
    "test",
    "then",
    "this",
    "throw",
    "to_owned",
    "to_string",
    "tostring",
    "trim",
    "true",
    "try",
    "tuple",
    "type",
    "typeof",
    "unwrap",
    "unwrap_or",
    "update",
    "upper",
    "use",
    "usize",
    "value",
    "valueof",
    "values",
    "var",
    "vec",
    "void",
    "warn",
    "where",
    "while",
    "with",
    "with_capacity",
    "write",
    "yield",
    "zip",
    "println!",
    "async",
    "class",
    "const",
    "def",
    "except",
    "finally",
    "interface",
    "lambda",
    "pass",
    "case",
    "break",
    "continue",
    "import",
    "export",
    "undefined",
    "byte",
    "rune",
    "any",
    "unwrap_or_else",
    "unwrap_or_default",
    "and_then",
    "or_else",
    "is_ok",
    "is_err",
    "err",
    "u8",
    "u16",
    "u32",
    "u64",
    "i8",
    "i16",
    "i32",
    "i64",
    "f32",
    "f64",
    "char",
    "option",
    "result",
    "cls",
    "args",
    "kwargs",
    "exports",
    "require",
];

/// Whether a name says something of what a function does.
pub(super) fn is_telling(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.chars().count() >= NAME_CHARS_MIN
        && name.starts_with(|it: char| it.is_alphabetic() || it == '_')
        && !TRIVIAL.contains(&lower.as_str())
}

/// The identifiers of a line of code, each with the byte it begins at; no macros' names.
pub(super) fn identifiers(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut next = 0;
    let all = std::iter::from_fn(move || {
        let start = next + code[next..].find(is_part)?;
        let len = code[start..].find(|letter| !is_part(letter)).unwrap_or(code.len() - start);
        next = start + len;
        Some((start, &code[start..next]))
    });
    all.filter(|(start, name)| {
        let after = &code[start + name.len()..];
        let is_macro =
            after.starts_with("!(") || after.starts_with("![") || after.starts_with("! ");
        !is_macro && !name.starts_with(|letter: char| letter.is_ascii_digit())
    })
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
        let closes = line.code.starts_with(['}', ')', ']']);
        open.retain(|&indent| indent < line.indent || (closes && indent < line.indent));
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

fn failures(lines: &[Line<'_>]) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(what) = failure(line) else { continue };
        let is_known = found.iter().any(|other| other.what == what);
        if !is_known && found.len() < OF_A_KIND_MAX {
            found.push(Failure { what, line: line.number, condition: condition(lines, at) });
        }
    }
    found
}

/// What a line that fails tells its caller.
fn failure(line: &Line<'_>) -> Option<String> {
    let code = line.code;
    if begins_with(code, &["raise", "throw"]) {
        let raised = code.split_once(' ')?.1.trim_start_matches("new ");
        return identifiers(raised).map(|it| it.1).find(|it| is_telling(it)).map(str::to_owned);
    }
    // Before the arrow stands what is matched.
    let made = code.split_once("=>").map_or(code, |(_, result)| result);
    if code.starts_with('|') || made.contains("let Err(") || made.contains("if Err(") {
        return None;
    }
    let is_result = made.len() < code.len() || code.starts_with("return");
    path_of_error(made, is_result).or_else(|| {
        let is_made = ["errors.New(", "fmt.Errorf(", "Err(", "anyhow!(", "bail!("];
        let is_failure = is_made.iter().any(|it| made.contains(it));
        is_failure.then(|| message(line.raw).or_else(|| name_of_error(made))).flatten()
    })
}

/// A path such as `ErrorCode::EofWhileParsing` or `ErrNotFound`, where it is a result or an argument.
fn path_of_error(code: &str, is_result: bool) -> Option<String> {
    let is_end = |it: char| !(it.is_alphanumeric() || it == '_' || it == ':' || it == '.');
    let mut paths = code.split(is_end).map(|path| path.trim_matches([':', '.']));
    let is_error = |path: &str| {
        let (head, last) = path.rsplit_once("::").unwrap_or(("", path));
        let is_variant = head.contains("Err") && last.starts_with(|it: char| it.is_uppercase());
        let is_go = last.rsplit('.').next().is_some_and(|it| {
            it.strip_prefix("Err")
                .is_some_and(|rest| rest.starts_with(|it: char| it.is_uppercase()))
        });
        let is_argument = code.find(path).is_some_and(|at| code[..at].contains('('));
        (is_variant && (is_result || is_argument)) || (is_go && is_result)
    };
    paths.find(|path| is_error(path)).map(str::to_owned)
}

/// The last name in `Err(…)` that is an error's.
fn name_of_error(code: &str) -> Option<String> {
    let after = code.split("Err(").last()?;
    let names = identifiers(after).map(|it| it.1).filter(|name| {
        let is_type = name.starts_with(|it: char| it.is_uppercase());
        is_telling(name) && (is_type || name.to_lowercase().contains("err"))
    });
    names.last().map(str::to_owned)
}

/// The message that an error is made with.
fn message(raw: &str) -> Option<String> {
    let text = raw.split('"').nth(1)?;
    let is_prose = text.split(' ').count() > 1;
    is_prose.then(|| text.to_owned())
}

/// The condition around a line, as "`x` is `y`" or "`x`": the nearest line above with less indentation
/// that is one.
fn condition(lines: &[Line<'_>], at: usize) -> Option<String> {
    let mut indent = lines[at].indent;
    let own = &lines[at];
    if own.code.contains("=>") {
        return arm(lines, at);
    }
    if begins_with(own.code, &["if"]) {
        return told(own.raw);
    }
    for (above, line) in lines[..at].iter().enumerate().rev() {
        if line.indent >= indent {
            continue;
        }
        indent = line.indent;
        if line.code.contains("=>") {
            return arm(lines, above);
        }
        if begins_with(line.code.trim_start_matches("} "), CONDITION_WORDS) {
            return told(line.raw);
        }
    }
    None
}

fn told(raw: &str) -> Option<String> {
    let header = header(raw);
    (header.chars().count() > 3).then(|| code(&header))
}

/// An arm of a match, with what is matched.
fn arm(lines: &[Line<'_>], at: usize) -> Option<String> {
    let pattern = header(lines[at].raw.split("=>").next()?);
    let around = lines[..at].iter().rev().find(|line| line.indent < lines[at].indent)?;
    let matched = around.raw.split_once("match ").map(|(_, matched)| header(matched))?;
    Some(format!("{} is {}", code(&matched), code(&pattern)))
}

/// A condition without its keyword and what opens its body.
fn header(raw: &str) -> String {
    let bare = raw.trim().trim_start_matches("} ").trim_end_matches(['{', ':', ' ', '>', '=']);
    let bare =
        bare.trim_start_matches("else ").trim_start_matches("if ").trim_start_matches("elif ");
    bare.trim_start_matches("case ").trim_start_matches("match ").trim().to_owned()
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

/// Words before the name of a member.
const MODIFIERS: &[&str] = &[
    "pub",
    "fn",
    "def",
    "func",
    "async",
    "static",
    "final",
    "public",
    "private",
    "protected",
    "readonly",
    "const",
    "let",
    "var",
    "type",
    "abstract",
    "override",
    "export",
    "default",
    "get",
    "set",
    "unsafe",
    "mut",
    "crate",
    "class",
    "struct",
    "enum",
    "interface",
    "return",
    "pass",
    "if",
    "for",
    "else",
    "self",
];

/// The members of a type, in order: fields, variants, functions; what stands one level below its first line.
pub(super) fn members(source: &str, language: &str) -> Vec<String> {
    let comments = Comments::of(Some(language));
    let code = masked(source, comments);
    let lines = lines(source, &code, 1);
    let below = lines
        .iter()
        .skip(1)
        .filter(|line| !line.code.is_empty() && !line.code.starts_with(['}', ')', '#', '@']));
    let below: Vec<&Line<'_>> = below.collect();
    let Some(indent) = below.iter().map(|line| line.indent).min() else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for line in below.iter().filter(|line| line.indent == indent) {
        let name = member(line.code, language == "Java");
        let is_new = |name: &&str| is_telling(name) && !names.iter().any(|it| it == name);
        let name = name.filter(is_new).map(str::to_owned);
        names.extend(name);
    }
    names
}

/// The name of the member that a line declares. Java writes types first.
fn member(code: &str, has_type_first: bool) -> Option<&str> {
    if has_type_first {
        let end = code.find(['(', ';', '=', ',', '{']).unwrap_or(code.len());
        return identifiers(&code[..end]).last().map(|it| it.1);
    }
    identifiers(code).map(|it| it.1).find(|name| !MODIFIERS.contains(name))
}
