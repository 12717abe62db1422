//! What a type is made of.

use crate::questions::mask::{Comments, masked};

use super::identifier::{identifiers, is_telling};
use super::{Line, lines};

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
pub(in crate::questions) fn members(source: &str, language: &str) -> Vec<String> {
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
