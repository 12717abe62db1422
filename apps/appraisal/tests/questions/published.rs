//! Code that others published.

use std::collections::BTreeSet;

use appraisal::{Asked, Category, Question, evaluate, example_answer, questions};

use crate::samples::{Sample, assert_sound, published};

fn files(questions: &[Question]) -> BTreeSet<&str> {
    let references = questions.iter().flat_map(|question| &question.file_references);
    references.map(|reference| reference.split(':').next().unwrap()).collect()
}

#[test]
fn ten_questions_of_all_kinds_are_asked_about_real_code() {
    for sample in published() {
        let questions = sample.questions();
        assert_sound(&sample, &questions);
        assert_eq!(questions.len(), 10, "{}", sample.name);
        let categories: BTreeSet<Category> = questions.iter().map(|it| it.category).collect();
        assert_eq!(categories.len(), 4, "{}", sample.name);
        let difficulties: BTreeSet<_> = questions.iter().map(|it| it.difficulty).collect();
        assert_eq!(difficulties.len(), 3, "{}", sample.name);
        assert!(files(&questions).len() >= 5, "{}: {:?}", sample.name, files(&questions));
        let is_ordered = questions.is_sorted_by_key(|question| question.difficulty);
        assert!(is_ordered, "{} does not go from easy to hard", sample.name);
        assert_names_exist(&sample, &questions);
        assert_examples_are_strong(&sample, &questions);
        assert_ids_follow_the_seed(&sample, &questions);
    }
}

/// Every name that stands alone between backticks in a key point stands in the repository.
fn assert_names_exist(sample: &Sample, questions: &[Question]) {
    let texts =
        sample.facts.files.iter().filter_map(|file| {
            Some(format!("{}\n{}", file.path, sample.tree.read(&file.path).ok()??))
        });
    let all: String = texts.collect::<Vec<_>>().join("\n");
    for question in questions {
        let points = question.key_points.iter();
        let names = points.flat_map(|point| point.split('`').skip(1).step_by(2));
        let is_name = |name: &str| name.chars().all(|it| it.is_alphanumeric() || it == '_');
        for name in names.filter(|name| is_name(name)) {
            assert!(all.contains(name), "{}: {name} of {question:?}", sample.name);
        }
    }
}

fn assert_examples_are_strong(sample: &Sample, questions: &[Question]) {
    for question in questions {
        let asked = Asked { question: &question.question, key_points: &question.key_points };
        let evaluation = evaluate(&asked, &example_answer(question));
        assert!(evaluation.score >= 60, "{}: {evaluation:?}\n{question:?}", sample.name);
        assert!(evaluate(&asked, &question.question).score <= 5, "{}: {question:?}", sample.name);
    }
}

fn assert_ids_follow_the_seed(sample: &Sample, first: &[Question]) {
    assert_eq!(sample.questions(), first, "the same seed gives something else");
    let others = questions(&sample.facts, &sample.tree, "another analysis");
    for (one, other) in first.iter().zip(&others) {
        assert_eq!(one.question, other.question);
        assert_ne!(one.question_id, other.question_id);
        let shape: Vec<usize> = one.question_id.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12], "{}", one.question_id);
    }
}
