//! How data flows: from the entry points along the imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use repository::{EntryPoint, Facts, Link};

use crate::review::phrase::{at, capital, count, first, module, quoted, verb};

/// Entry points that are named.
const ENTRIES_MAX: usize = 3;
/// Modules whose imports are told.
const STEPS_MAX: usize = 6;
/// Imports told of one module.
const TARGETS_MAX: usize = 4;

pub(super) fn data_flow(facts: &Facts) -> String {
    let mut sentences = entries(facts);
    let starts = starts(facts);
    let by_source = links(facts);
    let (steps, reached) = walk(&starts, &by_source);
    if steps.is_empty() {
        sentences.push(alone(facts));
    }
    for (nth, module) in steps.iter().take(STEPS_MAX).enumerate() {
        let links = by_source.get(module).map(Vec::as_slice).unwrap_or_default();
        sentences.push(step(facts, nth, *module, links));
    }
    if !steps.is_empty() {
        sentences.extend(ends(facts, &reached, &by_source));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

fn entries(facts: &Facts) -> Vec<String> {
    let mut entries: Vec<&EntryPoint> = facts.entry_points.iter().collect();
    // What runs by itself tells more than what is called.
    entries.sort_by_key(|entry| entry.kind == "library");
    let told: Vec<String> = entries.iter().take(ENTRIES_MAX).map(|one| entry(one)).collect();
    let more = entries.len().saturating_sub(told.len());
    match told.as_slice() {
        [] => vec!["No place was found where execution begins.".to_owned()],
        [only] => vec![capital(&format!("{only}."))],
        several => {
            let rest = match more {
                0 => String::new(),
                _ => format!(
                    " {} {} in besides.",
                    count(more, "further way"),
                    verb(more, "leads", "lead")
                ),
            };
            vec![format!("{}.{rest}", capital(&several.join("; ")))]
        }
    }
}

fn entry(entry: &EntryPoint) -> String {
    let place = quoted(&at(&entry.path, entry.line));
    let name =
        if entry.name.is_empty() { String::new() } else { format!(" {}", quoted(&entry.name)) };
    match entry.kind {
        "library" => format!("callers of the library{name} come in at {place}"),
        "server" => format!(
            "the server begins at {place}{}",
            if name.is_empty() { name } else { format!(", in{name}") }
        ),
        "command" => format!("the command{name} begins at {place}"),
        "page" => format!("the page{name} is opened at {place}"),
        "script" => format!("the script{name} begins at {place}"),
        _ => format!(
            "execution begins at {place}{}",
            if name.is_empty() { name } else { format!(", in{name}") }
        ),
    }
}

/// The modules of the entry points; without any, those that nobody imports.
fn starts(facts: &Facts) -> Vec<usize> {
    let module_of =
        |entry: &EntryPoint| facts.files.iter().find(|file| file.path == entry.path)?.module;
    let runs_alone = facts.entry_points.iter().filter(|entry| entry.kind != "library");
    let mut starts: Vec<usize> = runs_alone.filter_map(module_of).collect();
    if starts.is_empty() {
        starts = facts.entry_points.iter().filter_map(module_of).collect();
    }
    if !starts.iter().any(|start| facts.links.iter().any(|link| link.from == *start)) {
        let imported: BTreeSet<usize> = facts.links.iter().map(|link| link.to).collect();
        let importing = facts.links.iter().map(|link| link.from);
        let tops: BTreeSet<usize> = importing.filter(|module| !imported.contains(module)).collect();
        starts.extend(tops);
    }
    starts
}

/// What each module imports, the most first.
fn links(facts: &Facts) -> BTreeMap<usize, Vec<&Link>> {
    let mut by_source: BTreeMap<usize, Vec<&Link>> = BTreeMap::new();
    for link in facts.links.iter().filter(|link| link.from != link.to) {
        by_source.entry(link.from).or_default().push(link);
    }
    for links in by_source.values_mut() {
        links.sort_by_key(|link| std::cmp::Reverse(link.count));
    }
    by_source
}

/// The modules that import others in the order in which they are reached, and all that are reached.
fn walk(
    starts: &[usize],
    by_source: &BTreeMap<usize, Vec<&Link>>,
) -> (Vec<usize>, BTreeSet<usize>) {
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut waiting: VecDeque<usize> = VecDeque::new();
    for start in starts {
        if reached.insert(*start) {
            waiting.push_back(*start);
        }
    }
    let mut steps = Vec::new();
    while let Some(module) = waiting.pop_front() {
        let Some(links) = by_source.get(&module) else { continue };
        steps.push(module);
        for link in links {
            if reached.insert(link.to) {
                waiting.push_back(link.to);
            }
        }
    }
    (steps, reached)
}

fn step(facts: &Facts, nth: usize, module: usize, links: &[&Link]) -> String {
    let told: Vec<String> = links
        .iter()
        .map(|link| format!("{} ({})", name(facts, link.to), quoted(&at(&link.path, link.line))))
        .collect();
    let source = name(facts, module);
    let told = first(&told, TARGETS_MAX);
    match nth {
        0 => format!("From {source} the way leads on to {told}."),
        _ => capital(&format!("{source} in turn uses {told}.")),
    }
}

/// Where it ends: the modules that are reached and import nothing.
fn ends(
    facts: &Facts,
    reached: &BTreeSet<usize>,
    by_source: &BTreeMap<usize, Vec<&Link>>,
) -> Vec<String> {
    let is_end = |module: &&usize| !by_source.contains_key(module);
    let ends: Vec<String> =
        reached.iter().filter(is_end).map(|module| name(facts, *module)).collect();
    let mut sentences = Vec::new();
    if !ends.is_empty() {
        sentences.push(format!(
            "It ends in {}, which {} no other module of the project.",
            first(&ends, TARGETS_MAX),
            verb(ends.len(), "imports", "import")
        ));
    }
    let left = facts.modules.len().saturating_sub(reached.len());
    if left > 0 {
        sentences.push(format!(
            "{} {} not reached along imports that could be read.",
            capital(&count(left, "module")),
            verb(left, "is", "are")
        ));
    }
    sentences
}

fn alone(facts: &Facts) -> String {
    match facts.modules.len() {
        0 => "There is no source from which a flow could be read.".to_owned(),
        1 => {
            let busiest = busiest(facts);
            format!("All of the source stands in one folder, so data stays within it.{busiest}")
        }
        some => format!(
            "No import between the {} could be read.{}",
            count(some, "module"),
            busiest(facts)
        ),
    }
}

/// The file that most others import.
fn busiest(facts: &Facts) -> String {
    let mut imported: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &facts.files {
        let targets: BTreeSet<&str> =
            file.imports.iter().filter_map(|one| one.target.as_deref()).collect();
        for target in targets.into_iter().filter(|target| *target != file.path) {
            *imported.entry(target).or_default() += 1;
        }
    }
    let most = imported.iter().max_by_key(|(path, some)| (**some, std::cmp::Reverse(**path)));
    match most {
        Some((path, some)) if *some > 1 => {
            format!(" Most of it meets in {}, which {} import.", quoted(path), count(*some, "file"))
        }
        _ => String::new(),
    }
}

fn name(facts: &Facts, place: usize) -> String {
    facts.modules.get(place).map_or_else(String::new, module)
}
