//! SQL statements put together from values.

use crate::Language;
use crate::finding::{Findings, Rule, Severity};
use crate::review::Source;
use crate::syntax::Node;

const SQL: Rule = Rule {
    id: "sql-injection",
    severity: Severity::High,
    why: "A quote in a value ends the string, and what follows it is run as SQL.",
    better: "Keep the statement constant, with placeholders, and pass the values beside it.",
};

const STRINGS: &[&str] = &[
    "string",
    "string_literal",
    "interpreted_string_literal",
    "raw_string_literal",
    "template_string",
    "concatenated_string",
];

/// Words that begin a statement, with one that follows in it.
const STATEMENTS: &[(&str, &[&str])] = &[
    ("SELECT", &["FROM"]),
    ("INSERT", &["INTO"]),
    ("REPLACE", &["INTO"]),
    ("UPDATE", &["SET"]),
    ("DELETE", &["FROM"]),
    ("DROP", &["TABLE", "DATABASE", "INDEX"]),
    ("ALTER", &["TABLE"]),
    ("TRUNCATE", &["TABLE"]),
    ("CREATE", &["TABLE", "USER", "DATABASE"]),
];

pub(super) fn built_statements(source: &Source<'_>, findings: &mut Findings) {
    let kinds = [
        "string",
        "concatenated_string",
        "template_string",
        "call",
        "call_expression",
        "method_invocation",
        "macro_invocation",
        "binary_operator",
        "binary_expression",
    ];
    for node in source.syntax.of(&kinds) {
        let how = match node.kind() {
            "binary_operator" | "binary_expression" => concatenated(node),
            "string" => interpolated(node, "interpolation", "an f-string"),
            "template_string" => interpolated(node, "template_substitution", "a template string"),
            "call" | "call_expression" | "method_invocation" => formatted(node),
            "macro_invocation" => macro_formatted(node),
            _ => None,
        };
        if let Some(how) = how {
            let finding = SQL.at(node, format!("SQL is built here by {how}."));
            findings.add(finding.with_example(example(source.language)));
        }
    }
}

fn example(language: Language) -> &'static str {
    match language {
        Language::Python => {
            "cursor.execute(\"SELECT id, name FROM users WHERE name = %s\", (name,))  # sqlite3: ? for %s"
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            "await db.query(\"SELECT id, name FROM users WHERE name = $1\", [name]);"
        }
        Language::Rust => {
            "statement.query_row(\"SELECT id FROM users WHERE name = ?1\", [name], |row| row.get(0))?"
        }
        Language::Java => {
            "try (PreparedStatement query = connection.prepareStatement(\"SELECT id FROM users WHERE name = ?\")) {\n    query.setString(1, name);\n}"
        }
        Language::Go => "rows, err := db.Query(\"SELECT id FROM users WHERE name = $1\", name)",
    }
}

/// `"SELECT …" + value` and `"SELECT …" % value`, seen at the outermost operation.
fn concatenated(node: Node<'_>) -> Option<&'static str> {
    const OPERATIONS: &[&str] = &["binary_operator", "binary_expression"];
    let operator = node.field_text("operator");
    if operator == "%" {
        let left = node.child("left").filter(|left| left.is(STRINGS))?;
        let right = node.child("right")?;
        return (is_statement(literal(left)) && is_risky(right)).then_some("the `%` operator");
    }
    let is_inner = node
        .parent()
        .is_some_and(|parent| parent.is(OPERATIONS) && parent.field_text("operator") == "+");
    if operator != "+" || is_inner {
        return None;
    }
    let mut leaves = Vec::new();
    let mut open = vec![node];
    while let Some(next) = open.pop() {
        if next.is(OPERATIONS) && next.field_text("operator") == "+" {
            open.extend(next.child("right").into_iter().chain(next.child("left")));
        } else {
            leaves.push(next);
        }
    }
    let is_sql = leaves.iter().any(|leaf| {
        leaf.is(STRINGS) && (is_statement(literal(*leaf)) || is_clause(literal(*leaf)))
    });
    let is_open = leaves.iter().any(|leaf| !leaf.is(STRINGS) && is_risky(*leaf));
    (is_sql && is_open).then_some("concatenation")
}

fn interpolated(node: Node<'_>, kind: &str, how: &'static str) -> Option<&'static str> {
    let is_tagged = node.field() == Some("arguments");
    let holes = || node.children().filter(|child| child.is(&[kind]));
    if is_tagged || holes().next().is_none() || !is_statement(literal(node)) {
        return None;
    }
    let is_open = holes().filter_map(Node::first).any(is_risky);
    is_open.then_some(how)
}

/// `"…".format(value)`, `String.format("…", value)`, `fmt.Sprintf("…", value)`.
fn formatted(node: Node<'_>) -> Option<&'static str> {
    let name = node.field_text("function");
    let method = node.field_text("name");
    let list = node.child("arguments")?;
    let (template, how) = if name.ends_with(".format") {
        let function = node.child("function")?;
        (function.child("object")?, "`format`")
    } else if ["fmt.Sprintf", "fmt.Fprintf"].contains(&name) {
        (list.named().find(|node| node.is(STRINGS))?, "`fmt.Sprintf`")
    } else if method == "format" && node.field_text("object") == "String" {
        (list.first()?, "`String.format`")
    } else if method == "formatted" {
        (node.child("object")?, "`formatted`")
    } else {
        return None;
    };
    let text = template.is(STRINGS).then(|| literal(template))?;
    let has_text_hole =
        text.contains("%s") || text.contains("%v") || text.contains("%q") || text.contains('{');
    let is_open = list.named().any(|value| value != template && is_risky(value));
    (is_statement(text) && has_text_hole && is_open).then_some(how)
}

/// `format!("…", value)`.
fn macro_formatted(node: Node<'_>) -> Option<&'static str> {
    if !["format", "write", "writeln"].contains(&node.field_text("macro")) {
        return None;
    }
    let tokens = node.named().find(|child| child.is(&["token_tree"]))?;
    let template = tokens.named().find(|token| token.is(STRINGS))?;
    if !is_statement(literal(template)) {
        return None;
    }
    let mut inline = holes(literal(template)).filter(|hole| !hole.is_empty());
    let is_inline_open = inline.any(|name| !is_constant(name.split(':').next().unwrap_or(name)));
    let values =
        tokens.named().filter(|token| token.byte_range().start > template.byte_range().end);
    let is_open =
        values.filter(|token| token.is(&["identifier"])).any(|name| !is_constant(name.text()));
    (is_inline_open || is_open).then_some("`format!`")
}

/// What stands between braces in a format string.
fn holes(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole.trim())
}

/// The text of a string without its quotes and prefix.
fn literal(node: Node<'_>) -> &str {
    node.text()
        .trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '#')
        .trim_matches(['"', '\'', '`', '#'])
}

/// Whether a value that is put into SQL may hold anything: constants, numbers and placeholders can't.
fn is_risky(value: Node<'_>) -> bool {
    let text = value.text();
    if value.is(STRINGS)
        || is_number(value)
        || is_constant(text.rsplit(['.', ':']).next().unwrap_or(text))
    {
        return value.is(&["template_string"]) && text.contains("${");
    }
    let makes_placeholders = ["'?'", "\"?\"", "'%s'", "\"%s\"", "placeholder"];
    if makes_placeholders.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let is_cast =
        ["int(", "float(", "len(", "Number(", "parseInt(", "strconv.Itoa(", "quote_ident"];
    if is_cast.iter().any(|start| text.starts_with(start)) {
        return false;
    }
    let is_group = value.is(&["tuple", "argument_list", "parenthesized_expression"]);
    !is_group || value.named().any(is_risky)
}

fn is_number(value: Node<'_>) -> bool {
    value.is(&[
        "integer",
        "float",
        "number",
        "int_literal",
        "integer_literal",
        "decimal_integer_literal",
    ])
}

/// A name in capitals is a constant by everybody's convention.
fn is_constant(name: &str) -> bool {
    name.chars().any(|letter| letter.is_ascii_uppercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Whether a text begins like an SQL statement and not like a sentence.
fn is_statement(text: &str) -> bool {
    let text = text.trim_start_matches(['\\', 'n', '\n', ' ', '\t', '\r']);
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let Some(first) = words.next() else { return false };
    let is_upper = first.chars().all(|letter| letter.is_ascii_uppercase());
    let first = first.to_ascii_uppercase();
    let Some((_, seconds)) = STATEMENTS.iter().find(|(word, _)| *word == first) else {
        return false;
    };
    let has = |second: &&'static str| {
        let lower = second.to_ascii_lowercase();
        words.clone().any(|word| if is_upper { word == *second } else { word == lower })
    };
    let looks_exact = is_upper || text.contains(['=', '*', '(']);
    seconds.iter().any(has) && looks_exact
}

/// Whether a text is a later part of a statement that leaves a quoted value open.
fn is_clause(text: &str) -> bool {
    let text = text.trim();
    let starts =
        ["WHERE ", "AND ", "OR ", "VALUES (", "VALUES("].iter().any(|word| text.starts_with(word));
    starts
        && ["= '", "='", "LIKE '", "LIKE '%", "('", "="]
            .iter()
            .any(|end| text.ends_with(end.trim_end_matches('\'')) || text.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_sentences() {
        for sql in
            ["SELECT a FROM b", "  \n  INSERT INTO t", "select * from t where", "update t set a = "]
        {
            assert!(is_statement(sql), "{sql}");
        }
        for prose in
            ["Select a file from the list", "delete it from here", "update", "SELECTED FROM"]
        {
            assert!(!is_statement(prose), "{prose}");
        }
    }
}
