//! `package.json`.

use serde_json::Value;

use super::{Found, Target};

/// Tables of dependencies, and whether they are for development only.
const TABLES: [(&str, bool); 4] = [
    ("dependencies", false),
    ("peerDependencies", false),
    ("optionalDependencies", false),
    ("devDependencies", true),
];

/// Keys that name where a package's code begins, the most telling first: sources before what was built.
const BEGINNINGS: [&str; 7] = ["source", "es2015", "module", "main", "types", "typings", "browser"];

pub(super) fn read(text: &str) -> Found {
    let mut found = Found::default();
    let Ok(Value::Object(root)) = serde_json::from_str(text) else { return found };
    let name = root.get("name").and_then(Value::as_str).unwrap_or_default();
    found.name = Some(name.to_owned());
    for (table, is_for_development) in TABLES {
        let Some(Value::Object(needed)) = root.get(table) else { continue };
        let start = place(text, 0, table);
        for (name, version) in needed {
            let line = line(text, place(text, start, name));
            found.need(name, version.as_str(), line, is_for_development);
        }
    }
    for key in BEGINNINGS {
        if let Some(place) = root.get(key).and_then(Value::as_str) {
            found.target(target(text, "library", name, place));
        }
    }
    match root.get("bin") {
        Some(Value::String(place)) => found.target(target(text, "command", name, place)),
        Some(Value::Object(commands)) => {
            for (name, place) in commands {
                let place = place.as_str().unwrap_or_default();
                found.target(target(text, "command", name, place));
            }
        }
        _ => {}
    }
    found
}

fn target(text: &str, kind: &'static str, name: &str, to: &str) -> Target {
    let quoted = format!("\"{to}\"");
    let line = line(text, text.find(&quoted).unwrap_or(0));
    let place = to.trim_start_matches("./").to_owned();
    Target { kind, name: name.to_owned(), place, function: None, line }
}

/// Where `key` stands as a key, from a byte on; that byte where it is written with escapes.
fn place(text: &str, from: usize, key: &str) -> usize {
    let quoted = format!("\"{key}\"");
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(&quoted)) {
        let end = at + found + quoted.len();
        if text[end..].trim_start().starts_with(':') {
            return at + found;
        }
        at = end;
    }
    from
}

fn line(text: &str, byte: usize) -> usize {
    text[..byte].bytes().filter(|byte| *byte == b'\n').count() + 1
}
