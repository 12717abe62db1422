//! The lists of interviews.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Play, QUESTIONS, VOID};

fn list(play: &Play, user: &str, query: &str) -> (StatusCode, Value) {
    play.http(user, "GET", &format!("/api/interviews{query}"), Value::Null)
}

/// The ids of a page, and the query of the next one.
fn page(play: &Play, user: &str, query: &str) -> (Vec<String>, Option<String>) {
    let (status, page) = list(play, user, query);
    assert_eq!(status, StatusCode::OK, "{page}");
    let items = page["items"].as_array().unwrap();
    let ids = items.iter().map(|item| item["sessionId"].as_str().unwrap().to_owned()).collect();
    (ids, page["nextCursor"].as_str().map(str::to_owned))
}

#[test]
fn ones_interviews_are_listed_newest_first_with_how_far_each_is() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    play.analysis("b", "ada", 3);
    play.analysis("e", "eve", 3);
    let [ada, eve] = ["ada", "eve"].map(|user| play.enter(user));
    let over = play.start(ada, "a", "practice");
    play.advance(1);
    let summary = play.finish(ada, &over, "a-q0");
    let running = play.start(ada, "a", "live");
    play.answer(ada, &running, "a-q0", VOID);
    play.told(ada, "next_question");
    play.advance(1);
    let resting = play.start(ada, "b", "live");
    play.send(ada, "pause_interview", json!({"sessionId": resting}));
    play.told(ada, "interview_paused");
    play.start(eve, "e", "live");
    let (status, answer) = list(&play, "ada", "");
    let expected = json!({"nextCursor": null, "items": [
        {"sessionId": resting, "analysisId": "b", "sessionType": "live", "status": "paused",
         "startedAt": "2026-11-29T12:00:02.000Z", "currentQuestionIndex": 0,
         "totalQuestions": QUESTIONS, "questionsAnswered": 0},
        {"sessionId": running, "analysisId": "a", "sessionType": "live", "status": "active",
         "startedAt": "2026-11-29T12:00:01.000Z", "currentQuestionIndex": 1,
         "totalQuestions": QUESTIONS, "questionsAnswered": 1},
        {"sessionId": over, "analysisId": "a", "sessionType": "practice", "status": "complete",
         "startedAt": "2026-11-29T12:00:00.000Z", "endedAt": "2026-11-29T12:00:01.000Z",
         "currentQuestionIndex": QUESTIONS - 1, "totalQuestions": QUESTIONS,
         "questionsAnswered": QUESTIONS, "overallScore": summary["overallScore"]},
    ]});
    assert_eq!((status, answer), (StatusCode::OK, expected));
    assert_eq!(page(&play, "ada", "?analysisId=a"), (vec![running, over], None));
    assert_eq!(page(&play, "ada", "?analysisId=b"), (vec![resting], None));
    assert_eq!(page(&play, "bob", ""), (vec![], None));
}

#[test]
fn pages_have_each_interview_once_also_where_several_began_at_once() {
    let mut play = Play::new();
    for id in ["a", "b"] {
        play.analysis(id, "ada", 3);
    }
    let ada = play.enter("ada");
    let mut all = Vec::new();
    for round in 0..4 {
        for id in ["a", "b"] {
            all.push(play.start(ada, id, "live"));
        }
        play.advance(round % 2);
    }
    for query in ["", "&analysisId=a", "&analysisId=b"] {
        let whole = page(&play, "ada", &format!("?limit=200{query}")).0;
        assert_eq!(whole.len(), if query.is_empty() { 8 } else { 4 });
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let (ids, next) = page(&play, "ada", &format!("?limit=3{query}{cursor}"));
            assert!(ids.len() == 3 || next.is_none());
            read.extend(ids);
            let Some(next) = next else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(read, whole);
    }
    let mut listed = page(&play, "ada", "").0;
    listed.sort_unstable();
    all.sort_unstable();
    assert_eq!(listed, all);
}

#[test]
fn a_list_that_cannot_be_is_refused_with_what_is_wrong() {
    let play = Play::new();
    play.analysis("a", "ada", 3);
    let long = format!("?analysisId={}", "x".repeat(257));
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?cursor=!", "cursor"),
        ("?cursor=eA", "cursor"),
        ("?analysisId=", "analysisId"),
        (&*long, "analysisId"),
    ] {
        let (status, error) = list(&play, "ada", query);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!((&error["error"], &error["field"]), (&json!("VALIDATION_ERROR"), &json!(field)));
    }
    for (user, query) in [("eve", "?analysisId=a"), ("ada", "?analysisId=b")] {
        let (status, error) = list(&play, user, query);
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(error["error"], "ANALYSIS_NOT_FOUND");
    }
}
