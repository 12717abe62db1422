//! Prints what is known of the repository at a path: `cargo run -p repository --example survey -- PATH`.

use std::io::Write;
use std::path::PathBuf;

use repository::{Facts, SurveyOptions, Tree, survey};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let tree = Tree::open(&path, None)?;
    let facts = survey(&tree, &SurveyOptions::default())?;
    print(&facts, &mut std::io::stdout().lock())?;
    Ok(())
}

fn print(facts: &Facts, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "commit {}", facts.commit)?;
    writeln!(out, "skipped {:?}", facts.skipped)?;
    writeln!(out, "languages {:#?}", facts.languages)?;
    for file in &facts.files {
        writeln!(
            out,
            "{:<60} {:<14?} {:<14} {:>6} lines {:>6} code {:>5} comments {:>4} functions {:>3} types {:>3} findings {:>3} imports",
            file.path,
            file.role,
            file.language.unwrap_or("-"),
            file.lines,
            file.code,
            file.comments,
            file.functions.len(),
            file.types.len(),
            file.findings.len(),
            file.imports.len()
        )?;
    }
    writeln!(out, "manifests {:#?}", facts.manifests)?;
    writeln!(out, "frameworks {:#?}", facts.frameworks)?;
    writeln!(out, "entry points {:#?}", facts.entry_points)?;
    writeln!(out, "modules {:#?}", facts.modules)?;
    writeln!(out, "links {:#?}", facts.links)?;
    writeln!(out, "cycles {:?}", facts.cycles)?;
    writeln!(out, "practices {:#?}", facts.practices)?;
    writeln!(out, "history {:#?}", facts.history)
}
