//! Rules about size and completeness.

use crate::Language;
use crate::facts::deepest;
use crate::finding::{Findings, Rule, Severity, code};
use crate::function::FunctionNode;
use crate::review::Source;

const NESTING_MAX: usize = 4;
const LINES_MAX: usize = 60;
const FAULTS_TOLD_MAX: usize = 3;

const SYNTAX: Rule = Rule {
    id: "syntax-error",
    severity: Severity::Medium,
    why: "What does not parse does not run, and everything after it may be read wrongly.",
    better: "Check brackets, quotes and indentation here; an ellipsis for left-out code is best \
             written as a comment.",
};

const NESTING: Rule = Rule {
    id: "deep-nesting",
    severity: Severity::Medium,
    why: "At this depth a reader has to hold every condition above in mind to know when a line runs.",
    better: "Return or continue early for the cases you don't handle, and move the innermost block \
             into a function named after what it does.",
};

const LENGTH: Rule = Rule {
    id: "long-function",
    severity: Severity::Low,
    why: "It is more than fits on a screen, so its parts are hard to test or to name.",
    better: "Cut it where you would put a comment as a heading; each part becomes a function with \
             that heading as its name.",
};

const TESTS: Rule = Rule {
    id: "missing-tests",
    severity: Severity::Low,
    why: "Without a test the next change can break it unnoticed.",
    better: "Start with the ordinary case, then an empty input and the case that should fail.",
};

pub(super) fn syntax_errors(source: &Source<'_>, findings: &mut Findings) {
    for fault in source.syntax.faults().take(FAULTS_TOLD_MAX) {
        let text = fault.text().lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let message = if text.is_empty() {
            format!("Something is missing here: as {} this does not parse.", source.language)
        } else {
            format!("This does not parse as {}: {}.", source.language, code(text))
        };
        findings.add(SYNTAX.at(fault, message));
    }
}

pub(super) fn nesting(source: &Source<'_>, findings: &mut Findings) {
    for function in source.functions {
        let Some((depth, node)) = deepest(source.language, function) else { continue };
        if depth > NESTING_MAX {
            let name = code(function.name);
            findings.add(NESTING.at(node, format!("{name} nests {depth} levels deep here.")));
        }
    }
}

pub(super) fn length(source: &Source<'_>, findings: &mut Findings) {
    for function in source.functions {
        let lines = function.node.last_line() + 1 - function.node.line();
        if lines > LINES_MAX {
            let message = format!("{} is {lines} lines long.", code(function.name));
            findings.add(LENGTH.at(function.node, message));
        }
    }
}

pub(super) fn missing_tests(source: &Source<'_>, findings: &mut Findings) {
    let has_tests = crate::facts::facts(source.language, source.syntax, source.functions).has_tests;
    if has_tests {
        return;
    }
    let testable = source.functions.iter().filter(|function| function.name != "main");
    let branches = |function: &FunctionNode<'_>| {
        deepest(source.language, function).map_or(0, |(depth, _)| depth)
    };
    // The first of the most involved functions.
    let best =
        testable.reduce(|best, next| if branches(next) > branches(best) { next } else { best });
    let Some(function) = best else { return };
    let name = crate::finding::short(function.name);
    let message =
        format!("There is no test among this; `{name}` would be the first to deserve one.");
    let finding = TESTS.at(function.node, message);
    findings.add(finding.with_example(skeleton(source.language, &name)));
}

/// The beginning of a test for the function called `name`.
fn skeleton(language: Language, name: &str) -> String {
    let bare = name.rsplit(['.', '#']).next().unwrap_or(name).trim_start_matches('_');
    match language {
        Language::Python => {
            format!("def test_{bare}_handles_the_ordinary_case():\n    assert {name}(...) == ...")
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => format!(
            "test(\"{bare} handles the ordinary case\", () => {{\n  expect({name}(/* … */)).toEqual(/* … */);\n}});"
        ),
        Language::Rust => format!(
            "#[test]\nfn {bare}_handles_the_ordinary_case() {{\n    assert_eq!({name}(/* … */), /* … */);\n}}"
        ),
        Language::Java => format!(
            "@Test\nvoid {bare}HandlesTheOrdinaryCase() {{\n    assertEquals(/* expected */, {name}(/* … */));\n}}"
        ),
        Language::Go => format!(
            "func Test{}(t *testing.T) {{\n\tgot := {name}(/* … */)\n\tif got != want {{\n\t\tt.Errorf(\"got %v, want %v\", got, want)\n\t}}\n}}",
            capitalised(bare)
        ),
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
