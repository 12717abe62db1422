//! The HTTP side: sessions, messages, members, instructions.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use conversations::Side;
use serde_json::{Value, json};

use crate::support::{Play, seq};

#[test]
fn a_session_is_made_shown_and_listed_newest_first() {
    let play = Play::new();
    let body = json!({"type": "code_review", "title": "T", "projectId": "p", "open": true});
    let (status, made) = play.http("ann", "POST", "/api/sessions", body);
    assert_eq!(status, StatusCode::CREATED);
    let expected = json!({
        "id": made["id"], "type": "code_review", "title": "T", "projectId": "p", "open": true,
        "ownerId": "ann", "createdAt": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(made, expected);
    let id = made["id"].as_str().unwrap();
    assert_eq!(play.http("bob", "GET", &format!("/api/sessions/{id}"), Value::Null).1, made);
    let others: Vec<String> =
        (0..4).map(|_| play.session("ann", json!({"type": "chat"}))).collect();
    let (_, first) = play.http("ann", "GET", "/api/sessions?limit=3", Value::Null);
    let cursor = first["nextCursor"].as_str().unwrap();
    let (_, rest) =
        play.http("ann", "GET", &format!("/api/sessions?limit=3&cursor={cursor}"), Value::Null);
    assert_eq!(rest["nextCursor"], Value::Null);
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut newest_first: Vec<String> = others.iter().rev().cloned().collect();
    newest_first.push(id.to_owned());
    assert_eq!([ids(&first), ids(&rest)].concat(), newest_first);
    assert_eq!(play.http("bob", "GET", "/api/sessions", Value::Null).1["items"], json!([]));
}

#[test]
fn messages_are_listed_oldest_first_to_their_end() {
    let play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    for text in ["a", "b"] {
        play.post_beside(Side::Chat, &session, "cat", text);
    }
    assert_eq!(play.stored("ann", &session), Vec::<String>::new(), "another room's");
    for number in 0..5 {
        let author = conversations::Author::Agent { id: "code".into() };
        let room = conversations::RoomRef::new(Side::Session, session.as_str());
        let posting = conversations::Posting::new(room, author, number.to_string());
        let (told, hears) = std::sync::mpsc::channel();
        play.conversations.post(posting, move |posted| told.send(posted.unwrap()).unwrap());
        hears.recv().unwrap();
    }
    let path = format!("/api/sessions/{session}/messages?limit=2");
    let (mut seqs, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = play.http("ann", "GET", &format!("{path}{cursor}"), Value::Null);
        assert_eq!(status, StatusCode::OK, "{page}");
        seqs.extend(page["items"].as_array().unwrap().iter().map(seq));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    for (before, expected) in [(5, vec![3, 4]), (3, vec![1, 2]), (2, vec![1]), (1, vec![])] {
        let (_, page) = play.http("ann", "GET", &format!("{path}&before={before}"), Value::Null);
        let seqs: Vec<_> = page["items"].as_array().unwrap().iter().map(seq).collect();
        assert_eq!(seqs, expected, "before {before}");
        assert!(page["nextCursor"].is_null());
    }
}

#[test]
fn wrong_requests_are_refused_in_one_form() {
    let play = Play::new();
    let session = play.session("ann", json!({"type": "chat"}));
    let long = "x".repeat(257);
    for (method, path, body, field) in [
        ("POST", "/api/sessions".to_owned(), json!({}), "type"),
        ("POST", "/api/sessions".to_owned(), json!({"type": ""}), "type"),
        ("POST", "/api/sessions".to_owned(), json!({"type": 1}), "type"),
        ("POST", "/api/sessions".to_owned(), json!({"type": "chat", "title": long}), "title"),
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"type": "chat", "projectId": "\n"}),
            "projectId",
        ),
        ("GET", "/api/sessions?limit=0".to_owned(), Value::Null, "limit"),
        ("GET", "/api/sessions?cursor=%25".to_owned(), Value::Null, "cursor"),
        ("GET", format!("/api/sessions/{session}/messages?cursor=eA"), Value::Null, "cursor"),
        ("GET", format!("/api/sessions/{session}/messages?before=x"), Value::Null, "before"),
        (
            "GET",
            format!("/api/sessions/{session}/messages?before=1&cursor=MQ"),
            Value::Null,
            "before",
        ),
        ("POST", format!("/api/sessions/{session}/members"), json!({}), "userId"),
        ("POST", format!("/api/sessions/{session}/members"), json!({"userId": long}), "userId"),
        ("PUT", "/api/instructions".to_owned(), json!({"projectId": "p"}), "text"),
        ("PUT", "/api/instructions".to_owned(), json!({"text": "x".repeat(50_001)}), "text"),
    ] {
        let (status, error) = play.http("ann", method, &path, body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{path}");
        assert_eq!(
            (&error["error"], &error["statusCode"]),
            (&json!("VALIDATION_ERROR"), &json!(400))
        );
        assert!(error["message"].is_string());
    }
    let nobody = Request::builder().uri("/api/sessions").body(Body::empty()).unwrap();
    let (status, error) = play.request(nobody);
    assert_eq!((status, &error["error"]), (StatusCode::UNAUTHORIZED, &json!("UNAUTHORIZED")));
}

#[test]
fn instructions_are_ones_own_by_project_and_in_general() {
    let play = Play::new();
    let set = |user, body| {
        let (status, answer) = play.http(user, "PUT", "/api/instructions", body);
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    };
    assert_eq!(
        set("ann", json!({"text": " be brief "})),
        json!({"projectId": null, "text": "be brief"})
    );
    set("ann", json!({"projectId": "p", "text": "in French"}));
    set("ann", json!({"projectId": "q", "text": "gone"}));
    set("ann", json!({"projectId": "q", "text": ""}));
    let (_, first) = play.http("ann", "GET", "/api/instructions?limit=1", Value::Null);
    assert_eq!(first["items"], json!([{"projectId": null, "text": "be brief"}]));
    let next = first["nextCursor"].as_str().unwrap();
    let (_, rest) =
        play.http("ann", "GET", &format!("/api/instructions?cursor={next}"), Value::Null);
    assert_eq!(
        rest,
        json!({"items": [{"projectId": "p", "text": "in French"}], "nextCursor": null})
    );
    let (_, others) = play.http("bob", "GET", "/api/instructions", Value::Null);
    assert_eq!(others["items"], json!([]));
}
