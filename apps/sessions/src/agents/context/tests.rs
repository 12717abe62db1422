//! Questions to the agent `context`.

use super::*;
use crate::agents::{AgentId, Turn};

const TALK: &[(&str, &str)] = &[
    (
        "Ann",
        "Morning! We have to decide where the sessions live. I'd like Redis for the session cache, because it is fast.",
    ),
    ("Ben", "Fine by me. The session cache expires after 30 minutes then. How do we deploy it?"),
    ("Ann", "We deploy on Fridays after the tests are green. It takes about ten minutes."),
    ("Cem", "I will write the migration script. Who owns the staging database?"),
    ("Ben", "Marta does. We decided to use Postgres 16 there."),
    ("Ann", "The session cache should expire after 60 minutes, 30 is too short."),
    ("Cem", "TODO: ask Marta for access. Is the budget approved?"),
];

fn brief(talk: &[(&str, &str)], instructions: Option<&str>, question: &str) -> Brief {
    let turn = |&(author, content): &(&str, &str)| Turn {
        author: author.to_owned(),
        is_agent: author == "context",
        content: content.to_owned(),
    };
    Brief {
        agent: AgentId::Context,
        question: turn(&("Ann", question)),
        history: talk.iter().map(turn).collect(),
        instructions: instructions.map(str::to_owned),
        asked_before: Vec::new(),
    }
}

fn ask(question: &str) -> String {
    answer(&brief(TALK, Some("The API listens on port 8080. Use tabs."), question))
}

#[test]
fn answers_quote_what_they_rest_on_and_say_where_it_comes_from() {
    let table = [
        (
            "When do we deploy?",
            "> We deploy on Fridays after the tests are green. It takes about ten minutes.\n\n— you, 5 messages ago",
        ),
        (
            "Who owns the staging database?",
            "> Marta does. We decided to use Postgres 16 there.\n\n— Ben, 3 messages ago",
        ),
        (
            "which port does the API listen on",
            "> The API listens on port 8080.\n\n— your instructions",
        ),
        (
            "what did Ben say about the cache?",
            "What Ben said about this:\n\n> Fine by me. The session cache expires after 30 minutes then.",
        ),
        ("what did I say about deployment?", "What you said about this:\n\n> We deploy on Fridays"),
        ("did Cem mention Marta?", "> TODO: ask Marta for access."),
    ];
    for (question, expected) in table {
        let answer = ask(question);
        assert!(answer.contains(expected), "{question}\n{answer}");
    }
}

#[test]
fn figures_that_differ_are_pointed_out() {
    let answer = ask("How long does a session cache entry live?");
    assert!(answer.contains("The figures differ; the later one: you, 2 messages ago."), "{answer}");
    let answer = ask("The session cache expires after 90 minutes.");
    assert!(answer.starts_with("Noted. That gives other figures"), "{answer}");
}

#[test]
fn where_nothing_fits_it_says_so() {
    let answer = ask("What is the capital of France?");
    assert!(
        answer.starts_with("Nothing in this conversation or in your instructions is about"),
        "{answer}"
    );
    assert!(answer.contains("“France”") && answer.contains("“session cache”"), "{answer}");
    let answer = self::answer(&brief(&[], None, "What is a monad?"));
    assert!(answer.starts_with("Nothing has been said here before"), "{answer}");
    let answer = ask("Does the session cache run on Kubernetes?");
    assert!(answer.contains("Never mentioned here: “Kubernetes”."), "{answer}");
}

#[test]
fn the_whole_conversation_can_be_asked_about() {
    let table = [
        ("summarize please", "“We decided to use Postgres 16 there.”"),
        ("What did we decide about the database?", "Postgres 16"),
        ("list the tasks", "“TODO: ask Marta for access.” (Cem, in the message before)"),
        ("Are there open questions?", "“Is the budget approved?”"),
        ("who is here?", "Ann (3 messages), Ben (2 messages) and Cem (2 messages)"),
        ("what was my last message?", "> The session cache should expire after 60 minutes"),
        ("What are my instructions?", "> The API listens on port 8080. Use tabs."),
        ("hi there", "Hello."),
        ("thanks!", "You are welcome."),
    ];
    for (question, expected) in table {
        let answer = ask(question);
        assert!(answer.contains(expected), "{question}\n{answer}");
    }
}

#[test]
fn a_short_question_goes_on_from_the_message_before() {
    let answer = ask("why?");
    assert!(
        answer.starts_with("I take this to go on from “The session cache should expire"),
        "{answer}"
    );
    assert!(answer.contains("— Ben, 6 messages ago"), "{answer}");
}

#[test]
fn what_takes_a_model_is_refused_honestly() {
    let answer = ask("Write an email to Marta about the access");
    assert!(answer.starts_with("I can't write anything"), "{answer}");
    assert!(answer.contains("> TODO: ask Marta for access."), "{answer}");
}

#[test]
fn wishes_are_heeded() {
    let wished = |instructions| {
        answer(&brief(TALK, Some(instructions), "When do we deploy, and is the budget approved?"))
    };
    assert!(!wished("Never mention the budget.").contains("approved?"));
    assert!(wished("Call me Sam.").starts_with("Sam, "));
    assert!(!wished("No Markdown, please.").contains('>'));
    let german = wished("Antworte auf Deutsch.");
    assert!(german.contains("I can't answer in German"), "{german}");
    assert_eq!(wished("Be brief.").matches('—').count(), 1);
}

#[test]
fn an_agents_words_are_never_quoted() {
    let talk = [("context", "We deploy on Mondays."), ("Ben", "We deploy on Fridays.")];
    let answer = answer(&brief(&talk, None, "When do we deploy?"));
    assert!(answer.contains("Fridays") && !answer.contains("Mondays"), "{answer}");
}

#[test]
fn a_short_reply_is_quoted_with_its_question() {
    let talk = [("Ben", "Which database do we use?"), ("Cem", "Postgres."), ("Ben", "Good.")];
    let answer = answer(&brief(&talk, None, "Which database is it?"));
    let expected =
        "> Postgres.\n\n— Cem, 2 messages ago, when Ben asked: “Which database do we use?”";
    assert!(answer.contains(expected), "{answer}");
}

#[test]
fn a_question_about_a_choice_finds_the_decision_and_is_none_itself() {
    let talk = [
        ("Ann", "We decided to use Postgres for the orders, because of its transactions."),
        ("context", "Noted."),
        ("Ann", "Which database did we choose, and why?"),
        ("context", "…"),
    ];
    let answer_to = |question: &str| answer(&brief(&talk, None, question));
    let chosen = answer_to("Which database did we choose and why?");
    assert!(chosen.contains("decided to use Postgres"), "{chosen}");
    let recap = answer_to("Summarise please");
    let decided = recap.split("Decided:").nth(1).unwrap();
    assert!(decided.contains("Postgres") && !decided.contains("Which database"), "{recap}");
    assert!(!recap.contains("Without a reply"), "nobody else is there to reply: {recap}");
}
