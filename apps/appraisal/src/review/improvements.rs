//! What to do better: what a reviewer finds in the source, what is missing around it, and shapes that will
//! get in the way; most urgent first.

mod missing;
mod shape;

use std::collections::BTreeMap;

use code::{Finding, Severity};
use repository::File;

use super::measures::Measures;
use super::most_telling;
use super::phrase::{at, count, quoted};
use super::rules::issue;
use crate::{ImprovementArea, Priority};

/// An observation and its weight: from 20 on it is told though there are enough others.
type Observed = Option<(u8, ImprovementArea)>;

/// Every observation there is, beside those of the rules.
const ALL: [fn(&Measures<'_>) -> Observed; 18] = [
    missing::tests,
    missing::few_tests,
    missing::integration,
    missing::readme,
    missing::short_readme,
    missing::licence,
    missing::linter,
    missing::container,
    missing::secrets_kept_out,
    missing::versions,
    missing::history,
    missing::comments,
    shape::rings,
    shape::outward_imports,
    shape::hot_and_involved,
    shape::long_functions,
    shape::deep_functions,
    shape::long_files,
];

/// Findings of one low rule from which on they are more than taste.
const MANY_LOW: usize = 5;

pub(super) fn improvements(measures: &Measures<'_>) -> Vec<ImprovementArea> {
    let mut observed: Vec<(u8, ImprovementArea)> = found(measures);
    observed.extend(ALL.iter().filter_map(|observe| observe(measures)));
    for (_, area) in &mut observed {
        area.file_references = measures.citable(&area.file_references);
    }
    observed.retain(|(_, area)| !area.file_references.is_empty());
    let mut told = most_telling(observed);
    told.sort_by_key(|area| area.priority);
    told
}

/// An observation with its places.
fn observed(
    weight: usize,
    priority: Priority,
    issue: impl Into<String>,
    actionable_suggestion: impl Into<String>,
    file_references: Vec<String>,
) -> Observed {
    let weight = u8::try_from(weight).unwrap_or(u8::MAX);
    let (issue, actionable_suggestion) = (issue.into(), actionable_suggestion.into());
    Some((weight, ImprovementArea { issue, priority, actionable_suggestion, file_references }))
}

/// One observation for each rule that found something.
fn found(measures: &Measures<'_>) -> Vec<(u8, ImprovementArea)> {
    let mut by_rule: BTreeMap<&str, Vec<(&File, &Finding)>> = BTreeMap::new();
    for (file, finding) in &measures.findings {
        by_rule.entry(finding.rule).or_default().push((file, finding));
    }
    by_rule.into_values().filter_map(|places| of_rule(&places)).collect()
}

fn of_rule(places: &[(&File, &Finding)]) -> Observed {
    let (file, first) = places.iter().min_by_key(|(_, finding)| finding.severity)?;
    let (weight, priority) = match first.severity {
        Severity::High => (70, Priority::High),
        Severity::Medium => (40, Priority::Medium),
        Severity::Low if places.len() >= MANY_LOW => (20, Priority::Low),
        Severity::Low => (10, Priority::Low),
    };
    let title = issue(first.rule).map_or_else(|| first.rule.replace('-', " "), str::to_owned);
    let files: std::collections::BTreeSet<&str> =
        places.iter().map(|(file, _)| file.path.as_str()).collect();
    let places_in = match (places.len(), files.len()) {
        (1, _) => format!("in {}", quoted(&file.path)),
        (some, 1) => format!("in {} of {}", count(some, "place"), quoted(&file.path)),
        (some, files) => format!("in {} of {}", count(some, "place"), count(files, "file")),
    };
    let suggestion = format!("{} {} First: {}", first.why, first.better, first.message);
    let references = spread(places);
    observed(
        weight + places.len().min(15),
        priority,
        format!("{title}, {places_in}"),
        suggestion,
        references,
    )
}

/// Places of different files before further ones of the same.
fn spread(places: &[(&File, &Finding)]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranked: Vec<(Severity, usize, String)> = Vec::new();
    for (file, finding) in places {
        let nth = seen.entry(&file.path).or_default();
        ranked.push((finding.severity, *nth, at(&file.path, finding.line)));
        *nth += 1;
    }
    ranked.sort_by_key(|(severity, nth, _)| (*severity, *nth));
    ranked.into_iter().map(|(.., place)| place).collect()
}
