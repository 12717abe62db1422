//! Interviews over HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Play, QUESTIONS, VOID, asked, interview_path, questions, worth};

fn try_answer(play: &Play, user: &str, analysis: &str, body: Value) -> (StatusCode, Value) {
    play.http(user, "POST", &format!("/api/interview/{analysis}/answer"), body)
}

#[test]
fn an_answer_is_tried_outside_of_any_interview_as_in_practice() {
    let play = Play::new();
    play.analysis("a", "ada", 3);
    let body = json!({"questionId": "a-q1", "answer": format!("  {VOID}\n")});
    let (status, evaluation) = try_answer(&play, "ada", "a", body);
    assert_eq!(status, StatusCode::OK, "{evaluation}");
    let question = questions("a").swap_remove(1);
    let mut expected = serde_json::to_value(worth(&question, VOID)).unwrap();
    expected["exampleAnswer"] = json!(appraisal::example_answer(&question));
    assert_eq!(evaluation, expected);
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 0);
}

#[test]
fn nothing_is_tried_while_an_interview_with_the_question_is_not_complete() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    let body = json!({"questionId": "a-q4", "answer": VOID});
    let tried = |play: &Play| {
        let (status, answer) = try_answer(play, "ada", "a", body.clone());
        (status, answer["error"].clone())
    };
    assert_eq!(tried(&play), (StatusCode::CONFLICT, json!("SESSION_NOT_COMPLETE")));
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.told(ada, "interview_paused");
    assert_eq!(tried(&play), (StatusCode::CONFLICT, json!("SESSION_NOT_COMPLETE")));
    play.send(ada, "resume_interview", json!({"sessionId": session}));
    play.told(ada, "interview_resumed");
    play.finish(ada, &session, "a-q0");
    assert_eq!(tried(&play), (StatusCode::OK, Value::Null));
}

#[test]
fn what_is_not_there_or_not_whole_is_refused() {
    let play = Play::new();
    play.analysis("a", "ada", 3);
    play.analysis("b", "ada", 2);
    let good = json!({"questionId": "a-q0", "answer": VOID});
    let long = json!({"questionId": "a-q0", "answer": "x".repeat(20_001)});
    let cases = [
        ("eve", "a", good.clone(), StatusCode::NOT_FOUND, "ANALYSIS_NOT_FOUND"),
        ("ada", "c", good.clone(), StatusCode::NOT_FOUND, "ANALYSIS_NOT_FOUND"),
        ("ada", "b", good, StatusCode::CONFLICT, "ANALYSIS_NOT_READY"),
        ("ada", "a", json!({"questionId": "x", "answer": "y"}), StatusCode::NOT_FOUND, "NOT_FOUND"),
        ("ada", "a", json!({"questionId": "a-q0"}), StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
        ("ada", "a", json!({"answer": "x"}), StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
        (
            "ada",
            "a",
            json!({"questionId": "a-q0", "answer": " "}),
            StatusCode::BAD_REQUEST,
            "VALIDATION_ERROR",
        ),
        ("ada", "a", long, StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
    ];
    for (user, analysis, body, status, code) in cases {
        let (answered, error) = try_answer(&play, user, analysis, body);
        assert_eq!((answered, &error["error"]), (status, &json!(code)), "{error}");
    }
}

#[test]
fn the_transcript_is_its_owners_and_has_what_was_asked_and_answered() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "practice");
    play.advance(2);
    let evaluated = play.answer(ada, &session, "a-q0", VOID);
    let mut exchange = asked("a", 0);
    exchange["questionNumber"] = json!(1);
    exchange["answer"] = json!(VOID);
    exchange["answeredAt"] = json!("2026-11-29T12:00:02.000Z");
    exchange["responseTimeMs"] = json!(2000);
    exchange["evaluation"] = evaluated["evaluation"].clone();
    let expected = json!({
        "sessionId": session, "analysisId": "a", "sessionType": "practice", "status": "active",
        "startedAt": "2026-11-29T12:00:00.000Z", "currentQuestionIndex": 1,
        "totalQuestions": QUESTIONS, "transcript": [exchange], "currentQuestion": asked("a", 1),
        "elapsedTimeMs": 3000,
    });
    play.advance(3);
    assert_eq!(play.shown("ada", &session), expected);
    for (user, id) in [("eve", &*session), ("ada", "nothing")] {
        let (status, error) = play.http(user, "GET", &interview_path(id), Value::Null);
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(error["error"], "SESSION_NOT_FOUND");
    }
    play.told(ada, "next_question");
    let summary = play.finish(ada, &session, "a-q1");
    let shown = play.shown("ada", &session);
    assert_eq!((&shown["status"], &shown["summary"]), (&json!("complete"), &summary));
    assert_eq!(shown["transcript"].as_array().unwrap().len(), QUESTIONS);
    assert_eq!(shown["endedAt"], "2026-11-29T12:00:05.000Z");
    assert_eq!((shown.get("currentQuestion"), shown.get("elapsedTimeMs")), (None, None));
}

#[test]
fn a_deleted_analysis_takes_its_interviews_along() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.answer(ada, &session, "a-q0", VOID);
    play.told(ada, "next_question");
    let (status, _) = play.http("ada", "DELETE", "/api/analysis/a", Value::Null);
    assert!(status.is_success(), "{status}");
    for kind in ["pause_interview", "resume_interview"] {
        play.send(ada, kind, json!({"sessionId": session}));
        play.refused(ada, "SESSION_NOT_FOUND");
    }
    let (status, _) = play.http("ada", "GET", &interview_path(&session), Value::Null);
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 0);
}
