//! `Cargo.toml`.

use super::spans::{Document, version};
use super::{Found, Target};

/// Tables of dependencies, and whether they are for development only.
const TABLES: [(&str, bool); 3] =
    [("dependencies", false), ("build-dependencies", true), ("dev-dependencies", true)];

pub(super) fn read(text: &str) -> Found {
    let document = Document::read(text);
    let name = document.text(&["package", "name"]).map(str::to_owned);
    let mut found = Found { name, ..Found::default() };
    need(&document, &mut found, &[]);
    for target in document.items(&["target"]) {
        need(&document, &mut found, &["target", target.key]);
    }
    for item in document.items(&["workspace", "dependencies"]) {
        found.need(item.key, version(item.value), item.line, false);
    }
    targets(&document, &mut found);
    found
}

fn need(document: &Document<'_>, found: &mut Found, above: &[&str]) {
    for (table, is_for_development) in TABLES {
        for item in document.items(&[above, &[table]].concat()) {
            found.need(item.key, version(item.value), item.line, is_for_development);
        }
    }
}

fn targets(document: &Document<'_>, found: &mut Found) {
    let Some(package) = found.name.clone() else { return };
    let library = document.text(&["lib", "name"]).map(str::to_owned);
    found.target(Target {
        kind: "library",
        name: library.unwrap_or_else(|| package.replace('-', "_")),
        place: document.text(&["lib", "path"]).unwrap_or("src/lib.rs").to_owned(),
        function: None,
        line: 1,
    });
    let mut binary = |name: &str, place: &str, line| {
        let function = Some("main".to_owned());
        let (name, place) = (name.to_owned(), place.to_owned());
        found.target(Target { kind: "binary", name, place, function, line });
    };
    for (line, table) in document.tables("bin") {
        let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
        let Some(name) = text("name") else { continue };
        match text("path") {
            Some(path) => binary(name, path, line),
            None => binary(name, &format!("src/bin/{name}.rs"), line),
        }
    }
    binary(&package, "src/main.rs", 1);
}
