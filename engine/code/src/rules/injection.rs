//! Rules about input that becomes code, a command, a page or a trusted peer.

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::review::Source;
use crate::syntax::Node;

const EVAL: Rule = Rule {
    id: "dynamic-code",
    severity: Severity::High,
    why: "Whoever controls the text controls the program: it runs with all its rights.",
    better: "Parse the text as data, or look the wanted action up in a table of the allowed ones.",
};

const SHELL: Rule = Rule {
    id: "shell-command",
    severity: Severity::High,
    why: "A shell reads `;`, `|`, `$( )` and quotes in the values too, so a value can add commands \
          of its own.",
    better: "Start the program directly and pass its arguments as a list.",
};

const HTML: Rule = Rule {
    id: "html-injection",
    severity: Severity::High,
    why: "Markup in the value becomes part of the page, scripts and event handlers included.",
    better: "Set `textContent`, or build the elements; where markup is wanted, sanitise it first.",
};

const LOADER: Rule = Rule {
    id: "unsafe-load",
    severity: Severity::High,
    why: "The default loader can build any Python object, so a document can run code.",
    better: "Use `yaml.safe_load`.",
};

const TLS: Rule = Rule {
    id: "tls-verification-off",
    severity: Severity::High,
    why: "Anybody on the way can pose as the server and read or change everything.",
    better: "Leave verification on; for a private authority, add its certificate to the trusted ones.",
};

const STRINGS: &[&str] = &[
    "string",
    "string_literal",
    "interpreted_string_literal",
    "raw_string_literal",
    "template_string",
    "concatenated_string",
];

/// Whether an expression is a string without anything put into it.
pub(super) fn is_plain_string(node: Node<'_>) -> bool {
    node.is(STRINGS)
        && !node.descendants().any(|below| below.is(&["interpolation", "template_substitution"]))
}

/// The positional arguments of a call.
pub(super) fn arguments(call: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list = call.child("arguments").into_iter();
    list.flat_map(Node::named).filter(|argument| argument.kind() != "keyword_argument")
}

/// The keyword argument `name` of a Python call.
pub(super) fn keyword<'a>(call: Node<'a>, name: &str) -> Option<Node<'a>> {
    let all = call.child("arguments")?.named().filter(|node| node.is(&["keyword_argument"]));
    all.into_iter().find(|node| node.field_text("name") == name)?.child("value")
}

fn defines(source: &Source<'_>, name: &str) -> bool {
    source.functions.iter().any(|function| function.name == name)
}

pub(super) fn dynamic_code(source: &Source<'_>, findings: &mut Findings) {
    let names: &[&str] = match source.language {
        Language::Python => &["eval", "exec"],
        language if language.is_script() => &["eval", "window.eval", "globalThis.eval"],
        _ => return,
    };
    for call in source.syntax.of(&["call", "call_expression"]) {
        let name = call.field_text("function");
        if !names.contains(&name) || defines(source, name) || arguments(call).next().is_none() {
            continue;
        }
        let is_literal = arguments(call).next().is_some_and(is_plain_string);
        let severity = if is_literal { Severity::Medium } else { Severity::High };
        let finding = EVAL.at(call, format!("`{name}` runs text as code."));
        let finding = finding.with_severity(severity);
        findings.add(match source.language {
            Language::Python => finding
                .with_better("For literals use `ast.literal_eval`; for actions, a dictionary of the allowed ones.")
                .with_example("import ast\n\nvalue = ast.literal_eval(text)  # numbers, strings, lists, dicts; nothing that runs"),
            _ => finding.with_better("For data use `JSON.parse`; for actions, an object that maps names to functions."),
        });
    }
    for new in source.syntax.of(&["new_expression"]) {
        if new.field_text("constructor") == "Function"
            && arguments(new).any(|it| !is_plain_string(it))
        {
            findings.add(EVAL.at(new, "`new Function` runs text as code."));
        }
    }
}

pub(super) fn shell_commands(source: &Source<'_>, findings: &mut Findings) {
    let calls = ["call", "call_expression", "method_invocation"];
    for call in source.syntax.of(&calls) {
        let finding = match source.language {
            Language::Python => python_shell(call),
            Language::Go => go_shell(call),
            Language::Java => java_shell(call),
            Language::Rust => rust_shell(call),
            _ => script_shell(source, call),
        };
        if let Some((message, example)) = finding {
            let finding = SHELL.at(call, message);
            findings.add(match example {
                Some(example) => finding.with_example(example),
                None => finding,
            });
        }
    }
}

type Shell = Option<(String, Option<&'static str>)>;

fn python_shell(call: Node<'_>) -> Shell {
    const EXAMPLE: &str = "subprocess.run([\"tool\", \"--option\", value], check=True)";
    let name = call.field_text("function");
    let first = arguments(call).next()?;
    let is_built = !is_plain_string(first);
    let in_shell = keyword(call, "shell").is_some_and(|value| value.text() == "True");
    let is_process =
        name.starts_with("subprocess.") || ["Popen", "check_output", "check_call"].contains(&name);
    if in_shell && is_process {
        let what = if is_built { "a command built at run time" } else { "its command" };
        return Some((format!("`{name}` hands {what} to a shell (`shell=True`)."), Some(EXAMPLE)));
    }
    let is_system = ["os.system", "os.popen"].contains(&name) && is_built;
    is_system
        .then(|| (format!("`{name}` hands a command built at run time to a shell."), Some(EXAMPLE)))
}

fn go_shell(call: Node<'_>) -> Shell {
    const EXAMPLE: &str = "cmd := exec.Command(\"tool\", \"--option\", value)";
    if !["exec.Command", "exec.CommandContext"].contains(&call.field_text("function")) {
        return None;
    }
    let texts: Vec<Node<'_>> = arguments(call).collect();
    let shell = texts.iter().position(|node| is_shell(node.text()))?;
    let flag = texts.get(shell + 1)?.text();
    let command = texts.get(shell + 2)?;
    let is_risky = flag.contains("-c") && !is_plain_string(*command);
    is_risky
        .then(|| ("A command built at run time is handed to a shell.".to_owned(), Some(EXAMPLE)))
}

fn is_shell(literal: &str) -> bool {
    let name = literal.trim_matches(['"', '`', '\'']);
    ["sh", "bash", "/bin/sh", "/bin/bash", "zsh", "/usr/bin/env bash"].contains(&name)
}

fn java_shell(call: Node<'_>) -> Shell {
    const EXAMPLE: &str = "new ProcessBuilder(\"tool\", \"--option\", value).start();";
    if call.field_text("name") != "exec" || !call.field_text("object").ends_with("getRuntime()") {
        return None;
    }
    let first = arguments(call).next()?;
    let is_built = first.is(&["binary_expression"]) && has_text(first);
    is_built.then(|| {
        ("`Runtime.exec` gets a command line put together from values.".to_owned(), Some(EXAMPLE))
    })
}

fn rust_shell(call: Node<'_>) -> Shell {
    let function = call.child("function").filter(|node| node.field_text("field") == "arg")?;
    let receiver = function.field_text("value");
    let first = arguments(call).next()?;
    let is_built = first.text().trim_start_matches('&').starts_with("format!");
    let is_shell = receiver.contains("\"-c\"")
        && ["Command::new(\"sh\")", "Command::new(\"bash\")"]
            .iter()
            .any(|it| receiver.contains(it));
    (is_built && is_shell).then(|| {
        let message = "A command built at run time is handed to a shell.".to_owned();
        (message, Some("Command::new(\"tool\").arg(\"--option\").arg(value)"))
    })
}

fn script_shell(source: &Source<'_>, call: Node<'_>) -> Shell {
    const EXAMPLE: &str = "import { execFile } from \"node:child_process\";\n\nexecFile(\"tool\", [\"--option\", value], callback);";
    let name = call.field_text("function");
    let last = name.rsplit('.').next().unwrap_or(name);
    if !["exec", "execSync"].contains(&last) || !source.syntax.source().contains("child_process") {
        return None;
    }
    let is_module = ["child_process", "cp", "childProcess"];
    let owner = name.strip_suffix(last).unwrap_or_default().trim_end_matches('.');
    if !owner.is_empty() && !is_module.contains(&owner) && !owner.starts_with("require(") {
        return None;
    }
    let first = arguments(call).next()?;
    let is_built = (first.is(&["binary_expression"]) && has_text(first))
        || (first.is(&["template_string"]) && !is_plain_string(first));
    is_built
        .then(|| (format!("`{last}` hands a command built from values to a shell."), Some(EXAMPLE)))
}

/// Whether a string is among the parts of an expression.
fn has_text(node: Node<'_>) -> bool {
    node.descendants().any(|below| below.is(STRINGS))
}

pub(super) fn unsafe_settings(source: &Source<'_>, findings: &mut Findings) {
    match source.language {
        Language::Python => {
            for call in source.syntax.of(&["call"]) {
                python_settings(call, findings);
            }
        }
        Language::Go => {
            for pair in source.syntax.of(&["keyed_element"]) {
                if is_setting(pair, "InsecureSkipVerify", "true") {
                    findings.add(TLS.at(pair, "`InsecureSkipVerify` accepts any certificate."));
                }
            }
        }
        language if language.is_script() => {
            for pair in source.syntax.of(&["pair"]) {
                if is_setting(pair, "rejectUnauthorized", "false") {
                    findings
                        .add(TLS.at(pair, "`rejectUnauthorized: false` accepts any certificate."));
                }
            }
        }
        _ => {}
    }
}

fn is_setting(pair: Node<'_>, key: &str, value: &str) -> bool {
    let text = pair.text().trim();
    text.split_once(':').is_some_and(|(name, set)| {
        name.trim().trim_matches(['"', '\'']) == key && set.trim() == value
    })
}

fn python_settings(call: Node<'_>, findings: &mut Findings) {
    let name = call.field_text("function");
    let is_request =
        ["requests.", "httpx.", "session."].iter().any(|start| name.starts_with(start));
    if is_request && keyword(call, "verify").is_some_and(|value| value.text() == "False") {
        findings
            .add(TLS.at(call, format!("{} accepts any certificate (`verify=False`).", code(name))));
    }
    let count = arguments(call).count();
    if name == "yaml.load" && count == 1 && keyword(call, "Loader").is_none() {
        let example = "settings = yaml.safe_load(stream)";
        findings.add(LOADER.at(call, "`yaml.load` without a safe loader.").with_example(example));
    }
}

pub(super) fn html(source: &Source<'_>, findings: &mut Findings) {
    if !source.language.is_script() {
        return;
    }
    for set in source.syntax.of(&["assignment_expression", "augmented_assignment_expression"]) {
        let target = set.child("left").filter(|left| left.is(&["member_expression"]));
        let Some(target) = target else { continue };
        let Some(value) = set.child("right") else { continue };
        let property = target.field_text("property");
        let is_cleaned = value.is(&["call_expression"]) || is_plain_string(value);
        let is_built =
            value.is(&["binary_expression", "template_string", "identifier", "member_expression"]);
        if ["innerHTML", "outerHTML"].contains(&property) && is_built && !is_cleaned {
            let message = format!("{} is set to {}.", code(target.text()), code(value.text()));
            findings.add(HTML.at(set, message).with_example("element.textContent = value;"));
        }
    }
}
