//! The course of an interview: questions, follow-ups, the end, pauses, and who may do what.

use appraisal::FollowUpKind;
use serde_json::{Value, json};

use crate::support::{Play, QUESTIONS, VOID, asked, questions, strong, text, worth};

#[test]
fn an_interview_begins_with_its_first_question() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let payload = json!({"analysisId": "a", "sessionType": "live"});
    play.send_as(ada, "s", "start_interview", payload);
    let message = play.stage.next(ada);
    assert_eq!(
        (&message["type"], &message["requestId"]),
        (&json!("interview_started"), &json!("s"))
    );
    let expected = json!({
        "sessionId": message["payload"]["sessionId"], "analysisId": "a",
        "firstQuestion": asked("a", 0), "totalQuestions": QUESTIONS,
    });
    assert_eq!(message["payload"], expected);
    assert!(!message.to_string().contains("keyPoints"));
}

#[test]
fn questions_come_one_by_one_and_the_last_is_followed_by_the_summary() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    for number in 0..QUESTIONS {
        play.advance(10);
        let question = questions("a").swap_remove(number);
        let evaluated = play.answer(ada, &session, &question.question_id, VOID);
        let is_last = number + 1 == QUESTIONS;
        let expected = json!({
            "sessionId": session, "questionId": question.question_id,
            "evaluation": worth(&question, VOID),
            "nextAction": if is_last { "complete" } else { "next_question" },
        });
        assert_eq!(evaluated, expected);
        if !is_last {
            let mut next = asked("a", number + 1);
            next["sessionId"] = json!(session);
            next["questionNumber"] = json!(number + 2);
            next["totalQuestions"] = json!(QUESTIONS);
            assert_eq!(play.told(ada, "next_question"), next);
        }
    }
    let complete = play.told(ada, "interview_complete");
    assert_eq!((&complete["sessionId"], &complete["analysisId"]), (&json!(session), &json!("a")));
    let summary = &complete["summary"];
    assert_eq!(summary["questionsAnswered"], QUESTIONS);
    assert_eq!(summary["averageResponseTime"], "10 seconds");
    for category in ["architecture", "implementation", "tradeoffs", "scalability"] {
        assert!(summary["categoryScores"][category].is_u64(), "{summary}");
    }
    for list in ["keyStrengths", "keyWeaknesses", "improvementAreas"] {
        assert!(summary[list].is_array(), "{summary}");
    }
    assert!(play.stage.received(ada).is_empty());
    assert_eq!(play.shown("ada", &session)["summary"], *summary);
}

#[test]
fn a_strong_answer_is_followed_by_one_deeper_question_and_then_by_the_next() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    let question = questions("a").swap_remove(0);
    let answer = strong(&question);
    let evaluation = worth(&question, &answer);
    let expected = appraisal::follow_up(&question, &answer, &evaluation).unwrap();
    assert_eq!(expected.kind, FollowUpKind::DeeperTechnical);
    let evaluated = play.answer(ada, &session, &question.question_id, &answer);
    assert_eq!(evaluated["nextAction"], "follow_up");
    let follow_up = play.told(ada, "follow_up_question");
    let told = json!({
        "sessionId": session, "questionId": follow_up["questionId"],
        "question": expected.question, "questionType": "deeper_technical",
        "relatedToQuestionId": question.question_id,
    });
    assert_eq!(follow_up, told);
    let id = text(&follow_up["questionId"]);
    assert_ne!(id, question.question_id);
    // The main question is answered; its follow-up is the current one, also when it is resumed.
    play.send(ada, "submit_answer", submit(&session, &question.question_id));
    play.refused(ada, "QUESTION_MISMATCH");
    play.send(ada, "resume_interview", json!({"sessionId": session}));
    let mut current = asked("a", 0);
    current["questionId"] = json!(id);
    current["question"] = json!(expected.question);
    current["questionType"] = json!("deeper_technical");
    current["relatedToQuestionId"] = json!(question.question_id);
    assert_eq!(play.told(ada, "interview_resumed")["currentQuestion"], current);
    // However good the answer, a question has one follow-up.
    let deep = expected.key_points.join(" ");
    let evaluated = play.answer(ada, &session, &id, &deep);
    assert_eq!(evaluated["questionId"], id);
    assert_eq!(evaluated["nextAction"], "next_question");
    assert_eq!(play.told(ada, "next_question")["questionNumber"], 2);
}

#[test]
fn the_summary_weighs_follow_ups_and_averages_all_answers_without_pauses() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    let (mut current, mut number, mut seconds, mut answers) =
        (questions("a").swap_remove(0), 0, 0, 0);
    let mut evaluations: Vec<Vec<appraisal::Evaluation>> = Vec::new();
    let summary = loop {
        let took = 7 + 3 * answers;
        play.advance(took - 2);
        play.send(ada, "pause_interview", json!({"sessionId": session}));
        play.told(ada, "interview_paused");
        play.advance(1000);
        assert_eq!(play.shown("ada", &session)["elapsedTimeMs"], (took - 2) * 1000);
        play.send(ada, "resume_interview", json!({"sessionId": session}));
        play.told(ada, "interview_resumed");
        play.advance(2);
        assert_eq!(play.shown("ada", &session)["elapsedTimeMs"], took * 1000);
        (seconds, answers) = (seconds + took, answers + 1);
        let text_of = strong(&current);
        let answer = if number == 1 { VOID } else { &text_of };
        let evaluation = worth(&current, answer);
        let evaluated = play.answer(ada, &session, &current.question_id, answer);
        assert_eq!(evaluated["evaluation"], json!(evaluation));
        evaluations.resize_with(number + 1, Vec::new);
        evaluations[number].push(evaluation.clone());
        match evaluated["nextAction"].as_str().unwrap() {
            "follow_up" => {
                let told = play.told(ada, "follow_up_question");
                let made = appraisal::follow_up(&current, answer, &evaluation).unwrap();
                current.question_id = text(&told["questionId"]);
                (current.question, current.key_points) = (made.question, made.key_points);
            }
            "next_question" => {
                play.told(ada, "next_question");
                number += 1;
                current = questions("a").swap_remove(number);
            }
            _ => break play.told(ada, "interview_complete")["summary"].take(),
        }
    };
    let all = questions("a");
    let scores: Vec<Vec<u8>> =
        evaluations.iter().map(|of_one| of_one.iter().map(|it| it.score).collect()).collect();
    let answered: Vec<_> = (0..QUESTIONS)
        .map(|at| appraisal::Answered {
            question: &all[at],
            scores: &scores[at],
            evaluations: &evaluations[at],
        })
        .collect();
    let mut expected = serde_json::to_value(appraisal::summary(&answered)).unwrap();
    let mean = (seconds * 1000 / answers + 500) / 1000;
    expected["averageResponseTime"] = json!(format!("{mean} seconds"));
    expected["questionsAnswered"] = json!(QUESTIONS);
    assert_eq!(summary, expected);
}

#[test]
fn practice_adds_an_example_answer_and_live_does_not() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "practice");
    let question = questions("a").swap_remove(0);
    let evaluated = play.answer(ada, &session, &question.question_id, VOID);
    assert_eq!(evaluated["evaluation"]["exampleAnswer"], appraisal::example_answer(&question));
    play.told(ada, "next_question");
    let session = play.start(ada, "a", "live");
    let evaluated = play.answer(ada, &session, &question.question_id, VOID);
    assert_eq!(evaluated["evaluation"].get("exampleAnswer"), None);
}

#[test]
fn there_is_no_interview_before_the_questions_are_there() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for done in 0..3 {
        let id = format!("a{done}");
        play.analysis(&id, "ada", done);
        let payload = json!({"analysisId": id, "sessionType": "live"});
        play.send(ada, "start_interview", payload);
        assert_eq!(play.refused(ada, "ANALYSIS_NOT_READY")["retryable"], true);
    }
}

fn submit(session: &str, question: &str) -> Value {
    json!({"sessionId": session, "questionId": question, "answer": VOID})
}

#[test]
fn to_others_an_interview_does_not_exist() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let [ada, eve] = ["ada", "eve"].map(|user| play.enter(user));
    let session = play.start(ada, "a", "live");
    play.send(eve, "start_interview", json!({"analysisId": "a", "sessionType": "live"}));
    play.refused(eve, "ANALYSIS_NOT_FOUND");
    for id in [&*session, "nothing"] {
        for kind in ["pause_interview", "resume_interview"] {
            play.send(eve, kind, json!({"sessionId": id}));
            assert_eq!(play.refused(eve, "SESSION_NOT_FOUND")["retryable"], false);
        }
        play.send(eve, "submit_answer", submit(id, "a-q0"));
        play.refused(eve, "SESSION_NOT_FOUND");
    }
    assert_eq!(play.answer(ada, &session, "a-q0", VOID)["nextAction"], "next_question");
}

#[test]
fn only_the_current_question_takes_an_answer() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    for question in ["a-q1", "a-q4", "nothing"] {
        play.send(ada, "submit_answer", submit(&session, question));
        assert_eq!(play.refused(ada, "QUESTION_MISMATCH")["retryable"], false);
    }
    play.answer(ada, &session, "a-q0", VOID);
    play.told(ada, "next_question");
    play.send(ada, "submit_answer", submit(&session, "a-q0"));
    play.refused(ada, "QUESTION_MISMATCH");
}

#[test]
fn a_paused_interview_takes_nothing_until_it_is_resumed_with_its_question() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.answer(ada, &session, "a-q0", VOID);
    play.told(ada, "next_question");
    play.send_as(ada, "p", "pause_interview", json!({"sessionId": session}));
    let message = play.stage.next(ada);
    assert_eq!(
        (&message["type"], &message["requestId"]),
        (&json!("interview_paused"), &json!("p"))
    );
    let payload = json!({"sessionId": session, "currentQuestionIndex": 1, "canResume": true});
    assert_eq!(message["payload"], payload);
    play.send(ada, "submit_answer", submit(&session, "a-q1"));
    assert_eq!(play.refused(ada, "SESSION_NOT_ACTIVE")["retryable"], false);
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.refused(ada, "SESSION_NOT_ACTIVE");
    play.send_as(ada, "r", "resume_interview", json!({"sessionId": session}));
    let message = play.stage.next(ada);
    assert_eq!(
        (&message["type"], &message["requestId"]),
        (&json!("interview_resumed"), &json!("r"))
    );
    let payload = json!({"sessionId": session, "currentQuestion": asked("a", 1)});
    assert_eq!(message["payload"], payload);
    play.answer(ada, &session, "a-q1", VOID);
}

#[test]
fn a_complete_interview_takes_nothing_any_more() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.finish(ada, &session, "a-q0");
    play.send(ada, "submit_answer", submit(&session, "a-q4"));
    play.refused(ada, "SESSION_NOT_ACTIVE");
    for kind in ["pause_interview", "resume_interview"] {
        play.send(ada, kind, json!({"sessionId": session}));
        play.refused(ada, "SESSION_NOT_ACTIVE");
    }
    // Another one begins anew.
    let again = play.start(ada, "a", "live");
    assert_ne!(again, session);
    assert_eq!(play.answer(ada, &again, "a-q0", VOID)["nextAction"], "next_question");
}

#[test]
fn starting_or_resuming_one_pauses_the_other_of_the_same_analysis_alone() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    play.analysis("b", "ada", 3);
    let ada = play.enter("ada");
    let elsewhere = play.start(ada, "b", "live");
    let first = play.start(ada, "a", "live");
    let second = play.start(ada, "a", "practice");
    let status = |play: &Play, session: &str| text(&play.shown("ada", session)["status"]);
    assert_eq!(status(&play, &first), "paused");
    play.send(ada, "submit_answer", submit(&first, "a-q0"));
    play.refused(ada, "SESSION_NOT_ACTIVE");
    play.answer(ada, &second, "a-q0", VOID);
    play.told(ada, "next_question");
    play.send(ada, "resume_interview", json!({"sessionId": first}));
    assert_eq!(play.told(ada, "interview_resumed")["currentQuestion"], asked("a", 0));
    assert_eq!(status(&play, &second), "paused");
    assert_eq!(status(&play, &elsewhere), "active");
}

#[test]
fn what_is_sent_behind_an_answer_is_done_behind_it() {
    let mut play = Play::new();
    play.analysis("a", "ada", 3);
    let ada = play.enter("ada");
    let session = play.start(ada, "a", "live");
    play.send(ada, "submit_answer", submit(&session, "a-q0"));
    play.send(ada, "pause_interview", json!({"sessionId": session}));
    play.send(ada, "ping", json!({}));
    play.told(ada, "answer_evaluated");
    play.told(ada, "next_question");
    assert_eq!(play.told(ada, "interview_paused")["currentQuestionIndex"], 1);
    play.told(ada, "pong");
}
