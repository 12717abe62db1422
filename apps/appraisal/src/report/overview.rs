//! What the project is, in a few sentences.

use super::stack;
use crate::review::measures::Measures;
use crate::review::phrase::{count, first, list, module, named, number, percent, quoted};

/// Modules, and frameworks, that are named.
const NAMED_MAX: usize = 4;

pub(super) fn overview(measures: &Measures<'_>, name: &str) -> String {
    let sentences = [
        what(measures, name),
        modules(measures),
        layers(measures),
        stack(measures),
        habits(measures),
        history(measures),
    ];
    let told: Vec<String> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
    told.join(" ")
}

fn what(measures: &Measures<'_>, name: &str) -> String {
    let facts = measures.facts;
    let name = named(name);
    let all: usize = facts.languages.iter().map(|language| language.code).sum();
    let Some(main) = facts.languages.first().filter(|_| measures.source_code > 0) else {
        return format!(
            "{name} holds {} and no source code that could be read.",
            count(facts.files.len(), "file")
        );
    };
    let kind = stack::kind(measures);
    let others: Vec<String> = facts
        .languages
        .iter()
        .skip(1)
        .filter(|language| percent(language.code, all) >= 5)
        .take(2)
        .map(|language| format!("{} ({} %)", language.name, percent(language.code, all)))
        .collect();
    let beside =
        if others.is_empty() { String::new() } else { format!(", beside {}", list(&others)) };
    format!(
        "{name} is a {kind} written mainly in {}{beside}: {} in {}.",
        main.name,
        count(measures.source_code, "line of source"),
        count(measures.sources.len(), "file"),
    )
}

fn modules(measures: &Measures<'_>) -> String {
    let mut modules: Vec<_> =
        measures.facts.modules.iter().filter(|module| module.code > 0).collect();
    modules.sort_by(|a, b| (b.code, &a.path).cmp(&(a.code, &b.path)));
    let all: usize = modules.iter().map(|module| module.code).sum();
    match modules.as_slice() {
        [] => String::new(),
        [only] => format!("All of it stands in one folder, {}.", module(only)),
        [first, second] => format!(
            "It is split into two folders, {} ({}) and {} ({}).",
            module(first),
            count(first.code, "line"),
            module(second),
            count(second.code, "line"),
        ),
        [first, ..] => {
            let others: Vec<String> = modules
                .iter()
                .skip(1)
                .take(NAMED_MAX - 1)
                .map(|other| format!("{} ({})", module(other), number(other.code)))
                .collect();
            format!(
                "It is split into {}; the largest is {} with {} ({} %), followed by {}.",
                count(modules.len(), "module"),
                module(first),
                count(first.code, "line"),
                percent(first.code, all),
                list(&others),
            )
        }
    }
}

fn layers(measures: &Measures<'_>) -> String {
    let layers = ["interface", "application", "domain", "data", "infrastructure"];
    let in_layer = |layer: &&'static str| {
        let modules = measures.facts.modules.iter().filter(|module| module.layer == Some(*layer));
        let names: Vec<String> = modules.map(module).collect();
        (!names.is_empty()).then(|| format!("{layer} ({})", first(&names, 3)))
    };
    let told: Vec<String> = layers.iter().filter_map(in_layer).collect();
    if told.len() < 2 {
        String::new()
    } else {
        format!("By their names and imports its layers are {}.", list(&told))
    }
}

fn stack(measures: &Measures<'_>) -> String {
    let frameworks =
        measures.facts.frameworks.iter().filter(|framework| !stack::is_for_tests(framework));
    let told: Vec<String> = frameworks
        .take(NAMED_MAX)
        .map(|framework| format!("{} ({})", framework.name, framework.purpose))
        .collect();
    let dependencies = measures.dependencies();
    let manifest =
        measures.facts.manifests.iter().find(|manifest| !manifest.dependencies.is_empty());
    match (told.is_empty(), manifest) {
        (false, _) => format!(
            "It stands on {}; in all its manifests ask for {}.",
            list(&told),
            count(dependencies, "package")
        ),
        (true, Some(manifest)) if dependencies > 0 => {
            format!(
                "It asks for {}, named in {}.",
                count(dependencies, "other package"),
                quoted(&manifest.path)
            )
        }
        _ if !measures.facts.manifests.is_empty() => {
            "At run time it needs no other package.".to_owned()
        }
        _ => String::new(),
    }
}

fn habits(measures: &Measures<'_>) -> String {
    let practices = &measures.facts.practices;
    let mut told = Vec::new();
    if measures.test_code > 0 {
        told.push(format!("{} of tests", count(measures.test_code, "line")));
    }
    if let Some(ci) = practices.ci.first() {
        told.push(format!("continuous integration ({})", quoted(ci)));
    }
    if let Some(container) = practices.containers.first() {
        told.push(format!("a description of its deployment ({})", quoted(container)));
    }
    if told.is_empty() { String::new() } else { format!("It comes with {}.", list(&told)) }
}

fn history(measures: &Measures<'_>) -> String {
    let history = &measures.facts.history;
    if history.commits == 0 {
        return String::new();
    }
    if history.commits == 1 {
        return "Its history is a single commit.".to_owned();
    }
    let what = if history.is_cut { "Its latest" } else { "Its" };
    let days = usize::try_from(history.days).unwrap_or(usize::MAX);
    format!(
        "{what} {} by {} span {}.",
        count(history.commits, "commit"),
        count(history.authors.len(), "author"),
        count(days, "day"),
    )
}
