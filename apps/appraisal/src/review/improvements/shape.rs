//! Shapes of the code that will get in the way.

use super::super::measures::{
    DEEP_LEVELS, LONG_FILE_CODE, LONG_LINES, MANY_BRANCHES, Measures, Place, depth, lines,
};
use super::super::phrase::{at, count, first, module, quoted, span, verb};
use super::{Observed, observed};
use crate::Priority;

/// Files of the hottest that are looked at for the most involved functions.
const HOT_FILES: usize = 10;
/// Modules of a ring that are named.
const RING_NAMES_MAX: usize = 5;

pub(super) fn rings(measures: &Measures<'_>) -> Observed {
    let facts = measures.facts;
    let ring = measures.rings.iter().min_by_key(|ring| ring.len())?;
    let name = |place: &usize| facts.modules.get(*place).map(module);
    let names: Vec<String> = ring.iter().filter_map(name).collect();
    let names = first(&names, RING_NAMES_MAX);
    let in_ring = facts.links.iter().filter(|link| {
        link.from != link.to && ring.contains(&link.from) && ring.contains(&link.to)
    });
    let mut links: Vec<_> = in_ring.collect();
    links.sort_by_key(|link| link.count);
    let issue = match measures.rings.len() {
        1 => format!("Modules that import each other in a ring: {names}"),
        rings => {
            format!("{rings} rings of modules that import each other, the smallest of {names}")
        }
    };
    let thinnest = links.first()?;
    let suggestion = format!(
        "Cut the ring where it is thinnest: {} is {} from {} to {}. Move what both sides need into a module below them, \
         or hand it in as an argument.",
        quoted(&at(&thinnest.path, thinnest.line)),
        if thinnest.count == 1 {
            "the only import".to_owned()
        } else {
            format!("one of {} imports", thinnest.count)
        },
        name(&thinnest.from)?,
        name(&thinnest.to)?,
    );
    let priority = if measures.rings.len() > 2 { Priority::High } else { Priority::Medium };
    let references = links.iter().map(|link| at(&link.path, link.line)).collect();
    observed(42 + measures.rings.len().min(10), priority, issue, suggestion, references)
}

pub(super) fn outward_imports(measures: &Measures<'_>) -> Observed {
    let modules = &measures.facts.modules;
    let layer_of = |module: usize| modules.get(module).and_then(|module| module.layer);
    let mut outward: Vec<_> = measures
        .facts
        .links
        .iter()
        .filter_map(|link| {
            let (from, to) = (layer_of(link.from)?, layer_of(link.to)?);
            (depth(from)? > depth(to)?).then_some((link, from, to))
        })
        .collect();
    outward.sort_by_key(|(link, ..)| link.count);
    let (thinnest, from, to) = outward.first()?;
    let issue = format!(
        "{} from inner layers to outer ones",
        count(outward.iter().map(|(link, ..)| link.count).sum(), "import")
    );
    let suggestion = format!(
        "{} belongs to {from} and imports {to}. Turn it round: let the inner layer say what it needs and the outer \
         one hand it in.",
        quoted(&thinnest.path)
    );
    let references = outward.iter().map(|(link, ..)| at(&link.path, link.line)).collect();
    observed(36, Priority::Medium, issue, suggestion, references)
}

pub(super) fn hot_and_involved(measures: &Measures<'_>) -> Observed {
    let hot = measures.facts.history.hot_files.iter().take(HOT_FILES);
    let involved = measures.functions_by(|function| function.branches);
    let (hot, place) = hot
        .filter(|hot| hot.commits > 2)
        .filter_map(|hot| {
            let place = involved.iter().find(|place| place.file.path == hot.path)?;
            (place.function.branches > MANY_BRANCHES).then_some((hot, place))
        })
        .max_by_key(|(hot, place)| hot.commits * place.function.branches)?;
    let issue = format!("{} changes often and is involved", quoted(&hot.path));
    let suggestion = format!(
        "{} of those that were read changed it, and {} has {} in {}: cover it with tests, then take its cases \
         apart, because every change passes here.",
        count(hot.commits, "commit"),
        quoted(&place.function.name),
        count(place.function.branches, "branch"),
        count(place.lines(), "line"),
    );
    observed(33, Priority::Medium, issue, suggestion, vec![span(place.file, place.function)])
}

pub(super) fn long_functions(measures: &Measures<'_>) -> Observed {
    let mut longest = measures.functions_by(lines);
    // What never branches is long as a table is.
    longest.retain(|place| place.function.branches > 0);
    let long = longest.iter().filter(|place| place.lines() > LONG_LINES).count();
    let first = longest.first()?;
    let issue = match long {
        0 => format!("The longest function, {}, could be shorter", quoted(&first.function.name)),
        1 => "A function longer than 50 lines".to_owned(),
        _ => format!("{} longer than 50 lines", count(long, "function")),
    };
    let suggestion = format!(
        "Begin with {}: its {} and {} become readable when each step has a function and a name of its own.",
        quoted(&first.function.name),
        count(first.lines(), "line"),
        count(first.function.branches, "branch"),
    );
    let references = cited(&longest, long.clamp(1, 3));
    let is_much = long * 20 > measures.functions.len();
    let (weight, priority) = match long {
        0 => (4, Priority::Low),
        _ if is_much => (35, Priority::Medium),
        _ => (22, Priority::Low),
    };
    observed(weight, priority, issue, suggestion, references)
}

pub(super) fn deep_functions(measures: &Measures<'_>) -> Observed {
    let deepest = measures.functions_by(|function| function.nesting);
    let deep = deepest.iter().filter(|place| place.function.nesting > DEEP_LEVELS).count();
    let first = deepest.first()?;
    let levels = count(first.function.nesting, "level");
    let (weight, issue) = match deep {
        0 => (3, format!("The deepest function, {}, nests {levels}", quoted(&first.function.name))),
        _ => (
            21 + (deep * 100 / measures.functions.len().max(1)).min(15),
            format!(
                "{} that {} more than three levels deep",
                count(deep, "function"),
                verb(deep, "nests", "nest")
            ),
        ),
    };
    let suggestion = format!(
        "In {} ({levels}) return or continue early for what is not handled, and move the innermost block into a \
         function: a reader then has fewer conditions to hold in mind.",
        quoted(&first.function.name),
    );
    let priority = if weight > 25 { Priority::Medium } else { Priority::Low };
    observed(weight, priority, issue, suggestion, cited(&deepest, deep.clamp(1, 3)))
}

fn cited(places: &[Place<'_>], some: usize) -> Vec<String> {
    places.iter().take(some).map(|place| span(place.file, place.function)).collect()
}

pub(super) fn long_files(measures: &Measures<'_>) -> Observed {
    let files = measures.sources_by_code();
    let long = files.iter().filter(|file| file.code > LONG_FILE_CODE).count();
    let first = files.first()?;
    let (weight, issue) = match long {
        0 => (2, format!("{} is the largest file", quoted(&first.path))),
        1 => (23, format!("{} has {}", quoted(&first.path), count(first.code, "line of code"))),
        _ => (26, format!("{} of more than 500 lines of code", count(long, "file"))),
    };
    let suggestion = format!(
        "{} holds {}{}. Split it by what its functions are about, so that a change has an obvious place.",
        quoted(&first.path),
        count(first.code, "line of code"),
        match first.functions.len() {
            0 => String::new(),
            some => format!(" and {}", count(some, "function")),
        },
    );
    let references = files.iter().take(long.clamp(1, 3)).map(|file| file.path.clone()).collect();
    observed(weight, Priority::Low, issue, suggestion, references)
}
