//! The same request sent twice.

use serde_json::{Value, json};

use crate::support::{Play, VOID};

fn start(session_type: &str) -> Value {
    json!({"analysisId": "a", "sessionType": session_type})
}

fn submit(session: &str, question: &str, answer: &str) -> Value {
    json!({"sessionId": session, "questionId": question, "answer": answer})
}

#[test]
fn an_interview_that_is_started_twice_is_one() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    play.send_as(ada, "s", "start_interview", start("live"));
    let first = play.told(ada, "interview_started");
    play.send_as(ada, "s", "start_interview", start("live"));
    assert_eq!(play.told(ada, "interview_started"), first);
    assert_eq!(play.count("SELECT count(*) FROM analysis_interviews"), 1);
    play.send_as(ada, "s", "start_interview", start("practice"));
    let error = play.refused(ada, "INVALID_MESSAGE_FORMAT");
    assert_eq!(error["details"]["field"], "requestId");
    // The key has user and analysis in it.
    play.analysis("b", "ada", 3);
    play.send_as(ada, "s", "start_interview", json!({"analysisId": "b", "sessionType": "live"}));
    assert_ne!(play.told(ada, "interview_started")["sessionId"], first["sessionId"]);
    play.send_as(ada, "t", "start_interview", start("live"));
    assert_ne!(play.told(ada, "interview_started")["sessionId"], first["sessionId"]);
}

#[test]
fn a_start_that_is_sent_again_from_elsewhere_brings_its_events_there() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    play.send_as(one, "s", "start_interview", start("live"));
    let first = play.told(one, "interview_started");
    play.send_as(two, "s", "start_interview", start("live"));
    assert_eq!(play.told(two, "interview_started"), first);
    let session = first["sessionId"].as_str().unwrap().to_owned();
    play.answer(one, &session, "a-q0", VOID);
    play.told(two, "next_question");
    assert!(play.stage.received(one).is_empty());
}

#[test]
fn an_answer_that_is_sent_twice_is_one_and_is_evaluated_the_same() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "practice");
    let answer = submit(&session, "a-q0", VOID);
    play.send_as(ada, "x", "submit_answer", answer.clone());
    let first = play.told(ada, "answer_evaluated");
    let next = play.told(ada, "next_question");
    // What follows is told again, as long as it is what is to be answered.
    play.send_as(ada, "x", "submit_answer", answer.clone());
    assert_eq!(play.told(ada, "answer_evaluated"), first);
    assert_eq!(play.told(ada, "next_question"), next);
    let shown = play.shown("ada", &session);
    assert_eq!(shown["transcript"].as_array().unwrap().len(), 1);
    assert_eq!(shown["currentQuestionIndex"], 1);
    for other in [submit(&session, "a-q0", "another"), submit(&session, "a-q1", VOID)] {
        play.send_as(ada, "x", "submit_answer", other);
        let error = play.refused(ada, "INVALID_MESSAGE_FORMAT");
        assert_eq!(error["details"]["field"], "requestId");
    }
    play.answer(ada, &session, "a-q1", VOID);
    play.told(ada, "next_question");
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.told(ada, "interview_paused");
    // Whatever the interview does now, the repeat is answered.
    play.send_as(ada, "x", "submit_answer", answer);
    assert_eq!(play.told(ada, "answer_evaluated"), first);
    assert!(play.stage.received(ada).is_empty());
}

#[test]
fn the_last_answer_sent_again_tells_the_summary_again() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    for number in 0..4 {
        play.answer(ada, &session, &format!("a-q{number}"), VOID);
        play.told(ada, "next_question");
    }
    let answer = submit(&session, "a-q4", VOID);
    play.send_as(ada, "last", "submit_answer", answer.clone());
    let told = [play.told(ada, "answer_evaluated"), play.told(ada, "interview_complete")];
    let elsewhere = play.enter("ada");
    play.send_as(elsewhere, "last", "submit_answer", answer);
    let again =
        [play.told(elsewhere, "answer_evaluated"), play.told(elsewhere, "interview_complete")];
    assert_eq!(again, told);
}

#[test]
fn a_refused_request_leaves_its_id_free() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.send_as(ada, "x", "submit_answer", submit(&session, "a-q1", VOID));
    play.refused(ada, "QUESTION_MISMATCH");
    play.send_as(ada, "x", "submit_answer", submit(&session, "a-q0", VOID));
    play.told(ada, "answer_evaluated");
}

#[test]
fn the_same_answer_from_two_connections_at_once_is_stored_once() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    let session = play.start(one, "a", "live");
    for number in 0..4 {
        let answer = submit(&session, &format!("a-q{number}"), VOID);
        let id = number.to_string();
        play.send_as(one, &id, "submit_answer", answer.clone());
        play.send_as(two, &id, "submit_answer", answer);
        let evaluated = play.stage.expect(one, "answer_evaluated")["payload"].take();
        assert_eq!(play.stage.expect(two, "answer_evaluated")["payload"], evaluated);
    }
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 4);
}

#[test]
fn of_two_different_answers_at_once_one_is_taken() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [one, two] = ["ada", "ada"].map(|user| play.enter(user));
    let session = play.start(one, "a", "live");
    play.send(one, "submit_answer", submit(&session, "a-q0", VOID));
    play.send(two, "submit_answer", submit(&session, "a-q0", "No idea."));
    let kind_of = |message: Value| match message["type"].as_str() {
        Some("answer_evaluated") => "taken",
        _ if message["payload"]["errorCode"] == "QUESTION_MISMATCH" => "refused",
        _ => panic!("{message}"),
    };
    let mut first = play.stage.next(one);
    if first["type"] == "next_question" {
        first = play.stage.next(one);
    }
    let mut kinds = [kind_of(first), kind_of(play.stage.next(two))];
    kinds.sort_unstable();
    assert_eq!(kinds, ["refused", "taken"]);
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 1);
}
