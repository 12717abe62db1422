//! Interviews about analysed code.

use serde_json::{Value, json};
use testkit::{TestClient, TestServer};

use super::repository::Sample;
use super::{analysed, connected, interviewed, message, start};

/// What is to be answered next.
pub struct Asked {
    pub id: Value,
    /// Whether it is a follow-up.
    pub follows: bool,
}

/// Answers a question; its evaluation, and what is asked next unless the interview is complete.
pub async fn answer(
    client: &mut TestClient,
    session: &Value,
    question: &Value,
    text: &str,
) -> (Value, Option<Asked>, Value) {
    let payload = json!({"sessionId": session, "questionId": question, "answer": text});
    client.send(&message("submit_answer", &payload)).await;
    let evaluated = client.expect("answer_evaluated").await["payload"].take();
    let kind = match evaluated["nextAction"].as_str().unwrap() {
        "follow_up" => "follow_up_question",
        "next_question" => "next_question",
        "complete" => "interview_complete",
        other => panic!("{other}"),
    };
    let next = client.expect(kind).await["payload"].take();
    let asked = (kind != "interview_complete")
        .then(|| Asked { id: next["questionId"].clone(), follows: kind == "follow_up_question" });
    (evaluated, asked, next)
}

async fn scene(env: &[(&str, &str)]) -> (Sample, TestServer, String) {
    let sample = Sample::new();
    let server = start(&sample, env);
    let id = analysed(&server, "ann", &sample.shop()).await;
    (sample, server, id)
}

#[tokio::test]
async fn an_interview_runs_to_its_summary() {
    let (_sample, server, id) = scene(&[]).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let (session, total) = (&started["sessionId"], started["totalQuestions"].as_u64().unwrap());
    assert!((5..=10).contains(&total));
    let mut asked = Asked { id: started["firstQuestion"]["questionId"].clone(), follows: false };
    let mut main = 1;
    let summary = loop {
        let text = "The store keeps its orders behind a mutex because several requests may come at \
                    once; a lock that is poisoned becomes an error of its own, so that the caller \
                    can decide. Instead one could use a database, which costs more but survives.";
        let (evaluated, next, told) = answer(&mut ann, session, &asked.id, text).await;
        let evaluation = &evaluated["evaluation"];
        assert!((0..=100).contains(&evaluation["score"].as_i64().unwrap()));
        assert!(evaluation["feedback"].is_string() && evaluation.get("exampleAnswer").is_none());
        let Some(next) = next else { break told };
        assert!(!(asked.follows && next.follows), "one follow-up a question at most");
        if !next.follows {
            main += 1;
            assert_eq!(
                (&told["questionNumber"], &told["totalQuestions"]),
                (&json!(main), &json!(total))
            );
        }
        asked = next;
    };
    assert_eq!(main, total);
    let summary = &summary["summary"];
    assert_eq!(summary["questionsAnswered"], total);
    assert!(summary["averageResponseTime"].as_str().unwrap().ends_with(" seconds"));
    for category in ["architecture", "implementation", "tradeoffs", "scalability"] {
        assert!((0..=100).contains(&summary["categoryScores"][category].as_i64().unwrap()));
    }
    let path = format!("/api/interviews/{}", session.as_str().unwrap());
    let transcript = server.http().token(&testkit::token("ann")).get(&path).await.json();
    assert_eq!(transcript["summary"]["overallScore"], summary["overallScore"]);
    let other = server.http().token(&testkit::token("ben")).get(&path).await;
    assert_eq!((other.status, &other.json()["error"]), (404, &json!("SESSION_NOT_FOUND")));
    let analysis = super::read(&server, "ann", &id).await;
    assert!(analysis["interviewSimulation"]["questions"][0]["keyPoints"].is_array());
}

#[tokio::test]
async fn an_answer_sent_twice_is_evaluated_once() {
    let (_sample, server, id) = scene(&[]).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let payload = json!({
        "sessionId": started["sessionId"], "questionId": started["firstQuestion"]["questionId"],
        "answer": "It is there so that nothing is lost when the process ends.",
    });
    let sent = json!({"type": "submit_answer", "payload": payload, "requestId": "answer-1"});
    ann.send(&sent).await;
    let first = ann.expect("answer_evaluated").await;
    assert_eq!(first["requestId"], "answer-1");
    ann.send(&sent).await;
    let again = ann.expect("answer_evaluated").await;
    assert_eq!(again["payload"], first["payload"]);
    let mut other = sent.clone();
    other["payload"]["answer"] = json!("Something else altogether, which is another answer.");
    ann.send(&other).await;
    let error = ann.expect("error").await["payload"].take();
    assert_eq!(error["errorCode"], "INVALID_MESSAGE_FORMAT");
    assert_eq!(error["details"]["field"], "requestId");
}

#[tokio::test]
async fn an_interview_is_paused_outlives_the_server_and_is_resumed() {
    let (_sample, mut server, id) = scene(&[]).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "practice").await;
    let session = started["sessionId"].clone();
    let first = started["firstQuestion"]["questionId"].clone();
    let (evaluated, asked, _) =
        answer(&mut ann, &session, &first, "I do not know that part.").await;
    assert!(evaluated["evaluation"]["exampleAnswer"].is_string(), "practice shows an answer");
    let asked = asked.unwrap();
    ann.send(&message("pause_interview", &json!({"sessionId": session}))).await;
    assert_eq!(ann.expect("interview_paused").await["payload"]["canResume"], true);
    let path = format!("/api/interviews/{}", session.as_str().unwrap());
    let elapsed = async |server: &TestServer| {
        let http = server.http().token(&testkit::token("ann"));
        http.get(&path).await.json()["elapsedTimeMs"].as_u64().unwrap()
    };
    let at_pause = elapsed(&server).await;
    server.kill();
    server.restart();
    let http = server.http().token(&testkit::token("ann"));
    let listed = http.get(&format!("/api/interviews?analysisId={id}")).await.json();
    let item = &listed["items"][0];
    assert_eq!(
        [&item["sessionId"], &item["status"], &item["totalQuestions"], &listed["nextCursor"]],
        [&session, &json!("paused"), &started["totalQuestions"], &Value::Null]
    );
    assert_eq!(elapsed(&server).await, at_pause, "it stands while it rests");
    let mut ann = connected(&server, "ann").await;
    let payload = json!({"sessionId": session, "questionId": asked.id, "answer": "Too early."});
    ann.send(&message("submit_answer", &payload)).await;
    assert_eq!(ann.expect("error").await["payload"]["errorCode"], "SESSION_NOT_ACTIVE");
    ann.send(&message("resume_interview", &json!({"sessionId": session}))).await;
    let resumed = ann.expect("interview_resumed").await["payload"].take();
    assert_eq!(resumed["currentQuestion"]["questionId"], asked.id);
    assert!(elapsed(&server).await >= at_pause);
    answer(&mut ann, &session, &asked.id, "Because it keeps orders and prices apart.").await;
}

#[tokio::test]
async fn killed_in_the_middle_of_an_interview_no_evaluated_answer_is_lost() {
    let (_sample, mut server, id) = scene(&[]).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let session = started["sessionId"].clone();
    let first = started["firstQuestion"]["questionId"].clone();
    let text = "A match on the result, because an unknown item must not become a price of zero.";
    let payload = json!({"sessionId": session, "questionId": first, "answer": text});
    ann.send(&message("submit_answer", &payload)).await;
    let evaluated = ann.expect("answer_evaluated").await["payload"].take();
    server.kill();
    server.restart();
    let mut ann = connected(&server, "ann").await;
    ann.send(&message("resume_interview", &json!({"sessionId": session}))).await;
    let resumed = ann.expect("interview_resumed").await["payload"].take();
    assert_ne!(resumed["currentQuestion"]["questionId"], first, "the first one is answered");
    let path = format!("/api/interviews/{}", session.as_str().unwrap());
    let transcript = server.http().token(&testkit::token("ann")).get(&path).await.body;
    assert!(transcript.contains(text));
    let feedback = evaluated["evaluation"]["feedback"].to_string();
    assert!(transcript.contains(&feedback));
}

#[tokio::test]
async fn to_others_an_interview_does_not_exist() {
    let (_sample, server, id) = scene(&[]).await;
    let mut ann = connected(&server, "ann").await;
    let started = interviewed(&mut ann, &id, "live").await;
    let mut ben = connected(&server, "ben").await;
    let session = &started["sessionId"];
    let answer = json!({
        "sessionId": session, "questionId": started["firstQuestion"]["questionId"], "answer": "Mine.",
    });
    for (kind, payload) in [
        ("submit_answer", answer),
        ("pause_interview", json!({"sessionId": session})),
        ("resume_interview", json!({"sessionId": session})),
    ] {
        ben.send(&message(kind, &payload)).await;
        assert_eq!(ben.expect("error").await["payload"]["errorCode"], "SESSION_NOT_FOUND");
    }
}
