//! How a function fails: what it tells its caller, and under which condition.

use crate::questions::phrase::code;

use super::identifier::{identifiers, is_telling};
use super::{CONDITION_WORDS, Line, OF_A_KIND_MAX, begins_with};

/// One way to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::questions) struct Failure {
    /// What the caller is told: an error's name.
    pub(in crate::questions) what: String,
    /// Where.
    pub(in crate::questions) line: usize,
    /// The condition it stands under.
    pub(in crate::questions) condition: Option<String>,
}

pub(super) fn failures(lines: &[Line<'_>]) -> Vec<Failure> {
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
