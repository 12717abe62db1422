//! Rules about comparing values.

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::review::Source;
use crate::syntax::Node;

const LOOSE: Rule = Rule {
    id: "loose-equality",
    severity: Severity::Medium,
    why: "It converts the sides before it compares them: `0 == \"\"` and `\"1\" == 1` are true.",
    better: "Compare without conversion; convert on purpose where two types meet.",
};

const NONE: Rule = Rule {
    id: "none-comparison",
    severity: Severity::Low,
    why: "`==` asks the object, which may answer as it likes; there is only one `None`.",
    better: "Compare by identity.",
};

const BOOLEAN: Rule = Rule {
    id: "boolean-comparison",
    severity: Severity::Low,
    why: "The value is a truth value already; the comparison adds nothing but a chance to get it wrong.",
    better: "Use the value itself, or its negation.",
};

const LITERAL: Rule = Rule {
    id: "literal-identity",
    severity: Severity::High,
    why: "`is` compares objects, not values; that equal literals are one object is an accident of \
          the interpreter.",
    better: "Compare with `==`.",
};

const NOT_A_NUMBER: Rule = Rule {
    id: "nan-comparison",
    severity: Severity::High,
    why: "NaN equals nothing, not even itself, so the comparison never does what it says.",
    better: "Ask with `Number.isNaN(value)`.",
};

const TYPE: Rule = Rule {
    id: "type-comparison",
    severity: Severity::Low,
    why: "It is false for subclasses, which is seldom meant.",
    better: "Ask with `isinstance`.",
};

const STRINGS: Rule = Rule {
    id: "string-identity",
    severity: Severity::High,
    why: "`==` compares references: two strings with the same letters need not be one object.",
    better: "Compare with `equals`, the constant first so that null is no problem.",
};

const CONDITION: Rule = Rule {
    id: "assignment-in-condition",
    severity: Severity::High,
    why: "It sets the variable and then tests the new value: the condition hardly ever means that.",
    better: "Write `===` to compare; to assign on purpose, do it on a line of its own.",
};

struct Comparison<'a> {
    left: Node<'a>,
    operator: &'a str,
    right: Node<'a>,
}

fn comparison(node: Node<'_>) -> Option<Comparison<'_>> {
    let operator = node.field_text("operator");
    Some(Comparison { left: node.child("left")?, operator, right: node.child("right")? })
}

/// Python's comparisons with two sides.
fn python_comparison(node: Node<'_>) -> Option<Comparison<'_>> {
    let operator = node.child("operators")?.text();
    let mut sides = node.named().filter(|it| it.field() != Some("operators"));
    let (left, right) = (sides.next()?, sides.next()?);
    sides.next().is_none().then_some(Comparison { left, operator, right })
}

pub(super) fn loose_equality(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_script() {
        return;
    }
    for node in source.syntax.of(&["binary_expression"]) {
        let Some(Comparison { left, operator, right }) = comparison(node) else { continue };
        let sides = [left, right];
        if sides.iter().any(|side| side.text() == "NaN")
            && operator.contains('=')
            && !operator.contains(['<', '>'])
        {
            findings
                .add(NOT_A_NUMBER.at(node, format!("{} compares with `NaN`.", code(node.text()))));
            continue;
        }
        let is_idiom = sides.iter().any(|side| {
            side.is(&["null", "undefined"])
                || (side.is(&["unary_expression"]) && side.text().starts_with("typeof"))
        });
        if !["==", "!="].contains(&operator) || is_idiom {
            continue;
        }
        let strict = format!("{operator}=");
        let (left, right) =
            (crate::finding::short(left.text()), crate::finding::short(right.text()));
        let message = format!("{} compares with conversion.", code(node.text()));
        findings.add(LOOSE.at(node, message).with_example(format!("{left} {strict} {right}")));
    }
}

pub(super) fn constants(source: &Source<'_>, findings: &mut Findings) {
    match source.language {
        Language::Python => {
            for node in source.syntax.of(&["comparison_operator"]) {
                python_constants(node, findings);
            }
        }
        Language::Java | Language::Rust | Language::Go => {
            for node in source.syntax.of(&["binary_expression"]) {
                let Some(Comparison { left, operator, right }) = comparison(node) else { continue };
                let is_truth =
                    [left, right].iter().any(|side| ["true", "false"].contains(&side.text()));
                if ["==", "!="].contains(&operator) && is_truth {
                    findings.add(BOOLEAN.at(
                        node,
                        format!("{} compares with a constant truth value.", code(node.text())),
                    ));
                }
            }
        }
        _ => {}
    }
}

fn python_constants(node: Node<'_>, findings: &mut Findings) {
    let Some(Comparison { left, operator, right }) = python_comparison(node) else { return };
    if !["==", "!="].contains(&operator) || is_query(node) {
        return;
    }
    let other = if right.is(&["none", "true", "false"]) { left } else { right };
    let constant = if other == left { right } else { left };
    let value = crate::finding::short(other.text());
    let negation = if operator == "==" { "" } else { "not " };
    match constant.kind() {
        "none" => {
            let example = format!("{value} is {negation}None");
            findings.add(
                NONE.at(node, format!("{} compares with `None` by value.", code(node.text())))
                    .with_example(example),
            );
        }
        "true" | "false" => {
            findings.add(
                BOOLEAN.at(
                    node,
                    format!("{} compares with a constant truth value.", code(node.text())),
                ),
            );
        }
        _ if left.is(&["call"]) && left.field_text("function") == "type" => {
            findings.add(TYPE.at(node, format!("{} compares types exactly.", code(node.text()))));
        }
        _ => {}
    }
}

/// Whether a comparison builds a query or a mask, where `== None` has a meaning of its own.
fn is_query(node: Node<'_>) -> bool {
    let filters = [
        "filter",
        "where",
        "having",
        "filter_by",
        "and_",
        "or_",
        "on",
        "join",
        "case",
        "query",
        "count",
    ];
    node.ancestors().take_while(|it| !it.is(&["block", "module"])).any(|it| {
        it.is(&["subscript"])
            || (it.is(&["call"]) && {
                let name = it.field_text("function");
                filters.contains(&name.rsplit('.').next().unwrap_or(name))
            })
    })
}

pub(super) fn identity_of_literals(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    for node in source.syntax.of(&["comparison_operator"]) {
        let Some(Comparison { left, operator, right }) = python_comparison(node) else { continue };
        let is_literal = [left, right]
            .iter()
            .any(|side| side.is(&["string", "integer", "float", "list", "dictionary", "tuple"]));
        if operator.starts_with("is") && is_literal {
            findings.add(
                LITERAL.at(node, format!("{} compares a literal by identity.", code(node.text()))),
            );
        }
    }
}

pub(super) fn java_strings(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Java {
        return;
    }
    for node in source.syntax.of(&["binary_expression"]) {
        let Some(Comparison { left, operator, right }) = comparison(node) else { continue };
        let sides = [left, right];
        let is_null = sides.iter().any(|side| side.is(&["null_literal"]));
        let has_literal = sides.iter().any(|side| side.is(&["string_literal"]));
        // Nothing but a reference can be compared with a `String`.
        let has_string = || sides.iter().any(|side| is_string_variable(source, *side));
        if !["==", "!="].contains(&operator) || is_null || !(has_literal || has_string()) {
            continue;
        }
        let (first, second) =
            if right.is(&["string_literal"]) { (right, left) } else { (left, right) };
        let negation = if operator == "!=" { "!" } else { "" };
        let (first, second) =
            (crate::finding::short(first.text()), crate::finding::short(second.text()));
        let finding =
            STRINGS.at(node, format!("{} compares strings by reference.", code(node.text())));
        findings.add(finding.with_example(format!("{negation}{first}.equals({second})")));
    }
}

/// Whether a name is declared as a `String` in the method around it, or else as a field of the
/// source, and as nothing else.
fn is_string_variable<'a>(source: &Source<'a>, name: Node<'a>) -> bool {
    if !name.is(&["identifier"]) {
        return false;
    }
    let Some(function) = source.function_of(name) else { return false };
    let is_named = |it: &Node<'a>| {
        let declared = it.child("declarator").unwrap_or(*it);
        declared.field_text("name") == name.text()
    };
    let locals = function
        .descendants()
        .filter(|it| it.is(&["local_variable_declaration", "formal_parameter"]));
    let mut declared: Vec<Node<'a>> = locals.filter(is_named).collect();
    if declared.is_empty() {
        declared = source.syntax.of(&["field_declaration"]).filter(is_named).collect();
    }
    matches!(declared.as_slice(), [only] if only.field_text("type") == "String")
}

pub(super) fn assignments_as_conditions(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_script() {
        return;
    }
    for statement in source.syntax.of(&["if_statement"]) {
        let condition = statement.child("condition").and_then(Node::first);
        if let Some(condition) = condition.filter(|it| it.is(&["assignment_expression"])) {
            findings.add(CONDITION.at(
                condition,
                format!("The condition {} is an assignment.", code(condition.text())),
            ));
        }
    }
}
