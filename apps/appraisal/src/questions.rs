//! Stage 3 by rules: what an interviewer would ask about this very code.
//!
//! Candidates are thought of in four places: [`functions`] (their course, failures, purpose, growth),
//! [`structure`] (where execution begins, boundaries, rings, types), [`choices`] (dependencies, findings,
//! tests, hot and long files) and [`plain`] (any file). [`choose`] takes those that are asked.
//!
//! **Invariants.** The same facts, tree and seed give the same questions. Every key point is taken from the
//! code, or follows from what was taken. Every reference stands in the tree. No two questions are about the
//! same subject, or alike.
//!
//! **Bounds.** [`QUESTIONS_MAX`] questions of 3 to 6 key points; see `functions.rs` and `reading.rs` for
//! how much is read.

mod body;
mod candidate;
mod choices;
mod choose;
mod functions;
mod mask;
mod phrase;
mod plain;
mod reading;
mod structure;

use repository::{Facts, Tree};
use sha2::{Digest, Sha256};

use crate::Question;

use choose::Chosen;
use reading::Reading;

/// Questions of one interview, at most.
pub const QUESTIONS_MAX: usize = 10;

/// The questions about a repository: [`QUESTIONS_MAX`] where it supports them, 5 at least where a
/// file of it can be read.
///
/// `seed` makes the ids: the same seed gives the same ids, another one others. Blocks on the disk.
#[must_use]
pub fn questions(facts: &Facts, tree: &Tree, seed: &str) -> Vec<Question> {
    let reading = Reading::new(facts, tree);
    let mut candidates = structure::candidates(&reading);
    candidates.extend(functions::candidates(&reading));
    candidates.extend(choices::candidates(&reading));
    candidates.retain(|candidate| candidate.references.iter().all(|it| reading.has(it)));
    let chosen = choose::choose(candidates, plain::candidates(&reading));
    chosen.into_iter().map(|chosen| asked(chosen, seed)).collect()
}

fn asked(chosen: Chosen, seed: &str) -> Question {
    let Chosen { candidate, wording } = chosen;
    Question {
        question_id: question_id(seed, &wording),
        question: wording,
        category: candidate.category,
        difficulty: candidate.difficulty,
        file_references: candidate.references,
        key_points: candidate.key_points,
    }
}

/// A question's id, shaped as a UUID of version 8: made of the seed and the text alone.
#[must_use]
pub fn question_id(seed: &str, question: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(seed.len().to_be_bytes());
    hash.update(seed);
    hash.update(question);
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range: std::ops::Range<usize>| &digits[range];
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}
