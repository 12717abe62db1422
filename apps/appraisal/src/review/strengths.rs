//! What is done well: observations that the facts bear, each with the places that show it.

mod design;
mod habits;

use super::measures::Measures;
use super::most_telling;
use crate::Strength;

/// An observation and its weight: from 20 on it is told though there are enough others.
type Observed = Option<(u8, Strength)>;

/// Every observation there is.
const ALL: [fn(&Measures<'_>) -> Observed; 19] = [
    habits::tests,
    design::acyclic,
    design::layers,
    design::short_functions,
    design::flat_functions,
    design::error_types,
    design::abstractions,
    design::named_types,
    habits::integration,
    habits::documentation,
    habits::comments,
    habits::clean_review,
    habits::few_dependencies,
    habits::growth,
    habits::linter,
    habits::deployment,
    habits::examples,
    habits::licence,
    design::entry,
];

pub(super) fn strengths(measures: &Measures<'_>) -> Vec<Strength> {
    let observed = ALL.iter().filter_map(|observe| {
        let (weight, mut strength) = observe(measures)?;
        strength.file_references = measures.citable(&strength.file_references);
        (!strength.file_references.is_empty()).then_some((weight, strength))
    });
    most_telling(observed.collect())
}

/// An observation with its places.
fn observed(
    weight: usize,
    pattern: impl Into<String>,
    description: impl Into<String>,
    file_references: Vec<String>,
) -> Observed {
    let weight = u8::try_from(weight).unwrap_or(u8::MAX);
    let (pattern, description) = (pattern.into(), description.into());
    Some((weight, Strength { pattern, description, file_references }))
}
