//! Asks a model once more for the references of claims that have none that holds.
//!
//! **Bounds.** [`ASKED_MAX`] claims a repair; its material up to `REPAIR_TOKENS_MAX`.

use intelligence::Prompt;
use schemars::JsonSchema;
use serde::Deserialize;

use super::tokens::{Budget, REPAIR_TOKENS_MAX};
use super::{CLAIMS_MAX, Draft, REFERENCES_MAX, digest};
use crate::{Citation, Material};

/// Claims of one repair.
const ASKED_MAX: usize = 20;
/// Tokens of the claims; the rest is for the list of files.
const CLAIMS_TOKENS_MAX: usize = REPAIR_TOKENS_MAX / 3 * 2;
/// Characters of a claim and of a reference that are told.
const TEXT_CHARS_MAX: usize = 160;

const TASK: &str = "Some claims about a repository cite places that are not there. For each `claim` of the \
    material give references that hold, as `path`, `path:line` or `path:from-to`: only paths of `files`, and \
    only lines within their number. Where no file shows what a claim says, give it no references.";

/// References for claims.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repairs {
    /// One for each claim.
    repairs: Vec<Repair>,
}

/// References for one claim.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Repair {
    /// The claim's number.
    claim: u32,
    /// Where it shows; empty if nowhere.
    file_references: Vec<String>,
}

/// What is to be repaired.
pub(super) struct Faults {
    /// What the model is asked.
    pub(super) prompt: Prompt,
    /// The numbers of the claims it is asked about.
    pub(super) claims: Vec<usize>,
}

/// The claims without a reference that holds; `None` where there is no such claim.
pub(super) fn faults<D: Draft>(draft: &mut D, material: &Material) -> Option<Faults> {
    let mut budget = Budget::new(CLAIMS_TOKENS_MAX);
    let mut prompt = Prompt::new(TASK);
    let mut claims = Vec::new();
    let mut named = String::new();
    for (number, claim) in draft.claims().into_iter().take(CLAIMS_MAX).enumerate() {
        let Some(fault) = fault(claim.references, material) else { continue };
        let told = format!("{number}: {} ({fault})", cut(claim.text));
        if claims.len() < ASKED_MAX && budget.take(&told) {
            prompt = prompt.with("claim", &told);
            claims.push(number);
            named.push_str(&told);
        }
    }
    if claims.is_empty() {
        return None;
    }
    let mut files = digest::files(&material.facts);
    files.sort_by_cached_key(|file| !is_near(file, &named));
    let mut budget = Budget::new(REPAIR_TOKENS_MAX - CLAIMS_TOKENS_MAX);
    let files = budget.take_lines(files, REPAIR_TOKENS_MAX);
    Some(Faults { prompt: prompt.with("files", &files), claims })
}

/// Puts repairs into the draft, for the claims that were asked about; tells whether there are any.
pub(super) fn apply<D: Draft>(draft: &mut D, asked: &[usize], repairs: Repairs) -> bool {
    let mut claims = draft.claims();
    let mut is_changed = false;
    for repair in repairs.repairs {
        let number = usize::try_from(repair.claim).unwrap_or(usize::MAX);
        let claim = claims.get_mut(number).filter(|_| asked.contains(&number));
        let Some(claim) = claim.filter(|_| !repair.file_references.is_empty()) else { continue };
        *claim.references = repair.file_references;
        is_changed = true;
    }
    is_changed
}

/// Whether a file's name stands in what the claims say.
fn is_near(file: &str, named: &str) -> bool {
    let path = file.split(" (").next().unwrap_or(file);
    let name = path.rsplit('/').next().unwrap_or(path);
    named.contains(name)
}

/// What is wrong with references of which none holds.
fn fault(references: &[String], material: &Material) -> Option<String> {
    let mut told = Vec::new();
    for reference in references.iter().take(REFERENCES_MAX) {
        match Citation::mend(reference, material) {
            Ok(_) => return None,
            Err(error) => told.push(format!("{} {error}", cut(reference))),
        }
    }
    Some(if told.is_empty() { "cites nothing".to_owned() } else { told.join("; ") })
}

fn cut(text: &str) -> &str {
    &text[..text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end)]
}
