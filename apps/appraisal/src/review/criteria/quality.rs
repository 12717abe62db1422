//! How the code reads, and how safely it can be changed.

use code::{Function, Severity};

use super::super::measures::{
    DEEP_LEVELS, LONG_FILE_CODE, LONG_LINES, MANY_BRANCHES, Measures, lines,
};
use super::super::phrase::{count, list, part, verb};
use super::{Criterion, Reading, per_lines, rate, reading, share};

/// Parameters past which a function has many.
const MANY_PARAMETERS: usize = 5;

pub(super) const READABILITY: &[Criterion] = &[
    Criterion {
        input: "length that 9 functions of 10 do not pass, in lines",
        read: usual_length,
        nothing_at: 100.0,
        all_at: 25.0,
        weight: 30,
    },
    Criterion {
        input: "share of functions that nest more than 3 levels deep",
        read: deep_functions,
        nothing_at: 0.20,
        all_at: 0.0,
        weight: 20,
    },
    Criterion {
        input: "share of functions with more than 10 branches",
        read: involved_functions,
        nothing_at: 0.30,
        all_at: 0.0,
        weight: 20,
    },
    Criterion {
        input: "lines of comment per line of code and comment",
        read: comments,
        nothing_at: 0.0,
        all_at: 0.15,
        weight: 15,
    },
    Criterion {
        input: "share of the source in files of more than 500 lines of code",
        read: long_files,
        nothing_at: 1.0,
        all_at: 0.0,
        weight: 10,
    },
    Criterion {
        input: "share of functions with more than 5 parameters",
        read: long_parameter_lists,
        nothing_at: 0.20,
        all_at: 0.0,
        weight: 5,
    },
];

pub(super) const MAINTAINABILITY: &[Criterion] = &[
    Criterion {
        input: "lines of test code per line of source",
        read: tests,
        nothing_at: 0.0,
        all_at: 0.5,
        weight: 30,
    },
    Criterion {
        input: "share of the lines of functions that stand in functions of more than 50 lines",
        read: lines_in_long_functions,
        nothing_at: 0.60,
        all_at: 0.0,
        weight: 25,
    },
    Criterion {
        input: "share of the modules that stand in a ring of imports, those between a folder and the folders in it left out",
        read: rings,
        nothing_at: 0.60,
        all_at: 0.0,
        weight: 20,
    },
    Criterion {
        input: "findings of high or medium severity per 1,000 lines of source",
        read: findings,
        nothing_at: 20.0,
        all_at: 0.0,
        weight: 25,
    },
];

fn usual_length(measures: &Measures<'_>) -> Option<Reading> {
    let length = measures.usual_length()?;
    let functions = measures.functions.len();
    let says = if functions == 1 {
        format!("the only function has {}", count(length, "line"))
    } else {
        format!(
            "nine of ten of the {} have at most {}",
            count(functions, "function"),
            count(length, "line")
        )
    };
    reading(super::figure(length), says)
}

fn deep_functions(measures: &Measures<'_>) -> Option<Reading> {
    let is_deep = |function: &Function| function.nesting > DEEP_LEVELS;
    functions(measures, ["nests", "nest"], "more than three levels deep", is_deep)
}

pub(super) fn involved_functions(measures: &Measures<'_>) -> Option<Reading> {
    let is_involved = |function: &Function| function.branches > MANY_BRANCHES;
    functions(measures, ["has", "have"], "more than ten branches", is_involved)
}

fn long_parameter_lists(measures: &Measures<'_>) -> Option<Reading> {
    let is_long = |function: &Function| function.parameters.len() > MANY_PARAMETERS;
    functions(measures, ["takes", "take"], "more than five parameters", is_long)
}

fn functions(
    measures: &Measures<'_>,
    [one, many]: [&'static str; 2],
    what: &str,
    is_so: impl Fn(&Function) -> bool,
) -> Option<Reading> {
    let all = measures.functions.len();
    let some = measures.functions_that(is_so);
    let says = match some {
        0 => format!("no function {one} {what}"),
        _ => format!(
            "{} ({}) {} {what}",
            count(some, "function"),
            part(some, all),
            verb(some, one, many)
        ),
    };
    (all > 0).then_some(Reading { value: share(some, all), says })
}

fn comments(measures: &Measures<'_>) -> Option<Reading> {
    let (comments, code) = (measures.source_comments, measures.source_code);
    let of_all = part(comments, comments + code);
    let says = format!("{of_all} of the lines of the source are comments");
    (code > 0).then_some(Reading { value: share(comments, comments + code), says })
}

pub(super) fn long_files(measures: &Measures<'_>) -> Option<Reading> {
    let long = measures.sources.iter().filter(|file| file.code > LONG_FILE_CODE);
    let (some, code) = long.fold((0, 0), |(some, code), file| (some + 1, code + file.code));
    let all: usize = measures.sources.iter().map(|file| file.code).sum();
    let says = match some {
        0 => "no source file has more than 500 lines of code".to_owned(),
        _ => format!(
            "{} of more than 500 lines {} {} of the code",
            count(some, "file"),
            verb(some, "holds", "hold"),
            part(code, all)
        ),
    };
    (all > 0).then_some(Reading { value: share(code, all), says })
}

fn tests(measures: &Measures<'_>) -> Option<Reading> {
    let says = test_lines(measures);
    reading(share(measures.test_code, measures.source_code.max(1)), says)
}

/// How many lines of test code there are.
pub(super) fn test_lines(measures: &Measures<'_>) -> String {
    if measures.test_code == 0 {
        return "no tests were found".to_owned();
    }
    format!(
        "{} of tests stand beside {} of source",
        count(measures.test_code, "line"),
        count(measures.source_code, "line")
    )
}

fn lines_in_long_functions(measures: &Measures<'_>) -> Option<Reading> {
    let all: usize = measures.functions.iter().map(super::super::measures::Place::lines).sum();
    let long = measures.functions.iter().filter(|place| place.lines() > LONG_LINES);
    let (some, long) =
        long.fold((0, 0), |(some, sum), place| (some + 1, sum + lines(place.function)));
    let says = match some {
        0 => "no function is longer than 50 lines".to_owned(),
        _ => format!(
            "{} longer than 50 lines {} {} of the lines of all functions",
            count(some, "function"),
            verb(some, "holds", "hold"),
            part(long, all)
        ),
    };
    (all > 0).then_some(Reading { value: share(long, all), says })
}

pub(super) fn rings(measures: &Measures<'_>) -> Option<Reading> {
    let (some, all) = (measures.modules_in_rings(), measures.facts.modules.len());
    let says = match (some, measures.rings.len()) {
        (0, _) => "no separate modules import each other in a ring".to_owned(),
        (_, 1) => format!("{some} of the {} import each other in a ring", count(all, "module")),
        (_, rings) => {
            format!("{some} of the {} import each other in {rings} rings", count(all, "module"))
        }
    };
    // Where no import could be read at all, nothing is known of rings.
    let is_known = all > 1 && !measures.facts.links.is_empty();
    is_known.then_some(Reading { value: share(some, all), says })
}

fn findings(measures: &Measures<'_>) -> Option<Reading> {
    let (high, both) = (measures.grave(Severity::High), measures.grave(Severity::Medium));
    let value = per_lines(both, measures)?;
    if both == 0 {
        return reading(value, "a review by rules found nothing grave");
    }
    let kinds = [(high, "of high"), (both - high, "of medium")];
    let told: Vec<String> = kinds
        .iter()
        .filter(|(some, _)| *some > 0)
        .map(|(some, what)| format!("{} {what}", count(*some, "place")))
        .collect();
    let says = format!(
        "a review by rules found {} severity ({} per 1,000 lines)",
        list(&told),
        rate(both, measures)
    );
    reading(value, says)
}
