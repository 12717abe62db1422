//! Rules about the order in which code runs.

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::review::Source;
use crate::syntax::Node;

use super::injection::arguments;

const UNREACHABLE: Rule = Rule {
    id: "unreachable-code",
    severity: Severity::Medium,
    why: "It never runs, though it reads as if it did.",
    better: "Remove it, or move it before the line that leaves.",
};

const CAPTURED: Rule = Rule {
    id: "captured-loop-variable",
    severity: Severity::High,
    why: "All these functions share one variable, and by the time they run it has its last value.",
    better: "Bind the value of each round.",
};

const CHANGED: Rule = Rule {
    id: "changed-while-iterated",
    severity: Severity::High,
    why: "The loop counts places, so removing or adding one makes it skip or repeat others.",
    better: "Iterate over a copy, or build a new list.",
};

const REUSED: Rule = Rule {
    id: "reused-loop-variable",
    severity: Severity::High,
    why: "The inner loop overwrites the outer one's variable, so the lines after it see the wrong value.",
    better: "Give the inner variable a name of its own.",
};

const ASYNC: Rule = Rule {
    id: "async-foreach",
    severity: Severity::High,
    why: "`forEach` drops the promises: nothing waits for them, and their errors go unheard.",
    better: "Use a `for … of` loop with `await`, or `await Promise.all(items.map(…))`.",
};

const LEAVING: &[&str] = &[
    "return_statement",
    "raise_statement",
    "throw_statement",
    "break_statement",
    "continue_statement",
    "return_expression",
    "break_expression",
    "continue_expression",
];

const BLOCKS: &[&str] = &["block", "statement_block", "statement_list", "constructor_body"];

/// What may stand after a line that leaves: declarations that hold everywhere in the block.
const HOISTED: &[&str] = &[
    "function_declaration",
    "generator_function_declaration",
    "function_item",
    "struct_item",
    "enum_item",
    "impl_item",
    "use_declaration",
    "const_item",
    "labeled_statement",
    "class_declaration",
    "type_alias_declaration",
    "interface_declaration",
    "empty_statement",
    "static_item",
    "mod_item",
    "macro_definition",
];

pub(super) fn unreachable(source: &Source<'_>, findings: &mut Findings) {
    for block in source.syntax.of(BLOCKS) {
        let mut has_left = None;
        for statement in block.named() {
            if let Some(last) = has_left {
                let is_marker = statement.text().starts_with("yield")
                    || statement.text().starts_with("unreachable!");
                if !statement.is(HOISTED) && !is_marker && !block.is_damaged() {
                    let message = format!(
                        "Nothing after {} on line {} in this block runs.",
                        code(first_word(last)),
                        last.line()
                    );
                    findings.add(UNREACHABLE.at(statement, message));
                }
                break;
            }
            let inner = if statement.is(&["expression_statement"]) {
                statement.first()
            } else {
                Some(statement)
            };
            has_left = inner.filter(|it| it.is(LEAVING));
        }
    }
}

fn first_word(statement: Node<'_>) -> &str {
    statement.text().split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}

pub(super) fn captured_loop_variables(source: &Source<'_>, findings: &mut Findings) {
    match source.language {
        Language::Python => python_captures(source, findings),
        language if language.is_script() => script_captures(source, findings),
        _ => {}
    }
}

fn python_captures(source: &Source<'_>, findings: &mut Findings) {
    for lambda in source.syntax.of(&["lambda"]) {
        let is_kept = lambda.parent().is_some_and(|parent| {
            let call = parent.parent();
            (parent.is(&["argument_list"])
                && call.is_some_and(|call| call.field_text("function").ends_with(".append")))
                || (parent.is(&["assignment"])
                    && parent.child("left").is_some_and(|it| it.is(&["subscript"])))
        });
        let Some(variable) =
            lambda.nearest(&["for_statement"]).and_then(|it| it.child("left")).filter(|_| is_kept)
        else {
            continue;
        };
        let Some(body) = lambda.child("body") else { continue };
        let own = crate::function::parameters(source.language, lambda);
        let is_own = own.iter().any(|it| it.name == variable.text());
        let uses = std::iter::once(body)
            .chain(body.descendants())
            .any(|it| it.is(&["identifier"]) && it.text() == variable.text());
        if variable.is(&["identifier"]) && uses && !is_own {
            let name = variable.text();
            let message = format!(
                "The `lambda` uses the loop's {} when it is called, not its value now.",
                code(name)
            );
            findings
                .add(CAPTURED.at(lambda, message).with_example(format!("lambda {name}={name}: …")));
        }
    }
}

fn script_captures(source: &Source<'_>, findings: &mut Findings) {
    for looped in source.syntax.of(&["for_statement"]) {
        let start = looped.child("initializer").filter(|it| it.is(&["variable_declaration"]));
        let name = start.and_then(Node::first).map(|it| it.field_text("name"));
        let (Some(name), Some(body)) = (name, looped.child("body")) else { continue };
        let late = ["setTimeout", "setInterval", "setImmediate", "requestAnimationFrame"];
        for function in
            body.descendants().filter(|it| it.is(&["arrow_function", "function_expression"]))
        {
            let call = function.parent().and_then(Node::parent);
            let target = call.map_or("", |it| it.field_text("function"));
            let is_late = late.contains(&target)
                || [".push", ".addEventListener", ".on", ".then"]
                    .iter()
                    .any(|end| target.ends_with(end));
            let uses = function.descendants().any(|it| it.is(&["identifier"]) && it.text() == name);
            if is_late && uses {
                let message = format!(
                    "The function uses the loop's `var` {} when it is called, not its value now.",
                    code(name)
                );
                findings.add(
                    CAPTURED.at(function, message).with_example(format!("for (let {name} = 0; …)")),
                );
            }
        }
    }
}

pub(super) fn changed_while_iterated(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    for looped in source.syntax.of(&["for_statement"]) {
        let Some(list) = looped.child("right").filter(|it| it.is(&["identifier"])) else {
            continue;
        };
        let Some(body) = looped.child("body") else { continue };
        for call in body.descendants().filter(|it| it.is(&["call"])) {
            let Some(function) = call.child("function") else { continue };
            let changes = ["remove", "append", "insert", "pop", "add", "discard", "extend"];
            let is_change = function.field_text("object") == list.text()
                && changes.contains(&function.field_text("attribute"));
            if is_change && !leaves_after(call) {
                let name = list.text();
                let message =
                    format!("{} changes the list that this loop goes through.", code(call.text()));
                let example = format!("for item in list({name}):\n    …");
                findings.add(CHANGED.at(call, message).with_example(example));
            }
        }
    }
}

/// Whether the loop is left in the block of a statement.
fn leaves_after(node: Node<'_>) -> bool {
    let block = node.nearest(&["block"]);
    block.is_some_and(|block| {
        block.named().any(|it| it.is(LEAVING) && !it.is(&["continue_statement"]))
    })
}

pub(super) fn reused_loop_variables(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    for looped in source.syntax.of(&["for_statement"]) {
        let Some(name) = looped.child("left").filter(|it| it.is(&["identifier"])) else { continue };
        let around = looped
            .ancestors()
            .take_while(|it| !it.is(&["function_definition", "class_definition", "lambda"]));
        let mut same = around
            .filter(|it| {
                it.is(&["for_statement"])
                    && it.child("body").is_some_and(|body| body.contains(looped))
            })
            .filter(|it| it.field_text("left") == name.text());
        if name.text() != "_" && same.next().is_some() {
            findings.add(REUSED.at(
                looped,
                format!("{} is the variable of an outer loop too.", code(name.text())),
            ));
        }
    }
}

pub(super) fn async_callbacks(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_script() {
        return;
    }
    for call in source.syntax.of(&["call_expression"]) {
        let method = call.child("function").map_or("", |it| it.field_text("property"));
        let callback = arguments(call).next().filter(|_| method == "forEach");
        if callback.is_some_and(|it| {
            it.is(&["arrow_function", "function_expression"]) && it.text().starts_with("async")
        }) {
            let example = "for (const item of items) {\n  await handle(item);\n}";
            findings.add(
                ASYNC.at(call, "`forEach` is given an `async` function.").with_example(example),
            );
        }
    }
}
