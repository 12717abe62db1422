//! Questions about parts and how they fit: where execution begins, boundaries, rings, types.

use repository::{EntryPoint, Facts, Link, Module};

use crate::{Category, Difficulty};

use super::body::{self, is_telling};
use super::candidate::{Candidate, Kind};
use super::functions::small;
use super::phrase::{code, counted, listed};
use super::reading::{Reading, range};

/// Names in a sentence.
const NAMES_MAX: usize = 4;
/// Entry points that are asked about.
const ENTRIES_MAX: usize = 4;
/// Boundaries and types that are looked at, the weightiest first.
const LOOKED_AT_MAX: usize = 12;
/// Lines of a type that are read for what it has.
const TYPE_LINES_MAX: usize = 80;

pub(super) fn candidates(reading: &Reading<'_>) -> Vec<Candidate> {
    let facts = reading.facts;
    let entries = facts.entry_points.iter().take(ENTRIES_MAX).enumerate();
    let entries = entries.filter_map(|(at, point)| entry(reading, point, at));
    let mut links: Vec<&Link> = facts.links.iter().filter(|link| link.from != link.to).collect();
    links.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.from, a.to).cmp(&(b.from, b.to))));
    let boundaries =
        links.into_iter().take(LOOKED_AT_MAX).filter_map(|link| boundary(reading, link));
    let rings =
        facts.cycles.iter().take(LOOKED_AT_MAX).filter_map(|ring| self::ring(reading, ring));
    entries
        .chain(boundaries)
        .chain(rings)
        .chain(shapes(reading))
        .filter_map(Candidate::checked)
        .collect()
}

fn entry(reading: &Reading<'_>, point: &EntryPoint, rank: usize) -> Option<Candidate> {
    let file = reading.file(&point.path)?;
    let is_library = point.kind == "library";
    let mut targets: Vec<&str> = Vec::new();
    for import in &file.imports {
        let target = import.target.as_deref().filter(|target| !targets.contains(target));
        targets.extend(target);
    }
    let mut points = Vec::new();
    points.extend(
        head_comment(reading, &point.path).map(|said| format!("The file says of itself: {said}")),
    );
    points.extend((!targets.is_empty()).then(|| {
        let stems: Vec<&str> =
            targets.iter().take(NAMES_MAX + 1).map(|path| stem_of(path)).collect();
        format!("It brings together {}, which do the work behind it.", listed(&stems))
    }));
    let here = file
        .functions
        .iter()
        .find(|it| it.first_line <= point.line && point.line <= it.last_line && !it.is_test);
    if let Some(body) =
        here.and_then(|function| reading.body(super::reading::At { file, function }))
    {
        let calls: Vec<&String> = body.calls.iter().take(NAMES_MAX).collect();
        points
            .extend((!calls.is_empty()).then(|| format!("It calls {} to do so.", listed(&calls))));
    }
    points.extend(declares(file));
    points.extend(largest(reading.facts, &point.path));
    points.push(if is_library {
        "Users depend only on what is public here, so the parts behind it can change without breaking them.".to_owned()
    } else {
        "Keeping the start thin means that the parts it connects can be tested without it.".to_owned()
    });
    let references = std::iter::once(format!("{}:{}", point.path, point.line))
        .chain(targets.iter().take(3).map(|&it| it.to_owned()));
    Some(Candidate {
        kind: Kind::Entry,
        subject: point.path.clone(),
        category: Category::Architecture,
        difficulty: Difficulty::Junior,
        wordings: wordings_of(point, is_library),
        references: references.collect(),
        key_points: points,
        interest: 10.0 - small(rank) + small(targets.len().min(5)),
    })
}

/// How the question about an entry point may be put.
fn wordings_of(point: &EntryPoint, is_library: bool) -> [String; 2] {
    let path = code(&point.path);
    if is_library {
        [
            format!(
                "{path} is what users of this library meet first. What does it offer them, and how is the rest laid out behind it?"
            ),
            format!(
                "Somebody wants to use this as a library and opens {path}. Which parts do they get, and which stay hidden from them?"
            ),
        ]
    } else {
        [
            format!(
                "Execution begins at {} in {path}, line {}. What is set up there, and which parts of the project take over from it?",
                code(&point.name),
                point.line
            ),
            format!(
                "Follow a run of this project from {} ({path}, line {}): what happens before the real work starts, and where does it go then?",
                code(&point.name),
                point.line
            ),
        ]
    }
}

/// The name of a file without folder and ending; of `mod`, `index` and `__init__` the folder's.
fn stem_of(path: &str) -> &str {
    let mut segments = path.rsplit('/');
    let name = segments.next().unwrap_or(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    if ["mod", "index", "__init__", "lib"].contains(&stem) {
        segments.next().unwrap_or(stem)
    } else {
        stem
    }
}

/// The sentence that a file begins with.
fn head_comment(reading: &Reading<'_>, path: &str) -> Option<String> {
    let lines = reading.lines(path, 1, 40)?;
    let marks = ["//!", "/**", "*", "\"\"\"", "// Package"];
    let from =
        lines.iter().position(|line| marks.iter().any(|mark| line.trim().starts_with(mark)))?;
    let is_python = lines[from].trim().starts_with("\"\"\"");
    let rows = lines[from..].iter().map(|line| line.trim());
    let said: Vec<&str> = rows
        .take_while(|line| {
            is_python || line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
        })
        .map(|line| {
            line.trim_start_matches(['/', '!', '*', '"', ' ', '#'])
                .trim_end_matches(['"', '/', '*'])
        })
        .skip_while(|line| line.split(' ').count() < 4 || line.starts_with("Copyright"))
        .take_while(|line| !line.is_empty())
        .collect();
    super::phrase::first_sentence(&said.join("\n"))
}

/// What a file declares itself.
fn declares(file: &repository::File) -> Option<String> {
    let types = file.types.iter().map(|it| it.name.as_str());
    let functions = file.functions.iter().filter(|it| !it.is_test).map(|it| it.name.as_str());
    let names: Vec<&str> =
        types.chain(functions).filter(|name| is_telling(name)).take(NAMES_MAX).collect();
    (!names.is_empty()).then(|| format!("It declares {} itself.", listed(&names)))
}

/// Where most of the code lies.
fn largest(facts: &Facts, except: &str) -> Option<String> {
    let mut files: Vec<&repository::File> = facts
        .files
        .iter()
        .filter(|file| {
            file.role == repository::Role::Source && file.path != except && file.code > 0
        })
        .collect();
    files.sort_by(|a, b| b.code.cmp(&a.code).then_with(|| a.path.cmp(&b.path)));
    let mut stems: Vec<&str> = Vec::new();
    for stem in files.iter().map(|file| stem_of(&file.path)) {
        if stems.len() < 3 && !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    (!stems.is_empty()).then(|| format!("Most of the code lies behind it in {}.", listed(&stems)))
}

/// What a module holds: its largest types, then the functions with the most branches.
fn names_in<'f>(reading: &Reading<'f>, index: usize) -> Vec<&'f str> {
    let mut types: Vec<(&str, usize)> = Vec::new();
    let mut functions: Vec<(&str, usize)> = Vec::new();
    for file in reading.sources().filter(|file| file.module == Some(index)) {
        types.extend(file.types.iter().map(|it| (it.name.as_str(), it.last_line - it.first_line)));
        let own = file.functions.iter().filter(|it| !it.is_test);
        functions.extend(own.map(|it| (it.name.as_str(), it.branches)));
    }
    let order = |list: &mut Vec<(&'f str, usize)>| {
        list.retain(|(name, _)| is_telling(name));
        list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        list.dedup_by(|a, b| a.0 == b.0);
    };
    order(&mut types);
    order(&mut functions);
    types.iter().chain(&functions).map(|(name, _)| *name).take(NAMES_MAX).collect()
}

fn module_name(module: &Module) -> String {
    if module.path.is_empty() { "the root folder".to_owned() } else { code(&module.path) }
}

fn described(reading: &Reading<'_>, index: usize, module: &Module) -> Option<String> {
    let names = names_in(reading, index);
    let files = counted(module.files, "file", "files");
    (!names.is_empty()).then(|| {
        format!(
            "{} ({files}, {} lines of code) is the place of {}.",
            capitalized(&module_name(module)),
            module.code,
            listed(&names)
        )
    })
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn boundary(reading: &Reading<'_>, link: &Link) -> Option<Candidate> {
    let facts = reading.facts;
    let (from, to) = (facts.modules.get(link.from)?, facts.modules.get(link.to)?);
    let (one, other) = (module_name(from), module_name(to));
    let place = format!("{}, line {}", code(&link.path), link.line);
    let times = counted(link.count, "place", "places");
    let wordings = [
        format!(
            "{} imports from {other} in {times} (first in {place}). What is the task of each, and why does the dependency point this way?",
            capitalized(&one)
        ),
        format!(
            "Where would you draw the line between {one} and {other}, given the imports in {place}? What may each know of the other?"
        ),
    ];
    let back = facts.links.iter().find(|it| it.from == link.to && it.to == link.from);
    let crossing = imported_names(reading, link);
    let mut points: Vec<String> =
        [described(reading, link.from, from), described(reading, link.to, to)]
            .into_iter()
            .flatten()
            .collect();
    points.extend(
        (!crossing.is_empty())
            .then(|| format!("What crosses the boundary is {}.", listed(&crossing))),
    );
    points.push(match back {
        Some(back) => format!("{} imports from {one} too ({}, line {}), so neither can be changed or tested without the other.", capitalized(&other), code(&back.path), back.line),
        None => format!("{} does not import {one} back, so it can be tested and changed without it.", capitalized(&other)),
    });
    let importers = facts.links.iter().filter(|it| it.to == link.to && it.from != link.to).count();
    points.push(format!(
        "{} on {other}, so a change of what it exposes reaches all of them.",
        if importers == 1 {
            "One part depends".to_owned()
        } else {
            format!("{importers} parts depend")
        }
    ));
    points.extend(layers(from, to));
    Some(Candidate {
        kind: Kind::Boundary,
        subject: format!("{}>{}", from.path, to.path),
        category: Category::Architecture,
        difficulty: Difficulty::MidLevel,
        wordings,
        references: vec![format!("{}:{}", link.path, link.line)],
        key_points: points,
        interest: small(link.count.min(40)) / 4.0 + if back.is_some() { 4.0 } else { 0.0 },
    })
}

fn layers(from: &Module, to: &Module) -> Option<String> {
    let (one, other) = (from.layer?, to.layer?);
    (one != other)
        .then(|| format!("By their names one is the {one} layer and the other the {other} layer."))
}

/// What one module imports from another, by the last part of each name.
fn imported_names(reading: &Reading<'_>, link: &Link) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in reading.sources().filter(|file| file.module == Some(link.from)) {
        for import in &file.imports {
            let target = import.target.as_deref().and_then(|path| reading.file(path));
            if target.is_none_or(|target| target.module != Some(link.to)) {
                continue;
            }
            let last = text::words(&import.name).map(|word| word.text).last().unwrap_or_default();
            if is_telling(last) && !names.iter().any(|name| name == last) {
                names.push(last.to_owned());
            }
        }
    }
    names.truncate(NAMES_MAX);
    names
}

fn ring(reading: &Reading<'_>, ring: &[usize]) -> Option<Candidate> {
    let facts = reading.facts;
    let modules: Vec<&Module> = ring.iter().filter_map(|&index| facts.modules.get(index)).collect();
    let names: Vec<String> = modules.iter().map(|module| module_name(module)).collect();
    let within = facts.links.iter().filter(|link| {
        ring.contains(&link.from) && ring.contains(&link.to) && link.from != link.to
    });
    let mut links: Vec<&Link> = within.collect();
    links.sort_by_key(|link| (link.count, link.from, link.to));
    let (thin, thick) = (links.first()?, links.last()?);
    let named = |index: usize| facts.modules.get(index).map_or_else(String::new, module_name);
    let all = names.join(", ");
    let wordings = [
        format!(
            "{all} import each other in a ring. What does that cost, and how would you break it?"
        ),
        format!(
            "Among {all} every part needs the others. Which import would you cut first, and what would take its place?"
        ),
    ];
    let mut points = vec![
        "None of them can be understood, tested or reused without the others.".to_owned(),
        format!(
            "The thinnest import is that of {} from {}, with {} ({}, line {}): the cheapest to cut.",
            named(thin.to),
            named(thin.from),
            counted(thin.count, "place", "places"),
            code(&thin.path),
            thin.line
        ),
        format!(
            "The heaviest is that of {} from {}, with {}: that direction should stay.",
            named(thick.to),
            named(thick.from),
            counted(thick.count, "place", "places")
        ),
    ];
    let crossing = imported_names(reading, thin);
    points.push(if crossing.is_empty() {
        "Moving what both need into a part of its own, or behind an interface, breaks the ring."
            .to_owned()
    } else {
        format!(
            "Moving {} into a part of its own, or behind an interface, breaks the ring.",
            listed(&crossing)
        )
    });
    points.push(
        "A change in any of them can force changes and rebuilds in all the others.".to_owned(),
    );
    Some(Candidate {
        kind: Kind::Ring,
        subject: format!("ring {all}"),
        category: Category::Architecture,
        difficulty: Difficulty::Senior,
        wordings,
        references: vec![
            format!("{}:{}", thin.path, thin.line),
            format!("{}:{}", thick.path, thick.line),
        ],
        key_points: points,
        interest: 8.0 - small(ring.len().min(6)),
    })
}

/// Questions about the types that most of the code uses.
fn shapes(reading: &Reading<'_>) -> Vec<Candidate> {
    let mut types: Vec<(&repository::File, &code::TypeFact)> = reading
        .sources()
        .flat_map(|file| file.types.iter().map(move |found| (file, found)))
        .filter(|(_, found)| is_telling(&found.name) && found.last_line > found.first_line + 1)
        .collect();
    types.sort_by(|a, b| {
        let size = |it: &code::TypeFact| it.last_line - it.first_line;
        size(b.1)
            .cmp(&size(a.1))
            .then_with(|| (&a.0.path, a.1.first_line).cmp(&(&b.0.path, b.1.first_line)))
    });
    types.truncate(LOOKED_AT_MAX * 3);
    let names: Vec<&str> = types.iter().map(|(_, found)| found.name.as_str()).collect();
    let uses = reading.uses(&names);
    let asked = types.into_iter().filter_map(|(file, found)| {
        let mut files: Vec<&str> =
            uses.get(&found.name)?.iter().map(|it| it.path.as_str()).collect();
        files.dedup();
        files.retain(|path| *path != file.path);
        shape(reading, file, found, &files)
    });
    asked.collect()
}

fn shape(
    reading: &Reading<'_>,
    file: &repository::File,
    found: &code::TypeFact,
    users: &[&str],
) -> Option<Candidate> {
    let (from, to) = (found.first_line, found.last_line);
    let name = code(&found.name);
    let place = format!("{}, lines {from} to {to}", code(&file.path));
    let kind = if found.kind == "type" { "type of its own" } else { found.kind };
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let wordings = [
        format!(
            "Why is {name} ({place}) {article} {kind} of this shape? What did that choice gain, and what did it cost?"
        ),
        format!(
            "You could have modelled {name} ({place}) differently than as {article} {kind}. What would you have gained and lost?"
        ),
    ];
    let source = reading.lines(&file.path, from, to.min(from + TYPE_LINES_MAX))?.join("\n");
    let mut members = body::members(&source, file.language.unwrap_or_default());
    members.retain(|member| *member != found.name);
    members.truncate(NAMES_MAX + 1);
    let start = from.saturating_sub(30).max(1);
    let above = reading.lines(&file.path, start, from.saturating_sub(1)).unwrap_or_default();
    let above: Vec<&str> = above.iter().map(String::as_str).collect();
    let said =
        body::Body::read(&found.name, &source, from, &above, file.language.unwrap_or_default())
            .said;
    let mut points = Vec::new();
    points.extend(
        said.map(|said| format!("What it stands for, in the words of its comment: {said}")),
    );
    points.extend((members.len() > 1).then(|| format!("It is made of {}.", listed(&members))));
    points.extend((!users.is_empty()).then(|| {
        let stems: Vec<&str> = users.iter().take(NAMES_MAX).map(|path| stem_of(path)).collect();
        format!(
            "{} outside its own use it, among them {}, so changing it is felt there.",
            counted(users.len(), "file", "files"),
            listed(&stems)
        )
    }));
    points.extend(consequence(found.kind).map(str::to_owned));
    let references = std::iter::once(range(&file.path, from, to))
        .chain(users.iter().take(2).map(|&it| it.to_owned()));
    Some(Candidate {
        kind: Kind::Shape,
        subject: format!("{}#{}", file.path, found.name),
        category: Category::Tradeoffs,
        difficulty: if users.len() > 3 { Difficulty::Senior } else { Difficulty::MidLevel },
        wordings,
        references: references.collect(),
        key_points: points,
        interest: small(users.len().min(12)) + small(members.len()),
    })
}

/// What follows from a kind of type.
fn consequence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "enum" => {
            "The set of its variants is closed: the compiler finds every match that misses one, and a new variant makes all of them change."
        }
        "trait" | "interface" => {
            "Callers depend on what it promises and not on one implementation, so that one can be replaced or faked in a test, at the price of a detour for the reader."
        }
        "struct" | "record" => {
            "Its fields travel together and can be checked in one place; the price is that whoever needs one of them gets all of them."
        }
        "class" => {
            "State and behaviour are in one place; the price is that a class that gathers more and more of both is hard to test in parts, where composition would keep them apart."
        }
        _ => return None,
    })
}
