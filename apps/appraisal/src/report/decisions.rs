//! Decisions that can be read from the code, and what each was traded for.

use std::collections::BTreeMap;

use code::TypeFact;
use repository::{File, Framework, Manifest, Role};

use super::stack;
use crate::DesignDecision;
use crate::review::REFERENCES_MAX;
use crate::review::measures::Measures;
use crate::review::phrase::{
    at, capital, count, first, lines, list, module, named, percent, quoted, verb,
};

/// Decisions that are told.
const DECISIONS_MAX: usize = 8;
/// Trade-offs that are told.
const TRADEOFFS_MAX: usize = 6;
/// Frameworks of one purpose that are named.
const FRAMEWORKS_MAX: usize = 3;
/// Lines of source from which on it matters that they need little or stand in one place.
const TELLING_CODE: usize = 300;

/// Lines of code of a program that only starts a library.
const THIN_CODE: usize = 60;

/// A decision with its evidence and its price.
struct Decided {
    decision: String,
    rationale: String,
    references: Vec<String>,
    /// What was given up for what, a sentence without its place.
    tradeoff: String,
}

/// The decisions, and the trade-offs in them, the most telling first.
pub(super) fn decisions(measures: &Measures<'_>) -> (Vec<DesignDecision>, Vec<String>) {
    let mut decided = frameworks(measures);
    let others = [
        layers,
        packages,
        library_and_program,
        abstractions,
        error_types,
        few_dependencies,
        tests,
        generated,
        deployment,
        language,
        one_folder,
        rings,
    ];
    decided.extend(others.iter().filter_map(|read| read(measures)));
    for decided in &mut decided {
        decided.references = measures.citable(&decided.references);
    }
    decided.retain(|decided| !decided.references.is_empty());
    let tradeoffs = decided.iter().take(TRADEOFFS_MAX).map(tradeoff).collect();
    let told = decided.into_iter().take(DECISIONS_MAX).map(|decided| DesignDecision {
        decision: decided.decision,
        rationale: decided.rationale,
        file_references: decided.references,
    });
    (told.collect(), tradeoffs)
}

fn tradeoff(decided: &Decided) -> String {
    let place = decided
        .references
        .first()
        .map_or_else(String::new, |place| format!(" ({})", quoted(place)));
    format!("{}{place}.", decided.tradeoff)
}

/// The frameworks, those of one purpose together; tests' own are told elsewhere.
fn frameworks(measures: &Measures<'_>) -> Vec<Decided> {
    let mut purposes: Vec<(&str, Vec<&Framework>)> = Vec::new();
    for framework in
        measures.facts.frameworks.iter().filter(|framework| !stack::is_for_tests(framework))
    {
        match purposes.iter_mut().find(|(purpose, _)| *purpose == framework.purpose) {
            Some((_, same)) => same.push(framework),
            None => purposes.push((framework.purpose, vec![framework])),
        }
    }
    // Those whose purpose is known first, in its order.
    purposes.sort_by_key(|(_, same)| {
        same.first().and_then(|first| stack::rank(first)).unwrap_or(usize::MAX)
    });
    purposes.into_iter().take(4).filter_map(|(purpose, same)| framework(purpose, &same)).collect()
}

fn framework(purpose: &str, same: &[&Framework]) -> Option<Decided> {
    let names: Vec<&str> =
        same.iter().take(FRAMEWORKS_MAX).map(|framework| framework.name).collect();
    let names = list(&names);
    let references: Vec<String> =
        same.iter().map(|framework| at(&framework.path, framework.line)).collect();
    let known = stack::purpose(same.first()?);
    let (gain, price) = known.map_or(
        (
            "what others have solved need not be written again",
            "its releases set a part of the project's pace",
        ),
        |known| (known.gain, known.price),
    );
    Some(Decided {
        decision: format!("Build on {names} ({purpose})"),
        rationale: match same.len() {
            1 => format!("{} asks for it: {gain}.", quoted(references.first()?)),
            _ => format!("{} and others ask for them: {gain}.", quoted(references.first()?)),
        },
        references,
        tradeoff: format!("{names}: {gain}; in return, {price}"),
    })
}

fn layers(measures: &Measures<'_>) -> Option<Decided> {
    let modules = &measures.facts.modules;
    let mut by_layer: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, module) in modules.iter().enumerate() {
        if let Some(layer) = module.layer.filter(|_| module.files > 0) {
            by_layer.entry(layer).or_default().push(at);
        }
    }
    // What serves all the others is found in nearly every project.
    if by_layer.keys().filter(|layer| **layer != "infrastructure").count() < 2 {
        return None;
    }
    let told: Vec<String> = by_layer
        .iter()
        .filter_map(|(layer, at)| {
            Some(format!("{layer} in {}", module(modules.get(*at.first()?)?)))
        })
        .collect();
    let files = measures.sources_by_code();
    let references = by_layer.values().filter_map(|layer| {
        let file =
            files.iter().find(|file| file.module.is_some_and(|module| layer.contains(&module)))?;
        Some(file.path.clone())
    });
    Some(Decided {
        decision: format!("Layers in folders of their own: {}", list(&told)),
        rationale: "Each concern has one place, so a change of the page, the rules or the store stays in its folder."
            .to_owned(),
        references: references.collect(),
        tradeoff: "Layers: each concern can change alone; in return, one feature is spread over several folders".to_owned(),
    })
}

fn packages(measures: &Measures<'_>) -> Option<Decided> {
    let named_ones = measures.facts.manifests.iter().filter(|manifest| manifest.name.is_some());
    let mut by_kind: BTreeMap<&str, Vec<&Manifest>> = BTreeMap::new();
    for manifest in named_ones {
        by_kind.entry(manifest.kind).or_default().push(manifest);
    }
    let (kind, packages) = by_kind.into_iter().max_by_key(|(_, packages)| packages.len())?;
    if packages.len() < 2 {
        return None;
    }
    let names: Vec<String> =
        packages.iter().filter_map(|manifest| manifest.name.as_deref()).map(named).collect();
    Some(Decided {
        decision: format!("One repository for {} {kind} packages: {}", packages.len(), first(&names, 4)),
        rationale: "A change that concerns several of them is one commit, and all of them are tested together."
            .to_owned(),
        references: packages.iter().map(|manifest| manifest.path.clone()).collect(),
        tradeoff: "One repository for several packages: they change together; in return, each build and each clone \
                   carries all of them"
            .to_owned(),
    })
}

fn library_and_program(measures: &Measures<'_>) -> Option<Decided> {
    let library = measures.entry(&["library"])?;
    let program = measures.entry(&["binary", "command", "server"])?;
    let is_thin = measures.file(&program.path).is_some_and(|file| file.code <= THIN_CODE);
    let (thin, does) = if is_thin { ("thin ", "only starts it") } else { ("", "puts it to use") };
    Some(Decided {
        decision: format!("A library with a {thin}program over it"),
        rationale: format!(
            "What it does is offered by {}, and {} {does}, so tests and other programs can use the same code.",
            quoted(&library.path),
            quoted(&program.path)
        ),
        references: vec![at(&library.path, library.line), at(&program.path, program.line)],
        tradeoff:
            "Library and program: the code can be used and tested without the program; in return, what is public has to \
             stay so"
                .to_owned(),
    })
}

fn abstractions(measures: &Measures<'_>) -> Option<Decided> {
    let types = measures.types_that(|one| ["trait", "interface"].contains(&one.kind));
    let is_script =
        measures.facts.languages.first().is_some_and(|first| first.name.contains("Script"));
    let (_, largest) = types.first()?;
    if is_script {
        return None;
    }
    let what = if largest.kind == "trait" { "trait" } else { "interface" };
    let (names, references) = names_and_places(&types);
    Some(Decided {
        decision: format!("Parts meet at {what}s: {names}"),
        rationale: format!(
            "{} {} what is needed without naming who does it, so an implementation can be exchanged, in tests first of \
             all.",
            capital(&count(types.len(), what)),
            verb(types.len(), "says", "say"),
        ),
        references,
        tradeoff: format!(
            "{}s: implementations can be exchanged; in return, a reader has to look up which one runs",
            capital(what)
        ),
    })
}

fn error_types(measures: &Measures<'_>) -> Option<Decided> {
    let types = measures.types_that(|one| {
        one.kind != "trait" && (one.name.ends_with("Error") || one.name.ends_with("Exception"))
    });
    let (names, references) = names_and_places(&types);
    (!types.is_empty()).then(|| Decided {
        decision: format!("Failures as types: {names}"),
        rationale: "Callers can tell one failure from another and handle it, where a text could only be shown."
            .to_owned(),
        references,
        tradeoff: "Failures as types: each can be handled; in return, every new one is a change of the interface"
            .to_owned(),
    })
}

fn few_dependencies(measures: &Measures<'_>) -> Option<Decided> {
    let all = measures.dependencies();
    let manifest = measures.manifest()?;
    if all > 5 || measures.source_code < TELLING_CODE {
        return None;
    }
    let needed = measures.facts.manifests.iter().flat_map(|manifest| {
        let needed = manifest.dependencies.iter().filter(|one| !one.is_for_development);
        needed.map(|one| at(&manifest.path, one.line))
    });
    let mut references: Vec<String> = needed.collect();
    if references.is_empty() {
        references.push(manifest.path.clone());
    }
    Some(Decided {
        decision: match all {
            0 => "No package of others at run time".to_owned(),
            _ => format!("Only {} of others at run time", count(all, "package")),
        },
        rationale: format!(
            "{} of source do themselves what a package might do: there is little to audit and little that can break \
             from outside.",
            capital(&count(measures.source_code, "line"))
        ),
        references,
        tradeoff: "Few dependencies: little to update and to trust; in return, more code of its own to keep right".to_owned(),
    })
}

fn tests(measures: &Measures<'_>) -> Option<Decided> {
    let inside: Vec<_> =
        measures.test_functions.iter().filter(|test| test.file.role == Role::Source).collect();
    let apart = &measures.facts.practices.tests;
    if measures.test_code == 0 {
        return None;
    }
    let frameworks =
        measures.facts.frameworks.iter().filter(|framework| stack::is_for_tests(framework));
    let names: Vec<&str> = frameworks.clone().map(|framework| framework.name).take(2).collect();
    let with = if names.is_empty() { String::new() } else { format!(" with {}", list(&names)) };
    let named_tests = measures.test_functions.len();
    let (decision, tradeoff) = if inside.len() * 2 > named_tests && !inside.is_empty() {
        (
            format!("Tests beside the code they test{with}"),
            "Tests beside the code: they see its inside and move with it; in return, the files grow",
        )
    } else {
        (
            format!("Tests in files of their own{with}"),
            "Tests apart from the code: they see it as its callers do; in return, what is inside is harder to reach",
        )
    };
    let of_source = percent(measures.test_code, measures.source_code.max(1));
    let references = apart.iter().take(2).cloned();
    let inside = inside
        .iter()
        .map(|test| lines(&test.file.path, test.function.first_line, test.function.last_line));
    let references: Vec<String> = if decision.starts_with("Tests beside") {
        inside.take(3).chain(references).collect()
    } else {
        references
            .chain(frameworks.map(|framework| at(&framework.path, framework.line)))
            .chain(inside.take(2))
            .collect()
    };
    Some(Decided {
        decision,
        rationale: match measures.test_code > measures.source_code {
            true => "There is more test code than source.".to_owned(),
            false => format!("The tests come to {of_source} % of the source's lines."),
        },
        references,
        tradeoff: tradeoff.to_owned(),
    })
}

fn generated(measures: &Measures<'_>) -> Option<Decided> {
    let written: Vec<&File> =
        measures.facts.files.iter().filter(|file| file.role == Role::Generated).collect();
    (!written.is_empty()).then(|| Decided {
        decision: format!("Generated code is committed ({})", count(written.len(), "file")),
        rationale: "Whoever clones it can build without the generator, and a review shows what a change of the \
                    generator does."
            .to_owned(),
        references: written.iter().take(REFERENCES_MAX).map(|file| file.path.clone()).collect(),
        tradeoff: "Generated code that is committed: a build needs no generator; in return, it can differ from its source \
                   unless something checks it"
            .to_owned(),
    })
}

fn deployment(measures: &Measures<'_>) -> Option<Decided> {
    let practices = &measures.facts.practices;
    let described = practices.containers.first()?;
    Some(Decided {
        decision: "Deployment described as code".to_owned(),
        rationale: format!("{} says how it is packed or run, the same on every machine.", quoted(described)),
        references: practices.containers.clone(),
        tradeoff: "Containers: it runs the same everywhere; in return, an image has to be built, stored and kept up to date"
            .to_owned(),
    })
}

fn language(measures: &Measures<'_>) -> Option<Decided> {
    let main = measures.facts.languages.iter().find(|language| {
        measures.sources.iter().any(|file| file.language == Some(language.name))
    })?;
    let (gain, price) = stack::language(main.name)?;
    let largest =
        measures.sources_by_code().into_iter().find(|file| file.language == Some(main.name))?;
    let all: usize = measures.facts.languages.iter().map(|language| language.code).sum();
    Some(Decided {
        decision: format!("Written in {}", main.name),
        rationale: format!("{} % of the code is {}: {gain}.", percent(main.code, all), main.name),
        references: measures
            .facts
            .entry_points
            .iter()
            .take(1)
            .map(|entry| at(&entry.path, entry.line))
            .chain([largest.path.clone()])
            .collect(),
        tradeoff: format!("{}: {gain}; in return, {price}", main.name),
    })
}

fn one_folder(measures: &Measures<'_>) -> Option<Decided> {
    let with_code = measures.facts.modules.iter().filter(|module| module.code > 0).count();
    if with_code != 1 || measures.sources.len() < 2 || measures.source_code < TELLING_CODE {
        return None;
    }
    let files = measures.sources_by_code();
    Some(Decided {
        decision: format!("One folder for all {}", count(files.len(), "source file")),
        rationale: "Everything is found at once, and nothing has to be decided about where a file belongs.".to_owned(),
        references: files.iter().take(3).map(|file| file.path.clone()).collect(),
        tradeoff: "A flat layout: everything is in sight; in return, nothing keeps parts from growing into each other"
            .to_owned(),
    })
}

fn rings(measures: &Measures<'_>) -> Option<Decided> {
    let facts = measures.facts;
    let ring = facts.cycles.iter().min_by_key(|ring| ring.len())?;
    let names: Vec<String> =
        ring.iter().filter_map(|place| Some(module(facts.modules.get(*place)?))).collect();
    let names = first(&names, 3);
    let inside = facts.links.iter().filter(|link| {
        link.from != link.to && ring.contains(&link.from) && ring.contains(&link.to)
    });
    Some(Decided {
        decision: format!("Modules that know each other: {names}"),
        rationale:
            "Each may use what the other offers, so a function can stand where it is written first."
                .to_owned(),
        references: inside.map(|link| at(&link.path, link.line)).collect(),
        tradeoff: format!(
            "{names} import each other: quick to write; in return, none can be read, tested or replaced alone"
        ),
    })
}

/// The first names, and the places in the same order.
fn names_and_places(types: &[(&File, &TypeFact)]) -> (String, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    for (_, one) in types {
        let name = quoted(&one.name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let places = types.iter().map(|(file, one)| lines(&file.path, one.first_line, one.last_line));
    (first(&names, 3), places.collect())
}
