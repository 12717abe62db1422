//! Questions that any file supports, for repositories with little or no code.

use repository::{File, Role};
use text::key_terms;

use crate::{Category, Difficulty};

use super::candidate::{Candidate, Kind};
use super::phrase::{code, counted, listed, shortened};
use super::reading::Reading;

/// Files that are asked about.
const FILES_MAX: usize = 6;
/// Terms in a sentence.
const TERMS_MAX: usize = 4;

/// What is asked of a file: its category, its difficulty, the question, and a point that always holds.
type Ask = (Category, Difficulty, &'static str, &'static str);

const ASKS: &[Ask] = &[
    (
        Category::Architecture,
        Difficulty::Junior,
        "What is the part of {path} in this repository, and what would have to stand beside it before others can use it?",
        "To be used by others it needs an explanation of how to start, a licence, and tests or examples that show it works.",
    ),
    (
        Category::Implementation,
        Difficulty::Junior,
        "Walk me through {path} from its first line to its last: what is there, and why in this order?",
        "Its order should follow its reader: what it is for first, the details after that.",
    ),
    (
        Category::Tradeoffs,
        Difficulty::MidLevel,
        "What did you leave out of {path} on purpose, and what would adding it have cost?",
        "Leaving something out keeps it short and quick to finish; the price is that the reader has to find out the rest.",
    ),
    (
        Category::Scalability,
        Difficulty::MidLevel,
        "Suppose {path} becomes ten times as long and ten people change it. What breaks first, and how would you prepare for that?",
        "One file that everybody changes means conflicts: it has to be split by topic, with an owner for each part.",
    ),
    (
        Category::Implementation,
        Difficulty::MidLevel,
        "How would you find out by a machine that something in {path} is wrong?",
        "A check that runs on every change, in continuous integration, finds mistakes before a reader does.",
    ),
];

pub(super) fn candidates(reading: &Reading<'_>) -> Vec<Candidate> {
    let mut files: Vec<&File> = reading.facts.files.iter().collect();
    files.sort_by_key(|file| (weight(file.role), std::cmp::Reverse(file.lines), file.path.clone()));
    files.truncate(FILES_MAX);
    files
        .into_iter()
        .enumerate()
        .flat_map(|(at, file)| about(reading, file, at))
        .filter_map(Candidate::checked)
        .collect()
}

fn weight(role: Role) -> u8 {
    match role {
        Role::Source => 0,
        Role::Documentation => 1,
        Role::Configuration => 2,
        Role::Example | Role::Test => 3,
        Role::Other | Role::Generated => 4,
    }
}

fn about(reading: &Reading<'_>, file: &File, rank: usize) -> Vec<Candidate> {
    let text = reading.text(&file.path).unwrap_or_default();
    let terms: Vec<String> =
        key_terms(&text, TERMS_MAX).into_iter().map(|term| term.text).collect();
    let first = text.lines().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric));
    let last =
        text.lines().rev().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric));
    let mut points = Vec::new();
    points.extend((!terms.is_empty()).then(|| format!("It is about {}.", listed(&terms))));
    points.extend(first.map(|line| format!("It begins with {}.", code(&shortened(line, 60)))));
    points.extend(
        last.filter(|line| Some(*line) != first)
            .map(|line| format!("It ends with {}.", code(&shortened(line, 60)))),
    );
    points.push(format!(
        "It has {} and is one of {} here.",
        counted(file.lines, "line", "lines"),
        counted(reading.facts.files.len(), "file", "files")
    ));
    let asks = ASKS.iter().enumerate().map(|(number, (category, difficulty, question, point))| {
        let wording = question.replace("{path}", &code(&file.path));
        let mut key_points = points.clone();
        key_points.insert(1.min(key_points.len()), (*point).to_owned());
        key_points.push(
            "Whoever reads it is no machine: say who it is for, and what they want from it."
                .to_owned(),
        );
        Candidate {
            kind: Kind::Plain,
            subject: format!("plain {number}"),
            category: *category,
            difficulty: *difficulty,
            wordings: [wording.clone(), wording],
            references: vec![file.path.clone()],
            key_points,
            interest: -super::functions::small(rank),
        }
    });
    asks.collect()
}
