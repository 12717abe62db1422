//! Stage 3 as a model writes it.
//!
//! A model is asked for two questions more than are told, so that some may be dropped. Where its questions
//! leave out a category or a difficulty, or cite too few files, questions by rules take the place of some.
//!
//! **Bounds.** [`QUESTIONS_MAX`] questions, at least [`QUESTIONS_MIN`] of them the model's; [`POINTS_MIN`] to
//! [`POINTS_MAX`] key points each.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::sieve::{Sieve, cited};
use super::{Claim, Desk, Draft};
use crate::{
    Category, Citation, Difficulty, InterviewSimulation, Material, QUESTIONS_MAX, Question,
};

/// Questions of a model's that make a simulation its own.
const QUESTIONS_MIN: usize = 5;
/// Key points of a question, at least.
const POINTS_MIN: usize = 3;
/// Key points of a question, at most.
const POINTS_MAX: usize = 6;
/// Files that the questions should cite.
const FILES_MIN: usize = 5;
/// From here on two questions are the same.
const LIKENESS_MAX: f64 = 0.8;

/// An interview about the repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimulationDraft {
    /// 12 questions.
    questions: Vec<QuestionDraft>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QuestionDraft {
    /// The question, one or two sentences, about concrete code.
    question: String,
    /// What it is about.
    category: Category,
    /// Whom it is for.
    difficulty: Difficulty,
    /// The code it is about.
    file_references: Vec<String>,
    /// What a good answer says, a sentence each, 3 to 6, all shown by that code.
    key_points: Vec<String>,
}

impl Draft for SimulationDraft {
    type Stage = InterviewSimulation;
    const NAME: &'static str = "interview_simulation";
    const TASK: &'static str = "Write 12 questions that an interviewer would ask the author about this very \
        code: three of each category, of all three difficulties, no two alike, citing at least six files. \
        Ask about a function, the choice of a dependency, the boundary of a module, what happens on an \
        error, a file that changes often; never what could be asked of any repository. Give each question \
        the 3 to 6 key points of a good answer, from the code it cites. The question itself does not give \
        them away.";

    fn by_rules(material: &Material, seed: &str) -> InterviewSimulation {
        let questions = crate::questions(&material.facts, &material.tree, seed);
        InterviewSimulation { questions }
    }

    fn claims(&mut self) -> Vec<Claim<'_>> {
        let claims = self
            .questions
            .iter_mut()
            .map(|it| Claim { text: &it.question, references: &mut it.file_references });
        claims.collect()
    }

    fn finish(
        self,
        desk: &Desk<InterviewSimulation>,
        dropped: &mut usize,
    ) -> Result<InterviewSimulation, &'static str> {
        let mut sieve = Sieve { material: &desk.material, dropped };
        let drafts = sieve
            .cited(self.questions, usize::MAX, |sieve, draft| question(sieve, draft, &desk.seed));
        let mut questions: Vec<Question> = Vec::new();
        for draft in drafts {
            if questions.len() < QUESTIONS_MAX && !is_among(&questions, &draft) {
                questions.push(draft);
            }
        }
        if questions.len() < QUESTIONS_MIN {
            return Err("fewer than five questions");
        }
        complete(&mut questions, &desk.by_rules.questions);
        Ok(InterviewSimulation { questions })
    }
}

fn question(sieve: &Sieve<'_>, draft: QuestionDraft, seed: &str) -> Option<Question> {
    let file_references = cited(draft.file_references)?;
    let question = sieve.text(&draft.question)?;
    let looked_at = draft.key_points.iter().take(2 * POINTS_MAX);
    let mut key_points: Vec<String> = Vec::new();
    for point in looked_at.filter_map(|it| sieve.text(it)) {
        if key_points.len() < POINTS_MAX && !key_points.contains(&point) {
            key_points.push(point);
        }
    }
    (key_points.len() >= POINTS_MIN).then_some(())?;
    Some(Question {
        question_id: id(seed, &question),
        question,
        category: draft.category,
        difficulty: draft.difficulty,
        file_references,
        key_points,
    })
}

/// An id in the form of a UUID, of what was asked where.
fn id(seed: &str, question: &str) -> String {
    let hash = Sha256::new().chain_update(seed).chain_update([0]).chain_update(question).finalize();
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Whether this is asked already.
fn is_among(questions: &[Question], one: &Question) -> bool {
    questions.iter().any(|it| text::likeness(&it.question, &one.question) > LIKENESS_MAX)
}

/// Takes questions by rules for what is missing, and up to the number that is told.
fn complete(questions: &mut Vec<Question>, by_rules: &[Question]) {
    for one in by_rules {
        if is_among(questions, one) {
            continue;
        }
        let variety_now = variety(questions);
        if questions.len() < QUESTIONS_MAX {
            questions.push(one.clone());
            continue;
        }
        for at in (0..questions.len()).rev() {
            let replaced = std::mem::replace(&mut questions[at], one.clone());
            if variety(questions) > variety_now {
                break;
            }
            questions[at] = replaced;
        }
    }
}

/// Different categories, difficulties and files, as far as they are asked for.
fn variety(questions: &[Question]) -> usize {
    let categories: BTreeSet<Category> = questions.iter().map(|it| it.category).collect();
    let difficulties: BTreeSet<Difficulty> = questions.iter().map(|it| it.difficulty).collect();
    let references = questions.iter().flat_map(|it| &it.file_references);
    let files: BTreeSet<String> =
        references.filter_map(|it| Some(Citation::parse(it).ok()?.path)).collect();
    categories.len() + difficulties.len() + files.len().min(FILES_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str, category: Category, file: &str) -> Question {
        Question {
            question_id: id("seed", text),
            question: text.to_owned(),
            category,
            difficulty: Difficulty::Junior,
            file_references: vec![file.to_owned()],
            key_points: Vec::new(),
        }
    }

    #[test]
    fn what_a_model_leaves_out_is_asked_by_rules() {
        let words = "parser cache socket queue lexer router index buffer timer ledger".split(' ');
        let mut questions: Vec<Question> =
            words.map(|it| question(it, Category::Implementation, "a.rs:1")).collect();
        let by_rules = [
            question("cache", Category::Scalability, "z.rs"),
            question("threads", Category::Scalability, "b.rs:1-2"),
            question("folders", Category::Architecture, "a.rs"),
            question("nothing new", Category::Architecture, "a.rs"),
        ];
        complete(&mut questions, &by_rules);
        let texts: Vec<&str> = questions.iter().map(|it| it.question.as_str()).collect();
        assert_eq!(texts.len(), QUESTIONS_MAX);
        assert!(texts.contains(&"threads") && texts.contains(&"folders"), "{texts:?}");
        assert!(!texts.contains(&"nothing new"), "{texts:?}");
    }

    #[test]
    fn ids_are_of_the_question_and_the_seed() {
        let one = id("seed", "why?");
        assert_eq!((one.len(), one.matches('-').count()), (36, 4));
        assert_eq!(one, id("seed", "why?"));
        assert!(one != id("other", "why?") && one != id("seed", "how?"));
    }
}
