//! What people note for themselves, by HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::Caller;

use crate::support::{House, identity};

const NOTES: &str = "/api/voice/sessions/s/notes";

/// Puts a body that is the notes themselves.
fn put_plain(house: &House, user: &str, kind: &str, body: Vec<u8>) -> (StatusCode, Value) {
    let request = Request::put(NOTES).header(header::CONTENT_TYPE, kind);
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(Caller(identity(user)));
    let routes = house.voice.routes();
    house.runtime.block_on(async {
        let answer = routes.oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    })
}

#[test]
fn notes_are_ones_own_before_a_session_is_there_and_after_a_crash() {
    let house = House::new();
    let (status, error) = house.http("ann", "GET", NOTES, Value::Null);
    assert_eq!((status, &error["error"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    let (status, made) = house.http("ann", "PUT", NOTES, json!({"text": "I led it."}));
    let expected = json!({
        "sessionId": "s", "format": "markdown", "text": "I led it.",
        "updatedAt": "2026-11-29T12:00:00.000Z",
    });
    assert_eq!((status, &made), (StatusCode::CREATED, &expected));
    let (status, _) = house.http("ann", "PUT", NOTES, json!({"text": "", "format": "plain"}));
    assert_eq!(status, StatusCode::OK);
    let (status, bens) = put_plain(&house, "ben", "text/plain; charset=utf-8", "né\n".into());
    assert_eq!(
        (status, &bens["format"], &bens["text"]),
        (StatusCode::CREATED, &json!("plain"), &json!("né\n"))
    );
    let house = house.crash();
    let (_, anns) = house.http("ann", "GET", NOTES, Value::Null);
    assert_eq!((&anns["text"], &anns["format"]), (&json!(""), &json!("plain")));
    assert_eq!(house.http("ben", "GET", NOTES, Value::Null), (StatusCode::OK, bens));
    assert_eq!(house.http("root", "GET", NOTES, Value::Null).0, StatusCode::NOT_FOUND);
    assert_eq!(house.http("ann", "DELETE", NOTES, Value::Null).0, StatusCode::NO_CONTENT);
    assert_eq!(house.http("ann", "DELETE", NOTES, Value::Null).0, StatusCode::NOT_FOUND);
    assert_eq!(house.http("ben", "GET", NOTES, Value::Null).0, StatusCode::OK);
}

#[test]
fn who_may_not_join_a_session_notes_nothing_for_it() {
    let house = House::new();
    let body = json!({"sessionId": "s", "members": ["ben"]});
    house.http("ann", "POST", "/api/voice/sessions", body);
    for (user, may) in [("ann", true), ("ben", true), ("eve", false), ("root", false)] {
        let (status, answer) = house.http(user, "PUT", NOTES, json!({"text": "x"}));
        assert_eq!(status == StatusCode::CREATED, may, "{user}: {answer}");
        assert_eq!(answer["error"] == "SESSION_NOT_FOUND", !may, "{user}: {answer}");
    }
}

#[test]
fn what_is_wrong_with_notes_is_told_with_its_field_and_nothing_is_kept() {
    let house = House::new();
    for (body, field) in [
        (json!({}), "text"),
        (json!({"text": 7}), "text"),
        (json!({"text": "x".repeat(64 * 1024 + 1)}), "text"),
        (json!({"text": "x", "format": "html"}), "format"),
        (Value::Null, "body"),
    ] {
        let (status, error) = house.http("ann", "PUT", NOTES, body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{error}");
    }
    let (status, error) = put_plain(&house, "ann", "text/plain", b"\xff".to_vec());
    assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!("body")));
    let (status, error) = put_plain(&house, "ann", "text/plain", vec![b'x'; 1 << 20]);
    assert_eq!(
        (status, &error["error"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("MESSAGE_TOO_LARGE"))
    );
    assert_eq!(house.http("ann", "GET", NOTES, Value::Null).0, StatusCode::NOT_FOUND);
    // The longest, in characters that JSON writes in six.
    let longest = "\u{1}".repeat(64 * 1024);
    assert_eq!(house.http("ann", "PUT", NOTES, json!({"text": longest})).0, StatusCode::CREATED);
}
