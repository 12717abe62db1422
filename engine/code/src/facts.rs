//! What is in a source: functions and types, with their size and shape.

use crate::Language;
use crate::function::{FunctionNode, kinds};
use crate::syntax::{Node, Syntax};

/// Functions, and types, told of one source.
pub const FUNCTIONS_MAX: usize = 500;
/// Characters of a name that are told.
const NAME_CHARS_MAX: usize = 80;

/// What is in a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its lines, the empty ones included.
    pub lines: usize,
    /// Its named functions, methods included, in source order; at most [`FUNCTIONS_MAX`].
    pub functions: Vec<Function>,
    /// Its types, in source order; at most [`FUNCTIONS_MAX`].
    pub types: Vec<TypeFact>,
    /// Whether a test is among it.
    pub has_tests: bool,
}

/// A named function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, at most 80 characters.
    pub name: String,
    /// Its first line, from 1.
    pub first_line: usize,
    /// Its last line.
    pub last_line: usize,
    /// The names of its parameters, `self` and its like left out.
    pub parameters: Vec<String>,
    /// How deep its conditions and loops nest; functions in it count for themselves.
    pub nesting: usize,
    /// Places where its course may go one way or another.
    pub branches: usize,
    /// Whether it is a test.
    pub is_test: bool,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeFact {
    /// Its name, at most 80 characters.
    pub name: String,
    /// What it is: `class`, `struct`, `enum`, `trait`, `interface`, `record`, `type`.
    pub kind: &'static str,
    /// Its first line, from 1.
    pub first_line: usize,
    /// Its last line.
    pub last_line: usize,
}

pub(crate) fn facts<'a>(
    language: Language,
    syntax: &'a Syntax<'a>,
    functions: &[FunctionNode<'a>],
) -> Facts {
    let described =
        functions.iter().take(FUNCTIONS_MAX).map(|function| describe(language, function));
    Facts {
        lines: syntax.source().lines().count(),
        functions: described.collect(),
        types: types(language, syntax),
        has_tests: has_tests(language, syntax, functions),
    }
}

fn describe(language: Language, function: &FunctionNode<'_>) -> Function {
    let below = function.body.descendants_outside(kinds(language));
    Function {
        name: named(function.name),
        first_line: function.node.line(),
        last_line: function.node.last_line(),
        parameters: function.parameters.iter().map(|parameter| named(parameter.name)).collect(),
        nesting: deepest(language, function).map_or(0, |(depth, _)| depth),
        branches: below.filter(|node| is_branch(*node)).count(),
        is_test: function.is_test,
    }
}

/// The first of the most deeply nested conditions and loops of a function, and how deep it is.
pub(crate) fn deepest<'a>(
    language: Language,
    function: &FunctionNode<'a>,
) -> Option<(usize, Node<'a>)> {
    let mut open: Vec<std::ops::Range<usize>> = Vec::new();
    let mut best: Option<(usize, Node<'a>)> = None;
    for node in function.body.descendants_outside(kinds(language)) {
        if !node.is_named() || !node.is(NESTING) || continues_if(node) {
            continue;
        }
        let range = node.byte_range();
        while open.last().is_some_and(|outer| outer.end <= range.start) {
            open.pop();
        }
        open.push(range);
        if best.is_none_or(|(depth, _)| open.len() > depth) {
            best = Some((open.len(), node));
        }
    }
    best
}

/// Conditions and loops, of all languages.
const NESTING: &[&str] = &[
    "if_statement",
    "for_statement",
    "while_statement",
    "try_statement",
    "with_statement",
    "match_statement",
    "for_in_statement",
    "do_statement",
    "switch_statement",
    "if_expression",
    "for_expression",
    "while_expression",
    "loop_expression",
    "match_expression",
    "enhanced_for_statement",
    "try_with_resources_statement",
    "switch_expression",
    "expression_switch_statement",
    "type_switch_statement",
    "select_statement",
];

/// Whether it is the `if` of an `else if`.
fn continues_if(node: Node<'_>) -> bool {
    let Some(parent) = node.parent().filter(|_| node.is(&["if_statement", "if_expression"])) else {
        return false;
    };
    parent.is(&["else_clause"]) || node.field() == Some("alternative")
}

fn is_branch(node: Node<'_>) -> bool {
    const NAMED: &[&str] = &[
        "if_statement",
        "elif_clause",
        "for_statement",
        "while_statement",
        "except_clause",
        "case_clause",
        "conditional_expression",
        "boolean_operator",
        "for_in_statement",
        "do_statement",
        "switch_case",
        "catch_clause",
        "ternary_expression",
        "if_expression",
        "for_expression",
        "while_expression",
        "match_arm",
        "enhanced_for_statement",
        "switch_label",
        "expression_case",
        "type_case",
        "communication_case",
        "try_expression",
    ];
    if node.is_named() { node.is(NAMED) } else { node.is(&["&&", "||", "??"]) }
}

fn types<'a>(language: Language, syntax: &'a Syntax<'a>) -> Vec<TypeFact> {
    let kinds: &[(&str, &'static str)] = match language {
        Language::Python | Language::JavaScript => {
            &[("class_definition", "class"), ("class_declaration", "class")]
        }
        Language::TypeScript | Language::Tsx => &[
            ("class_declaration", "class"),
            ("abstract_class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("type_alias_declaration", "type"),
            ("enum_declaration", "enum"),
        ],
        Language::Rust => {
            &[("struct_item", "struct"), ("enum_item", "enum"), ("trait_item", "trait")]
        }
        Language::Java => &[
            ("class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("enum_declaration", "enum"),
            ("record_declaration", "record"),
        ],
        Language::Go => &[("type_spec", "type")],
    };
    let mut found = Vec::new();
    for &(node_kind, kind) in kinds {
        for node in syntax.of(&[node_kind]).take(FUNCTIONS_MAX) {
            let kind = match node.child("type").map(Node::kind) {
                Some("struct_type") => "struct",
                Some("interface_type") => "interface",
                _ => kind,
            };
            let name = named(node.field_text("name"));
            let (first_line, last_line) = (node.line(), node.last_line());
            found.push(TypeFact { name, kind, first_line, last_line });
        }
    }
    found.sort_by(|a, b| (a.first_line, &a.name).cmp(&(b.first_line, &b.name)));
    found.truncate(FUNCTIONS_MAX);
    found
}

fn has_tests(language: Language, syntax: &Syntax<'_>, functions: &[FunctionNode<'_>]) -> bool {
    if functions.iter().any(|function| function.is_test) {
        return true;
    }
    let calls = ["describe", "it", "test", "suite"];
    language.is_script()
        && syntax.of(&["call_expression"]).any(|call| {
            let name = call.field_text("function");
            calls.contains(&name.split('.').next().unwrap_or(name))
        })
}

fn named(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use crate::{Language, review};

    #[test]
    fn functions_are_told_with_span_parameters_nesting_and_branches() {
        type Case = (Language, &'static str, &'static str, &'static [&'static str], usize, usize);
        let table: &[Case] = &[
            (
                Language::Python,
                "def f(a, *rest, b=1, **kw):\n    for x in a:\n        if x and b:\n            pass\n",
                "f",
                &["a", "*rest", "b", "**kw"],
                2,
                3,
            ),
            (
                Language::JavaScript,
                "const f = ({ a }, b = 1, ...rest) => {\n  while (a) {\n    a ? b : rest;\n  }\n};",
                "f",
                &["{ a }", "b", "...rest"],
                1,
                2,
            ),
            (
                Language::TypeScript,
                "class A {\n  m(a: string, b?: number) {\n    if (a) {\n    } else if (b) {\n    }\n  }\n}",
                "m",
                &["a", "b"],
                1,
                2,
            ),
            (
                Language::Rust,
                "impl A {\n    fn m(&self, mut a: u8, (b, c): (u8, u8)) {\n        match a { 1 => {}, _ => {} }\n    }\n}",
                "m",
                &["a", "(b, c)"],
                1,
                2,
            ),
            (
                Language::Java,
                "class A {\n  int m(int a, String... b) {\n    for (int x : c) { if (x > 1) return x; }\n    return 0;\n  }\n}",
                "m",
                &["a", "String... b"],
                2,
                2,
            ),
            (
                Language::Go,
                "package a\n\nfunc m(a, b int, c ...string) {\n\tfor {\n\t\tif a > b && b > 1 {\n\t\t}\n\t}\n}",
                "m",
                &["a", "b", "c ...string"],
                2,
                3,
            ),
        ];
        for (language, source, name, parameters, nesting, branches) in table {
            let facts = review(*language, source).unwrap().facts;
            let function = &facts.functions[0];
            assert_eq!(function.name, *name, "{language}");
            assert_eq!(function.parameters, *parameters, "{language}");
            assert_eq!((function.nesting, function.branches), (*nesting, *branches), "{language}");
            assert_eq!(
                function.last_line - function.first_line + 1,
                source
                    .lines()
                    .skip(function.first_line - 1)
                    .take(function.last_line - function.first_line + 1)
                    .count()
            );
        }
    }

    #[test]
    fn types_and_tests_are_seen() {
        let source = "type A struct{}\n\ntype B interface{}\n\nfunc TestA(t *testing.T) {}\n";
        let facts = review(Language::Go, source).unwrap().facts;
        let kinds: Vec<_> = facts.types.iter().map(|found| (found.kind, &*found.name)).collect();
        assert_eq!(kinds, [("struct", "A"), ("interface", "B")]);
        assert!(facts.has_tests && facts.functions[0].is_test);
        let suite = "test('adds', () => { expect(add(1, 2)).toBe(3); });";
        assert!(review(Language::JavaScript, suite).unwrap().facts.has_tests);
        let module = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {}\n}";
        assert!(review(Language::Rust, module).unwrap().facts.has_tests);
    }
}
