//! Two connections, and losing one.

use model::CloseReason;
use serde_json::json;

use crate::support::{Play, VOID, asked, text};

#[test]
fn what_follows_an_answer_goes_to_the_connection_that_last_started_or_resumed() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    let session = play.start(one, "a", "live");
    // One that is not paused is resumed all the same, and loses no time.
    play.send(two, "resume_interview", json!({"sessionId": session}));
    assert_eq!(play.told(two, "interview_resumed")["currentQuestion"], asked("a", 0));
    play.answer(one, &session, "a-q0", VOID);
    assert_eq!(play.told(two, "next_question")["questionNumber"], 2);
    play.answer(two, &session, "a-q1", VOID);
    assert_eq!(play.told(two, "next_question")["questionNumber"], 3);
    assert!(play.stage.received(one).is_empty());
    play.send(one, "resume_interview", json!({"sessionId": session}));
    play.told(one, "interview_resumed");
    play.answer(two, &session, "a-q2", VOID);
    assert_eq!(play.told(one, "next_question")["questionNumber"], 4);
    assert!(play.stage.received(two).is_empty());
}

#[test]
fn an_interview_whose_connection_is_lost_is_paused_after_60_seconds() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.advance(10);
    play.stage.close(ada, &CloseReason::LOST);
    play.advance(59);
    play.rest(350);
    assert_eq!(play.shown("ada", &session)["status"], "active");
    play.advance(1);
    play.becomes("ada", &session, "paused");
    let back = play.enter("ada");
    play.send(
        back,
        "submit_answer",
        json!({"sessionId": session, "questionId": "a-q0", "answer": VOID}),
    );
    play.refused(back, "SESSION_NOT_ACTIVE");
    play.advance(1000);
    play.send(back, "resume_interview", json!({"sessionId": session}));
    play.told(back, "interview_resumed");
    play.advance(5);
    play.answer(back, &session, "a-q0", VOID);
    let answered = &play.shown("ada", &session)["transcript"][0];
    assert_eq!(answered["responseTimeMs"], 75_000, "10 s, 60 s alone, and 5 s after the pause");
}

#[test]
fn a_lost_connection_pauses_at_its_minute_however_late_that_is_noticed() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.stage.close(ada, &CloseReason::NORMAL);
    play.advance(5000);
    play.becomes("ada", &session, "paused");
    let back = play.enter("ada");
    play.send(back, "resume_interview", json!({"sessionId": session}));
    play.told(back, "interview_resumed");
    play.answer(back, &session, "a-q0", VOID);
    assert_eq!(play.shown("ada", &session)["transcript"][0]["responseTimeMs"], 60_000);
}

#[test]
fn whoever_comes_back_within_the_minute_goes_on() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.stage.close(ada, &CloseReason::LOST);
    play.advance(30);
    let back = play.enter("ada");
    play.send(back, "resume_interview", json!({"sessionId": session}));
    play.told(back, "interview_resumed");
    play.advance(300);
    play.rest(350);
    assert_eq!(play.shown("ada", &session)["status"], "active");
    play.answer(back, &session, "a-q0", VOID);
    assert_eq!(play.shown("ada", &session)["transcript"][0]["responseTimeMs"], 330_000);
}

#[test]
fn losing_a_connection_that_no_longer_hears_of_the_interview_pauses_nothing() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    let session = play.start(one, "a", "live");
    play.send(two, "resume_interview", json!({"sessionId": session}));
    play.told(two, "interview_resumed");
    play.stage.close(one, &CloseReason::LOST);
    play.advance(300);
    play.rest(350);
    assert_eq!(play.shown("ada", &session)["status"], "active");
    play.stage.close(two, &CloseReason::LOST);
    play.advance(60);
    play.becomes("ada", &session, "paused");
}

#[test]
fn while_nobody_hears_of_an_interview_who_answers_is_told_what_follows() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let one = play.enter("ada");
    let session = play.start(one, "a", "live");
    play.stage.close(one, &CloseReason::LOST);
    let two = play.enter("ada");
    play.answer(two, &session, "a-q0", VOID);
    assert_eq!(text(&play.told(two, "next_question")["questionId"]), "a-q1");
}

#[test]
fn who_answers_where_nobody_hears_of_the_interview_keeps_it_going() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let one = play.enter("ada");
    let session = play.start(one, "a", "live");
    play.stage.close(one, &CloseReason::LOST);
    let two = play.enter("ada");
    play.answer(two, &session, "a-q0", VOID);
    play.told(two, "next_question");
    play.advance(300);
    play.rest(350);
    assert_eq!(play.shown("ada", &session)["status"], "active");
    // Another one that answers, too, does not take it away.
    let three = play.enter("ada");
    play.answer(three, &session, "a-q1", VOID);
    play.told(two, "next_question");
    play.stage.close(three, &CloseReason::LOST);
    play.advance(300);
    play.rest(350);
    assert_eq!(play.shown("ada", &session)["status"], "active");
    play.stage.close(two, &CloseReason::LOST);
    play.advance(60);
    play.becomes("ada", &session, "paused");
}

#[test]
fn nobody_keeps_somebody_elses_interview_going() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.stage.close(ada, &CloseReason::LOST);
    let eve = play.enter("eve");
    let answer = json!({"sessionId": session, "questionId": "a-q0", "answer": VOID});
    play.send(eve, "submit_answer", answer);
    play.refused(eve, "SESSION_NOT_FOUND");
    play.advance(60);
    play.becomes("ada", &session, "paused");
}

#[test]
fn a_connection_that_goes_before_its_start_is_answered_leaves_an_interview_that_pauses() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    for round in 0..20 {
        let ada = play.enter("ada");
        let payload = json!({"analysisId": "a", "sessionType": "live"});
        play.send_as(ada, &format!("s{round}"), "start_interview", payload);
        play.stage.close(ada, &CloseReason::LOST);
    }
    while play.count("SELECT count(*) FROM analysis_interviews") < 20 {
        play.stage.settle();
    }
    play.catch_up();
    play.advance(61);
    while play.count("SELECT count(*) FROM analysis_interviews WHERE phase = 'active'") > 0 {
        play.stage.settle();
    }
}

#[test]
fn losing_a_connection_pauses_every_interview_it_hears_of() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let sessions: Vec<_> = (0..5)
        .map(|number| {
            let id = format!("a{number}");
            play.analysis(&id, "ada", 3);
            play.start(ada, &id, "live")
        })
        .collect();
    play.stage.close(ada, &CloseReason::LOST);
    play.advance(61);
    for session in sessions {
        play.becomes("ada", &session, "paused");
    }
}
