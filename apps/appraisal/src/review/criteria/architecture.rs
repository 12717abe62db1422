//! How the components are laid out, and how well concerns are kept apart.

use std::collections::BTreeMap;

use super::super::measures::{Measures, depth};
use super::super::phrase::{count, module, number, percent, quoted, verb};
use super::{Criterion, Reading, quality, share, whether};

/// Lines of source under which it need not be parted.
const PARTED_CODE: usize = 500;
/// Functions past which a file does many things.
const MANY_FUNCTIONS: usize = 40;

pub(super) const COMPONENT_ORGANIZATION: &[Criterion] = &[
    Criterion {
        input: "source files that stand directly in one folder, on average",
        read: files_per_module,
        nothing_at: 40.0,
        all_at: 10.0,
        weight: 25,
    },
    Criterion {
        input: "share of the code in the largest module; from 500 lines of source on",
        read: largest_module,
        nothing_at: 1.0,
        all_at: 0.4,
        weight: 25,
    },
    Criterion {
        input: "share of the source in files of more than 500 lines of code",
        read: quality::long_files,
        nothing_at: 1.0,
        all_at: 0.0,
        weight: 25,
    },
    Criterion {
        input: "it is plain where execution begins (yes 1, no 0)",
        read: entry,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 25,
    },
];

pub(super) const SEPARATION_OF_CONCERNS: &[Criterion] = &[
    Criterion {
        input: "share of the modules that stand in a ring of imports, those between a folder and the folders in it left out",
        read: quality::rings,
        nothing_at: 0.60,
        all_at: 0.0,
        weight: 35,
    },
    Criterion {
        input: "share of the imports between layers that lead outwards",
        read: outward_imports,
        nothing_at: 0.40,
        all_at: 0.0,
        weight: 25,
    },
    Criterion {
        input: "modules that a module imports, on average",
        read: fan_out,
        nothing_at: 10.0,
        all_at: 2.5,
        weight: 20,
    },
    Criterion {
        input: "share of the source files with more than 40 functions",
        read: crowded_files,
        nothing_at: 0.30,
        all_at: 0.0,
        weight: 10,
    },
    Criterion {
        input: "share of functions with more than 10 branches",
        read: quality::involved_functions,
        nothing_at: 0.30,
        all_at: 0.0,
        weight: 10,
    },
];

fn files_per_module(measures: &Measures<'_>) -> Option<Reading> {
    let (files, modules) = (measures.sources.len(), measures.facts.modules.len());
    if modules == 0 {
        return None;
    }
    let says = match modules {
        1 => format!("{} in one folder", count(files, "source file")),
        _ => format!("{} in {}", count(files, "source file"), count(modules, "folder")),
    };
    Some(Reading { value: share(files, modules), says })
}

fn largest_module(measures: &Measures<'_>) -> Option<Reading> {
    let modules = &measures.facts.modules;
    let all: usize = modules.iter().map(|module| module.code).sum();
    let largest = modules.iter().max_by_key(|module| module.code)?;
    let says = match modules.len() {
        1 => "a single module holds all of the code".to_owned(),
        _ => format!(
            "the largest, {}, holds {} % of the code",
            module(largest),
            percent(largest.code, all)
        ),
    };
    (all >= PARTED_CODE).then_some(Reading { value: share(largest.code, all), says })
}

fn entry(measures: &Measures<'_>) -> Option<Reading> {
    let first = measures.facts.entry_points.first();
    let yes = first
        .map_or_else(String::new, |entry| format!("execution begins in {}", quoted(&entry.path)));
    let read = whether(first.is_some(), yes, "it is not plain where execution begins");
    read.filter(|_| !measures.sources.is_empty())
}

fn outward_imports(measures: &Measures<'_>) -> Option<Reading> {
    let modules = &measures.facts.modules;
    let depth_of = |module: usize| modules.get(module).and_then(|module| depth(module.layer?));
    let (mut outward, mut all) = (0, 0);
    for link in &measures.facts.links {
        let (Some(from), Some(to)) = (depth_of(link.from), depth_of(link.to)) else { continue };
        if from != to {
            all += link.count;
        }
        if from > to {
            outward += link.count;
        }
    }
    let says = match outward {
        0 => format!("all {} between layers lead inwards", count(all, "import")),
        _ => format!(
            "{} of the {} between layers lead outwards",
            number(outward),
            count(all, "import")
        ),
    };
    (all > 0).then_some(Reading { value: share(outward, all), says })
}

fn fan_out(measures: &Measures<'_>) -> Option<Reading> {
    let modules = measures.facts.modules.len();
    let mut imported: BTreeMap<usize, usize> = BTreeMap::new();
    for link in measures.facts.links.iter().filter(|link| link.from != link.to) {
        *imported.entry(link.from).or_default() += 1;
    }
    let all: usize = imported.values().sum();
    let value = share(all, modules);
    let says = format!("a module imports {value:.1} others on average");
    (all > 0).then_some(Reading { value, says })
}

fn crowded_files(measures: &Measures<'_>) -> Option<Reading> {
    let all = measures.sources.iter().filter(|file| !file.functions.is_empty()).count();
    let some = measures.sources.iter().filter(|file| file.functions.len() > MANY_FUNCTIONS).count();
    let says = match some {
        0 => "no file has more than 40 functions".to_owned(),
        _ => {
            format!("{} {} more than 40 functions", count(some, "file"), verb(some, "has", "have"))
        }
    };
    (all > 0).then_some(Reading { value: share(some, all), says })
}
