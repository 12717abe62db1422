//! Rules about what must be closed, and about waiting for ever.

use crate::Language;
use crate::finding::{Findings, Rule, Severity, code};
use crate::review::Source;
use crate::syntax::Node;

use super::injection::keyword;

const OPEN: Rule = Rule {
    id: "unclosed-resource",
    severity: Severity::Medium,
    why: "It stays open until somebody collects it, and longer when an error comes between; written \
          data may never reach the disk.",
    better: "Let the language close it, whatever happens.",
};

const TIMEOUT: Rule = Rule {
    id: "missing-timeout",
    severity: Severity::Low,
    why: "Without one the call waits for ever when the other side goes silent.",
    better: "Give it a `timeout`.",
};

pub(super) fn python_files(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python || source.functions.iter().any(|it| it.name == "open") {
        return;
    }
    for call in source.syntax.of(&["call"]) {
        let is_open =
            ["open", "io.open", "gzip.open", "codecs.open"].contains(&call.field_text("function"));
        let Some(parent) = call.parent().filter(|_| is_open && !call.is_damaged()) else {
            continue;
        };
        let what = match parent.kind() {
            "attribute" => Some("is used once and left open"),
            "for_statement" => Some("is read line by line and left open"),
            "argument_list" if is_reader(parent) => Some("is handed over and left open"),
            "assignment" => left_open(source, call, parent),
            _ => None,
        };
        if let Some(what) = what {
            let example = "with open(path) as file:\n    text = file.read()";
            findings.add(
                OPEN.at(call, format!("The file from {} {what}.", code(call.text())))
                    .with_example(example),
            );
        }
    }
}

/// Whether a call reads what it is given and nothing more.
fn is_reader(list: Node<'_>) -> bool {
    let readers = [
        "json.load",
        "yaml.safe_load",
        "yaml.load",
        "csv.reader",
        "csv.DictReader",
        "pickle.load",
        "list",
        "json.dump",
        "sum",
        "sorted",
        "tomllib.load",
    ];
    list.parent().is_some_and(|call| {
        let name = call.field_text("function");
        readers.contains(&name) || (name == "json.dump" && list.named().count() > 1)
    })
}

fn left_open<'a>(
    source: &Source<'a>,
    call: Node<'a>,
    assignment: Node<'a>,
) -> Option<&'static str> {
    let name = assignment.child("left").filter(|it| it.is(&["identifier"]))?.text();
    let scope = source.function_of(call).unwrap_or_else(|| source.syntax.root());
    let closing = |it: &Node<'_>| {
        it.is(&["attribute"])
            && it.field_text("object") == name
            && it.field_text("attribute") == "close"
    };
    let closes: Vec<Node<'a>> = scope.descendants().filter(closing).collect();
    if closes.iter().any(|it| it.nearest(&["finally_clause"]).is_some()) {
        return None;
    }
    let mut escapes = scope.descendants().filter(|it| it.is(&["identifier"]) && it.text() == name);
    let escapes = escapes.any(|it| {
        let parent = it.parent().map(Node::kind).unwrap_or_default();
        [
            "return_statement",
            "yield",
            "with_item",
            "as_pattern",
            "keyword_argument",
            "tuple",
            "list",
            "pair",
            "expression_list",
        ]
        .contains(&parent)
            || (parent == "assignment" && it.field() == Some("right"))
            || it.parent().and_then(Node::parent).is_some_and(|call| {
                let called = call.field_text("function");
                parent == "argument_list"
                    && (called.contains("enter_context")
                        || called.contains("closing")
                        || called.contains("append"))
            })
    });
    match (escapes, closes.is_empty()) {
        (true, _) => None,
        (false, true) => Some("is never closed"),
        (false, false) => Some("stays open when an error comes before its `close`"),
    }
}

/// Java types that hold something of the operating system's.
const JAVA_RESOURCES: &[&str] = &[
    "FileInputStream",
    "FileOutputStream",
    "FileReader",
    "FileWriter",
    "BufferedReader",
    "BufferedWriter",
    "Socket",
    "ServerSocket",
    "RandomAccessFile",
    "ZipFile",
    "JarFile",
    "PrintWriter",
    "ObjectInputStream",
    "ObjectOutputStream",
];

pub(super) fn java_resources(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Java {
        return;
    }
    for declarator in source.syntax.of(&["variable_declarator"]) {
        let is_local = declarator.parent().is_some_and(|it| it.is(&["local_variable_declaration"]));
        let made = declarator
            .child("value")
            .filter(|it| it.is(&["object_creation_expression"]) && is_local);
        let Some(made) = made.filter(|it| JAVA_RESOURCES.contains(&it.field_text("type"))) else {
            continue;
        };
        let Some(method) = source.function_of(declarator).filter(|it| !it.is_damaged()) else {
            continue;
        };
        let name = declarator.field_text("name");
        if made.text().contains("System.in")
            || made.text().contains("StringReader")
            || is_looked_after(method, name)
        {
            continue;
        }
        let kind = made.field_text("type");
        let message = format!("{} is not closed when an error comes in between.", code(name));
        let example = format!("try ({kind} {name} = …) {{\n    …\n}}");
        findings.add(
            OPEN.at(declarator, message)
                .with_better("Open it in a `try ( … )`, which closes it whatever happens.")
                .with_example(example),
        );
    }
}

/// Whether a Java variable is closed in a `finally`, given to somebody else or returned.
fn is_looked_after(method: Node<'_>, name: &str) -> bool {
    let mut uses = method.descendants().filter(|it| it.is(&["identifier"]) && it.text() == name);
    uses.any(|it| {
        let parent = it.parent().map(Node::kind).unwrap_or_default();
        let is_closed = it.nearest(&["finally_clause"]).is_some();
        is_closed
            || ["return_statement", "argument_list", "resource"].contains(&parent)
            || (["assignment_expression", "variable_declarator"].contains(&parent)
                && matches!(it.field(), Some("right" | "value")))
    })
}

/// Functions of Go's library that give something to close, and what closes it.
const GO_RESOURCES: &[(&str, &str)] = &[
    ("os.Open", "Close"),
    ("os.Create", "Close"),
    ("os.OpenFile", "Close"),
    ("http.Get", "Body.Close"),
    ("http.Post", "Body.Close"),
    ("net.Dial", "Close"),
];

pub(super) fn go_resources(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Go {
        return;
    }
    for set in source.syntax.of(&["short_var_declaration"]) {
        let Some(call) =
            set.child("right").and_then(Node::first).filter(|it| it.is(&["call_expression"]))
        else {
            continue;
        };
        let opened = GO_RESOURCES.iter().find(|(name, _)| *name == call.field_text("function"));
        let name = set.child("left").and_then(Node::first).map_or("", Node::text);
        let (Some((opener, close)), Some(function)) = (opened, source.function_of(set)) else {
            continue;
        };
        if name == "_" || function.is_damaged() || is_kept(function, name, close) {
            continue;
        }
        let finding = OPEN.at(set, format!("What {} gives is never closed here.", code(opener)));
        findings.add(
            finding
                .with_better("Close it with `defer`, right after the error check.")
                .with_example(format!("defer {name}.{close}()")),
        );
    }
}

/// Whether a Go value is closed in the function, or leaves it.
fn is_kept(function: Node<'_>, name: &str, close: &str) -> bool {
    if function.text().contains(&format!("{name}.{close}")) {
        return true;
    }
    let mut uses = function.descendants().filter(|it| it.is(&["identifier"]) && it.text() == name);
    uses.any(|it| {
        let mut above = it.ancestors().take(3).take_while(|it| {
            !it.is(&["call_expression", "short_var_declaration", "selector_expression"])
        });
        above.any(|it| {
            it.is(&[
                "return_statement",
                "literal_element",
                "assignment_statement",
                "send_statement",
            ])
        })
    })
}

pub(super) fn timeouts(source: &Source<'_>, findings: &mut Findings) {
    if source.language != Language::Python {
        return;
    }
    let methods = ["get", "post", "put", "patch", "delete", "head", "request"];
    for call in source.syntax.of(&["call"]) {
        let name = call.field_text("function");
        let is_request =
            name.strip_prefix("requests.").is_some_and(|method| methods.contains(&method));
        let spreads = call
            .child("arguments")
            .is_some_and(|list| list.named().any(|it| it.is(&["dictionary_splat"])));
        if is_request && !spreads && keyword(call, "timeout").is_none() {
            let message = format!("{} has no timeout.", code(name));
            findings
                .add(TIMEOUT.at(call, message).with_example(format!("{name}(url, timeout=10)")));
        }
    }
}
