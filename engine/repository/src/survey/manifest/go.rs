//! `go.mod`.

use super::Found;

/// What the module requires itself; what only its dependencies need (`// indirect`) is left out.
pub(super) fn read(text: &str) -> Found {
    let mut found = Found::default();
    let mut is_in_block = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("module ") {
            found.name = Some(name.trim().trim_matches('"').to_owned());
        }
        let required = line.strip_prefix("require ").map(str::trim);
        let is_start = required == Some("(") || line == "require(";
        if is_start || line == ")" {
            is_in_block = is_start;
            continue;
        }
        let Some(needed) = required.or_else(|| is_in_block.then_some(line)) else { continue };
        if needed.starts_with("//") || needed.contains("// indirect") {
            continue;
        }
        let mut words = needed.split_whitespace();
        if let Some(name) = words.next() {
            found.need(name, words.next(), index + 1, false);
        }
    }
    found
}
