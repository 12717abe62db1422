//! What is suggested, case by case, and what always holds.

use proptest::prelude::*;

use super::*;
use crate::suggesting::brief::TONE_CHARS_MAX;

const NOTES: &str = "# Outage at Acme\nSituation: In March our payment service went down for two hours.\n\
    Task: I was on call and had to bring it back.\nAction: I rolled back the deployment. I added a circuit \
    breaker.\nResult: Payments recovered in 20 minutes.\n\n# Rust migration\nWe moved our gateway from \
    Python to Rust. I wrote the parser. Memory fell from 900 to 80 MB.\n\n# Ask them\nHow do you deploy?\n";

fn brief(utterance: &str) -> Brief {
    Brief {
        utterance: utterance.to_owned(),
        language: "en".to_owned(),
        history: Vec::new(),
        notes: NOTES.to_owned(),
    }
}

fn turn(speaker: &str, is_own: bool, text: &str) -> Turn {
    Turn { speaker: speaker.to_owned(), is_own, text: text.to_owned() }
}

fn texts(brief: &Brief) -> Vec<String> {
    suggest(brief).into_iter().map(|one| one.text).collect()
}

#[test]
fn a_story_of_the_notes_is_told_in_its_four_parts() {
    let told = suggest(&brief("tell me about a time when you dealt with an outage"));
    assert_eq!(
        told[0].text,
        "Situation: “In March our payment service went down for two hours.”\n\
         Task: “I was on call and had to bring it back.”\n\
         Action: “I rolled back the deployment.” “I added a circuit breaker.”\n\
         Result: “Payments recovered in 20 minutes.”"
    );
    assert_eq!(told[0].tone.as_deref(), Some("structured"));
    assert!(told[0].confidence > Some(0.5));
    assert_eq!(
        told[1].text,
        "In short: “I rolled back the deployment.” “Payments recovered in 20 minutes.”"
    );
}

#[test]
fn what_a_story_lacks_is_said_to_be_lacking() {
    let told = texts(&brief("can you give me an example of working with rust"));
    assert_eq!(
        told[0],
        "Situation: “We moved our gateway from Python to Rust.”\n\
         Task: not in your notes; say what was yours to do.\n\
         Action: “I wrote the parser.”\n\
         Result: “Memory fell from 900 to 80 MB.”"
    );
}

#[test]
fn words_of_the_same_theme_find_a_story_too() {
    let told = texts(&brief("tell me about a time when production crashed"));
    assert!(told[0].starts_with("Situation: “In March our payment service"), "{}", told[0]);
}

#[test]
fn where_nothing_fits_that_is_said() {
    let told = suggest(&brief("tell me about a time when you baked bread"));
    assert!(told[0].text.starts_with("There is nothing about “baked bread” in your notes."));
    assert!(told[0].text.contains("“Outage at Acme” and “Rust migration”"), "{}", told[0].text);
    assert!(told[0].text.contains("Result: say what came of it"));
    assert_eq!((told[0].tone.as_deref(), told[0].confidence), (Some("general"), Some(0.2)));
    let none = Brief { notes: String::new(), ..brief("what is a mutex") };
    assert!(texts(&none)[0].starts_with("You have no notes for this session. A general outline:"));
}

#[test]
fn other_questions_get_outlines_of_their_own() {
    let told = texts(&brief("how would you bring back a payment service"));
    assert!(told[0].starts_with("Aim: "), "{}", told[0]);
    assert!(told[0].contains("Steps: “"), "{}", told[0]);
    assert!(told[0].contains("Example: “I rolled back the deployment.”"), "{}", told[0]);
    assert!(told[1].starts_with("As a story:\nSituation: “"), "{}", told[1]);
    let fact = texts(&brief("how much memory did the gateway take"));
    assert!(fact[0].starts_with("Answer: “Memory fell from 900 to 80 MB.”"), "{}", fact[0]);
    let own = texts(&brief("so tell me about yourself"));
    assert!(own[0].starts_with("Now: “In March"), "{}", own[0]);
}

#[test]
fn who_is_asked_for_questions_finds_those_they_noted() {
    let mut brief = brief("do you have any questions for us");
    brief.history.push(turn("Ann", false, "Our platform team runs Kubernetes."));
    let told = texts(&brief);
    assert_eq!(told[0], "From your notes: “How do you deploy?”");
    assert!(told[1].contains("“platform team"), "{}", told[1]);
}

#[test]
fn what_one_said_oneself_is_brought_back_and_what_one_asked_is_not() {
    let mut brief = Brief { notes: String::new(), ..brief("why did you use redis for sessions") };
    brief.history.push(turn("Ben", true, "Do you use redis for sessions?"));
    brief.history.push(turn("Ann", false, "Redis loses sessions."));
    brief.history.push(turn("Ben", true, "We kept the sessions in redis."));
    let told = texts(&brief);
    assert!(
        told[0].starts_with("You said before: “We kept the sessions in redis.”"),
        "{}",
        told[0]
    );
    assert!(told.iter().all(|text| !text.contains("loses") && !text.contains("Do you use")));
}

#[test]
fn statements_and_thanks_are_not_taken_for_questions() {
    let told = texts(&brief("our gateway is written in rust"));
    assert!(
        told[0].starts_with("Nothing was asked. Your notes have this on it: “We moved our gateway")
    );
    assert_eq!(
        texts(&brief("okay great thank you")),
        ["Nothing was asked. Answer in kind, in a few words."]
    );
    assert_eq!(texts(&brief("")), ["Nothing was said."]);
}

#[test]
fn a_question_that_goes_on_takes_up_what_was_said_last() {
    let mut brief = brief("and why was that");
    brief.history.push(turn("Ben", true, "The payment service went down."));
    assert!(texts(&brief)[0].contains("payment service"), "{:?}", texts(&brief));
}

/// What stands between quotation marks.
fn quotes(text: &str) -> Vec<&str> {
    text.split('“').skip(1).filter_map(|rest| rest.split('”').next()).collect()
}

proptest! {
    #[test]
    fn whatever_is_said_suggestions_are_few_short_the_same_and_quote_what_stands_there(
        utterance in "[a-z' .?]{0,80}|(tell me about a time|what is|how would you|why|thanks|do you have any questions) [a-z .]{0,40}",
        notes in "[a-zA-Z:.#*?%0-9\\- \\n“”é]{0,400}",
        said in "[a-z ?.]{0,60}",
        is_own: bool,
    ) {
        let history = vec![turn("Ann", is_own, &said)];
        let language = if is_own { "en-GB" } else { "" }.to_owned();
        let brief = Brief { utterance, language, history, notes };
        let made = suggest(&brief);
        prop_assert!((1..=SUGGESTIONS_MAX).contains(&made.len()));
        prop_assert_eq!(&made, &suggest(&brief));
        let plain = |text: &str| {
            let bare = text.replace(['“', '”'], "\"").replace("**", "");
            bare.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let sources = [plain(&brief.utterance), plain(&brief.notes), plain(&said)];
        for one in made {
            prop_assert!(!one.text.trim().is_empty() && one.text.chars().count() <= TEXT_CHARS_MAX);
            prop_assert!(one.tone.is_some_and(|tone| tone.len() <= TONE_CHARS_MAX));
            prop_assert!(one.confidence.is_some_and(|it| (0.0..=1.0).contains(&it)));
            for quote in quotes(&one.text) {
                let quote = quote.trim_end_matches('…').trim();
                prop_assert!(sources.iter().any(|source| source.contains(quote)), "{}", quote);
            }
        }
    }
}

#[test]
fn what_stands_under_a_heading_is_about_what_the_heading_says() {
    let notes = "# Salary\n85,000 euros.\n\n# Weakness\nI take on too much. I keep a list now.";
    let told =
        texts(&Brief { notes: notes.to_owned(), ..brief("what are your salary expectations") });
    assert!(told[0].starts_with("Answer: “85,000 euros.”"), "{}", told[0]);
    let told = texts(&Brief { notes: notes.to_owned(), ..brief("what is your biggest weakness") });
    assert!(told[0].starts_with("Weakness: “I take on too much.”"), "{}", told[0]);
}

#[test]
fn a_question_of_its_own_is_not_taken_to_go_on() {
    let mut brief = Brief { notes: String::new(), ..brief("why do you want to work here") };
    brief.history.push(turn("Ben", true, "At Acme I ran the payment platform."));
    assert!(texts(&brief).iter().all(|text| !text.contains("payment")), "{:?}", texts(&brief));
}

#[test]
fn another_language_is_not_taken_for_english() {
    let german = Brief {
        language: "de-DE".to_owned(),
        notes: "Ich habe Redis eingeführt.".to_owned(),
        ..brief("warum haben Sie Redis genommen")
    };
    let told = texts(&german);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("I cannot tell what is asked in “de-DE”"), "{}", told[0]);
    assert!(told[0].ends_with("“Ich habe Redis eingeführt.”"), "{}", told[0]);
}

#[test]
fn of_two_stories_the_one_whose_heading_says_so_comes_first() {
    let notes = "# Nightly report\nIt took six hours, then failed half of the time. I found a missing \
        index. It was down to ten minutes.\n\n# Missed deadline\nThe import had to be ready in May. I told the \
        customer early. They went live in June.";
    let asked = brief("can you tell me about a time when you failed");
    let told = texts(&Brief { notes: notes.to_owned(), ..asked });
    assert!(told[0].contains("“The import had to be ready in May.”"), "{}", told[0]);
    assert!(told.iter().any(|text| text.starts_with("Or another of your stories:")), "{told:?}");
}
