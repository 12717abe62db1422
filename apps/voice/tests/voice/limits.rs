//! How many events a connection may send.

use model::CloseReason;
use serde_json::json;

use crate::support::{Got, House};

#[test]
fn past_the_limit_events_are_refused_and_audio_is_not_counted() {
    let mut house = House::limited(3, 0);
    let ann = house.joined("ann", "s");
    for _ in 0..20 {
        house.emit(
            ann,
            "audio:stream",
            json!({"audioData": "AA==", "format": "pcm16", "sampleRate": 8000}),
        );
    }
    house.emit(ann, "session:status", json!({"status": "paused"}));
    house.emit(ann, "session:fly", json!({}));
    house.received(ann);
    let (got, answer) = house.ask(ann, "session:leave", json!({}));
    let [Got::Event(name, payload, _)] = &got[..] else { panic!("{got:?}") };
    assert_eq!((name.as_str(), &payload["code"]), ("session:error", &json!("RATE_LIMIT_EXCEEDED")));
    assert!(payload["retryAfterMs"].as_u64().unwrap() > 0);
    assert_eq!(answer["code"], "RATE_LIMIT_EXCEEDED");
    house.pass(61_100);
    let (_, answer) = house.ask(ann, "session:leave", json!({}));
    assert_eq!(answer, json!({"ok": true}));
}

#[test]
fn whoever_goes_on_at_twice_the_limit_is_sent_away() {
    let mut house = House::limited(3, 0);
    let ann = house.connect("ann");
    for _ in 0..7 {
        house.emit(ann, "transcription:fly", json!({}));
    }
    let error = house.expect(ann, "connection:error");
    let expected = (&json!("Rate limit exceeded"), &json!("RATE_LIMIT_EXCEEDED"));
    assert_eq!((&error["message"], &error["code"]), expected);
    assert_eq!(house.next(ann), Got::Left);
    assert_eq!(house.stage.closed(ann), CloseReason::RATE_LIMIT);
}
