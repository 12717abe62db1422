//! What surrounds the code, how near it is to being run for others, and what it shows of its author.

use code::Severity;

use super::super::measures::Measures;
use super::super::phrase::{count, number, percent, verb};
use super::quality::test_lines;
use super::{Criterion, Reading, figure, per_lines, rate, reading, share, whether};

/// Characters of a commit's subject that say little.
const SHORT_SUBJECT_CHARS: f64 = 6.0;

pub(super) const BEST_PRACTICES: &[Criterion] = &[
    Criterion {
        input: "lines of test code per line of source",
        read: tests,
        nothing_at: 0.0,
        all_at: 0.4,
        weight: 35,
    },
    Criterion {
        input: "continuous integration is set up (yes 1, no 0)",
        read: integration,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 15,
    },
    Criterion {
        input: "findings of high severity per 1,000 lines of source",
        read: grave_findings,
        nothing_at: 5.0,
        all_at: 0.0,
        weight: 15,
    },
    Criterion {
        input: "lines of the README",
        read: readme,
        nothing_at: 0.0,
        all_at: 20.0,
        weight: 10,
    },
    Criterion {
        input: "a linter or formatter is configured (yes 1, no 0)",
        read: linter,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 10,
    },
    Criterion {
        input: "mean characters of a commit's subject; 6 where one commit brought nearly all",
        read: subjects,
        nothing_at: SHORT_SUBJECT_CHARS,
        all_at: 25.0,
        weight: 10,
    },
    Criterion {
        input: "there is a licence (yes 1, no 0)",
        read: licence,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 5,
    },
];

pub(super) const PRODUCTION_READINESS: &[Criterion] = &[
    Criterion {
        input: "lines of test code per line of source",
        read: tests,
        nothing_at: 0.0,
        all_at: 0.4,
        weight: 20,
    },
    Criterion {
        input: "continuous integration is set up (yes 1, no 0)",
        read: integration,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 20,
    },
    Criterion {
        input: "findings about errors that are lost, panics, open resources and missing timeouts, per 1,000 lines",
        read: lost_errors,
        nothing_at: 12.0,
        all_at: 0.0,
        weight: 20,
    },
    Criterion {
        input: "findings about security, and files of secrets that are committed",
        read: open_doors,
        nothing_at: 4.0,
        all_at: 0.0,
        weight: 15,
    },
    Criterion {
        input: "a container or a deployment is described (yes 1, no 0); not for libraries",
        read: containers,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 10,
    },
    Criterion {
        input: "configuration stands apart from code (yes 1, no 0); not for libraries",
        read: configuration,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 5,
    },
    Criterion {
        input: "lines of the README",
        read: readme,
        nothing_at: 0.0,
        all_at: 20.0,
        weight: 5,
    },
    Criterion {
        input: "there is a licence (yes 1, no 0)",
        read: licence,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 5,
    },
];

pub(super) const SUBSTANCE: &[Criterion] = &[
    Criterion {
        input: "lines of source code",
        read: size,
        nothing_at: 0.0,
        all_at: 3_000.0,
        weight: 50,
    },
    Criterion {
        input: "days on which something was committed",
        read: active_days,
        nothing_at: 1.0,
        all_at: 30.0,
        weight: 30,
    },
    Criterion {
        input: "the history shows how it grew: no single commit brought nearly all of it (yes 1, no 0)",
        read: growth,
        nothing_at: 0.0,
        all_at: 1.0,
        weight: 20,
    },
];

fn tests(measures: &Measures<'_>) -> Option<Reading> {
    let of_source = percent(measures.test_code, measures.source_code.max(1));
    let says = match measures.test_code {
        0 => test_lines(measures),
        _ => format!("tests come to {}{of_source} % of the source's lines", over(measures)),
    };
    reading(share(measures.test_code, measures.source_code.max(1)), says)
}

fn over(measures: &Measures<'_>) -> &'static str {
    if measures.test_code > measures.source_code { "over " } else { "" }
}

fn integration(measures: &Measures<'_>) -> Option<Reading> {
    let is_there = !measures.facts.practices.ci.is_empty();
    whether(is_there, "continuous integration is set up", "continuous integration is missing")
}

fn linter(measures: &Measures<'_>) -> Option<Reading> {
    let is_there = !measures.facts.practices.linters.is_empty();
    whether(is_there, "a linter or formatter is configured", "no linter or formatter is configured")
}

fn licence(measures: &Measures<'_>) -> Option<Reading> {
    let practices = &measures.facts.practices;
    let yes = practices.licence.map_or_else(
        || "there is a licence".to_owned(),
        |licence| format!("the licence is {licence}"),
    );
    whether(!practices.licences.is_empty(), yes, "there is no licence")
}

fn readme(measures: &Measures<'_>) -> Option<Reading> {
    let lines = measures.readme().map_or(0, |readme| readme.lines);
    let says = match lines {
        0 => "there is no README".to_owned(),
        _ => format!("the README has {}", count(lines, "line")),
    };
    reading(figure(lines), says)
}

fn subjects(measures: &Measures<'_>) -> Option<Reading> {
    let history = &measures.facts.history;
    if history.commits == 0 {
        return None;
    }
    if history.is_one_big_commit {
        return reading(SHORT_SUBJECT_CHARS, "one commit brought nearly all of the code");
    }
    let chars = history.mean_subject_chars;
    reading(chars, format!("a commit's subject has {chars:.0} characters on average"))
}

fn grave_findings(measures: &Measures<'_>) -> Option<Reading> {
    let grave = measures.grave(Severity::High);
    let says = match grave {
        0 => "no finding is of high severity".to_owned(),
        _ => format!("{} {} of high severity", count(grave, "finding"), verb(grave, "is", "are")),
    };
    reading(per_lines(grave, measures)?, says)
}

fn lost_errors(measures: &Measures<'_>) -> Option<Reading> {
    let lost = measures.about_errors();
    let says = match lost {
        0 => "no error was seen to be lost and no panic left to chance".to_owned(),
        _ => format!(
            "{} {} an error, panic{} or wait{} without bound ({} per 1,000 lines)",
            count(lost, "place"),
            verb(lost, "drops", "drop"),
            verb(lost, "s", ""),
            verb(lost, "s", ""),
            rate(lost, measures)
        ),
    };
    reading(per_lines(lost, measures)?, says)
}

fn open_doors(measures: &Measures<'_>) -> Option<Reading> {
    let (found, files) = (measures.about_security(), measures.facts.skipped.secrets);
    let says = match (found, files) {
        (0, 0) => "no open door was found".to_owned(),
        (_, 0) => format!("{} about security", count(found, "finding")),
        (0, _) => format!(
            "{} that by name {} secrets",
            count(files, "committed file"),
            verb(files, "holds", "hold")
        ),
        _ => format!(
            "{} about security, and {} that by name {} secrets",
            count(found, "finding"),
            count(files, "committed file"),
            verb(files, "holds", "hold")
        ),
    };
    reading(figure(found.saturating_add(files)), says)
}

fn containers(measures: &Measures<'_>) -> Option<Reading> {
    let is_there = !measures.facts.practices.containers.is_empty();
    let read =
        whether(is_there, "its deployment is described", "nothing describes how it is deployed");
    read.filter(|_| !measures.is_library())
}

fn configuration(measures: &Measures<'_>) -> Option<Reading> {
    let is_there = !measures.facts.practices.configuration.is_empty();
    let read = whether(
        is_there,
        "configuration stands apart from the code",
        "no configuration apart from the code was found",
    );
    read.filter(|_| !measures.is_library())
}

fn size(measures: &Measures<'_>) -> Option<Reading> {
    let code = measures.source_code;
    reading(figure(code), format!("{} of source", count(code, "line")))
}

fn active_days(measures: &Measures<'_>) -> Option<Reading> {
    let history = &measures.facts.history;
    let days = usize::try_from(history.active_days).unwrap_or(usize::MAX);
    let more = if history.is_cut { "at least " } else { "" };
    let says = format!("work on {more}{}", count(days, "day"));
    (history.commits > 0).then_some(Reading { value: figure(days), says })
}

fn growth(measures: &Measures<'_>) -> Option<Reading> {
    let history = &measures.facts.history;
    let more = if history.is_cut { "more than " } else { "" };
    let yes = format!("{more}{} that show how it grew", count(history.commits, "commit"));
    let no = match history.commits {
        1 => "a single commit, which does not show how it grew".to_owned(),
        some => format!("{} commits, one of which brought nearly all", number(some)),
    };
    let read = whether(!history.is_one_big_commit && history.commits > 1, yes, no);
    read.filter(|_| history.commits > 0)
}
