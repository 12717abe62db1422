//! Joining, leaving, and what a session does.

use model::CloseReason;
use serde_json::{Value, json};

use crate::support::{Got, House, refused};

const NOT_JOINED: &str = "Not connected to any session";

#[test]
fn who_joins_is_told_how_the_session_stands_and_the_others_who_came() {
    let mut house = House::new();
    let ann = house.connect("ann");
    let (got, answer) = house.ask(ann, "session:join", json!({"sessionId": "s"}));
    let joined = |users: u32| {
        json!({
            "sessionId": "s", "timestamp": "2026-11-29T12:00:00.000Z",
            "stats": {
                "connectedUsers": users, "createdAt": "2026-11-29T12:00:00.000Z",
                "lastActivity": "2026-11-29T12:00:00.000Z", "status": "active", "ownerId": "ann",
            },
        })
    };
    assert_eq!(got, [Got::Event("session:joined".into(), joined(1), Vec::new())]);
    assert_eq!(answer, json!({"ok": true}));
    let bob = house.connect("bob");
    assert_eq!(house.join(bob, "s"), joined(2));
    let came = house.expect(ann, "user:joined");
    assert_eq!((&came["userId"], &came["userName"]), (&json!("bob"), &json!("BOB")));
    assert_eq!(house.names(bob), [""; 0], "nobody hears of themselves");
    // Another socket of the same person's is nobody new.
    house.joined("bob", "s");
    assert_eq!(house.names(ann), [""; 0]);
}

#[test]
fn who_leaves_is_told_and_so_are_the_others() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    let (got, answer) = house.ask(bob, "session:leave", Value::Null);
    let [Got::Event(name, payload, _)] = &got[..] else { panic!("{got:?}") };
    assert_eq!((name.as_str(), &payload["sessionId"]), ("session:left", &json!("s")));
    assert_eq!(answer, json!({"ok": true}));
    assert_eq!(house.expect(ann, "user:left")["userId"], "bob");
    let (_, answer) = house.ask(bob, "session:leave", json!({}));
    assert_eq!(answer, refused("NOT_JOINED", NOT_JOINED));
    house.stage.close(bob, &CloseReason::NORMAL);
    house.pass(6000);
    assert_eq!(house.names(ann), [""; 0], "who left is not gone once more");
}

#[test]
fn a_drop_is_told_once_after_five_seconds_without_a_return() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    house.stage.close(bob, &CloseReason::LOST);
    house.pass(4999);
    assert_eq!(house.names(ann), [""; 0]);
    house.pass(1);
    let [Got::Event(name, payload, _)] = &house.received(ann)[..] else { panic!() };
    assert_eq!((name.as_str(), &payload["userId"]), ("user:disconnected", &json!("bob")));
    house.pass(60_000);
    assert_eq!(house.names(ann), [""; 0]);
    let bob = house.joined("bob", "s");
    assert_eq!(house.names(ann), ["user:joined"]);
    house.stage.close(bob, &CloseReason::LOST);
    house.joined("bob", "s");
    house.pass(6000);
    assert_eq!(house.names(ann), [""; 0], "who came back was never gone");
}

#[test]
fn a_socket_is_in_one_session_at_a_time() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "one"), house.joined("bob", "one"));
    house.received(ann);
    house.join(bob, "two");
    assert_eq!(house.expect(ann, "user:left")["userId"], "bob");
    house.emit(bob, "session:status", json!({"status": "paused"}));
    assert_eq!(house.names(bob), ["session:status:updated"]);
    assert_eq!(house.names(ann), [""; 0]);
    // Joining the session one is in already changes nothing.
    assert_eq!(house.join(bob, "two")["stats"]["status"], "paused");
    // One that cannot be joined is not gone to.
    house.http("ann", "POST", "/api/voice/sessions", json!({"sessionId": "hers", "members": []}));
    let (got, answer) = house.ask(bob, "session:join", json!({"sessionId": "hers"}));
    assert_eq!(answer, refused("SESSION_NOT_FOUND", "Session not found"));
    let [Got::Event(name, payload, _)] = &got[..] else { panic!("{got:?}") };
    assert_eq!(
        (name.as_str(), &payload["message"]),
        ("session:error", &json!("Session not found"))
    );
    let (_, answer) = house.ask(bob, "session:status", json!({"status": "active"}));
    assert_eq!(answer, json!({"ok": true}), "it is still where it was");
}

#[test]
fn a_person_may_be_in_several_sessions_over_several_sockets() {
    let mut house = House::new();
    let (one, two) = (house.joined("ann", "one"), house.joined("ann", "two"));
    house.emit(one, "session:status", json!({"status": "recording"}));
    assert_eq!(house.names(one), ["session:status:updated"]);
    assert_eq!(house.names(two), [""; 0]);
}

#[test]
fn a_status_is_told_to_all_and_shown_to_who_comes_later() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    let (got, answer) =
        house.ask(bob, "session:status", json!({"status": "recording", "message": "on"}));
    assert_eq!((got, answer), (Vec::new(), json!({"ok": true})));
    for id in [ann, bob] {
        let told = house.expect(id, "session:status:updated");
        let expected = json!({
            "userId": "bob", "status": "recording", "message": "on",
            "timestamp": "2026-11-29T12:00:00.000Z",
        });
        assert_eq!(told, expected);
    }
    let cat = house.connect("cat");
    assert_eq!(house.join(cat, "s")["stats"]["status"], "recording");
}

#[test]
fn what_is_wrong_is_answered_in_its_family_and_the_connection_stays() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    for (name, payload, family, field) in [
        ("session:join", json!({}), "session:error", "sessionId"),
        ("session:status", json!({"status": "lost"}), "session:error", "status"),
        ("audio:stream", json!({"format": "wav"}), "audio:error", "sampleRate"),
        ("transcription:request", json!([]), "transcription:error", "payload"),
        ("fly", json!({}), "session:error", "event"),
        ("audio:fly", json!({}), "audio:error", "event"),
    ] {
        let (got, answer) = house.ask(ann, name, payload);
        let [Got::Event(told, error, _)] = &got[..] else { panic!("{got:?}") };
        assert_eq!((told.as_str(), &error["field"]), (family, &json!(field)), "{name}");
        assert_eq!(error["code"], "VALIDATION_ERROR");
        assert_eq!((&answer["ok"], &answer["error"]), (&json!(false), &error["message"]));
    }
    let deep = format!("2/interview,7[\"session:join\",{}{}]", "[".repeat(70), "]".repeat(70));
    house.stage.send(ann, deep);
    assert_eq!(house.expect(ann, "session:error")["message"], "payload is nested too deep");
    let (_, answer) = house.ask(ann, "session:leave", Value::Null);
    assert_eq!(answer["ok"], false, "the acknowledgement of the one before");
}

#[test]
fn nothing_is_done_without_a_session() {
    let mut house = House::new();
    let ann = house.connect("ann");
    let audio = json!({"audioData": "AAAA", "format": "pcm16", "sampleRate": 16000});
    for (name, payload, family) in [
        ("session:leave", Value::Null, "session:error"),
        ("session:status", json!({"status": "paused"}), "session:error"),
        ("session:status", json!({"status": "ended"}), "session:error"),
        ("audio:stream", audio, "audio:error"),
    ] {
        let (got, answer) = house.ask(ann, name, payload);
        let [Got::Event(told, error, _)] = &got[..] else { panic!("{got:?}") };
        let expected = json!({
            "message": NOT_JOINED, "code": "NOT_JOINED", "timestamp": "2026-11-29T12:00:00.000Z",
        });
        assert_eq!((told.as_str(), error), (family, &expected), "{name}");
        assert_eq!(answer, refused("NOT_JOINED", NOT_JOINED));
    }
}

#[test]
fn what_is_said_in_a_session_stays_in_it() {
    let mut house = House::new();
    let (ann, eve) = (house.joined("ann", "one"), house.joined("eve", "two"));
    let nobody = house.connect("nob");
    let audio = json!({"audioData": "AAAA", "format": "pcm16", "sampleRate": 16000});
    house.emit(ann, "audio:stream", audio);
    house.emit(ann, "session:status", json!({"status": "paused"}));
    house.joined("bob", "one");
    house.emit(ann, "session:status", json!({"status": "ended"}));
    house.expect(ann, "session:left");
    assert_eq!(house.names(eve), [""; 0]);
    assert_eq!(house.names(nobody), [""; 0]);
}

#[test]
fn nothing_stays_behind_of_a_thousand_that_join_and_vanish() {
    let mut house = House::new();
    assert_eq!(house.voice.stats().rooms, 0);
    for round in 0..1000 {
        let id = house.joined(&format!("user-{}", round % 50), &format!("session-{}", round % 30));
        house.emit(
            id,
            "audio:stream",
            json!({"audioData": "AAAA", "format": "wav", "sampleRate": 8000}),
        );
        house.stage.close(id, &CloseReason::LOST);
    }
    house.pass(6000);
    house.sweep();
    assert_eq!(house.voice.stats().rooms, 0);
    assert_eq!(house.stage.hub.room_count(), 0);
    // Who leaves on purpose leaves nothing even until then.
    let id = house.joined("ann", "s");
    house.ask(id, "session:leave", Value::Null);
    assert_eq!(house.voice.stats().rooms, 0);
}
