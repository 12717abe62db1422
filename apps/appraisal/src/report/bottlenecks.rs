//! What will hurt first when there is more: more data, more callers, more people who change it.

use std::collections::BTreeMap;

use code::Finding;
use repository::{File, Framework};

use super::stack;
use crate::review::measures::Measures;
use crate::review::phrase::{at, count, list, module as module_name, quoted, span};

/// Bottlenecks that are told.
const BOTTLENECKS_MAX: usize = 6;
/// Levels of nesting from which on a function is the first to measure.
const COSTLY_LEVELS: usize = 3;
/// Modules that import one before it is a bottleneck.
const MANY_IMPORTERS: usize = 3;
/// Places that a sentence cites.
const PLACES_MAX: usize = 3;

/// Rules whose findings hurt under load, and how.
const RULES: [(&str, &str); 6] = [
    (
        "mutable-global",
        "Global state that changes is shared by every caller, so work cannot be spread over threads or processes",
    ),
    (
        "missing-timeout",
        "Calls over the network without a timeout hold their worker for as long as the other side is silent",
    ),
    (
        "unclosed-resource",
        "Resources that may stay open add up until the process has no more of them",
    ),
    ("async-foreach", "Promises that nobody waits for start all at once, without a bound"),
    ("unwrap", "A missing value ends its thread with a panic, and with it whatever else ran there"),
    ("panic", "A panic ends its thread or the whole program, and with it whatever else ran there"),
];

/// Frameworks that have a known limit, by a part of their names.
const FRAMEWORKS: [(&str, &str); 11] = [
    ("sqlite", "one writer at a time: a write waits for the one before it"),
    ("Flask", "a worker serves one request at a time unless it runs with threads or an event loop"),
    ("Django", "a worker serves one request at a time unless its views are asynchronous"),
    (
        "Express",
        "one thread runs all handlers: whatever computes for long delays every other request",
    ),
    (
        "Fastify",
        "one thread runs all handlers: whatever computes for long delays every other request",
    ),
    (
        "Next",
        "rendering on the server takes its one thread: pages that are not cached cost on every visit",
    ),
    ("Spring", "each request holds a thread and a connection of the pool while it waits"),
    ("React", "a change of state near the root renders all below it again"),
    ("Redis", "one thread runs all commands, and all data has to fit into memory"),
    (
        "Mongo",
        "joins and transactions over documents are slow: what belongs together must be stored together",
    ),
    ("pandas", "a table has to fit into memory, and it computes on one core"),
];

pub(super) fn bottlenecks(measures: &Measures<'_>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    told.extend(frameworks(measures).into_iter().take(2));
    told.extend(nested(measures));
    told.extend(rules(measures).into_iter().take(2));
    told.extend(imported_by_many(measures));
    told.extend(hot(measures));
    told.extend(rings(measures));
    told.extend(crowded(measures));
    if told.len() < 3 {
        told.extend(involved(measures));
    }
    told.truncate(BOTTLENECKS_MAX);
    told
}

fn frameworks(measures: &Measures<'_>) -> Vec<String> {
    let used: Vec<&Framework> = measures
        .facts
        .frameworks
        .iter()
        .filter(|framework| !stack::is_for_tests(framework))
        .collect();
    let limit = |(part, limit): &(&str, &str)| {
        let part = part.to_ascii_lowercase();
        let framework =
            used.iter().find(|framework| framework.name.to_ascii_lowercase().contains(&part))?;
        Some(format!(
            "{} ({}): {limit}.",
            framework.name,
            quoted(&at(&framework.path, framework.line))
        ))
    };
    let mut told: Vec<String> = FRAMEWORKS.iter().filter_map(limit).collect();
    told.dedup();
    told
}

fn nested(measures: &Measures<'_>) -> Option<String> {
    let deepest = measures.functions_by(|function| function.nesting * 1_000 + function.branches);
    let first = deepest.first().filter(|place| place.function.nesting >= COSTLY_LEVELS)?;
    Some(format!(
        "{} ({}) nests conditions and loops {} levels deep with {}: the first place to measure when its input grows.",
        quoted(&first.function.name),
        quoted(&span(first.file, first.function)),
        first.function.nesting,
        count(first.function.branches, "branch"),
    ))
}

fn rules(measures: &Measures<'_>) -> Vec<String> {
    let mut by_rule: BTreeMap<&str, Vec<(&File, &Finding)>> = BTreeMap::new();
    for (file, finding) in &measures.findings {
        by_rule.entry(finding.rule).or_default().push((file, finding));
    }
    let told = RULES.iter().filter_map(|(rule, what)| {
        let places = by_rule.get(rule)?;
        let cited: Vec<String> = places
            .iter()
            .take(PLACES_MAX)
            .map(|(file, finding)| quoted(&at(&file.path, finding.line)))
            .collect();
        let more = if places.len() > cited.len() {
            format!(", {} in all", count(places.len(), "place"))
        } else {
            String::new()
        };
        Some(format!("{what} ({}{more}).", list(&cited)))
    });
    told.collect()
}

fn imported_by_many(measures: &Measures<'_>) -> Option<String> {
    let facts = measures.facts;
    let mut importers: BTreeMap<usize, Vec<&repository::Link>> = BTreeMap::new();
    for link in facts.links.iter().filter(|link| link.from != link.to) {
        importers.entry(link.to).or_default().push(link);
    }
    let (module, links) = importers
        .iter()
        .max_by_key(|(module, links)| (links.len(), std::cmp::Reverse(**module)))?;
    let module = facts.modules.get(*module).filter(|_| links.len() >= MANY_IMPORTERS)?;
    let cited: Vec<String> =
        links.iter().take(2).map(|link| quoted(&at(&link.path, link.line))).collect();
    Some(format!(
        "{} of {} import {} ({}): a change of what it offers reaches all of them at once.",
        count(links.len(), "module"),
        facts.modules.len(),
        module_name(module),
        list(&cited),
    ))
}

fn hot(measures: &Measures<'_>) -> Option<String> {
    let history = &measures.facts.history;
    let sources: Vec<&str> = measures.sources.iter().map(|file| file.path.as_str()).collect();
    let hot = history.hot_files.iter().find(|hot| sources.contains(&hot.path.as_str()))?;
    (hot.commits > 4 && hot.commits * 10 >= history.commits).then(|| {
        format!(
            "{} was changed by {} of {}: with more people on it, that is where they wait for each other.",
            quoted(&hot.path),
            crate::review::phrase::number(hot.commits),
            count(history.commits, "commit"),
        )
    })
}

fn rings(measures: &Measures<'_>) -> Option<String> {
    let facts = measures.facts;
    let ring = facts.cycles.iter().max_by_key(|ring| ring.len())?;
    let link = facts.links.iter().find(|link| {
        link.from != link.to && ring.contains(&link.from) && ring.contains(&link.to)
    })?;
    Some(format!(
        "{} import each other in a ring (one link is {}), so they can only be moved to another process or team \
         together.",
        count(ring.len(), "module"),
        quoted(&at(&link.path, link.line)),
    ))
}

fn crowded(measures: &Measures<'_>) -> Option<String> {
    let largest = measures.sources_by_code();
    let first = largest.first().filter(|file| file.code > 800)?;
    let functions = match first.functions.len() {
        0 => String::new(),
        some => format!(" and {}", count(some, "function")),
    };
    Some(format!(
        "{} holds {}{functions}: many reasons to change in one file.",
        quoted(&first.path),
        count(first.code, "line of code"),
    ))
}

fn involved(measures: &Measures<'_>) -> Vec<String> {
    let involved = measures.functions_by(|function| function.branches);
    let told = involved.iter().filter(|place| place.function.nesting < COSTLY_LEVELS).take(2).map(
        |place| {
            format!(
                "{} ({}) decides the most, with {} in {}: new cases are likely to end up there.",
                quoted(&place.function.name),
                quoted(&span(place.file, place.function)),
                count(place.function.branches, "branch"),
                count(place.lines(), "line"),
            )
        },
    );
    told.take(1).collect()
}
