//! What the people of a session are told that they could answer.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::House;

const SUGGESTIONS: &str = "/api/voice/sessions/s/suggestions";
const TRANSCRIPTIONS: &str = "/api/voice/sessions/s/transcriptions";
const NAME: &str = "responses:suggestions";

#[test]
fn who_is_to_answer_what_was_heard_gets_an_outline_out_of_their_notes() {
    let mut house = House::new();
    let notes = json!({"text": "The report took six hours. I had to speed it up. I added an index. It fell to ten minutes."});
    house.http("ben", "PUT", "/api/voice/sessions/s/notes", notes);
    let (ann, ben) = (house.joined("ann", "s"), house.joined("ben", "s"));
    let eve = house.joined("eve", "other");
    let said = json!({"userId": "ann", "text": "Tell me about a report you made faster."});
    let (status, answer) = house.http("root", "POST", TRANSCRIPTIONS, said);
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let told = house.expect(ben, NAME);
    assert_eq!(
        told["responses"][0]["text"],
        "Situation: “The report took six hours.”\nTask: “I had to speed it up.”\n\
         Action: “I added an index.”\nResult: “It fell to ten minutes.”"
    );
    assert_eq!(
        (&told["generation"], &told["forText"]),
        (&json!(1), &json!("Tell me about a report you made faster."))
    );
    // The answer wakes the one who asked; nobody elsewhere hears a word.
    let said = json!({"userId": "ben", "text": "I added an index."});
    house.http("root", "POST", TRANSCRIPTIONS, said);
    assert_eq!(house.expect(ann, NAME)["generation"], 1);
    assert_eq!(house.received(eve), []);
}

#[test]
fn the_backends_suggestions_are_told_to_whom_they_are_for() {
    let mut house = House::new();
    let (ann, ben) = (house.joined("ann", "s"), house.joined("ben", "s"));
    let one = json!({"userId": "ben", "responses": [{"text": "Say yes.", "tone": "warm", "confidence": 0.5}]});
    let told = house.http("root", "POST", SUGGESTIONS, one);
    assert_eq!(told, (StatusCode::OK, json!({"sessionId": "s", "told": 1})));
    let event = house.expect(ben, NAME);
    assert_eq!(
        event["responses"],
        json!([{"text": "Say yes.", "tone": "warm", "confidence": 0.5}])
    );
    assert_eq!((&event["forText"], &event["generation"]), (&json!(""), &json!(1)));
    let all = json!({"responses": [{"text": "Say no."}], "forText": "Will you?"});
    assert_eq!(house.http("root", "POST", SUGGESTIONS, all).1["told"], 2);
    assert_eq!(house.expect(ben, NAME)["generation"], 2);
    let event = house.expect(ann, NAME);
    assert_eq!((&event["forText"], &event["generation"]), (&json!("Will you?"), &json!(1)));
    let away = json!({"userId": "cat", "responses": [{"text": "x"}]});
    assert_eq!(house.http("root", "POST", SUGGESTIONS, away).1["told"], 0);
}

#[test]
fn only_publishers_suggest_and_what_is_wrong_is_told_with_its_field() {
    let mut house = House::new();
    let good = || json!({"responses": [{"text": "x"}]});
    let (status, error) = house.http("root", "POST", SUGGESTIONS, good());
    assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("SESSION_NOT_FOUND")));
    house.joined("ann", "s");
    assert_eq!(house.http("ann", "POST", SUGGESTIONS, good()).0, StatusCode::FORBIDDEN);
    for (body, field) in [
        (json!({}), "responses"),
        (json!({"responses": []}), "responses"),
        (json!({"responses": vec![json!({"text": "x"}); 11]}), "responses"),
        (json!({"responses": [{"text": "x"}, {"text": " "}]}), "responses[1].text"),
        (json!({"responses": [{"text": "x".repeat(2001)}]}), "responses[0].text"),
        (json!({"responses": [{"text": "x", "tone": "t".repeat(41)}]}), "responses[0].tone"),
        (json!({"responses": [{"text": "x", "confidence": 2}]}), "responses[0].confidence"),
        (json!({"responses": [{}]}), "responses[0].text"),
        (json!({"userId": "", "responses": [{"text": "x"}]}), "userId"),
    ] {
        let (status, error) = house.http("root", "POST", SUGGESTIONS, body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{error}");
    }
    assert_eq!(house.http("root", "POST", SUGGESTIONS, Value::Null).1["field"], "body");
}
