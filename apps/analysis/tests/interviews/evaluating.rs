//! What happens to an interview while an answer is evaluated.

use analysis::Limits;
use model::CloseReason;
use serde_json::{Value, json};

use crate::support::model_stub::Model;
use crate::support::{Play, VOID, questions, worth};

fn submit(session: &str) -> Value {
    json!({"sessionId": session, "questionId": "a-q0", "answer": VOID})
}

/// An interview whose first answer is being evaluated.
fn evaluating(model: &Model) -> (Play, model::ConnectionId, String) {
    let mut play = Play::with(Limits::default(), model.provider());
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.advance(10);
    play.send_as(ada, "x", "submit_answer", submit(&session));
    model.is_asked();
    (play, ada, session)
}

#[test]
fn a_model_that_has_nothing_to_say_leaves_the_evaluation_to_the_rules() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    // The time the evaluation takes is nobody's.
    play.advance(3);
    model.release();
    let evaluated = play.told(ada, "answer_evaluated");
    assert_eq!(evaluated["evaluation"], json!(worth(&questions("a")[0], VOID)));
    play.told(ada, "next_question");
    play.advance(4);
    play.answer(ada, &session, "a-q1", VOID);
    let shown = play.shown("ada", &session);
    assert_eq!(shown["transcript"][0]["responseTimeMs"], 10_000);
    assert_eq!(shown["transcript"][1]["responseTimeMs"], 4_000);
}

#[test]
fn a_pause_from_elsewhere_comes_before_an_answer_that_is_still_evaluated() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    let elsewhere = play.enter("ada");
    play.send(elsewhere, "pause_interview", json!({"sessionId": session}));
    play.told(elsewhere, "interview_paused");
    model.release();
    play.refused(ada, "SESSION_NOT_ACTIVE");
    assert!(play.shown("ada", &session)["transcript"].as_array().unwrap().is_empty());
}

#[test]
fn what_follows_goes_to_the_connection_that_resumed_meanwhile() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    let elsewhere = play.enter("ada");
    play.send(elsewhere, "resume_interview", json!({"sessionId": session}));
    play.told(elsewhere, "interview_resumed");
    model.release();
    play.told(ada, "answer_evaluated");
    assert_eq!(play.told(elsewhere, "next_question")["questionId"], "a-q1");
    assert!(play.stage.received(ada).is_empty());
}

#[test]
fn an_answer_whose_connection_is_lost_is_stored_all_the_same() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    play.stage.close(ada, &CloseReason::LOST);
    model.release();
    while play.count("SELECT count(*) FROM analysis_answers") == 0 {
        play.stage.settle();
    }
    let back = play.enter("ada");
    play.send(back, "resume_interview", json!({"sessionId": session}));
    assert_eq!(play.told(back, "interview_resumed")["currentQuestion"]["questionId"], "a-q1");
    play.send_as(back, "x", "submit_answer", submit(&session));
    play.told(back, "answer_evaluated");
    play.told(back, "next_question");
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 1);
}

#[test]
fn of_two_answers_at_once_one_is_evaluated_and_the_other_hears_what_became_of_it() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    let [elsewhere, again] = ["ada", "ada"].map(|user| play.enter(user));
    let another = json!({"sessionId": session, "questionId": "a-q0", "answer": "No idea."});
    play.send_as(elsewhere, "y", "submit_answer", another);
    play.send_as(again, "x", "submit_answer", submit(&session));
    // Time enough to ask about them, too.
    play.rest(350);
    assert_eq!(model.asked(), 1);
    model.release();
    let evaluated = play.told(ada, "answer_evaluated");
    let asked = model.asked();
    play.told(ada, "next_question");
    play.refused(elsewhere, "QUESTION_MISMATCH");
    assert_eq!(play.told(again, "answer_evaluated"), evaluated);
    assert_eq!(model.asked(), asked);
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 1);
}

#[test]
fn nobody_waits_for_what_somebody_else_says_of_their_interview() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    let eve = play.enter("eve");
    play.send(eve, "submit_answer", submit(&session));
    play.refused(eve, "SESSION_NOT_FOUND");
    model.release();
    play.told(ada, "answer_evaluated");
}

#[test]
fn a_ping_behind_an_answer_is_answered_while_it_is_evaluated_and_all_else_in_its_turn() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    for id in ["1", "2"] {
        play.send_as(ada, id, "ping", json!({}));
        let pong = play.stage.next(ada);
        assert_eq!((&pong["type"], &pong["requestId"]), (&json!("pong"), &json!(id)));
    }
    play.send(ada, "resume_interview", json!({"sessionId": "nothing"}));
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.send(ada, "ping", json!({}));
    assert!(play.stage.received(ada).is_empty());
    model.release();
    play.told(ada, "answer_evaluated");
    play.told(ada, "next_question");
    play.refused(ada, "SESSION_NOT_FOUND");
    assert_eq!(play.told(ada, "interview_paused")["currentQuestionIndex"], 1);
    play.told(ada, "pong");
}

#[test]
fn an_answer_behind_an_answer_is_evaluated_after_it() {
    let model = Model::start();
    let (mut play, ada, session) = evaluating(&model);
    let next = json!({"sessionId": session, "questionId": "a-q1", "answer": VOID});
    play.send(ada, "submit_answer", next);
    play.send(ada, "ping", json!({}));
    model.release();
    play.told(ada, "answer_evaluated");
    play.told(ada, "next_question");
    let second = play.stage.expect(ada, "answer_evaluated");
    assert_eq!(second["payload"]["questionId"], "a-q1");
}

#[test]
fn an_analysis_that_is_deleted_meanwhile_takes_the_answer_along() {
    let model = Model::start();
    let (mut play, ada, _) = evaluating(&model);
    let (status, _) = play.http("ada", "DELETE", "/api/analysis/a", Value::Null);
    assert!(status.is_success(), "{status}");
    model.release();
    play.refused(ada, "SESSION_NOT_FOUND");
    assert_eq!(play.count("SELECT count(*) FROM analysis_answers"), 0);
}
