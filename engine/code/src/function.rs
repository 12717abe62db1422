//! The functions of a source as rules see them: with their nodes, parameters and circumstances.

use crate::Language;
use crate::syntax::{Node, Syntax};

/// Parameters of one function that are looked at.
const PARAMETERS_MAX: usize = 64;

/// A named function with its nodes.
pub(crate) struct FunctionNode<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) name: &'a str,
    /// Where the name stands.
    pub(crate) name_node: Node<'a>,
    pub(crate) body: Node<'a>,
    pub(crate) parameters: Vec<Parameter<'a>>,
    pub(crate) is_test: bool,
}

/// One parameter, `self` and its like left out.
#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) node: Node<'a>,
    pub(crate) style: Style,
}

/// How an argument gets into a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// By its place.
    Plain,
    /// By its name only.
    Named,
    /// It takes all that is left.
    Rest,
    /// It is taken apart, so it has no name.
    Pattern,
}

/// Kinds of nodes that are functions, with or without a name.
pub(crate) fn kinds(language: Language) -> &'static [&'static str] {
    match language {
        Language::Python => &["function_definition", "lambda"],
        Language::JavaScript | Language::TypeScript | Language::Tsx => &[
            "function_declaration",
            "generator_function_declaration",
            "function_expression",
            "generator_function",
            "arrow_function",
            "method_definition",
        ],
        Language::Rust => &["function_item", "closure_expression"],
        Language::Java => &["method_declaration", "constructor_declaration", "lambda_expression"],
        Language::Go => &["function_declaration", "method_declaration", "func_literal"],
    }
}

/// The named functions that have a body, in source order.
pub(crate) fn functions<'a>(language: Language, syntax: &'a Syntax<'a>) -> Vec<FunctionNode<'a>> {
    let mut found: Vec<FunctionNode<'a>> =
        syntax.of(kinds(language)).filter_map(|node| function(language, node)).collect();
    found.sort_by_key(|function| function.node.byte_range().start);
    found
}

fn function(language: Language, node: Node<'_>) -> Option<FunctionNode<'_>> {
    let body = node.child("body")?;
    let name_node = node.child("name").or_else(|| given_name(node))?;
    let name = name_node.text();
    if name.is_empty() {
        return None;
    }
    let parameters = parameters(language, node);
    let is_test = is_test(language, node, name);
    Some(FunctionNode { node, name, name_node, body, parameters, is_test })
}

/// The name that a function without one of its own is bound to.
fn given_name(function: Node<'_>) -> Option<Node<'_>> {
    let parent = function.parent()?;
    match parent.kind() {
        "variable_declarator" | "public_field_definition" | "field_definition" => {
            parent.child("name").or_else(|| parent.child("property"))
        }
        "pair" => parent.child("key").filter(|key| key.is(&["property_identifier"])),
        "assignment_expression" => parent.child("left").filter(|left| left.text().len() <= 80),
        _ => None,
    }
}

/// The parameters of a function node, named or not.
pub(crate) fn parameters(language: Language, function: Node<'_>) -> Vec<Parameter<'_>> {
    if let Some(single) = function.child("parameter") {
        return vec![Parameter { name: single.text(), node: single, style: Style::Plain }];
    }
    let Some(list) = function.child("parameters") else { return Vec::new() };
    let mut found = Vec::new();
    let mut is_after_star = false;
    for node in list.named().take(PARAMETERS_MAX) {
        if node.is(&["keyword_separator"]) {
            is_after_star = true;
        }
        add_parameters(language, node, &mut found);
        if let Some(last) = found.last_mut()
            && is_after_star
            && last.style == Style::Plain
        {
            last.style = Style::Named;
        }
        is_after_star |= node.is(&["list_splat_pattern"]);
    }
    if language == Language::Python && is_method(function) {
        let is_receiver =
            found.first().is_some_and(|first| ["self", "cls", "mcs"].contains(&first.name));
        if is_receiver {
            found.remove(0);
        }
    }
    found
}

/// Whether the function stands in a class.
pub(crate) fn is_method(function: Node<'_>) -> bool {
    let outer = function.parent().filter(|parent| parent.is(&["decorated_definition"]));
    let block = outer.unwrap_or(function).parent();
    block.and_then(Node::parent).is_some_and(|owner| owner.is(&["class_definition"]))
}

fn add_parameters<'a>(language: Language, node: Node<'a>, found: &mut Vec<Parameter<'a>>) {
    let mut add = |name: Node<'a>, style| found.push(Parameter { name: name.text(), node, style });
    match node.kind() {
        "identifier" => add(node, Style::Plain),
        "default_parameter" | "typed_default_parameter" => {
            if let Some(name) = node.child("name") {
                add(name, Style::Plain);
            }
        }
        "typed_parameter" | "assignment_pattern" => {
            let inner = node.child("left").or_else(|| node.first());
            if let Some(inner) = inner {
                add(inner, style_of(inner));
            }
        }
        "required_parameter" | "optional_parameter" => {
            let pattern = node.child("pattern").filter(|pattern| pattern.text() != "this");
            if let Some(pattern) = pattern {
                add(pattern, style_of(pattern));
            }
        }
        "parameter" | "formal_parameter" => {
            let name = node.child("pattern").or_else(|| node.child("name"));
            if let Some(name) = name {
                add(name, style_of(name));
            }
        }
        "parameter_declaration" if language == Language::Go => {
            node.fields("name").for_each(|name| add(name, Style::Plain));
        }
        "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "rest_pattern"
        | "spread_parameter"
        | "variadic_parameter_declaration" => add(node, Style::Rest),
        "object_pattern" | "array_pattern" => add(node, Style::Pattern),
        _ => {}
    }
}

fn style_of(name: Node<'_>) -> Style {
    match name.kind() {
        "identifier" => Style::Plain,
        "list_splat_pattern" | "dictionary_splat_pattern" | "rest_pattern" => Style::Rest,
        _ => Style::Pattern,
    }
}

fn is_test(language: Language, node: Node<'_>, name: &str) -> bool {
    match language {
        Language::Python => name.starts_with("test_") || is_in_test_class(node),
        Language::Rust => attributes(node).any(is_test_attribute) || is_in_test_module(node),
        Language::Java => annotations(node).any(|name| name.contains("Test")),
        Language::Go => {
            ["Test", "Benchmark", "Fuzz", "Example"].iter().any(|start| name.starts_with(start))
                && node.kind() == "function_declaration"
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => false,
    }
}

fn is_in_test_class(node: Node<'_>) -> bool {
    let class = node.nearest(&["class_definition"]);
    class.is_some_and(|class| {
        class.field_text("name").starts_with("Test")
            || class.field_text("superclasses").contains("TestCase")
    })
}

fn is_test_attribute(attribute: &str) -> bool {
    let inner = attribute.trim_start_matches(['#', '[', '!']);
    let path = inner.split(['(', ']', '=']).next().unwrap_or_default().trim();
    path == "test" || path.ends_with("::test") || path == "rstest" || inner.starts_with("cfg(test")
}

/// Whether a Rust node lies in a module or an item for tests only.
pub(crate) fn is_in_test_module(node: Node<'_>) -> bool {
    let items =
        node.ancestors().filter(|above| above.is(&["mod_item", "function_item", "impl_item"]));
    items.into_iter().any(|item| {
        (item.kind() == "mod_item" && item.field_text("name") == "tests")
            || attributes(item).any(is_test_attribute)
    })
}

/// The attributes before a Rust item.
pub(crate) fn attributes(item: Node<'_>) -> impl Iterator<Item = &str> {
    let before = std::iter::successors(item.previous(), |node| node.previous());
    let attached = before.take_while(|node| node.is(&["attribute_item"]) || node.is_comment());
    attached.filter(|node| !node.is_comment()).map(Node::text)
}

/// The annotations of a Java declaration.
pub(crate) fn annotations(declaration: Node<'_>) -> impl Iterator<Item = &str> {
    let modifiers = declaration.named().find(|node| node.is(&["modifiers"]));
    let kinds = ["annotation", "marker_annotation"];
    let all = modifiers.into_iter().flat_map(Node::named);
    all.filter(move |node| node.is(&kinds)).map(|node| node.field_text("name"))
}
