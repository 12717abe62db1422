//! Rules about names: what they hide, how far they reach, what they promise.

use std::collections::HashMap;

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::function::{Style, is_in_test_module, kinds, parameters};
use crate::review::Source;
use crate::syntax::Node;

const GLOBAL: Rule = Rule {
    id: "mutable-global",
    severity: Severity::Medium,
    why: "Every caller shares it, so what a call does depends on all calls before, and on other threads.",
    better: "Pass the value in and return the new one, or keep it in an object that owns it.",
};

const OLD: Rule = Rule {
    id: "var-declaration",
    severity: Severity::Low,
    why: "`var` belongs to the whole function and exists before its line; blocks and loops share one.",
    better: "Use `const`, or `let` where it changes.",
};

const ANY: Rule = Rule {
    id: "any-type",
    severity: Severity::Medium,
    why: "`any` switches the checker off for the value and for everything made from it.",
    better: "Say what it is; where that is open, `unknown` makes the code ask before use.",
};

const BUILTIN: Rule = Rule {
    id: "shadowed-builtin",
    severity: Severity::Low,
    why: "From here on the name no longer means Python's own, which surprises the next line that needs it.",
    better: "Choose a name that says what is in it.",
};

const SHADOWED: Rule = Rule {
    id: "shadowed-name",
    severity: Severity::Low,
    why: "Two variables with one name in one function: an edit easily changes or reads the wrong one.",
    better: "Give the inner one a name of its own.",
};

pub(super) fn globals(source: &Source<'_>, findings: &mut Findings) {
    match source.language {
        Language::Python => {
            for statement in source.syntax.of(&["global_statement"]) {
                let name = statement.first().map_or("", Node::text);
                if source.function_of(statement).is_some() {
                    findings.add(
                        GLOBAL.at(
                            statement,
                            format!("The function changes the global {}.", code(name)),
                        ),
                    );
                }
            }
        }
        Language::Rust => {
            for item in source.syntax.of(&["static_item"]) {
                if item.named().any(|it| it.is(&["mutable_specifier"])) && !is_in_test_module(item)
                {
                    let finding = GLOBAL
                        .at(item, format!("{} is a `static mut`.", code(item.field_text("name"))));
                    let better = "Use an atomic, a `Mutex` or a `OnceLock`: each access to a `static mut` is unsafe.";
                    findings.add(finding.with_better(better));
                }
            }
        }
        Language::Java => {
            for field in source.syntax.of(&["field_declaration"]) {
                let modifiers =
                    field.named().find(|it| it.is(&["modifiers"])).map_or("", Node::text);
                let words: Vec<&str> = modifiers.split_whitespace().collect();
                if words.contains(&"public")
                    && words.contains(&"static")
                    && !words.contains(&"final")
                {
                    let name = field.child("declarator").map_or("", |it| it.field_text("name"));
                    findings.add(
                        GLOBAL.at(field, format!("{} can be changed from anywhere.", code(name))),
                    );
                }
            }
        }
        _ => {}
    }
}

pub(super) fn old_variables(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_script() {
        return;
    }
    for declaration in source.syntax.of(&["variable_declaration"]) {
        let name = declaration.first().map_or("", |it| it.field_text("name"));
        let is_ambient = declaration.parent().is_some_and(|it| it.is(&["ambient_declaration"]));
        if declaration.text().starts_with("var") && !is_ambient {
            findings.add(OLD.at(declaration, format!("{} is declared with `var`.", code(name))));
        }
    }
}

pub(super) fn any_types(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_typed_script() {
        return;
    }
    for node in source.syntax.of(&["predefined_type"]) {
        if node.text() != "any" {
            continue;
        }
        let owner = node.nearest(&[
            "required_parameter",
            "optional_parameter",
            "variable_declarator",
            "property_signature",
            "public_field_definition",
        ]);
        let name = owner.and_then(|it| it.child("pattern").or_else(|| it.child("name")));
        let what = name.map_or_else(|| "This".to_owned(), |name| code(name.text()));
        findings.add(ANY.at(node, format!("{what} has the type `any`.")));
    }
}

/// Builtins whose loss hurts; `id`, `type`, `input` and their like are common names of fields.
const BUILTINS: &[&str] = &[
    "list",
    "dict",
    "set",
    "str",
    "int",
    "float",
    "bool",
    "tuple",
    "bytes",
    "object",
    "len",
    "max",
    "min",
    "sum",
    "map",
    "filter",
    "zip",
    "range",
    "sorted",
    "reversed",
    "open",
    "print",
    "all",
    "any",
    "iter",
    "enumerate",
    "abs",
    "round",
    "isinstance",
    "super",
    "repr",
];

pub(super) fn shadowed_builtins(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    let mut told: HashMap<&str, Option<usize>> = HashMap::new();
    let mut tell = |name: Node<'_>, text: &'static str, scope: Option<usize>| {
        let is_new = told.get(text) != Some(&scope);
        if is_new {
            told.insert(text, scope);
            findings.add(BUILTIN.at(name, format!("{} hides Python's own `{text}`.", code(text))));
        }
    };
    let known = |name: Node<'_>| BUILTINS.iter().copied().find(|builtin| *builtin == name.text());
    for node in
        source.syntax.of(&["assignment", "for_statement", "function_definition", "parameters"])
    {
        let scope = source.function_of(node).map(|it| it.line());
        let is_in_class = node
            .nearest(&["class_definition", "function_definition"])
            .is_some_and(|it| it.is(&["class_definition"]));
        let names: Vec<Node<'_>> = match node.kind() {
            "assignment" | "for_statement" if !is_in_class => targets(node.child("left")),
            "function_definition" if !is_in_class => node.child("name").into_iter().collect(),
            "parameters" => node
                .parent()
                .into_iter()
                .flat_map(|it| parameters(Language::Python, it))
                .filter(|it| it.style != Style::Rest)
                .map(|it| it.node.child("name").unwrap_or(it.node))
                .collect(),
            _ => Vec::new(),
        };
        for name in names {
            if let Some(builtin) = known(name) {
                tell(name, builtin, scope);
            }
        }
    }
}

fn targets(left: Option<Node<'_>>) -> Vec<Node<'_>> {
    match left {
        Some(name) if name.is(&["identifier"]) => vec![name],
        Some(list) if list.is(&["pattern_list", "tuple_pattern"]) => {
            list.named().filter(|it| it.is(&["identifier"])).collect()
        }
        _ => Vec::new(),
    }
}

/// Names that are used again on purpose.
const PASSING: &[&str] =
    &["_", "e", "err", "error", "ok", "ctx", "i", "j", "k", "resolve", "reject", "done", "t", "x"];

pub(super) fn shadowed_variables(source: &Source<'_>, findings: &mut Findings) {
    let scopes: &[&str] = match source.language {
        language if language.is_script() => &[
            "statement_block",
            "for_statement",
            "for_in_statement",
            "arrow_function",
            "function_expression",
            "function_declaration",
            "method_definition",
        ],
        Language::Go => &[
            "block",
            "for_statement",
            "if_statement",
            "func_literal",
            "function_declaration",
            "method_declaration",
        ],
        _ => return,
    };
    for declared in declarations(source) {
        let text = declared.text();
        let Some(own) = declared.nearest(scopes).filter(|_| !PASSING.contains(&text)) else {
            continue;
        };
        let Some(outer) = outer_declaration(source, scopes, own, text) else { continue };
        let message = format!("{} hides the {} of line {}.", code(text), code(text), outer.line());
        if outer.line() != declared.line() {
            findings.add(SHADOWED.at(declared, message));
        }
    }
}

/// The names that a source's variables and inner functions' parameters declare.
fn declarations<'a>(source: &Source<'a>) -> Vec<Node<'a>> {
    let script = source.syntax.of(&["variable_declarator"]).filter(|_| source.language.is_script());
    let script = script.filter_map(|it| it.child("name")).filter(|it| it.is(&["identifier"]));
    let callbacks = source.syntax.of(&["arrow_function", "function_expression"]);
    let callbacks = callbacks
        .flat_map(|it| parameters(source.language, it))
        .filter(|it| it.style == Style::Plain);
    let callbacks = callbacks.filter_map(|it| {
        if it.node.is(&["identifier"]) { Some(it.node) } else { it.node.child("pattern") }
    });
    let go =
        source.syntax.of(&["short_var_declaration"]).filter(|_| source.language == Language::Go);
    // `x := x` makes a copy for the block on purpose.
    let go = go.filter(|it| it.field_text("left") != it.field_text("right"));
    let go = go
        .filter_map(|it| it.child("left"))
        .flat_map(Node::named)
        .filter(|it| it.is(&["identifier"]));
    script.chain(callbacks).chain(go).collect()
}

/// The declaration of `name` in a scope of the same function, or of one around it, outside `own`.
fn outer_declaration<'a>(
    source: &Source<'a>,
    scopes: &[&str],
    own: Node<'a>,
    name: &str,
) -> Option<Node<'a>> {
    for scope in own.ancestors().filter(|it| it.is(scopes)) {
        let before = own.byte_range().start;
        if scope.is(kinds(source.language)) {
            let own_parameters = parameters(source.language, scope);
            // A function's own block is no scope inside its parameters': the language forbids it.
            if let Some(found) =
                own_parameters.iter().find(|it| it.name == name && it.style == Style::Plain)
            {
                return Some(found.node).filter(|_| !is_body_of(own, scope));
            }
        }
        let direct = scope.named().flat_map(|statement| {
            let list =
                statement.is(&["statement_list"]).then(|| statement.named()).into_iter().flatten();
            std::iter::once(statement).chain(list)
        });
        let declared = direct
            .take_while(|it| it.byte_range().start < before)
            .filter(|it| !it.contains(own))
            .find_map(|it| declares(it, name));
        if declared.is_some() {
            return declared;
        }
    }
    None
}

fn is_body_of(block: Node<'_>, function: Node<'_>) -> bool {
    block.parent() == Some(function)
}

fn declares<'a>(statement: Node<'a>, name: &str) -> Option<Node<'a>> {
    let lists = ["lexical_declaration", "variable_declaration"];
    if statement.is(&lists) {
        let names = statement.named().filter_map(|it| it.child("name"));
        return names.into_iter().find(|it| it.text() == name);
    }
    let left = statement.child("left").filter(|_| statement.is(&["short_var_declaration"]))?;
    left.named().find(|it| it.text() == name)
}
