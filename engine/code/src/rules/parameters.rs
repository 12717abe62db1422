//! Rules about what functions take.

use std::collections::HashSet;

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::function::{FunctionNode, Parameter, Style, annotations, is_method};
use crate::review::Source;
use crate::syntax::Node;

/// Parameters a function may have before it is told.
const PARAMETERS_MAX: usize = 6;

const DEFAULT: Rule = Rule {
    id: "mutable-default",
    severity: Severity::High,
    why: "The default is made once, when the function is defined, so every call that uses it \
          shares, and changes, the same object.",
    better: "Default to `None` and make a new one inside.",
};

const UNUSED: Rule = Rule {
    id: "unused-parameter",
    severity: Severity::Low,
    why: "Callers go to the trouble of passing it, and readers look for what it does.",
    better: "Remove it, or start its name with an underscore if the signature is given.",
};

const MANY: Rule = Rule {
    id: "too-many-parameters",
    severity: Severity::Low,
    why: "Arguments in such a list are easily swapped, and every call has to know them all.",
    better: "Put those that travel together into one type with named fields.",
};

pub(super) fn mutable_defaults(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    for parameter in source.syntax.of(&["default_parameter", "typed_default_parameter"]) {
        let Some(value) = parameter.child("value").filter(|value| is_mutable(*value)) else {
            continue;
        };
        if parameter.nearest(&["function_definition", "lambda"]).is_none() {
            continue;
        }
        let name = parameter.field_text("name");
        let message = format!(
            "{} has the default {}, which is shared by all calls.",
            code(name),
            code(value.text())
        );
        let example = format!(
            "def f({name}=None):\n    if {name} is None:\n        {name} = {}",
            empty_of(value)
        );
        findings.add(DEFAULT.at(value, message).with_example(example));
    }
}

fn is_mutable(value: Node<'_>) -> bool {
    let kinds = [
        "list",
        "dictionary",
        "set",
        "list_comprehension",
        "dictionary_comprehension",
        "set_comprehension",
    ];
    let makers = [
        "list",
        "dict",
        "set",
        "bytearray",
        "defaultdict",
        "collections.defaultdict",
        "OrderedDict",
        "deque",
        "collections.deque",
    ];
    value.is(&kinds) || (value.is(&["call"]) && makers.contains(&value.field_text("function")))
}

fn empty_of(value: Node<'_>) -> String {
    let text = value.text();
    if text.len() <= 40 && !text.contains('\n') { text.to_owned() } else { "…".to_owned() }
}

pub(super) fn too_many(source: &Source<'_>, findings: &mut Findings) {
    for function in source.functions {
        let by_place = function
            .parameters
            .iter()
            .filter(|it| matches!(it.style, Style::Plain | Style::Pattern));
        let count = by_place.count();
        if count > PARAMETERS_MAX && !function.is_test {
            let message = format!("{} takes {count} parameters.", code(function.name));
            findings.add(MANY.at(function.name_node, message));
        }
    }
}

pub(super) fn unused(source: &Source<'_>, findings: &mut Findings) {
    let values = names_used_as_values(source);
    for function in source.functions {
        let is_given =
            values.contains(function.name) || has_given_signature(source.language, function);
        if is_given || function.node.is_damaged() || is_stub(function) {
            continue;
        }
        for parameter in unused_of(source.language, function) {
            let message = format!(
                "{} never uses its parameter {}.",
                code(function.name),
                code(parameter.name)
            );
            findings.add(UNUSED.at(parameter.node, message));
        }
    }
}

/// Names that are mentioned other than to call or define them: a function among them has its
/// signature from where it is passed to.
fn names_used_as_values<'a>(source: &Source<'a>) -> HashSet<&'a str> {
    let mentions = source.syntax.of(&["identifier"]).filter(|name| {
        let field = name.field();
        field != Some("function") && field != Some("name")
    });
    mentions.map(Node::text).collect()
}

/// Whether somebody else decides what the function takes.
fn has_given_signature(language: Language, function: &FunctionNode<'_>) -> bool {
    let node = function.node;
    if function.is_test || function.name == "main" {
        return true;
    }
    match language {
        Language::Python => {
            let is_decorated = node.parent().is_some_and(|it| it.is(&["decorated_definition"]));
            let class = node.nearest(&["class_definition"]).filter(|_| is_method(node));
            let inherits = class.is_some_and(|class| class.child("superclasses").is_some());
            is_decorated || inherits || function.name.starts_with("__")
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            let class = node.nearest(&["class_body", "object"]).and_then(Node::parent);
            let is_bound = node.is(&["method_definition"])
                && class.is_some_and(|class| {
                    !class.is(&["class_declaration", "class"])
                        || class.named().any(|it| it.is(&["class_heritage"]))
                });
            let is_handler =
                ["assignment_expression", "pair", "public_field_definition", "field_definition"];
            let is_typed = node.parent().is_some_and(|it| it.child("type").is_some());
            is_bound || is_typed || node.parent().is_some_and(|parent| parent.is(&is_handler))
        }
        Language::Rust => {
            node.nearest(&["impl_item", "trait_item"])
                .is_some_and(|owner| owner.is(&["trait_item"]) || owner.child("trait").is_some())
                || node
                    .named()
                    .any(|it| it.is(&["function_modifiers"]) && it.text().contains("extern"))
                || crate::function::attributes(node).next().is_some()
        }
        Language::Java => {
            let class = node.nearest(&[
                "class_declaration",
                "enum_declaration",
                "record_declaration",
                "class_body",
            ]);
            let inherits = node.nearest(&["class_declaration"]).is_some_and(|class| {
                class.child("superclass").is_some() || class.child("interfaces").is_some()
            });
            annotations(node).next().is_some()
                || inherits
                || class.is_none_or(|it| {
                    it.parent().is_some_and(|it| it.is(&["object_creation_expression"]))
                })
        }
        Language::Go => node.is(&["method_declaration"]) || function.name == "init",
    }
}

/// Whether the body says only that there is none yet.
fn is_stub(function: &FunctionNode<'_>) -> bool {
    let mut statements = function.body.named().filter(|it| {
        !(it.is(&["expression_statement"]) && it.first().is_some_and(|it| it.is(&["string"])))
    });
    let Some(only) = statements.next() else { return true };
    if statements.next().is_some() {
        return false;
    }
    let text = only.text();
    let starts = ["pass", "...", "raise", "throw", "todo!", "unimplemented!", "panic"];
    starts.iter().any(|start| text.starts_with(start))
}

fn unused_of<'f, 'a>(language: Language, function: &'f FunctionNode<'a>) -> Vec<&'f Parameter<'a>> {
    let used = used_names(function);
    if used.is_open {
        return Vec::new();
    }
    let is_used = |parameter: &Parameter<'_>| {
        parameter.style == Style::Pattern
            || parameter.style == Style::Rest
            || used.names.contains(parameter.name)
    };
    let parameters = &function.parameters;
    // In JavaScript a parameter before a used one only keeps its place.
    let after_used = match parameters.iter().rposition(is_used) {
        Some(last) if language.is_script() => last + 1,
        _ => 0,
    };
    let rest = parameters.iter().skip(after_used);
    rest.filter(|it| !is_used(it) && may_be_told(language, it)).collect()
}

/// Whether a parameter is the programmer's own choice.
fn may_be_told(language: Language, parameter: &Parameter<'_>) -> bool {
    let given = [
        "_", "next", "req", "res", "request", "response", "err", "event", "e", "ctx", "context",
        "args", "kwargs",
    ];
    let owner_types = ["context.Context", "testing.T", "http."];
    let is_property = parameter.node.named().any(|it| it.is(&["accessibility_modifier"]));
    !parameter.name.starts_with('_')
        && !given.contains(&parameter.name)
        && !is_property
        && (language != Language::Go
            || !owner_types.iter().any(|it| parameter.node.text().contains(it)))
}

struct Used<'a> {
    names: HashSet<&'a str>,
    /// Names may be used in ways that can't be seen.
    is_open: bool,
}

fn used_names<'a>(function: &FunctionNode<'a>) -> Used<'a> {
    let mut used = Used { names: HashSet::new(), is_open: false };
    let starts = function.body.byte_range().start;
    let others = function.parameters.iter().flat_map(|it| defaults(it.node));
    let initialisers = function.node.named().filter(|it| it.byte_range().start > starts);
    let body = std::iter::once(function.body).chain(function.body.descendants());
    for node in body.chain(others).chain(initialisers) {
        match node.kind() {
            "identifier"
            | "shorthand_property_identifier"
            | "shorthand_field_identifier"
            | "type_identifier"
            | "self" => {
                let name = node.text();
                used.is_open |= ["locals", "arguments", "vars", "eval", "exec"].contains(&name);
                used.names.insert(name);
            }
            "string_literal" | "string_content" => names_in_braces(node.text(), &mut used.names),
            _ => {}
        }
    }
    used
}

/// What a parameter's default and type mention.
fn defaults(parameter: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let values = ["value", "right"].into_iter().filter_map(move |field| parameter.child(field));
    values.flat_map(|value| std::iter::once(value).chain(value.descendants()))
}

/// Rust's `"{name:?}"` uses `name`.
fn names_in_braces<'a>(text: &'a str, names: &mut HashSet<&'a str>) {
    for part in text.split('{').skip(1) {
        let end = part.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        names.insert(&part[..end.unwrap_or(part.len())]);
        // `{:>width$}` and `{:.*}` name their arguments too.
        if let Some((format, _)) = part.split_once('$') {
            let start = format.rfind(|letter: char| !letter.is_alphanumeric() && letter != '_');
            names.insert(&format[start.map_or(0, |start| start + 1)..]);
        }
    }
}
