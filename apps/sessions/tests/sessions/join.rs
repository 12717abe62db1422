//! Joining: the state, what was missed, comings and goings, and nothing lost or doubled.

use std::collections::BTreeSet;
use std::time::Duration;

use conversations::Side;
use model::{CloseReason, ConnectionId};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Play, seq};

#[test]
fn a_join_is_answered_with_the_state_and_told_to_the_others_once() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "socratic", "title": " T ", "open": true}));
    let ann = play.connect("ann", &session);
    play.say(ann, json!({"action": "join", "sessionId": session, "requestId": "r1"}));
    let state = play.stage.next(ann);
    assert_eq!(state["type"], "session_state");
    assert_eq!(state["sessionId"], *session);
    assert_eq!(state["requestId"], "r1");
    let data = &state["data"];
    assert_eq!(data["session"]["id"], *session);
    assert_eq!(data["session"]["type"], "socratic");
    assert_eq!(data["session"]["title"], "T");
    assert_eq!(data["session"]["ownerId"], "ann");
    assert_eq!(data["session"]["createdAt"], "2027-01-15T08:00:00.000Z");
    assert_eq!(data["messages"], json!([]));
    assert_eq!(data["connectedUsers"], 1);
    assert_eq!((&data["hasMore"], &data["recovered"]), (&json!(false), &json!(false)));
    assert_eq!(data["epoch"], play.conversations.epoch());

    let bob = play.connect("bob", &session);
    play.say(bob, json!({"action": "join"}));
    assert_eq!(play.stage.next(bob)["data"]["connectedUsers"], 2);
    let told = play.stage.next(ann);
    assert_eq!(told["type"], "user_joined");
    let expected = json!({"userId": "bob", "username": "BOB", "connectedUsers": 2});
    assert_eq!(told["data"], expected);

    play.joined("bob", &session);
    play.say(bob, json!({"action": "join"}));
    assert_eq!(play.stage.next(bob)["data"]["connectedUsers"], 2, "people, not sockets");
    assert_eq!(play.stage.received(ann), Vec::<Value>::new());
    assert_eq!(play.stage.received(bob), Vec::<Value>::new(), "nobody is told of themselves");
}

#[test]
fn leaving_is_told_at_once_and_a_drop_after_a_while() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(ann)["type"], "user_joined");
    play.say(bob, json!({"action": "leave"}));
    assert_eq!(play.stage.closed(bob), CloseReason::NORMAL);
    let told = play.stage.next(ann);
    assert_eq!(told["type"], "user_left");
    let expected = json!({"userId": "bob", "username": "BOB", "connectedUsers": 1});
    assert_eq!(told["data"], expected);

    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(ann)["type"], "user_joined");
    play.stage.close(bob, &CloseReason::LOST);
    play.stage.hub.expire_absences();
    assert_eq!(play.stage.received(ann), Vec::<Value>::new());
    play.clock.advance(Duration::from_secs(5));
    play.stage.hub.expire_absences();
    assert_eq!(play.stage.next(ann)["type"], "user_left");
}

#[test]
fn leaving_without_having_joined_closes_as_well() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.connect("ann", &session);
    play.say(ann, json!({"action": "leave"}));
    assert_eq!(play.stage.closed(ann), CloseReason::NORMAL);
}

#[test]
fn the_state_has_the_newest_fifty_or_up_to_five_hundred_that_were_missed() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    fill(&play, &session, 520);
    let ann = play.connect("ann", &session);
    let mut state = |data: Value| {
        play.say(ann, json!({"action": "join", "data": data}));
        play.stage.expect(ann, "session_state")["data"].clone()
    };
    let seqs = |state: &Value| -> Vec<u64> {
        state["messages"].as_array().unwrap().iter().map(seq).collect()
    };
    let newest = state(json!({}));
    assert_eq!(seqs(&newest), (471..=520).collect::<Vec<_>>());
    assert_eq!((&newest["hasMore"], &newest["recovered"]), (&json!(true), &json!(false)));
    let missed = state(json!({"after": 10}));
    assert_eq!(seqs(&missed), (11..=510).collect::<Vec<_>>());
    assert_eq!((&missed["hasMore"], &missed["recovered"]), (&json!(true), &json!(true)));
    let id = missed["messages"][495]["id"].clone();
    let rest = state(json!({"after": id, "epoch": missed["epoch"]}));
    assert_eq!(seqs(&rest), (507..=520).collect::<Vec<_>>());
    assert_eq!((&rest["hasMore"], &rest["recovered"]), (&json!(false), &json!(true)));
    for unknown in [json!({"after": "no such id"}), json!({"after": 10, "epoch": "other"})] {
        let state = state(unknown);
        assert_eq!(seqs(&state), (471..=520).collect::<Vec<_>>());
        assert_eq!(state["recovered"], false);
    }
}

#[test]
fn a_state_ends_at_a_quarter_of_a_mebibyte() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let long = "x".repeat(50_000);
    for _ in 0..7 {
        play.post_beside(Side::Session, &session, "ann", &long);
    }
    let ann = play.connect("ann", &session);
    play.say(ann, json!({"action": "join", "data": {"after": 0}}));
    let data = play.stage.next(ann)["data"].clone();
    let content = |message: &Value| message["content"].as_str().unwrap().len();
    let bytes: usize = data["messages"].as_array().unwrap().iter().map(content).sum();
    assert!(bytes <= 256 * 1024, "{bytes}");
    assert_eq!((&data["hasMore"], &data["recovered"]), (&json!(true), &json!(true)));
}

#[test]
fn what_was_posted_before_a_second_join_is_in_its_state_or_comes_after_it() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    for number in 0..20 {
        play.say(ann, json!({"action": "message", "data": {"content": number.to_string()}}));
        play.say(ann, json!({"action": "join"}));
    }
    let mut known = BTreeSet::new();
    for _ in 0..20 {
        let state = take_until_state(&mut play, ann, &mut known);
        let messages = state["messages"].as_array().unwrap().iter().map(seq);
        // A client that replaces what it has by the state has lost nothing.
        let shown: BTreeSet<u64> = messages.collect();
        assert!(known.is_subset(&shown), "{known:?} was told before a state of {shown:?}");
        known.extend(shown);
    }
}

/// Takes events into `known` until the next state.
fn take_until_state(play: &mut Play, who: ConnectionId, known: &mut BTreeSet<u64>) -> Value {
    loop {
        let message = play.stage.next(who);
        match message["type"].as_str().unwrap() {
            "session_state" => return message["data"].clone(),
            "user_message" | "agent_response" => {
                known.insert(seq(&message["data"]));
            }
            "agent_typing" => {}
            other => panic!("{other}"),
        }
    }
}

/// Posts so many short messages, without waiting between them; nobody's agent answers.
fn fill(play: &Play, session: &str, count: usize) {
    // Over a store of its own connection this would be one commit each; here the last one is
    // waited for.
    for number in 1..count {
        let posting = conversations::Posting::new(
            conversations::RoomRef::new(Side::Session, session),
            conversations::Author::Agent { id: "other".into() },
            number.to_string(),
        );
        play.conversations.post(posting, |posted| drop(posted.unwrap()));
    }
    let last = conversations::Posting::new(
        conversations::RoomRef::new(Side::Session, session),
        conversations::Author::Agent { id: "other".into() },
        "last",
    );
    let (told, hears) = std::sync::mpsc::channel();
    play.conversations.post(last, move |posted| told.send(posted.unwrap()).unwrap());
    hears.recv_timeout(testkit::PATIENCE).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whoever_joins_while_others_send_gets_each_message_once_and_in_order(
        before in 0_usize..60, during in 1_usize..120, joins in 1_usize..4, after in 0_u64..80,
    ) {
        let mut play = Play::new();
        let session = play.session("ann", json!({"type": "chat"}));
        fill(&play, &session, before + 1);
        let total = u64::try_from(before + 1 + during).unwrap();
        std::thread::scope(|scope| {
            let others = (play.conversations.clone(), session.clone());
            scope.spawn(move || {
                let (conversations, session) = others;
                for number in 0..during {
                    let posting = conversations::Posting::new(
                        conversations::RoomRef::new(Side::Session, session.as_str()),
                        conversations::Author::Agent { id: "other".into() },
                        number.to_string(),
                    );
                    conversations.post(posting, |posted| drop(posted.unwrap()));
                }
            });
            for _ in 0..joins {
                let ann = play.connect("ann", &session);
                play.say(ann, json!({"action": "join", "data": {"after": after}}));
                let state = play.stage.next(ann)["data"].clone();
                let shown = state["messages"].as_array().unwrap();
                let mut seqs: Vec<u64> = shown.iter().map(seq).collect();
                let first = seqs.first().copied();
                while seqs.last().is_none_or(|last| *last < total) && after < total {
                    seqs.push(seq(&play.stage.expect(ann, "agent_response")["data"]));
                }
                if state["recovered"] == true {
                    prop_assert_eq!(first.unwrap_or(after + 1), after + 1);
                }
                prop_assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{:?}", seqs);
            }
            Ok(())
        })?;
    }
}
