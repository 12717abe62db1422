//! What is spoken reaches the others as it was sent.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Got, House};

fn audio(data: Value) -> Value {
    json!({"audioData": data, "format": "pcm16", "sampleRate": 16_000})
}

#[test]
fn base64_stays_base64_and_bytes_stay_bytes() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    let mut payload = audio(json!("AAEC"));
    payload["timestamp"] = json!("yesterday");
    payload["channels"] = json!(2);
    house.emit(ann, "audio:stream", payload);
    let expected = json!({
        "userId": "ann", "audioData": "AAEC", "format": "pcm16", "sampleRate": 16_000,
        "channels": 2, "timestamp": "yesterday",
    });
    assert_eq!(house.received(bob), [Got::Event("audio:received".into(), expected, Vec::new())]);
    let payload = audio(json!({"_placeholder": true, "num": 0}));
    house.emit_binary(ann, "audio:stream", payload.clone(), &[9, 8, 7]);
    let mut expected = payload;
    expected["userId"] = json!("ann");
    expected["timestamp"] = json!("2026-11-29T12:00:00.000Z");
    let attached = vec![Bytes::from_static(&[9, 8, 7])];
    assert_eq!(house.received(bob), [Got::Event("audio:received".into(), expected, attached)]);
    assert_eq!(house.received(ann), [], "nobody hears themselves");
}

#[test]
fn the_other_connections_of_the_speaker_hear_it_too() {
    let mut house = House::new();
    let (one, other) = (house.joined("ann", "s"), house.joined("ann", "s"));
    house.emit(one, "audio:stream", audio(json!("AAEC")));
    assert_eq!(house.names(other), ["audio:received"]);
    assert_eq!(house.names(one), [""; 0]);
}

#[test]
fn chunks_of_one_speaker_keep_their_order() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    for number in 0..50 {
        let data = STANDARD.encode([number]);
        house.emit(ann, "audio:stream", audio(json!(data)));
        house.clock.advance(Duration::from_millis(20));
    }
    let heard: Vec<u8> = house
        .received(bob)
        .into_iter()
        .map(|got| match got {
            Got::Event(_, payload, _) => {
                STANDARD.decode(payload["audioData"].as_str().unwrap()).unwrap()[0]
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(heard, (0..50).collect::<Vec<u8>>());
}

#[test]
fn who_joins_later_gets_the_header_first_as_the_speaker_sends_it() {
    let mut house = House::new();
    let wav = audio_file();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    let payload = json!({"format": "wav", "sampleRate": 44_100});
    // Cut within the header.
    for part in [&wav[..20], &wav[20..60], &wav[60..]] {
        let mut payload = payload.clone();
        payload["audioData"] = json!(STANDARD.encode(part));
        house.emit(ann, "audio:stream", payload);
    }
    let mut binary = payload;
    binary["audioData"] = json!({"_placeholder": true, "num": 0});
    house.emit_binary(bob, "audio:stream", binary, &wav);
    let cat = house.connect("cat");
    house.emit(cat, "session:join", json!({"sessionId": "s"}));
    let Got::Event(name, ..) = house.next(cat) else { panic!() };
    assert_eq!(name, "session:joined");
    let mut got = vec![house.next(cat), house.next(cat)];
    got.sort_by_key(|got| match got {
        Got::Event(_, payload, _) => payload["userId"].to_string(),
        other => panic!("{other:?}"),
    });
    let expected = |user: &str, data: Value| {
        json!({
            "userId": user, "audioData": data, "format": "wav", "sampleRate": 44_100,
            "init": true, "timestamp": "2026-11-29T12:00:00.000Z",
        })
    };
    let header = &wav[..44];
    let name = "audio:received".to_owned();
    let of_ann = expected("ann", json!(STANDARD.encode(header)));
    let of_bob = expected("bob", json!({"_placeholder": true, "num": 0}));
    let attached = vec![Bytes::copy_from_slice(header)];
    let wanted = [Got::Event(name.clone(), of_ann, Vec::new()), Got::Event(name, of_bob, attached)];
    assert_eq!(got, wanted);
    house.emit(
        ann,
        "audio:stream",
        json!({"audioData": "AAAA", "format": "wav", "sampleRate": 44_100}),
    );
    let Got::Event(_, payload, _) = house.next(cat) else { panic!() };
    assert_eq!((&payload["audioData"], &payload["init"]), (&json!("AAAA"), &Value::Null));
}

#[test]
fn headers_go_with_their_speaker() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    let payload = json!({
        "audioData": STANDARD.encode(audio_file()), "format": "wav", "sampleRate": 16_000,
    });
    house.emit(ann, "audio:stream", payload.clone());
    house.ask(ann, "session:leave", Value::Null);
    let cat = house.joined("cat", "s");
    assert_eq!(house.names(cat), [""; 0]);
    // Nobody is sent their own.
    house.received(bob);
    house.emit(bob, "audio:stream", payload);
    house.join(bob, "s");
    assert_eq!(house.names(bob), [""; 0]);
}

#[test]
fn of_bare_samples_over_a_hundred_a_second_are_dropped_and_of_containers_refused() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    house.received(ann);
    (0..100).for_each(|_| house.emit(ann, "audio:stream", audio(json!("AAEC"))));
    assert_eq!(house.received(bob).len(), 100);
    house.emit(ann, "audio:stream", audio(json!("AAEC")));
    assert_eq!((house.received(bob).len(), house.received(ann).len()), (0, 0));
    let (got, answer) = house.ask(ann, "audio:stream", audio(json!("AAEC")));
    assert_eq!((got, &answer["code"]), (Vec::new(), &json!("RATE_LIMIT_EXCEEDED")));
    let webm = json!({"audioData": "AAEC", "format": "webm", "sampleRate": 48_000});
    house.emit(ann, "audio:stream", webm);
    let error = house.expect(ann, "audio:error");
    let expected = (&json!("RATE_LIMIT_EXCEEDED"), &json!(1000));
    assert_eq!((&error["code"], &error["retryAfterMs"]), expected);
    house.clock.advance(Duration::from_secs(1));
    house.emit(ann, "audio:stream", audio(json!("AAEC")));
    assert_eq!(house.received(bob).len(), 1);
}

#[test]
fn who_speaks_is_advised_to_send_less_where_a_listener_cannot_keep_up() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    let cat = house.joined("cat", "s");
    let data = STANDARD.encode([0; 1000]);
    for _ in 0..40 {
        house.emit(ann, "audio:stream", audio(json!(data)));
        house.clock.advance(Duration::from_millis(100));
    }
    for id in [ann, bob, cat] {
        house.received(id);
    }
    house.stage.skipped(bob, 9);
    let [Got::Event(name, advice, _)] = &house.received(ann)[..] else { panic!() };
    assert_eq!(name, "audio:quality");
    let expected = (&json!(40_000), &json!(16_000), &json!("listener_too_slow"));
    assert_eq!((&advice["bitrate"], &advice["sampleRate"], &advice["reason"]), expected);
    house.stage.skipped(cat, 9);
    assert_eq!(house.names(ann), [""; 0], "not twice in a moment");
    assert_eq!((house.names(bob), house.names(cat)), (vec![], vec![]), "they say nothing");
}

/// A second of a tone, as WAV.
fn audio_file() -> Vec<u8> {
    let samples: Vec<i16> = (0..16_000).map(|at| if at % 40 < 20 { 900 } else { -900 }).collect();
    audio::encode_wav(&samples, 16_000)
}
