//! What is missing around the code.

use repository::Role;

use super::super::measures::Measures;
use super::super::phrase::{at, count, number, percent, quoted, span, verb};
use super::{Observed, observed};
use crate::Priority;

/// Percent of the source's lines under which tests are few.
const FEW_TESTS_PERCENT: usize = 20;
/// Lines of a README under which it tells little.
const SHORT_README_LINES: usize = 15;
/// Percent of comments under which a source of some size is bare.
const BARE_PERCENT: usize = 3;
/// Characters of a commit's subject under which it says little.
const SHORT_SUBJECT_CHARS: f64 = 14.0;

pub(super) fn tests(measures: &Measures<'_>) -> Observed {
    if measures.test_code > 0 || measures.source_code == 0 {
        return None;
    }
    let involved = measures.functions_by(|function| function.branches);
    let first = involved.first().map_or_else(
        || "the part that would hurt most if it broke".to_owned(),
        |place| {
            format!(
                "{}, which has {}",
                quoted(&place.function.name),
                count(place.function.branches, "branch")
            )
        },
    );
    let suggestion = format!(
        "Write the first test for {first}: the ordinary case, an empty input, and the case that should fail. Then \
         let continuous integration run it."
    );
    let mut references: Vec<String> =
        involved.iter().take(3).map(|place| span(place.file, place.function)).collect();
    references.extend(measures.anchor());
    observed(90, Priority::High, "No automated tests", suggestion, references)
}

pub(super) fn few_tests(measures: &Measures<'_>) -> Observed {
    let of_source = percent(measures.test_code, measures.source_code.max(1));
    if measures.test_code == 0 || of_source >= FEW_TESTS_PERCENT {
        return None;
    }
    let tested: Vec<&str> =
        measures.facts.practices.tests.iter().filter_map(|path| stem(path)).collect();
    let is_named = |path: &str| {
        let own = stem(path).unwrap_or(path);
        tested.iter().any(|test| test.contains(own))
    };
    let has_own = |path: &str| measures.test_functions.iter().any(|test| test.file.path == path);
    let untested = measures
        .functions_by(|function| function.branches)
        .into_iter()
        .filter(|place| !is_named(&place.file.path) && !has_own(&place.file.path));
    let mut references: Vec<String> =
        untested.take(4).map(|place| span(place.file, place.function)).collect();
    if references.is_empty() {
        references = measures.facts.practices.tests.clone();
    }
    let issue = format!(
        "Few tests: {} for {} of source",
        count(measures.test_code, "line"),
        count(measures.source_code, "line")
    );
    let suggestion = "Cover the functions with the most branches first: each of the cited places decides a good deal \
                      and no test is named after its file.";
    observed(45, Priority::Medium, issue, suggestion, references)
}

/// A file's name without folder, extensions and what marks tests.
fn stem(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.split('.').next().filter(|stem| !stem.is_empty())
}

pub(super) fn integration(measures: &Measures<'_>) -> Observed {
    if !measures.facts.practices.ci.is_empty() || measures.source_code == 0 {
        return None;
    }
    let what = match measures.test_code {
        0 => "builds the project",
        _ => "builds the project and runs its tests",
    };
    let suggestion = format!(
        "Add a workflow (for GitHub, a file below `.github/workflows`) that {what} on every push, so that a \
         mistake is seen before it is merged."
    );
    observed(
        50,
        Priority::Medium,
        "No continuous integration",
        suggestion,
        manifest_or_anchor(measures),
    )
}

pub(super) fn readme(measures: &Measures<'_>) -> Observed {
    if measures.readme().is_some() {
        return None;
    }
    let suggestion = "Write a README that says what it does, how to install and start it, and an example of its use: \
                      it is the first thing a recruiter opens.";
    observed(60, Priority::High, "No README", suggestion, manifest_or_anchor(measures))
}

pub(super) fn short_readme(measures: &Measures<'_>) -> Observed {
    let readme = measures.readme().filter(|readme| readme.lines < SHORT_README_LINES)?;
    let issue = format!("A README of {}", count(readme.lines, "line"));
    let suggestion = "Say in it what the project does, how to start it and test it, and why it is made as it is.";
    observed(34, Priority::Medium, issue, suggestion, vec![readme.path.clone()])
}

pub(super) fn licence(measures: &Measures<'_>) -> Observed {
    if !measures.facts.practices.licences.is_empty() {
        return None;
    }
    let suggestion =
        "Add a LICENSE file: without one nobody may use or change the code, whatever was meant.";
    observed(22, Priority::Low, "No licence", suggestion, manifest_or_anchor(measures))
}

pub(super) fn linter(measures: &Measures<'_>) -> Observed {
    // Rust and Go bring their own formatter, whose defaults need no file.
    let language = measures.facts.languages.first()?;
    let needs_none = ["Rust", "Go"].contains(&language.name);
    if !measures.facts.practices.linters.is_empty() || needs_none || measures.source_code < 200 {
        return None;
    }
    let tool = match language.name {
        "Python" => "such as Ruff",
        "Java" => "such as Spotless or Checkstyle",
        name if name.contains("Script") || name.contains("TSX") => {
            "such as ESLint with Prettier, or Biome"
        }
        _ => "that the language's community uses",
    };
    let suggestion = format!(
        "Configure a linter and formatter, {tool}, and let continuous integration run it: it finds slips early and \
         ends talk about style."
    );
    observed(
        21,
        Priority::Low,
        "No linter or formatter configured",
        suggestion,
        manifest_or_anchor(measures),
    )
}

pub(super) fn container(measures: &Measures<'_>) -> Observed {
    let server = measures.entry(&["server"])?;
    if !measures.facts.practices.containers.is_empty() {
        return None;
    }
    let suggestion = "Describe in a Dockerfile how the server is built and started, with a health check, so that it \
                      runs on another machine as it does on yours.";
    let references = vec![at(&server.path, server.line)];
    observed(28, Priority::Low, "Nothing says how the server is deployed", suggestion, references)
}

pub(super) fn secrets_kept_out(measures: &Measures<'_>) -> Observed {
    let secrets = measures.facts.skipped.secrets;
    if secrets == 0 {
        return None;
    }
    let issue = format!(
        "{} whose name says that {} secrets (`.env`, keys)",
        count(secrets, "committed file"),
        verb(secrets, "it holds", "they hold")
    );
    let suggestion = "If what stands there is real, replace every secret first (the history keeps them), then take the \
                      files out of the repository, name them in `.gitignore`, and commit an example file with empty \
                      values.";
    let priority = if measures.is_library() { Priority::Medium } else { Priority::High };
    let ignore = measures.file(".gitignore").map(|file| file.path.clone());
    let references = ignore.map_or_else(|| manifest_or_anchor(measures), |path| vec![path]);
    observed(65, priority, issue, suggestion, references)
}

pub(super) fn versions(measures: &Measures<'_>) -> Observed {
    let manifests = measures.facts.manifests.iter().filter(|manifest| manifest.kind != "Go");
    let needed =
        manifests.flat_map(|manifest| manifest.dependencies.iter().map(move |one| (manifest, one)));
    let is_open = |version: Option<&str>| match version.map(str::trim) {
        // Cargo's and Maven's workspaces and parents say the version elsewhere.
        None => false,
        Some(version) => ["", "*", "latest", "x"].contains(&version),
    };
    let unbound = |kind: &str, version: Option<&str>| kind == "pip" && version.is_none();
    let open: Vec<_> = needed
        .filter(|(manifest, one)| {
            is_open(one.version.as_deref()) || unbound(manifest.kind, one.version.as_deref())
        })
        .collect();
    let (_, first) = open.first()?;
    let issue = format!("{} without a version", count(open.len(), "dependency"));
    let suggestion = format!(
        "Say which versions are meant, beginning with {}: as it stands, an install next month may bring another \
         program.",
        quoted(&first.name)
    );
    let references = open.iter().map(|(manifest, one)| at(&manifest.path, one.line)).collect();
    observed(24 + open.len().min(10), Priority::Medium, issue, suggestion, references)
}

pub(super) fn history(measures: &Measures<'_>) -> Observed {
    let history = &measures.facts.history;
    let references = || {
        let hot = history.hot_files.first().map(|file| file.path.clone());
        hot.map_or_else(|| manifest_or_anchor(measures), |path| vec![path])
    };
    if history.commits > 0 && history.is_one_big_commit {
        let issue = match history.commits {
            1 => "The whole history is one commit".to_owned(),
            some => format!("One of {} commits brought nearly all of the code", number(some)),
        };
        let suggestion = "Commit in steps that each do one thing and say why: the history then shows how you work, \
                          which is half of what a reader wants to know.";
        return observed(38, Priority::Medium, issue, suggestion, references());
    }
    if history.commits < 5 || history.mean_subject_chars >= SHORT_SUBJECT_CHARS {
        return None;
    }
    let issue = format!(
        "Commit subjects that say little ({:.0} characters on average)",
        history.mean_subject_chars
    );
    let suggestion = "Say in the subject what changes, as a short sentence, and in the body why.";
    observed(25, Priority::Low, issue, suggestion, references())
}

pub(super) fn comments(measures: &Measures<'_>) -> Observed {
    let all = measures.source_comments + measures.source_code;
    let share = percent(measures.source_comments, all);
    if share >= BARE_PERCENT || measures.source_code < 500 {
        return None;
    }
    let issue = format!("Hardly any comments: {share} % of the lines");
    let suggestion = "Begin each file with what it is for, and say at the decisions that surprised you why they are \
                      made so.";
    let bare = measures.sources_by_code().into_iter().filter(|file| file.comments * 50 < file.code);
    let references = bare.take(3).map(|file| file.path.clone()).collect();
    observed(23, Priority::Low, issue, suggestion, references)
}

fn manifest_or_anchor(measures: &Measures<'_>) -> Vec<String> {
    let manifest = measures.manifest().map(|manifest| manifest.path.clone());
    let prose = || {
        let mut files = measures.facts.files.iter();
        files.find(|file| file.role == Role::Documentation).map(|file| file.path.clone())
    };
    manifest.or_else(|| measures.anchor()).or_else(prose).into_iter().collect()
}
