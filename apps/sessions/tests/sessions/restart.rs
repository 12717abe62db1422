//! What a crash or a drain leaves: no question lost, none answered twice.

use std::time::Duration;

use conversations::{Author, Posting, RoomRef, Side, Sides};
use model::Name;
use proptest::prelude::*;
use serde_json::{Value, json};
use storage::rusqlite::Connection;

use crate::support::Play;
use crate::support::model_stub::{Deed, Model, SAID};

fn says(text: &str) -> Value {
    json!({"action": "message", "data": {"content": text, "clientId": text}})
}

#[test]
fn questions_a_crash_left_are_answered_once_when_the_session_is_joined_again() {
    let model = Model::start(&[Deed::Half, Deed::Silence]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    for text in ["one", "two", "three"] {
        play.say(ann, says(text));
    }
    play.stage.expect(ann, "agent_delta");
    while play.stored("ann", &session).len() < 3 {
        play.stage.settle();
    }
    let mut play = play.crash();
    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(bob)["type"], "agent_typing", "the first one is asked again");
    let ann = play.joined("ann", &session);
    let _ = model.asked(2);
    model.release();
    for _ in 0..3 {
        let answer = play.stage.expect(ann, "agent_response");
        assert_eq!(answer["data"]["content"], SAID.concat());
    }
    play.joined("bob", &session);
    play.say(ann, says("four"));
    play.stage.expect(ann, "agent_response");
    assert_eq!(play.stored("ann", &session).len(), 8);
    assert_eq!(play.sessions.stats().answered, 4);
}

#[test]
fn a_drain_lets_no_further_answer_start_and_stops_the_running_one_for_later() {
    let model = Model::start(&[Deed::Half]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.say(ann, says("one"));
    play.say(ann, says("two"));
    play.stage.expect(ann, "agent_delta");
    play.runtime.block_on(play.sessions.drain(Duration::ZERO));
    assert_eq!((play.sessions.stats().working, play.sessions.stats().waiting), (0, 0));
    play.say(ann, says("three"));
    play.stage.expect(ann, "user_message");
    let told = play.stage.received(ann);
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert!(!kinds.contains(&"agent_response") && !kinds.contains(&"error"), "{kinds:?}");
    model.release();
    let mut play = play.crash();
    let ann = play.joined("ann", &session);
    for _ in 0..3 {
        play.stage.expect(ann, "agent_response");
    }
    assert_eq!(play.stored("ann", &session).len(), 6);
}

#[test]
fn a_drain_waits_for_running_answers() {
    let model = Model::start(&[Deed::Silence]);
    let mut play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.say(ann, says("one"));
    let _ = model.asked(1);
    let sessions = play.sessions.clone();
    let drained = play.runtime.spawn(async move { sessions.drain(Duration::from_secs(60)).await });
    model.release();
    play.runtime.block_on(drained).unwrap();
    assert_eq!(play.stored("ann", &session).len(), 2);
}

#[test]
fn a_bridged_question_survives_a_crash_as_well() {
    let model = Model::start(&[Deed::Silence]);
    let play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    play.post_beside(Side::Session, &session, "cat", "hello?");
    let _ = model.asked(1);
    // The next commit lies behind the one that keeps the question.
    play.session("ann", json!({"type": "chat"}));
    let mut play = play.crash();
    model.release();
    let ann = play.joined("ann", &session);
    play.stage.expect(ann, "agent_response");
}

#[test]
fn a_bridged_question_is_in_the_commit_of_its_message() {
    let model = Model::start(&[Deed::Silence]);
    let play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let name = |name: &str| Some(Name::new(name).unwrap());
    let sides = Sides { chat: name("class"), room: None, session: name(&session) };
    play.runtime.block_on(play.conversations.bridge(sides)).unwrap();
    let file = play.directory.path().join("data").join("quintet.db");
    let (told, hears) = std::sync::mpsc::channel();
    let author = Author::User { id: "cat".into(), name: "Cat".into() };
    let posting = Posting::new(RoomRef::new(Side::Chat, "class"), author, "hello?");
    // Nothing has heard of the message yet when this runs: what is there came with its commit.
    play.conversations.post(posting, move |posted| {
        let db = Connection::open(file).unwrap();
        let sql = "SELECT count(*) FROM session_questions WHERE message_id = ?1";
        let id = posted.unwrap().message.id.to_string();
        told.send(db.query_row(sql, [id], |row| row.get::<_, u64>(0)).unwrap()).unwrap();
    });
    assert_eq!(hears.recv_timeout(testkit::PATIENCE).unwrap(), 1);
}

#[test]
fn a_bridged_question_is_asked_again_at_the_start_before_any_new_one() {
    let model = Model::start(&[Deed::Silence]);
    let play = Play::asking(&model);
    let session = play.session("ann", json!({"type": "chat"}));
    let name = |name: &str| Some(Name::new(name).unwrap());
    let sides = Sides { chat: name("class"), room: None, session: name(&session) };
    play.runtime.block_on(play.conversations.bridge(sides)).unwrap();
    play.post_beside(Side::Chat, "class", "cat", "FIRST");
    let _ = model.asked(1);
    // The next commit lies behind the one that keeps the question.
    play.session("ann", json!({"type": "chat"}));
    let mut play = play.crash();
    model.release();
    play.post_beside(Side::Chat, "class", "cat", "SECOND");
    let asked = model.asked(3);
    assert!(asked[1].contains("FIRST") && !asked[1].contains("SECOND"), "{}", asked[1]);
    assert!(asked[2].contains("SECOND"), "{}", asked[2]);
    while play.stored("ann", &session).len() < 4 {
        play.stage.settle();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn wherever_a_crash_falls_each_question_is_answered_exactly_once(
        questions in 1_usize..12, answered in 0_usize..12, rejoins in 1_usize..3,
    ) {
        let mut play = Play::new();
        let session = play.session("ann", json!({"type": "chat"}));
        let ann = play.joined("ann", &session);
        for number in 0..questions {
            play.say(ann, says(&format!("question {number}")));
        }
        for _ in 0..answered.min(questions) {
            play.stage.expect(ann, "agent_response");
        }
        let mut play = play.crash();
        // What the crash kept from being stored is sent again, as a client would.
        for _ in 0..rejoins {
            play.joined("ann", &session);
        }
        let ann = play.joined("ann", &session);
        for number in 0..questions {
            play.say(ann, says(&format!("question {number}")));
        }
        while play.stored("ann", &session).len() < 2 * questions {
            play.stage.settle();
        }
        let marker = says("the end");
        play.say(ann, marker);
        while play.stored("ann", &session).len() < 2 * questions + 2 {
            play.stage.settle();
        }
        let page = play.http("ann", "GET", &format!("/api/sessions/{session}/messages?limit=200"), Value::Null).1;
        let items = page["items"].as_array().unwrap();
        let asked: Vec<_> = items.iter().filter(|item| item["role"] == "user").collect();
        prop_assert_eq!(asked.len(), questions + 1);
        prop_assert_eq!(items.len(), 2 * questions + 2);
    }
}
