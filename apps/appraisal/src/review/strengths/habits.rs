//! Strengths in how the author works.

use code::Severity;
use repository::Role;

use super::super::measures::Measures;
use super::super::phrase::{at, count, list, number, percent, quoted, span, verb};
use super::{Observed, observed};

/// Percent of the source's lines from which on tests are a strength.
const TESTS_PERCENT: usize = 15;
/// Lines of a README that tells something.
const README_LINES: usize = 20;
/// Percent of comments from which on they are a strength.
const COMMENTS_PERCENT: usize = 12;
/// Lines of source from which on few findings, few dependencies and the like mean something.
const TELLING_CODE: usize = 500;
/// Direct dependencies that are few.
const FEW_DEPENDENCIES: usize = 8;
/// Days of work that show a habit.
const STEADY_DAYS: u32 = 10;

pub(super) fn tests(measures: &Measures<'_>) -> Observed {
    let of_source = percent(measures.test_code, measures.source_code.max(1));
    if of_source < TESTS_PERCENT {
        return None;
    }
    let named = measures.test_functions.len();
    let tests = match named {
        0 => count(measures.test_code, "line of tests"),
        _ => format!(
            "{} in {} of test code",
            count(named, "test function"),
            count(measures.test_code, "line")
        ),
    };
    let description = format!(
        "{tests} stand beside {} of source, so a change that breaks something is noticed before \
         anybody else notices it.",
        count(measures.source_code, "line"),
    );
    let files = measures.facts.practices.tests.iter().take(3).cloned();
    let functions = measures.test_functions.iter().map(|place| span(place.file, place.function));
    observed(
        30 + of_source / 2,
        "Automated tests",
        description,
        files.chain(functions.take(5)).collect(),
    )
}

pub(super) fn integration(measures: &Measures<'_>) -> Observed {
    let files = &measures.facts.practices.ci;
    let first = files.first()?;
    let description = format!(
        "{} {} what is checked on every change, so the main branch does not depend on one machine.",
        if files.len() == 1 { quoted(first) } else { count(files.len(), "file") },
        verb(files.len(), "says", "say"),
    );
    observed(45, "Continuous integration", description, files.clone())
}

pub(super) fn documentation(measures: &Measures<'_>) -> Observed {
    let readme = measures.readme()?;
    if readme.lines < README_LINES {
        return None;
    }
    let others = measures.facts.practices.documentation.len().saturating_sub(1);
    let more = match others {
        0 => String::new(),
        1 => ", and one more document goes further".to_owned(),
        _ => format!(", and {others} more documents go further"),
    };
    let description = format!(
        "The README introduces the project in {}{more}: a newcomer finds a way in without reading the code first.",
        count(readme.lines, "line")
    );
    let files = &measures.facts.practices.documentation;
    observed(25 + others.min(10), "Documentation for newcomers", description, files.clone())
}

pub(super) fn comments(measures: &Measures<'_>) -> Observed {
    let all = measures.source_comments + measures.source_code;
    let share = percent(measures.source_comments, all);
    if share < COMMENTS_PERCENT || measures.source_code < 100 {
        return None;
    }
    let mut files = measures.sources.clone();
    files.sort_by(|a, b| (b.comments, &a.path).cmp(&(a.comments, &b.path)));
    let description = format!(
        "{} of comment among {} of source ({share} %): what the code cannot say by itself stands next to it.",
        count(measures.source_comments, "line"),
        count(measures.source_code, "line"),
    );
    let references = files.iter().take(3).map(|file| file.path.clone()).collect();
    observed(15 + share / 2, "Commented code", description, references)
}

pub(super) fn clean_review(measures: &Measures<'_>) -> Observed {
    let (high, both) = (measures.grave(Severity::High), measures.grave(Severity::Medium));
    if measures.parsed_code < TELLING_CODE || high > 0 || both * 1_000 > measures.parsed_code * 3 {
        return None;
    }
    let rest = match both {
        0 => "nor anything of medium severity".to_owned(),
        _ => format!("and {} of medium severity", count(both, "place")),
    };
    let description = format!(
        "A review by rules (lost errors, injection, secrets in the source, comparisons that mislead) found nothing \
         of high severity in {} of source, {rest}.",
        count(measures.parsed_code, "line")
    );
    let clean = measures.sources_by_code().into_iter().filter(|file| {
        !file.functions.is_empty()
            && file.findings.iter().all(|finding| finding.severity == Severity::Low)
    });
    let references = clean.take(3).map(|file| file.path.clone()).collect();
    observed(if both == 0 { 40 } else { 28 }, "No grave findings", description, references)
}

pub(super) fn few_dependencies(measures: &Measures<'_>) -> Observed {
    let all = measures.dependencies();
    let manifests = &measures.facts.manifests;
    if measures.source_code < TELLING_CODE || manifests.is_empty() || all > FEW_DEPENDENCIES {
        return None;
    }
    let needed = manifests
        .iter()
        .flat_map(|manifest| manifest.dependencies.iter().map(move |one| (manifest, one)));
    let mut needed: Vec<_> = needed.filter(|(_, one)| !one.is_for_development).collect();
    needed.sort_by_key(|(manifest, one)| (manifest.path.as_str(), one.line));
    let mut names: Vec<String> = needed.iter().map(|(_, one)| quoted(&one.name)).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let what = match names.len() {
        0 => "nothing".to_owned(),
        1..=4 => list(&names),
        some => count(some, "package"),
    };
    let description = format!(
        "{} of source ask for {what} from others at run time: little to update, to audit and to download.",
        count(measures.source_code, "line")
    );
    let mut references: Vec<String> =
        needed.iter().map(|(manifest, one)| at(&manifest.path, one.line)).collect();
    if references.is_empty() {
        references.extend(measures.manifest().map(|manifest| manifest.path.clone()));
    }
    observed(24, "Few dependencies", description, references)
}

pub(super) fn growth(measures: &Measures<'_>) -> Observed {
    let history = &measures.facts.history;
    if history.is_one_big_commit || history.active_days < STEADY_DAYS {
        return None;
    }
    let more = if history.is_cut { "The latest " } else { "" };
    let people = match history.authors.len() {
        0 | 1 => String::new(),
        some => format!(" by {}", count(some, "author")),
    };
    let description = format!(
        "{more}{}{people} on {} different days, with subjects of {:.0} characters on average, tell how the code came \
         to be.",
        count(history.commits, "commit"),
        number(usize::try_from(history.active_days).unwrap_or(usize::MAX)),
        history.mean_subject_chars,
    );
    let references = history.hot_files.iter().take(3).map(|file| file.path.clone()).collect();
    observed(26, "Steady work in small steps", description, references)
}

pub(super) fn linter(measures: &Measures<'_>) -> Observed {
    let files = &measures.facts.practices.linters;
    let first = files.first()?;
    let description = format!(
        "{} {} style for everybody, so reviews can be about what the code does.",
        if files.len() == 1 { quoted(first) } else { count(files.len(), "file") },
        verb(files.len(), "settles", "settle"),
    );
    observed(20, "Style settled by tools", description, files.clone())
}

pub(super) fn deployment(measures: &Measures<'_>) -> Observed {
    let practices = &measures.facts.practices;
    let first = practices.containers.first()?;
    let configuration = match practices.configuration.first() {
        Some(path) => format!(" Its configuration stands apart, in {}.", quoted(path)),
        None => String::new(),
    };
    let description = format!(
        "{} describes how it is packed or run, so it starts elsewhere as it does here.{configuration}",
        quoted(first)
    );
    let references =
        practices.containers.iter().take(3).chain(practices.configuration.iter().take(2));
    observed(30, "Deployment as code", description, references.cloned().collect())
}

pub(super) fn examples(measures: &Measures<'_>) -> Observed {
    let examples: Vec<_> = measures
        .facts
        .files
        .iter()
        .filter(|file| file.role == Role::Example && file.code > 0)
        .collect();
    if examples.is_empty() || examples.len() == measures.sources.len() {
        return None;
    }
    let shown = match examples.len() {
        1 => "An example shows".to_owned(),
        some => format!("{} show", count(some, "example file")),
    };
    let description = format!("{shown} how it is meant to be used.");
    let references = examples.iter().map(|file| file.path.clone()).collect();
    observed(16, "Examples that run", description, references)
}

pub(super) fn licence(measures: &Measures<'_>) -> Observed {
    let practices = &measures.facts.practices;
    let name = practices.licence.map_or_else(String::new, |name| format!(" ({name})"));
    let description = format!("A licence{name} says what others may do with the code.");
    observed(8, "Clear licence", description, practices.licences.clone())
}
