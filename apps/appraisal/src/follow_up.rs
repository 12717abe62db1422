//! What to ask after an answer, and what a good answer sounds like.
//!
//! **Invariants.** A middling answer is asked for what it left out, without giving it away; a strong one for
//! what lies below; a weak or void one is not followed up. The points of a follow-up are the question's that
//! were not made, else the consequences of those that were.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use text::words;

use crate::{Category, Evaluation, Question};

/// The score from which on an answer is middling.
const MIDDLING: u8 = 30;
/// The score from which on an answer is strong.
const STRONG: u8 = 70;
/// Key points of a follow-up, at most.
const POINTS_MAX: usize = 3;

/// A question about an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The question.
    pub question: String,
    /// What it is for.
    pub kind: FollowUpKind,
    /// What a good answer says, a sentence each, 1 to 4.
    pub key_points: Vec<String>,
}

/// What a follow-up is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpKind {
    /// After a middling answer: what it left out.
    Clarifying,
    /// After a strong answer: what lies below it.
    DeeperTechnical,
}

/// The follow-up that helps after this answer, if one does.
#[must_use]
pub fn follow_up(question: &Question, answer: &str, evaluation: &Evaluation) -> Option<FollowUp> {
    let missing = missing(question, evaluation);
    match evaluation.score {
        STRONG.. => Some(deeper(question, answer, &missing)),
        MIDDLING.. => clarifying(question, answer, &missing),
        _ => None,
    }
}

/// The points that were not made, those that were only touched on after those that were left out.
fn missing<'q>(question: &'q Question, evaluation: &Evaluation) -> Vec<&'q str> {
    let points = question.key_points.iter().map(String::as_str);
    let is_in = |lines: &[String], point: &str| lines.iter().any(|line| line.contains(point));
    let (left_out, rest): (Vec<&str>, Vec<&str>) =
        points.partition(|point| is_in(&evaluation.missing_points, point));
    let touched = rest.into_iter().filter(|point| is_in(&evaluation.weaknesses, point));
    left_out.into_iter().chain(touched).collect()
}

fn clarifying(question: &Question, answer: &str, missing: &[&str]) -> Option<FollowUp> {
    let points: Vec<String> =
        missing.iter().take(POINTS_MAX).map(|&point| point.to_owned()).collect();
    let first = missing.first()?;
    let subject = subject(question);
    let lead = match said(answer, question) {
        Some(name) => format!("You mentioned `{name}`. "),
        None => String::new(),
    };
    let asked = format!("{lead}Staying with {subject}: {}", hint(first));
    Some(FollowUp { question: asked, kind: FollowUpKind::Clarifying, key_points: points })
}

/// What to ask so that a point is made, without its content.
fn hint(point: &str) -> &'static str {
    const HINTS: &[(&[&str], &str)] = &[
        (&["fail", "error", "catches"], "what can go wrong there, and who finds out?"),
        (
            &["rely on", "relies on", "files import", "depend", "use it"],
            "who depends on it, and what would a change do to them?",
        ),
        (&["repeats", "loop", "round"], "what does it repeat, how often, and what ends that?"),
        (&["turns on", "decisions"], "what decides which way it goes?"),
        (
            &["hands parts", "calls", "brings together"],
            "which other parts does it hand work to, and what for?",
        ),
        (
            &["version", "releases", "dependency"],
            "how do new versions reach this project, and what would you do about a bad one?",
        ),
        (
            &["test", "benchmark", "measur"],
            "how would you make sure of that before changing anything?",
        ),
        (&["memory", "collection", "stack"], "what grows while it runs, and what bounds it?"),
        (
            &["purpose", "stands for", "says of itself", "comment"],
            "what is it there for, in your own words?",
        ),
        (
            &["crosses", "imports", "place of", "made of", "declares"],
            "what exactly does it consist of, by name?",
        ),
        (
            &["price", "cost", "instead", "splitting", "dividing"],
            "what does that choice cost, and what would the alternative have been?",
        ),
    ];
    let lower = point.to_lowercase();
    let found = HINTS.iter().find(|(marks, _)| marks.iter().any(|mark| lower.contains(mark)));
    found.map_or("what else would somebody need to know who has to change it tomorrow?", |it| it.1)
}

fn deeper(question: &Question, answer: &str, missing: &[&str]) -> FollowUp {
    let subject = subject(question);
    let (asked, consequence) = match question.category {
        Category::Architecture => (
            format!(
                "Suppose {subject} had to be replaced while the rest keeps running. In which order would you do it, and what would have to stay the same meanwhile?"
            ),
            "What others depend on stays the same while the inside is replaced step by step, with tests at that boundary first.",
        ),
        Category::Implementation => (
            format!(
                "Now break {subject}: which input or which timing would make it misbehave, and which test would show that?"
            ),
            "A test with the input at the edge, empty, huge, malformed or at the same time, shows whether it fails with an error or silently.",
        ),
        Category::Tradeoffs => (
            format!(
                "Under which circumstances would you decide the other way about {subject}, and how would you notice that they have come?"
            ),
            "Another load, team or requirement would turn the decision around; a measurement or a limit that is watched tells when.",
        ),
        Category::Scalability => (
            format!(
                "You have changed {subject} and it is still too slow. How do you find what limits it now, and what do you give up to get further?"
            ),
            "Profile or measure under real load, then trade memory, freshness or simplicity for speed: cache, batch, stream, or spread the work.",
        ),
    };
    let lead =
        said(answer, question).map_or_else(String::new, |name| format!("You named `{name}`. "));
    let mut points = vec![consequence.to_owned()];
    let others = missing.iter().copied().chain(question.key_points.iter().map(String::as_str));
    for point in others {
        if points.len() < POINTS_MAX && !points.iter().any(|other| other == point) {
            points.push(point.to_owned());
        }
    }
    FollowUp {
        question: format!("{lead}{asked}"),
        kind: FollowUpKind::DeeperTechnical,
        key_points: points,
    }
}

/// What a question is about: the first code in it, else its first file.
fn subject(question: &Question) -> String {
    let quoted = question.question.split('`').nth(1).filter(|code| !code.trim().is_empty());
    let file = question.file_references.first().map(String::as_str);
    quoted.or(file).map_or_else(|| "this".to_owned(), |name| format!("`{name}`"))
}

/// The first name of the points, not of the question, that an answer says.
fn said(answer: &str, question: &Question) -> Option<String> {
    let is_said = |name: &str| words(answer).any(|word| word.text == name);
    let names = question.key_points.iter().flat_map(|point| point.split('`').skip(1).step_by(2));
    let mut names = names.filter(|name| words(name).count() == 1 && name.chars().count() > 3);
    let found = names.find(|name| !question.question.contains(*name) && is_said(name));
    found.map(str::to_owned)
}

/// An answer that makes all of a question's points.
#[must_use]
pub fn example_answer(question: &Question) -> String {
    let about = subject(question);
    let mut answer = format!("About {about}, I would say this.");
    for point in &question.key_points {
        answer.push(' ');
        answer.push_str(point.trim());
        if !point.trim_end().ends_with(['.', '!', '?', '…']) {
            answer.push('.');
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Asked, Difficulty, evaluate};

    fn question() -> Question {
        Question {
            question_id: "1".to_owned(),
            question: "What can go wrong in `load_dotenv` (`src/cli.py`, lines 1 to 9)?".to_owned(),
            category: Category::Implementation,
            difficulty: Difficulty::Junior,
            file_references: vec!["src/cli.py:1-9".to_owned()],
            key_points: vec![
                "It catches `ImportError` itself, so its callers never see that.".to_owned(),
                "It fails with `RuntimeError` when `filepath` is `None`.".to_owned(),
                "`make_context` relies on it, so a change of what it returns reaches it."
                    .to_owned(),
            ],
        }
    }

    fn followed(answer: &str) -> Option<FollowUp> {
        let question = question();
        let asked = Asked { question: &question.question, key_points: &question.key_points };
        follow_up(&question, answer, &evaluate(&asked, answer))
    }

    #[test]
    fn a_middling_answer_is_asked_for_what_it_left_out() {
        let answer = "It catches `ImportError` itself, because the package is optional, so the callers never see it.";
        let follow_up = followed(answer).unwrap();
        assert_eq!(follow_up.kind, FollowUpKind::Clarifying);
        assert!(follow_up.question.contains("You mentioned `ImportError`"));
        assert!(follow_up.question.contains("`load_dotenv`"));
        assert!(!follow_up.question.contains("RuntimeError"), "the question gives the point away");
        assert!(follow_up.key_points[0].contains("RuntimeError"));
    }

    #[test]
    fn a_strong_answer_is_asked_what_lies_below() {
        let answer = example_answer(&question());
        let answer = format!(
            "{answer} That is because python-dotenv is optional; otherwise every user would need it."
        );
        assert_eq!(followed(&answer).unwrap().kind, FollowUpKind::DeeperTechnical);
    }

    #[test]
    fn a_void_answer_is_not_followed_up() {
        for answer in
            ["", "I don't know.", "No idea, sorry", "We used Tailwind for the styling of the page."]
        {
            assert_eq!(followed(answer), None, "{answer}");
        }
    }

    #[test]
    fn the_example_makes_all_points() {
        let question = question();
        let asked = Asked { question: &question.question, key_points: &question.key_points };
        let evaluation = evaluate(&asked, &example_answer(&question));
        assert!(evaluation.missing_points.is_empty() && evaluation.score >= 60, "{evaluation:?}");
    }
}
