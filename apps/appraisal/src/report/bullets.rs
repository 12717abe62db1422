//! Sentences for a résumé, with numbers that the repository bears out.
//!
//! **Bounds.** [`BULLETS_MIN`] to [`BULLETS_MAX`]: those that say most first, plain counts where there is
//! little to say.

use repository::Role;

use super::stack;
use crate::review::measures::Measures;
use crate::review::phrase::{count, list, named, number, percent};

const BULLETS_MIN: usize = 5;
const BULLETS_MAX: usize = 7;

pub(super) fn bullets(measures: &Measures<'_>, name: &str) -> Vec<String> {
    let telling = [
        Some(built(measures, name)),
        used(measures),
        tested(measures),
        structured(measures),
        kept_small(measures),
        automated(measures),
        collaborated(measures),
        few_dependencies(measures),
    ];
    let mut told: Vec<String> = telling.into_iter().flatten().take(BULLETS_MAX).collect();
    let plain = [
        shaped(measures),
        documented(measures),
        committed(measures),
        languages(measures),
        lines(measures),
        files(measures),
        folders(measures),
    ];
    let missing = BULLETS_MIN.saturating_sub(told.len());
    told.extend(plain.into_iter().flatten().take(missing));
    told
}

fn built(measures: &Measures<'_>, name: &str) -> String {
    let name = named(name);
    let Some(first) = measures.facts.languages.first().filter(|_| measures.source_code > 0) else {
        return format!(
            "Put together {name}, a collection of {}.",
            count(measures.facts.files.len(), "file")
        );
    };
    format!(
        "Built {name}, a {} in {}: {} in {}.",
        stack::kind(measures),
        first.name,
        count(measures.source_code, "line of source code"),
        count(measures.sources.len(), "file"),
    )
}

fn used(measures: &Measures<'_>) -> Option<String> {
    let frameworks =
        measures.facts.frameworks.iter().filter(|framework| !stack::is_for_tests(framework));
    let told: Vec<String> = frameworks
        .take(4)
        .map(|framework| format!("{} ({})", framework.name, framework.purpose))
        .collect();
    let dependencies = measures.dependencies();
    (!told.is_empty()).then(|| match dependencies {
        0 | 1 => format!("Worked with {}.", list(&told)),
        _ => format!(
            "Worked with {}, among {}.",
            list(&told),
            count(dependencies, "direct dependency")
        ),
    })
}

fn tested(measures: &Measures<'_>) -> Option<String> {
    let share = percent(measures.test_code, measures.source_code.max(1));
    let named = measures.test_functions.len();
    let what = match named {
        0 => count(measures.test_code, "line of automated tests"),
        _ => format!("{} in {}", count(named, "automated test"), count(measures.test_code, "line")),
    };
    let beside = match measures.test_code > measures.source_code {
        true => "more than the source itself has".to_owned(),
        false => format!("{share} lines of test for every 100 of source"),
    };
    (share > 4).then(|| format!("Wrote {what}: {beside}."))
}

fn structured(measures: &Measures<'_>) -> Option<String> {
    let facts = measures.facts;
    let modules = facts.modules.iter().filter(|module| module.code > 0).count();
    let links = facts.links.iter().filter(|link| link.from != link.to).count();
    if modules < 3 {
        return None;
    }
    let rings = match (links, facts.cycles.len()) {
        (0, _) => String::new(),
        (_, 0) => format!(" with {} between them and no import cycles", count(links, "dependency")),
        _ => format!(" with {} between them", count(links, "dependency")),
    };
    Some(format!("Structured the code into {}{rings}.", count(modules, "module")))
}

fn kept_small(measures: &Measures<'_>) -> Option<String> {
    let usual = measures.usual_length()?;
    let functions = measures.functions.len();
    (functions >= 10 && usual <= 40).then(|| {
        format!(
            "Kept functions small: nine of ten of the {} have at most {}.",
            number(functions),
            count(usual, "line")
        )
    })
}

fn automated(measures: &Measures<'_>) -> Option<String> {
    let practices = &measures.facts.practices;
    let mut what = Vec::new();
    if !practices.ci.is_empty() {
        what.push(format!(
            "continuous integration ({})",
            count(practices.ci.len(), "configuration file")
        ));
    }
    if !practices.linters.is_empty() {
        what.push("automatic checks of style".to_owned());
    }
    if !practices.containers.is_empty() {
        what.push(format!("deployment as code ({})", count(practices.containers.len(), "file")));
    }
    (!what.is_empty()).then(|| format!("Set up {}.", list(&what)))
}

fn collaborated(measures: &Measures<'_>) -> Option<String> {
    let history = &measures.facts.history;
    let (authors, commits) = (history.authors.len(), history.commits);
    let at_least = if history.is_cut { "more than " } else { "" };
    let days = usize::try_from(history.active_days).unwrap_or(usize::MAX);
    if history.is_one_big_commit || commits < 10 {
        return None;
    }
    Some(match authors {
        0 | 1 => format!(
            "Developed it in {at_least}{} on {}.",
            count(commits, "commit"),
            count(days, "different day")
        ),
        _ => format!(
            "Took part in a project of {} and {at_least}{}.",
            count(authors, "author"),
            count(commits, "commit")
        ),
    })
}

fn few_dependencies(measures: &Measures<'_>) -> Option<String> {
    let all = measures.dependencies();
    let has_manifest = !measures.facts.manifests.is_empty();
    (has_manifest && all <= 5 && measures.source_code >= 500).then(|| match all {
        0 => "Made it work without any other package at run time.".to_owned(),
        _ => format!("Kept it to {} at run time.", count(all, "direct dependency")),
    })
}

fn shaped(measures: &Measures<'_>) -> Option<String> {
    let types: usize = measures.sources.iter().map(|file| file.types.len()).sum();
    let functions = measures.functions.len();
    (functions > 0).then(|| match types {
        0 => format!("Designed and wrote {}.", count(functions, "function")),
        _ => format!("Designed {} and {}.", count(types, "type"), count(functions, "function")),
    })
}

fn documented(measures: &Measures<'_>) -> Option<String> {
    let readme = measures.readme().map_or(0, |readme| readme.lines);
    match (readme, measures.source_comments) {
        (0, 0) => None,
        (0, comments) => {
            Some(format!("Documented the code in {}.", count(comments, "line of comment")))
        }
        (readme, 0) => {
            Some(format!("Documented the project in a README of {}.", count(readme, "line")))
        }
        (readme, comments) => Some(format!(
            "Documented the project in a README of {} and {}.",
            count(readme, "line"),
            count(comments, "line of comment")
        )),
    }
}

fn committed(measures: &Measures<'_>) -> Option<String> {
    let history = &measures.facts.history;
    (history.commits > 0).then(|| {
        format!("Kept the work under version control, in {}.", count(history.commits, "commit"))
    })
}

fn languages(measures: &Measures<'_>) -> Option<String> {
    let languages = &measures.facts.languages;
    let names: Vec<&str> = languages.iter().take(4).map(|language| language.name).collect();
    (!names.is_empty()).then(|| format!("Worked in {}.", list(&names)))
}

fn lines(measures: &Measures<'_>) -> Option<String> {
    let lines: usize = measures.facts.files.iter().map(|file| file.lines).sum();
    (lines > 0).then(|| format!("Maintained {} of text and code.", count(lines, "line")))
}

fn files(measures: &Measures<'_>) -> Option<String> {
    let files = &measures.facts.files;
    let prose = files.iter().filter(|file| file.role == Role::Documentation).count();
    Some(match prose {
        0 => format!("Kept {} in order in one repository.", count(files.len(), "file")),
        _ => format!(
            "Kept {} in one repository, {} of them documentation.",
            count(files.len(), "file"),
            number(prose)
        ),
    })
}

fn folders(measures: &Measures<'_>) -> Option<String> {
    let files = measures.facts.files.iter();
    let folders: std::collections::BTreeSet<&str> =
        files.map(|file| file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    Some(format!("Organized the repository in {}.", count(folders.len(), "folder")))
}
