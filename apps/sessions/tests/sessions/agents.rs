//! Answers by a model: drafts, cancels, faults, and the line before the agent.

use serde_json::{Value, json};

use crate::support::Play;
use crate::support::model_stub::{Deed, Model, SAID};

fn says(text: &str) -> Value {
    json!({"action": "message", "data": {"content": text}, "requestId": text})
}

#[test]
fn drafts_are_told_piece_by_piece_and_stored_whole_under_the_same_id() {
    let model = Model::start(&[]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.say(ann, says("what now?"));
    assert_eq!(play.stage.next(ann)["type"], "user_message");
    assert_eq!(play.stage.next(ann)["type"], "agent_typing");
    let mut draft = String::new();
    let answer = loop {
        let event = play.stage.next(ann);
        if event["type"] == "agent_response" {
            break event;
        }
        assert_eq!(event["type"], "agent_delta");
        draft.push_str(event["data"]["delta"].as_str().unwrap());
    };
    assert_eq!(answer["data"]["content"], SAID.concat());
    assert_eq!(draft, SAID.concat());
    assert_eq!(play.stored("ann", &session), ["what now?".to_owned(), SAID.concat()]);
}

#[test]
fn a_cancel_by_anybody_keeps_what_was_said_and_tells_all() {
    let model = Model::start(&[Deed::Half]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    play.say(ann, says("go on"));
    let delta = play.stage.expect(bob, "agent_delta");
    assert_eq!((&delta["data"]["delta"], &delta["data"]["index"]), (&json!(SAID[0]), &json!(0)));
    play.say(bob, json!({"action": "cancel"}));
    for who in [ann, bob] {
        let answer = play.stage.expect(who, "agent_response");
        assert_eq!(answer["data"]["content"], SAID[0]);
        assert_eq!(answer["data"]["id"], delta["data"]["id"]);
        let system = play.stage.next(who);
        assert_eq!(system["type"], "system");
        assert_eq!(system["data"]["code"], "agent_cancelled");
    }
    play.say(ann, says("next"));
    assert_eq!(play.stage.expect(ann, "agent_response")["data"]["content"], SAID.concat());
    assert_eq!(play.stored("ann", &session)[1], SAID[0]);
    model.release();
}

#[test]
fn a_cancel_before_a_word_was_said_stores_nothing() {
    let model = Model::start(&[Deed::Silence]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.say(ann, json!({"action": "cancel"}));
    assert_eq!(play.stage.received(ann), Vec::<Value>::new(), "there is nothing to cancel");
    play.say(ann, says("go on"));
    let _ = model.asked(1);
    play.say(ann, json!({"action": "cancel"}));
    assert_eq!(play.stage.expect(ann, "system")["data"]["code"], "agent_cancelled");
    assert_eq!(play.stored("ann", &session), ["go on"]);
    let stats = play.sessions.stats();
    assert_eq!((stats.cancelled, stats.answered, stats.waiting), (1, 0, 0));
    model.release();
}

#[test]
fn a_failed_agent_is_told_to_all_and_nothing_is_stored() {
    let model = Model::start(&[Deed::Refuse]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    play.say(ann, says("fail"));
    for who in [ann, bob] {
        let error = play.stage.expect(who, "error");
        assert_eq!(error["message"], "Agent failed to respond");
        assert_eq!(error["data"]["code"], "AGENT_FAILED");
    }
    play.say(ann, says("again"));
    play.stage.expect(bob, "agent_response");
    assert_eq!(play.stored("ann", &session).len(), 3);
}

#[test]
fn twenty_wait_and_the_next_is_stored_and_told_but_its_sender_hears_busy() {
    let model = Model::start(&[Deed::Silence]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    play.say(ann, says("first"));
    let _ = model.asked(1);
    for number in 0..20 {
        play.say(ann, says(&number.to_string()));
    }
    play.say(bob, says("too many"));
    assert_eq!(play.stage.expect(ann, "user_message")["data"]["content"], "first");
    loop {
        let told = play.stage.expect(bob, "user_message");
        if told["data"]["content"] == "too many" {
            break;
        }
    }
    let busy = play.stage.next(bob);
    assert_eq!(
        (&busy["data"]["code"], &busy["requestId"]),
        (&json!("AGENT_BUSY"), &json!("too many"))
    );
    assert_eq!(play.sessions.stats().waiting, 20);
    model.release();
    for _ in 0..21 {
        play.stage.expect(ann, "agent_response");
    }
    let stored = play.stored("ann", &session);
    assert_eq!(stored.len(), 43);
    assert!(stored.contains(&"too many".to_owned()));
    assert!(play.stage.received(ann).iter().all(|event| event["type"] != "error"));
    assert_eq!(play.sessions.stats().refused, 1);
}

#[test]
fn the_model_gets_the_senders_instructions_for_the_messages_project() {
    let model = Model::start(&[]);
    let mut play = Play::asking(&model);
    for (user, body) in [
        ("ann", json!({"text": "ANN-GENERAL"})),
        ("ann", json!({"projectId": "p", "text": "ANN-OF-P"})),
        ("bob", json!({"projectId": "p", "text": "BOB-OF-P"})),
        ("bob", json!({"projectId": "q", "text": "BOB-OF-Q"})),
    ] {
        play.http(user, "PUT", "/api/instructions", body);
    }
    let session = play.session("ann", json!({"type": "chat", "projectId": "p", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    let all = ["ANN-GENERAL", "ANN-OF-P", "BOB-OF-P", "BOB-OF-Q"];
    for (nth, (who, project, expected)) in [
        (ann, json!("q"), "ANN-GENERAL"),
        (ann, Value::Null, "ANN-OF-P"),
        (bob, Value::Null, "BOB-OF-P"),
        (bob, json!("q"), "BOB-OF-Q"),
    ]
    .into_iter()
    .enumerate()
    {
        let message = json!({"action": "message", "data": {"content": "x"}, "projectId": project});
        play.say(who, message);
        play.stage.expect(who, "agent_response");
        let asked = model.asked(nth + 1).pop().unwrap();
        let found: Vec<_> = all.into_iter().filter(|text| asked.contains(text)).collect();
        assert_eq!(found, [expected]);
    }
}

#[test]
fn no_socratic_question_comes_twice_in_a_session() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "socratic"}));
    let ann = play.joined("ann", &session);
    let mut answers = std::collections::BTreeSet::new();
    for _ in 0..30 {
        play.say(
            ann,
            json!({"action": "message", "data": {"content": "Why do caches get stale?"}}),
        );
        let answer = play.stage.expect(ann, "agent_response");
        let content = answer["data"]["content"].as_str().unwrap().to_owned();
        assert!(answers.insert(content.clone()), "twice: {content}");
    }
}

#[test]
fn a_question_that_waited_is_asked_with_the_answers_given_meanwhile() {
    let model = Model::start(&[Deed::Silence]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    for text in ["first", "second", "third"] {
        play.say(ann, says(text));
        play.stage.expect(ann, "user_message");
    }
    model.release();
    let asked = model.asked(3);
    assert_eq!(asked[1].matches(&SAID.concat()).count(), 1, "{}", asked[1]);
    assert_eq!(asked[2].matches(&SAID.concat()).count(), 2, "{}", asked[2]);
    assert!(!asked[1].contains("third"), "a later question waits for its own turn");
}

#[test]
fn no_socratic_question_comes_twice_when_several_messages_wait() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "socratic"}));
    let ann = play.joined("ann", &session);
    for _ in 0..15 {
        play.say(ann, json!({"action": "message", "data": {"content": "Why do caches age?"}}));
    }
    let mut answers = std::collections::BTreeSet::new();
    for _ in 0..15 {
        let answer = play.stage.expect(ann, "agent_response");
        let content = answer["data"]["content"].as_str().unwrap().to_owned();
        assert!(answers.insert(content.clone()), "twice: {content}");
    }
}
