//! What was said in a session: published by the backend, shown to whoever was in it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::Caller;

use crate::support::{House, identity, refused};

const TRANSCRIPT: &str = "/api/voice/sessions/s/transcript";
const TRANSCRIPTIONS: &str = "/api/voice/sessions/s/transcriptions";

fn said(item: &str, text: &str, is_final: bool) -> Value {
    json!({
        "userId": "ann", "itemId": item, "text": text, "isFinal": is_final, "confidence": 0.75,
        "language": "en", "startTime": 1000, "endTime": 2500,
        "metadata": {"provider": "own", "processingMode": "request"},
    })
}

/// The transcript as this type: its own type, and the text.
fn shown(house: &House, user: &str, path: &str, accept: &str) -> (StatusCode, String, String) {
    let mut request = Request::get(path).header("Accept", accept).body(Body::empty()).unwrap();
    request.extensions_mut().insert(Caller(identity(user)));
    house.runtime.block_on(async {
        let answer = house.voice.routes().oneshot(request).await.unwrap();
        let status = answer.status();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    })
}

#[test]
fn what_the_backend_heard_is_told_to_all_stored_and_shown_in_three_forms() {
    let mut house = House::new();
    let (ann, bob) = (house.joined("ann", "s"), house.joined("bob", "s"));
    for (item, text, is_final) in
        [("a", "so", false), ("a", "so it is", true), ("b", "no & yes", true)]
    {
        let (status, answer) =
            house.http("root", "POST", TRANSCRIPTIONS, said(item, text, is_final));
        assert_eq!(status, if is_final { StatusCode::CREATED } else { StatusCode::OK }, "{answer}");
        let previous = if item == "a" { Value::Null } else { json!("a") };
        assert_eq!((&answer["itemId"], &answer["previousItemId"]), (&json!(item), &previous));
        for id in [ann, bob] {
            let mut told = house.expect(id, "transcription:result");
            told.as_object_mut().unwrap().remove("timestamp");
            assert_eq!(told, answer);
        }
    }
    let (status, page) = house.http("bob", "GET", TRANSCRIPT, Value::Null);
    assert_eq!(
        (status, &page["sessionId"], &page["nextCursor"]),
        (StatusCode::OK, &json!("s"), &Value::Null)
    );
    let expected = json!({
        "sessionId": "s", "userId": "ann", "userName": "ANN", "itemId": "b", "previousItemId": "a",
        "text": "no & yes", "isFinal": true, "confidence": 0.75, "language": "en",
        "startTime": 1000, "endTime": 2500,
        "metadata": {"provider": "own", "processingMode": "request"},
    });
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["items"][1], expected);
    let text = shown(&house, "ann", TRANSCRIPT, "text/plain");
    let lines = "[00:00:01.000] ANN: so it is\n[00:00:01.000] ANN: no & yes\n";
    assert_eq!(text, (StatusCode::OK, "text/plain; charset=utf-8".into(), lines.into()));
    let by_name = format!("{TRANSCRIPT}?format=vtt");
    let (_, kind, vtt) = shown(&house, "ann", &by_name, "*/*");
    assert_eq!(kind, "text/vtt; charset=utf-8");
    assert!(
        vtt.starts_with("WEBVTT\n\na\n00:00:01.000 --> 00:00:02.500\n<v ANN>so it is\n"),
        "{vtt}"
    );
    assert!(vtt.ends_with("<v ANN>no &amp; yes\n"));
}

#[test]
fn a_transcript_is_for_those_who_were_in_the_session_only() {
    let mut house = House::new();
    house.joined("ann", "s");
    house.http("root", "POST", TRANSCRIPTIONS, said("a", "secret", true));
    let missing = house.http("eve", "GET", "/api/voice/sessions/none/transcript", Value::Null);
    assert_eq!(missing.0, StatusCode::NOT_FOUND);
    for user in ["eve", "root"] {
        assert_eq!(house.http(user, "GET", TRANSCRIPT, Value::Null), missing, "{user}");
        for format in ["text", "vtt"] {
            let (status, _, body) =
                shown(&house, user, &format!("{TRANSCRIPT}?format={format}"), "*/*");
            assert_eq!((status, body.contains("secret")), (StatusCode::NOT_FOUND, false));
        }
    }
    // Who was in it reads it also after the end.
    let ann = house.joined("ann", "s");
    house.emit(ann, "session:status", json!({"status": "ended"}));
    house.expect(ann, "session:left");
    assert_eq!(house.http("ann", "GET", TRANSCRIPT, Value::Null).0, StatusCode::OK);
}

#[test]
fn a_long_transcript_is_read_page_by_page() {
    let mut house = House::new();
    house.joined("ann", "s");
    for number in 0..5 {
        house.http("root", "POST", TRANSCRIPTIONS, said(&number.to_string(), "word", true));
    }
    let (mut items, mut path) = (Vec::new(), format!("{TRANSCRIPT}?limit=2"));
    loop {
        let (_, page) = house.http("ann", "GET", &path, Value::Null);
        items.extend(page["items"].as_array().unwrap().iter().map(|item| item["itemId"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("{TRANSCRIPT}?limit=2&cursor={cursor}");
    }
    assert_eq!(items, ["0", "1", "2", "3", "4"]);
    let wrong = house.http("ann", "GET", &format!("{TRANSCRIPT}?cursor=!"), Value::Null);
    assert_eq!((wrong.0, &wrong.1["field"]), (StatusCode::BAD_REQUEST, &json!("cursor")));
    let wrong = house.http("ann", "GET", &format!("{TRANSCRIPT}?format=srt"), Value::Null);
    assert_eq!((wrong.0, &wrong.1["field"]), (StatusCode::BAD_REQUEST, &json!("format")));
}

#[test]
fn long_texts_end_a_page_before_its_count() {
    let mut house = House::new();
    house.joined("ann", "s");
    for number in 0..15 {
        house.http(
            "root",
            "POST",
            TRANSCRIPTIONS,
            said(&number.to_string(), &"x".repeat(20_000), true),
        );
    }
    let (_, page) = house.http("ann", "GET", TRANSCRIPT, Value::Null);
    assert_eq!(page["items"].as_array().unwrap().len(), 13);
    assert!(page["nextCursor"].is_string());
}

#[test]
fn an_item_has_one_final_result_and_nothing_comes_behind_it() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    let first = house.http("root", "POST", TRANSCRIPTIONS, said("a", "so it is", true));
    let again = house.http("root", "POST", TRANSCRIPTIONS, said("a", "so it is", true));
    assert_eq!((again.0, again.1), (StatusCode::OK, first.1));
    for late in [said("a", "another", true), said("a", "so", false), said("a", "so it is", false)] {
        let (status, error) = house.http("root", "POST", TRANSCRIPTIONS, late);
        assert_eq!((status, &error["error"]), (StatusCode::CONFLICT, &json!("ITEM_FINISHED")));
    }
    house.expect(ann, "transcription:result");
    assert!(!house.names(ann).contains(&"transcription:result".to_owned()), "it is told once");
}

#[test]
fn what_the_backend_says_is_checked_and_others_may_not() {
    let mut house = House::new();
    house.joined("ann", "s");
    for (field, value) in [
        ("userId", json!("")),
        ("userId", json!(null)),
        ("itemId", json!("a\nb")),
        ("sessionId", json!("t")),
        ("text", json!("  ")),
        ("text", json!("x".repeat(20_001))),
        ("text", json!(7)),
        ("confidence", json!(1.5)),
        ("language", json!("")),
        ("startTime", json!(-1)),
        ("endTime", json!(999)),
        ("endTime", json!(1_000_000_000_000_000_u64)),
        ("metadata.processingMode", json!({"processingMode": "later"})),
        ("metadata.provider", json!({"provider": ""})),
    ] {
        let mut body = said("a", "x", true);
        body[field.split('.').next().unwrap()] = value.clone();
        let (status, error) = house.http("root", "POST", TRANSCRIPTIONS, body);
        assert_eq!(
            (status, &error["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{value} {error}"
        );
    }
    let (status, _) = house.http("ann", "POST", TRANSCRIPTIONS, said("a", "x", true));
    assert_eq!(status, StatusCode::FORBIDDEN);
    let none = "/api/voice/sessions/none/transcriptions";
    assert_eq!(house.http("root", "POST", none, said("a", "x", true)).0, StatusCode::NOT_FOUND);
    let (_, bare) =
        house.http("root", "POST", TRANSCRIPTIONS, json!({"userId": "zoe", "text": "hi"}));
    assert_eq!((&bare["isFinal"], &bare["language"]), (&json!(true), &json!("und")));
    assert_eq!(bare["metadata"], json!({"provider": "backend", "processingMode": "realtime"}));
}

#[test]
fn nothing_is_published_to_a_session_that_has_ended() {
    let mut house = House::new();
    let ann = house.joined("ann", "s");
    house.emit(ann, "session:status", json!({"status": "ended"}));
    house.expect(ann, "session:left");
    let (status, error) = house.http("root", "POST", TRANSCRIPTIONS, said("a", "x", true));
    assert_eq!((status, &error["error"]), (StatusCode::CONFLICT, &json!("SESSION_ENDED")));
}

#[test]
fn after_a_crash_what_was_told_is_there_and_the_chain_goes_on() {
    let mut house = House::new();
    house.joined("ann", "s");
    house.http("root", "POST", TRANSCRIPTIONS, said("a", "one", true));
    let mut house = house.crash();
    house.joined("ann", "s");
    let (_, next) = house.http("root", "POST", TRANSCRIPTIONS, said("b", "two", true));
    assert_eq!(next["previousItemId"], "a");
    let (_, page) = house.http("ann", "GET", TRANSCRIPT, Value::Null);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
}

#[test]
fn transcription_needs_a_session_and_somebody_who_transcribes() {
    let mut house = House::new();
    let id = house.connect("ann");
    let audio =
        json!({"audioData": "AAAA", "format": "pcm16", "sampleRate": 16000, "requestId": "r"});
    let events = [("start", json!({})), ("stop", json!({})), ("request", audio)];
    for (name, payload) in &events {
        let (_, answer) = house.ask(id, &format!("transcription:{name}"), payload.clone());
        assert_eq!(answer, refused("NOT_JOINED", "Not connected to any session"), "{name}");
    }
    house.join(id, "s");
    for (name, payload) in [&events[0], &events[2]] {
        let (before, answer) = house.ask(id, &format!("transcription:{name}"), payload.clone());
        assert_eq!(answer, refused("UNAVAILABLE", "Transcription is not available"), "{name}");
        let Some(crate::support::Got::Event(told, error, _)) = before.last() else {
            panic!("{before:?}")
        };
        assert_eq!((&**told, &error["sessionId"]), ("transcription:error", &json!("s")));
        assert_eq!(error.get("requestId"), payload.get("requestId"));
    }
    let (_, answer) = house.ask(id, "transcription:stop", json!({}));
    assert_eq!(answer, json!({"ok": true}));
    house.expect(id, "transcription:stopped");
}
