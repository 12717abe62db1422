//! The table: what somebody who knows the code says scores above what somebody says who does not.

use std::path::Path;

use appraisal::{Asked, Evaluation, evaluate};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Table {
    asked: Vec<Row>,
}

/// A question and six answers.
#[derive(Deserialize)]
pub struct Row {
    pub question: String,
    pub key_points: Vec<String>,
    pub answers: Answers,
}

#[derive(Deserialize)]
pub struct Answers {
    pub expert: String,
    pub good: String,
    pub partial: String,
    pub vague: String,
    pub off_topic: String,
    pub stuffed: String,
}

impl Row {
    pub fn evaluate(&self, answer: &str) -> Evaluation {
        evaluate(&Asked { question: &self.question, key_points: &self.key_points }, answer)
    }

    fn score(&self, answer: &str) -> u8 {
        self.evaluate(answer).score
    }

    /// Expert, good, partial, vague, off the topic, stuffed.
    fn scores(&self) -> [u8; 6] {
        let all = &self.answers;
        let of = [&all.expert, &all.good, &all.partial, &all.vague, &all.off_topic, &all.stuffed];
        of.map(|answer| self.score(answer))
    }
}

/// `later` was written after the weights had been set from the others.
pub const TABLES: [&str; 4] = ["serde_json", "flask", "cobra", "later"];

pub fn rows(name: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/answers/{name}.toml"));
    let table: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    table.asked
}

fn all() -> impl Iterator<Item = Row> {
    TABLES.into_iter().flat_map(rows)
}

#[test]
fn who_knows_more_scores_more_in_every_question() {
    assert!(all().count() * 6 >= 60);
    for row in all() {
        let scores = row.scores();
        let [expert, good, partial, vague, off_topic, stuffed] = scores;
        let is_ordered = expert > good && good > partial && partial > vague && vague >= off_topic;
        assert!(is_ordered, "{scores:?}: {}", row.question);
        assert!(stuffed < partial, "{scores:?}: {}", row.question);
    }
}

#[test]
fn the_kinds_lie_apart_on_the_whole() {
    let all: Vec<[u8; 6]> = all().map(|row| row.scores()).collect();
    let mean = |kind: usize| {
        let sum: usize = all.iter().map(|scores| usize::from(scores[kind])).sum();
        sum / all.len()
    };
    let means: Vec<usize> = (0..6).map(mean).collect();
    assert!(means[0] >= 75 && means[0] >= means[1] + 8, "{means:?}");
    assert!(means[1] >= means[2] + 25 && means[2] >= means[3] + 20, "{means:?}");
    assert!(means[3] > means[4] && means[4] <= 2 && means[5] <= 10, "{means:?}");
}

#[test]
fn every_single_answer_is_where_its_kind_belongs() {
    for row in all() {
        let [expert, good, partial, vague, off_topic, stuffed] = row.scores();
        let scores = row.scores();
        assert!(expert >= 55 && good >= 45 && partial < 60, "{scores:?}: {}", row.question);
        assert!(vague <= 15 && off_topic <= 5 && stuffed <= 15, "{scores:?}: {}", row.question);
    }
}

#[test]
fn an_evaluation_names_the_points_that_were_made_and_those_that_were_not() {
    for row in all() {
        for answer in [&row.answers.expert, &row.answers.partial, &row.answers.off_topic] {
            let evaluation = row.evaluate(answer);
            for point in &row.key_points {
                let is_in =
                    |lines: &[String]| lines.iter().any(|line| line.contains(point.as_str()));
                let places = [
                    is_in(&evaluation.strengths),
                    is_in(&evaluation.weaknesses),
                    is_in(&evaluation.missing_points),
                ];
                let count = places.iter().filter(|&&is_there| is_there).count();
                assert_eq!(count, 1, "{point} in {evaluation:?}");
            }
            assert!(evaluation.feedback.contains("points"), "{evaluation:?}");
        }
        let missing = row.evaluate(&row.answers.off_topic).missing_points;
        assert_eq!(missing, row.key_points, "{}", row.question);
        assert!(!row.evaluate(&row.answers.expert).strengths.is_empty());
        let stuffed = row.evaluate(&row.answers.stuffed);
        assert!(stuffed.feedback.contains("terms in a row"), "{stuffed:?}");
    }
}
