//! The HTTP side: whose analyses are seen by whom, lists, and what is refused.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Play, SMALL};

#[test]
fn to_others_an_analysis_does_not_exist() {
    let play = Play::new();
    let id = play.analyzed("ann");
    let unknown = model::message_id();
    for (method, path) in [
        ("GET", "/api/analysis/{id}"),
        ("GET", "/api/analysis/{id}/status"),
        ("GET", "/api/analysis/{id}/files?path=main.py"),
        ("DELETE", "/api/analysis/{id}"),
    ] {
        let of_ann = path.replace("{id}", &id);
        let of_nobody = path.replace("{id}", &unknown);
        for user in ["bob", "root"] {
            let refused = play.http(user, method, &of_ann, Value::Null);
            assert_eq!(refused.0, StatusCode::NOT_FOUND, "{method} {path}");
            assert_eq!(refused.1["error"], "ANALYSIS_NOT_FOUND");
            assert_eq!(refused, play.http(user, method, &of_nobody, Value::Null), "told alike");
        }
    }
    assert_eq!(play.http("bob", "GET", "/api/analyses", Value::Null).1["items"], json!([]));
    assert_eq!(play.show("ann", &id)["status"], "completed", "nobody deleted it");
}

#[test]
fn analyses_are_listed_newest_first_to_their_end() {
    let play = Play::new();
    let (_, path) = play.repository("shop", SMALL);
    let mut asked: Vec<String> = (0..5).map(|_| play.ask("ann", &path)).collect();
    play.ask("bob", &path);
    for id in &asked {
        play.over("ann", id);
    }
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            play.http("ann", "GET", &format!("/api/analyses?limit=2{cursor}"), Value::Null).1;
        for item in page["items"].as_array().unwrap() {
            assert_eq!((&item["repositoryUrl"], &item["progress"]), (&json!(path), &json!(100)));
            assert_eq!(item["status"], "completed");
            listed.push(item["analysisId"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    asked.reverse();
    assert_eq!(listed, asked);
}

#[test]
fn wrong_requests_are_refused_in_one_form() {
    let play = Play::new();
    let id = play.analyzed("ann");
    for (method, path, body, field) in [
        ("POST", "/api/analyze", json!({}), "repositoryUrl"),
        ("POST", "/api/analyze", json!({"repositoryUrl": "  "}), "repositoryUrl"),
        ("POST", "/api/analyze", json!({"repositoryUrl": 7}), "repositoryUrl"),
        ("GET", "/api/analyses?limit=201", Value::Null, "limit"),
        ("GET", "/api/analyses?cursor=eA", Value::Null, "cursor"),
        ("GET", "/api/analysis/{id}/files", Value::Null, "path"),
        ("GET", "/api/analysis/{id}/files?path=", Value::Null, "path"),
        ("GET", "/api/analysis/{id}/files?path=a&from=0", Value::Null, "from"),
        ("GET", "/api/analysis/{id}/files?path=a&from=x", Value::Null, "from"),
        ("GET", "/api/analysis/{id}/files?path=a&from=3&to=2", Value::Null, "to"),
    ] {
        let path = path.replace("{id}", &id);
        let (status, error) = play.http("ann", method, &path, body);
        assert_eq!((status, &error["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{path}");
        assert_eq!(error["error"], "VALIDATION_ERROR");
    }
}

#[test]
fn urls_that_show_that_they_are_not_allowed_are_refused_at_once() {
    let play = Play::new();
    for url in [
        "http://github.com/a/b",
        "git@github.com:a/b.git",
        "ssh://github.com/a/b",
        "https://ann:secret@github.com/a/b",
        "https://example.com/a/b",
        "https://127.0.0.1/a/b",
        "file:///etc",
        "/etc",
        "../x",
        "--upload-pack=x",
    ] {
        let (status, error) =
            play.http("ann", "POST", "/api/analyze", json!({"repositoryUrl": url}));
        assert_eq!((status, &error["error"]), (StatusCode::BAD_REQUEST, &json!("URL_NOT_ALLOWED")));
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(play.http("ann", "GET", "/api/analyses", Value::Null).1["items"], json!([]));
}

#[test]
fn nobody_sees_anything_without_a_token() {
    let play = Play::new();
    for (method, path) in [
        ("POST", "/api/analyze"),
        ("GET", "/api/analyses"),
        ("GET", "/api/analysis/x"),
        ("GET", "/api/analysis/x/status"),
        ("GET", "/api/analysis/x/files?path=a"),
        ("DELETE", "/api/analysis/x"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = play.runtime.block_on(play.analyses.routes().oneshot(request)).unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[test]
fn key_points_are_shown_once_an_interview_was_sat_to_its_end() {
    let mut play = Play::new();
    let id = play.analyzed("ann");
    let key_points = |play: &Play| {
        let shown = play.show("ann", &id);
        let questions = shown["interviewSimulation"]["questions"].as_array().unwrap().clone();
        questions.iter().filter(|question| question["keyPoints"].is_array()).count()
    };
    assert_eq!(key_points(&play), 0);
    let ann = play.connect("ann");
    play.say(ann, "start_interview", json!({"analysisId": id, "sessionType": "live"}));
    let started = play.stage.next(ann);
    assert_eq!(started["type"], "interview_started", "{started}");
    let session = started["payload"]["sessionId"].clone();
    let mut question = started["payload"]["firstQuestion"]["questionId"].clone();
    assert_eq!(key_points(&play), 0, "it has only begun");
    loop {
        let answer = json!({"sessionId": session, "questionId": question, "answer": "I forgot."});
        play.say(ann, "submit_answer", answer);
        assert_eq!(play.stage.next(ann)["type"], "answer_evaluated");
        let next = play.stage.next(ann);
        if next["type"] == "interview_complete" {
            break;
        }
        question = next["payload"]["questionId"].clone();
        assert_eq!(key_points(&play), 0, "it goes on");
    }
    assert!(key_points(&play) >= 5);
    let deleted = play.http("ann", "DELETE", &format!("/api/analysis/{id}"), Value::Null);
    assert_eq!(deleted.0, StatusCode::NO_CONTENT);
    let path = format!("/api/interviews/{}", session.as_str().unwrap());
    assert_eq!(play.http("ann", "GET", &path, Value::Null).0, StatusCode::NOT_FOUND);
    assert!(play.rows_of(&id).iter().all(|(_, rows)| *rows == 0), "it went with its analysis");
}
