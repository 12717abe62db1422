//! A question that could be asked.

use crate::{Category, Difficulty};

/// Key points of a question, at least.
const POINTS_MIN: usize = 3;
/// Key points of a question, at most.
const POINTS_MAX: usize = 6;
/// References of a question, at most.
const REFERENCES_MAX: usize = 4;

/// What a question is about. Each kind has its own wording, so a kind is asked twice at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Entry,
    Boundary,
    Ring,
    Shape,
    Purpose,
    Course,
    Failure,
    Finding,
    Dependency,
    HotFile,
    Tests,
    Growth,
    Recursion,
    Division,
    Plain,
}

/// A question that could be asked.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    /// What it asks about: a function, a file, a package. Never asked twice.
    pub(super) subject: String,
    pub(super) category: Category,
    pub(super) difficulty: Difficulty,
    /// The wording, and another one for the second of its kind.
    pub(super) wordings: [String; 2],
    /// `path`, `path:line` or `path:from-to`; the first one is the subject's.
    pub(super) references: Vec<String>,
    pub(super) key_points: Vec<String>,
    /// Higher is asked first; comparable within a kind.
    pub(super) interest: f64,
}

impl Candidate {
    /// A candidate, unless too little can be said about it.
    pub(super) fn checked(self) -> Option<Self> {
        let Self { mut references, mut key_points, .. } = self;
        let mut seen: Vec<String> = Vec::new();
        key_points.retain(|point| {
            !seen.contains(point) && {
                seen.push(point.clone());
                true
            }
        });
        key_points.truncate(POINTS_MAX);
        references.dedup();
        references.truncate(REFERENCES_MAX);
        if key_points.len() < POINTS_MIN || references.is_empty() {
            return None;
        }
        Some(Self { references, key_points, ..self })
    }

    /// The file that it is about.
    pub(super) fn file(&self) -> &str {
        self.references.first().map_or("", |reference| path_of(reference))
    }
}

/// The path of a reference.
pub(super) fn path_of(reference: &str) -> &str {
    let Some((path, place)) = reference.rsplit_once(':') else { return reference };
    let is_place =
        !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_place { path } else { reference }
}

/// How hard code is, by its branches.
pub(super) fn by_branches(branches: usize) -> Difficulty {
    match branches {
        0..=4 => Difficulty::Junior,
        5..=14 => Difficulty::MidLevel,
        _ => Difficulty::Senior,
    }
}
