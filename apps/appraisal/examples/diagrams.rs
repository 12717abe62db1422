//! Writes the diagrams of some repositories as a JSON array, and those of names that try to break out, for
//! Mermaid itself to read: `cargo run -p appraisal --example diagrams -- PATH … | node e2e/node/mermaid.mjs`.

use std::io::Write;
use std::path::Path;

use repository::{EntryPoint, Facts, Link, Module, SurveyOptions, Tree, survey};

/// Names of folders that mean something to Mermaid, to HTML or to Markdown.
const HOSTILE: [&str; 16] = [
    "end",
    "subgraph x",
    "a\"]; click m0 call alert()",
    "a`b`c",
    "**bold** _it_",
    "1. first",
    "- item",
    "+ item",
    "<script>alert(1)</script>",
    "%%{init: {}}%%",
    "a-->b",
    "#quot;&amp;",
    "{{{[[[(((",
    "ü/日本語/🦀",
    "line\nbreak\u{2028}\u{0}",
    "",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut diagrams = vec![
        diagram(&Facts::default(), "\"]\n"),
        diagram(&hostile(), "hostile"),
        diagram(&layered(), "layered"),
    ];
    for path in std::env::args_os().skip(1) {
        let tree = Tree::open(Path::new(&path), None)?;
        diagrams.push(diagram(&survey(&tree, &SurveyOptions::default())?, "repository"));
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&diagrams)?)?;
    Ok(())
}

fn diagram(facts: &Facts, name: &str) -> String {
    appraisal::report(facts, name).system_architecture.component_diagram
}

/// A module of each hostile name, each importing the next.
fn hostile() -> Facts {
    let module = |name: &&str| Module {
        path: (*name).to_owned(),
        name: (*name).to_owned(),
        files: 1,
        code: 1,
        layer: None,
    };
    let link = |from: usize| Link {
        from,
        to: (from + 1) % HOSTILE.len(),
        count: 1,
        path: String::new(),
        line: 1,
    };
    let entry = |name: &&str| EntryPoint {
        path: String::new(),
        line: 1,
        kind: "script",
        name: (*name).to_owned(),
    };
    Facts {
        modules: HOSTILE.iter().map(module).collect(),
        links: (0..HOSTILE.len()).map(link).collect(),
        entry_points: HOSTILE.iter().skip(2).map(entry).collect(),
        ..Facts::default()
    }
}

/// Three hundred modules in layers, more than are drawn.
fn layered() -> Facts {
    let layers = ["interface", "application", "domain", "data", "infrastructure"];
    let module = |at: usize| Module {
        path: format!("src/{}/part{at}", layers[at % 5]),
        name: format!("{}/part{at}", layers[at % 5]),
        layer: Some(layers[at % 5]),
        files: 1,
        code: at + 1,
    };
    let link = |from: usize| Link {
        from,
        to: (from * 7 + 1) % 300,
        count: from % 9 + 1,
        path: String::new(),
        line: 1,
    };
    Facts {
        modules: (0..300).map(module).collect(),
        links: (0..300).map(link).collect(),
        ..Facts::default()
    }
}
