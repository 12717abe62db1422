//! How sessions end: somebody says so, or nobody says anything.

use hub::Fault;
use model::CloseReason;
use serde_json::json;

use crate::support::{Got, House, refused};

const MINUTE: u64 = 60_000;

#[test]
fn an_ended_session_is_left_by_all_and_never_joined_again() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    house.emit(bob, "session:status", json!({"status": "ended", "message": "thanks"}));
    for id in [ann, bob] {
        let Got::Event(name, payload, _) = house.next(id) else { panic!() };
        let expected = json!({
            "userId": "bob", "status": "ended", "message": "thanks",
            "timestamp": "2026-11-29T12:00:00.000Z",
        });
        assert_eq!((name.as_str(), payload), ("session:status:updated", expected));
        let Got::Event(name, payload, _) = house.next(id) else { panic!() };
        assert_eq!((name.as_str(), &payload["sessionId"]), ("session:left", &json!("s")));
        assert_eq!(house.names(id), [""; 0], "of each who goes then nobody is told");
        let (_, answer) = house.ask(id, "session:status", json!({"status": "active"}));
        assert_eq!(answer["code"], "NOT_JOINED");
        let (_, answer) = house.ask(id, "session:join", json!({"sessionId": "s"}));
        assert_eq!(answer, refused("SESSION_NOT_FOUND", "Session not found"));
    }
    assert_eq!((house.voice.stats().rooms, house.stage.hub.room_count()), (0, 0));
    let mut house = house.crash();
    let ann = house.connect("ann");
    let (_, answer) = house.ask(ann, "session:join", json!({"sessionId": "s"}));
    assert_eq!(answer["code"], "SESSION_NOT_FOUND", "also after a restart");
}

#[test]
fn whoever_ends_it_hears_that_it_is_stored() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    let (mut got, answer) = house.ask(ann, "session:status", json!({"status": "ended"}));
    got.extend(house.received(ann));
    assert_eq!((got.len(), answer), (2, json!({"ok": true})));
    house.store.close();
    let mut house = house.crash();
    house.http("bob", "GET", "/api/voice/sessions/s", json!(null));
    let bob = house.joined("bob", "t");
    house.store.close();
    let (_, answer) = house.ask(bob, "session:status", json!({"status": "ended"}));
    assert_eq!(answer["code"], "UNAVAILABLE", "what cannot be stored is not told");
    assert_eq!(house.names(bob), [""; 0]);
}

#[test]
fn without_activity_for_half_an_hour_a_session_ends_for_its_members() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "still"), house.joined("bob", "busy"));
    house.pass(29 * MINUTE);
    house.emit(
        bob,
        "audio:stream",
        json!({"audioData": "AA==", "format": "pcm16", "sampleRate": 8000}),
    );
    assert_eq!(house.sweep(), 0);
    house.pass(MINUTE + 1);
    assert_eq!(house.sweep(), 1);
    house.stage.settle();
    let told = house.expect(ann, "session:status:updated");
    assert_eq!((&told["status"], told.get("userId")), (&json!("ended"), None));
    assert_eq!(house.expect(ann, "session:left")["sessionId"], "still");
    assert_eq!(house.names(bob), [""; 0]);
    house.pass(30 * MINUTE);
    assert_eq!(house.sweep(), 1);
    house.expect(bob, "session:left");
    assert_eq!(house.sweep(), 0);
}

#[test]
fn half_an_hour_counts_from_the_last_activity_also_where_everybody_left_behind_it() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    house.pass(4 * MINUTE);
    house.emit(ann, "session:status", json!({"status": "paused"}));
    house.ask(ann, "session:leave", json!({}));
    house.pass(27 * MINUTE);
    assert_eq!(house.sweep(), 0);
    house.pass(3 * MINUTE + 1);
    assert_eq!(house.sweep(), 1);
}

#[test]
fn sessions_that_nobody_is_in_end_too_also_those_of_before_a_restart() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    house.pass(20 * MINUTE);
    house.emit(ann, "session:status", json!({"status": "paused"}));
    assert_eq!(house.sweep(), 0, "and it is stored when somebody was active");
    let mut house = house.crash();
    house.pass(29 * MINUTE);
    assert_eq!(house.sweep(), 0);
    house.pass(MINUTE + 1);
    assert_eq!(house.sweep(), 1);
    let bob = house.connect("bob");
    let (_, answer) = house.ask(bob, "session:join", json!({"sessionId": "s"}));
    assert_eq!(answer["code"], "SESSION_NOT_FOUND");
}

#[test]
fn what_a_session_is_doing_stays_when_everybody_leaves_and_over_a_restart() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    house.emit(ann, "session:status", json!({"status": "paused"}));
    house.ask(ann, "session:leave", json!({}));
    assert_eq!(house.voice.stats().rooms, 0);
    assert_eq!(house.join(ann, "s")["stats"]["status"], "paused");
    house.ask(ann, "session:leave", json!({}));
    let shown = |house: &House| house.http("ann", "GET", "/api/voice/sessions/s", json!(null)).1;
    assert_eq!(shown(&house)["status"], "paused");
    house.join(ann, "s");
    house.ask(ann, "session:status", json!({"status": "recording"}));
    house.joined("bob", "s"); // Behind which the status is stored.
    let mut house = house.crash();
    assert_eq!(shown(&house)["status"], "recording");
    let bob = house.connect("bob");
    assert_eq!(house.join(bob, "s")["stats"]["status"], "recording");
}

#[test]
fn a_session_goes_on_over_a_restart() {
    let mut house = House::new();
    house.joined("ann", "s");
    let mut house = house.crash();
    house.pass(5000);
    let bob = house.connect("bob");
    let stats = house.join(bob, "s")["stats"].take();
    let made = (&json!("ann"), &json!("2026-11-29T12:00:00.000Z"));
    assert_eq!((&stats["ownerId"], &stats["createdAt"]), made);
    let room = house.voice.room("s").unwrap();
    let now = model::Clock::monotonic(&*house.clock);
    assert_eq!(room.milliseconds(now), 5000, "its clock runs since its start");
}

#[test]
fn the_last_word_of_a_connection_says_whether_to_come_back() {
    for (fault, reason, name, code, stays_away) in [
        (Fault::TokenExpired, CloseReason::TOKEN_EXPIRED, "connection:error", "UNAUTHORIZED", true),
        (Fault::Revoked, CloseReason::REVOKED, "connection:error", "UNAUTHORIZED", true),
        (
            Fault::NotAuthenticated,
            CloseReason::UNAUTHORIZED,
            "connection:error",
            "UNAUTHORIZED",
            true,
        ),
        (Fault::GoingDown, CloseReason::GOING_DOWN, "connection:error", "UNAVAILABLE", true),
        (Fault::TooLarge, CloseReason::TOO_LARGE, "session:error", "MESSAGE_TOO_LARGE", false),
        (Fault::Restarting, CloseReason::RESTART, "session:error", "UNAVAILABLE", false),
        (Fault::TooOld, CloseReason::TOO_OLD, "session:error", "UNAVAILABLE", false),
        (Fault::TooSlow, CloseReason::SLOW_CONSUMER, "session:error", "UNAVAILABLE", false),
        (Fault::Idle, CloseReason::IDLE, "session:error", "UNAVAILABLE", false),
    ] {
        let mut house = House::new();
        let id = house.joined("ann", "s");
        house.stage.fault(id, fault);
        let Got::Event(told, payload, _) = house.next(id) else { panic!("{fault:?}") };
        assert_eq!((told.as_str(), &payload["code"]), (name, &json!(code)), "{fault:?}");
        let left = house.received(id);
        assert_eq!(left, if stays_away { vec![Got::Left] } else { Vec::new() }, "{fault:?}");
        house.stage.close(id, &reason);
    }
}
