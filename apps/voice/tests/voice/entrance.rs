//! Who gets in, by which token.

use access::TokenError;
use model::CloseReason;
use serde_json::{Value, json};

use crate::support::{Got, House, identity};

#[test]
fn a_token_of_the_handshake_lets_in() {
    let mut house = House::new();
    let id = house.dial(Some(Ok(identity("ann"))));
    house.enter(id, Value::Null);
    let Got::Event(name, payload, _) = house.next(id) else { panic!() };
    assert_eq!(name, "connection:success");
    let expected = json!({
        "message": "Connected successfully", "userId": "ann",
        "timestamp": "2026-11-29T12:00:00.000Z",
    });
    assert_eq!(payload, expected);
}

#[test]
fn a_token_of_the_connect_lets_in_and_what_comes_behind_it_waits_for_it() {
    let mut house = House::new();
    for prefix in ["", "Bearer "] {
        let id = house.dial(None);
        let token = format!("{prefix}{}", house.token("ann"));
        house.stage.send(id, format!("0/interview,{}", json!({"token": token, "also": [1]})));
        house.emit(id, "session:join", json!({"sessionId": "s"}));
        assert!(house.stage.next_binary(id).starts_with(b"40/interview,"));
        assert_eq!(house.expect(id, "connection:success")["userId"], "ann");
        assert_eq!(house.expect(id, "session:joined")["stats"]["connectedUsers"], 1);
    }
}

#[test]
fn whoever_has_no_good_token_is_told_and_sent_away() {
    let mut house = House::new();
    let good = house.token("ann");
    let forged = format!("{}x", &good[..good.len() - 1]);
    let missing = "a token is required";
    let invalid = "the token is not valid";
    for (handshake, auth, error) in [
        (None, Value::Null, missing),
        (None, json!({}), missing),
        (None, json!({"token": 7}), missing),
        (None, json!({"token": forged}), invalid),
        (None, json!({"token": "x"}), invalid),
        (Some(Err(TokenError::Expired)), Value::Null, "the token has expired"),
        (Some(Err(TokenError::Expired)), json!({"token": good}), "the token has expired"),
    ] {
        let id = house.dial(handshake);
        house.enter(id, auth.clone());
        let Got::Event(name, payload, _) = house.next(id) else { panic!("{auth}") };
        let expected = json!({
            "message": "Authentication failed", "error": error, "code": "UNAUTHORIZED",
            "timestamp": "2026-11-29T12:00:00.000Z",
        });
        assert_eq!((name.as_str(), payload), ("connection:error", expected), "{auth}");
        assert_eq!(house.next(id), Got::Left);
        assert_eq!(house.stage.closed(id), CloseReason::UNAUTHORIZED);
    }
}

#[test]
fn tokens_of_the_connect_that_are_refused_count_for_their_address() {
    let limit = std::num::NonZeroU32::new(2);
    let limits = voice::Limits { refused_tokens_per_minute: limit, ..voice::Limits::default() };
    let mut house = House::with(limits);
    let mut codes = |auth: Value| {
        let id = house.dial(None);
        house.enter(id, auth);
        let refused = house.expect(id, "connection:error")["code"].take();
        assert_eq!(house.next(id), Got::Left);
        refused
    };
    let bad = || json!({"token": "x"});
    // Whoever brings none has nothing refused.
    for auth in [Value::Null, bad(), Value::Null, bad(), Value::Null] {
        assert_eq!(codes(auth), "UNAUTHORIZED");
    }
    assert_eq!(codes(bad()), "RATE_LIMIT_EXCEEDED");
    let good = house.token("ann");
    let ann = house.dial(None);
    house.enter(ann, json!({"token": good}));
    house.expect(ann, "connection:success");
    house.pass(62_000);
    let id = house.dial(None);
    house.enter(id, bad());
    assert_eq!(house.expect(id, "connection:error")["code"], "UNAUTHORIZED");
}

#[test]
fn there_is_no_other_namespace() {
    let mut house = House::new();
    let id = house.dial(Some(Ok(identity("ann"))));
    for namespace in ["/other,", "/interview/more,"] {
        house.stage.send(id, format!("0{namespace}"));
        let answer = house.stage.next_binary(id);
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        assert_eq!(answer, format!("44{namespace}{{\"message\":\"Invalid namespace\"}}"));
    }
    house.stage.send(id, "0");
    assert_eq!(house.stage.next_binary(id)[..], *b"44{\"message\":\"Invalid namespace\"}");
}

#[test]
fn of_one_person_only_so_many_are_let_in_and_a_place_comes_free_with_a_connection() {
    let mut house = House::limited(0, 1);
    let auth = json!({"token": house.token("ann")});
    let first = house.dial(None);
    house.enter(first, auth.clone());
    house.expect(first, "connection:success");
    let second = house.dial(None);
    house.enter(second, auth.clone());
    let refused = house.expect(second, "connection:error");
    assert_eq!(
        (&refused["message"], &refused["code"]),
        (&json!("Too many connections"), &json!("FORBIDDEN"))
    );
    assert_eq!(house.next(second), Got::Left);
    assert_eq!(house.stage.closed(second), CloseReason::TOO_MANY_CONNECTIONS);
    house.stage.close(first, &CloseReason::LOST);
    let third = house.dial(None);
    house.enter(third, auth);
    house.expect(third, "connection:success");
}

#[test]
fn a_client_that_leaves_the_namespace_may_come_back_on_the_same_connection() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    house.stage.send(bob, "1/interview,");
    house.enter(bob, Value::Null);
    house.expect(bob, "connection:success");
    let (got, answer) = house.ask(bob, "session:leave", json!({}));
    assert_eq!(answer["code"], "NOT_JOINED", "it is another socket, in no session: {got:?}");
    house.join(bob, "s");
    house.pass(6000);
    assert_eq!(house.names(ann), [""; 0], "who is back within five seconds was never gone");
}
