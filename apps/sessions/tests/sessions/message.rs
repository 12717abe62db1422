//! Messages: stored, told to all in one order, repeated without being stored twice.

use conversations::Side;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Play, seq};

#[test]
fn a_message_is_told_to_everybody_then_the_agent_answers_everybody() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "code_review", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(ann)["type"], "user_joined");
    let message = json!({
        "action": "message", "sessionId": session, "requestId": "r", "userId": "eve",
        "username": "Eve", "data": {"content": "  def f(x=[]): pass  ", "clientId": "c"},
    });
    play.say(ann, message);
    for (who, request_id) in [(ann, json!("r")), (bob, Value::Null)] {
        let told = play.stage.next(who);
        assert_eq!((&told["type"], &told["requestId"]), (&json!("user_message"), &request_id));
        let data = &told["data"];
        assert_eq!(data["content"], "def f(x=[]): pass");
        assert_eq!((&data["role"], &data["user_id"]), (&json!("user"), &json!("ann")));
        assert_eq!((&data["username"], &data["clientId"]), (&json!("ANN"), &json!("c")));
        assert_eq!((seq(data), &data["session_id"]), (1, &json!(session)));
        assert_eq!(data["created_at"], "2027-01-15T08:00:00.000Z");
        let typing = play.stage.next(who);
        assert_eq!(typing["type"], "agent_typing");
        assert_eq!(typing["data"], json!({"agentId": "code"}));
        let answer = play.stage.next(who);
        assert_eq!(answer["type"], "agent_response");
        assert_eq!(answer["data"]["role"], "agent");
        assert_eq!((&answer["data"]["agent_id"], seq(&answer["data"])), (&json!("code"), 2));
    }
}

#[test]
fn blank_content_is_ignored() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let ann = play.joined("ann", &session);
    play.say(ann, json!({"action": "message", "data": {"content": " \n\t "}}));
    play.say(ann, json!({"action": "message", "data": {"content": "x"}}));
    assert_eq!(seq(&play.stage.next(ann)["data"]), 1);
}

#[test]
fn a_repeat_gets_the_first_result_again_and_another_body_is_refused() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    let says = |content: &str, data_id: Option<&str>, request_id: &str| {
        json!({
            "action": "message", "requestId": request_id,
            "data": {"content": content, "clientId": data_id},
        })
    };
    play.say(ann, says("once", None, "r1"));
    let first = play.stage.expect(ann, "user_message");
    assert_eq!(first["data"]["clientId"], "r1");
    play.stage.expect(ann, "agent_response");
    play.say(ann, says("once", None, "r1"));
    assert_eq!(play.stage.next(ann), first);
    play.say(ann, says("once", Some("r1"), "r2"));
    let again = play.stage.next(ann);
    assert_eq!((&again["data"], &again["requestId"]), (&first["data"], &json!("r2")));
    play.say(ann, says("twice", None, "r1"));
    let refused = play.stage.next(ann);
    assert_eq!((&refused["type"], &refused["requestId"]), (&json!("error"), &json!("r1")));
    assert_eq!(refused["data"]["code"], "VALIDATION_ERROR");
    assert_eq!(refused["data"]["field"], "requestId");
    play.say(ann, says("twice", Some("r1"), "r3"));
    let refused = play.stage.next(ann);
    assert_eq!(refused["data"]["field"], "data.clientId", "{refused}");
    play.say(bob, says("twice", None, "r1"));
    let own = play.stage.expect(bob, "user_message");
    assert_eq!(own["data"]["content"], "once", "what ann said comes first");
    let own = play.stage.expect(bob, "user_message");
    assert_eq!((&own["data"]["content"], seq(&own["data"])), (&json!("twice"), 3));
    play.stage.expect(bob, "agent_response");
    assert_eq!(play.stored("ann", &session).len(), 4);
    assert_eq!(play.sessions.stats().answered, 2, "a repeat is no question");
}

#[test]
fn a_bridged_message_wakes_the_agent_as_well() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "socratic"}));
    let ann = play.joined("ann", &session);
    let posted = play.post_beside(Side::Session, &session, "cat", "Why is the sky blue?");
    let told = play.stage.next(ann);
    assert_eq!((&told["type"], &told["data"]["user_id"]), (&json!("user_message"), &json!("cat")));
    assert_eq!(told["data"]["id"], *posted.message.id);
    assert_eq!(play.stage.next(ann)["type"], "agent_typing");
    let answer = play.stage.next(ann);
    assert_eq!(answer["type"], "agent_response");
    assert_eq!(answer["data"]["agent_id"], "socratic");
}

#[test]
fn typing_names_the_tokens_user_and_goes_to_other_people_only() {
    let mut play = Play::new();
    let session = play.session("ann", json!({"type": "chat", "open": true}));
    let ann = play.joined("ann", &session);
    let phone = play.joined("ann", &session);
    let bob = play.joined("bob", &session);
    assert_eq!(play.stage.next(ann)["type"], "user_joined");
    assert_eq!(play.stage.next(phone)["type"], "user_joined");
    for _ in 0..50 {
        play.say(ann, json!({"action": "typing", "userId": "eve", "username": "Eve"}));
    }
    let told = play.stage.next(bob);
    assert_eq!(told["type"], "user_typing");
    assert_eq!(told["data"], json!({"userId": "ann", "username": "ANN"}));
    assert_eq!(play.stage.received(bob), Vec::<Value>::new(), "ten a second at most");
    play.clock.advance(std::time::Duration::from_millis(100));
    play.say(ann, json!({"action": "typing"}));
    assert_eq!(play.stage.next(bob)["type"], "user_typing");
    assert_eq!(play.stage.received(ann), Vec::<Value>::new());
    assert_eq!(play.stage.received(phone), Vec::<Value>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn everybody_sees_the_same_order_whoever_sends(
        turns in prop::collection::vec((0_usize..3, 0_u8..6), 1..40),
    ) {
        let mut play = Play::new();
        let session = play.session("ann", json!({"type": "chat", "open": true}));
        let people = ["ann", "bob", "cat"].map(|user| play.joined(user, &session));
        // Ids repeat, with bodies that fit them: some of these are repeats.
        for (who, id) in &turns {
            let data = json!({"content": format!("{who}-{id}"), "clientId": id.to_string()});
            play.say(people[*who], json!({"action": "message", "data": data}));
        }
        let distinct: std::collections::BTreeSet<_> = turns.iter().collect();
        let total = 2 * u64::try_from(distinct.len()).unwrap();
        let seen = people.map(|who| {
            let mut seen = Vec::new();
            while seen.last().is_none_or(|(seq, _)| *seq < total) {
                let event = play.stage.next(who);
                if event["data"]["seq"].is_u64() {
                    let entry = (seq(&event["data"]), event["data"]["id"].clone());
                    // A repeat is answered to its sender with what they may have had before.
                    if !seen.contains(&entry) {
                        seen.push(entry);
                    }
                }
            }
            seen
        });
        prop_assert_eq!(seen[0].iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=total).collect::<Vec<_>>());
        prop_assert_eq!(&seen[0], &seen[1]);
        prop_assert_eq!(&seen[0], &seen[2]);
    }
}
