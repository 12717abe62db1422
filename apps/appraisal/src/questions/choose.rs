//! Which of the candidates are asked, and in which order.

use std::collections::HashMap;

use crate::{Category, Difficulty};

use super::QUESTIONS_MAX;
use super::candidate::{Candidate, Kind};

/// Questions of one kind.
const OF_A_KIND_MAX: usize = 2;
/// Questions about one file, while others can be asked about.
const OF_A_FILE_MAX: usize = 3;
/// Questions that there always are.
const QUESTIONS_MIN: usize = 5;
/// How many of each category are wanted.
const WANTED: [(Category, usize); 4] = [
    (Category::Implementation, 3),
    (Category::Architecture, 2),
    (Category::Tradeoffs, 3),
    (Category::Scalability, 2),
];

/// A candidate that is asked, and its wording.
pub(super) struct Chosen {
    pub(super) candidate: Candidate,
    pub(super) wording: String,
}

/// The questions, from parts and purposes to what is hard.
///
/// `plain` fills up to the number that there always is.
pub(super) fn choose(candidates: Vec<Candidate>, plain: Vec<Candidate>) -> Vec<Chosen> {
    let mut choice = Choice { left: candidates, ..Choice::default() };
    for round in 0..QUESTIONS_MAX {
        for (category, wanted) in WANTED {
            if round < wanted {
                choice.take(Some(category), OF_A_FILE_MAX);
            }
        }
    }
    while choice.chosen.len() < QUESTIONS_MAX && choice.take(None, OF_A_FILE_MAX) {}
    while choice.chosen.len() < QUESTIONS_MAX && choice.take(None, usize::MAX) {}
    choice.left = plain;
    for (category, _) in WANTED {
        let has_it = choice.chosen.iter().any(|it| it.candidate.category == category);
        if choice.chosen.len() < QUESTIONS_MAX && !has_it {
            choice.take_any(Some(category));
        }
    }
    while choice.chosen.len() < QUESTIONS_MIN && choice.take_any(None) {}
    let mut chosen = choice.chosen;
    chosen.sort_by_key(|it| (it.candidate.difficulty, rank(it.candidate.category)));
    chosen
}

fn rank(category: Category) -> u8 {
    match category {
        Category::Architecture => 0,
        Category::Implementation => 1,
        Category::Tradeoffs => 2,
        Category::Scalability => 3,
    }
}

#[derive(Default)]
struct Choice {
    left: Vec<Candidate>,
    chosen: Vec<Chosen>,
    of_kind: HashMap<u8, usize>,
    of_file: HashMap<String, usize>,
    of_difficulty: HashMap<Difficulty, usize>,
}

impl Choice {
    /// Takes the best candidate of a category, if there is one; files that were asked about less go first.
    fn take(&mut self, category: Option<Category>, of_a_file_max: usize) -> bool {
        let is_open = |it: &Candidate| {
            category.is_none_or(|category| it.category == category)
                && self.of_kind(it.kind) < OF_A_KIND_MAX
                && self.of_file(it.file()) < of_a_file_max
        };
        self.take_best(is_open_indices(&self.left, is_open))
    }

    /// As [`Choice::take`], however many of its kind and file there are.
    fn take_any(&mut self, category: Option<Category>) -> bool {
        let of = |it: &Candidate| category.is_none_or(|category| it.category == category);
        self.take_best(is_open_indices(&self.left, of))
    }

    fn take_best(&mut self, open: Vec<usize>) -> bool {
        let best = open.into_iter().max_by(|&a, &b| {
            let value = |index: usize| self.value(&self.left[index]);
            // Of two alike the first one is taken.
            value(a).total_cmp(&value(b)).then(b.cmp(&a))
        });
        let Some(best) = best else { return false };
        let candidate = self.left.remove(best);
        self.left.retain(|other| other.subject != candidate.subject);
        let kind = self.of_kind.entry(candidate.kind as u8).or_default();
        let wording = candidate.wordings[(*kind).min(1)].clone();
        *kind += 1;
        *self.of_file.entry(candidate.file().to_owned()).or_default() += 1;
        *self.of_difficulty.entry(candidate.difficulty).or_default() += 1;
        self.chosen.push(Chosen { candidate, wording });
        true
    }

    /// What a candidate adds to what was chosen already.
    fn value(&self, candidate: &Candidate) -> f64 {
        let small = super::functions::small;
        let same_kind = small(self.of_kind(candidate.kind));
        let same_file = small(self.of_file(candidate.file()));
        let same_difficulty =
            small(self.of_difficulty.get(&candidate.difficulty).copied().unwrap_or_default());
        candidate.interest - 30.0 * same_kind - 12.0 * same_file - 3.0 * same_difficulty
    }

    fn of_kind(&self, kind: Kind) -> usize {
        self.of_kind.get(&(kind as u8)).copied().unwrap_or_default()
    }

    fn of_file(&self, file: &str) -> usize {
        self.of_file.get(file).copied().unwrap_or_default()
    }
}

fn is_open_indices(left: &[Candidate], is_open: impl Fn(&Candidate) -> bool) -> Vec<usize> {
    left.iter().enumerate().filter(|(_, it)| is_open(it)).map(|(index, _)| index).collect()
}
