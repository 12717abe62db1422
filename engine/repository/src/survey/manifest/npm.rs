//! `package.json`.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::lines::Lines;
use super::{Found, TARGETS_MAX, Target};

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
    let places = Places::new(text);
    let name = root.get("name").and_then(Value::as_str).unwrap_or_default();
    found.name = Some(name.to_owned());
    for (table, is_for_development) in TABLES {
        let Some(Value::Object(needed)) = root.get(table) else { continue };
        let start = places.of(0, table);
        for (name, version) in needed {
            if found.is_full() {
                break;
            }
            let line = places.lines.of(places.of(start, name));
            found.need(name, version.as_str(), line, is_for_development);
        }
    }
    for key in BEGINNINGS {
        if let Some(place) = root.get(key).and_then(Value::as_str) {
            found.target(places.target("library", name, place));
        }
    }
    match root.get("bin") {
        Some(Value::String(place)) => found.target(places.target("command", name, place)),
        Some(Value::Object(commands)) => {
            for (name, place) in commands.iter().take(TARGETS_MAX) {
                let place = place.as_str().unwrap_or_default();
                found.target(places.target("command", name, place));
            }
        }
        _ => {}
    }
    found
}

/// Where the texts of a document stand, found in one pass.
struct Places<'a> {
    lines: Lines,
    /// Keys as they are written, and where each stands.
    keys: BTreeSet<(&'a str, usize)>,
    /// Where each other text stands first.
    texts: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        let (mut keys, mut texts) = (BTreeSet::new(), HashMap::new());
        let mut at = 0;
        while let Some(start) = text[at..].find('"').map(|found| at + found) {
            let inner = &text[start + 1..];
            let Some(length) = length(inner) else { break };
            at = start + length + 2;
            if text[at..].trim_start().starts_with(':') {
                keys.insert((&inner[..length], start));
            } else {
                texts.entry(&inner[..length]).or_insert(start);
            }
        }
        Self { lines: Lines::new(text), keys, texts }
    }

    /// Where `key` stands as a key, from a byte on; that byte where it is written with escapes.
    fn of(&self, from: usize, key: &str) -> usize {
        let next = self.keys.range((key, from)..).next();
        next.filter(|(known, _)| *known == key).map_or(from, |(_, at)| *at)
    }

    fn target(&self, kind: &'static str, name: &str, to: &str) -> Target {
        let line = self.lines.of(self.texts.get(to).copied().unwrap_or(0));
        let place = to.trim_start_matches("./").to_owned();
        Target { kind, name: name.to_owned(), place, function: None, line }
    }
}

/// How long a text is that begins here and ends at its quote.
fn length(inner: &str) -> Option<usize> {
    let mut is_escaped = false;
    inner.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}
