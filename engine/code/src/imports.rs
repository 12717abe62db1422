//! What a source takes from elsewhere.
//!
//! **Invariants.** Names stand as the source writes them; Rust's groups are taken apart, quotes are left
//! out. What is only for a Rust source's own tests is left out.
//!
//! **Bounds.** [`IMPORTS_MAX`] imports of a source, with [`MEMBERS_MAX`] members each; names longer than
//! [`NAME_BYTES_MAX`] are left out; Rust's groups nest [`GROUPS_MAX`] deep.

use crate::Language;
use crate::function::is_in_test_module;
use crate::syntax::{Node, Syntax};

/// Imports told of one source.
pub const IMPORTS_MAX: usize = 300;
/// Members told of one import.
const MEMBERS_MAX: usize = 30;
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 200;
/// How deep groups of Rust's nest.
const GROUPS_MAX: usize = 8;

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its line, from 1.
    pub line: usize,
    /// What is imported: `crate::store::Row`, `./api`, `os.path`, `java.util.List`.
    pub name: String,
    /// What Python takes out of it by name; empty elsewhere.
    pub members: Vec<String>,
    /// Whether it is only handed on: `pub use`, `export … from`.
    pub is_handed_on: bool,
}

/// The imports of a source, by line.
pub(crate) fn imports<'a>(language: Language, syntax: &'a Syntax<'a>) -> Vec<Import> {
    let mut found = Found(Vec::new());
    match language {
        Language::Python => python(syntax, &mut found),
        Language::JavaScript | Language::TypeScript | Language::Tsx => script(syntax, &mut found),
        Language::Rust => rust(syntax, &mut found),
        Language::Java => java(syntax, &mut found),
        Language::Go => go(syntax, &mut found),
    }
    let mut imports = found.0;
    imports.sort_by_key(|import| import.line);
    imports.truncate(IMPORTS_MAX);
    imports
}

/// Imports found so far. Twice the bound is enough to cut by line afterwards.
struct Found(Vec<Import>);

impl Found {
    fn add(&mut self, node: Node<'_>, name: &str) {
        self.push(node, name, Vec::new(), false);
    }

    fn push(&mut self, node: Node<'_>, name: &str, members: Vec<String>, is_handed_on: bool) {
        let is_told = !name.is_empty() && name.len() <= NAME_BYTES_MAX;
        if is_told && self.0.len() < 2 * IMPORTS_MAX {
            self.0.push(Import { line: node.line(), name: name.to_owned(), members, is_handed_on });
        }
    }
}

fn python<'a>(syntax: &'a Syntax<'a>, found: &mut Found) {
    for node in syntax.of(&["import_statement"]) {
        for name in node.fields("name") {
            found.add(node, name.child("name").unwrap_or(name).text());
        }
    }
    for node in syntax.of(&["import_from_statement"]) {
        let names = node.fields("name").take(MEMBERS_MAX);
        let members = names.map(|name| name.child("name").unwrap_or(name).text().to_owned());
        found.push(node, node.field_text("module_name"), members.collect(), false);
    }
}

fn script<'a>(syntax: &'a Syntax<'a>, found: &mut Found) {
    for node in syntax.of(&["import_statement", "export_statement"]) {
        let is_handed_on = node.is(&["export_statement"]);
        found.push(node, unquoted(node.field_text("source")), Vec::new(), is_handed_on);
    }
    for node in syntax.of(&["call_expression"]) {
        if !["require", "import"].contains(&node.field_text("function")) {
            continue;
        }
        let argument = node.child("arguments").and_then(Node::first);
        if let Some(path) = argument.filter(|argument| argument.is(&["string"])) {
            found.add(node, unquoted(path.text()));
        }
    }
}

fn rust<'a>(syntax: &'a Syntax<'a>, found: &mut Found) {
    for node in syntax.of(&["use_declaration"]) {
        if is_in_test_module(node) {
            continue;
        }
        let is_handed_on = node.named().any(|child| child.is(&["visibility_modifier"]));
        let mut names = Vec::new();
        take_apart("", node.field_text("argument"), GROUPS_MAX, &mut names);
        for name in names {
            found.push(node, &name, Vec::new(), is_handed_on);
        }
    }
    let mut last = "";
    for node in syntax.of(&["scoped_identifier", "scoped_type_identifier"]) {
        let text = node.text();
        let outer =
            ["scoped_identifier", "scoped_type_identifier", "use_declaration", "use_as_clause"];
        let is_whole = node.parent().is_none_or(|parent| !parent.is(&outer));
        let is_path =
            text.starts_with("crate::") && text != last && !text.contains(['<', '{', '\n']);
        if is_path && is_whole && node.nearest(IN_USE).is_none() && !is_in_test_module(node) {
            found.add(node, text);
            last = text;
        }
    }
}

/// Where a path of Rust's is part of an import.
const IN_USE: &[&str] = &["use_declaration", "visibility_modifier", "attribute_item"];

/// The single names that a `use` of Rust's stands for.
fn take_apart(prefix: &str, text: &str, depth: usize, names: &mut Vec<String>) {
    let text = text.trim();
    if names.len() >= IMPORTS_MAX {
        return;
    }
    let Some((path, group)) = text.split_once('{') else {
        let name = text.split(" as ").next().unwrap_or_default().trim();
        let name = name.strip_suffix("::*").unwrap_or(name);
        match name {
            "" => {}
            "self" | "*" if !prefix.is_empty() => {
                names.push(prefix.trim_end_matches("::").to_owned())
            }
            _ => names.push(format!("{prefix}{name}")),
        }
        return;
    };
    let Some(group) = group.trim_end().strip_suffix('}').filter(|_| depth > 0) else { return };
    let prefix = format!("{prefix}{}", path.trim());
    let mut open = 0_usize;
    let mut start = 0;
    for (place, character) in group.char_indices() {
        match character {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            ',' if open == 0 => {
                take_apart(&prefix, &group[start..place], depth - 1, names);
                start = place + 1;
            }
            _ => {}
        }
    }
    take_apart(&prefix, &group[start..], depth - 1, names);
}

fn java<'a>(syntax: &'a Syntax<'a>, found: &mut Found) {
    for node in syntax.of(&["import_declaration"]) {
        let text = node.text().trim_start_matches("import").trim().trim_end_matches(';');
        let name = text.strip_prefix("static ").unwrap_or(text).trim();
        found.add(node, name);
    }
}

fn go<'a>(syntax: &'a Syntax<'a>, found: &mut Found) {
    for node in syntax.of(&["import_spec"]) {
        found.add(node, unquoted(node.field_text("path")));
    }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`'])
}

#[cfg(test)]
mod tests {
    use crate::{Language, review};

    fn names(language: Language, source: &str) -> Vec<String> {
        let imports = review(language, source).unwrap().imports;
        imports.into_iter().map(|import| format!("{}:{}", import.line, import.name)).collect()
    }

    #[test]
    fn each_languages_imports_are_read_as_they_stand() {
        let table: &[(Language, &str, &[&str])] = &[
            (
                Language::Python,
                "import os.path as p, sys\nfrom .a import b\nfrom . import c\n",
                &["1:os.path", "1:sys", "2:.a", "3:."],
            ),
            (
                Language::TypeScript,
                "import a from './a';\nexport * from \"./b\";\nconst c = await import('./c');\nexport const d = 1;\n",
                &["1:./a", "2:./b", "3:./c"],
            ),
            (Language::JavaScript, "const x = require('x');\nrequire(y);\n", &["1:x"]),
            (
                Language::Rust,
                "use crate::a::{self, b::{C, D as E}, f::*};\nuse std::io;\nfn g() { crate::h::i(1); }\n",
                &[
                    "1:crate::a",
                    "1:crate::a::b::C",
                    "1:crate::a::b::D",
                    "1:crate::a::f",
                    "2:std::io",
                    "3:crate::h::i",
                ],
            ),
            (
                Language::Java,
                "package p;\nimport java.util.List;\nimport static a.b.C.d;\nimport a.b.*;\n",
                &["2:java.util.List", "3:a.b.C.d", "4:a.b.*"],
            ),
            (
                Language::Go,
                "package p\n\nimport (\n\t\"fmt\"\n\tx \"example.org/m/y\"\n)\n",
                &["4:fmt", "5:example.org/m/y"],
            ),
        ];
        for (language, source, expected) in table {
            assert_eq!(names(*language, source), *expected, "{language}");
        }
    }

    #[test]
    fn what_is_taken_and_what_is_handed_on_is_told() {
        let python = review(Language::Python, "from a import (b, c as d)\n").unwrap().imports;
        assert_eq!(python[0].members, ["b", "c"]);
        let rust = review(Language::Rust, "pub use a::B;\nuse a::C;\n").unwrap().imports;
        assert_eq!([rust[0].is_handed_on, rust[1].is_handed_on], [true, false]);
        let tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::a;\n}\n";
        assert!(names(Language::Rust, tests).is_empty());
    }

    #[test]
    fn a_source_full_of_imports_is_cut_at_the_bound() {
        let source = "import a\n".repeat(super::IMPORTS_MAX * 3);
        assert_eq!(names(Language::Python, &source).len(), super::IMPORTS_MAX);
        let deep = format!("use {}a{};", "a::{".repeat(50), "}".repeat(50));
        assert!(names(Language::Rust, &deep).is_empty());
    }
}
