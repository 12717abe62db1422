//! Leaves out what looks like a key of somebody's before a model sees it.
//!
//! Files that are secrets as a whole are never read; this is for keys that stand in code, for the user info of
//! addresses, and for string literals that the findings call secrets.
//!
//! **Pitfalls.** Where it is not plain what belongs to a secret, more is left out rather than less: of a line
//! with a finding, all from its first quotation mark to its last.

use std::collections::BTreeMap;

/// The rule whose findings are secrets in string literals.
pub(super) const RULE: &str = "hard-coded-secret";
/// Quotation marks of string literals.
const QUOTES: [char; 3] = ['"', '\'', '`'];
/// How keys of well-known services begin.
const PREFIXES: &[&str] = &[
    "AKIA",
    "ASIA",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "npm_",
    "pypi-",
    "eyJ",
    "SG.",
    "hf_",
];
/// Characters that a key has at least.
const KEY_CHARS_MIN: usize = 20;
/// What stands where a key stood.
const LEFT_OUT: &str = "***";

/// Lines without what looks like keys, and addresses without their user info.
pub(super) fn without_secrets(lines: Vec<String>) -> Vec<String> {
    let mut is_in_key = false;
    let clean = |line: String| {
        let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        let ends = line.contains("-----END");
        let is_key = begins || is_in_key;
        is_in_key = is_key && !ends;
        if is_key { LEFT_OUT.to_owned() } else { without_logins(&without_keys(&line)) }
    };
    lines.into_iter().map(clean).collect()
}

fn without_keys(line: &str) -> String {
    let is_inside = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_inside) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|it| !is_inside(it)).unwrap_or(from.len()));
        let is_key = run.len() >= KEY_CHARS_MIN
            && PREFIXES.iter().any(|prefix| run.starts_with(prefix))
            && run.bytes().any(|it| it.is_ascii_digit());
        clean.push_str(before);
        clean.push_str(if is_key { LEFT_OUT } else { run });
        rest = after;
    }
    clean + rest
}

/// Addresses without who logs in: `scheme://user:password@host` is `scheme://***@host`.
fn without_logins(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, from)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        rest = from;
        if let Some(end) = login_end(from) {
            clean.push_str(LEFT_OUT);
            rest = &from[end..];
        }
    }
    clean + rest
}

/// Where the `@` behind the user info is, in what follows `://`.
fn login_end(address: &str) -> Option<usize> {
    let is_end = |it: char| it.is_whitespace() || "\"`<>".contains(it);
    let address = &address[..address.find(is_end).unwrap_or(address.len())];
    let host_end = address.find(['/', '?', '#', '\\']).unwrap_or(address.len());
    let authority = &address[..host_end];
    // A password may hold a slash that nobody encoded; behind a host's colon there are digits only.
    let is_cut = authority
        .split_once(':')
        .is_some_and(|(_, port)| !port.bytes().all(|it| it.is_ascii_digit()));
    authority.rfind('@').or_else(|| if is_cut { address.rfind('@') } else { None })
}

/// Leaves out the string literals of the lines where secrets were found; each is given by its line's index and
/// the byte, from 1, at which its literal begins. A literal of several lines is left out in all of them.
pub(super) fn without_literals(
    lines: &mut [String],
    secrets: impl IntoIterator<Item = (usize, Option<usize>)>,
) {
    // Of several secrets of a line only the last may go on in the next.
    let mut last_of: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    for (at, column) in secrets.into_iter().filter(|(at, _)| *at < lines.len()) {
        let last = last_of.entry(at).or_default();
        *last = column.max(*last);
    }
    // The last line first: what is left out of it moves no byte of a secret before it.
    for (at, column) in last_of.into_iter().rev() {
        let quoted = column.and_then(|it| lines[at].get(it.checked_sub(1)?..));
        let close = quoted.and_then(open_close);
        if let Some(close) = &close {
            leave_out_until(&mut lines[at + 1..], close);
        }
        lines[at] = without_quoted(&lines[at], close.is_some());
    }
}

/// How the literal at the beginning of this text ends, where it does not end in it.
fn open_close(text: &str) -> Option<String> {
    let start = text.find(QUOTES)?;
    let quote = text[start..].chars().next()?;
    let hashes = text[..start].chars().rev().take_while(|it| *it == '#').count();
    let triple = quote.to_string().repeat(3);
    let mark = if text[start..].starts_with(&triple) { triple } else { quote.to_string() };
    let close = mark.clone() + &"#".repeat(hashes);
    end_of(&text[start + mark.len()..], &close).is_none().then_some(close)
}

/// Where a literal's end is behind, in what follows its beginning.
fn end_of(text: &str, close: &str) -> Option<usize> {
    let is_escaped =
        |at: usize| text[..at].bytes().rev().take_while(|it| *it == b'\\').count() % 2 == 1;
    let mut ends = text.match_indices(close).map(|(at, _)| at).filter(|at| !is_escaped(*at));
    ends.next().map(|at| at + close.len())
}

/// Leaves out what stands before the end of a literal, that included.
fn leave_out_until(lines: &mut [String], close: &str) {
    for line in lines {
        let end = end_of(line, close);
        *line = format!("{LEFT_OUT}{}", &line[end.unwrap_or(line.len())..]);
        if end.is_some() {
            break;
        }
    }
}

/// A line without what stands between its first quotation mark and its last, or its end if `is_open`.
fn without_quoted(line: &str, is_open: bool) -> String {
    let Some(first) = line.find(QUOTES) else { return LEFT_OUT.to_owned() };
    let last = line.rfind(QUOTES).filter(|last| *last > first && !is_open).unwrap_or(line.len());
    format!("{}{LEFT_OUT}{}", &line[..=first], &line[last..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_left_out_and_code_is_not() {
        let lines = [
            "let key = \"AKIAIOSFODNN7EXAMPLE\";",
            "-----BEGIN RSA PRIVATE KEY-----",
            "MIIEpAIBAAKCAQEA",
            "-----END RSA PRIVATE KEY-----",
            "let skill = sk-short; eyJ",
        ];
        let clean = without_secrets(lines.map(str::to_owned).into());
        let expected = ["let key = \"***\";", "***", "***", "***", "let skill = sk-short; eyJ"];
        assert_eq!(clean, expected);
    }

    #[test]
    fn addresses_are_told_without_who_logs_in() {
        for (given, clean) in [
            ("db = postgres://u:p4ssw0rd@h/db", "db = postgres://***@h/db"),
            ("git+https://user:tok3n@host/x#v1", "git+https://***@host/x#v1"),
            ("https://tok3n@host", "https://***@host"),
            ("'redis://:p@ss@h:1/0'", "'redis://***@h:1/0'"),
            ("amqp://u:p4/ss?w#rd@h", "amqp://***@h"),
            ("a://u:p@h b://v:q@i/@j", "a://***@h b://***@i/@j"),
            ("https://unpkg.com/react@18/x", "https://unpkg.com/react@18/x"),
            ("http://localhost:3000/@vite/client", "http://localhost:3000/@vite/client"),
            ("see https://a.example/ and a@b.example", "see https://a.example/ and a@b.example"),
            ("a@b ://", "a@b ://"),
        ] {
            assert_eq!(without_secrets(vec![given.to_owned()]), [clean]);
        }
    }

    fn masked(text: &str, secrets: &[(usize, &str)]) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let places: Vec<_> =
            secrets.iter().map(|(at, it)| (*at, lines[*at].find(it).map(|it| it + 1))).collect();
        without_literals(&mut lines, places);
        lines.join("\n")
    }

    #[test]
    fn literals_of_lines_with_secrets_are_left_out() {
        for (given, secret, clean) in [
            ("password = 'hunter2' # it", "'h", "password = '***' # it"),
            ("f(\"bob\", pwd=\"hunter2\")", "\"h", "f(\"***\")"),
            ("let p: &'static str = \"it's hunter2\";", "\"i", "let p: &'***\";"),
            ("p = \"\"\"hunter2\nhunter3\"\"\" + q\nr", "\"\"\"", "p = \"***\n*** + q\nr"),
            ("p = r#\"a\"b\nhunter\"c\"#;\nr", "r#", "p = r#\"***\n***;\nr"),
            ("p = `a\\`b\nhunter\nc", "`", "p = `***\n***\n***"),
            ("p = \"ä\";\nq = \"b\"", "\"ä", "p = \"***\";\nq = \"b\""),
        ] {
            assert_eq!(masked(given, &[(0, secret)]), clean);
        }
        let two = masked("p = 'ab'; q = `cd\nef`; r\ns = 'gh'", &[(0, "'a"), (0, "`c"), (2, "'g")]);
        assert_eq!(two, "p = '***\n***; r\ns = '***'");
        assert_eq!(masked("p", &[(0, "none")]), "***");
    }
}
