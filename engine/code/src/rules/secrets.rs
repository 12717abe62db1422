//! Passwords and keys written into the source. Messages never repeat the value.

use crate::finding::{Findings, Rule, Severity, code};
use crate::review::Source;
use crate::syntax::Node;

const SECRET: Rule = Rule {
    id: "hard-coded-secret",
    severity: Severity::High,
    why: "Everybody who can read the source, its history or the built program has it, and it can't \
          be changed without a release.",
    better: "Read it from the environment or a secret store, and replace the one that was shown.",
};

/// The shortest value that is taken for a secret, in bytes.
const VALUE_BYTES_MIN: usize = 6;
const VALUE_BYTES_MAX: usize = 512;

const PASSWORDS: &[&str] = &["password", "passwd", "pwd", "passphrase"];
const KEYS: &[&str] = &["secret", "token", "apikey"];
const KEY_OWNERS: &[&str] =
    &["api", "secret", "private", "access", "auth", "encryption", "signing"];

const STRINGS: &[&str] = &[
    "string",
    "string_literal",
    "interpreted_string_literal",
    "raw_string_literal",
    "template_string",
];

pub(super) fn literals(source: &Source<'_>, findings: &mut Findings) {
    for text in source.syntax.of(STRINGS) {
        if text.parent().is_some_and(|parent| parent.is(STRINGS)) || is_in_test(source, text) {
            continue;
        }
        let value = value_of(text);
        if let Some(what) = known_form(value) {
            findings.add(SECRET.at(text, format!("{what} is written into the source.")));
            continue;
        }
        let Some(name) = bound_name(text) else { continue };
        if is_secret(name, value) {
            findings.add(SECRET.at(text, format!("{} is set to a fixed value.", code(name))));
        }
    }
}

fn is_in_test(source: &Source<'_>, node: Node<'_>) -> bool {
    source.functions.iter().any(|function| function.is_test && function.node.contains(node))
}

fn value_of(text: Node<'_>) -> &str {
    let text = text.text();
    if text.len() > VALUE_BYTES_MAX {
        return "";
    }
    text.trim_start_matches(['r', 'b', 'f', 'u', '#']).trim_matches(['"', '\'', '`', '#'])
}

/// The name that a string is given to.
fn bound_name(text: Node<'_>) -> Option<&str> {
    let mut node = text;
    // Go wraps each side of `a := "x"` in a list, and each side of `A: "x"` in an element.
    while let Some(parent) =
        node.parent().filter(|it| it.is(&["expression_list", "literal_element"]))
    {
        node = parent;
    }
    let parent = node.parent()?;
    let name = match parent.kind() {
        "assignment"
        | "assignment_expression"
        | "short_var_declaration"
        | "assignment_statement" => parent.child("left"),
        "variable_declarator"
        | "keyword_argument"
        | "const_spec"
        | "var_spec"
        | "default_parameter"
        | "const_item"
        | "static_item"
        | "public_field_definition" => parent.child("name"),
        "let_declaration" => parent.child("pattern"),
        "pair" | "keyed_element" => parent.child("key").or_else(|| parent.first()),
        "field_definition" => parent.child("property"),
        "field_initializer" => parent.child("field"),
        _ => None,
    }?;
    let is_value = name != node && !name.contains(text);
    let name = name.text().trim_matches(['"', '\'']);
    is_value.then(|| name.rsplit(['.', '[']).next().unwrap_or(name).trim_matches(['"', '\'', ']']))
}

fn is_secret(name: &str, value: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if value.len() < VALUE_BYTES_MIN || is_placeholder(value) {
        return false;
    }
    let owner = words.len().checked_sub(2).and_then(|at| words.get(at));
    let is_key = KEYS.contains(&&**last)
        || (last == "key" && owner.is_some_and(|owner| KEY_OWNERS.contains(&&**owner)));
    let is_password =
        PASSWORDS.contains(&&**last) && !PASSWORDS.contains(&value.to_lowercase().as_str());
    let has_digit = value.chars().any(|letter| letter.is_ascii_digit());
    is_password || (is_key && has_digit && value.len() >= 8)
}

/// The words of an identifier, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars().take(80) {
        let starts = letter.is_uppercase() && was_lower;
        if (!letter.is_alphanumeric() || starts)
            && words.last().is_some_and(|word| !word.is_empty())
        {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let signs = [
        "example",
        "your",
        "placeholder",
        "changeme",
        "change-me",
        "change_me",
        "xxx",
        "***",
        "dummy",
        "redacted",
        "todo",
    ];
    let is_name = value.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    is_name
        || value.contains([' ', '<', '{', '$', '/', '\\', ':'])
        || signs.iter().any(|sign| lower.contains(sign))
        || lower.ends_with("_password")
        || lower.ends_with("-password")
}

/// Values that are secrets by their form alone.
fn known_form(value: &str) -> Option<&'static str> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        return Some("A private key");
    }
    let is_token = |rest: &str, length| {
        rest.len() >= length
            && rest.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let starts = [
        ("AKIA", 16, "An AWS access key"),
        ("ghp_", 36, "A GitHub token"),
        ("github_pat_", 40, "A GitHub token"),
        ("sk_live_", 16, "A live payment key"),
        ("xoxb-", 20, "A chat bot's token"),
    ];
    let known = starts.iter().find(|(start, length, _)| {
        value.strip_prefix(start).is_some_and(|rest| is_token(&rest.replace('-', "_"), *length))
    });
    known.map(|&(_, _, what)| what).or_else(|| url_password(value))
}

/// `scheme://user:password@host`.
fn url_password(value: &str) -> Option<&'static str> {
    let (scheme, rest) = value.split_once("://")?;
    let (login, _) = rest.split('/').next()?.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    let is_scheme = !scheme.is_empty()
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '+');
    let is_local = rest.contains("@localhost") || rest.contains("@127.0.0.1");
    let is_value = password.len() >= 3
        && !password.contains(['$', '{', '<', '%'])
        && !is_placeholder(password);
    (is_scheme && is_value && !is_local && !PASSWORDS.contains(&password))
        .then_some("An address with its password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_tell_a_secret_from_a_label() {
        for (name, value) in [
            ("password", "hunter2!"),
            ("DB_PASSWORD", "s3cretpw"),
            ("apiKey", "a8f5f167f44f4964e6c998dee827110c"),
            ("auth_token", "tok-12345678"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("password", "password"),
            ("password", ""),
            ("password_field", "hunter2!"),
            ("token", "access_token"),
            ("token_url", "abc12345678"),
            ("api_key", "YOUR_API_KEY_1"),
            ("api_key", "API_KEY"),
            ("secret", "${SECRET_2}"),
            ("password", "Enter your password:"),
            ("key", "abc12345678"),
        ] {
            assert!(!is_secret(name, value), "{name} {value}");
        }
    }

    #[test]
    fn some_values_are_secrets_by_their_form() {
        assert!(known_form("postgres://app:s3cr3t@db.internal/app").is_some());
        assert!(known_form("postgres://app@db/app").is_none());
        assert!(known_form("https://a:b@").is_none());
        assert!(known_form("AKIAABCDEFGHIJKLMNOP").is_some());
    }
}
