//! Interviews outlive the server.

use model::CloseReason;
use serde_json::json;

use crate::support::{Play, VOID, asked, questions, strong, text};

#[test]
fn an_interview_goes_on_after_a_crash_where_it_was() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.answer(ada, &session, "a-q0", VOID);
    play.told(ada, "next_question");
    let mut play = play.crash();
    let back = play.enter("ada");
    play.send(back, "resume_interview", json!({"sessionId": session}));
    assert_eq!(play.told(back, "interview_resumed")["currentQuestion"], asked("a", 1));
    play.advance(4);
    play.answer(back, &session, "a-q1", VOID);
    assert_eq!(play.told(back, "next_question")["questionNumber"], 3);
    let shown = play.shown("ada", &session);
    assert_eq!(shown["transcript"].as_array().unwrap().len(), 2);
    // The hour the server was down is nobody's response time.
    assert_eq!(shown["transcript"][1]["responseTimeMs"], 4000);
}

#[test]
fn a_paused_interview_is_paused_after_a_crash_and_a_complete_one_complete() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    play.analysis("b", "ada", 3);
    let ada = play.enter("ada");
    let over = play.start(ada, "a", "live");
    let summary = play.finish(ada, &over, "a-q0");
    let session = play.start(ada, "b", "live");
    play.advance(3);
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.told(ada, "interview_paused");
    let mut play = play.crash();
    assert_eq!(play.shown("ada", &over)["summary"], summary);
    assert_eq!(play.shown("ada", &session)["status"], "paused");
    let back = play.enter("ada");
    play.send(back, "resume_interview", json!({"sessionId": session}));
    play.told(back, "interview_resumed");
    play.advance(2);
    play.answer(back, &session, "b-q0", VOID);
    assert_eq!(play.shown("ada", &session)["transcript"][0]["responseTimeMs"], 5000);
}

#[test]
fn who_answers_after_a_crash_without_resuming_goes_on_for_more_than_a_minute() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    let mut play = play.crash();
    let back = play.enter("ada");
    play.answer(back, &session, "a-q0", VOID);
    play.told(back, "next_question");
    play.advance(61);
    play.rest(350);
    play.answer(back, &session, "a-q1", VOID);
    play.told(back, "next_question");
    play.stage.close(back, &CloseReason::LOST);
    play.advance(60);
    play.becomes("ada", &session, "paused");
}

#[test]
fn an_interview_that_nobody_comes_back_to_after_a_crash_is_paused() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    let play = play.crash();
    assert_eq!(play.shown("ada", &session)["status"], "active");
    play.advance(60);
    play.becomes("ada", &session, "paused");
}

#[test]
fn a_drain_keeps_the_time_that_was_spent() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.advance(7);
    let analyses = std::sync::Arc::clone(&play.analyses);
    play.runtime.block_on(analyses.drain(std::time::Duration::ZERO));
    drop(analyses);
    let mut play = play.crash();
    let back = play.enter("ada");
    play.advance(3);
    play.answer(back, &session, "a-q0", VOID);
    assert_eq!(play.shown("ada", &session)["transcript"][0]["responseTimeMs"], 10_000);
}

/// Waits until the server noted that it is up at this very second.
fn is_noted(play: &Play) {
    let now = model::Clock::wall(&*play.clock).as_millis();
    let noted = (0..3000).any(|_| {
        play.rest(10);
        let sql = "SELECT coalesce(max(noted_at), 0) FROM analysis_up";
        i64::try_from(play.count(sql)).unwrap() == now
    });
    assert!(noted, "nothing was noted");
}

#[test]
fn a_crash_keeps_the_time_that_a_running_question_took_up_to_the_last_note() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    is_noted(&play);
    play.advance(7);
    is_noted(&play);
    play.advance(4);
    let mut play = play.crash();
    assert_eq!(play.shown("ada", &session)["elapsedTimeMs"], 7000);
    let back = play.enter("ada");
    play.advance(3);
    play.send(back, "resume_interview", json!({"sessionId": session}));
    play.told(back, "interview_resumed");
    assert_eq!(play.shown("ada", &session)["elapsedTimeMs"], 10_000);
    play.answer(back, &session, "a-q0", VOID);
    assert_eq!(play.shown("ada", &session)["transcript"][0]["responseTimeMs"], 10_000);
}

#[test]
fn an_older_note_takes_nothing_from_a_question_that_was_asked_since() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    is_noted(&play);
    play.advance(4);
    play.answer(ada, &session, "a-q0", VOID);
    let play = play.crash();
    assert_eq!(play.shown("ada", &session)["elapsedTimeMs"], 0);
}

#[test]
fn repeats_after_a_crash_are_answered_the_same() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let payload = json!({"analysisId": "a", "sessionType": "practice"});
    play.send_as(ada, "s", "start_interview", payload.clone());
    let started = play.told(ada, "interview_started");
    let session = text(&started["sessionId"]);
    let answer =
        json!({"sessionId": session, "questionId": "a-q0", "answer": strong(&questions("a")[0])});
    play.send_as(ada, "x", "submit_answer", answer.clone());
    let first = [play.stage.next(ada)["payload"].take(), play.stage.next(ada)["payload"].take()];
    let mut play = play.crash();
    let back = play.enter("ada");
    play.send_as(back, "s", "start_interview", payload);
    assert_eq!(play.told(back, "interview_started"), started);
    play.send_as(back, "x", "submit_answer", answer);
    let again = [play.stage.next(back)["payload"].take(), play.stage.next(back)["payload"].take()];
    assert_eq!(again, first);
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 1);
}
