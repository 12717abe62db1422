//! Rules about errors that are hidden, ignored or fatal.

use crate::Language;
use crate::finding::{Finding, Findings, Rule, Severity, code};
use crate::function::is_in_test_module;
use crate::review::Source;
use crate::syntax::Node;

use super::injection::{arguments, is_plain_string};

const BARE: Rule = Rule {
    id: "bare-except",
    severity: Severity::High,
    why: "It also catches `KeyboardInterrupt` and `SystemExit`, and hides misspelt names as if they \
          were the error you expected.",
    better: "Name the exceptions that this code can handle.",
};

const BROAD: Rule = Rule {
    id: "broad-except",
    severity: Severity::Medium,
    why: "Mistakes in the program itself (a missing key, a wrong type) are handled as if they were \
          the failure you had in mind.",
    better: "Catch the narrowest type that the lines in the `try` raise, and keep those lines few.",
};

const SWALLOWED: Rule = Rule {
    id: "swallowed-error",
    severity: Severity::High,
    why: "The failure leaves no trace: what follows works on data that was never read or written.",
    better: "Handle it, let it pass on, or at least log it with its context; if ignoring it is right, \
             say why in a comment.",
};

const UNWRAP: Rule = Rule {
    id: "unwrap",
    severity: Severity::Medium,
    why: "A value that is missing, or an error, ends the whole thread with a panic.",
    better: "Pass the error on with `?`, or handle the other case.",
};

const PANIC: Rule = Rule {
    id: "panic",
    severity: Severity::Medium,
    why: "The caller gets no chance to handle it; in a server one request can end a whole worker.",
    better: "Return an error that says what went wrong.",
};

const IGNORED: Rule = Rule {
    id: "ignored-error",
    severity: Severity::High,
    why: "When the call fails, the code goes on with a zero value as if nothing had happened.",
    better: "Check it, and return it with a word about what was being done.",
};

const DROPPED: Rule = Rule {
    id: "ignored-error",
    severity: Severity::High,
    why: "When the call fails, the code goes on as if it had worked.",
    better: "Pass the error on with `?`, or say with `let _ =` and a comment why it does not matter.",
};

const GO_CHECK: &str =
    "value, err := f()\nif err != nil {\n\treturn fmt.Errorf(\"reading the settings: %w\", err)\n}";

pub(super) fn python_handlers(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    for clause in source.syntax.of(&["except_clause"]) {
        let Some(body) = clause.named().find(|it| it.is(&["block"])) else { continue };
        let caught = clause.named().find(|it| !it.is(&["block"])).map_or("", Node::text);
        let caught = caught.split(" as ").next().unwrap_or_default().trim();
        let raises = body.descendants().any(|it| it.is(&["raise_statement"]));
        let is_broad = ["Exception", "BaseException"].contains(&caught);
        if clause.is_damaged() || raises {
            continue;
        }
        if caught.is_empty() {
            findings.add(bare(clause, body));
        } else if is_broad && does_nothing(body) {
            let message = format!("Every {} is swallowed here without a trace.", code(caught));
            findings.add(SWALLOWED.at(clause, message));
        } else if is_broad && !reports(body) {
            let message = format!(
                "`except {caught}` catches far more than one failure, and nothing reports it."
            );
            findings.add(BROAD.at(clause, message));
        }
    }
}

fn bare(clause: Node<'_>, body: Node<'_>) -> Finding {
    let end = if does_nothing(body) { ", and then nothing happens" } else { "" };
    let finding = BARE.at(clause, format!("A bare `except:` catches everything{end}."));
    finding.with_example(
        "try:\n    value = read(path)\nexcept FileNotFoundError:\n    value = default",
    )
}

/// Whether a handler's body holds nothing that acts.
fn does_nothing(body: Node<'_>) -> bool {
    body.named().all(|it| it.is(&["pass_statement", "continue_statement"]) || it.text() == "...")
}

/// Whether a handler logs, prints or keeps what it caught.
fn reports(body: Node<'_>) -> bool {
    let calls =
        body.descendants().filter(|it| it.is(&["call", "call_expression", "method_invocation"]));
    let signs = [
        "log",
        "print",
        "warn",
        "error",
        "exception",
        "traceback",
        "capture",
        "report",
        "fail",
        "exit",
        "abort",
        "reject",
        "rollback",
    ];
    calls.into_iter().any(|call| {
        let name = format!(
            "{}.{}.{}",
            call.field_text("function"),
            call.field_text("object"),
            call.field_text("name")
        );
        let name = name.to_lowercase();
        signs.iter().any(|sign| name.contains(sign))
    })
}

pub(super) fn java_and_script_handlers(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Java && !source.language.is_script() {
        return;
    }
    for clause in source.syntax.of(&["catch_clause"]) {
        let Some(body) = clause.child("body").filter(|_| !clause.is_damaged()) else { continue };
        let is_empty = body.children().all(|it| !it.is_named());
        if is_empty && !is_deliberate(clause) {
            findings.add(SWALLOWED.at(clause, "The `catch` is empty: the error is swallowed."));
        } else if source.language == Language::Java && !is_empty {
            broad_catch(clause, body, findings);
        }
    }
    for call in source.syntax.of(&["call_expression"]) {
        let method = call.child("function").map_or("", |function| function.field_text("property"));
        let handler =
            arguments(call).next().filter(|_| source.language.is_script() && method == "catch");
        let body = handler.filter(|it| it.is(&["arrow_function"])).and_then(|it| it.child("body"));
        if body.is_some_and(|body| {
            body.is(&["statement_block"]) && body.children().all(|it| !it.is_named())
        }) {
            findings.add(
                SWALLOWED.at(call, "`.catch` with an empty function swallows every rejection."),
            );
        }
    }
}

/// Whether the name of what is caught says that it is not needed.
fn is_deliberate(clause: Node<'_>) -> bool {
    let head = clause.named().find(|it| it.is(&["catch_formal_parameter"]));
    let name = head.map_or_else(|| clause.field_text("parameter"), |head| head.field_text("name"));
    ["ignored", "ignore", "expected", "_"].iter().any(|start| name.starts_with(start))
}

fn broad_catch(clause: Node<'_>, body: Node<'_>, findings: &mut Findings) {
    let Some(head) = clause.named().find(|it| it.is(&["catch_formal_parameter"])) else { return };
    let caught = head.named().find(|it| it.is(&["catch_type"])).map_or("", Node::text);
    let throws = body.descendants().any(|it| it.is(&["throw_statement"]));
    if ["Exception", "Throwable", "RuntimeException"].contains(&caught) && !throws && !reports(body)
    {
        let message = format!(
            "`catch ({caught} …)` catches far more than one failure, and nothing reports it."
        );
        findings.add(BROAD.at(clause, message));
    }
}

pub(super) fn rust_panics(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Rust {
        return;
    }
    for call in source.syntax.of(&["call_expression"]) {
        let Some(function) = call.child("function").filter(|it| it.is(&["field_expression"]))
        else {
            continue;
        };
        let method = function.field_text("field");
        let Some(receiver) =
            function.child("value").filter(|_| ["unwrap", "expect"].contains(&method))
        else {
            continue;
        };
        let outer = enclosing(call);
        if is_in_test_module(call) || cannot_fail(receiver) {
            continue;
        }
        let can_return = outer.is_some_and(|it| {
            let returned = it.field_text("return_type");
            returned.contains("Result") || returned.contains("Option")
        });
        if method == "expect" && (!can_return || arguments(call).next().is_none()) {
            continue;
        }
        let severity = if method == "expect" { Severity::Low } else { Severity::Medium };
        let message =
            format!("`{method}` on {} panics when there is no value.", code(receiver.text()));
        let finding =
            UNWRAP.at(function.child("field").unwrap_or(call), message).with_severity(severity);
        let short = crate::finding::short(receiver.text());
        findings.add(if can_return {
            finding.with_better("This function can fail already, so `?` passes the error on.").with_example(format!("{short}?"))
        } else {
            finding.with_example(format!("let Some(value) = {short} else {{\n    return …; // or `Ok(value)` for a Result\n}};"))
        });
    }
    for call in source.syntax.of(&["macro_invocation"]) {
        let name = call.field_text("macro");
        if is_in_test_module(call) || !["panic", "todo", "unimplemented"].contains(&name) {
            continue;
        }
        if enclosing(call).is_some_and(|it| it.field_text("name") == "main") {
            continue;
        }
        findings.add(PANIC.at(call, format!("`{name}!` ends the thread here.")));
    }
}

/// The function item around a node, unless a closure comes first.
fn enclosing(node: Node<'_>) -> Option<Node<'_>> {
    node.nearest(&["function_item", "closure_expression"]).filter(|it| it.is(&["function_item"]))
}

/// Calls whose `unwrap` everybody writes: a lock that no panic poisons, a constant that parses.
fn cannot_fail(receiver: Node<'_>) -> bool {
    let text = receiver.text();
    let is_lock = [".lock()", ".read()", ".write()", ".join()", ".try_into()"];
    if is_lock.iter().any(|end| text.ends_with(end)) {
        return true;
    }
    let is_constant = receiver.is(&["call_expression"]) && {
        let mut values = arguments(receiver).peekable();
        let has_values = values.peek().is_some();
        let function = receiver.field_text("function");
        let makes =
            ["Regex::new", "NonZero", "Selector::parse", "HeaderValue::from_static", "Url::parse"];
        (has_values && values.all(is_constant_text) && makes.iter().any(|it| function.contains(it)))
            || (function.starts_with('"') && function.contains("parse"))
    };
    let is_macro = receiver.is(&["macro_invocation"])
        && ["write", "writeln"].contains(&receiver.field_text("macro"));
    is_constant || is_macro
}

fn is_constant_text(node: Node<'_>) -> bool {
    is_plain_string(node) || node.is(&["integer_literal"])
}

/// Functions of Go's library whose last result is an error worth checking.
const GO_FALLIBLE: &[&str] = &[
    "json.Unmarshal",
    "json.Marshal",
    "json.MarshalIndent",
    "os.Open",
    "os.Create",
    "os.ReadFile",
    "os.WriteFile",
    "os.Remove",
    "os.RemoveAll",
    "os.Rename",
    "os.Mkdir",
    "os.MkdirAll",
    "os.Chdir",
    "os.OpenFile",
    "ioutil.ReadAll",
    "ioutil.ReadFile",
    "ioutil.WriteFile",
    "io.ReadAll",
    "io.Copy",
    "strconv.Atoi",
    "strconv.ParseInt",
    "strconv.ParseFloat",
    "strconv.ParseBool",
    "strconv.ParseUint",
    "http.Get",
    "http.Post",
    "http.NewRequest",
    "http.ListenAndServe",
    "sql.Open",
    "url.Parse",
    "time.Parse",
    "time.ParseDuration",
    "xml.Unmarshal",
    "yaml.Unmarshal",
    "net.Dial",
    "net.Listen",
    "template.ParseFiles",
    "exec.LookPath",
    "rand.Read",
];

/// Functions of Rust's library whose result says no more than whether they worked.
const RUST_FALLIBLE: &[&str] = &[
    "fs::copy",
    "fs::create_dir",
    "fs::create_dir_all",
    "fs::hard_link",
    "fs::remove_dir",
    "fs::remove_dir_all",
    "fs::remove_file",
    "fs::rename",
    "fs::set_permissions",
    "fs::write",
    "env::set_current_dir",
];

pub(super) fn rust_ignored(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Rust {
        return;
    }
    for statement in source.syntax.of(&["expression_statement"]) {
        let call = statement.first().filter(|it| it.is(&["call_expression"]));
        let is_statement = statement.text().ends_with(';');
        let Some(call) = call.filter(|it| is_statement && is_fallible(source, *it)) else {
            continue;
        };
        let name = call.field_text("function");
        let message = format!("The result of {} is not looked at.", code(name));
        let example = format!("{}?;", crate::finding::short(call.text()));
        findings.add(DROPPED.at(call, message).with_example(example));
    }
}

/// Whether a Rust call gives a `Result`: by the library, or by a definition in this source.
fn is_fallible(source: &Source<'_>, call: Node<'_>) -> bool {
    let name = call.field_text("function");
    let mut own = source.functions.iter().filter(|it| it.name == name);
    match (own.next(), own.next()) {
        (Some(only), None) => only.node.field_text("return_type").contains("Result<"),
        (Some(_), Some(_)) => false,
        (None, _) => RUST_FALLIBLE.iter().any(|it| {
            name.strip_suffix(it).is_some_and(|path| path.is_empty() || path.ends_with("::"))
        }),
    }
}

/// Errors that are kept under a name and lost before anybody looks at them.
pub(super) fn go_overwritten(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Go {
        return;
    }
    for set in source.syntax.of(GO_SETTING) {
        let Some(block) = set.parent().filter(|_| sets_error(set)) else { continue };
        let start = set.byte_range().end;
        let mut later = block.named().filter(|it| it.byte_range().start >= start);
        let Some(next) = later.find(|it| mentions_error(*it)) else { continue };
        let is_read = next.child("right").is_some_and(mentions_error);
        if !next.is(GO_SETTING) || is_read || !sets_error(next) {
            continue;
        }
        let call = set.child("right").and_then(Node::first).map_or("", Node::text);
        let name = code(call.split('(').next().unwrap_or(call));
        let message = format!("The error of {name} is overwritten on line {} unseen.", next.line());
        findings.add(IGNORED.at(set, message).with_example(GO_CHECK));
    }
}

const GO_SETTING: &[&str] = &["short_var_declaration", "assignment_statement"];

/// Whether a Go statement gives `err` what a call returns.
fn sets_error(set: Node<'_>) -> bool {
    let is_call =
        set.child("right").and_then(Node::first).is_some_and(|it| it.is(&["call_expression"]));
    is_call && set.child("left").is_some_and(|it| it.named().any(|it| it.text() == "err"))
}

fn mentions_error(node: Node<'_>) -> bool {
    node.text() == "err"
        || node.descendants().any(|it| it.is(&["identifier"]) && it.text() == "err")
}

pub(super) fn go_ignored(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Go {
        return;
    }
    for set in source.syntax.of(&["short_var_declaration", "assignment_statement"]) {
        let Some(call) =
            set.child("right").and_then(Node::first).filter(|it| it.is(&["call_expression"]))
        else {
            continue;
        };
        let names: Vec<&str> =
            set.child("left").into_iter().flat_map(Node::named).map(Node::text).collect();
        if names.last() == Some(&"_") && returns_error(source, call) {
            let name = code(call.field_text("function"));
            findings.add(
                IGNORED
                    .at(set, format!("The error of {name} is thrown away with `_`."))
                    .with_example(GO_CHECK),
            );
        }
    }
    for statement in source.syntax.of(&["expression_statement"]) {
        let call = statement
            .first()
            .filter(|it| it.is(&["call_expression"]) && returns_error(source, *it));
        if let Some(call) = call {
            let name = code(call.field_text("function"));
            findings.add(
                IGNORED
                    .at(call, format!("The error that {name} returns is not looked at."))
                    .with_example(GO_CHECK),
            );
        }
    }
    for call in source.syntax.of(&["call_expression"]) {
        go_panic(source, call, findings);
    }
}

/// Whether a call's last result is an error: by the library, or by a definition in this source.
fn returns_error(source: &Source<'_>, call: Node<'_>) -> bool {
    let name = call.field_text("function");
    let own =
        source.functions.iter().find(|it| it.name == name && it.node.is(&["function_declaration"]));
    match own.and_then(|it| it.node.child("result")) {
        Some(result) => {
            result.text().trim_end_matches(')').split([',', ' ', '(']).next_back() == Some("error")
        }
        None => own.is_none() && (GO_FALLIBLE.contains(&name) || reads_into(call)),
    }
}

/// Whether a Go call reads a value into where its first argument points, as decoders and rows do.
fn reads_into(call: Node<'_>) -> bool {
    let method = call.child("function").map_or("", |function| function.field_text("field"));
    let first = call.child("arguments").and_then(Node::first);
    ["Decode", "Scan"].contains(&method) && first.is_some_and(|it| it.text().starts_with('&'))
}

fn go_panic(source: &Source<'_>, call: Node<'_>, findings: &mut Findings) {
    if call.field_text("function") != "panic" {
        return;
    }
    let outer = source.functions.iter().rfind(|it| it.node.contains(call));
    let is_fine = outer.is_none_or(|it| {
        it.is_test
            || ["main", "init"].contains(&it.name)
            || it.name.starts_with("Must")
            || it.name.starts_with("must")
    });
    if !is_fine {
        findings.add(PANIC.at(call, "`panic` ends the program unless somebody above recovers."));
    }
}
