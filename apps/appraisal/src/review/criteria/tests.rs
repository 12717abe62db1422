//! The formulas, and the page that tells them.

use super::super::measures::Measures;
use super::super::{ARCHITECTURE, EMPLOYABILITY, QUALITY};
use super::{
    BEST_PRACTICES, COMPONENT_ORGANIZATION, Criterion, EVIDENCE_CODE, MAINTAINABILITY, MIDDLE,
    PER_LINES_MIN, PRODUCTION_READINESS, READABILITY, SEPARATION_OF_CONCERNS, SUBSTANCE, Score,
};
use repository::{Facts, File, Role};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scores.md");
const BEGIN: &str = "<!-- made from the code: UPDATE=1 cargo test -p appraisal the_page -->\n";
const END: &str = "<!-- until here -->\n";

const SCORES: [&Score; 7] = [
    &READABILITY,
    &MAINTAINABILITY,
    &BEST_PRACTICES,
    &COMPONENT_ORGANIZATION,
    &SEPARATION_OF_CONCERNS,
    &PRODUCTION_READINESS,
    &SUBSTANCE,
];

#[test]
fn the_page_about_scores_says_what_the_code_does() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (head, rest) = page.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let wanted = format!("{head}{BEGIN}{}{END}{tail}", tables());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(PAGE).unwrap();
    assert!(found == wanted, "docs/scores.md differs from the code; write it with UPDATE=1");
}

fn tables() -> String {
    let mut page = String::new();
    page += &format!(
        "\nA score marked with * is drawn to {MIDDLE} where there is little source: by as much as lines of source fall \
         short of {EVIDENCE_CODE}.\nFindings per 1,000 lines are counted over at least {PER_LINES_MIN} lines.\n"
    );
    for score in SCORES {
        let star = if score.needs_evidence { " *" } else { "" };
        page += &format!("\n### {}{star}\n\n", score.name);
        page += "| figure | 0 points at | 100 points at | weight |\n|---|---|---|---|\n";
        for Criterion { input, nothing_at, all_at, weight, .. } in score.criteria {
            page += &format!("| {input} | {nothing_at} | {all_at} | {weight} |\n");
        }
    }
    page += "\n### Scores that are means of others\n\n| score | of | weight |\n|---|---|---|\n";
    for (name, parts) in [
        ("codeQuality.score", &QUALITY[..]),
        ("architectureClarity.score", &ARCHITECTURE[..]),
        ("employabilitySignal.score", &EMPLOYABILITY[..]),
    ] {
        for (part, weight) in parts {
            page += &format!("| {name} | {part} | {weight} |\n");
        }
    }
    page + "\n"
}

#[test]
fn weights_are_hundredths() {
    for score in SCORES {
        let all: u32 = score.criteria.iter().map(|criterion| u32::from(criterion.weight)).sum();
        assert_eq!(all, 100, "{}", score.name);
    }
    for parts in [&QUALITY[..], &ARCHITECTURE[..], &EMPLOYABILITY[..]] {
        assert_eq!(parts.iter().map(|(_, weight)| u32::from(*weight)).sum::<u32>(), 100);
    }
}

#[test]
fn points_lie_on_a_line_between_the_two_values_and_are_flat_outside() {
    let criterion =
        Criterion { input: "", read: |_| None, nothing_at: 0.5, all_at: 0.1, weight: 1 };
    for (value, points) in [(0.9, 0.0), (0.5, 0.0), (0.3, 50.0), (0.1, 100.0), (-3.0, 100.0)] {
        assert!((criterion.points(value) - points).abs() < 1e-9, "{value}");
    }
}

#[test]
fn without_anything_to_measure_a_score_is_in_the_middle() {
    let facts = Facts::default();
    let judged = READABILITY.judge(&Measures::of(&facts));
    assert_eq!((judged.score, judged.says.len()), (50, 0));
}

#[test]
fn little_source_is_judged_near_the_middle() {
    let with_code = |code| {
        let file = File {
            path: "a.c".to_owned(),
            role: Role::Source,
            lines: code * 2,
            code,
            comments: code,
            ..File::default()
        };
        let facts = Facts { files: vec![file], ..Facts::default() };
        READABILITY.judge(&Measures::of(&facts)).score
    };
    assert_eq!(with_code(3), 51);
    assert_eq!(with_code(150), 75);
    assert_eq!(with_code(300), 100);
}
