//! Conversations with the agent `socratic`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::asked::questions;
use super::*;
use crate::agents::{AgentId, Turn};

/// Somebody who talks with the agent.
#[derive(Default)]
struct Talk {
    history: Vec<Turn>,
    asked: Vec<String>,
    instructions: Option<String>,
}

impl Talk {
    fn say(&mut self, message: &str) -> String {
        let person = |content: &str| Turn {
            author: "Ann".to_owned(),
            is_agent: false,
            content: content.to_owned(),
        };
        let answer = answer(&Brief {
            agent: AgentId::Socratic,
            question: person(message),
            history: self.history.clone(),
            instructions: self.instructions.clone(),
            asked_before: self.asked.clone(),
        });
        let own = Turn { author: "socratic".to_owned(), is_agent: true, content: answer.clone() };
        self.history.extend([person(message), own]);
        // As many as an agent gets.
        self.history.drain(..self.history.len().saturating_sub(200));
        self.asked.push(answer.clone());
        answer
    }
}

/// The questions of an answer, without marks and case.
fn asked_in(answer: &str) -> Vec<String> {
    let plain = |question: &str| {
        let letters = question.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ');
        letters.collect::<String>().to_lowercase()
    };
    questions(answer).map(plain).collect()
}

#[test]
fn questions_take_up_the_persons_own_terms() {
    let table = [
        ("I think we should use Redis for the session cache because it is fast.", "it is fast"),
        ("My program crashes when the ring buffer is full.", "ring buffer"),
        ("Why does recursion need a base case?", "base case"),
        ("How do I measure latency?", "latency"),
        ("Photosynthesis turns light into chemical energy.", "chemical energy"),
        ("Nobody ever reads the design document.", "design document"),
        ("We will move the billing service to Kafka next year.", "billing service to Kafka"),
        ("It takes 250 ms to render the page.", "250 ms"),
        ("```python\ndef push(queue, item):\n    queue.append(item)\n```", "`push`"),
    ];
    for (message, term) in table {
        let answer = Talk::default().say(message);
        assert!(answer.contains(term), "{message}\n{answer}");
        assert!(!asked_in(&answer).is_empty(), "{answer}");
    }
}

#[test]
fn short_messages_are_taken_with_the_turns_before() {
    let mut talk = Talk::default();
    talk.say("The session cache should live in Redis.");
    for short in ["no", "ok", "I don't know.", "hm"] {
        let answer = talk.say(short);
        let takes_up = answer.contains("session cache") || answer.contains(&format!("“{short}”"));
        assert!(takes_up, "{short}: {answer}");
    }
}

#[test]
fn a_person_who_is_stuck_gets_a_smaller_step_too() {
    let answer = Talk::default().say("I'm stuck with the borrow checker, how do lifetimes work?");
    assert_eq!(asked_in(&answer).len(), 2, "{answer}");
}

#[test]
fn wishes_are_heeded_or_refused_honestly() {
    let instructions = Some("Never mention the budget. Answer in French.".to_owned());
    let mut talk = Talk { instructions, ..Talk::default() };
    let answer = talk.say("The budget is fine because the budget grows; the schedule slips.");
    assert!(
        !answer.split("About your instructions").next().unwrap().contains("budget"),
        "{answer}"
    );
    assert!(answer.contains("I can't answer in French"), "{answer}");
    assert!(!talk.say("The schedule slips again.").contains("French"));
}

#[test]
fn a_quoted_question_does_not_count_as_one() {
    let answer =
        Talk::default().say("Is “why?” a question? I say: what?! Because who? knows it all.");
    for question in questions(&answer) {
        assert_eq!(question.matches('?').count(), 1, "{answer}");
    }
}

/// Says one message so often; no question may come twice.
fn repeat(message: &str, turns: usize) {
    let mut talk = Talk::default();
    let mut seen = BTreeSet::new();
    for turn in 0..turns {
        let answer = talk.say(message);
        let asked = asked_in(&answer);
        assert!(!asked.is_empty(), "turn {turn}: {answer}");
        for question in asked {
            assert!(seen.insert(question.clone()), "turn {turn}: {question}");
        }
    }
}

#[test]
fn no_question_comes_twice_in_500_turns_of_one_message() {
    repeat("ok", 500);
    repeat("Why is Redis better than Postgres for the session cache?", 500);
}

#[test]
fn somebody_without_an_idea_is_asked_about_what_was_said_before() {
    let mut talk = Talk::default();
    talk.say("Plants make sugar from carbon dioxide.");
    let answer = talk.say("no idea");
    assert!(answer.contains("carbon dioxide") || answer.contains("sugar"), "{answer}");
    assert!(!answer.contains("“no”") && !answer.contains("“idea”"), "{answer}");
}

#[test]
fn marks_inside_a_message_end_no_question() {
    repeat("🕴￣4ષyѨoȺ𑌧ໟ𞹟\u{ecc}ଳ#Ѩ𑨬2vÃj𛲟\\🕴¥?'.'[/", 120);
    repeat("The cache holds 'a.' (b.) and c… d。 e！ for long", 120);
    repeat(&format!("We should put {} into the cache", "the orders, ".repeat(20)), 120);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn no_question_comes_twice_whatever_is_repeated(message in "\\PC{0,80}") {
        repeat(&message, 120);
    }

    #[test]
    fn no_question_comes_twice_in_a_talk_of_many_messages(
        messages in prop::collection::vec(
            prop_oneof![
                Just("no".to_owned()), Just("I don't know".to_owned()), Just("because it is fast".to_owned()),
                "[a-e]{4,7} [a-e]{4,7} (is|should|never) [a-e]{4,7}[.?!]", "(How|Why|What) do [a-e]{4,7} [a-e]{4,7}\\?",
            ],
            60..120,
        ),
    ) {
        let mut talk = Talk::default();
        let mut seen = BTreeSet::new();
        for message in messages {
            for question in asked_in(&talk.say(&message)) {
                prop_assert!(seen.insert(question.clone()), "{question}");
            }
        }
    }
}
