//! Strengths in how the code is made.

use std::collections::BTreeMap;

use code::TypeFact;
use repository::File;

use super::super::measures::{DEEP_LEVELS, Measures, depth, lines as lines_of};
use super::super::phrase::{at, count, lines, list, module, percent, quoted, verb};
use super::{Observed, observed};

/// Functions from which on their usual length and depth mean something.
const TELLING_FUNCTIONS: usize = 10;
/// Lines that nine functions of ten do not pass where functions are short.
const SHORT_LINES: usize = 30;
/// Percent of functions that nest two levels at most where control flow is flat.
const FLAT_PERCENT: usize = 90;

pub(super) fn acyclic(measures: &Measures<'_>) -> Observed {
    let facts = measures.facts;
    let links: Vec<_> = facts.links.iter().filter(|link| link.from != link.to).collect();
    if facts.modules.len() < 3 || links.len() < 2 || !facts.cycles.is_empty() {
        return None;
    }
    let description = format!(
        "{} import each other along {} and never in a ring, so each can be read, tested and replaced without the \
         ones above it.",
        count(facts.modules.len(), "module"),
        count(links.len(), "link"),
    );
    let mut busiest = links.clone();
    busiest.sort_by_key(|link| std::cmp::Reverse(link.count));
    let references = busiest.iter().take(4).map(|link| at(&link.path, link.line)).collect();
    observed(35 + facts.modules.len().min(15), "Modules without rings", description, references)
}

pub(super) fn layers(measures: &Measures<'_>) -> Observed {
    let modules = &measures.facts.modules;
    let mut by_layer: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, module) in modules.iter().enumerate() {
        let Some(layer) = module.layer.filter(|layer| module.files > 0 && depth(layer).is_some())
        else {
            continue;
        };
        let largest = by_layer.entry(layer).or_insert(at);
        if modules.get(*largest).is_some_and(|other| other.code < module.code) {
            *largest = at;
        }
    }
    let depth_of = |module: usize| modules.get(module).and_then(|module| depth(module.layer?));
    let leads_out = measures.facts.links.iter().any(|link| {
        matches!((depth_of(link.from), depth_of(link.to)), (Some(from), Some(to)) if from > to)
    });
    if by_layer.len() < 2 || leads_out {
        return None;
    }
    let told: Vec<String> = by_layer
        .iter()
        .filter_map(|(layer, at)| Some(format!("{layer} in {}", module(modules.get(*at)?))))
        .collect();
    let description = format!(
        "Concerns have folders of their own ({}), and no inner layer imports an outer one.",
        list(&told)
    );
    let references = by_layer.values().filter_map(|at| largest_file(measures, *at)).collect();
    observed(36, "Layers kept apart", description, references)
}

fn largest_file(measures: &Measures<'_>, module: usize) -> Option<String> {
    let files = measures.sources_by_code();
    files.iter().find(|file| file.module == Some(module)).map(|file| file.path.clone())
}

pub(super) fn short_functions(measures: &Measures<'_>) -> Observed {
    let usual = measures.usual_length()?;
    if measures.functions.len() < TELLING_FUNCTIONS || usual > SHORT_LINES {
        return None;
    }
    let description = format!(
        "Nine of ten of the {} have at most {}: each fits on a screen and can be named for what it does.",
        count(measures.functions.len(), "function"),
        count(usual, "line"),
    );
    let is_short =
        |file: &&File| file.functions.iter().all(|function| lines_of(function) <= SHORT_LINES);
    let shortest = with_most_functions(measures, is_short);
    observed(30 + (SHORT_LINES - usual) / 2, "Short functions", description, shortest)
}

pub(super) fn flat_functions(measures: &Measures<'_>) -> Observed {
    let all = measures.functions.len();
    let flat = measures.functions_that(|function| function.nesting < DEEP_LEVELS);
    let share = percent(flat, all);
    if all < TELLING_FUNCTIONS || share < FLAT_PERCENT {
        return None;
    }
    let description = format!(
        "{share} % of the {} nest their conditions and loops at most two levels deep, so the usual case can be read \
         from top to bottom.",
        count(all, "function"),
    );
    let is_flat =
        |file: &&File| file.functions.iter().all(|function| function.nesting < DEEP_LEVELS);
    observed(
        18 + share.saturating_sub(FLAT_PERCENT),
        "Flat control flow",
        description,
        with_most_functions(measures, is_flat),
    )
}

/// The three files with the most functions among those that are as wanted.
fn with_most_functions(measures: &Measures<'_>, wanted: impl Fn(&&File) -> bool) -> Vec<String> {
    let mut files: Vec<&File> = measures
        .sources
        .iter()
        .copied()
        .filter(|file| file.functions.len() > 1)
        .filter(wanted)
        .collect();
    files.sort_by(|a, b| (b.functions.len(), &a.path).cmp(&(a.functions.len(), &b.path)));
    files.iter().take(3).map(|file| file.path.clone()).collect()
}

pub(super) fn error_types(measures: &Measures<'_>) -> Observed {
    let is_error = |one: &TypeFact| {
        let name = one.name.as_str();
        one.kind != "trait" && (name.ends_with("Error") || name.ends_with("Exception"))
    };
    let types = measures.types_that(is_error);
    let (names, references) = names_and_places(&types);
    let description = format!(
        "{} {} what can go wrong a name that callers can tell apart and handle.",
        told(&names, "error type"),
        verb(names.len(), "gives", "give"),
    );
    observed(27, "Errors with types of their own", description, references)
}

pub(super) fn abstractions(measures: &Measures<'_>) -> Observed {
    let types = measures.types_that(|one| ["trait", "interface"].contains(&one.kind));
    let names_interfaces =
        measures.facts.languages.first().is_some_and(|first| first.name.contains("Script"));
    // In TypeScript an interface is the ordinary way to describe data.
    if types.is_empty() || names_interfaces {
        return None;
    }
    let (names, references) = names_and_places(&types);
    let what = if types.iter().any(|(_, one)| one.kind == "trait") { "trait" } else { "interface" };
    let description = format!(
        "{} {} what a part needs of another without saying who does it, which is where tests and \
         other implementations fit in.",
        told(&names, what),
        verb(names.len(), "says", "say"),
    );
    observed(22, "Contracts between the parts", description, references)
}

pub(super) fn named_types(measures: &Measures<'_>) -> Observed {
    let types = measures.types_that(|one| !["trait", "interface"].contains(&one.kind));
    let code = measures.source_code;
    // A type for each 150 lines: data has names.
    if types.len() < 5 || code > types.len() * 150 {
        return None;
    }
    let (_, references) = names_and_places(&types);
    let description = format!(
        "{} in {} of source: what belongs together travels together, under a name.",
        count(types.len(), "type"),
        count(code, "line")
    );
    observed(14, "Data with names", description, references)
}

pub(super) fn entry(measures: &Measures<'_>) -> Observed {
    let entries = &measures.facts.entry_points;
    let first = entries.first()?;
    let what = match first.kind {
        "library" => "What the library offers begins",
        _ => "Execution begins",
    };
    let description =
        format!("{what} in {}, in the place where people look for it first.", quoted(&first.path));
    let references = entries.iter().map(|entry| at(&entry.path, entry.line)).collect();
    observed(6, "A plain way in", description, references)
}

/// Names, each once, and places, in the same order.
fn names_and_places(types: &[(&File, &TypeFact)]) -> (Vec<String>, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    for (_, one) in types {
        let name = quoted(&one.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let places = types.iter().map(|(file, one)| lines(&file.path, one.first_line, one.last_line));
    (names, places.take(super::super::REFERENCES_MAX).collect())
}

/// The names where they are few, else how many, with the first three.
fn told(names: &[String], noun: &str) -> String {
    match names {
        [] => String::new(),
        [only] => format!("The {noun} {only}"),
        few if few.len() <= 3 => format!("The {noun}s {}", list(few)),
        many => {
            format!("{} ({} …)", count(many.len(), noun), many.get(..3).unwrap_or(many).join(", "))
        }
    }
}
